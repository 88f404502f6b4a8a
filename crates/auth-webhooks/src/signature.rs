//! Signatures of the Standard Webhooks specification: `v1,` and the base64 of the HMAC-SHA-256 of
//! `<id>.<timestamp>.<body>`.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use zeroize::Zeroizing;

/// The secret that signs the deliveries to one service: 24 to 64 bytes.
#[derive(Clone)]
pub struct WebhookSecret(Zeroizing<Vec<u8>>);

/// Why a text is not a webhook secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidWebhookSecret {
    /// It is not base64.
    #[error("must be base64, with or without the prefix whsec_")]
    NotBase64,
    /// It is too short or too long.
    #[error("must be base64 of 24 to 64 bytes, not of {0}")]
    Length(usize),
}

impl WebhookSecret {
    /// Parses base64, with or without `whsec_` before it.
    pub fn parse(text: &str) -> Result<Self, InvalidWebhookSecret> {
        let encoded = text.strip_prefix("whsec_").unwrap_or(text);
        let bytes = Zeroizing::new(STANDARD.decode(encoded).map_err(|_| InvalidWebhookSecret::NotBase64)?);
        if (24..=64).contains(&bytes.len()) { Ok(Self(bytes)) } else { Err(InvalidWebhookSecret::Length(bytes.len())) }
    }

    /// Returns the value of `webhook-signature`. `timestamp` is in seconds since the Unix epoch.
    pub(crate) fn sign(&self, id: &str, timestamp: i64, body: &str) -> String {
        let mac = Hmac::<Sha256>::new_from_slice(&self.0);
        let mut mac = mac.unwrap_or_else(|_| unreachable!("HMAC takes keys of any length"));
        mac.update(format!("{id}.{timestamp}.{body}").as_bytes());
        format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
    }
}

impl fmt::Debug for WebhookSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WebhookSecret(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example in the specification's reference libraries.
    #[test]
    fn the_published_example() {
        let secret = WebhookSecret::parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let signature = secret.sign("msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, r#"{"test": 2432232314}"#);
        assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn says_what_is_wrong_with_a_secret() {
        assert_eq!(WebhookSecret::parse("no base64!").unwrap_err(), InvalidWebhookSecret::NotBase64);
        assert_eq!(WebhookSecret::parse("whsec_c2hvcnQ=").unwrap_err(), InvalidWebhookSecret::Length(5));
        assert_eq!(format!("{:?}", WebhookSecret::parse(&STANDARD.encode([7; 32])).unwrap()), "WebhookSecret(…)");
    }
}
