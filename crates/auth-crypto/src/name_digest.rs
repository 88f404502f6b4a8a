//! Keyed digests of login names that no account has.

use auth_domain::account::LoginName;
use auth_domain::ports::NameDigest;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use uuid::Uuid;

use crate::key_ring::KeyRing;

/// HMAC-SHA-256 under a key derived from the master key, cut to 16 bytes (a UUIDv8, RFC 9562).
#[derive(Debug)]
pub struct KeyedNameDigest(KeyRing);

impl KeyedNameDigest {
    /// Creates the digest with the newest key of `ring`.
    pub const fn new(ring: KeyRing) -> Self {
        Self(ring)
    }
}

impl NameDigest for KeyedNameDigest {
    fn digest(&self, name: &LoginName) -> Uuid {
        let mut mac = hmac_sha256(self.0.names());
        mac.update(name.canonical().as_bytes());
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&mac.finalize().into_bytes()[..16]);
        uuid::Builder::from_custom_bytes(bytes).into_uuid()
    }
}

/// Returns HMAC-SHA-256 with a key of 32 bytes.
pub(crate) fn hmac_sha256(key: &[u8; 32]) -> Hmac<Sha256> {
    Hmac::new_from_slice(key).unwrap_or_else(|_| unreachable!("HMAC takes keys of any length"))
}
