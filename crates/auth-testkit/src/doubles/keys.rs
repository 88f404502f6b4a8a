//! Master keys that are only names. What was made with a key that is gone cannot be used any more.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use auth_domain::account::{Account, ForeignHash, PasswordHash};
use auth_domain::ports::{ImportSealing, NoKeyOpensIt, Resealing, SealedKeyPair, SigningKeyMaker};
use auth_domain::retired_key::RetiredKey;
use auth_domain::session::KeyId;
use auth_domain::signing_key::SigningKey;
use auth_domain::two_factor::{RecoveryCodeHash, SealedSecret};
use auth_domain::{AccountId, Randomness, RetiredKeyId, SigningKeyId, Timestamp};

use super::hex;

/// The ring that all doubles share; initially it has one key, `00000001`.
#[derive(Debug)]
pub struct TestKeys(Mutex<Vec<KeyId>>);

impl Default for TestKeys {
    fn default() -> Self {
        Self(Mutex::new(vec![KeyId::new("00000001".to_owned())]))
    }
}

impl TestKeys {
    fn change<T>(&self, change: impl FnOnce(&mut Vec<KeyId>) -> T) -> T {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Adds a new key before the others.
    pub fn rotate(&self) {
        self.change(|keys| {
            let number = keys[0].as_str().parse::<u32>().map_or(1, |number| number + 1);
            keys.insert(0, KeyId::new(format!("{number:08}")));
        });
    }

    /// Moves the newest key behind the others, as an operator does to go back.
    pub fn turn_back(&self) {
        self.change(|keys| keys.rotate_left(1));
    }

    /// Removes all keys except the newest.
    pub fn forget_older(&self) {
        self.change(|keys| keys.truncate(1));
    }

    /// Returns the key with which everything new is made.
    pub fn newest(&self) -> KeyId {
        self.change(|keys| keys[0].clone())
    }

    /// Returns all keys, the newest first.
    pub fn all(&self) -> Vec<KeyId> {
        self.change(|keys| keys.clone())
    }

    pub(super) fn has(&self, key_id: &str) -> bool {
        self.change(|keys| keys.iter().any(|key| key.as_str() == key_id))
    }

    pub(super) fn is_newest(&self, key_id: &str) -> bool {
        self.newest().as_str() == key_id
    }
}

/// Returns the sealed text: `sealed|<key>|<bound to>|<secret>`.
pub(super) fn seal(keys: &TestKeys, bound_to: &str, secret: &str) -> Vec<u8> {
    super::join(&["sealed", keys.newest().as_str(), bound_to, secret]).into_bytes()
}

/// Returns the secret inside, and the key that sealed it.
pub(super) fn open(keys: &TestKeys, bound_to: &str, sealed: &[u8]) -> Option<(String, String)> {
    let [key_id, to, secret] = super::split("sealed", std::str::from_utf8(sealed).ok()?)?;
    (keys.has(key_id) && to == bound_to).then(|| (secret.to_owned(), key_id.to_owned()))
}

fn reseal(keys: &TestKeys, bound_to: &str, sealed: &[u8]) -> Result<Option<Vec<u8>>, NoKeyOpensIt> {
    let (secret, key_id) = open(keys, bound_to, sealed).ok_or(NoKeyOpensIt)?;
    Ok((!keys.is_newest(&key_id)).then(|| seal(keys, bound_to, &secret)))
}

/// Makes signing keys whose halves are their seed.
#[derive(Debug)]
pub struct TestSigningKeyMaker(pub Arc<TestKeys>);

impl SigningKeyMaker for TestSigningKeyMaker {
    fn make(&self, id: SigningKeyId, seed: Randomness, _nonce: Randomness) -> SealedKeyPair {
        let sealed_private_key = seal(&self.0, &id.to_string(), &hex(&seed));
        SealedKeyPair { public_key: seed.to_vec(), sealed_private_key }
    }
}

/// Reseals what the other doubles sealed.
#[derive(Debug)]
pub struct TestResealing(pub Arc<TestKeys>);

impl Resealing for TestResealing {
    fn app_secret(
        &self,
        account_id: AccountId,
        secret: &SealedSecret,
        _nonce: Randomness,
    ) -> Result<Option<SealedSecret>, NoKeyOpensIt> {
        Ok(reseal(&self.0, &account_id.to_string(), secret.as_bytes())?.map(SealedSecret::new))
    }

    fn foreign_hash(
        &self,
        account_id: AccountId,
        hash: &PasswordHash,
        _nonce: Randomness,
    ) -> Result<Option<PasswordHash>, NoKeyOpensIt> {
        let Some(sealed) = hash.sealed_foreign() else { return Ok(None) };
        let resealed = reseal(&self.0, &account_id.to_string(), &sealed)?;
        Ok(resealed.map(|sealed| PasswordHash::imported(&sealed)))
    }

    fn signing_key(&self, key: &SigningKey, _nonce: Randomness) -> Result<Option<Vec<u8>>, NoKeyOpensIt> {
        reseal(&self.0, &key.id.to_string(), &key.sealed_private_key)
    }

    fn retired_key(&self, key: &RetiredKey, _nonce: Randomness) -> Result<Option<Vec<u8>>, NoKeyOpensIt> {
        reseal(&self.0, &key.id.to_string(), &key.sealed_keys)
    }

    fn newest(&self) -> KeyId {
        self.0.newest()
    }

    fn older(&self) -> Vec<KeyId> {
        self.0.all().split_off(1)
    }

    fn retire(&self, key_id: &KeyId, id: RetiredKeyId, at: Timestamp, _nonce: Randomness) -> Option<RetiredKey> {
        let sealed_keys = || seal(&self.0, &id.to_string(), key_id.as_str());
        let is_older = self.older().contains(key_id);
        is_older.then(|| RetiredKey { id, key_id: key_id.clone(), sealed_keys: sealed_keys(), retired_at: at })
    }

    fn needed_by(&self, account: &Account) -> Vec<KeyId> {
        let own = account.password_hash.iter().filter(|hash| !hash.is_imported());
        let hash = own.filter_map(|hash| hash.as_phc().split('$').nth(1));
        let codes = account.two_factor.recovery_codes.iter().filter_map(|code| code.as_str().split(':').next());
        // Including keys that are not configured any more.
        let needed: BTreeSet<&str> = hash.chain(codes).filter(|key_id| !self.0.is_newest(key_id)).collect();
        needed.into_iter().map(|key_id| KeyId::new(key_id.to_owned())).collect()
    }
}

/// Seals for the other doubles. Of a foreign hash, which must be PBKDF2, the salt is the password in clear.
#[derive(Debug)]
pub struct TestImportSealing(pub Arc<TestKeys>);

impl ImportSealing for TestImportSealing {
    fn foreign_hash(&self, account_id: AccountId, hash: &ForeignHash, _nonce: Randomness) -> PasswordHash {
        let password = match hash {
            ForeignHash::Pbkdf2 { salt, .. } => String::from_utf8_lossy(salt),
            _ => "unknown to tests".into(),
        };
        PasswordHash::imported(&seal(&self.0, &account_id.to_string(), &password))
    }

    fn app_secret(&self, account_id: AccountId, secret: &[u8], _nonce: Randomness) -> SealedSecret {
        SealedSecret::new(seal(&self.0, &account_id.to_string(), &hex(secret)))
    }

    fn can_compare(&self, account_id: AccountId, hash: &PasswordHash) -> bool {
        match hash.sealed_foreign() {
            Some(sealed) => open(&self.0, &account_id.to_string(), &sealed).is_some(),
            None => hash.as_phc().split('$').nth(1).is_some_and(|key_id| self.0.has(key_id)),
        }
    }

    fn opens(&self, account_id: AccountId, secret: &SealedSecret) -> bool {
        open(&self.0, &account_id.to_string(), secret.as_bytes()).is_some()
    }

    fn recognises(&self, code: &RecoveryCodeHash) -> bool {
        code.as_str().split(':').next().is_some_and(|key_id| self.0.has(key_id))
    }
}
