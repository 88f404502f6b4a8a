//! Deleting an account, at the word of its owner or of another service: final, at once.

use std::sync::Arc;

use crate::account::Account;
use crate::budget::AttemptSubject;
use crate::deletion::Deletion;
use crate::error_code::{ErrorCode, Refusal};
use crate::event::EventKind;
use crate::internal::{CredentialsDelete, InternalCaller};
use crate::mail::NoticeKind;
use crate::ports::{Change, Clock, CommitError, Entropy, Store, StoreUnavailable};
use crate::session::Client;
use crate::{AccountId, DeletionId};

use super::MAX_ATTEMPTS;
use super::announcements::Announcements;
use super::authenticate::Authenticated;
use super::notices::notice;

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
    /// Tells other services.
    pub announcements: Arc<Announcements>,
    /// Dates the deletion.
    pub clock: Arc<dyn Clock>,
    /// Names the deletion.
    pub entropy: Arc<dyn Entropy>,
}

impl DeleteAccount {
    /// Deletes the caller's own account.
    pub async fn by_owner(&self, caller: &Authenticated, client: &Client) -> Result<DeletionId, DeleteAccountError> {
        self.delete(caller.account().clone(), "owner", client).await
    }

    /// Deletes an account at the word of another service.
    pub async fn by_service(
        &self,
        caller: &InternalCaller<CredentialsDelete>,
        account_id: AccountId,
        client: &Client,
    ) -> Result<DeletionId, DeleteAccountError> {
        let account = self.store.find_account(account_id).await?.ok_or(DeleteAccountError::NotFound)?;
        self.delete(account, caller.service(), client).await
    }

    /// The account and all that hangs on it go in one commit; what stays is the record of the deletion, an event
    /// for every other service, and a notice that is owed to the owner.
    async fn delete(
        &self,
        mut account: Account,
        requested_by: &str,
        client: &Client,
    ) -> Result<DeletionId, DeleteAccountError> {
        for _ in 0..MAX_ATTEMPTS {
            let (id, changes) = self.changes(&account, requested_by, client);
            match self.store.commit(changes).await {
                Ok(()) => return Ok(id),
                Err(CommitError::Conflict { .. }) => {
                    let found = self.store.find_account(account.id).await?;
                    account = found.ok_or(DeleteAccountError::NotFound)?;
                }
                Err(_) => break,
            }
        }
        Err(StoreUnavailable.into())
    }

    fn changes(&self, account: &Account, requested_by: &str, client: &Client) -> (DeletionId, Vec<Change>) {
        let now = self.clock.now();
        let at = account.next_change_at(now);
        let (account_id, id) = (account.id, DeletionId::generate(now, self.entropy.bytes()));
        let kind = NoticeKind::AccountDeleted;
        let changes = vec![
            Change::DeleteAccount { account_id, as_of: account.updated_at },
            Change::ForgetTallies(AttemptSubject::account(account_id)),
            Change::ForgetNetworkAttempts(AttemptSubject::account(account_id)),
            Change::ForgetDailyMisses(AttemptSubject::account(account_id)),
            Change::RecordDeletion(Deletion { id, account_id, requested_by: requested_by.to_owned(), deleted_at: now }),
            Change::ForgetMailsTo(account.email.clone()),
            self.announcements.announce(EventKind::UserDeleted(id), account_id, at),
            notice(&*self.entropy, &account.email, kind, client, now),
        ];
        (id, changes)
    }
}
