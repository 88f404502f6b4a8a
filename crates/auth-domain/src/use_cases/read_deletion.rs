//! Which services have acknowledged a deletion, and when.

use std::sync::Arc;

use crate::DeletionId;
use crate::deletion::DeletionProgress;
use crate::internal::{DeletionsRead, InternalCaller};
use crate::ports::{Store, StoreError};

use super::all::Parts;

/// The use case.
pub struct ReadDeletion {
    store: Arc<dyn Store>,
}

impl ReadDeletion {
    pub(super) fn new(parts: &Parts) -> Self {
        Self { store: parts.ports.store.clone() }
    }

    /// The deletion and who was told; `None` when there was no such one.
    pub async fn execute(
        &self,
        _caller: &InternalCaller<DeletionsRead>,
        id: DeletionId,
    ) -> Result<Option<DeletionProgress>, StoreError> {
        self.store.find_deletion(id).await
    }
}
