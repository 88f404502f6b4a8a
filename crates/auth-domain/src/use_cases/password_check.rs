//! The one place that compares a password, whatever it is for, so that one budget counts for all.

use std::sync::Arc;

use crate::Timestamp;
use crate::account::{Account, LoginName, Password};
use crate::budget::{AttemptSubject, PasswordBudget, Spent};
use crate::error_code::{ErrorCode, Refusal};
use crate::ports::{
    Change, Clock, CommitError, HashingError, NameDigest, PasswordHasher, PasswordVerdict, Store, StoreUnavailable,
};
use crate::session::Network;

use super::MAX_ATTEMPTS;

/// Proof that the password of an account was given, as of the version it carries. Only
/// [`PasswordCheck`] makes one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PasswordAccepted {
    account: Account,
    outdated_hash: bool,
}

impl PasswordAccepted {
    /// The account as it was when its password was compared.
    pub const fn account(&self) -> &Account {
        &self.account
    }

    /// Whether its hash should be made anew.
    pub const fn outdated_hash(&self) -> bool {
        self.outdated_hash
    }
}

/// Why a password was not accepted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PasswordCheckError {
    /// Nobody has that name.
    #[error("nobody has that name")]
    NobodyByThatName,
    /// The account has no password.
    #[error("the account has no password")]
    NoPassword,
    /// The password is wrong.
    #[error("the password is wrong")]
    WrongPassword,
    /// The budget is spent, for this network or for the day.
    #[error("the budget for passwords is spent for {:?}", .0.retry_after)]
    Spent(Spent),
    /// The password could not be hashed.
    #[error(transparent)]
    Hashing(#[from] HashingError),
    /// The database is away.
    #[error(transparent)]
    Unavailable(#[from] StoreUnavailable),
}

impl From<PasswordCheckError> for Refusal {
    fn from(error: PasswordCheckError) -> Self {
        match error {
            PasswordCheckError::NobodyByThatName => ErrorCode::InvalidCredentials.into(),
            PasswordCheckError::NoPassword => ErrorCode::UserAlreadyLinked.into(),
            PasswordCheckError::WrongPassword => ErrorCode::InvalidPassword.into(),
            PasswordCheckError::Spent(spent) => Self::retry_after(ErrorCode::RateLimited, spent.retry_after),
            PasswordCheckError::Hashing(error) => error.into(),
            PasswordCheckError::Unavailable(error) => error.into(),
        }
    }
}

/// Compares passwords under a budget.
pub struct PasswordCheck {
    /// Where accounts and budgets are kept.
    pub store: Arc<dyn Store>,
    /// Compares.
    pub hasher: Arc<dyn PasswordHasher>,
    /// Stands for names that nobody has.
    pub name_digest: Arc<dyn NameDigest>,
    /// Dates the attempts.
    pub clock: Arc<dyn Clock>,
}

impl PasswordCheck {
    /// Compares `password` with that of whoever has `name`. Each verdict is committed before it is
    /// told; one that the budget no longer bears by then is not told at all.
    pub async fn by_name(
        &self,
        name: &LoginName,
        password: Password,
        network: &Network,
    ) -> Result<PasswordAccepted, PasswordCheckError> {
        let account = self.store.find_account_by_name(name).await?;
        let subject = match &account {
            Some(account) => AttemptSubject::account(account.id),
            None => AttemptSubject::unknown_name(self.name_digest.digest(name)),
        };
        self.check(subject, account, password, network).await
    }

    /// The same for an account that is known already.
    pub async fn of_account(
        &self,
        account: Account,
        password: Password,
        network: &Network,
    ) -> Result<PasswordAccepted, PasswordCheckError> {
        self.check(AttemptSubject::account(account.id), Some(account), password, network).await
    }

    async fn check(
        &self,
        subject: AttemptSubject,
        account: Option<Account>,
        password: Password,
        network: &Network,
    ) -> Result<PasswordAccepted, PasswordCheckError> {
        let budget = self.store.find_password_budget(subject, network).await?;
        budget.check(self.clock.now()).map_err(PasswordCheckError::Spent)?;

        let hash = account.as_ref().and_then(|account| account.password_hash.clone());
        let verdict = self.hasher.verify(password, hash).await?;
        self.count(budget, verdict).await?;
        match (account, verdict) {
            (None, _) => Err(PasswordCheckError::NobodyByThatName),
            (Some(account), _) if account.password_hash.is_none() => Err(PasswordCheckError::NoPassword),
            (Some(_), PasswordVerdict::Miss) => Err(PasswordCheckError::WrongPassword),
            (Some(account), verdict) => {
                Ok(PasswordAccepted { account, outdated_hash: verdict == PasswordVerdict::MatchOutdated })
            }
        }
    }

    /// Commits the verdict; when another one was first, judges again on what it left.
    async fn count(&self, mut budget: PasswordBudget, verdict: PasswordVerdict) -> Result<(), PasswordCheckError> {
        for _ in 0..MAX_ATTEMPTS {
            let changes = changes_after(&budget, verdict, self.clock.now());
            match self.store.commit(changes).await {
                Ok(()) => return Ok(()),
                Err(CommitError::Conflict { .. }) => {
                    budget = self.store.find_password_budget(budget.subject, &budget.network).await?;
                    budget.check(self.clock.now()).map_err(PasswordCheckError::Spent)?;
                }
                Err(_) => break,
            }
        }
        Err(StoreUnavailable.into())
    }
}

/// What a verdict makes of a budget.
pub(super) fn changes_after(budget: &PasswordBudget, verdict: PasswordVerdict, now: Timestamp) -> Vec<Change> {
    let next = match verdict {
        PasswordVerdict::Miss => budget.after_miss(now),
        PasswordVerdict::Match | PasswordVerdict::MatchOutdated => budget.after_success(now),
    };
    let mut changes = vec![Change::PutNetworkAttempts(next.clone())];
    if next.daily.version != budget.daily.version {
        changes.push(Change::PutDailyMisses(next));
    }
    changes
}
