//! Refresh tokens, which are derived instead of stored.
//!
//! A token is `rt1.` + base64url without padding of: session id (16 bytes) ‖ generation (4, big-endian) ‖ HMAC-SHA-256
//! (32) of both.

use auth_domain::access_token::BearerToken;
use auth_domain::ports::{RefreshTokenClaims, RefreshTokens};
use auth_domain::session::{Generation, KeyId};
use auth_domain::{AccountId, SessionId, Timestamp};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::Mac;
use uuid::Uuid;

use crate::key_ring::{DerivedKeys, KeyRing};
use crate::name_digest::hmac_sha256;

const WITH_ACCOUNT: &str = "rt2.";
const WITHOUT_ACCOUNT: &str = "rt1.";
const ID: usize = 16;
const GENERATION: usize = 4;
const MAC: usize = 32;

/// Derives and checks refresh tokens with the key ring.
#[derive(Debug)]
pub struct DerivedRefreshTokens {
    ring: KeyRing,
    names_accounts: bool,
}

impl DerivedRefreshTokens {
    /// Derives with the newest key of `ring`, and checks with all of them.
    pub const fn new(ring: KeyRing) -> Self {
        Self { ring, names_accounts: true }
    }

    /// The same, which issues tokens of the first form, as long as there are nodes that know no other. It reads both.
    #[must_use]
    pub fn without_accounts(self) -> Self {
        Self { names_accounts: false, ..self }
    }
}

impl RefreshTokens for DerivedRefreshTokens {
    fn current_key(&self) -> KeyId {
        self.ring.newest().id.clone()
    }

    fn issue(&self, claims: &RefreshTokenClaims, key_id: &KeyId) -> BearerToken {
        let key = self.ring.all().find(|key| key.id == *key_id).unwrap_or(self.ring.newest());
        let account_id = claims.account_id.filter(|_| self.names_accounts);
        let named = named(claims.session_id, account_id, claims.generation);
        let mac = mac(key, &named).finalize().into_bytes();
        let prefix = if account_id.is_some() { WITH_ACCOUNT } else { WITHOUT_ACCOUNT };
        BearerToken::new(format!("{prefix}{}", URL_SAFE_NO_PAD.encode([&named[..], &mac[..]].concat())))
    }

    fn verify(&self, token: &str, now: Timestamp) -> Option<RefreshTokenClaims> {
        let (rest, ids) = match token.strip_prefix(WITH_ACCOUNT) {
            Some(rest) => (rest, 2 * ID),
            None => (token.strip_prefix(WITHOUT_ACCOUNT)?, ID),
        };
        let bytes = URL_SAFE_NO_PAD.decode(rest).ok().filter(|bytes| bytes.len() == ids + GENERATION + MAC)?;
        let (named, tag) = bytes.split_at_checked(ids + GENERATION)?;
        self.ring.good_for_sessions(now).find(|key| mac(key, named).verify_slice(tag).is_ok())?;
        let (session, rest) = named.split_at_checked(ID)?;
        let (account, generation) = rest.split_at_checked(ids - ID)?;
        let account = if account.is_empty() { None } else { Some(Uuid::from_slice(account).ok()?) };
        Some(RefreshTokenClaims {
            account_id: account.map(AccountId::from),
            session_id: SessionId::from(Uuid::from_slice(session).ok()?),
            generation: Generation::from_number(u32::from_be_bytes(generation.try_into().ok()?)),
        })
    }
}

fn named(session_id: SessionId, account_id: Option<AccountId>, generation: Generation) -> Vec<u8> {
    let (session, account) = (session_id.as_uuid(), account_id.map(AccountId::as_uuid));
    let account = account.as_ref().map_or(&[][..], |id| id.as_bytes());
    [session.as_bytes(), account, &generation.as_number().to_be_bytes()].concat()
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
        RefreshTokenClaims {
            account_id: Some(AccountId::from(Uuid::from_u128(0x5678))),
            session_id: SessionId::from(Uuid::from_u128(0x1234)),
            generation: Generation::from_number(generation),
        }
    }

    fn of_first_form(generation: u32) -> RefreshTokenClaims {
        RefreshTokenClaims { account_id: None, ..claims(generation) }
    }

    fn tokens() -> DerivedRefreshTokens {
        DerivedRefreshTokens::new(KeyRing::new(&MasterKey::new([1; 32]), &[]))
    }

    #[test]
    fn the_same_arguments_give_the_same_token_and_it_verifies() {
        let tokens = tokens();
        for claims in [claims, of_first_form] {
            let token = tokens.issue(&claims(3), &tokens.current_key());
            assert_eq!(token, tokens.issue(&claims(3), &tokens.current_key()));
            assert_ne!(token, tokens.issue(&claims(4), &tokens.current_key()));
            assert_eq!(tokens.verify(token.reveal(), NOW), Some(claims(3)));
        }
    }

    /// As the versions before issued it, and this one as long as there may be nodes of them.
    #[test]
    fn tokens_of_the_first_form_are_read_and_can_be_issued() {
        let token = tokens().without_accounts().issue(&claims(3), &tokens().current_key());
        assert!(token.reveal().starts_with("rt1.AAAAAAAAAAAAAAAAAAASNAAAAA"), "{}", token.reveal());
        assert_eq!(tokens().verify(token.reveal(), NOW), Some(of_first_form(3)));
        let both = tokens().issue(&claims(3), &tokens().current_key());
        assert!(both.reveal().starts_with("rt2."));
        assert_eq!(tokens().without_accounts().verify(both.reveal(), NOW), Some(claims(3)));
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
        let tokens = tokens();
        for claims in [claims(3), of_first_form(3)] {
            let token = tokens.issue(&claims, &tokens.current_key());
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
            let other = if claims.account_id.is_some() { "rt1" } else { "rt2" };
            for respelled in [
                format!("{text}="),
                format!(" {text}"),
                format!("{text}\n"),
                text.replace("rt", "RT"),
                format!("{other}{}", &text[3..]),
                String::new(),
            ] {
                assert_eq!(tokens.verify(&respelled, NOW), None, "{respelled:?}");
            }
        }
    }
}
