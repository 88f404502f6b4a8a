//! Reads the audit trail, for an administrator.

use crate::audit::{AuditFilter, AuditRecord};
use crate::internal::AuditRead;
use crate::ports::StoreError;
use crate::services::Environment;

use super::AdminCaller;

/// A page of audit records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditPage {
    /// In the order of the filter.
    pub records: Vec<AuditRecord>,
    /// Whether there are more.
    pub more: bool,
}

/// Reads the audit trail.
pub struct ReadAuditTrail {
    env: Environment,
}

impl ReadAuditTrail {
    /// The maximum number of records in a page.
    pub const MAX_PAGE: u32 = 200;

    pub(super) const fn new(env: Environment) -> Self {
        Self { env }
    }

    /// Returns the records that the filter selects, at most `limit`.
    pub async fn execute(
        &self,
        _: &AdminCaller<AuditRead>,
        filter: &AuditFilter,
        limit: u32,
    ) -> Result<AuditPage, StoreError> {
        let mut records = self.env.store.list_audit_records(filter, limit.saturating_add(1)).await?;
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let more = records.len() > limit;
        records.truncate(limit);
        Ok(AuditPage { records, more })
    }
}
