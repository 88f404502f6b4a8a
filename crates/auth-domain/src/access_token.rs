//! The claims of access tokens. Signing and parsing JWTs is behind [`crate::ports::AccessTokens`].

use std::fmt;

use zeroize::Zeroizing;

use crate::account::Roles;
use crate::audience::Audience;
use crate::named::named;
use crate::session::{AuthenticationMethod, Generation};
use crate::token_exchange::Actors;
use crate::{AccountId, Randomness, SessionId, Timestamp};

/// The claims of an access token (RFC 9068 section 2.2). The signer adds the issuer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessClaims {
    /// `aud`.
    pub audience: Audience,
    /// `sub`.
    pub account_id: AccountId,
    /// `sid`.
    pub session_id: SessionId,
    /// The refresh generation with which the token was minted; it travels inside `jti`.
    pub generation: Generation,
    /// The rest of `jti`, which makes each token unique.
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
    /// `act`: the services that passed the token on.
    pub actors: Actors,
}

impl AccessClaims {
    /// Returns the first 12 bytes of `randomness`, which make the token unique.
    pub fn nonce_from(randomness: Randomness) -> [u8; 12] {
        let mut nonce = [0; 12];
        nonce.copy_from_slice(&randomness[..12]);
        nonce
    }
}

named! {
    /// Why a token is not valid here: the first fault that the checks found, in their order.
    pub enum TokenFault {
        /// It is not a JWT, or its claims are not JSON.
        Malformed = "malformed",
        /// Its `typ` is that of another kind of token.
        Type = "type",
        /// Its header has `crit`: no extension is supported (RFC 7515 section 4.1.11).
        Critical = "crit",
        /// Its algorithm is not one that this service accepts.
        Algorithm = "algorithm",
        /// Its `iss` is unknown here.
        Issuer = "issuer",
        /// Its `kid` names no key of this service.
        Key = "key",
        /// The signature does not match the key.
        Signature = "signature",
        /// A claim is missing or malformed.
        Claims = "claims",
        /// Its `aud` is missing or names another audience.
        Audience = "audience",
        /// Its lifetime is too long, or zero.
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
    /// It is not a token of this service, is of another kind, or is malformed.
    #[error("the token is not valid here: {}", .0.as_str())]
    Invalid(TokenFault),
    /// It is a token of this service, but past its `exp`.
    #[error("the token has expired")]
    Expired,
}

impl TokenRejection {
    /// Returns a stable word for the fault, for log lines and for calling services.
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

/// The text of a bearer token. It is never printed, and wiped from memory when dropped.
#[derive(Clone, PartialEq, Eq)]
pub struct BearerToken(Zeroizing<String>);

impl BearerToken {
    /// Wraps the text of a token.
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// Returns the text, to hand to the bearer.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for BearerToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BearerToken(…)")
    }
}
