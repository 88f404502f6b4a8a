//! Tells which services have acknowledged a deletion, and when.

use std::sync::Arc;

use crate::DeletionId;
use crate::deletion::DeletionProgress;
use crate::internal::{DeletionsRead, InternalCaller};
use crate::ports::{Store, StoreError};

use super::all::Parts;

/// Reads deletions.
pub struct ReadDeletion {
    store: Arc<dyn Store>,
}

impl ReadDeletion {
    pub(super) fn new(parts: &Parts) -> Self {
        Self { store: parts.ports.store.clone() }
    }

    /// Returns the deletion and the services that were told; `None` if there was none.
    pub async fn execute(
        &self,
        _caller: &InternalCaller<DeletionsRead>,
        id: DeletionId,
    ) -> Result<Option<DeletionProgress>, StoreError> {
        self.store.find_deletion(id).await
    }
}
