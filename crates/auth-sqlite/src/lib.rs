//! The engine of `auth-store` on SQLite (bundled): the embedded default, nothing to install.
//!
//! One connection writes, a few read; WAL lets them do so at once. Every query is in `auth-store`.

mod archive_dialect;
mod watcher;

use std::fs::{File, Permissions};
use std::ops::{Deref, DerefMut};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use auth_domain::audit::Auditor;
use auth_domain::load::PoolLoad;
use auth_domain::ports::{ArchiveError, SessionNews, StoreError};
use auth_store::{ArchiveDialect, Connection, Engine, Lent, Pool, SqlStore};
use diesel::connection::SimpleConnection as _;
use diesel::{Connection as _, SqliteConnection};
use diesel_async::AsyncConnection as _;
use diesel_async::RunQueryDsl as _;
use diesel_async::SimpleAsyncConnection as _;
use diesel_migrations::{EmbeddedMigrations, embed_migrations};
use futures_util::FutureExt as _;
use tokio::sync::{Mutex, OwnedMutexGuard};

use archive_dialect::SqliteArchive;

const MIGRATIONS: EmbeddedMigrations = embed_migrations!("../../migrations/sqlite");

/// FULL, not NORMAL: a refresh that a power cut undid would look like a stolen token afterwards.
const PRAGMAS: &str =
    "PRAGMA busy_timeout = 5000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;";
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
    writer: Arc<WritingConnection>,
}

/// The one connection that writes, and how many there were before it.
pub(crate) struct WritingConnection {
    connection: Arc<Mutex<Connection>>,
    replaced: AtomicU64,
}

impl WritingConnection {
    fn new(connection: Connection) -> Self {
        Self { connection: Arc::new(Mutex::new(connection)), replaced: AtomicU64::new(0) }
    }

    /// Returns what changes when somebody else commits, and when the connection is another one; `None` where it cannot be
    /// told. Waits for writes that began before.
    async fn version(&self) -> Option<(u64, i64)> {
        let mut connection = self.connection.lock().await;
        let version = connection.data_version().await.ok()?;
        Some((AtomicU64::load(&self.replaced, Ordering::SeqCst), version))
    }
}

/// Opens the database file `path`, which [`migrate`] made. With an `auditor` each commit that matters to security brings a
/// record of the audit trail. Works on the calling runtime from then on, which must outlive the store.
pub async fn open(path: &Path, auditor: Option<Arc<Auditor>>) -> Result<SqliteStore, OpenError> {
    let open_error = |reason: String| OpenError::Open { path: path.to_owned(), reason };
    let writer = connect(path, PRAGMAS).await.map_err(|error| open_error(error.to_string()))?;
    let file = path.to_owned();
    let opener = Box::new(move || {
        let file = file.clone();
        async move {
            let conn = connect(&file, &format!("{PRAGMAS} PRAGMA query_only = ON;")).await;
            conn.map_err(|error| auth_store::OpenError::Failed(error.to_string()))
        }
        .boxed()
    });
    let readers = Pool::new(opener, READERS, POOL_TIMEOUT, None).map_err(open_error)?;
    let engine = SqliteEngine { path: path.to_owned(), readers, writer: Arc::new(WritingConnection::new(writer)) };
    Ok(SqlStore::new(engine, Arc::default(), auditor))
}

/// The connection that writes, lent.
struct Writer(OwnedMutexGuard<Connection>);

impl Deref for Writer {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        &self.0
    }
}

impl DerefMut for Writer {
    fn deref_mut(&mut self) -> &mut Connection {
        &mut self.0
    }
}

#[async_trait]
impl Engine for SqliteEngine {
    async fn reader(&self) -> Result<Lent, StoreError> {
        self.readers.lend().await
    }

    async fn writer(&self) -> Result<Lent, StoreError> {
        let waiting = tokio::time::timeout(POOL_TIMEOUT, Arc::clone(&self.writer.connection).lock_owned());
        let mut writer = waiting.await.map_err(|_| {
            tracing::error!("the connection that writes is not free");
            StoreError::Unavailable
        })?;
        if !writer.is_reusable() {
            *writer = connect(&self.path, PRAGMAS).await.map_err(|error| unavailable(&error))?;
            self.writer.replaced.fetch_add(1, Ordering::SeqCst);
        }
        Ok(Box::new(Writer(writer)))
    }

    async fn begin_snapshot(&self) -> Result<Connection, StoreError> {
        let mut conn = connect(&self.path, PRAGMAS).await.map_err(|error| unavailable(&error))?;
        // The snapshot is taken at the first read.
        conn.batch("BEGIN DEFERRED").await?;
        Ok(conn)
    }

    async fn archive_connection(&self) -> Result<Connection, ArchiveError> {
        let failed = |reason: String| ArchiveError::Failed { table: "the database".to_owned(), reason };
        connect(&self.path, PRAGMAS).await.map_err(|error| failed(error.to_string()))
    }

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

/// A connection whose pragmas are set, and checked: SQLite answers a mode that it cannot set with
/// another one, not with an error.
async fn connect(path: &Path, pragmas: &str) -> diesel::ConnectionResult<Connection> {
    let mut conn = auth_store::SqliteConnection::establish(&path.to_string_lossy()).await?;
    let refused = diesel::ConnectionError::CouldntSetupConfiguration;
    conn.batch_execute(pragmas).await.map_err(refused)?;
    let mode: JournalMode = diesel::sql_query("PRAGMA journal_mode").get_result(&mut conn).await.map_err(refused)?;
    let keys: ForeignKeys = diesel::sql_query("PRAGMA foreign_keys").get_result(&mut conn).await.map_err(refused)?;
    if mode.journal_mode != "wal" || keys.foreign_keys != 1 {
        let reason = format!("journal_mode is {}, foreign_keys {}", mode.journal_mode, keys.foreign_keys);
        return Err(diesel::ConnectionError::BadConnection(reason));
    }
    Ok(conn.into())
}

#[derive(diesel::QueryableByName)]
struct JournalMode {
    #[diesel(sql_type = diesel::sql_types::Text)]
    journal_mode: String,
}

#[derive(diesel::QueryableByName)]
struct ForeignKeys {
    #[diesel(sql_type = diesel::sql_types::Integer)]
    foreign_keys: i32,
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
