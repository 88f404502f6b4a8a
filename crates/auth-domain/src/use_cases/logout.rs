//! Logging out: here, or everywhere.

use std::sync::Arc;

use crate::error_code::{ErrorCode, Refusal};
use crate::ports::{Change, Clock, CommitError, RefreshTokens, Store, StoreUnavailable};
use crate::session::{Revocation, RevocationReason};

use super::authenticate::Authenticated;

/// Why nobody was logged out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LogoutError {
    /// The refresh token is not one of the session's.
    #[error("the refresh token is not of this session")]
    ForeignToken,
    /// The database is away.
    #[error(transparent)]
    Unavailable(#[from] StoreUnavailable),
}

impl From<LogoutError> for Refusal {
    fn from(error: LogoutError) -> Self {
        match error {
            LogoutError::ForeignToken => ErrorCode::RefreshTokenInvalid.into(),
            LogoutError::Unavailable(error) => error.into(),
        }
    }
}

/// The use case.
pub struct Logout {
    /// Where sessions are kept.
    pub store: Arc<dyn Store>,
    /// Checks the refresh token.
    pub refresh_tokens: Arc<dyn RefreshTokens>,
    /// Dates the end.
    pub clock: Arc<dyn Clock>,
}

impl Logout {
    /// Ends the caller's session. `refresh_token` may be any genuine one of that session, of whatever
    /// generation.
    pub async fn here(&self, caller: &Authenticated, refresh_token: &str) -> Result<(), LogoutError> {
        let claims = self.refresh_tokens.verify(refresh_token, self.clock.now()).ok_or(LogoutError::ForeignToken)?;
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
        Revocation { at: self.clock.now(), reason: RevocationReason::LoggedOut }
    }

    async fn commit(&self, change: Change) -> Result<(), LogoutError> {
        match self.store.commit(vec![change]).await {
            // A conflict: it ended in this instant, which is what was asked for.
            Ok(()) | Err(CommitError::Conflict { .. }) => Ok(()),
            Err(_) => Err(StoreUnavailable.into()),
        }
    }
}
