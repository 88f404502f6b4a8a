//! Sets an account's roles, for another service or an operator.

use crate::AccountId;
use crate::account::{Account, InvalidRoles, Roles};
use crate::error_code::{ErrorCode, Refusal};
use crate::internal::{InternalCaller, RolesWrite};
use crate::mail::NoticeKind;
use crate::ports::{Change, StoreError};
use crate::services::{Decision, Environment, notice};
use crate::session::Client;

use super::Operator;

/// Why the roles were not set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SetRolesError {
    /// The roles are malformed.
    #[error(transparent)]
    Malformed(#[from] InvalidRoles),
    /// No account has this id.
    #[error("no account has this id")]
    NotFound,
    /// The database did not answer, or failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<SetRolesError> for Refusal {
    fn from(error: SetRolesError) -> Self {
        match error {
            SetRolesError::Malformed(error) => Self::invalid(vec![error.into()]),
            SetRolesError::NotFound => ErrorCode::UserNotFound.into(),
            SetRolesError::Store(error) => error.into(),
        }
    }
}

/// Sets the roles of accounts.
pub struct SetRoles {
    env: Environment,
}

impl SetRoles {
    pub(super) const fn new(env: Environment) -> Self {
        Self { env }
    }

    /// Replaces the account's roles for another service. Access tokens issued before contain the old roles until they
    /// expire; this service itself uses the new ones at once.
    pub async fn by_service(
        &self,
        _: &InternalCaller<RolesWrite>,
        account_id: AccountId,
        roles: &[String],
        client: &Client,
    ) -> Result<Account, SetRolesError> {
        self.set(account_id, roles, client).await
    }

    /// Replaces the account's roles for an operator.
    pub async fn by_operator(
        &self,
        _: &Operator,
        account_id: AccountId,
        roles: &[String],
        client: &Client,
    ) -> Result<Account, SetRolesError> {
        self.set(account_id, roles, client).await
    }

    /// Sets the roles, and notifies the owner if they differ from before.
    async fn set(&self, account_id: AccountId, roles: &[String], client: &Client) -> Result<Account, SetRolesError> {
        let roles = Roles::parse(roles)?;
        self.env
            .decide(async |_| {
                let account = self.env.store.find_account(account_id).await?.ok_or(SetRolesError::NotFound)?;
                let now = self.env.now();
                let (revision, at) = (account.revision(), account.next_change_at(now));
                let kind = NoticeKind::RolesChanged;
                let told = (account.roles != roles).then(|| notice(&*self.env.entropy, &account, kind, client, now));
                let change = Change::SetRoles { account_id, revision, roles: roles.clone(), at };
                let changes = std::iter::once(change).chain(told).collect();
                Ok(Decision::commit(Account { roles: roles.clone(), updated_at: at, ..account }, changes))
            })
            .await
    }
}
