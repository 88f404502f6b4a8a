//! Verification of an id_token (OpenID Connect Core section 3.1.3.7).
//!
//! `at_hash` and `c_hash` are not checked: the code flow leaves them optional, since the tokens come directly from the
//! token endpoint.

use auth_domain::Timestamp;
use jsonwebtoken::{Algorithm, DecodingKey, Header, Validation};
use serde::Deserialize;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::claims::ClaimMap;
use crate::provider_client::Failure;

/// How far the clock of a provider may differ from ours, in seconds.
const SKEW: i64 = 5;

/// The maximum age of a token that a client sends, in seconds.
const MAX_AGE: i64 = 3_600;

/// Only algorithms with a key pair: an HMAC would turn the client secret into a signing key, and `none` is no
/// signature.
const ALGORITHMS: [Algorithm; 9] = [
    Algorithm::RS256,
    Algorithm::RS384,
    Algorithm::RS512,
    Algorithm::PS256,
    Algorithm::PS384,
    Algorithm::PS512,
    Algorithm::ES256,
    Algorithm::ES384,
    Algorithm::EdDSA,
];

/// What an id_token must contain.
#[derive(Clone, Copy)]
pub(crate) struct Expected<'a> {
    /// The issuer. `{tenantid}` in it stands for the tenant that the token names (`tid`).
    pub(crate) issuer: &'a str,
    /// The client ids that it may be for.
    pub(crate) clients: &'a [String],
    pub(crate) nonce: Nonce<'a>,
    pub(crate) now: Timestamp,
}

/// The expected `nonce`.
#[derive(Clone, Copy)]
pub(crate) enum Nonce<'a> {
    /// Exactly this one, which we chose.
    Exactly(&'a str),
    /// This one, which a client of ours chose, or its SHA-256 in hexadecimal, since clients on Apple's systems usually send
    /// the provider the hash. Such a token must be recent.
    OfClient(&'a str),
}

impl Nonce<'_> {
    fn is(self, found: &str) -> bool {
        match self {
            Self::Exactly(nonce) => found == nonce,
            Self::OfClient(nonce) => found == nonce || found == hexadecimal(&Sha256::digest(nonce)),
        }
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What it says. A claim of another type makes the token unacceptable.
#[derive(Debug, Deserialize)]
pub(crate) struct Claims {
    iss: String,
    pub(crate) sub: String,
    aud: Audience,
    azp: Option<String>,
    exp: i64,
    iat: i64,
    nbf: Option<i64>,
    nonce: String,
    /// All other claims.
    #[serde(flatten)]
    pub(crate) rest: ClaimMap,
}

impl Claims {
    /// Returns a digest that is the same for every copy of a token, however it is encoded, and differs for other tokens.
    pub(crate) fn digest(&self) -> [u8; 16] {
        let named = serde_json::json!([self.iss, self.sub, self.aud.all(), self.nonce, self.iat]);
        let digest = Sha256::digest(named.to_string());
        let mut short = [0; 16];
        short.copy_from_slice(&digest[..16]);
        short
    }

    /// Returns until when a token that a client sent is accepted.
    pub(crate) fn accepted_until(&self) -> Timestamp {
        Timestamp::from_seconds(self.exp.saturating_add(SKEW).min(self.iat.saturating_add(MAX_AGE)))
    }

    /// Returns the claims including `sub`.
    pub(crate) fn all(&self) -> ClaimMap {
        let mut all = self.rest.clone();
        all.insert("sub".to_owned(), Value::String(self.sub.clone()));
        all
    }

    fn is_of(&self, issuer: &str) -> bool {
        let Some((before, after)) = issuer.split_once("{tenantid}") else { return self.iss == issuer };
        let tenant = self.rest.get("tid").and_then(Value::as_str).unwrap_or_default();
        let is_id = tenant.len() == 36 && tenant.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
        is_id && self.iss == format!("{before}{tenant}{after}")
    }
}

/// The audience (RFC 7519 section 4.1.3).
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Many(Vec<String>),
}

impl Audience {
    fn all(&self) -> &[String] {
        match self {
            Self::One(one) => std::slice::from_ref(one),
            Self::Many(many) => many,
        }
    }
}

fn refused(reason: &str) -> Failure {
    Failure::Refused(format!("the id_token {reason}"))
}

/// Returns the header if it is acceptable. A key in it is ignored.
pub(crate) fn header(token: &str) -> Result<Header, Failure> {
    let header = jsonwebtoken::decode_header(token).map_err(|_| refused("is not a signed JWT"))?;
    if !ALGORITHMS.contains(&header.alg) {
        return Err(refused("is not signed with a public-key algorithm"));
    }
    // A token that claims to be of another kind is one (RFC 8725 section 3.11).
    if header.typ.as_ref().is_some_and(|typ| !typ.eq_ignore_ascii_case("jwt")) || header.crit.is_some() {
        return Err(refused("is a JWT of another type"));
    }
    Ok(header)
}

/// Returns the claims if `key` made the signature and they are as expected.
pub(crate) fn verify(
    token: &str,
    algorithm: Algorithm,
    key: &DecodingKey,
    expected: &Expected<'_>,
) -> Result<Claims, Failure> {
    // The library checks the signature; the claims are checked below, against the clock port.
    let mut validation = Validation::new(algorithm);
    validation.required_spec_claims.clear();
    (validation.validate_exp, validation.validate_aud) = (false, false);
    let decoded = jsonwebtoken::decode::<Claims>(token, key, &validation);
    let claims =
        decoded.map_err(|_| refused("has an invalid signature, or claims are missing or have the wrong type"))?.claims;
    check(&claims, expected).map_err(refused)?;
    Ok(claims)
}

pub(crate) fn check(claims: &Claims, expected: &Expected<'_>) -> Result<(), &'static str> {
    let (audiences, now) = (claims.aud.all(), expected.now.as_seconds());
    let ours = |party: &String| expected.clients.contains(party);
    let is_recent = match expected.nonce {
        Nonce::Exactly(_) => true,
        Nonce::OfClient(_) => now < claims.iat.saturating_add(MAX_AGE),
    };
    let checks = [
        (claims.is_of(expected.issuer), "has another issuer"),
        // A token that is also for others is refused: none of them is trusted not to pass it on.
        (!audiences.is_empty() && audiences.iter().all(ours), "is for another audience"),
        (claims.azp.as_ref().is_none_or(ours), "is for another authorized party"),
        (now < claims.exp.saturating_add(SKEW), "has expired"),
        (claims.iat <= now + SKEW, "was issued in the future"),
        (claims.nbf.is_none_or(|nbf| nbf <= now + SKEW), "is not valid yet"),
        (expected.nonce.is(&claims.nonce), "has another nonce"),
        (is_recent, "was issued too long ago"),
    ];
    checks.into_iter().find(|(holds, _)| !holds).map_or(Ok(()), |(_, reason)| Err(reason))
}
