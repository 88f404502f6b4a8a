//! Moves everything from older master keys to the newest, so that the older ones may be taken away. Runs beside the
//! service, and may be repeated: what is done is done.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use crate::account::Account;
use crate::ports::{Change, NoKeyOpensIt, Resealing, StoreError};
use crate::services::{Decision, Environment};
use crate::session::KeyId;
use crate::two_factor::{MethodState, SealedSecret, TwoFactor};
use crate::{AccountId, RetiredKeyId};

use super::Operator;

const PAGE: u32 = 1_000;

/// What was done, and what is left.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Resealed {
    /// Secrets that the newest key seals now: of apps, of signing keys, of what is left of master keys.
    pub secrets: u64,
    /// Master keys that may be taken out of the configuration from now on.
    pub retired: Vec<KeyId>,
    /// Master keys of which nothing is left any more, since nothing needs them.
    pub forgotten: Vec<KeyId>,
    /// How many accounts need what is left of a master key: until their owner logs in, or replaces the recovery codes.
    pub needed_by: BTreeMap<String, u64>,
}

/// Why it stopped. What was done until then stays.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ResealError {
    /// A secret cannot be opened: its master key is gone.
    #[error("{what} cannot be decrypted: the master key that encrypted it is not configured")]
    CannotOpen {
        /// What.
        what: String,
    },
    /// The database did not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The use case.
pub struct ResealSecrets {
    env: Environment,
    resealing: Arc<dyn Resealing>,
    /// A retired key is needed for that long.
    longest_session: Duration,
}

impl ResealSecrets {
    pub(super) const fn new(env: Environment, resealing: Arc<dyn Resealing>, longest_session: Duration) -> Self {
        Self { env, resealing, longest_session }
    }

    /// Reseals all there is.
    pub async fn execute(&self, _: &Operator) -> Result<Resealed, ResealError> {
        let mut done = Resealed::default();
        // First what is to be left: from then on nothing is lost when the key goes.
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
            // Again where it was retired before: its time begins when it is really taken away.
            if let Some(key) = self.resealing.retire(&key_id, id, now, self.env.random()) {
                let committed = self.commit_unless_done(Change::RetireKey(key)).await?;
                done.secrets += if kept.is_none() { committed } else { 0 };
            }
            done.retired.push(key_id);
        }
        // An operator turned back: the newest is not retired.
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
                done.secrets += self.reseal_account(account).await?;
            }
        }
    }

    /// Answers how many of its secrets were resealed.
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

    /// `None` when there is nothing to do.
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

    /// What nothing needs any more: no session is that old, and no account depends on it.
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

    /// 1, or 0 where somebody else did it just now.
    async fn commit_unless_done(&self, change: Change) -> Result<u64, StoreError> {
        self.env.commit_unless_lost(change).await.map(u64::from)
    }
}

const fn cannot_open(what: String) -> ResealError {
    ResealError::CannotOpen { what }
}
