//! Forgets what was counted against an account, for an operator.

use std::sync::Arc;

use crate::account::{Account, LoginName};
use crate::ports::{Change, CommitError, NameDigest};
use crate::rate_limit::AttemptSubject;
use crate::services::Environment;

use super::Operator;

/// Unlocks accounts.
pub struct UnlockAccount {
    env: Environment,
    name_digest: Arc<dyn NameDigest>,
}

impl UnlockAccount {
    pub(super) fn new(env: Environment, name_digest: Arc<dyn NameDigest>) -> Self {
        Self { env, name_digest }
    }

    /// Forgets every limit for passwords, codes and mails of the account and its address, including the networks from
    /// which its owner has logged in: no network is known or suspected any more.
    pub async fn execute(&self, _: &Operator, account: &Account) -> Result<(), CommitError> {
        let by_account = AttemptSubject::Account(account.id);
        let by_address = AttemptSubject::Address(self.name_digest.digest(&LoginName::Email(account.email.clone())));
        let changes = vec![
            Change::ForgetNetworkAttempts(by_account),
            Change::ForgetDailyMisses(by_account),
            Change::ForgetRateLimits(by_account),
            Change::ForgetRateLimits(by_address),
        ];
        self.env.store.commit(changes).await
    }
}
