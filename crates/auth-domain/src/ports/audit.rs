//! The port that tells where a commit comes from.

use crate::audit::AuditContext;

/// Knows which request is being answered.
#[cfg_attr(feature = "mocks", mockall::automock)]
pub trait AuditContextSource: Send + Sync {
    /// Where what is committed now comes from.
    fn current(&self) -> AuditContext;
}
