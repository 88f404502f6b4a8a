//! Deletes an account, for its owner, another service, an administrator or an operator: finally and at once.

use std::sync::Arc;

use crate::account::Account;
use crate::deletion::Deletion;
use crate::error_code::{ErrorCode, Refusal};
use crate::event::EventKind;
use crate::internal::{CredentialsDelete, InternalCaller, UsersWrite};
use crate::mail::NoticeKind;
use crate::ports::{Change, StoreError};
use crate::rate_limit::AttemptSubject;
use crate::services::{Announcements, Decision, Environment, FreshLogin, FreshLoginError, LastAdmin, notice};
use crate::session::Client;
use crate::{AccountId, DeletionId};

use super::{AdminCaller, Operator};

/// Why nothing was deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DeleteAccountError {
    /// No account has this id.
    #[error("no account has this id")]
    NotFound,
    /// It is the last admin.
    #[error(transparent)]
    LastAdmin(#[from] LastAdmin),
    /// The owner's login does not count any more.
    #[error(transparent)]
    Login(#[from] FreshLoginError),
    /// The database did not answer, or failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<DeleteAccountError> for Refusal {
    fn from(error: DeleteAccountError) -> Self {
        match error {
            DeleteAccountError::NotFound => ErrorCode::UserNotFound.into(),
            DeleteAccountError::LastAdmin(error) => error.into(),
            DeleteAccountError::Login(error) => error.into(),
            DeleteAccountError::Store(error) => error.into(),
        }
    }
}

/// Deletes accounts.
pub struct DeleteAccount {
    env: Environment,
    announcements: Arc<Announcements>,
}

impl DeleteAccount {
    pub(super) const fn new(env: Environment, announcements: Arc<Announcements>) -> Self {
        Self { env, announcements }
    }

    /// Deletes the caller's own account.
    pub async fn by_owner(&self, caller: &FreshLogin, client: &Client) -> Result<DeletionId, DeleteAccountError> {
        self.env
            .decide(async |_| {
                let account = caller.account_now::<DeleteAccountError>(&self.env).await?;
                let (id, changes) = self.changes(&account, "owner", client).await?;
                Ok(Decision::commit(id, changes))
            })
            .await
    }

    /// Deletes an account for another service.
    pub async fn by_service(
        &self,
        caller: &InternalCaller<CredentialsDelete>,
        account_id: AccountId,
        client: &Client,
    ) -> Result<DeletionId, DeleteAccountError> {
        self.delete(account_id, caller.service(), client).await
    }

    /// Deletes an account for an administrator.
    pub async fn by_admin(
        &self,
        caller: &AdminCaller<UsersWrite>,
        account_id: AccountId,
        client: &Client,
    ) -> Result<DeletionId, DeleteAccountError> {
        self.delete(account_id, &caller.by().to_string(), client).await
    }

    /// Deletes an account for an operator.
    pub async fn by_operator(
        &self,
        _: &Operator,
        account_id: AccountId,
        client: &Client,
    ) -> Result<DeletionId, DeleteAccountError> {
        self.delete(account_id, Operator::NAME, client).await
    }

    /// Deletes the account and everything that belongs to it in one commit. What remains is the record of the deletion,
    /// an event for every other service, and a notice to the owner.
    async fn delete(
        &self,
        account_id: AccountId,
        requested_by: &str,
        client: &Client,
    ) -> Result<DeletionId, DeleteAccountError> {
        self.env
            .decide(async |_| {
                let found = self.env.store.find_account(account_id).await?;
                let account = found.ok_or(DeleteAccountError::NotFound)?;
                let (id, changes) = self.changes(&account, requested_by, client).await?;
                Ok(Decision::commit(id, changes))
            })
            .await
    }

    async fn changes(
        &self,
        account: &Account,
        requested_by: &str,
        client: &Client,
    ) -> Result<(DeletionId, Vec<Change>), DeleteAccountError> {
        let now = self.env.now();
        let kept: Option<Change> = self.env.keep_an_admin::<DeleteAccountError>(account, now).await?;
        let at = account.next_change_at(now);
        let (account_id, id) = (account.id, DeletionId::generate(now, self.env.random()));
        let kind = NoticeKind::AccountDeleted;
        let mut changes = vec![
            Change::DeleteAccount { account_id, revision: account.revision() },
            Change::ForgetRateLimits(AttemptSubject::Account(account_id)),
            Change::ForgetNetworkAttempts(AttemptSubject::Account(account_id)),
            Change::ForgetDailyMisses(AttemptSubject::Account(account_id)),
            Change::RecordDeletion(Deletion { id, account_id, requested_by: requested_by.to_owned(), deleted_at: now }),
            Change::ForgetCodesOwedTo(account_id),
            self.announcements.announce(EventKind::UserDeleted(id), account_id, at),
            notice(&*self.env.entropy, account, kind, client, now),
        ];
        changes.extend(kept);
        Ok((id, changes))
    }
}
