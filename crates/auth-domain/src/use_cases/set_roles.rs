//! Setting an account's roles at the word of another service.

use std::sync::Arc;

use crate::AccountId;
use crate::account::{Account, InvalidRoles, Roles};
use crate::error_code::{ErrorCode, Refusal};
use crate::internal::{InternalCaller, RolesWrite};
use crate::ports::{Change, Clock, CommitError, Store, StoreUnavailable};

use super::MAX_ATTEMPTS;

/// Why no role was set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SetRolesError {
    /// The roles are malformed.
    #[error(transparent)]
    Malformed(#[from] InvalidRoles),
    /// No account has that id.
    #[error("no account has that id")]
    NotFound,
    /// The database is away.
    #[error(transparent)]
    Unavailable(#[from] StoreUnavailable),
}

impl From<SetRolesError> for Refusal {
    fn from(error: SetRolesError) -> Self {
        match error {
            SetRolesError::Malformed(error) => Self::invalid(vec![error.into()]),
            SetRolesError::NotFound => ErrorCode::UserNotFound.into(),
            SetRolesError::Unavailable(error) => error.into(),
        }
    }
}

/// The use case.
pub struct SetRoles {
    /// Where accounts are kept.
    pub store: Arc<dyn Store>,
    /// Dates the change.
    pub clock: Arc<dyn Clock>,
}

impl SetRoles {
    /// Replaces the account's roles. Access tokens minted before carry the old ones until they
    /// expire; this service itself reads the new ones at once.
    pub async fn execute(
        &self,
        _caller: &InternalCaller<RolesWrite>,
        account_id: AccountId,
        roles: &[String],
    ) -> Result<Account, SetRolesError> {
        let roles = Roles::parse(roles)?;
        for _ in 0..MAX_ATTEMPTS {
            let account = self.store.find_account(account_id).await?.ok_or(SetRolesError::NotFound)?;
            let (as_of, at) = (account.updated_at, account.next_change_at(self.clock.now()));
            let change = Change::SetRoles { account_id, as_of, roles: roles.clone(), at };
            match self.store.commit(vec![change]).await {
                Ok(()) => return Ok(Account { roles, updated_at: at, ..account }),
                Err(CommitError::Conflict { .. }) => {}
                Err(_) => break,
            }
        }
        Err(StoreUnavailable.into())
    }
}
