//! Housekeeping: removes rows that nothing needs any more, a bounded batch at a time.

use std::sync::Arc;

use crate::ports::{Clock, Store, StoreError};
use crate::retention::Expired;

use super::all::Parts;

/// How many rows one statement removes: few enough that no writer waits long for it.
const BATCH: u32 = 1_000;

/// The use case.
pub struct PurgeExpired {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
}

impl PurgeExpired {
    pub(super) fn new(parts: &Parts) -> Self {
        Self { store: parts.ports.store.clone(), clock: parts.ports.clock.clone() }
    }

    /// Removes everything that is expired now; answers how many rows that were. Any number of nodes may
    /// do so at once.
    pub async fn run(&self) -> Result<u64, StoreError> {
        let mut removed = 0;
        for expired in Expired::all_at(self.clock.now()) {
            loop {
                let batch = self.store.purge(expired, BATCH).await?;
                removed += u64::from(batch);
                if batch < BATCH {
                    break;
                }
            }
        }
        Ok(removed)
    }
}
