//! How this service authenticates to a provider: with a secret that the provider issued, or with one that it signs for
//! each request with a key that the provider issued (Apple).

use std::fmt;

use auth_domain::Timestamp;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::json;
use zeroize::Zeroizing;

/// How long a signed secret is valid, in seconds. Apple allows half a year.
const LIFETIME: i64 = 300;

/// The secret that authenticates this service to a provider; wiped from memory when dropped and never printed.
#[derive(Clone)]
pub struct ClientSecret(Secret);

#[derive(Clone)]
enum Secret {
    Text(Zeroizing<String>),
    Signed { team_id: String, key_id: String, key: EncodingKey },
}

/// The key cannot sign client secrets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be a P-256 private key in PEM (PKCS#8): the .p8 file from Apple")]
pub struct InvalidSecretKey;

impl ClientSecret {
    /// Creates a secret from its text.
    pub fn new(text: String) -> Self {
        Self(Secret::Text(Zeroizing::new(text)))
    }

    /// Creates a secret that is signed for each use: an ES256 JWT of this team, with the key of this id.
    pub fn signed(team_id: String, key_id: String, pem: &str) -> Result<Self, InvalidSecretKey> {
        let key = EncodingKey::from_ec_pem(pem.as_bytes()).map_err(|_| InvalidSecretKey)?;
        let secret = Self(Secret::Signed { team_id, key_id, key });
        // Fail now rather than at the first sign-in.
        secret.reveal("https://appleid.apple.com", "client", Timestamp::from_seconds(0)).ok_or(InvalidSecretKey)?;
        Ok(secret)
    }

    /// Returns the text for the provider at `issuer`, where our id is `client_id`. Returns `None` if signing fails.
    pub fn reveal(&self, issuer: &str, client_id: &str, now: Timestamp) -> Option<Zeroizing<String>> {
        match &self.0 {
            Secret::Text(text) => Some(text.clone()),
            Secret::Signed { team_id, key_id, key } => {
                let header = Header { kid: Some(key_id.clone()), ..Header::new(Algorithm::ES256) };
                let now = now.as_seconds();
                let claims =
                    json!({ "iss": team_id, "sub": client_id, "aud": issuer, "iat": now, "exp": now + LIFETIME });
                jsonwebtoken::encode(&header, &claims, key).ok().map(Zeroizing::new)
            }
        }
    }
}

impl fmt::Debug for ClientSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ClientSecret(…)")
    }
}

#[cfg(test)]
mod tests {
    use jsonwebtoken::{DecodingKey, Validation};
    use serde_json::Value;

    use super::*;

    /// Made for this test by `openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256`.
    const KEY: &str = include_str!("../tests/apple/test_key.p8");
    const PUBLIC: &str = include_str!("../tests/apple/test_key.pub");

    #[test]
    fn debug_shows_no_secret() {
        assert_eq!(format!("{:?}", ClientSecret::new("canary".to_owned())), "ClientSecret(…)");
    }

    #[test]
    fn a_signed_secret_is_for_one_provider_and_a_short_time() {
        let secret = ClientSecret::signed("TEAM".to_owned(), "KEY1".to_owned(), KEY).unwrap();
        let now = Timestamp::from_seconds(1_800_000_000);
        let token = secret.reveal("https://appleid.apple.com", "org.example.web", now).unwrap();
        let mut validation = Validation::new(Algorithm::ES256);
        validation.set_audience(&["https://appleid.apple.com"]);
        validation.validate_exp = false;
        let public = DecodingKey::from_ec_pem(PUBLIC.as_bytes()).unwrap();
        let decoded = jsonwebtoken::decode::<Value>(&*token, &public, &validation).unwrap();
        assert_eq!(decoded.header.kid.as_deref(), Some("KEY1"));
        let expected = json!({
            "iss": "TEAM", "sub": "org.example.web", "aud": "https://appleid.apple.com",
            "iat": 1_800_000_000, "exp": 1_800_000_300,
        });
        assert_eq!(decoded.claims, expected);
        for bad in ["", "x", PUBLIC] {
            assert!(ClientSecret::signed(String::new(), String::new(), bad).is_err());
        }
    }
}
