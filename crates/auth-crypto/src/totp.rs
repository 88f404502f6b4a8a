//! Authenticator apps (RFC 6238 on `totp-lite`): sealed secrets, `otpauth://` URIs, QR codes.

use auth_domain::challenge::OneTimeCode;
use auth_domain::ports::{Provisioning, Totp};
use auth_domain::two_factor::{SealedSecret, TotpStep};
use auth_domain::{AccountId, Randomness, Timestamp};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use data_encoding::BASE32_NOPAD;
use qrcode::render::svg;
use qrcode::{EcLevel, QrCode};
use totp_lite::{Sha1, totp_custom};
use zeroize::Zeroizing;

use crate::key_ring::KeyRing;
use crate::sealing::{Purpose, open, seal};

/// The number of bytes of a secret: RFC 4226 section 4 recommends 160 bits.
const SECRET: usize = 20;
const STEP_SECONDS: i64 = 30;

/// TOTP with six digits, SHA-1 and steps of 30 s, which every app supports.
#[derive(Debug)]
pub struct SealedTotp {
    ring: KeyRing,
    issuer: String,
}

impl SealedTotp {
    /// Seals secrets with `ring`; apps show `issuer` beside the account.
    pub const fn new(ring: KeyRing, issuer: String) -> Self {
        Self { ring, issuer }
    }

    /// Tells whether a key of the ring opens the secret.
    pub fn opens(&self, account_id: AccountId, secret: &SealedSecret) -> bool {
        self.open(account_id, secret).is_some()
    }

    fn open(&self, account_id: AccountId, secret: &SealedSecret) -> Option<Zeroizing<Vec<u8>>> {
        open(&self.ring, Purpose::TotpSecret, account_id.as_uuid(), secret.as_bytes())
    }
}

impl Totp for SealedTotp {
    fn make(&self, account_id: AccountId, seed: Randomness, nonce: Randomness) -> SealedSecret {
        SealedSecret::new(seal(&self.ring, Purpose::TotpSecret, account_id.as_uuid(), &nonce, &seed[..SECRET]))
    }

    fn provision(&self, account_id: AccountId, secret: &SealedSecret, name: &str) -> Option<Provisioning> {
        let plain = self.open(account_id, secret)?;
        let secret = Zeroizing::new(BASE32_NOPAD.encode(&plain));
        let (issuer, name) = (percent_encoded(&self.issuer), percent_encoded(name));
        let uri = Zeroizing::new(format!(
            "otpauth://totp/{issuer}:{name}?secret={}&issuer={issuer}&algorithm=SHA1&digits=6&period=30",
            *secret
        ));
        let code = QrCode::with_error_correction_level(uri.as_bytes(), EcLevel::M).ok()?;
        let image = Zeroizing::new(code.render::<svg::Color<'_>>().min_dimensions(240, 240).build());
        let qr_code = Zeroizing::new(format!("data:image/svg+xml;base64,{}", STANDARD.encode(image.as_bytes())));
        Some(Provisioning { secret, uri, qr_code })
    }

    fn matching_step(
        &self,
        account_id: AccountId,
        secret: &SealedSecret,
        code: &OneTimeCode,
        now: Timestamp,
    ) -> Option<TotpStep> {
        let plain = self.open(account_id, secret)?;
        let current = now.as_seconds().div_euclid(STEP_SECONDS);
        // All three are computed, whichever matches.
        let mut matching = None;
        for step in [current + 1, current - 1, current] {
            let Ok(seconds) = u64::try_from(step * STEP_SECONDS) else { continue };
            let expected = Zeroizing::new(totp_custom::<Sha1>(30, 6, &plain, seconds));
            if OneTimeCode::parse(&expected).is_some_and(|expected| expected.matches(code)) {
                matching = Some(TotpStep::from_number(step));
            }
        }
        matching
    }
}

/// Encodes all but the unreserved characters (RFC 3986 section 2.1).
fn percent_encoded(text: &str) -> String {
    let unreserved = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    text.bytes()
        .map(|byte| if unreserved(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key_ring::MasterKey;

    fn totp() -> SealedTotp {
        SealedTotp::new(KeyRing::new(&MasterKey::new([1; 32]), &[]), "auth.example.org".to_owned())
    }

    fn account() -> AccountId {
        AccountId::generate(Timestamp::from_seconds(1), [1; 32])
    }

    /// Appendix B; six digits are the last six of its eight.
    #[test]
    fn the_vectors_of_rfc_6238() {
        let mut seed = [0; 32];
        seed[..20].copy_from_slice(b"12345678901234567890");
        let (totp, account) = (totp(), account());
        let secret = totp.make(account, seed, [9; 32]);
        for (seconds, digits) in [
            (59, "94287082"),
            (1_111_111_109, "07081804"),
            (1_111_111_111, "14050471"),
            (1_234_567_890, "89005924"),
            (2_000_000_000, "69279037"),
            (20_000_000_000, "65353130"),
        ] {
            let (code, now) = (OneTimeCode::parse(&digits[2..]).unwrap(), Timestamp::from_seconds(seconds));
            let step = TotpStep::from_number(seconds / 30);
            assert_eq!(totp.matching_step(account, &secret, &code, now), Some(step), "{seconds}");
            for (skew, expected) in [(-60, None), (-30, Some(step)), (30, Some(step)), (60, None)] {
                let now = Timestamp::from_seconds(seconds + skew);
                if seconds + skew > 0 {
                    assert_eq!(totp.matching_step(account, &secret, &code, now), expected, "{seconds} {skew}");
                }
            }
        }
    }

    #[test]
    fn a_secret_opens_only_for_its_account_and_the_uri_is_one() {
        let (totp, account) = (totp(), account());
        let secret = totp.make(account, [7; 32], [9; 32]);
        assert!(!secret.as_bytes().windows(20).any(|window| window == [7; 20]));
        let other = AccountId::generate(Timestamp::from_seconds(1), [2; 32]);
        assert!(totp.provision(other, &secret, "x").is_none());
        let told = totp.provision(account, &secret, "ann+a@example.org").unwrap();
        assert_eq!(told.secret.len(), 32);
        let expected = format!(
            "otpauth://totp/auth.example.org:ann%2Ba%40example.org?secret={}&issuer=auth.example.org&algorithm=SHA1&digits=6&period=30",
            *told.secret
        );
        assert_eq!(*told.uri, expected);
        assert!(told.qr_code.starts_with("data:image/svg+xml;base64,"));
    }
}
