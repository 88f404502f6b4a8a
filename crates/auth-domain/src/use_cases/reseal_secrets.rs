//! Reseals everything from older master keys with the newest, so that the older ones can be removed. It runs beside the
//! service and can be repeated safely.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use crate::account::{Account, PasswordHash};
use crate::ports::{Change, NoKeyOpensIt, Resealing, StoreError};
use crate::services::{Decision, Environment};
use crate::session::KeyId;
use crate::two_factor::{MethodState, SealedSecret, TwoFactor};
use crate::{AccountId, RetiredKeyId};

use super::Operator;

const PAGE: u32 = 1_000;

/// The outcome: what was done, and what remains.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Resealed {
    /// How many secrets the newest key seals now: those of apps and signing keys, and what is kept of retired master
    /// keys.
    pub secrets: u64,
    /// The master keys that can be removed from the configuration now.
    pub retired: Vec<KeyId>,
    /// The retired master keys of which nothing is kept any more, because nothing needs them.
    pub forgotten: Vec<KeyId>,
    /// How many accounts need what is kept of each retired master key, until their owner logs in or renews the recovery
    /// codes.
    pub needed_by: BTreeMap<String, u64>,
}

/// Why it stopped. What was done before is kept.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ResealError {
    /// A secret cannot be opened, because its master key is not configured.
    #[error("{what} cannot be decrypted: the master key that encrypted it is not configured")]
    CannotOpen {
        /// The secret.
        what: String,
    },
    /// The database did not answer, or failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Reseals secrets with the newest master key.
pub struct ResealSecrets {
    env: Environment,
    resealing: Arc<dyn Resealing>,
    /// How long a retired key is needed.
    longest_session: Duration,
}

impl ResealSecrets {
    pub(super) const fn new(env: Environment, resealing: Arc<dyn Resealing>, longest_session: Duration) -> Self {
        Self { env, resealing, longest_session }
    }

    /// Reseals all secrets.
    pub async fn execute(&self, _: &Operator) -> Result<Resealed, ResealError> {
        let mut done = Resealed::default();
        // First store what is kept of each key: from then on nothing is lost when the key is removed.
        self.retire_keys(&mut done).await?;
        self.reseal_signing_keys(&mut done).await?;
        self.reseal_accounts(&mut done).await?;
        self.forget_retired_keys(&mut done).await?;
        Ok(done)
    }

    async fn retire_keys(&self, done: &mut Resealed) -> Result<(), ResealError> {
        let known = self.env.store.list_retired_keys().await?;
        for key in &known {
            let cannot =
                |_: NoKeyOpensIt| cannot_open(format!("what is left of the master key {}", key.key_id.as_str()));
            if let Some(sealed_keys) = self.resealing.retired_key(key, self.env.random()).map_err(cannot)? {
                let change = Change::ResealRetiredKey { id: key.id, from: key.sealed_keys.clone(), to: sealed_keys };
                done.secrets += self.commit_unless_done(change).await?;
            }
        }
        for key_id in self.resealing.older() {
            let now = self.env.now();
            let kept = known.iter().find(|known| known.key_id == key_id).map(|known| known.id);
            let id = kept.unwrap_or_else(|| RetiredKeyId::generate(now, self.env.random()));
            // Repeated for a key that was retired before: its time begins when it is really removed.
            if let Some(key) = self.resealing.retire(&key_id, id, now, self.env.random()) {
                let committed = self.commit_unless_done(Change::RetireKey(key)).await?;
                done.secrets += if kept.is_none() { committed } else { 0 };
            }
            done.retired.push(key_id);
        }
        // The operator went back to an older key: the newest key is not retired.
        let newest = self.resealing.newest();
        for key in known.iter().filter(|known| known.key_id == newest) {
            self.commit_unless_done(Change::ForgetRetiredKey(key.id)).await?;
        }
        Ok(())
    }

    async fn reseal_signing_keys(&self, done: &mut Resealed) -> Result<(), ResealError> {
        for key in self.env.store.list_signing_keys().await? {
            let cannot = |_: NoKeyOpensIt| cannot_open(format!("the signing key {}", key.id));
            if let Some(to) = self.resealing.signing_key(&key, self.env.random()).map_err(cannot)? {
                let change = Change::ResealSigningKey { id: key.id, from: key.sealed_private_key.clone(), to };
                done.secrets += self.commit_unless_done(change).await?;
            }
        }
        Ok(())
    }

    async fn reseal_accounts(&self, done: &mut Resealed) -> Result<(), ResealError> {
        let mut after = None;
        loop {
            let page = self.env.store.list_accounts(after, PAGE).await?;
            let Some(last) = page.last() else { return Ok(()) };
            after = Some(last.id);
            for account in page {
                for key_id in self.resealing.needed_by(&account) {
                    *done.needed_by.entry(key_id.as_str().to_owned()).or_default() += 1;
                }
                done.secrets += self.reseal_foreign_hash(&account).await?;
                done.secrets += self.reseal_account(account).await?;
            }
        }
    }

    /// Reseals the password hash that another system made, and returns how many there were. A login that is first
    /// replaces it with an own hash, and nothing remains to be done.
    async fn reseal_foreign_hash(&self, account: &Account) -> Result<u64, ResealError> {
        let Some(from) = account.password_hash.clone().filter(PasswordHash::is_imported) else { return Ok(0) };
        let resealed = self.resealing.foreign_hash(account.id, &from, self.env.random());
        match resealed.map_err(|_| cannot_open(format!("the imported password hash of the account {}", account.id)))? {
            Some(to) => self
                .commit_unless_done(Change::ResealPassword { account_id: account.id, from, to })
                .await
                .map_err(Into::into),
            None => Ok(0),
        }
    }

    /// Reseals the secrets of one account, and returns how many there were.
    async fn reseal_account(&self, account: Account) -> Result<u64, ResealError> {
        let account_id = account.id;
        self.env
            .decide(async |lost| {
                let account = match lost {
                    None => Some(account.clone()),
                    Some(_) => self.env.store.find_account(account_id).await?,
                };
                let resealed = account.map(|account| self.resealed(account_id, &account.two_factor)).transpose()?;
                Ok(match resealed.flatten() {
                    Some((two_factor, secrets)) => {
                        Decision::commit(secrets, vec![Change::ResealTwoFactor { account_id, two_factor }])
                    }
                    None => Decision::nothing(0),
                })
            })
            .await
    }

    /// Returns the resealed state; `None` if there is nothing to do.
    fn resealed(&self, id: AccountId, two_factor: &TwoFactor) -> Result<Option<(TwoFactor, u64)>, ResealError> {
        let mut secrets = 0;
        let mut reseal = |secret: &mut SealedSecret| {
            let sealed = self.resealing.app_secret(id, secret, self.env.random());
            if let Some(sealed) = sealed.map_err(|_| cannot_open(format!("the app's secret of the account {id}")))? {
                *secret = sealed;
                secrets += 1;
            }
            Ok::<(), ResealError>(())
        };
        let mut app = two_factor.app.clone();
        match &mut app {
            MethodState::NotSet => {}
            MethodState::Pending(pending) => reseal(&mut pending.secret)?,
            MethodState::Enabled(enrolment) | MethodState::Disabled(enrolment, None) => reseal(&mut enrolment.secret)?,
            MethodState::Disabled(enrolment, Some(pending)) => {
                reseal(&mut enrolment.secret)?;
                reseal(&mut pending.secret)?;
            }
        }
        Ok((secrets > 0)
            .then(|| (TwoFactor { app, version: two_factor.version.next(), ..two_factor.clone() }, secrets)))
    }

    /// Deletes what nothing needs any more: no session is that old, and no account depends on it.
    async fn forget_retired_keys(&self, done: &mut Resealed) -> Result<(), ResealError> {
        let (now, configured) = (self.env.now(), self.resealing.older());
        for key in self.env.store.list_retired_keys().await? {
            let needed = done.needed_by.contains_key(key.key_id.as_str()) || configured.contains(&key.key_id);
            if !needed && now > key.retired_at + self.longest_session {
                self.commit_unless_done(Change::ForgetRetiredKey(key.id)).await?;
                done.forgotten.push(key.key_id);
            }
        }
        Ok(())
    }

    /// Returns 1, or 0 if someone else has just done it.
    async fn commit_unless_done(&self, change: Change) -> Result<u64, StoreError> {
        self.env.commit_unless_lost(change).await.map(u64::from)
    }
}

const fn cannot_open(what: String) -> ResealError {
    ResealError::CannotOpen { what }
}
