//! The port that tells where a commit comes from.

use crate::audit::Origin;

/// Knows which request is being answered.
#[cfg_attr(feature = "mocks", mockall::automock)]
pub trait RequestOrigin: Send + Sync {
    /// Where what is committed now comes from.
    fn current(&self) -> Origin;
}
