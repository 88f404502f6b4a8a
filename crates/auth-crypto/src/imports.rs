//! Seals what an account brings along from another system, and recognises what was sealed here.

use auth_domain::account::{ForeignHash, PasswordHash};
use auth_domain::ports::ImportSealing;
use auth_domain::two_factor::{RecoveryCodeHash, SealedSecret};
use auth_domain::{AccountId, Randomness};

use crate::foreign_hashes::{open_foreign, seal_foreign};
use crate::hashing_lane::key_id_of;
use crate::key_ring::KeyRing;
use crate::sealing::{Purpose, open, seal};

/// Seals with the newest key of a ring.
#[derive(Debug)]
pub struct SealedImports(KeyRing);

impl SealedImports {
    /// Seals with `ring`.
    pub const fn new(ring: KeyRing) -> Self {
        Self(ring)
    }
}

impl ImportSealing for SealedImports {
    fn foreign_hash(&self, account_id: AccountId, hash: &ForeignHash, nonce: Randomness) -> PasswordHash {
        seal_foreign(&self.0, account_id, hash, &nonce)
    }

    fn app_secret(&self, account_id: AccountId, secret: &[u8], nonce: Randomness) -> SealedSecret {
        SealedSecret::new(seal(&self.0, Purpose::TotpSecret, account_id.as_uuid(), &nonce, secret))
    }

    fn can_compare(&self, account_id: AccountId, hash: &PasswordHash) -> bool {
        if hash.is_imported() {
            return open_foreign(&self.0, account_id, hash).is_some();
        }
        let key_id = hash.is_well_formed().then(|| key_id_of(hash.as_phc())).flatten();
        key_id.is_some_and(|key_id| self.0.all().any(|key| key.id == key_id))
    }

    fn opens(&self, account_id: AccountId, secret: &SealedSecret) -> bool {
        open(&self.0, Purpose::TotpSecret, account_id.as_uuid(), secret.as_bytes()).is_some()
    }

    fn recognises(&self, code: &RecoveryCodeHash) -> bool {
        code.as_str().split_once(':').is_some_and(|(key_id, _)| self.0.all().any(|key| key.id.as_str() == key_id))
    }
}
