//! Restores an account that is to be deleted, for its owner or an administrator. Whoever comes first, this or the end of the
//! hold-back, wins: both are guarded by the revision of the account.

use std::sync::Arc;

use crate::AccountId;
use crate::account::{Account, LoginName};
use crate::event::EventKind;
use crate::internal::UsersWrite;
use crate::mail::NoticeKind;
use crate::ports::{Change, StoreError};
use crate::services::{Announcements, Decision, Environment, notice};
use crate::session::Client;

use super::{AdminCaller, AdministerError};

/// Restores accounts.
pub struct RestoreAccount {
    env: Environment,
    announcements: Arc<Announcements>,
}

impl RestoreAccount {
    pub(super) const fn new(env: Environment, announcements: Arc<Announcements>) -> Self {
        Self { env, announcements }
    }

    /// Restores an account. Its owner can log in again, unless it is suspended, too; sessions stay ended. Nothing happens if it
    /// is not to be deleted.
    pub async fn by_admin(
        &self,
        _: &AdminCaller<UsersWrite>,
        account_id: AccountId,
        client: &Client,
    ) -> Result<Account, AdministerError> {
        self.env
            .decide(async |_| {
                let found = self.env.store.find_account(account_id).await?;
                Ok(self.decision(found.ok_or(AdministerError::NotFound)?, client))
            })
            .await
    }

    /// Restores the account of somebody who has just given its password.
    pub(super) async fn by_owner(&self, name: &LoginName, client: &Client) -> Result<(), StoreError> {
        self.env
            .decide(async |_| {
                Ok(match self.env.store.find_account_by_name(name).await? {
                    Some(account) => self.decision(account, client).map(|_: Account| ()),
                    // It was deleted in this instant.
                    None => Decision::nothing(()),
                })
            })
            .await
    }

    fn decision<E>(&self, account: Account, client: &Client) -> Decision<Account, E> {
        if account.deletion.is_none() {
            return Decision::nothing(account);
        }
        let now = self.env.now();
        let (account_id, revision, at) = (account.id, account.revision(), account.next_change_at(now));
        let changes = vec![
            Change::ScheduleDeletion { account_id, revision, deletion: None, at },
            self.announcements.announce(EventKind::UserRestored, account_id, at),
            notice(&*self.env.entropy, &account, NoticeKind::AccountRestored, client, now),
        ];
        Decision::commit(Account { deletion: None, updated_at: at, ..account }, changes)
    }
}
