//! The port that seals what an account brings along from another system.

use crate::account::{ForeignHash, PasswordHash};
use crate::two_factor::{RecoveryCodeHash, SealedSecret};
use crate::{AccountId, Randomness};

/// Seals secrets of another system with the newest master key, and recognises what was sealed here. A nonce is used for
/// one secret.
#[cfg_attr(feature = "mocks", mockall::automock)]
pub trait ImportSealing: Send + Sync {
    /// Seals a password hash for its account.
    fn foreign_hash(&self, account_id: AccountId, hash: &ForeignHash, nonce: Randomness) -> PasswordHash;

    /// Seals the secret of an authenticator app for its account.
    fn app_secret(&self, account_id: AccountId, secret: &[u8], nonce: Randomness) -> SealedSecret;

    /// Tells whether a password can be compared with this hash: its master key is configured, and a foreign hash belongs
    /// to the account.
    fn can_compare(&self, account_id: AccountId, hash: &PasswordHash) -> bool;

    /// Tells whether the secret belongs to the account and a configured master key opens it.
    fn opens(&self, account_id: AccountId, secret: &SealedSecret) -> bool;

    /// Tells whether the master key of a recovery code is configured.
    fn recognises(&self, code: &RecoveryCodeHash) -> bool;
}
