//! Ports to second factors: authenticator apps and recovery codes.

use std::fmt;

use zeroize::Zeroizing;

use crate::challenge::OneTimeCode;
use crate::two_factor::{RecoveryCodeHash, SealedSecret, TotpStep};
use crate::{AccountId, Randomness, Timestamp};

/// What an authenticator app receives once. All of it contains the secret.
#[derive(Clone, PartialEq, Eq)]
pub struct Provisioning {
    /// The secret in Base32 (RFC 4648) without padding, to type.
    pub secret: Zeroizing<String>,
    /// An `otpauth://totp/…` URI, to open.
    pub uri: Zeroizing<String>,
    /// The URI as a QR code to scan: a `data:` URI of an SVG.
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
    /// Creates a secret of 160 bits from `seed`, sealed for the account with `nonce`.
    fn make(&self, account_id: AccountId, seed: Randomness, nonce: Randomness) -> SealedSecret;

    /// Returns what the app receives; `name` is what it displays. `None` if the secret cannot be opened.
    fn provision(&self, account_id: AccountId, secret: &SealedSecret, name: &str) -> Option<Provisioning>;

    /// Returns the step for which `code` was made: the one at `now`, the one before or the one after. `None` if it is
    /// none of these, or if the secret cannot be opened.
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
    /// Wraps the text of a code.
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// Returns the text, to show.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for RecoveryCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RecoveryCode(…)")
    }
}

/// Creates and recognises recovery codes, which have 50 random bits each and are stored as keyed hashes.
#[cfg_attr(feature = "mocks", mockall::automock)]
pub trait RecoveryCodes: Send + Sync {
    /// Creates a code, and the hash to store.
    fn make(&self, account_id: AccountId, randomness: Randomness) -> (RecoveryCode, RecoveryCodeHash);

    /// Returns the possible hashes of a typed code, one for each key of the ring. Case, spaces and dashes do not
    /// matter.
    fn hashes(&self, account_id: AccountId, typed: &str) -> Vec<RecoveryCodeHash>;
}
