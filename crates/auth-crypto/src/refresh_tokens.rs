//! Refresh tokens, which are derived instead of stored.
//!
//! A token is `rt1.` + base64url without padding of: session id (16 bytes) ‖ generation (4, big-endian) ‖ HMAC-SHA-256
//! (32) of both.

use auth_domain::access_token::BearerToken;
use auth_domain::ports::{RefreshTokenClaims, RefreshTokens};
use auth_domain::session::{Generation, KeyId};
use auth_domain::{SessionId, Timestamp};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::Mac;
use uuid::Uuid;

use crate::key_ring::{DerivedKeys, KeyRing};
use crate::name_digest::hmac_sha256;

const PREFIX: &str = "rt1.";
const NAMED: usize = 16 + 4;
const MAC: usize = 32;

/// Derives and checks refresh tokens with the key ring.
#[derive(Debug)]
pub struct DerivedRefreshTokens(KeyRing);

impl DerivedRefreshTokens {
    /// Derives with the newest key of `ring`, and checks with all of them.
    pub const fn new(ring: KeyRing) -> Self {
        Self(ring)
    }
}

impl RefreshTokens for DerivedRefreshTokens {
    fn current_key(&self) -> KeyId {
        self.0.newest().id.clone()
    }

    fn issue(&self, claims: &RefreshTokenClaims, key_id: &KeyId) -> BearerToken {
        let key = self.0.all().find(|key| key.id == *key_id).unwrap_or(self.0.newest());
        let named = named(claims);
        let mac = mac(key, &named).finalize().into_bytes();
        BearerToken::new(format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode([&named[..], &mac[..]].concat())))
    }

    fn verify(&self, token: &str, now: Timestamp) -> Option<RefreshTokenClaims> {
        let bytes = URL_SAFE_NO_PAD.decode(token.strip_prefix(PREFIX)?).ok()?;
        let bytes = <[u8; NAMED + MAC]>::try_from(bytes).ok()?;
        let (named, tag) = bytes.split_at(NAMED);
        self.0.good_for_sessions(now).find(|key| mac(key, named).verify_slice(tag).is_ok())?;
        let (session, generation) = named.split_at(16);
        Some(RefreshTokenClaims {
            session_id: SessionId::from(Uuid::from_slice(session).ok()?),
            generation: Generation::from_number(u32::from_be_bytes(generation.try_into().ok()?)),
        })
    }
}

fn named(claims: &RefreshTokenClaims) -> [u8; NAMED] {
    let mut named = [0; NAMED];
    named[..16].copy_from_slice(claims.session_id.as_uuid().as_bytes());
    named[16..].copy_from_slice(&claims.generation.as_number().to_be_bytes());
    named
}

fn mac(key: &DerivedKeys, named: &[u8]) -> hmac::Hmac<sha2::Sha256> {
    let mut mac = hmac_sha256(&key.refresh_tokens);
    mac.update(named);
    mac
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key_ring::MasterKey;

    const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);

    fn claims(generation: u32) -> RefreshTokenClaims {
        let session_id = SessionId::from(Uuid::from_u128(0x1234));
        RefreshTokenClaims { session_id, generation: Generation::from_number(generation) }
    }

    #[test]
    fn the_same_arguments_give_the_same_token_and_it_verifies() {
        let tokens = DerivedRefreshTokens::new(KeyRing::new(&MasterKey::new([1; 32]), &[]));
        let token = tokens.issue(&claims(3), &tokens.current_key());
        assert_eq!(token, tokens.issue(&claims(3), &tokens.current_key()));
        assert_ne!(token, tokens.issue(&claims(4), &tokens.current_key()));
        assert_eq!(tokens.verify(token.reveal(), NOW), Some(claims(3)));
    }

    #[test]
    fn a_rotated_ring_still_verifies_and_repeats_old_tokens() {
        let (old, new) = (MasterKey::new([1; 32]), MasterKey::new([2; 32]));
        let before = DerivedRefreshTokens::new(KeyRing::new(&old, &[]));
        let rotated = DerivedRefreshTokens::new(KeyRing::new(&new, &[old]));
        let retired = DerivedRefreshTokens::new(KeyRing::new(&new, &[]));
        let token = before.issue(&claims(1), &before.current_key());
        assert_eq!(rotated.verify(token.reveal(), NOW), Some(claims(1)));
        assert_eq!(rotated.issue(&claims(1), &before.current_key()), token);
        assert_eq!(retired.verify(token.reveal(), NOW), None);
    }

    #[test]
    fn forged_cut_and_respelled_tokens_are_refused() {
        let tokens = DerivedRefreshTokens::new(KeyRing::new(&MasterKey::new([1; 32]), &[]));
        let token = tokens.issue(&claims(3), &tokens.current_key());
        let text = token.reveal();
        for index in 0..text.len() {
            assert_eq!(tokens.verify(&text[..index], NOW), None);
            let flipped: String = text
                .chars()
                .enumerate()
                .map(|(at, c)| if at == index { if c == 'A' { 'B' } else { 'A' } } else { c })
                .collect();
            assert_eq!(tokens.verify(&flipped, NOW), None, "character {index}");
        }
        for respelled in
            [format!("{text}="), format!(" {text}"), format!("{text}\n"), text.replace("rt1", "RT1"), String::new()]
        {
            assert_eq!(tokens.verify(&respelled, NOW), None, "{respelled:?}");
        }
    }
}
