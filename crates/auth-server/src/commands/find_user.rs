//! How commands find the user that an operator names.

use auth_domain::AccountId;
use auth_domain::account::{Account, LoginName};
use auth_domain::ports::Store;
use uuid::Uuid;

use crate::Failure;

/// Finds an account by id, e-mail address or username.
pub(super) async fn find_user(store: &dyn Store, user: &str) -> Result<Account, Failure> {
    let found = match Uuid::try_parse(user) {
        Ok(id) => store.find_account(AccountId::from(id)).await?,
        Err(_) => store.find_account_by_name(&LoginName::parse(user)).await?,
    };
    found.ok_or_else(|| format!("no user has the id, e-mail address or username {user:?}").into())
}
