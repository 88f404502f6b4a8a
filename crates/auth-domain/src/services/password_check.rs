//! The one place that compares a password, whatever it is for, so that one limit counts for all.

use std::sync::Arc;

use crate::account::{Account, LoginName, Password};
use crate::error_code::{ErrorCode, Refusal};
use crate::password_limit::PasswordLimit;
use crate::ports::{Change, HashingError, NameDigest, PasswordHasher, PasswordVerdict, StoreError};
use crate::rate_limit::{AttemptSubject, RateLimited};
use crate::session::Network;
use crate::{Randomness, Timestamp};

use super::{Decision, Environment};

/// Proof that the password of an account was given, as of the version it carries. Only
/// `PasswordCheck` makes one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PasswordAccepted {
    account: Account,
    outdated_hash: bool,
    limit: PasswordLimit,
}

impl PasswordAccepted {
    /// The account as it was when its password was compared.
    pub const fn account(&self) -> &Account {
        &self.account
    }

    /// Returns the limit for passwords from there as it stands now. That the login is finished is for the commit that opens
    /// the session: a network becomes known with it, or not at all.
    pub(crate) const fn limit(&self) -> &PasswordLimit {
        &self.limit
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
    /// The limit is reached, for this network or for the day.
    #[error("the limit for passwords is reached for {:?}", .0.retry_after)]
    RateLimited(RateLimited),
    /// The password could not be hashed.
    #[error(transparent)]
    Hashing(#[from] HashingError),
    /// The database did not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<PasswordCheckError> for Refusal {
    fn from(error: PasswordCheckError) -> Self {
        match error {
            PasswordCheckError::NobodyByThatName => ErrorCode::InvalidCredentials.into(),
            PasswordCheckError::NoPassword => ErrorCode::UserAlreadyLinked.into(),
            PasswordCheckError::WrongPassword => ErrorCode::InvalidPassword.into(),
            PasswordCheckError::RateLimited(limited) => Self::retry_after(ErrorCode::RateLimited, limited.retry_after),
            PasswordCheckError::Hashing(error) => error.into(),
            PasswordCheckError::Store(error) => error.into(),
        }
    }
}

/// Compares passwords under a limit.
pub(crate) struct PasswordCheck {
    pub(crate) env: Environment,
    pub(crate) hasher: Arc<dyn PasswordHasher>,
    /// Stands for names that nobody has.
    pub(crate) name_digest: Arc<dyn NameDigest>,
}

impl PasswordCheck {
    /// Compares `password` with that of whoever has `name`. Each verdict is committed before it is
    /// told; one that the limit no longer allows by then is not told at all.
    pub(crate) async fn by_name(
        &self,
        name: &LoginName,
        password: Password,
        network: &Network,
    ) -> Result<PasswordAccepted, PasswordCheckError> {
        let account = self.env.store.find_account_by_name(name).await?;
        let subject = match &account {
            Some(account) => AttemptSubject::Account(account.id),
            None => AttemptSubject::UnknownName(self.name_digest.digest(name)),
        };
        self.check(subject, account, password, network).await
    }

    /// The same for an account that is known already.
    pub(crate) async fn of_account(
        &self,
        account: Account,
        password: Password,
        network: &Network,
    ) -> Result<PasswordAccepted, PasswordCheckError> {
        self.check(AttemptSubject::Account(account.id), Some(account), password, network).await
    }

    async fn check(
        &self,
        subject: AttemptSubject,
        account: Option<Account>,
        password: Password,
        network: &Network,
    ) -> Result<PasswordAccepted, PasswordCheckError> {
        let limit = self.env.store.find_password_limit(subject, network).await?;
        limit.check(self.env.now()).map_err(PasswordCheckError::RateLimited)?;

        let hash = account.as_ref().and_then(|account| account.password_hash.clone());
        let verdict = self.hasher.verify(password, hash, network).await?;
        let limit = self.count(limit, verdict).await?;
        match (account, verdict) {
            (None, _) => Err(PasswordCheckError::NobodyByThatName),
            (Some(account), _) if account.password_hash.is_none() => Err(PasswordCheckError::NoPassword),
            (Some(_), PasswordVerdict::Miss) => Err(PasswordCheckError::WrongPassword),
            (Some(account), verdict) => {
                let outdated_hash = verdict == PasswordVerdict::MatchOutdated;
                Ok(PasswordAccepted { account, outdated_hash, limit })
            }
        }
    }

    /// Commits the verdict, and returns the limit after it; when another one was first, judges again on what it left.
    async fn count(&self, limit: PasswordLimit, verdict: PasswordVerdict) -> Result<PasswordLimit, PasswordCheckError> {
        let env = &self.env;
        env.decide(async |lost| {
            let limit = match lost {
                None => limit.clone(),
                Some(_) => {
                    let limit = env.store.find_password_limit(limit.subject, &limit.network).await?;
                    limit.check(env.now()).map_err(PasswordCheckError::RateLimited)?;
                    limit
                }
            };
            let next = match verdict {
                PasswordVerdict::Miss => limit.after_miss(env.now()),
                PasswordVerdict::Match | PasswordVerdict::MatchOutdated => limit.after_first_factor(),
            };
            Ok(Decision::commit(next.clone(), changes_of(&limit, next)))
        })
        .await
    }
}

/// How far somebody came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Success {
    /// The password was right, or was set anew; a second factor is to follow.
    FirstFactor,
    /// Nothing more is asked for.
    Login,
}

impl Success {
    /// What it makes of the limit for passwords from there.
    pub(crate) fn changes(self, limit: &PasswordLimit, now: Timestamp) -> Vec<Change> {
        changes_of(
            limit,
            match self {
                Self::FirstFactor => limit.after_first_factor(),
                Self::Login => limit.after_success(now),
            },
        )
    }
}

fn changes_of(limit: &PasswordLimit, next: PasswordLimit) -> Vec<Change> {
    let mut changes = vec![Change::PutNetworkAttempts(next.clone())];
    if next.daily.version != limit.daily.version {
        changes.push(Change::PutDailyMisses(next));
    }
    changes
}

/// Returns the salt of an Argon2 hash: the first 16 of the random bytes.
pub(crate) fn salt(randomness: Randomness) -> [u8; 16] {
    let mut salt = [0; 16];
    salt.copy_from_slice(&randomness[..16]);
    salt
}
