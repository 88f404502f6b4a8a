//! What the domain needs from the outside, one trait each. With the feature `mocks`, each has a mockall double named
//! `Mock…`.

mod archive;
mod audit;
mod change;
mod codes;
mod contended;
mod events;
mod guard;
mod identity_provider;
mod importing;
mod invitations;
mod kept_sessions;
mod mailer;
mod passwords;
mod resealing;
mod store;
mod tokens;
mod two_factor;

pub use archive::*;
pub use audit::*;
pub use change::*;
pub use codes::*;
pub use contended::*;
pub use events::*;
pub use guard::*;
pub use identity_provider::*;
pub use importing::*;
pub use invitations::*;
pub use kept_sessions::*;
pub use mailer::*;
pub use passwords::*;
pub use resealing::*;
pub use store::*;
pub use tokens::*;
pub use two_factor::*;

use crate::{Randomness, Timestamp};

/// Tells the time.
#[cfg_attr(feature = "mocks", mockall::automock)]
pub trait Clock: Send + Sync {
    /// Returns the time, in whole microseconds.
    fn now(&self) -> Timestamp;
}

/// Provides randomness.
#[cfg_attr(feature = "mocks", mockall::automock)]
pub trait Entropy: Send + Sync {
    /// Returns 32 fresh bytes from a cryptographically secure source.
    fn bytes(&self) -> Randomness;
}
