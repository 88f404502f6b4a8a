//! The port that says which request a commit belongs to.

use crate::audit::AuditContext;

/// Knows which request is being answered.
#[cfg_attr(feature = "mocks", mockall::automock)]
pub trait AuditContextSource: Send + Sync {
    /// Returns the context of a commit that is made now.
    fn current(&self) -> AuditContext;
}
