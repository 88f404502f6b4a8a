//! Internal JWTs, with which other services prove who they are. Each signs with a key that the configuration registers
//! for it; a `scope` claim can only narrow what the configuration grants.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use auth_domain::access_token::{BearerToken, TokenFault, TokenRejection};
use auth_domain::internal::{INTERNAL_AUDIENCE, InternalService, Scope};
use auth_domain::ports::InternalTokens;
use auth_domain::{Randomness, Timestamp};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::jwt_header;

/// The maximum lifetime of an internal token, in seconds.
const MAX_LIFETIME: f64 = 300.0;
/// How far the clocks of two services may differ, in seconds.
const LEEWAY: f64 = 5.0;
/// The minimum length of an HS256 secret (RFC 7518 section 3.2), in bytes.
const MIN_SECRET_BYTES: usize = 32;

/// The key with which a service signs its tokens.
pub enum ServiceKey {
    /// HS256: the bytes of the secret as configured, at least 32.
    Secret(Zeroizing<Vec<u8>>),
    /// EdDSA: an Ed25519 public key in PEM.
    PublicKey(String),
}

impl fmt::Debug for ServiceKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Secret(_) => "Secret(…)",
            Self::PublicKey(_) => "PublicKey(…)",
        })
    }
}

/// A service that may call internal endpoints.
#[derive(Debug)]
pub struct ServiceRegistration {
    /// The `iss` of its tokens.
    pub name: String,
    /// The key with which it signs them.
    pub key: ServiceKey,
    /// The scopes that it may use.
    pub scopes: BTreeSet<Scope>,
}

/// Why the key of a service cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidServiceKey {
    /// The secret has fewer than 32 bytes.
    #[error("the secret has {0} bytes; HS256 needs at least 32 (RFC 7518 section 3.2)")]
    ShortSecret(usize),
    /// The public key is not an Ed25519 key in PEM.
    #[error("the public key is not an Ed25519 public key in PEM (-----BEGIN PUBLIC KEY-----)")]
    NotEd25519,
}

struct VerifyingService {
    key: DecodingKey,
    validation: Validation,
    scopes: BTreeSet<Scope>,
}

/// Verifies internal tokens against the registered services.
pub struct InternalTokenVerifier {
    services: BTreeMap<String, VerifyingService>,
}

impl InternalTokenVerifier {
    /// Creates a verifier that knows these services.
    pub fn new(registrations: &[ServiceRegistration]) -> Result<Self, InvalidServiceKey> {
        let verifying = |registration: &ServiceRegistration| {
            let (key, algorithm) = decoding_key(&registration.key)?;
            let mut validation = Validation::new(algorithm);
            validation.set_required_spec_claims(&["exp", "iss", "aud"]);
            validation.set_issuer(&[&registration.name]);
            validation.set_audience(&[INTERNAL_AUDIENCE]);
            // The clock port is used below.
            validation.validate_exp = false;
            let service = VerifyingService { key, validation, scopes: registration.scopes.clone() };
            Ok((registration.name.clone(), service))
        };
        Ok(Self { services: registrations.iter().map(verifying).collect::<Result<_, _>>()? })
    }
}

fn decoding_key(key: &ServiceKey) -> Result<(DecodingKey, Algorithm), InvalidServiceKey> {
    match key {
        ServiceKey::Secret(secret) if secret.len() < MIN_SECRET_BYTES => {
            Err(InvalidServiceKey::ShortSecret(secret.len()))
        }
        ServiceKey::Secret(secret) => Ok((DecodingKey::from_secret(secret), Algorithm::HS256)),
        ServiceKey::PublicKey(pem) => {
            let key = DecodingKey::from_ed_pem(pem.as_bytes()).map_err(|_| InvalidServiceKey::NotEd25519)?;
            match key.try_get_as_bytes() {
                Ok(bytes) if bytes.len() == 32 => Ok((key, Algorithm::EdDSA)),
                _ => Err(InvalidServiceKey::NotEd25519),
            }
        }
    }
}

#[derive(Deserialize)]
struct Issuer {
    iss: Option<String>,
}

/// Times are NumericDates, which may have fractions (RFC 7519 section 2). jsonwebtoken checks `aud`.
#[derive(Deserialize)]
struct Claims {
    exp: f64,
    iat: f64,
    nbf: Option<f64>,
    jti: Option<String>,
    scope: Option<String>,
}

impl InternalTokens for InternalTokenVerifier {
    fn verify(&self, token: &str, now: Timestamp) -> Result<InternalService, TokenRejection> {
        jwt_header::read(token, |typ| matches!(typ, None | Some("JWT" | "jwt")))?;
        let claimed: Issuer =
            jsonwebtoken::dangerous::insecure_decode_claims(token).map_err(|_| TokenFault::Malformed)?;
        let issuer = claimed.iss.ok_or(TokenFault::Issuer)?;
        let service = self.services.get(&issuer).ok_or(TokenFault::Issuer)?;
        let decoded = jsonwebtoken::decode::<Claims>(token, &service.key, &service.validation);
        let claims = decoded.map_err(|error| jwt_header::fault(&error))?.claims;
        check_times(&claims, now)?;
        if claims.jti.as_deref().is_none_or(str::is_empty) {
            return Err(TokenFault::MissingJti.into());
        }
        Ok(InternalService { name: issuer, scopes: narrowed(&service.scopes, claims.scope.as_deref()) })
    }
}

fn check_times(claims: &Claims, now: Timestamp) -> Result<(), TokenRejection> {
    let now = now.as_micros() as f64 / 1e6;
    let life = claims.exp - claims.iat;
    let not_before = claims.nbf.unwrap_or(claims.iat).max(claims.iat);
    if !(life > 0.0 && life <= MAX_LIFETIME) {
        return Err(TokenFault::Lifetime.into());
    }
    if not_before > now + LEEWAY {
        return Err(TokenFault::NotYetValid.into());
    }
    if now >= claims.exp + LEEWAY {
        return Err(TokenRejection::Expired);
    }
    Ok(())
}

fn narrowed(granted: &BTreeSet<Scope>, claimed: Option<&str>) -> BTreeSet<Scope> {
    match claimed {
        None => granted.clone(),
        Some(text) => text.split(' ').filter_map(Scope::parse).filter(|scope| granted.contains(scope)).collect(),
    }
}

/// Why no internal token was created.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MintError {
    /// The service signs with a private key that is not configured here.
    #[error("only the service itself has the private key for its public key")]
    OnlyThePublicKeyIsHere,
    /// The key cannot sign.
    #[error("the key cannot sign")]
    Unusable,
}

#[derive(Serialize)]
struct MintedClaims<'a> {
    iss: &'a str,
    aud: &'a str,
    iat: i64,
    exp: i64,
    jti: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<String>,
}

/// Creates an internal token of `service`, valid for 300 s from `now`, narrowed to `scopes` unless that is empty.
pub fn mint_internal_token(
    service: &ServiceRegistration,
    scopes: &[Scope],
    now: Timestamp,
    randomness: Randomness,
) -> Result<BearerToken, MintError> {
    let ServiceKey::Secret(secret) = &service.key else { return Err(MintError::OnlyThePublicKeyIsHere) };
    let scope = scopes.iter().map(|scope| scope.as_str()).collect::<Vec<_>>().join(" ");
    let claims = MintedClaims {
        iss: &service.name,
        aud: INTERNAL_AUDIENCE,
        iat: now.as_seconds(),
        exp: now.as_seconds() + MAX_LIFETIME as i64,
        jti: URL_SAFE_NO_PAD.encode(&randomness[..16]),
        scope: (!scopes.is_empty()).then_some(scope),
    };
    let token = jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &EncodingKey::from_secret(secret));
    token.map(BearerToken::new).map_err(|_| MintError::Unusable)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);
    const SECRET: &[u8] = b"0123456789abcdef0123456789abcdef";

    fn verifier() -> InternalTokenVerifier {
        let key = ServiceKey::Secret(Zeroizing::new(SECRET.to_vec()));
        let scopes = BTreeSet::from([Scope::CredentialsRead]);
        InternalTokenVerifier::new(&[ServiceRegistration { name: "backups".to_owned(), key, scopes }]).unwrap()
    }

    /// Returns a valid token of a service with these changes to header and claims; null removes a member.
    fn token(header: &Value, claims: &Value) -> String {
        let mut parts = [
            json!({ "alg": "HS256", "typ": "JWT" }),
            json!({ "iss": "backups", "aud": "auth-service", "iat": 1_800_000_000, "exp": 1_800_000_060, "jti": "1" }),
        ];
        for (part, changes) in parts.iter_mut().zip([header, claims]) {
            for (name, value) in changes.as_object().unwrap() {
                part[name] = value.clone();
            }
            part.as_object_mut().unwrap().retain(|_, value| !value.is_null());
        }
        let message = parts.map(|part| URL_SAFE_NO_PAD.encode(part.to_string())).join(".");
        let key = EncodingKey::from_secret(SECRET);
        let signature = jsonwebtoken::crypto::sign(message.as_bytes(), &key, Algorithm::HS256).unwrap();
        format!("{message}.{signature}")
    }

    #[test]
    fn why_a_token_is_refused_is_told() {
        let reason =
            |token: &str| verifier().verify(token, NOW).map(|service| service.name).map_err(TokenRejection::reason);
        assert_eq!(reason(&token(&json!({}), &json!({}))).as_deref(), Ok("backups"));
        for (header, expected) in [
            // RFC 7515 section 4.1.11: whatever it names, and an empty list is no list.
            (json!({ "crit": ["exp"] }), "crit"),
            (json!({ "crit": ["b64"], "b64": false }), "crit"),
            (json!({ "crit": [] }), "crit"),
            (json!({ "crit": "exp" }), "malformed"),
            (json!({ "typ": "at+jwt" }), "type"),
            (json!({ "alg": "none" }), "malformed"),
            (json!({ "alg": "HS384" }), "algorithm"),
        ] {
            assert_eq!(reason(&token(&header, &json!({}))), Err(expected), "{header}");
        }
        for (claims, expected) in [
            (json!({ "iss": "nobody" }), "issuer"),
            (json!({ "iss": null }), "issuer"),
            (json!({ "aud": "another-service" }), "audience"),
            (json!({ "aud": null }), "audience"),
            (json!({ "exp": 1_800_000_301 }), "lifetime"),
            (json!({ "exp": 1_800_000_000 }), "lifetime"),
            (json!({ "iat": 1_800_000_006 }), "not_yet_valid"),
            (json!({ "nbf": 1_800_000_006 }), "not_yet_valid"),
            (json!({ "iat": 1_799_999_900, "exp": 1_799_999_990 }), "expired"),
            (json!({ "jti": null }), "missing_jti"),
            (json!({ "jti": "" }), "missing_jti"),
            (json!({ "exp": "soon" }), "claims"),
            (json!({ "iat": null }), "claims"),
        ] {
            assert_eq!(reason(&token(&json!({}), &claims)), Err(expected), "{claims}");
        }
        let genuine = token(&json!({}), &json!({}));
        let (message, _) = genuine.rsplit_once('.').unwrap();
        assert_eq!(reason(&format!("{message}.AAAA")), Err("signature"));
        for text in ["", "x", "a.b.c"] {
            assert_eq!(reason(text), Err("malformed"), "{text:?}");
        }
    }
}
