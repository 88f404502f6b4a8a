//! Mailed codes, which are derived instead of stored.
//!
//! A code is the last six decimal digits of a number: the first 8 bytes, big-endian, of the HMAC-SHA-256 of challenge
//! id (16 bytes) ‖ send number (4, big-endian) ‖ purpose. (2⁶⁴ is not a multiple of 10⁶; the bias is below 10⁻¹³.)

use auth_domain::challenge::OneTimeCode;
use auth_domain::ports::{CodeClaims, Codes};
use auth_domain::session::KeyId;
use hmac::Mac;

use crate::key_ring::KeyRing;
use crate::name_digest::hmac_sha256;

/// Derives codes with the key ring.
#[derive(Debug)]
pub struct DerivedCodes(KeyRing);

impl DerivedCodes {
    /// Creates the deriver with the keys of `ring`.
    pub const fn new(ring: KeyRing) -> Self {
        Self(ring)
    }
}

impl Codes for DerivedCodes {
    fn current_key(&self) -> KeyId {
        self.0.newest().id.clone()
    }

    fn derive(&self, claims: &CodeClaims, key_id: &KeyId) -> Option<OneTimeCode> {
        let key = self.0.all().find(|key| key.id == *key_id)?;
        let mut mac = hmac_sha256(&key.mailed_codes);
        mac.update(claims.challenge_id.as_uuid().as_bytes());
        mac.update(&claims.send_number.to_be_bytes());
        mac.update(claims.purpose.as_str().as_bytes());
        let digest = mac.finalize().into_bytes();
        let first = <[u8; 8]>::try_from(&digest[..8]).ok()?;
        Some(OneTimeCode::from_number(u64::from_be_bytes(first)))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use auth_domain::challenge::ChallengePurpose;
    use auth_domain::{ChallengeId, Timestamp};

    use super::*;
    use crate::key_ring::MasterKey;

    fn claims(number: u8) -> CodeClaims {
        CodeClaims {
            challenge_id: ChallengeId::generate(Timestamp::from_seconds(1), [number; 32]),
            purpose: ChallengePurpose::PasswordReset,
            send_number: 1,
        }
    }

    #[test]
    fn everything_that_a_code_is_derived_from_counts() {
        let (old, new) = (MasterKey::new([1; 32]), MasterKey::new([2; 32]));
        let before = DerivedCodes::new(KeyRing::new(&old, &[]));
        let rotated = DerivedCodes::new(KeyRing::new(&new, &[old]));
        let key = before.current_key();
        let code = |claims: &CodeClaims| before.derive(claims, &key).unwrap();
        let first = claims(1);
        assert!(rotated.derive(&first, &key).unwrap().matches(&code(&first)), "after a rotation too");
        let others = [
            claims(2),
            CodeClaims { purpose: ChallengePurpose::VerifyEmail, ..first },
            CodeClaims { send_number: 2, ..first },
        ];
        assert!(others.iter().all(|other| !code(other).matches(&code(&first))));
        assert!(!rotated.derive(&first, &rotated.current_key()).unwrap().matches(&code(&first)));
        assert!(before.derive(&first, &rotated.current_key()).is_none(), "a key that is gone");
    }

    #[test]
    fn every_digit_is_as_frequent_everywhere() {
        let codes = DerivedCodes::new(KeyRing::new(&MasterKey::new([1; 32]), &[]));
        let mut counts: BTreeMap<(usize, u8), u32> = BTreeMap::new();
        for send_number in 0..10_000 {
            let code = codes.derive(&CodeClaims { send_number, ..claims(1) }, &codes.current_key()).unwrap();
            for (place, digit) in code.reveal().bytes().enumerate() {
                *counts.entry((place, digit)).or_default() += 1;
            }
        }
        // The expectation is a thousand each; six standard deviations are 180.
        assert_eq!(counts.len(), 60);
        assert!(counts.values().all(|count| (820..1_180).contains(count)), "{counts:?}");
    }
}
