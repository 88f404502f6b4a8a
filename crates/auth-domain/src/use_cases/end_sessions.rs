//! Ends every session of an account, for an administrator.

use crate::AccountId;
use crate::error_code::{ErrorCode, Refusal};
use crate::internal::UsersWrite;
use crate::mail::NoticeKind;
use crate::ports::{Change, StoreError};
use crate::services::{Decision, Environment, notice};
use crate::session::{Client, Revocation, RevocationReason};

use super::AdminCaller;

/// Why an administrator could not do something to an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AdministerError {
    /// No account has this id.
    #[error("no account has this id")]
    NotFound,
    /// The database did not answer, or failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<AdministerError> for Refusal {
    fn from(error: AdministerError) -> Self {
        match error {
            AdministerError::NotFound => ErrorCode::UserNotFound.into(),
            AdministerError::Store(error) => error.into(),
        }
    }
}

/// Ends the sessions of accounts.
pub struct EndSessions {
    env: Environment,
}

impl EndSessions {
    pub(super) const fn new(env: Environment) -> Self {
        Self { env }
    }

    /// Ends every session of the account and tells its owner. A login that is under way may still finish.
    pub async fn execute(
        &self,
        _: &AdminCaller<UsersWrite>,
        account_id: AccountId,
        client: &Client,
    ) -> Result<(), AdministerError> {
        self.env
            .decide(async |_| {
                let found = self.env.store.find_account(account_id).await?;
                let account = found.ok_or(AdministerError::NotFound)?;
                let now = self.env.now();
                let revocation = Revocation { at: now, reason: RevocationReason::EndedByAdmin };
                let told = notice(&*self.env.entropy, &account, NoticeKind::SessionsEnded, client, now);
                Ok(Decision::commit((), vec![Change::RevokeSessionsOf { account_id, except: None, revocation }, told]))
            })
            .await
    }
}
