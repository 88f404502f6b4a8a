//! Passwords in clear, and names by their number.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use auth_domain::account::{LoginName, Password, PasswordHash};
use auth_domain::load::HashingLoad;
use auth_domain::ports::{HashingError, HashingGauge, NameDigest, PasswordHasher, PasswordVerdict};
use uuid::Uuid;

use super::{TestKeys, hex, number_of};

/// A "hash" is `test$<key>$<salt>$<password>`. One that was made with a key before the newest is outdated, one whose key is
/// gone is broken.
#[derive(Debug)]
pub struct TestPasswordHasher {
    keys: Arc<TestKeys>,
    calls: AtomicUsize,
    failure: Mutex<Option<HashingError>>,
}

impl TestPasswordHasher {
    /// Returns a hasher on that ring.
    pub fn new(keys: Arc<TestKeys>) -> Self {
        Self { keys, calls: AtomicUsize::new(0), failure: Mutex::default() }
    }

    /// Returns how many passwords were hashed or compared so far: what takes the time.
    pub fn calls(&self) -> usize {
        self.calls.load(Ordering::SeqCst)
    }

    /// Makes the next call fail.
    pub fn fail_next(&self, error: HashingError) {
        *self.failure.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
    }

    fn call(&self) -> Result<(), HashingError> {
        self.calls.fetch_add(1, Ordering::SeqCst);
        self.failure.lock().unwrap_or_else(PoisonError::into_inner).take().map_or(Ok(()), Err)
    }
}

#[async_trait]
impl PasswordHasher for TestPasswordHasher {
    async fn hash(&self, password: Password, salt: [u8; 16]) -> Result<PasswordHash, HashingError> {
        self.call()?;
        let phc = format!("test${}${}${}", self.keys.newest().as_str(), hex(&salt), password.reveal());
        Ok(PasswordHash::from_phc(phc))
    }

    async fn verify(&self, password: Password, hash: Option<PasswordHash>) -> Result<PasswordVerdict, HashingError> {
        self.call()?;
        let Some(hash) = hash else { return Ok(PasswordVerdict::Miss) };
        let parts: Vec<&str> = hash.as_phc().splitn(4, '$').collect();
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

/// Nothing waits, and nothing takes time.
impl HashingGauge for TestPasswordHasher {
    fn load(&self) -> HashingLoad {
        HashingLoad { done: self.calls().try_into().unwrap_or(u64::MAX), ..HashingLoad::default() }
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
