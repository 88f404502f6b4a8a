//! Ports to everything that creates or checks tokens.

use crate::access_token::{AccessClaims, BearerToken, TokenRejection};
use crate::internal::InternalService;
use crate::session::{Generation, KeyId};
use crate::{AccountId, Randomness, SessionId, SigningKeyId, Timestamp};

/// No signing key is loaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no signing key is loaded")]
pub struct NoSigningKey;

/// Signs and verifies access tokens (RFC 9068, EdDSA).
#[cfg_attr(feature = "mocks", mockall::automock)]
pub trait AccessTokens: Send + Sync {
    /// Signs a token with the key that is active at its `issued_at`.
    fn issue(&self, claims: &AccessClaims) -> Result<BearerToken, NoSigningKey>;

    /// Checks the signature, the type, the issuer, the presence and type of every claim, the expiry at `now`, and that the
    /// audience is one of this service's. Whether it is the right one here is for the caller to check.
    fn verify(&self, token: &str, now: Timestamp) -> Result<AccessClaims, TokenRejection>;
}

/// What a genuine refresh token identifies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RefreshTokenClaims {
    /// Whose session it is; `None` in tokens of the first form.
    pub account_id: Option<AccountId>,
    /// The session.
    pub session_id: SessionId,
    /// The generation of the token.
    pub generation: Generation,
}

/// Derives refresh tokens from the master key, so that none is ever stored.
#[cfg_attr(feature = "mocks", mockall::automock)]
pub trait RefreshTokens: Send + Sync {
    /// Returns the key from which new tokens are derived.
    fn current_key(&self) -> KeyId;

    /// Derives the token of a generation, which is always the same for the same arguments. If the key is no longer in
    /// the ring, the current one is used.
    fn issue(&self, claims: &RefreshTokenClaims, key_id: &KeyId) -> BearerToken;

    /// Returns what a token identifies; `None` if this service did not create it, or created it with a key that is too
    /// old at `now`. Does not touch the database.
    fn verify(&self, token: &str, now: Timestamp) -> Option<RefreshTokenClaims>;
}

/// Verifies the tokens of other services.
#[cfg_attr(feature = "mocks", mockall::automock)]
pub trait InternalTokens: Send + Sync {
    /// Checks signature, issuer, audience, lifetime (at most 300 s) and the other claims at `now`.
    fn verify(&self, token: &str, now: Timestamp) -> Result<InternalService, TokenRejection>;
}

/// A new key pair, with the private half sealed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealedKeyPair {
    /// The public key, 32 bytes (RFC 8032).
    pub public_key: Vec<u8>,
    /// The private key, which only the master key and the key's id open.
    pub sealed_private_key: Vec<u8>,
}

/// Creates signing keys.
#[cfg_attr(feature = "mocks", mockall::automock)]
pub trait SigningKeyMaker: Send + Sync {
    /// Creates the Ed25519 key pair with `seed` as its private key, sealed under `id` with `nonce`.
    fn make(&self, id: SigningKeyId, seed: Randomness, nonce: Randomness) -> SealedKeyPair;
}
