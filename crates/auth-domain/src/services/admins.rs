//! Keeps the last admin.

use crate::Timestamp;
use crate::account::Account;
use crate::error_code::{ErrorCode, Refusal};
use crate::ports::{Change, StoreError};

use super::Environment;

/// This would leave no account with the role `admin` that is not suspended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this is the last user with the role admin: give the role to someone else first")]
pub struct LastAdmin;

impl From<LastAdmin> for Refusal {
    fn from(_: LastAdmin) -> Self {
        ErrorCode::LastAdmin.into()
    }
}

impl Environment {
    /// Returns the change to commit with one that takes the account away from the admins, if it is one of them: its guard
    /// finds out whether another one was taken away in the same moment. Refuses for the last of them.
    pub(crate) async fn keep_an_admin<E: From<LastAdmin> + From<StoreError>>(
        &self,
        account: &Account,
        now: Timestamp,
    ) -> Result<Option<Change>, E> {
        if !account.is_active_admin() {
            return Ok(None);
        }
        let admins = self.store.find_admins().await?;
        if !admins.has_other_than(account.id) {
            return Err(LastAdmin.into());
        }
        Ok(Some(Change::LoseAdmin { from: admins.lost_at, at: admins.next_loss_at(now) }))
    }
}
