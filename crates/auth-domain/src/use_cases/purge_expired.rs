//! Deletes rows that nothing needs any more, a bounded batch at a time, and accounts whose deletion is due.
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
use super::{DeleteAccount, DeleteAccountError};

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
    delete_account: DeleteAccount,
    clock: Arc<dyn Clock>,
    /// Whether it has run since this process started.
    ran: AtomicBool,
}

impl PurgeExpired {
    pub(super) fn new(parts: &Parts) -> Self {
        let policy = &parts.policy;
        Self {
            store: parts.ports.store.clone(),
            delete_account: DeleteAccount::new(parts.env.clone(), parts.announcements.clone(), policy.deletion_grace),
            clock: parts.ports.clock.clone(),
            ran: AtomicBool::new(false),
        }
    }

    /// Deletes everything that has expired. Any number of nodes may do so at once.
    pub async fn run(&self) -> Result<Purged, StoreError> {
        let now = self.clock.now();
        let last = self.store.find_maintenance(Maintenance::PurgedUntil).await?;
        let until = self.until(last, now);
        self.finish_deletions(until).await?;
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

    /// Makes every deletion final that is due. An account that was restored in this moment stays.
    async fn finish_deletions(&self, until: Timestamp) -> Result<(), StoreError> {
        loop {
            let due = self.store.list_due_deletions(until, BATCH).await?;
            let mut finished = 0;
            for account_id in &due {
                match self.delete_account.finish(*account_id, until).await {
                    Ok(done) => finished += u32::from(done),
                    Err(DeleteAccountError::Store(error)) => return Err(error),
                    // It is blocked, so it is no admin's who could be the last, and nobody asks.
                    Err(_) => return Err(StoreError::Failed),
                }
            }
            if finished < BATCH {
                return Ok(());
            }
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
