//! What an access token says. Signing and parsing JWTs is behind [`crate::ports::AccessTokens`].

use std::fmt;

use zeroize::Zeroizing;

use crate::account::Roles;
use crate::named::named;
use crate::session::{AuthenticationMethod, Generation};
use crate::{AccountId, Randomness, SessionId, Timestamp};

/// The claims of an access token (RFC 9068 section 2.2). Issuer and audience are the signer's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessClaims {
    /// `sub`.
    pub account_id: AccountId,
    /// `sid`.
    pub session_id: SessionId,
    /// The refresh generation it was minted with; travels inside `jti`.
    pub generation: Generation,
    /// The rest of `jti`: makes each token unique.
    pub nonce: [u8; 12],
    /// `roles`.
    pub roles: Roles,
    /// `amr`.
    pub method: AuthenticationMethod,
    /// `auth_time`.
    pub authenticated_at: Timestamp,
    /// `iat`.
    pub issued_at: Timestamp,
    /// `exp`.
    pub expires_at: Timestamp,
}

impl AccessClaims {
    /// The first 12 bytes of `randomness`, to tell tokens apart.
    pub fn nonce_from(randomness: Randomness) -> [u8; 12] {
        let mut nonce = [0; 12];
        nonce.copy_from_slice(&randomness[..12]);
        nonce
    }
}

named! {
    /// What is wrong with a token that is not valid here: the first thing that was found, in the order of the checks.
    pub enum TokenFault {
        /// It is no JWT, or its claims are no JSON.
        Malformed = "malformed",
        /// Its `typ` is that of another kind of token.
        Type = "type",
        /// Its header has `crit`: extensions are not understood here (RFC 7515 section 4.1.11).
        Critical = "crit",
        /// Nobody here signs with an algorithm of that name.
        Algorithm = "algorithm",
        /// Its `iss` is nobody who is known here.
        Issuer = "issuer",
        /// Its `kid` is that of no key of ours.
        Key = "key",
        /// The signature is not that of the key.
        Signature = "signature",
        /// A claim is missing, or of another type or form.
        Claims = "claims",
        /// Its `aud` is another one, or missing.
        Audience = "audience",
        /// It lives for too long, or for no time at all.
        Lifetime = "lifetime",
        /// Its `iat` or `nbf` is in the future.
        NotYetValid = "not_yet_valid",
        /// Its `jti` is missing or empty.
        MissingJti = "missing_jti",
    }
}

/// Why a token that should be a JWT was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenRejection {
    /// Not one of ours, not of this kind, or not well-formed.
    #[error("the token is not valid here: {}", .0.as_str())]
    Invalid(TokenFault),
    /// Ours, but past its `exp`.
    #[error("the token has expired")]
    Expired,
}

impl TokenRejection {
    /// Returns a word for it, stable, for log lines and the services beside this one.
    pub const fn reason(self) -> &'static str {
        match self {
            Self::Invalid(fault) => fault.as_str(),
            Self::Expired => "expired",
        }
    }
}

impl From<TokenFault> for TokenRejection {
    fn from(fault: TokenFault) -> Self {
        Self::Invalid(fault)
    }
}

/// The text of a token that whoever holds it may use: never printed, wiped when dropped.
#[derive(Clone, PartialEq, Eq)]
pub struct BearerToken(Zeroizing<String>);

impl BearerToken {
    /// From its text.
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// The text, to hand to its bearer.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for BearerToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BearerToken(…)")
    }
}
