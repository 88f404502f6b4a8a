//! Ports to everything that makes or checks a token.

use crate::access_token::{AccessClaims, BearerToken, TokenRejection};
use crate::internal::InternalService;
use crate::session::{Generation, KeyId};
use crate::{AccountId, Randomness, SessionId, SigningKeyId, Timestamp};

/// No key to sign with is loaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no signing key is loaded")]
pub struct NoSigningKey;

/// Signs and verifies access tokens (RFC 9068, EdDSA).
#[cfg_attr(feature = "mocks", mockall::automock)]
pub trait AccessTokens: Send + Sync {
    /// Signs with the key that is active at the token's `issued_at`.
    fn issue(&self, claims: &AccessClaims) -> Result<BearerToken, NoSigningKey>;

    /// Checks signature, type, issuer, audience, every claim's presence and type, and the expiry at `now`.
    fn verify(&self, token: &str, now: Timestamp) -> Result<AccessClaims, TokenRejection>;
}

/// What a genuine refresh token names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RefreshTokenClaims {
    /// Whose session it is; `None` in tokens of the first form.
    pub account_id: Option<AccountId>,
    /// The session.
    pub session_id: SessionId,
    /// Which of its tokens.
    pub generation: Generation,
}

/// Derives refresh tokens from the master key, so that none is ever stored.
#[cfg_attr(feature = "mocks", mockall::automock)]
pub trait RefreshTokens: Send + Sync {
    /// The key that new tokens are derived from.
    fn current_key(&self) -> KeyId;

    /// The token of a generation: always the same text for the same arguments. It may name less than it is given. A key that
    /// is no longer in the ring falls back on the current one.
    fn issue(&self, claims: &RefreshTokenClaims, key_id: &KeyId) -> BearerToken;

    /// What a token names; `None` when this service did not make it, or with a key that is too old at `now`. Touches
    /// no database.
    fn verify(&self, token: &str, now: Timestamp) -> Option<RefreshTokenClaims>;
}

/// Verifies the tokens of the services beside this one.
#[cfg_attr(feature = "mocks", mockall::automock)]
pub trait InternalTokens: Send + Sync {
    /// Checks signature, issuer, audience, lifetime (at most 300 s) and the other claims at `now`.
    fn verify(&self, token: &str, now: Timestamp) -> Result<InternalService, TokenRejection>;
}

/// A fresh key pair, the private half sealed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealedKeyPair {
    /// 32 bytes (RFC 8032).
    pub public_key: Vec<u8>,
    /// Opens only with the master key and the key's id.
    pub sealed_private_key: Vec<u8>,
}

/// Makes signing keys.
#[cfg_attr(feature = "mocks", mockall::automock)]
pub trait SigningKeyMaker: Send + Sync {
    /// The Ed25519 key pair with `seed` as its private key, sealed under `id`; `nonce` seals it.
    fn make(&self, id: SigningKeyId, seed: Randomness, nonce: Randomness) -> SealedKeyPair;
}
