//! Verification of an id_token (OpenID Connect Core section 3.1.3.7).
//!
//! `at_hash` and `c_hash` are not checked: the code flow leaves them optional, since the tokens come directly from the
//! token endpoint.

use auth_domain::Timestamp;
use jsonwebtoken::{Algorithm, DecodingKey, Header, Validation};
use serde::Deserialize;

use crate::provider_client::Failure;

/// How far the clock of a provider may differ from ours, in seconds.
const SKEW: i64 = 5;

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
pub(crate) struct Expected<'a> {
    pub(crate) issuer: &'a str,
    pub(crate) client_id: &'a str,
    pub(crate) nonce: &'a str,
    pub(crate) now: Timestamp,
}

/// The claims of an id_token. A claim of the wrong type, such as `"true"` for a boolean, makes the token unacceptable.
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
    pub(crate) email: Option<String>,
    pub(crate) email_verified: Option<bool>,
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
    let ours = |party: &String| party == expected.client_id;
    let checks = [
        (claims.iss == expected.issuer, "has another issuer"),
        // A token that is also for others is refused: none of them is trusted not to pass it on.
        (!audiences.is_empty() && audiences.iter().all(ours), "is for another audience"),
        (claims.azp.as_ref().is_none_or(ours), "is for another authorized party"),
        (now < claims.exp.saturating_add(SKEW), "has expired"),
        (claims.iat <= now + SKEW, "was issued in the future"),
        (claims.nbf.is_none_or(|nbf| nbf <= now + SKEW), "is not valid yet"),
        (claims.nonce == expected.nonce, "has another nonce"),
    ];
    checks.into_iter().find(|(holds, _)| !holds).map_or(Ok(()), |(_, reason)| Err(reason))
}
