//! The port that moves secrets from one master key to the next.

use crate::account::{Account, PasswordHash};
use crate::retired_key::RetiredKey;
use crate::session::KeyId;
use crate::signing_key::SigningKey;
use crate::two_factor::SealedSecret;
use crate::{AccountId, Randomness, RetiredKeyId, Timestamp};

/// No key of the ring opens the secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no configured master key can decrypt it")]
pub struct NoKeyOpensIt;

/// Seals with the newest master key what an older one sealed. `Ok(None)` means that this was already done. A nonce is
/// used for one secret.
#[cfg_attr(feature = "mocks", mockall::automock)]
pub trait Resealing: Send + Sync {
    /// Reseals the secret of an account's app.
    fn app_secret(
        &self,
        account_id: AccountId,
        secret: &SealedSecret,
        nonce: Randomness,
    ) -> Result<Option<SealedSecret>, NoKeyOpensIt>;

    /// Reseals the foreign hash of an account's password. One of our own has nothing to reseal.
    fn foreign_hash(
        &self,
        account_id: AccountId,
        hash: &PasswordHash,
        nonce: Randomness,
    ) -> Result<Option<PasswordHash>, NoKeyOpensIt>;

    /// Reseals the private half of a signing key.
    fn signing_key(&self, key: &SigningKey, nonce: Randomness) -> Result<Option<Vec<u8>>, NoKeyOpensIt>;

    /// Reseals what is kept of a master key.
    fn retired_key(&self, key: &RetiredKey, nonce: Randomness) -> Result<Option<Vec<u8>>, NoKeyOpensIt>;

    /// Returns the id of the newest master key.
    fn newest(&self) -> KeyId;

    /// Returns the ids of the other configured master keys.
    fn older(&self) -> Vec<KeyId>;

    /// Returns what to keep of one of [`Self::older`]; `None` if the key is not one of them.
    fn retire(&self, key_id: &KeyId, id: RetiredKeyId, at: Timestamp, nonce: Randomness) -> Option<RetiredKey>;

    /// Returns the older master keys without which the password and the recovery codes of `account` cannot be checked.
    fn needed_by(&self, account: &Account) -> Vec<KeyId>;
}
