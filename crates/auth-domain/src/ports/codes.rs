//! Ports to mailed codes and temp tokens.

use crate::access_token::{BearerToken, TokenRejection};
use crate::challenge::{ChallengePurpose, OneTimeCode};
use crate::session::KeyId;
use crate::temp_token::TempClaims;
use crate::{ChallengeId, Timestamp};

/// What a mailed code is derived from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CodeClaims {
    /// The challenge.
    pub challenge_id: ChallengeId,
    /// What the code may be used for.
    pub purpose: ChallengePurpose,
    /// The number of the code, from 1.
    pub send_number: u32,
}

/// Derives mailed codes from the master key, so that none is ever stored.
#[cfg_attr(feature = "mocks", mockall::automock)]
pub trait Codes: Send + Sync {
    /// Returns the key from which the codes of new challenges are derived.
    fn current_key(&self) -> KeyId;

    /// Derives the code, which is always the same for the same arguments; `None` if the key is no longer in the ring.
    fn derive(&self, claims: &CodeClaims, key_id: &KeyId) -> Option<OneTimeCode>;
}

/// Signs and verifies temp tokens, with a key that is used for nothing else.
#[cfg_attr(feature = "mocks", mockall::automock)]
pub trait TempTokens: Send + Sync {
    /// Signs a token.
    fn issue(&self, claims: &TempClaims) -> BearerToken;

    /// Checks signature, type, every claim's presence and type, and the expiry at `now`.
    fn verify(&self, token: &str, now: Timestamp) -> Result<TempClaims, TokenRejection>;
}
