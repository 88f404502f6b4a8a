//! Sets an account's roles, for another service, an administrator or an operator.

use std::sync::Arc;

use crate::AccountId;
use crate::account::{Account, InvalidRoles, Roles};
use crate::error_code::{ErrorCode, Refusal};
use crate::event::EventKind;
use crate::internal::{InternalCaller, RolesWrite, UsersWrite};
use crate::mail::NoticeKind;
use crate::ports::{Change, StoreError};
use crate::services::{Announcements, Decision, Environment, LastAdmin, notice};
use crate::session::Client;

use super::{AdminCaller, Operator};

/// Why the roles were not set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SetRolesError {
    /// The roles are malformed.
    #[error(transparent)]
    Malformed(#[from] InvalidRoles),
    /// No account has this id.
    #[error("no account has this id")]
    NotFound,
    /// It is the last admin, and would no longer be one.
    #[error(transparent)]
    LastAdmin(#[from] LastAdmin),
    /// The database did not answer, or failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<SetRolesError> for Refusal {
    fn from(error: SetRolesError) -> Self {
        match error {
            SetRolesError::Malformed(error) => Self::invalid(vec![error.into()]),
            SetRolesError::NotFound => ErrorCode::UserNotFound.into(),
            SetRolesError::LastAdmin(error) => error.into(),
            SetRolesError::Store(error) => error.into(),
        }
    }
}

/// Sets the roles of accounts.
pub struct SetRoles {
    env: Environment,
    announcements: Arc<Announcements>,
}

impl SetRoles {
    pub(super) const fn new(env: Environment, announcements: Arc<Announcements>) -> Self {
        Self { env, announcements }
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
        let roles = Roles::parse(roles)?;
        self.change(account_id, |_| Ok(roles.clone()), client).await
    }

    /// Adds and removes roles for an administrator. A role that is both added and removed is removed.
    pub async fn by_admin(
        &self,
        _: &AdminCaller<UsersWrite>,
        account_id: AccountId,
        (add, remove): (&[String], &[String]),
        client: &Client,
    ) -> Result<Account, SetRolesError> {
        let (add, remove) = (Roles::parse(add)?, Roles::parse(remove)?);
        self.change(account_id, |before| before.changed(&add, &remove), client).await
    }

    /// Replaces the account's roles for an operator.
    pub async fn by_operator(
        &self,
        _: &Operator,
        account_id: AccountId,
        roles: &[String],
        client: &Client,
    ) -> Result<Account, SetRolesError> {
        let roles = Roles::parse(roles)?;
        self.change(account_id, |_| Ok(roles.clone()), client).await
    }

    /// Sets the roles that `decide` returns for the present ones. If they differ, the owner and other services are told.
    async fn change(
        &self,
        account_id: AccountId,
        decide: impl Fn(&Roles) -> Result<Roles, InvalidRoles>,
        client: &Client,
    ) -> Result<Account, SetRolesError> {
        self.env
            .decide(async |_| {
                let account = self.env.store.find_account(account_id).await?.ok_or(SetRolesError::NotFound)?;
                let now = self.env.now();
                let (revision, at) = (account.revision(), account.next_change_at(now));
                let roles = decide(&account.roles)?;
                let after = Account { roles: roles.clone(), updated_at: at, ..account.clone() };
                let mut changes = vec![Change::SetRoles { account_id, revision, roles, at }];
                if !after.is_active_admin() {
                    changes.extend(self.env.keep_an_admin::<SetRolesError>(&account, now).await?);
                }
                if after.roles != account.roles {
                    changes.extend([
                        self.announcements.announce(EventKind::UserRolesChanged, account_id, at),
                        notice(&*self.env.entropy, &account, NoticeKind::RolesChanged, client, now),
                    ]);
                }
                Ok(Decision::commit(after, changes))
            })
            .await
    }
}
