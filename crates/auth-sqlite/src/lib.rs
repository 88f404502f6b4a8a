//! The engine of `auth-store` on SQLite (bundled): the embedded default, nothing to install.
//!
//! One connection writes, on a thread of its own; a few read, on the threads of those who ask. WAL lets them do so at once.
//! Every query is in `auth-store`.

mod archive_dialect;
mod connect;
mod watcher;
mod writer;

use std::fs::{File, Permissions};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use auth_domain::audit::Auditor;
use auth_domain::load::PoolLoad;
use auth_domain::ports::{ArchiveError, CommitError, SessionNews, StoreError};
use auth_store::{ArchiveDialect, Connection, Engine, Lent, Pool, Purpose, Spawner, SqlStore, Write};
use diesel::connection::SimpleConnection as _;
use diesel::{Connection as _, SqliteConnection};
use diesel_migrations::{EmbeddedMigrations, embed_migrations};
use futures_util::FutureExt as _;

use archive_dialect::SqliteArchive;
use connect::{PRAGMAS, READ_PRAGMAS, connect};
use writer::Writer;

const MIGRATIONS: EmbeddedMigrations = embed_migrations!("../../migrations/sqlite");

const READERS: usize = 4;
const POOL_TIMEOUT: Duration = Duration::from_secs(3);

/// Why the database cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The file cannot be opened or made.
    #[error("cannot open the SQLite database {}: {reason}", path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// What SQLite or the system says.
        reason: String,
    },
    /// A migration failed.
    #[error("cannot bring the SQLite database {} up to date: {reason}", path.display())]
    Migrate {
        /// The file.
        path: PathBuf,
        /// What SQLite says.
        reason: String,
    },
}

/// The store on SQLite. A clone is the same store.
pub type SqliteStore = SqlStore<SqliteEngine>;

/// SQLite in one file.
pub struct SqliteEngine {
    path: PathBuf,
    readers: Pool,
    writer: Arc<Writer>,
}

/// Opens the database file `path`, which [`migrate`] made. With an `auditor` each commit that matters to security brings a
/// record of the audit trail. Works on the calling runtime from then on, which must outlive the store. Dropping the last
/// clone waits until what is queued is written.
pub async fn open(path: &Path, auditor: Option<Arc<Auditor>>) -> Result<SqliteStore, OpenError> {
    let open_error = |reason: String| OpenError::Open { path: path.to_owned(), reason };
    let conn = connect(path, "", Spawner::Inline).await.map_err(|error| open_error(error.to_string()))?;
    let writer = Writer::start(path.to_owned(), conn).map_err(|error| open_error(error.to_string()))?;
    let file = path.to_owned();
    let opener = Box::new(move || {
        let file = file.clone();
        async move {
            let conn = connect(&file, READ_PRAGMAS, Spawner::Inline).await;
            conn.map_err(|error| auth_store::OpenError::Failed(error.to_string()))
        }
        .boxed()
    });
    let readers = Pool::new(opener, READERS, POOL_TIMEOUT, None).map_err(open_error)?;
    let engine = SqliteEngine { path: path.to_owned(), readers, writer: Arc::new(writer) };
    Ok(SqlStore::new(engine, Arc::default(), auditor))
}

impl SqliteEngine {
    /// What is still in the log goes to the file: other processes, and readers that go on, may keep the connection from
    /// being the last one, which does so by itself.
    async fn empty_log(&self, mut conn: Connection) {
        // Who reads or writes now is another process, or does not stop: it is not waited for as long.
        let emptied = conn.batch("PRAGMA busy_timeout = 1000; PRAGMA wal_checkpoint(TRUNCATE)").await;
        drop(conn);
        let mut log = self.path.as_os_str().to_owned();
        log.push("-wal");
        let left = std::fs::metadata(&log).map_or(0, |log| log.len());
        if emptied.is_err() || left > 0 {
            let log = log.display();
            tracing::warn!(%log, left, "another process has the database open: a copy of it needs this file, too");
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

    /// What has begun goes on to its end, which the disk alone puts off.
    async fn write(&self, write: Write, _: Purpose, _: Instant) -> Result<(), CommitError> {
        self.writer.write(write).await
    }

    async fn close(&self) {
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
        // A command has its progress to show and signals to hear meanwhile.
        connect(&self.path, "", Spawner::Threads).await.map_err(|error| failed(error.to_string()))
    }

    /// There is one node.
    fn tell_others(&self) {}

    fn pool_load(&self) -> PoolLoad {
        self.readers.status()
    }

    fn watch_sessions(&self, news: Arc<dyn SessionNews>) {
        tokio::spawn(watcher::watch(Arc::downgrade(&self.writer), news));
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

/// Makes the database file where there is none and brings it up to date; answers how many migrations
/// ran. Of any number of processes that start at once one does it, the others wait.
pub async fn migrate(path: &Path) -> Result<usize, OpenError> {
    migrate_to(path, None).await
}

/// The same to `version` of the schema, back or forth: the one that an export names. `None`: the newest. Going back
/// drops what the older one has no place for.
pub async fn migrate_to(path: &Path, version: Option<&str>) -> Result<usize, OpenError> {
    let (owned, version) = (path.to_owned(), version.map(str::to_owned));
    let outcome = tokio::task::spawn_blocking(move || migrate_blocking(&owned, version.as_deref())).await;
    outcome.unwrap_or_else(|error| Err(OpenError::Migrate { path: path.to_owned(), reason: error.to_string() }))
}

fn migrate_blocking(path: &Path, version: Option<&str>) -> Result<usize, OpenError> {
    let open_error = |reason: String| OpenError::Open { path: path.to_owned(), reason };

    let mut lock_path = path.as_os_str().to_owned();
    lock_path.push(".lock");
    let lock_path = PathBuf::from(lock_path);
    // Who holds it keeps the others from starting.
    let lock = File::options()
        .create(true)
        .append(true)
        .mode(0o600)
        .open(&lock_path)
        .map_err(|error| open_error(format!("{}: {error}", lock_path.display())))?;
    // One of an older version; its owner may be somebody else, who then sees to it.
    let _ = lock.set_permissions(Permissions::from_mode(0o600));
    lock.lock().map_err(|error| open_error(format!("{}: {error}", lock_path.display())))?;
    // Its owner's alone, whatever the folder; the files beside it take after it.
    let made = File::options().create(true).append(true).mode(0o600).open(path);
    made.map_err(|error| open_error(error.to_string()))?;
    let mut conn =
        SqliteConnection::establish(&path.to_string_lossy()).map_err(|error| open_error(error.to_string()))?;
    conn.batch_execute(PRAGMAS).map_err(|error| open_error(error.to_string()))?;
    let migrate_error = |reason| OpenError::Migrate { path: path.to_owned(), reason };
    auth_store::migrate_to(&mut conn, || MIGRATIONS, version).map_err(migrate_error)
}
