//! The one place that compares passwords for every purpose, so that one limit covers all.

use std::sync::Arc;

use crate::account::{Account, Blocked, LoginName, Password};
use crate::error_code::{ErrorCode, Refusal};
use crate::password_limit::PasswordLimit;
use crate::ports::{Change, Guard, HashingError, NameDigest, PasswordHasher, PasswordVerdict, StoreError, StoredHash};
use crate::rate_limit::{AttemptSubject, RateLimited};
use crate::session::Network;
use crate::{Randomness, Timestamp};

use super::{Decision, Environment, Lost};

/// Proof that the password of an account was given, for the version that it carries, and that this was counted. Only
/// `PasswordCheck` creates it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PasswordAccepted {
    account: Account,
}

impl PasswordAccepted {
    /// Returns the account as it was when its password was compared.
    pub const fn account(&self) -> &Account {
        &self.account
    }
}

/// A password that matched. Nobody may be told before the [`Success::changes`] of its limit are committed: of many
/// simultaneous guesses no more get a verdict than would have one after the other.
#[derive(Debug)]
pub(crate) struct PasswordMatched {
    account: Account,
    outdated_hash: bool,
    limit: PasswordLimit,
}

impl PasswordMatched {
    /// Returns the account as it was when its password was compared.
    pub(crate) const fn account(&self) -> &Account {
        &self.account
    }

    /// Returns the password limit from this network as it was before.
    pub(crate) const fn limit(&self) -> &PasswordLimit {
        &self.limit
    }
}

/// Why a password was not accepted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PasswordCheckError {
    /// No account has this name.
    #[error("no account has this e-mail address or username")]
    NobodyByThatName,
    /// The account has no password.
    #[error("the account has no password")]
    NoPassword,
    /// The password is wrong.
    #[error("the password is wrong")]
    WrongPassword,
    /// The password is right, but nobody can use the account.
    #[error(transparent)]
    Blocked(#[from] Blocked),
    /// The password is right, but an administrator requires a new one.
    #[error("a new password is required")]
    NewPasswordRequired,
    /// The limit is reached, for this network or for the day.
    #[error("too many wrong passwords: try again in {} s", .0.retry_after.as_secs())]
    RateLimited(RateLimited),
    /// The password could not be hashed.
    #[error(transparent)]
    Hashing(#[from] HashingError),
    /// The database did not answer, or failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<PasswordCheckError> for Refusal {
    fn from(error: PasswordCheckError) -> Self {
        match error {
            PasswordCheckError::NobodyByThatName => ErrorCode::InvalidCredentials.into(),
            PasswordCheckError::NoPassword => ErrorCode::UserAlreadyLinked.into(),
            PasswordCheckError::WrongPassword => ErrorCode::InvalidPassword.into(),
            PasswordCheckError::Blocked(blocked) => blocked.into(),
            PasswordCheckError::NewPasswordRequired => ErrorCode::NewPasswordRequired.into(),
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
    /// Stands for names that no account has.
    pub(crate) name_digest: Arc<dyn NameDigest>,
}

impl PasswordCheck {
    /// Compares `password` with that of the account called `name`. A miss is committed before it is reported; one that
    /// the limit no longer allows by then is not reported. If too many passwords are being hashed, nothing is read.
    pub(crate) async fn by_name(
        &self,
        name: &LoginName,
        password: Password,
        network: &Network,
    ) -> Result<PasswordMatched, PasswordCheckError> {
        self.hasher.admits(network)?;
        let nobody = AttemptSubject::UnknownName(self.name_digest.digest(name));
        let (account, limit) = self.env.store.find_account_and_password_limit(name, nobody, network).await?;
        self.compare(account, limit, password).await
    }

    /// Compares `password` with that of a known account; a match is committed, too, with a new hash if the stored one is
    /// outdated.
    pub(crate) async fn of_account(
        &self,
        account: Account,
        password: Password,
        network: &Network,
    ) -> Result<PasswordAccepted, PasswordCheckError> {
        let subject = AttemptSubject::Account(account.id);
        let limit = self.env.store.find_password_limit(subject, network).await?;
        let matched = self.compare(Some(account), limit, password.clone()).await?;
        let renewed = self.renewed_hash(&matched, password, network).await;
        self.accept(&matched, renewed).await
    }

    /// Commits a match where nothing else is committed with it. `renewed` is left out if the password has changed since.
    pub(crate) async fn accept(
        &self,
        matched: &PasswordMatched,
        mut renewed: Option<Change>,
    ) -> Result<PasswordAccepted, PasswordCheckError> {
        self.env
            .decide(async |lost| {
                if lost == Some(Lost::Guard(Guard::CredentialsUnchanged)) {
                    renewed = None;
                }
                let limit = match lost {
                    None => matched.limit.clone(),
                    Some(_) => self.limit_again(&matched.limit).await?,
                };
                let mut changes = Success::FirstFactor.changes(&limit, self.env.now());
                changes.extend(renewed.clone());
                Ok::<_, PasswordCheckError>(Decision::commit((), changes))
            })
            .await?;
        Ok(PasswordAccepted { account: matched.account.clone() })
    }

    /// Returns the change that renews an outdated hash while its password is at hand. If there is no room to hash,
    /// nothing is lost: the next time tries again.
    pub(crate) async fn renewed_hash(
        &self,
        matched: &PasswordMatched,
        password: Password,
        network: &Network,
    ) -> Option<Change> {
        if !matched.outdated_hash {
            return None;
        }
        let hashed: Result<_, HashingError> = self.hasher.hash(password, salt(self.env.random()), network).await;
        let Account { id: account_id, credential_version, .. } = matched.account;
        let password_hash = hashed.ok()?;
        Some(Change::RehashPassword { account_id, credential_version, password_hash })
    }

    /// Returns the limit as another commit left it, if a verdict may still be given.
    pub(crate) async fn limit_again(&self, limit: &PasswordLimit) -> Result<PasswordLimit, PasswordCheckError> {
        let limit = self.env.store.find_password_limit(limit.subject, &limit.network).await?;
        limit.check(self.env.now()).map_err(PasswordCheckError::RateLimited)?;
        Ok(limit)
    }

    async fn compare(
        &self,
        account: Option<Account>,
        limit: PasswordLimit,
        password: Password,
    ) -> Result<PasswordMatched, PasswordCheckError> {
        limit.check(self.env.now()).map_err(PasswordCheckError::RateLimited)?;

        let stored = |account: &Account| {
            let hash = account.password_hash.clone()?;
            Some(StoredHash { account_id: account.id, hash })
        };
        let hash = account.as_ref().and_then(stored);
        let verdict = self.hasher.verify(password, hash, &limit.network).await?;
        let right = verdict != PasswordVerdict::Miss;
        match account {
            Some(account) if right && account.password_hash.is_some() && account.blocked().is_none() => {
                if account.new_password_required {
                    self.count(&limit, |limit| Success::FirstFactor.changes(limit, self.env.now())).await?;
                    return Err(PasswordCheckError::NewPasswordRequired);
                }
                let outdated_hash = verdict == PasswordVerdict::MatchOutdated;
                Ok(PasswordMatched { account, outdated_hash, limit })
            }
            account => {
                // A blocked account counts a right password too: where it is concealed, nothing may tell the two apart.
                self.count(&limit, |limit| changes_of(limit, limit.after_miss(self.env.now()))).await?;
                let blocked = account.as_ref().and_then(Account::blocked).filter(|_| right);
                Err(match account {
                    None => PasswordCheckError::NobodyByThatName,
                    Some(account) if account.password_hash.is_none() => PasswordCheckError::NoPassword,
                    Some(_) => blocked.map_or(PasswordCheckError::WrongPassword, PasswordCheckError::Blocked),
                })
            }
        }
    }

    /// Commits a verdict; if another one was first, judges again based on it.
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

/// How far a login has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Success {
    /// The password was right or was reset; a second factor must follow.
    FirstFactor,
    /// The login is complete.
    Login,
}

impl Success {
    /// Returns the changes that record it in the password limit.
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
