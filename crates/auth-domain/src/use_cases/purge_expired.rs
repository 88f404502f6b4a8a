//! Deletes rows that nothing needs any more, a bounded batch at a time.
//!
//! What is deleted cannot come back, and a clock may be set forward by mistake: 40 days would delete every session.
//! Therefore the time up to which rows count as expired is kept in the database and follows the clock by at most a day
//! per run, and not at all in the first run of a process. After a long stop, it catches up by a day an hour.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::Timestamp;
use crate::maintenance::Maintenance;
use crate::ports::{Change, Clock, CommitError, Store, StoreError};
use crate::retention::Expired;

use super::all::Parts;

/// How many rows one statement deletes: few enough that no writer waits long for it.
const BATCH: u32 = 1_000;
/// How far the clock may be ahead of the last run and still be trusted; the service may have been stopped for that
/// long.
const STEP: Duration = Duration::from_secs(24 * 3_600);

/// The outcome of a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Purged {
    /// How many rows were deleted.
    pub rows: u64,
    /// How far the clock is ahead of the time up to which rows were deleted.
    pub behind: Duration,
}

/// Deletes expired rows.
pub struct PurgeExpired {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    /// Whether it has run since this process started.
    ran: AtomicBool,
}

impl PurgeExpired {
    pub(super) fn new(parts: &Parts) -> Self {
        Self { store: parts.ports.store.clone(), clock: parts.ports.clock.clone(), ran: AtomicBool::new(false) }
    }

    /// Deletes everything that has expired. Any number of nodes may do so at once.
    pub async fn run(&self) -> Result<Purged, StoreError> {
        let now = self.clock.now();
        let last = self.store.find_maintenance(Maintenance::PurgedUntil).await?;
        let until = self.until(last, now);
        let rows = self.remove(until).await?;
        let done = Change::RecordMaintenance { kind: Maintenance::PurgedUntil, at: until };
        self.store.commit(vec![done]).await.map_err(|error| match error {
            CommitError::Store(error) => error,
            // It has no guard.
            CommitError::Conflict(_) | CommitError::Duplicate(_) => StoreError::Failed,
        })?;
        Ok(Purged { rows, behind: now.since(until) })
    }

    /// Returns the time up to which rows count as expired.
    fn until(&self, last: Option<Timestamp>, now: Timestamp) -> Timestamp {
        let first = !self.ran.swap(true, Ordering::Relaxed);
        match last {
            // A process that restarts again and again must not follow a wrong clock faster.
            Some(last) if now > last + STEP && first => last,
            Some(last) => now.min(last + STEP),
            None => now,
        }
    }

    async fn remove(&self, until: Timestamp) -> Result<u64, StoreError> {
        let mut removed = 0;
        for expired in Expired::all_at(until) {
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
