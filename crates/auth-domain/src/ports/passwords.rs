//! Ports to password hashing and to keyed digests of names.

use std::time::Duration;

use async_trait::async_trait;
use uuid::Uuid;

use crate::account::{LoginName, Password, PasswordHash};
use crate::load::HashingLoad;
use crate::session::Network;
use crate::{AccountId, Timestamp};

/// The result of comparing a password with a hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PasswordVerdict {
    /// The password is wrong, or there was no hash.
    Miss,
    /// The password is right.
    Match,
    /// The password is right, but its hash was made with other parameters or another key than new ones.
    MatchOutdated,
}

/// A stored hash, and the account that it belongs to: a sealed foreign hash opens only for that.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredHash {
    /// The account.
    pub account_id: AccountId,
    /// What is stored.
    pub hash: PasswordHash,
}

/// Why a password could not be hashed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HashingError {
    /// The queue is full, or the wait in it was too long.
    #[error("too many passwords to hash at once")]
    Overloaded {
        /// How long to wait before trying again.
        retry_after: Duration,
    },
    /// The stored hash cannot be read, or its key is missing.
    #[error("the stored password hash cannot be checked: {0}")]
    Broken(&'static str),
}

/// Hashes and verifies passwords (Argon2id, RFC 9106) on dedicated threads. Under load, the networks that they come
/// from take turns.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait PasswordHasher: Send + Sync {
    /// Checks whether a password from this network would be admitted now. Call it before anything is read, so that
    /// excess requests cost nothing else; the answer may change a moment later.
    fn admits(&self, network: &Network) -> Result<(), HashingError>;

    /// Hashes with the current parameters. `salt` is 16 fresh random bytes.
    async fn hash(&self, password: Password, salt: [u8; 16], network: &Network) -> Result<PasswordHash, HashingError>;

    /// Compares a password with a hash, also with a sealed foreign one, which counts as outdated. Without a hash it takes as long as with a new one, and reports a miss.
    async fn verify(
        &self,
        password: Password,
        hash: Option<StoredHash>,
        network: &Network,
    ) -> Result<PasswordVerdict, HashingError>;
}

/// Remembers the networks from which someone has logged in recently. Under load, there is always room for their
/// passwords.
#[cfg_attr(feature = "mocks", mockall::automock)]
pub trait KnownNetworks: Send + Sync {
    /// Records that someone logged in from this network at this time.
    fn learn(&self, network: &Network, at: Timestamp);

    /// Forgets the networks whose last login was before this time.
    fn forget_before(&self, before: Timestamp);
}

/// Digests names that no account has, so that guessing them is limited without storing what strangers typed.
#[cfg_attr(feature = "mocks", mockall::automock)]
pub trait NameDigest: Send + Sync {
    /// Returns a keyed digest of [`LoginName::canonical`].
    fn digest(&self, name: &LoginName) -> Uuid;
}

/// Reports how busy password hashing is.
#[cfg_attr(feature = "mocks", mockall::automock)]
pub trait HashingGauge: Send + Sync {
    /// Returns the current load.
    fn load(&self) -> HashingLoad;
}
