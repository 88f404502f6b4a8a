//! Ports to second factors: authenticator apps and recovery codes.

use std::fmt;

use zeroize::Zeroizing;

use crate::challenge::OneTimeCode;
use crate::two_factor::{RecoveryCodeHash, SealedSecret, TotpStep};
use crate::{AccountId, Randomness, Timestamp};

/// What an authenticator app is told, once: all of it is the secret.
#[derive(Clone, PartialEq, Eq)]
pub struct Provisioning {
    /// Base32 (RFC 4648) without padding, to type.
    pub secret: Zeroizing<String>,
    /// `otpauth://totp/…`, to open.
    pub uri: Zeroizing<String>,
    /// The same as a QR code, to scan: a `data:` URI of an SVG.
    pub qr_code: Zeroizing<String>,
}

impl fmt::Debug for Provisioning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Provisioning(…)")
    }
}

/// Time-based codes of authenticator apps (RFC 6238): six digits, SHA-1, steps of 30 s.
#[cfg_attr(feature = "mocks", mockall::automock)]
pub trait Totp: Send + Sync {
    /// A new secret of 160 bits from `seed`, sealed for the account; `nonce` seals it.
    fn make(&self, account_id: AccountId, seed: Randomness, nonce: Randomness) -> SealedSecret;

    /// What the app is told; `name` is what it shows. `None` when the secret does not open.
    fn provision(&self, account_id: AccountId, secret: &SealedSecret, name: &str) -> Option<Provisioning>;

    /// The step that `code` is of: the one at `now`, the one before or the one after. `None` when it is of none of
    /// them, or the secret does not open.
    fn matching_step(
        &self,
        account_id: AccountId,
        secret: &SealedSecret,
        code: &OneTimeCode,
        now: Timestamp,
    ) -> Option<TotpStep>;
}

/// A recovery code in clear, shown once.
#[derive(Clone, PartialEq, Eq)]
pub struct RecoveryCode(Zeroizing<String>);

impl RecoveryCode {
    /// From its text.
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// The text, to show.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for RecoveryCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RecoveryCode(…)")
    }
}

/// Recovery codes: 50 random bits each, kept as keyed hashes.
#[cfg_attr(feature = "mocks", mockall::automock)]
pub trait RecoveryCodes: Send + Sync {
    /// A new code, and the hash to keep.
    fn make(&self, account_id: AccountId, randomness: Randomness) -> (RecoveryCode, RecoveryCodeHash);

    /// What the hash of a typed code may be, under each key of the ring. Case, spaces and dashes do not matter.
    fn hashes(&self, account_id: AccountId, typed: &str) -> Vec<RecoveryCodeHash>;
}
