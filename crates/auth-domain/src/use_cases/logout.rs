//! Logging out: here, or everywhere.

use std::sync::Arc;

use crate::error_code::{ErrorCode, Refusal};
use crate::ports::{Change, RefreshTokens, StoreError};
use crate::services::Environment;
use crate::session::{Revocation, RevocationReason};

use super::all::Parts;
use super::authenticate::Authenticated;

/// Why nobody was logged out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LogoutError {
    /// The refresh token is not one of the session's.
    #[error("the refresh token is not of this session")]
    ForeignToken,
    /// The database did not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<LogoutError> for Refusal {
    fn from(error: LogoutError) -> Self {
        match error {
            LogoutError::ForeignToken => ErrorCode::RefreshTokenInvalid.into(),
            LogoutError::Store(error) => error.into(),
        }
    }
}

/// The use case.
pub struct Logout {
    env: Environment,
    refresh_tokens: Arc<dyn RefreshTokens>,
}

impl Logout {
    pub(super) fn new(parts: &Parts) -> Self {
        Self { env: parts.env.clone(), refresh_tokens: parts.ports.refresh_tokens.clone() }
    }

    /// Ends the caller's session. `refresh_token` may be any genuine one of that session, of whatever
    /// generation.
    pub async fn here(&self, caller: &Authenticated, refresh_token: &str) -> Result<(), LogoutError> {
        let claims = self.refresh_tokens.verify(refresh_token, self.env.now()).ok_or(LogoutError::ForeignToken)?;
        let session_id = caller.session().id;
        if claims.session_id != session_id {
            return Err(LogoutError::ForeignToken);
        }
        self.commit(Change::RevokeSession {
            account_id: caller.account().id,
            session_id,
            revocation: self.revocation(),
        })
        .await
    }

    /// Ends every session of the caller, this one too.
    pub async fn everywhere(&self, caller: &Authenticated) -> Result<(), LogoutError> {
        let account_id = caller.account().id;
        self.commit(Change::RevokeSessionsOf { account_id, except: None, revocation: self.revocation() }).await
    }

    fn revocation(&self) -> Revocation {
        Revocation { at: self.env.now(), reason: RevocationReason::LoggedOut }
    }

    async fn commit(&self, change: Change) -> Result<(), LogoutError> {
        // When it is lost, the session ended in this instant, which is what was asked for.
        self.env.commit_unless_lost(change).await?;
        Ok(())
    }
}
