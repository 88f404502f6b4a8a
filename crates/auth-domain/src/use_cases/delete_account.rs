//! Deleting an account at the word of another service: final, at once.

use std::sync::Arc;

use crate::budget::AttemptSubject;
use crate::deletion::Deletion;
use crate::error_code::{ErrorCode, Refusal};
use crate::internal::{CredentialsDelete, InternalCaller};
use crate::ports::{Change, Clock, CommitError, Entropy, Store, StoreUnavailable};
use crate::{AccountId, DeletionId};

/// Why nothing was deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DeleteAccountError {
    /// No account has that id.
    #[error("no account has that id")]
    NotFound,
    /// The database is away.
    #[error(transparent)]
    Unavailable(#[from] StoreUnavailable),
}

impl From<DeleteAccountError> for Refusal {
    fn from(error: DeleteAccountError) -> Self {
        match error {
            DeleteAccountError::NotFound => ErrorCode::UserNotFound.into(),
            DeleteAccountError::Unavailable(error) => error.into(),
        }
    }
}

/// The use case.
pub struct DeleteAccount {
    /// Where accounts are kept.
    pub store: Arc<dyn Store>,
    /// Dates the deletion.
    pub clock: Arc<dyn Clock>,
    /// Names the deletion.
    pub entropy: Arc<dyn Entropy>,
}

impl DeleteAccount {
    /// Deletes the account, its sessions and its budgets; what stays is the record of the deletion.
    pub async fn execute(
        &self,
        caller: &InternalCaller<CredentialsDelete>,
        account_id: AccountId,
    ) -> Result<DeletionId, DeleteAccountError> {
        let now = self.clock.now();
        let id = DeletionId::generate(now, self.entropy.bytes());
        let requested_by = caller.service().to_owned();
        let changes = vec![
            Change::DeleteAccount(account_id),
            Change::ForgetNetworkAttempts(AttemptSubject::account(account_id)),
            Change::ForgetDailyMisses(AttemptSubject::account(account_id)),
            Change::RecordDeletion(Deletion { id, account_id, requested_by, deleted_at: now }),
        ];
        match self.store.commit(changes).await {
            Ok(()) => Ok(id),
            Err(CommitError::Conflict { .. }) => Err(DeleteAccountError::NotFound),
            Err(_) => Err(StoreUnavailable.into()),
        }
    }
}
