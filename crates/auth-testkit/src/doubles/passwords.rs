//! Passwords in clear, and names as numbers.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use auth_domain::Timestamp;
use auth_domain::account::{LoginName, Password, PasswordHash};
use auth_domain::load::HashingLoad;
use auth_domain::ports::{
    HashingError, HashingGauge, KnownNetworks, NameDigest, PasswordHasher, PasswordVerdict, StoredHash,
};
use auth_domain::session::Network;
use uuid::Uuid;

use super::{TestKeys, hex, number_of};

/// A "hash" is `test$<key>$<salt>$<password>`, a foreign one the sealed password. One that was made with a key before the newest is outdated, one whose key is
/// gone is broken.
#[derive(Debug)]
pub struct TestPasswordHasher {
    keys: Arc<TestKeys>,
    askers: Mutex<Vec<Network>>,
    known: Mutex<BTreeMap<Network, Timestamp>>,
    failure: Mutex<Option<HashingError>>,
    hash_failure: Mutex<Option<HashingError>>,
}

impl TestPasswordHasher {
    /// Returns a hasher on that ring.
    pub fn new(keys: Arc<TestKeys>) -> Self {
        Self {
            keys,
            askers: Mutex::default(),
            known: Mutex::default(),
            failure: Mutex::default(),
            hash_failure: Mutex::default(),
        }
    }

    /// Returns how many passwords were hashed or compared so far, which is what takes time.
    pub fn calls(&self) -> usize {
        self.askers().len()
    }

    /// Returns the network that each of those came from.
    pub fn askers(&self) -> Vec<Network> {
        self.askers.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Returns the networks from which someone has logged in, each with the latest reported time.
    pub fn known_networks(&self) -> Vec<(Network, Timestamp)> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.iter().map(|(network, at)| (network.clone(), *at)).collect()
    }

    /// Makes the next call fail.
    pub fn fail_next(&self, error: HashingError) {
        *self.failure.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
    }

    /// Makes the next new hash fail; passwords are compared before.
    pub fn fail_next_hash(&self, error: HashingError) {
        *self.hash_failure.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
    }

    fn call(&self, network: &Network) -> Result<(), HashingError> {
        self.askers.lock().unwrap_or_else(PoisonError::into_inner).push(network.clone());
        self.failure.lock().unwrap_or_else(PoisonError::into_inner).take().map_or(Ok(()), Err)
    }
}

#[async_trait]
impl PasswordHasher for TestPasswordHasher {
    /// Admits every password, unless it was told to be overloaded.
    fn admits(&self, _: &Network) -> Result<(), HashingError> {
        let mut failure = self.failure.lock().unwrap_or_else(PoisonError::into_inner);
        failure.take_if(|failure| matches!(failure, HashingError::Overloaded { .. })).map_or(Ok(()), Err)
    }

    async fn hash(&self, password: Password, salt: [u8; 16], network: &Network) -> Result<PasswordHash, HashingError> {
        self.call(network)?;
        self.hash_failure.lock().unwrap_or_else(PoisonError::into_inner).take().map_or(Ok(()), Err)?;
        let phc = format!("test${}${}${}", self.keys.newest().as_str(), hex(&salt), password.reveal());
        Ok(PasswordHash::from_phc(phc))
    }

    async fn verify(
        &self,
        password: Password,
        hash: Option<StoredHash>,
        network: &Network,
    ) -> Result<PasswordVerdict, HashingError> {
        self.call(network)?;
        let Some(hash) = hash else { return Ok(PasswordVerdict::Miss) };
        if let Some(sealed) = hash.hash.sealed_foreign() {
            let opened = super::keys::open(&self.keys, &hash.account_id.to_string(), &sealed);
            let (known, _) = opened.ok_or(HashingError::Broken("the key is gone"))?;
            let right = known == password.reveal();
            return Ok(if right { PasswordVerdict::MatchOutdated } else { PasswordVerdict::Miss });
        }
        let parts: Vec<&str> = hash.hash.as_phc().splitn(4, '$').collect();
        let ["test", key_id, _salt, hashed] = parts[..] else { return Err(HashingError::Broken("no test hash")) };
        if !self.keys.has(key_id) {
            return Err(HashingError::Broken("the key is gone"));
        }
        Ok(match (hashed == password.reveal(), self.keys.is_newest(key_id)) {
            (false, _) => PasswordVerdict::Miss,
            (true, true) => PasswordVerdict::Match,
            (true, false) => PasswordVerdict::MatchOutdated,
        })
    }
}

/// Reports no load: nothing waits, and nothing takes time.
impl HashingGauge for TestPasswordHasher {
    fn load(&self) -> HashingLoad {
        HashingLoad { done: self.calls().try_into().unwrap_or(u64::MAX), ..HashingLoad::default() }
    }
}

impl KnownNetworks for TestPasswordHasher {
    fn learn(&self, network: &Network, at: Timestamp) {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).insert(network.clone(), at);
    }

    fn forget_before(&self, before: Timestamp) {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).retain(|_, at| *at >= before);
    }
}

/// Digests a name to a number that depends on nothing else.
#[derive(Debug)]
pub struct PlainNameDigest;

impl NameDigest for PlainNameDigest {
    fn digest(&self, name: &LoginName) -> Uuid {
        Uuid::from_u64_pair(0, number_of(name.canonical()))
    }
}
