//! Checking an id_token (OpenID Connect Core section 3.1.3.7).
//!
//! Not checked: `at_hash` and `c_hash`, which the code flow leaves optional, since the tokens come from the token
//! endpoint itself.

use auth_domain::Timestamp;
use jsonwebtoken::{Algorithm, DecodingKey, Header, Validation};
use serde::Deserialize;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::claims::ClaimMap;
use crate::provider_client::Failure;

/// What a provider's clock and ours may differ by, in seconds.
const SKEW: i64 = 5;

/// How long ago a token may have been issued that a client brings, in seconds.
const MAX_AGE: i64 = 3_600;

/// Those by a key pair: an HMAC would make the client secret a signing key, and `none` is no signature.
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

/// What an id_token must say.
#[derive(Clone, Copy)]
pub(crate) struct Expected<'a> {
    /// The issuer; with `{tenantid}` in it, that of the tenant which the token names (`tid`).
    pub(crate) issuer: &'a str,
    /// The clients that it may be for, each known as ours.
    pub(crate) clients: &'a [String],
    pub(crate) nonce: Nonce<'a>,
    pub(crate) now: Timestamp,
}

/// What its `nonce` must be.
#[derive(Clone, Copy)]
pub(crate) enum Nonce<'a> {
    /// That: we chose it.
    Exactly(&'a str),
    /// That, or its SHA-256 in hexadecimal: what a client of ours chose, and showed the provider as it is or, as is the
    /// custom on Apple's systems, hashed. Such a token was issued a short time ago.
    OfClient(&'a str),
}

impl Nonce<'_> {
    fn is(self, told: &str) -> bool {
        match self {
            Self::Exactly(nonce) => told == nonce,
            Self::OfClient(nonce) => told == nonce || told == hexadecimal(&Sha256::digest(nonce)),
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
    /// What it says of its subject.
    #[serde(flatten)]
    pub(crate) rest: ClaimMap,
}

impl Claims {
    /// The same for every copy of a token, however it is encoded, and for no other token.
    pub(crate) fn digest(&self) -> [u8; 16] {
        let named = serde_json::json!([self.iss, self.sub, self.aud.all(), self.nonce, self.iat]);
        let digest = Sha256::digest(named.to_string());
        let mut short = [0; 16];
        short.copy_from_slice(&digest[..16]);
        short
    }

    /// Until when a token that a client brought is accepted.
    pub(crate) fn accepted_until(&self) -> Timestamp {
        Timestamp::from_seconds(self.exp.saturating_add(SKEW).min(self.iat.saturating_add(MAX_AGE)))
    }

    /// Its claims with `sub` among them.
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

/// RFC 7519 section 4.1.3.
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

/// Its header, where that is acceptable. Any key in it is not looked at.
pub(crate) fn header(token: &str) -> Result<Header, Failure> {
    let header = jsonwebtoken::decode_header(token).map_err(|_| refused("is no signed JWT"))?;
    if !ALGORITHMS.contains(&header.alg) {
        return Err(refused("is not signed with a key pair"));
    }
    // RFC 8725 section 3.11: a token that says to be of another kind is one.
    if header.typ.as_ref().is_some_and(|typ| !typ.eq_ignore_ascii_case("jwt")) || header.crit.is_some() {
        return Err(refused("is a JWT of another kind"));
    }
    Ok(header)
}

/// Its claims, where its signature is by `key` and they are as expected.
pub(crate) fn verify(
    token: &str,
    algorithm: Algorithm,
    key: &DecodingKey,
    expected: &Expected<'_>,
) -> Result<Claims, Failure> {
    // The library checks the signature; what each claim must be is said below, against the clock port.
    let mut validation = Validation::new(algorithm);
    validation.required_spec_claims.clear();
    (validation.validate_exp, validation.validate_aud) = (false, false);
    let decoded = jsonwebtoken::decode::<Claims>(token, key, &validation);
    let claims = decoded.map_err(|_| refused("has a wrong signature, or claims missing or of a wrong type"))?.claims;
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
        (claims.is_of(expected.issuer), "is of another issuer"),
        // For others too is for others: none of them is trusted not to pass it on.
        (!audiences.is_empty() && audiences.iter().all(ours), "is for another audience"),
        (claims.azp.as_ref().is_none_or(ours), "is for another authorized party"),
        (now < claims.exp.saturating_add(SKEW), "has expired"),
        (claims.iat <= now + SKEW, "was issued in the future"),
        (claims.nbf.is_none_or(|nbf| nbf <= now + SKEW), "is not good yet"),
        (expected.nonce.is(&claims.nonce), "has another nonce"),
        (is_recent, "was issued too long ago"),
    ];
    checks.into_iter().find(|(holds, _)| !holds).map_or(Ok(()), |(_, reason)| Err(reason))
}
