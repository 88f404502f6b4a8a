//! Removes every second factor of an account, for an administrator: its owner has lost the phone and the recovery codes.

use crate::AccountId;
use crate::account::Account;
use crate::internal::UsersWrite;
use crate::mail::NoticeKind;
use crate::ports::Change;
use crate::services::{Decision, Environment, notice};
use crate::session::Client;

use super::{AdminCaller, AdministerError};

/// Removes second factors.
pub struct ResetSecondFactors {
    env: Environment,
}

impl ResetSecondFactors {
    pub(super) const fn new(env: Environment) -> Self {
        Self { env }
    }

    /// Removes every second factor and recovery code. Logins that wait for one must begin anew; sessions stay. Nothing
    /// happens if there is none.
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
                let two_factor = account.two_factor.clone().dropped();
                if two_factor == account.two_factor {
                    return Ok(Decision::nothing(account));
                }
                let now = self.env.now();
                let changes = vec![
                    Change::PutTwoFactor { account_id, two_factor: two_factor.clone() },
                    Change::ForgetTotpSteps(account_id),
                    Change::ForgetChallengesOf(account_id),
                    notice(&*self.env.entropy, &account, NoticeKind::SecondFactorsReset, client, now),
                ];
                Ok(Decision::commit(Account { two_factor, ..account }, changes))
            })
            .await
    }
}
