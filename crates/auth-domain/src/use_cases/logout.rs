//! Ends one session or all of them.

use std::sync::Arc;

use crate::error_code::{ErrorCode, Refusal};
use crate::ports::{AccessTokens, Change, RefreshTokenClaims, RefreshTokens, StoreError};
use crate::services::{Environment, session_of};
use crate::session::{Revocation, RevocationReason};
use crate::{AccountId, SessionId};

use super::all::Parts;
use super::authenticate::Authenticated;

/// Why no session was ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LogoutError {
    /// The refresh token does not belong to the session.
    #[error("the refresh token belongs to another session")]
    ForeignToken,
    /// The refresh token is genuine, but its session has ended.
    #[error("the session has ended")]
    SessionGone,
    /// The database did not answer, or failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<LogoutError> for Refusal {
    fn from(error: LogoutError) -> Self {
        match error {
            LogoutError::ForeignToken => ErrorCode::RefreshTokenInvalid.into(),
            LogoutError::SessionGone => ErrorCode::Unauthorized.into(),
            LogoutError::Store(error) => error.into(),
        }
    }
}

/// Logs users out.
pub struct Logout {
    env: Environment,
    access_tokens: Arc<dyn AccessTokens>,
    refresh_tokens: Arc<dyn RefreshTokens>,
}

impl Logout {
    pub(super) fn new(parts: &Parts) -> Self {
        let (access_tokens, refresh_tokens) = (parts.ports.access_tokens.clone(), parts.ports.refresh_tokens.clone());
        Self { env: parts.env.clone(), access_tokens, refresh_tokens }
    }

    /// Ends the session of `refresh_token`, which may be any genuine token of the session, of whatever generation, and
    /// returns its id. If the `caller` is known, it must be their own session.
    pub async fn here(&self, caller: Option<&Authenticated>, refresh_token: &str) -> Result<SessionId, LogoutError> {
        let claims = self.refresh_tokens.verify(refresh_token, self.env.now()).ok_or(LogoutError::ForeignToken)?;
        let session_id = claims.session_id;
        let account_id = match caller {
            Some(caller) if caller.session().id != session_id => return Err(LogoutError::ForeignToken),
            Some(caller) => caller.account().id,
            None => self.owner_of(&claims).await?,
        };
        self.commit(Change::RevokeSession { account_id, session_id, revocation: self.revocation() }).await?;
        Ok(session_id)
    }

    async fn owner_of(&self, claims: &RefreshTokenClaims) -> Result<AccountId, LogoutError> {
        let found = session_of(&*self.env.store, claims).await?;
        let alive = found.filter(|(session, _)| session.is_alive(self.env.now()));
        alive.map(|(session, _)| session.account_id).ok_or(LogoutError::SessionGone)
    }

    /// Returns the session that an access or refresh token of this service names, whatever its state. Reads nothing.
    pub fn session_of(&self, token: &str) -> Option<SessionId> {
        let now = self.env.now();
        let by_refresh_token = self.refresh_tokens.verify(token, now).map(|claims| claims.session_id);
        by_refresh_token.or_else(|| self.access_tokens.verify(token, now).ok().map(|claims| claims.session_id))
    }

    /// Ends every session of the caller, including this one.
    pub async fn everywhere(&self, caller: &Authenticated) -> Result<(), LogoutError> {
        let account_id = caller.account().id;
        self.commit(Change::RevokeSessionsOf { account_id, except: None, revocation: self.revocation() }).await
    }

    fn revocation(&self) -> Revocation {
        Revocation { at: self.env.now(), reason: RevocationReason::LoggedOut }
    }

    async fn commit(&self, change: Change) -> Result<(), LogoutError> {
        // If it was lost, the session ended in this instant, as requested.
        self.env.commit_unless_lost(change).await?;
        Ok(())
    }
}
