//! Which services have acknowledged a deletion, and when.

use std::sync::Arc;

use crate::DeletionId;
use crate::deletion::DeletionProgress;
use crate::internal::{DeletionsRead, InternalCaller};
use crate::ports::{Store, StoreUnavailable};

/// The use case.
pub struct ReadDeletion {
    /// Where deletions are kept.
    pub store: Arc<dyn Store>,
}

impl ReadDeletion {
    /// The deletion and who was told; `None` when there was no such one.
    pub async fn execute(
        &self,
        _caller: &InternalCaller<DeletionsRead>,
        id: DeletionId,
    ) -> Result<Option<DeletionProgress>, StoreUnavailable> {
        self.store.find_deletion(id).await
    }
}
