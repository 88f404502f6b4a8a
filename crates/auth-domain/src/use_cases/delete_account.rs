//! Deletes an account, for its owner, another service, an administrator or an operator: at once, or after a time in which the
//! account can be restored.

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use crate::account::Account;
use crate::deletion::{Deletion, ScheduledDeletion};
use crate::error_code::{ErrorCode, Refusal};
use crate::event::EventKind;
use crate::internal::{CredentialsDelete, InternalCaller, UsersWrite};
use crate::mail::{Notice, NoticeKind};
use crate::ports::{Change, CommitError, StoreError};
use crate::rate_limit::AttemptSubject;
use crate::services::{
    Announcements, Decision, Environment, FreshLogin, FreshLoginError, LastAdmin, notice, notice_to,
};
use crate::session::{Client, Revocation, RevocationReason};
use crate::{AccountId, DeletionId, Timestamp};

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

/// What became of a request to delete an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Deleted {
    /// It is gone.
    Finally(DeletionId),
    /// It is blocked, and gone after a time in which it can be restored.
    Scheduled(ScheduledDeletion),
}

impl Deleted {
    /// Returns the id of the deletion.
    pub const fn id(&self) -> DeletionId {
        match self {
            Self::Finally(id) => *id,
            Self::Scheduled(deletion) => deletion.id,
        }
    }
}

/// Deletes accounts.
#[derive(Clone)]
pub struct DeleteAccount {
    env: Environment,
    announcements: Arc<Announcements>,
    grace: Duration,
}

impl DeleteAccount {
    pub(super) const fn new(env: Environment, announcements: Arc<Announcements>, grace: Duration) -> Self {
        Self { env, announcements, grace }
    }

    /// Deletes the caller's own account.
    pub async fn by_owner(&self, caller: &FreshLogin, client: &Client) -> Result<Deleted, DeleteAccountError> {
        self.env
            .decide(async |_| {
                let account = caller.account_now::<DeleteAccountError>(&self.env).await?;
                self.decision(&account, "owner", client).await
            })
            .await
    }

    /// Deletes an account for another service, which has decided: finally and at once.
    pub async fn by_service(
        &self,
        caller: &InternalCaller<CredentialsDelete>,
        account_id: AccountId,
        client: &Client,
    ) -> Result<DeletionId, DeleteAccountError> {
        let requested_by = caller.service();
        self.env
            .decide(async |_| {
                let account = self.find(account_id).await?;
                let (id, changes) = self.end(&account, requested_by, client).await?;
                Ok(Decision::commit(id, changes))
            })
            .await
    }

    /// Deletes an account for an administrator; finally if it is to be deleted already.
    pub async fn by_admin(
        &self,
        caller: &AdminCaller<UsersWrite>,
        account_id: AccountId,
        client: &Client,
    ) -> Result<Deleted, DeleteAccountError> {
        self.delete(account_id, &caller.by().to_string(), client).await
    }

    /// Deletes an account for an operator; finally if it is to be deleted already.
    pub async fn by_operator(
        &self,
        _: &Operator,
        account_id: AccountId,
        client: &Client,
    ) -> Result<Deleted, DeleteAccountError> {
        self.delete(account_id, Operator::NAME, client).await
    }

    /// Makes a deletion final that is due by `until`. Returns whether it did: the account may have been restored, or deleted by
    /// another node. If it changed in this moment, the next run looks again.
    pub(super) async fn finish(&self, account_id: AccountId, until: Timestamp) -> Result<bool, DeleteAccountError> {
        let found = self.env.store.find_account(account_id).await?;
        let due = found.and_then(|account| Some((account.deletion.clone()?, account)));
        let Some((deletion, account)) = due.filter(|(deletion, _)| deletion.due <= until) else { return Ok(false) };
        let client = Client::new(Ipv4Addr::LOCALHOST.into(), "");
        let (_, changes) = self.end(&account, &deletion.requested_by, &client).await?;
        match self.env.store.commit(changes).await {
            Ok(()) => Ok(true),
            Err(CommitError::Conflict(_) | CommitError::Duplicate(_)) => Ok(false),
            Err(CommitError::Store(error)) => Err(error.into()),
        }
    }

    async fn find(&self, account_id: AccountId) -> Result<Account, DeleteAccountError> {
        self.env.store.find_account(account_id).await?.ok_or(DeleteAccountError::NotFound)
    }

    async fn delete(
        &self,
        account_id: AccountId,
        requested_by: &str,
        client: &Client,
    ) -> Result<Deleted, DeleteAccountError> {
        self.env.decide(async |_| self.decision(&self.find(account_id).await?, requested_by, client).await).await
    }

    async fn decision(
        &self,
        account: &Account,
        requested_by: &str,
        client: &Client,
    ) -> Result<Decision<Deleted, DeleteAccountError>, DeleteAccountError> {
        if self.grace.is_zero() || account.deletion.is_some() {
            let (id, changes) = self.end(account, requested_by, client).await?;
            return Ok(Decision::commit(Deleted::Finally(id), changes));
        }
        let (deletion, changes) = self.schedule(account, requested_by, client).await?;
        Ok(Decision::commit(Deleted::Scheduled(deletion), changes))
    }

    /// Blocks the account until the deletion is due: every session ends at once, and no login that is under way can finish.
    async fn schedule(
        &self,
        account: &Account,
        requested_by: &str,
        client: &Client,
    ) -> Result<(ScheduledDeletion, Vec<Change>), DeleteAccountError> {
        let now = self.env.now();
        let kept: Option<Change> = self.env.keep_an_admin::<DeleteAccountError>(account, now).await?;
        let (account_id, revision, at) = (account.id, account.revision(), account.next_change_at(now));
        let deletion = ScheduledDeletion {
            id: DeletionId::generate(now, self.env.random()),
            due: now + self.grace,
            requested_by: requested_by.to_owned(),
        };
        let mut told = Notice::new(NoticeKind::AccountDeletionScheduled, account.email_verified);
        told.details.until = Some(deletion.due);
        let revocation = Revocation { at: now, reason: RevocationReason::DeletionScheduled };
        let mut changes = vec![
            Change::ScheduleDeletion { account_id, revision, deletion: Some(deletion.clone()), at },
            Change::RevokeSessionsOf { account_id, except: None, revocation },
            Change::ForgetCodesOwedTo(account_id),
            self.announcements.announce(EventKind::UserDeletionScheduled, account_id, at),
            notice_to(&*self.env.entropy, (account, &account.email), told, client, now),
        ];
        changes.extend(kept);
        Ok((deletion, changes))
    }

    /// Deletes the account and everything that belongs to it in one commit. What remains is the record of the deletion,
    /// an event for every other service, and a notice to the owner.
    async fn end(
        &self,
        account: &Account,
        requested_by: &str,
        client: &Client,
    ) -> Result<(DeletionId, Vec<Change>), DeleteAccountError> {
        let now = self.env.now();
        let kept: Option<Change> = self.env.keep_an_admin::<DeleteAccountError>(account, now).await?;
        let (account_id, at) = (account.id, account.next_change_at(now));
        let scheduled = account.deletion.as_ref().map(|deletion| deletion.id);
        let id = scheduled.unwrap_or_else(|| DeletionId::generate(now, self.env.random()));
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
