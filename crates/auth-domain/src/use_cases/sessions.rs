//! The caller's own sessions: which there are, and ending one.

use std::sync::Arc;

use crate::SessionId;
use crate::error_code::{ErrorCode, Refusal};
use crate::ports::{Change, Clock, CommitError, Store, StoreUnavailable};
use crate::session::{Revocation, RevocationReason, Session};

use super::authenticate::Authenticated;

/// Why a session was not ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RevokeSessionError {
    /// The caller has no such session.
    #[error("no such session")]
    NotFound,
    /// The database is away.
    #[error(transparent)]
    Unavailable(#[from] StoreUnavailable),
}

impl From<RevokeSessionError> for Refusal {
    fn from(error: RevokeSessionError) -> Self {
        match error {
            RevokeSessionError::NotFound => ErrorCode::NotFound.into(),
            RevokeSessionError::Unavailable(error) => error.into(),
        }
    }
}

/// The use case.
pub struct Sessions {
    /// Where sessions are kept.
    pub store: Arc<dyn Store>,
    /// Tells which are alive.
    pub clock: Arc<dyn Clock>,
}

impl Sessions {
    /// How many sessions an answer lists: the newest.
    pub const LISTED: u32 = 100;

    /// The caller's live sessions, the newest first, at most [`Self::LISTED`].
    pub async fn list(&self, caller: &Authenticated) -> Result<Vec<Session>, StoreUnavailable> {
        self.store.list_sessions(caller.account().id, self.clock.now(), Self::LISTED).await
    }

    /// Ends one of the caller's live sessions, perhaps the one that is calling.
    pub async fn revoke(&self, caller: &Authenticated, session_id: SessionId) -> Result<(), RevokeSessionError> {
        let now = self.clock.now();
        let found = self.store.find_session(session_id).await?;
        let own = found.filter(|(session, account)| account.id == caller.account().id && session.is_alive(now));
        own.ok_or(RevokeSessionError::NotFound)?;
        let revocation = Revocation { at: now, reason: RevocationReason::LoggedOut };
        match self
            .store
            .commit(vec![Change::RevokeSession { account_id: caller.account().id, session_id, revocation }])
            .await
        {
            Ok(()) => Ok(()),
            Err(CommitError::Conflict { .. }) => Err(RevokeSessionError::NotFound),
            Err(_) => Err(StoreUnavailable.into()),
        }
    }
}
