//! The engine of `auth-store` on SQLite (bundled): the embedded default, which needs no installation.
//!
//! One connection writes, on a separate thread; a few read, on the calling threads. WAL lets them do so at once. Every
//! query is in `auth-store`.

mod archive_dialect;
mod check;
mod connect;
mod file;
mod watcher;
mod writer;

use std::convert::Infallible;
use std::fs::File;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use auth_domain::audit::Auditor;
use auth_domain::load::{FileCheck, PoolLoad};
use auth_domain::ports::{ArchiveError, CommitError, SessionNews, StoreError};
use auth_store::{ArchiveDialect, Connection, Engine, Lent, Pool, Purpose, Spawner, SqlStore, Write};
use diesel::connection::SimpleConnection as _;
use diesel::{Connection as _, SqliteConnection};
use diesel_migrations::{EmbeddedMigrations, embed_migrations};
use futures_util::FutureExt as _;
use supervisor::Supervisor;

use archive_dialect::SqliteArchive;
use check::FileHealth;
use connect::{PRAGMAS, READ_PRAGMAS, WRITE_PRAGMAS, connect};
use file::{StartLock, beside, refuse_emptied, refuse_without_tables};
use writer::Writer;

pub use check::check_file;
pub use file::{Claim, claim};

const MIGRATIONS: EmbeddedMigrations = embed_migrations!("../../migrations/sqlite");

const READERS: usize = 4;
const POOL_TIMEOUT: Duration = Duration::from_secs(3);

/// Why the database cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The file cannot be opened or created.
    #[error("cannot open the SQLite database {}: {reason}", path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// The message of SQLite or the system.
        reason: String,
    },
    /// A migration failed.
    #[error("cannot migrate the SQLite database {}: {reason}", path.display())]
    Migrate {
        /// The file.
        path: PathBuf,
        /// The message of SQLite.
        reason: String,
    },
    /// Another service has claimed the file.
    #[error(
        "another service uses the SQLite database {}: stop it first, or give this one its own folder (AUTH_DATA_DIR)", path.display()
    )]
    InUse {
        /// The file.
        path: PathBuf,
    },
    /// The file contained a database, and no longer does.
    #[error(
        "the SQLite database {} {reason}: restore it from an export or a copy; to start over, delete it and the files \
         next to it whose names begin with its name", path.display()
    )]
    Emptied {
        /// The file.
        path: PathBuf,
        /// What is known about it.
        reason: String,
    },
    /// The content of the file is not a database, or not a complete one.
    #[error("the SQLite database {} is damaged ({reason}): restore it from an export or a copy", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// The message of SQLite.
        reason: String,
    },
}

impl OpenError {
    /// Creates the error for what SQLite reports when it opens the file.
    fn new(path: &Path, reason: impl Into<String>) -> Self {
        let (path, reason) = (path.to_owned(), reason.into());
        if Self::is_damage(&reason) { Self::Damaged { path, reason } } else { Self::Open { path, reason } }
    }

    /// Tells whether the file is damaged. The driver passes on texts, which are compiled in.
    fn is_damage(reason: &str) -> bool {
        reason.contains("database disk image is malformed") || reason.contains("file is not a database")
    }
}

/// The store on SQLite. Clones are the same store.
pub type SqliteStore = SqlStore<SqliteEngine>;

/// SQLite in one file.
pub struct SqliteEngine {
    path: PathBuf,
    readers: Pool,
    writer: Arc<Writer>,
    health: Arc<FileHealth>,
    workers: Supervisor,
}

/// Opens the database file `path`, which [`migrate`] created. With an `auditor`, each commit that matters to security
/// writes an audit record. The store works on the calling runtime, which must outlive it. Dropping the last clone waits
/// until everything queued is written.
pub async fn open(path: &Path, auditor: Option<Arc<Auditor>>) -> Result<SqliteStore, OpenError> {
    let open_error = |reason: String| OpenError::new(path, reason);
    refuse_emptied(path)?;
    let conn = connect(path, WRITE_PRAGMAS, Spawner::Inline).await.map_err(|error| open_error(error.to_string()))?;
    let workers = Supervisor::default();
    let writer = Writer::start(path.to_owned(), conn, workers.worker("database writer"))
        .map_err(|error| open_error(error.to_string()))?;
    let file = path.to_owned();
    let opener = Box::new(move || {
        let file = file.clone();
        async move {
            let conn = connect(&file, READ_PRAGMAS, Spawner::Inline).await;
            conn.map_err(|error| auth_store::OpenError::Failed(error.to_string()))
        }
        .boxed()
    });
    let readers = Pool::new(opener, READERS, POOL_TIMEOUT).map_err(open_error)?;
    let writer = Arc::new(writer);
    let engine = SqliteEngine { path: path.to_owned(), readers, writer, health: Arc::default(), workers };
    Ok(SqlStore::new(engine, Arc::default(), auditor))
}

impl SqliteEngine {
    /// Moves what is still in the log to the file. The last connection does so by itself when it closes, but other
    /// processes and slow readers may keep this one from being the last.
    async fn empty_log(&self, mut conn: Connection) {
        // Another process is reading or writing, or does not stop: it is not waited for as long.
        let emptied = conn.batch("PRAGMA busy_timeout = 1000; PRAGMA wal_checkpoint(TRUNCATE)").await;
        drop(conn);
        let log = beside(&self.path, "-wal");
        let left = std::fs::metadata(&log).map_or(0, |log| log.len());
        if emptied.is_err() || left > 0 {
            let log = log.display();
            tracing::warn!(%log, left, "another process has the database open: a copy of the database must include \
                                        this file");
        }
    }
}

#[async_trait]
impl Engine for SqliteEngine {
    fn runs_inline(&self) -> bool {
        true
    }

    async fn reader(&self) -> Result<Lent, StoreError> {
        self.readers.lend(Purpose::Read).await
    }

    /// A write that has begun runs to its end, which only the disk can delay.
    async fn write(&self, write: Write, _: Purpose, _: Instant) -> Result<(), CommitError> {
        self.writer.write(write).await
    }

    async fn close(&self) {
        self.health.stop().await;
        self.readers.close();
        let Some(thread) = self.writer.stop() else { return };
        let joined = tokio::task::spawn_blocking(move || thread.join()).await;
        if let Ok(Ok(Some(conn))) = joined {
            self.empty_log(conn).await;
        }
    }

    async fn begin_snapshot(&self) -> Result<Connection, StoreError> {
        let conn = connect(&self.path, READ_PRAGMAS, Spawner::Inline).await;
        let mut conn = conn.map_err(|error| unavailable(&error))?;
        // The snapshot is taken at the first read.
        conn.batch("BEGIN DEFERRED").await?;
        Ok(conn)
    }

    async fn archive_connection(&self) -> Result<Connection, ArchiveError> {
        let failed = |reason: String| ArchiveError::Failed { table: "the database".to_owned(), reason };
        // Meanwhile a command must show progress and listen for signals.
        connect(&self.path, "", Spawner::Threads).await.map_err(|error| failed(error.to_string()))
    }

    /// There is only one node.
    fn tell_others(&self) {}

    fn pool_load(&self) -> PoolLoad {
        self.readers.status()
    }

    fn file_check(&self) -> FileCheck {
        self.health.found()
    }

    fn watch_file(&self) {
        let (path, health) = (self.path.clone(), Arc::downgrade(&self.health));
        let check = move || {
            let checked = check::check_daily(path.clone(), Weak::clone(&health));
            async move {
                checked.await;
                Ok::<(), Infallible>(())
            }
        };
        tokio::spawn(self.workers.worker("file check").run(check));
    }

    fn workers(&self) -> Supervisor {
        self.workers.clone()
    }

    fn watch_sessions(&self, news: Arc<dyn SessionNews>) {
        let writer = Arc::downgrade(&self.writer);
        let watch = move || watcher::watch(Weak::clone(&writer), Arc::clone(&news));
        tokio::spawn(self.workers.worker("session watcher").run(watch));
    }

    fn migrations(&self) -> EmbeddedMigrations {
        MIGRATIONS
    }

    fn archive_dialect(&self) -> &'static dyn ArchiveDialect {
        &SqliteArchive
    }
}

fn unavailable(error: &dyn std::fmt::Display) -> StoreError {
    tracing::error!(%error, "the database cannot be opened");
    StoreError::Unavailable
}

/// Creates the database file if it is missing and brings it up to date; returns how many migrations ran. Of any number
/// of processes that start at once, one does it and the others wait.
pub async fn migrate(path: &Path) -> Result<usize, OpenError> {
    migrate_to(path, None).await
}

/// Brings the schema to `version`, forward or back, such as the one that an export names, or to the newest if it is
/// `None`. Going back drops what the older one has no place for.
pub async fn migrate_to(path: &Path, version: Option<&str>) -> Result<usize, OpenError> {
    let (owned, version) = (path.to_owned(), version.map(str::to_owned));
    let outcome = tokio::task::spawn_blocking(move || migrate_blocking(&owned, version.as_deref())).await;
    outcome.unwrap_or_else(|error| Err(OpenError::Migrate { path: path.to_owned(), reason: error.to_string() }))
}

fn migrate_blocking(path: &Path, version: Option<&str>) -> Result<usize, OpenError> {
    let open_error = |reason: String| OpenError::new(path, reason);
    // Its holder keeps the others from starting.
    let mut lock = StartLock::take(path)?;
    refuse_emptied(path)?;
    let was_there = path.exists();
    if !was_there {
        // Until it has been created again, an empty one is an interrupted start.
        lock.forget_made().map_err(|error| open_error(error.to_string()))?;
    }
    // Only its owner may access it, whatever the folder; the files beside it inherit that.
    let made = File::options().create(true).append(true).mode(0o600).open(path);
    made.map_err(|error| open_error(error.to_string()))?;
    let mut conn =
        SqliteConnection::establish(&path.to_string_lossy()).map_err(|error| open_error(error.to_string()))?;
    conn.batch_execute(PRAGMAS).map_err(|error| open_error(error.to_string()))?;
    if was_there {
        refuse_without_tables(path, &mut conn)?;
    }
    let ran = auth_store::migrate_to(&mut conn, || MIGRATIONS, version).map_err(|reason| {
        if OpenError::is_damage(&reason) {
            open_error(reason)
        } else {
            OpenError::Migrate { path: path.to_owned(), reason }
        }
    })?;
    // A full disk must not keep anyone from reading.
    if let Err(error) = lock.note_made() {
        tracing::warn!(%error, "could not record that the database was created");
    }
    Ok(ran)
}
