//! Suspends an account and resumes it, for an administrator.

use std::sync::Arc;

use crate::AccountId;
use crate::account::{Account, AccountState};
use crate::error_code::{ErrorCode, Refusal};
use crate::event::EventKind;
use crate::internal::UsersWrite;
use crate::mail::NoticeKind;
use crate::ports::{Change, StoreError};
use crate::services::{Announcements, Decision, Environment, LastAdmin, notice};
use crate::session::{Client, Revocation, RevocationReason};

use super::AdminCaller;

/// Why an account was neither suspended nor resumed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SuspendAccountError {
    /// No account has this id.
    #[error("no account has this id")]
    NotFound,
    /// It is the last admin.
    #[error(transparent)]
    LastAdmin(#[from] LastAdmin),
    /// The database did not answer, or failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<SuspendAccountError> for Refusal {
    fn from(error: SuspendAccountError) -> Self {
        match error {
            SuspendAccountError::NotFound => ErrorCode::UserNotFound.into(),
            SuspendAccountError::LastAdmin(error) => error.into(),
            SuspendAccountError::Store(error) => error.into(),
        }
    }
}

/// Suspends and resumes accounts.
pub struct SuspendAccount {
    env: Environment,
    announcements: Arc<Announcements>,
}

type Round = Result<Decision<Account, SuspendAccountError>, SuspendAccountError>;

impl SuspendAccount {
    pub(super) const fn new(env: Environment, announcements: Arc<Announcements>) -> Self {
        Self { env, announcements }
    }

    /// Suspends the account: every session ends at once, no login that is under way can finish, and the codes that are
    /// still queued are not mailed. Nothing happens if it is suspended already.
    pub async fn suspend(
        &self,
        _: &AdminCaller<UsersWrite>,
        account_id: AccountId,
        client: &Client,
    ) -> Result<Account, SuspendAccountError> {
        self.env.decide(async |_| self.suspension(self.find(account_id).await?, client).await).await
    }

    /// Resumes a suspended account. Its owner can log in again; sessions stay ended. Nothing happens if it is not
    /// suspended.
    pub async fn resume(
        &self,
        _: &AdminCaller<UsersWrite>,
        account_id: AccountId,
        client: &Client,
    ) -> Result<Account, SuspendAccountError> {
        self.env
            .decide(async |_| {
                let account = self.find(account_id).await?;
                if account.state == AccountState::Active {
                    return Ok(Decision::nothing(account));
                }
                let changes = self.change(
                    &account,
                    (AccountState::Active, NoticeKind::AccountResumed, EventKind::UserResumed),
                    client,
                );
                Ok(Decision::commit(changed(account, AccountState::Active, &changes), changes))
            })
            .await
    }

    async fn find(&self, account_id: AccountId) -> Result<Account, SuspendAccountError> {
        self.env.store.find_account(account_id).await?.ok_or(SuspendAccountError::NotFound)
    }

    async fn suspension(&self, account: Account, client: &Client) -> Round {
        if account.state != AccountState::Active {
            return Ok(Decision::nothing(account));
        }
        let now = self.env.now();
        let kept: Option<Change> = self.env.keep_an_admin::<SuspendAccountError>(&account, now).await?;
        let (account_id, state) = (account.id, AccountState::Suspended { since: now });
        let mut changes =
            self.change(&account, (state, NoticeKind::AccountSuspended, EventKind::UserSuspended), client);
        let revocation = Revocation { at: now, reason: RevocationReason::AccountSuspended };
        changes.extend([
            Change::RevokeSessionsOf { account_id, except: None, revocation },
            Change::ForgetCodesOwedTo(account_id),
        ]);
        changes.extend(kept);
        Ok(Decision::commit(changed(account, state, &changes), changes))
    }

    fn change(
        &self,
        account: &Account,
        (state, kind, event): (AccountState, NoticeKind, EventKind),
        client: &Client,
    ) -> Vec<Change> {
        let now = self.env.now();
        let (account_id, revision, at) = (account.id, account.revision(), account.next_change_at(now));
        vec![
            Change::SetState { account_id, revision, state, at },
            self.announcements.announce(event, account_id, at),
            notice(&*self.env.entropy, account, kind, client, now),
        ]
    }
}

/// Returns the account as the changes leave it.
fn changed(account: Account, state: AccountState, changes: &[Change]) -> Account {
    let at = changes.iter().find_map(|change| match change {
        Change::SetState { at, .. } => Some(*at),
        _ => None,
    });
    let credential_version = match state {
        AccountState::Active => account.credential_version,
        AccountState::Suspended { .. } => account.credential_version.next(),
    };
    Account { state, credential_version, updated_at: at.unwrap_or(account.updated_at), ..account }
}
