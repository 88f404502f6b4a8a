//! Ed25519 signing keys (RFC 8032), made from a seed and sealed.

use auth_domain::ports::{SealedKeyPair, SigningKeyMaker};
use auth_domain::signing_key::SigningKey;
use auth_domain::{Randomness, SigningKeyId};

use crate::key_ring::KeyRing;
use crate::sealing::{Purpose, open, seal};

/// Makes signing keys, sealed with the key ring.
#[derive(Debug)]
pub struct SealedSigningKeys(KeyRing);

impl SealedSigningKeys {
    /// Seals with the newest key of `ring`.
    pub const fn new(ring: KeyRing) -> Self {
        Self(ring)
    }
}

impl SigningKeyMaker for SealedSigningKeys {
    fn make(&self, id: SigningKeyId, seed: Randomness, nonce: Randomness) -> SealedKeyPair {
        let pair = ed25519_dalek::SigningKey::from_bytes(&seed);
        SealedKeyPair {
            public_key: pair.verifying_key().to_bytes().to_vec(),
            sealed_private_key: seal(&self.0, Purpose::SigningKey, id.as_uuid(), &nonce, &seed),
        }
    }
}

/// Returns the private key of `key`, ready to sign; `None` if no key of the ring opens it.
pub(crate) fn unseal(ring: &KeyRing, key: &SigningKey) -> Option<ed25519_dalek::SigningKey> {
    let seed = open(ring, Purpose::SigningKey, key.id.as_uuid(), &key.sealed_private_key)?;
    let pair = ed25519_dalek::SigningKey::from_bytes(seed.as_slice().try_into().ok()?);
    let genuine = pair.verifying_key().as_bytes().as_slice() == key.public_key;
    genuine.then_some(pair)
}
