//! Keeps the log beside the database short, without holding up commits.
//!
//! By default, SQLite moves the log into the file within the commit that exceeds 1,000 pages, and whoever waits for that
//! commit or the next ones waits for the copying and its two syncs too. Here a second connection does so on a thread for
//! blocking work, while commits go on. The connection that writes only adds the pages of those last commits, which are
//! few, so that the log can start over.
//!
//! It starts over at a moment when nobody reads from it. A few readers that take turns never leave such a moment, and
//! neither does a long read of a single snapshot. Therefore a log that has grown long is emptied by a checkpoint that
//! waits for readers: new ones read from the file meanwhile, and the earlier ones are soon done.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use auth_store::{Connection, WriteAheadLog};
use diesel::SqliteConnection;
use diesel::connection::SimpleConnection as _;
use tokio::runtime::Handle;
use tokio::task::JoinHandle;

use crate::connect::open;
use crate::file::beside;

/// How many pages (of 4 KiB) are left in the log before they are moved: as many as SQLite leaves.
pub(super) const MOVED_FROM: i64 = 1_000;
/// Moves what no reader needs in the log, and waits for nobody.
const MOVE: &str = "PRAGMA wal_checkpoint(PASSIVE)";
/// The length from which it is emptied: twice what SQLite leaves of an emptied one (`journal_size_limit`).
pub(super) const LONG: u64 = 32 * 1024 * 1024;
/// Waits for readers for half a second, in which writers wait too; reads take milliseconds.
const EMPTY: &str = "PRAGMA busy_timeout = 500; PRAGMA wal_checkpoint(TRUNCATE)";
const AS_BEFORE: &str = "PRAGMA busy_timeout = 5000";
/// If a reader is in the way, writers are not held up again before this time has passed or the log has grown this much.
const PAUSE: Duration = Duration::from_secs(30);

/// The log.
pub(super) struct Log {
    database: PathBuf,
    path: PathBuf,
    mover: Mover,
    /// When it could not be emptied, and how long it was then.
    failed: Option<(Instant, u64)>,
}

/// The second connection, which moves the log into the file. It is opened when it is needed.
enum Mover {
    Idle(Option<SqliteConnection>),
    /// It hands back its connection if that is still good.
    Moving(JoinHandle<Option<SqliteConnection>>),
}

impl Log {
    pub(super) fn of(database: &Path) -> Self {
        let path = beside(database, "-wal");
        Self { database: database.to_owned(), path, mover: Mover::Idle(None), failed: None }
    }

    fn len(&self) -> u64 {
        std::fs::metadata(&self.path).map_or(0, |log| log.len())
    }

    /// Has it moved if there is enough to move, and empties it if it has grown long. `conn` is the connection that
    /// writes, outside a transaction.
    pub(super) fn keep_short(&mut self, conn: &mut Connection, runtime: &Handle) {
        let long = self.len();
        if long < LONG {
            self.failed = None;
        }
        let pausing = self.failed.is_some_and(|(at, was)| at.elapsed() < PAUSE && long < was + LONG);
        if long < LONG || pausing {
            self.keep_moved(conn, runtime);
        } else {
            self.wait_for_mover(runtime);
            self.empty(conn, runtime);
        }
    }

    fn keep_moved(&mut self, conn: &mut Connection, runtime: &Handle) {
        let moved = match &self.mover {
            Mover::Moving(moving) if !moving.is_finished() => return,
            Mover::Moving(_) => true,
            Mover::Idle(_) => false,
        };
        self.wait_for_mover(runtime);
        let Ok(WriteAheadLog { pages, moved: in_file }) = runtime.block_on(conn.write_ahead_log()) else { return };
        let left = pages - in_file;
        if left >= MOVED_FROM {
            self.begin_moving(runtime);
        } else if moved && left > 0 {
            // What stays in the log this time is moved the next.
            let _: Result<(), _> = runtime.block_on(conn.batch(MOVE));
        }
    }

    fn begin_moving(&mut self, runtime: &Handle) {
        let Mover::Idle(conn) = &mut self.mover else { return };
        let (conn, database) = (conn.take(), self.database.clone());
        self.mover = Mover::Moving(runtime.spawn_blocking(move || {
            let mut conn = conn.map_or_else(|| open(&database, ""), Ok).ok()?;
            // What fails is tried again, and reported once the log has grown long.
            conn.batch_execute(MOVE).ok()?;
            Some(conn)
        }));
    }

    /// If the log is being moved, waits until that is done.
    fn wait_for_mover(&mut self, runtime: &Handle) {
        if let Mover::Moving(moving) = &mut self.mover {
            // It panicked, or the runtime has ended: the connection is gone.
            self.mover = Mover::Idle(runtime.block_on(moving).unwrap_or_default());
        }
    }

    fn empty(&mut self, conn: &mut Connection, runtime: &Handle) {
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

    /// Closes the second connection, so that the one that writes can be the last.
    pub(super) fn close(&mut self, runtime: &Handle) {
        self.wait_for_mover(runtime);
        self.mover = Mover::Idle(None);
    }
}
