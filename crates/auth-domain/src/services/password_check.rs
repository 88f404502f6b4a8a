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

/// Proof that the password of an account was given, as of the version it carries, and that this was counted. Only
/// `PasswordCheck` makes one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PasswordAccepted {
    account: Account,
}

impl PasswordAccepted {
    /// The account as it was when its password was compared.
    pub const fn account(&self) -> &Account {
        &self.account
    }
}

/// A password that matched, of which nobody may be told before [`Success::changes`] of its limit are committed: of many
/// guesses at once no more verdicts get out than of as many one after the other.
#[derive(Debug)]
pub(crate) struct PasswordMatched {
    account: Account,
    outdated_hash: bool,
    limit: PasswordLimit,
}

impl PasswordMatched {
    /// The account as it was when its password was compared.
    pub(crate) const fn account(&self) -> &Account {
        &self.account
    }

    /// The limit for passwords from there, as it was before.
    pub(crate) const fn limit(&self) -> &PasswordLimit {
        &self.limit
    }

    /// Whether its hash should be made anew.
    pub(crate) const fn outdated_hash(&self) -> bool {
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
    #[error("too many wrong passwords: try again in {} s", .0.retry_after.as_secs())]
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
    /// Compares `password` with that of whoever has `name`. A miss is committed before it is told; one that the limit no
    /// longer allows by then is not told at all. When too many passwords are to be hashed, nothing is read.
    pub(crate) async fn by_name(
        &self,
        name: &LoginName,
        password: Password,
        network: &Network,
    ) -> Result<PasswordMatched, PasswordCheckError> {
        self.hasher.admits(network)?;
        let account = self.env.store.find_account_by_name(name).await?;
        let subject = match &account {
            Some(account) => AttemptSubject::Account(account.id),
            None => AttemptSubject::UnknownName(self.name_digest.digest(name)),
        };
        self.compare(subject, account, password, network).await
    }

    /// The same for an account that is known already; a match is committed too.
    pub(crate) async fn of_account(
        &self,
        account: Account,
        password: Password,
        network: &Network,
    ) -> Result<PasswordAccepted, PasswordCheckError> {
        let matched = self.compare(AttemptSubject::Account(account.id), Some(account), password, network).await?;
        self.accept(&matched).await
    }

    /// Commits that a password matched, where nothing else is to be committed with it.
    pub(crate) async fn accept(&self, matched: &PasswordMatched) -> Result<PasswordAccepted, PasswordCheckError> {
        self.count(matched.limit(), |limit| Success::FirstFactor.changes(limit, self.env.now())).await?;
        Ok(PasswordAccepted { account: matched.account.clone() })
    }

    /// Returns the limit as another commit left it, if a verdict may still be told.
    pub(crate) async fn limit_again(&self, limit: &PasswordLimit) -> Result<PasswordLimit, PasswordCheckError> {
        let limit = self.env.store.find_password_limit(limit.subject, &limit.network).await?;
        limit.check(self.env.now()).map_err(PasswordCheckError::RateLimited)?;
        Ok(limit)
    }

    async fn compare(
        &self,
        subject: AttemptSubject,
        account: Option<Account>,
        password: Password,
        network: &Network,
    ) -> Result<PasswordMatched, PasswordCheckError> {
        let limit = self.env.store.find_password_limit(subject, network).await?;
        limit.check(self.env.now()).map_err(PasswordCheckError::RateLimited)?;

        let hash = account.as_ref().and_then(|account| account.password_hash.clone());
        let verdict = self.hasher.verify(password, hash, network).await?;
        match (account, verdict) {
            (Some(account), PasswordVerdict::Match | PasswordVerdict::MatchOutdated)
                if account.password_hash.is_some() =>
            {
                let outdated_hash = verdict == PasswordVerdict::MatchOutdated;
                Ok(PasswordMatched { account, outdated_hash, limit })
            }
            (account, _) => {
                self.count(&limit, |limit| changes_of(limit, limit.after_miss(self.env.now()))).await?;
                Err(match account {
                    None => PasswordCheckError::NobodyByThatName,
                    Some(account) if account.password_hash.is_none() => PasswordCheckError::NoPassword,
                    Some(_) => PasswordCheckError::WrongPassword,
                })
            }
        }
    }

    /// Commits a verdict; when another one was first, judges again on what it left.
    async fn count(
        &self,
        limit: &PasswordLimit,
        verdict: impl Fn(&PasswordLimit) -> Vec<Change>,
    ) -> Result<(), PasswordCheckError> {
        self.env
            .decide(async |lost| {
                let changes = match lost {
                    None => verdict(limit),
                    Some(_) => verdict(&self.limit_again(limit).await?),
                };
                Ok(Decision::commit((), changes))
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
