//! Recovery codes: ten characters out of 32, `abcde-fghjk`, with 50 random bits. They are stored as `<key id>:` and the
//! base64url of the HMAC-SHA-256 of account id (16 bytes) ‖ code, in lower case and without the dash.

use auth_domain::ports::{RecoveryCode, RecoveryCodes};
use auth_domain::two_factor::RecoveryCodeHash;
use auth_domain::typed_code::normalise;
use auth_domain::{AccountId, Randomness};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::Mac as _;
use zeroize::Zeroizing;

use crate::key_ring::{DerivedKeys, KeyRing};
use crate::name_digest::hmac_sha256;

/// Without letters that look like another character: i, l, o and u.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
const LENGTH: usize = 10;

/// Makes and recognises recovery codes with the key ring.
#[derive(Debug)]
pub struct HashedRecoveryCodes(KeyRing);

impl HashedRecoveryCodes {
    /// Creates them with the keys of `ring`.
    pub const fn new(ring: KeyRing) -> Self {
        Self(ring)
    }
}

fn hash(key: &DerivedKeys, account_id: AccountId, code: &[u8]) -> RecoveryCodeHash {
    let mut mac = hmac_sha256(&key.recovery_codes);
    mac.update(account_id.as_uuid().as_bytes());
    mac.update(code);
    RecoveryCodeHash::new(format!("{}:{}", key.id.as_str(), URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes())))
}

impl RecoveryCodes for HashedRecoveryCodes {
    fn make(&self, account_id: AccountId, randomness: Randomness) -> (RecoveryCode, RecoveryCodeHash) {
        let characters = randomness[..LENGTH].iter().map(|byte| ALPHABET[usize::from(byte % 32)]);
        let code: Zeroizing<Vec<u8>> = Zeroizing::new(characters.collect());
        let (first, second) = code.split_at(LENGTH / 2);
        let shown = format!("{}-{}", String::from_utf8_lossy(first), String::from_utf8_lossy(second));
        (RecoveryCode::new(shown), hash(self.0.newest(), account_id, &code))
    }

    fn hashes(&self, account_id: AccountId, typed: &str) -> Vec<RecoveryCodeHash> {
        let mut code = normalise(typed);
        code.make_ascii_lowercase();
        self.0.all().map(|key| hash(key, account_id, code.as_bytes())).collect()
    }
}

#[cfg(test)]
mod tests {
    use auth_domain::Timestamp;

    use super::*;
    use crate::key_ring::MasterKey;

    #[test]
    fn a_code_is_recognised_however_it_is_typed_and_only_for_its_account() {
        let (old, new) = (MasterKey::new([1; 32]), MasterKey::new([2; 32]));
        let before = HashedRecoveryCodes::new(KeyRing::new(&old, &[]));
        let rotated = HashedRecoveryCodes::new(KeyRing::new(&new, &[old]));
        let account = AccountId::generate(Timestamp::from_seconds(1), [1; 32]);
        let (code, hash) = before.make(account, [0xfe; 32]);
        assert_eq!(code.reveal(), "yyyyy-yyyyy");
        for typed in ["yyyyy-yyyyy", "YYYYYYYYYY", " yyyyy yyyyy\n"] {
            assert!(rotated.hashes(account, typed).contains(&hash), "{typed:?}");
        }
        let other = AccountId::generate(Timestamp::from_seconds(1), [2; 32]);
        assert!(!before.hashes(other, code.reveal()).contains(&hash));
        assert!(!before.hashes(account, "yyyyy-yyyyz").contains(&hash));
    }
}
