//! Requires a new password at the next login, for an administrator.

use crate::AccountId;
use crate::account::Account;
use crate::internal::UsersWrite;
use crate::mail::NoticeKind;
use crate::ports::Change;
use crate::services::{Decision, Environment, notice};
use crate::session::Client;

use super::{AdminCaller, AdministerError};

/// Requires new passwords.
pub struct RequireNewPassword {
    env: Environment,
}

impl RequireNewPassword {
    pub(super) const fn new(env: Environment) -> Self {
        Self { env }
    }

    /// From now on the password opens nothing until it is reset by mail, since whoever knows it may not be the owner.
    /// Logins that are under way must begin anew; sessions stay. Nothing happens if it is required already, or if the
    /// account only logs in through a provider: a password by mail would be for whoever reads its address.
    pub async fn execute(
        &self,
        _: &AdminCaller<UsersWrite>,
        account_id: AccountId,
        client: &Client,
    ) -> Result<Account, AdministerError> {
        self.env
            .decide(async |_| {
                let found = self.env.store.find_account(account_id).await?;
                let account = found.ok_or(AdministerError::NotFound)?;
                let only_by_provider = account.password_hash.is_none() && !account.identities.is_empty();
                if account.new_password_required || only_by_provider {
                    return Ok(Decision::nothing(account));
                }
                let now = self.env.now();
                let (revision, at) = (account.revision(), account.next_change_at(now));
                let changes = vec![
                    Change::RequireNewPassword { account_id, revision, at },
                    notice(&*self.env.entropy, &account, NoticeKind::NewPasswordRequired, client, now),
                ];
                let credential_version = account.credential_version.next();
                let after = Account { new_password_required: true, credential_version, updated_at: at, ..account };
                Ok(Decision::commit(after, changes))
            })
            .await
    }
}
