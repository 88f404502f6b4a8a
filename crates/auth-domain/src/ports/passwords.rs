//! Ports to password hashing and to keyed digests of names.

use std::time::Duration;

use async_trait::async_trait;
use uuid::Uuid;

use crate::Timestamp;
use crate::account::{LoginName, Password, PasswordHash};
use crate::load::HashingLoad;
use crate::session::Network;

/// What comparing a password with a hash showed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PasswordVerdict {
    /// Wrong, or there was no hash to compare with.
    Miss,
    /// Right.
    Match,
    /// Right, but the hash was made with other parameters or another key than today's.
    MatchOutdated,
}

/// Why a password could not be hashed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HashingError {
    /// The queue is full, or the wait in it was too long.
    #[error("too many passwords to hash at once")]
    Overloaded {
        /// When to try again.
        retry_after: Duration,
    },
    /// The stored hash cannot be read, or its key is gone.
    #[error("the stored password hash cannot be checked: {0}")]
    Broken(&'static str),
}

/// Hashes and verifies passwords (Argon2id, RFC 9106) in a lane of its own. When there are too many, the networks that
/// they come from take turns.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait PasswordHasher: Send + Sync {
    /// Whether a password from that network would be let in now. To be asked before anything is read, so that too many cost
    /// nothing but this; the answer may be another one a moment later.
    fn admits(&self, network: &Network) -> Result<(), HashingError>;

    /// Hashes with today's parameters. `salt` is 16 fresh random bytes.
    async fn hash(&self, password: Password, salt: [u8; 16], network: &Network) -> Result<PasswordHash, HashingError>;

    /// Compares. Without a hash it takes as long as with one made today, and misses.
    async fn verify(
        &self,
        password: Password,
        hash: Option<PasswordHash>,
        network: &Network,
    ) -> Result<PasswordVerdict, HashingError>;
}

/// Remembers the networks that have logged somebody in lately. When too many passwords are to be hashed, theirs find room.
#[cfg_attr(feature = "mocks", mockall::automock)]
pub trait KnownNetworks: Send + Sync {
    /// Somebody has logged in from there at that time.
    fn learn(&self, network: &Network, at: Timestamp);

    /// Forgets the networks whose last login was before that time.
    fn forget_before(&self, before: Timestamp);
}

/// Digests names that nobody has, so that guessing at them has a limit and the database does not
/// hold what strangers typed.
#[cfg_attr(feature = "mocks", mockall::automock)]
pub trait NameDigest: Send + Sync {
    /// A keyed digest of [`LoginName::canonical`].
    fn digest(&self, name: &LoginName) -> Uuid;
}

/// Tells how busy the hashing of passwords is.
#[cfg_attr(feature = "mocks", mockall::automock)]
pub trait HashingGauge: Send + Sync {
    /// Now.
    fn load(&self) -> HashingLoad;
}
