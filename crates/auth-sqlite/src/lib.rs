//! The `Store` port on SQLite (bundled): the embedded default, nothing to install.
//!
//! One connection writes, a few read; WAL lets them do so at once. The queries are in
//! `crates/store-queries`, shared with `auth-postgres`.

mod archive_sql;
mod dialect;
#[path = "../../store-queries/mod.rs"]
mod queries;

use std::fs::File;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use auth_domain::audit::Auditor;
use auth_domain::load::PoolLoad;
use auth_domain::ports::{ArchiveError, StoreUnavailable};
use diesel::connection::SimpleConnection as _;
use diesel::{Connection as _, SqliteConnection};
use diesel_async::AsyncConnection as _;
use diesel_async::RunQueryDsl as _;
use diesel_async::SimpleAsyncConnection as _;
use diesel_async::pooled_connection::deadpool::{Object, Pool};
use diesel_async::pooled_connection::{AsyncDieselConnectionManager, ManagerConfig, RecyclingMethod};
use diesel_migrations::{EmbeddedMigrations, embed_migrations};
use tokio::runtime::Handle;
use tokio::sync::{Mutex, Notify, OwnedMutexGuard, Semaphore};

use dialect::Connection;
use queries::reads::unavailable;

const MIGRATIONS: EmbeddedMigrations = embed_migrations!("../../migrations/sqlite");

/// FULL, not NORMAL: a refresh that a power cut undid would look like a stolen token afterwards.
const PRAGMAS: &str =
    "PRAGMA busy_timeout = 5000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;";
const READERS: usize = 4;
const SNAPSHOTS: usize = 2;
const POOL_TIMEOUT: Duration = Duration::from_secs(3);

/// Why the database cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The file cannot be opened or made.
    #[error("cannot open the SQLite database {}: {reason}", path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// SQLite's or the system's words.
        reason: String,
    },
    /// A migration failed.
    #[error("cannot bring the SQLite database {} up to date: {reason}", path.display())]
    Migrate {
        /// The file.
        path: PathBuf,
        /// SQLite's words.
        reason: String,
    },
}

/// The store. A clone is the same store.
#[derive(Clone)]
pub struct SqliteStore {
    path: PathBuf,
    runtime: Handle,
    readers: Pool<Connection>,
    writer: Arc<Mutex<Connection>>,
    snapshots: Arc<Semaphore>,
    /// Told when somebody owes a mail or announces an event.
    outbox: Arc<Notify>,
    auditor: Option<Arc<Auditor>>,
}

pub(crate) use SqliteStore as Engine;

impl SqliteStore {
    /// Opens the database file `path`, which [`migrate`] made. Works on the calling runtime from then on,
    /// which must outlive it.
    pub async fn open(path: &Path) -> Result<Self, OpenError> {
        let open_error = |reason: String| OpenError::Open { path: path.to_owned(), reason };
        let writer = connect(path, PRAGMAS).await.map_err(|error| open_error(error.to_string()))?;
        let mut config = ManagerConfig::<Connection>::default();
        config.recycling_method = RecyclingMethod::Fast;
        config.custom_setup = Box::new(|url| {
            let path = PathBuf::from(url);
            Box::pin(async move { connect(&path, &format!("{PRAGMAS} PRAGMA query_only = ON;")).await })
        });
        let manager = AsyncDieselConnectionManager::new_with_config(path.to_string_lossy(), config);
        let readers = Pool::builder(manager)
            .max_size(READERS)
            .wait_timeout(Some(POOL_TIMEOUT))
            .runtime(deadpool::Runtime::Tokio1)
            .build()
            .map_err(|error| open_error(error.to_string()))?;
        Ok(Self {
            path: path.to_owned(),
            runtime: Handle::current(),
            readers,
            writer: Arc::new(Mutex::new(writer)),
            snapshots: Arc::new(Semaphore::new(SNAPSHOTS)),
            outbox: Arc::default(),
            auditor: None,
        })
    }

    /// The same, with a record in the audit trail of each commit that matters to security.
    #[must_use]
    pub fn audited(self, auditor: Arc<Auditor>) -> Self {
        Self { auditor: Some(auditor), ..self }
    }

    pub(crate) fn pool_status(&self) -> PoolLoad {
        let status = self.readers.status();
        PoolLoad { most: status.max_size, open: status.size, idle: status.available }
    }

    pub(crate) async fn reader(&self) -> Result<Object<Connection>, StoreUnavailable> {
        self.readers.get().await.map_err(unavailable)
    }

    pub(crate) async fn writer(&self) -> Result<OwnedMutexGuard<Connection>, StoreUnavailable> {
        let writer = Arc::clone(&self.writer).lock_owned();
        tokio::time::timeout(POOL_TIMEOUT, writer).await.map_err(unavailable)
    }

    /// A connection of its own for one who reads or writes a great deal.
    pub(crate) async fn archive_connection(&self) -> Result<Connection, ArchiveError> {
        let failed = |reason: String| ArchiveError::Failed { table: "the database".to_owned(), reason };
        connect(&self.path, PRAGMAS).await.map_err(|error| failed(error.to_string()))
    }

    /// A connection of its own in a read transaction with one snapshot.
    pub(crate) async fn begin_snapshot(&self) -> Result<Connection, StoreUnavailable> {
        let mut conn = connect(&self.path, PRAGMAS).await.map_err(unavailable)?;
        // The snapshot is taken at the first read.
        conn.batch_execute("BEGIN DEFERRED").await.map_err(unavailable)?;
        Ok(conn)
    }
}

/// A connection whose pragmas are set, and checked: SQLite answers a mode that it cannot set with
/// another one, not with an error.
async fn connect(path: &Path, pragmas: &str) -> diesel::ConnectionResult<Connection> {
    let mut conn = Connection::establish(&path.to_string_lossy()).await?;
    let refused = diesel::ConnectionError::CouldntSetupConfiguration;
    conn.batch_execute(pragmas).await.map_err(refused)?;
    let mode: JournalMode = diesel::sql_query("PRAGMA journal_mode").get_result(&mut conn).await.map_err(refused)?;
    let keys: ForeignKeys = diesel::sql_query("PRAGMA foreign_keys").get_result(&mut conn).await.map_err(refused)?;
    if mode.journal_mode != "wal" || keys.foreign_keys != 1 {
        let reason = format!("journal_mode is {}, foreign_keys {}", mode.journal_mode, keys.foreign_keys);
        return Err(diesel::ConnectionError::BadConnection(reason));
    }
    Ok(conn)
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
    let lock = File::options()
        .create(true)
        .append(true)
        .open(&lock_path)
        .map_err(|error| open_error(format!("{}: {error}", lock_path.display())))?;
    lock.lock().map_err(|error| open_error(format!("{}: {error}", lock_path.display())))?;
    // Its owner's alone, whatever the folder; the files beside it take after it.
    let made = File::options().create(true).append(true).mode(0o600).open(path);
    made.map_err(|error| open_error(error.to_string()))?;
    let mut conn =
        SqliteConnection::establish(&path.to_string_lossy()).map_err(|error| open_error(error.to_string()))?;
    conn.batch_execute(PRAGMAS).map_err(|error| open_error(error.to_string()))?;
    let migrate_error = |reason| OpenError::Migrate { path: path.to_owned(), reason };
    queries::migrations::migrate_to(&mut conn, || MIGRATIONS, version).map_err(migrate_error)
}
