//! The port to what moves secrets from one master key to the next.

use crate::account::Account;
use crate::retired_key::RetiredKey;
use crate::session::KeyId;
use crate::signing_key::SigningKey;
use crate::two_factor::SealedSecret;
use crate::{AccountId, Randomness, RetiredKeyId, Timestamp};

/// No key of the ring opens it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no configured master key can decrypt it")]
pub struct NoKeyOpensIt;

/// Seals with the newest master key what an older one sealed. `Ok(None)`: it was already. A nonce seals one thing.
#[cfg_attr(feature = "mocks", mockall::automock)]
pub trait Resealing: Send + Sync {
    /// The secret of an account's app.
    fn app_secret(
        &self,
        account_id: AccountId,
        secret: &SealedSecret,
        nonce: Randomness,
    ) -> Result<Option<SealedSecret>, NoKeyOpensIt>;

    /// The private half of a signing key.
    fn signing_key(&self, key: &SigningKey, nonce: Randomness) -> Result<Option<Vec<u8>>, NoKeyOpensIt>;

    /// What is left of a master key.
    fn retired_key(&self, key: &RetiredKey, nonce: Randomness) -> Result<Option<Vec<u8>>, NoKeyOpensIt>;

    /// The id of the newest master key.
    fn newest(&self) -> KeyId;

    /// The ids of the configured master keys but the newest.
    fn older(&self) -> Vec<KeyId>;

    /// What is to be left of one of [`Self::older`]; `None` when it is none of them.
    fn retire(&self, key_id: &KeyId, id: RetiredKeyId, at: Timestamp, nonce: Randomness) -> Option<RetiredKey>;

    /// The master keys but the newest without which the password and the recovery codes of `account` are of no use.
    fn needed_by(&self, account: &Account) -> Vec<KeyId>;
}
