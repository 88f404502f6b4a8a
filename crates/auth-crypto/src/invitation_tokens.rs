//! The texts of invitations, which are derived instead of stored.
//!
//! A text is `inv1.` + base64url without padding of: invitation id (16 bytes) ‖ HMAC-SHA-256 (32) of id ‖ 0 (4 bytes) ‖
//! channel. The key is that of mailed codes, in whose place of a send number there is a 0, which no code has.

use auth_domain::InvitationId;
use auth_domain::access_token::BearerToken;
use auth_domain::invitation::{InvitationChannel, InvitationClaims};
use auth_domain::ports::InvitationTokens;
use auth_domain::session::KeyId;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::Mac;
use uuid::Uuid;

use crate::key_ring::{DerivedKeys, KeyRing};
use crate::name_digest::hmac_sha256;

const PREFIX: &str = "inv1.";
const ID: usize = 16;
const MAC: usize = 32;

/// Derives and checks the texts of invitations with the key ring.
#[derive(Debug)]
pub struct DerivedInvitations(KeyRing);

impl DerivedInvitations {
    /// Derives with the keys of `ring`, and checks with all of them.
    pub const fn new(ring: KeyRing) -> Self {
        Self(ring)
    }
}

impl InvitationTokens for DerivedInvitations {
    fn current_key(&self) -> KeyId {
        self.0.newest().id.clone()
    }

    fn issue(&self, claims: &InvitationClaims, key_id: &KeyId) -> Option<BearerToken> {
        let key = self.0.all().find(|key| key.id == *key_id)?;
        let id = claims.id.as_uuid();
        let mac = mac(key, id, claims.channel).finalize().into_bytes();
        Some(BearerToken::new(format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode([&id.as_bytes()[..], &mac[..]].concat()))))
    }

    fn verify(&self, text: &str) -> Option<InvitationClaims> {
        let bytes = URL_SAFE_NO_PAD.decode(text.strip_prefix(PREFIX)?).ok().filter(|bytes| bytes.len() == ID + MAC)?;
        let (id, tag) = bytes.split_at_checked(ID)?;
        let id = Uuid::from_slice(id).ok()?;
        let matches =
            |channel: &InvitationChannel| self.0.all().any(|key| mac(key, id, *channel).verify_slice(tag).is_ok());
        let channel = InvitationChannel::ALL.into_iter().find(matches)?;
        Some(InvitationClaims { id: InvitationId::from(id), channel })
    }
}

fn mac(key: &DerivedKeys, id: Uuid, channel: InvitationChannel) -> hmac::Hmac<sha2::Sha256> {
    let mut mac = hmac_sha256(&key.mailed_codes);
    mac.update(id.as_bytes());
    mac.update(&0_u32.to_be_bytes());
    mac.update(channel.as_str().as_bytes());
    mac
}

#[cfg(test)]
mod tests {
    use auth_domain::Timestamp;

    use super::*;
    use crate::key_ring::MasterKey;

    fn claims(number: u8, channel: InvitationChannel) -> InvitationClaims {
        InvitationClaims { id: InvitationId::generate(Timestamp::from_seconds(1), [number; 32]), channel }
    }

    fn tokens(key: u8) -> DerivedInvitations {
        DerivedInvitations::new(KeyRing::new(&MasterKey::new([key; 32]), &[]))
    }

    #[test]
    fn a_text_says_which_invitation_it_is_and_how_it_came() {
        let tokens = tokens(1);
        let text = |claims: &InvitationClaims| tokens.issue(claims, &tokens.current_key()).unwrap();
        for channel in InvitationChannel::ALL {
            let claims = claims(1, channel);
            assert_eq!(text(&claims), text(&claims));
            assert_eq!(tokens.verify(text(&claims).reveal()), Some(claims));
        }
        let [one, other] = InvitationChannel::ALL.map(|channel| claims(1, channel));
        assert_ne!(text(&one), text(&other));
        assert_ne!(text(&one), text(&claims(2, one.channel)));
    }

    #[test]
    fn a_rotation_of_the_master_key_leaves_it_valid_as_long_as_the_key_is_there() {
        let (old, new) = (MasterKey::new([1; 32]), MasterKey::new([2; 32]));
        let (before, claims) = (tokens(1), claims(1, InvitationChannel::Mailed));
        let text = before.issue(&claims, &before.current_key()).unwrap();
        let rotated = DerivedInvitations::new(KeyRing::new(&new, &[old]));
        assert_eq!(rotated.verify(text.reveal()), Some(claims));
        assert_eq!(rotated.issue(&claims, &before.current_key()), Some(text.clone()));
        assert_eq!((tokens(2).verify(text.reveal()), tokens(2).issue(&claims, &before.current_key())), (None, None));
    }

    #[test]
    fn forged_cut_and_respelled_texts_are_refused() {
        let tokens = tokens(1);
        let token = tokens.issue(&claims(1, InvitationChannel::HandedOver), &tokens.current_key()).unwrap();
        let text = token.reveal();
        for index in 0..text.len() {
            assert_eq!(tokens.verify(&text[..index]), None);
            let flip = |(at, letter): (usize, char)| match letter {
                'A' if at == index => 'B',
                _ if at == index => 'A',
                _ => letter,
            };
            let flipped: String = text.chars().enumerate().map(flip).collect();
            assert_eq!(tokens.verify(&flipped), None, "character {index}");
        }
        for respelled in [format!("{text}="), format!(" {text}"), text.replace("inv", "INV"), String::new()] {
            assert_eq!(tokens.verify(&respelled), None, "{respelled:?}");
        }
    }
}
