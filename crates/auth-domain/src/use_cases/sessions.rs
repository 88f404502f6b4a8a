//! The caller's own sessions: lists them and ends one.

use crate::SessionId;
use crate::error_code::{ErrorCode, Refusal};
use crate::ports::{Change, StoreError};
use crate::services::Environment;
use crate::session::{Revocation, RevocationReason, Session};

use super::all::Parts;
use super::authenticate::Authenticated;

/// Why a session was not ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RevokeSessionError {
    /// The caller has no such session.
    #[error("the user has no such session")]
    NotFound,
    /// The database did not answer, or failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<RevokeSessionError> for Refusal {
    fn from(error: RevokeSessionError) -> Self {
        match error {
            RevokeSessionError::NotFound => ErrorCode::NotFound.into(),
            RevokeSessionError::Store(error) => error.into(),
        }
    }
}

/// Lists and ends sessions.
pub struct Sessions {
    env: Environment,
}

impl Sessions {
    pub(super) fn new(parts: &Parts) -> Self {
        Self { env: parts.env.clone() }
    }

    /// The maximum number of sessions in an answer: the newest.
    pub const LISTED: u32 = 100;

    /// Returns the caller's live sessions, newest first, at most [`Self::LISTED`].
    pub async fn list(&self, caller: &Authenticated) -> Result<Vec<Session>, StoreError> {
        self.env.store.list_sessions(caller.account().id, self.env.now(), Self::LISTED).await
    }

    /// Ends one of the caller's live sessions, perhaps the one that is calling.
    pub async fn revoke(&self, caller: &Authenticated, session_id: SessionId) -> Result<(), RevokeSessionError> {
        let now = self.env.now();
        let found = self.env.store.find_session(caller.account().id, session_id).await?;
        found.filter(|(session, _)| session.is_alive(now)).ok_or(RevokeSessionError::NotFound)?;
        let revocation = Revocation { at: now, reason: RevocationReason::LoggedOut };
        let revoke = Change::RevokeSession { account_id: caller.account().id, session_id, revocation };
        let ended = self.env.commit_unless_lost(revoke).await?;
        if ended { Ok(()) } else { Err(RevokeSessionError::NotFound) }
    }
}
