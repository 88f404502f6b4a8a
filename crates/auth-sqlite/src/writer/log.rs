//! Keeps the log beside the database short.
//!
//! SQLite moves the log into the file by itself every 1,000 pages, but only starts it over at a moment when nobody
//! reads from it. A few readers that take turns never leave such a moment, and neither does a long read of a single
//! snapshot. Therefore a log that has grown long is emptied by a checkpoint that waits for readers: new ones read from
//! the file meanwhile, and the earlier ones are soon done.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use auth_store::Connection;
use tokio::runtime::Handle;

use crate::file::beside;

/// The length from which it is emptied: twice what SQLite leaves of an emptied one (`journal_size_limit`).
const LONG: u64 = 32 * 1024 * 1024;
/// Waits for readers for half a second, in which writers wait too; reads take milliseconds.
const EMPTY: &str = "PRAGMA busy_timeout = 500; PRAGMA wal_checkpoint(TRUNCATE)";
const AS_BEFORE: &str = "PRAGMA busy_timeout = 5000";
/// If a reader is in the way, writers are not held up again before this time has passed or the log has grown this much.
const PAUSE: Duration = Duration::from_secs(30);

/// The log.
pub(super) struct Log {
    path: PathBuf,
    /// When it could not be emptied, and how long it was then.
    failed: Option<(Instant, u64)>,
}

impl Log {
    pub(super) fn beside(database: &Path) -> Self {
        Self { path: beside(database, "-wal"), failed: None }
    }

    fn len(&self) -> u64 {
        std::fs::metadata(&self.path).map_or(0, |log| log.len())
    }

    /// Empties it if it has grown long. `conn` is the connection that writes, outside a transaction.
    pub(super) fn keep_short(&mut self, conn: &mut Connection, runtime: &Handle) {
        let long = self.len();
        if long < LONG {
            self.failed = None;
            return;
        }
        if self.failed.is_some_and(|(at, was)| at.elapsed() < PAUSE && long < was + LONG) {
            return;
        }
        let emptied = runtime.block_on(conn.batch(EMPTY));
        let restored = runtime.block_on(conn.batch(AS_BEFORE));
        let left = self.len();
        if left < LONG && restored.is_ok() {
            self.failed = None;
            return;
        }
        self.failed = Some((Instant::now(), left));
        let (log, error) = (self.path.display(), emptied.and(restored).err());
        tracing::warn!(
            %log, bytes = left, ?error,
            "the database's write-ahead log cannot be emptied: a long read (GET /auth, an export, another process) \
             still uses an old snapshot"
        );
    }
}
