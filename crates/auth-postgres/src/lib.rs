//! The `Store` port on PostgreSQL 15 or newer.
//!
//! The queries are in `crates/store-queries`, shared with `auth-sqlite`.

mod archive_sql;
mod connection;
mod dialect;
#[path = "../../store-queries/mod.rs"]
mod queries;
mod tls;

use std::sync::{Arc, Weak};
use std::time::Duration;

use auth_domain::audit::Auditor;
use auth_domain::load::PoolLoad;
use auth_domain::ports::{ArchiveError, StoreUnavailable};
use diesel_async::pooled_connection::deadpool::{Object, Pool};
use diesel_async::pooled_connection::{AsyncDieselConnectionManager, ManagerConfig, RecyclingMethod};
use diesel_async::{AsyncMigrationHarness, SimpleAsyncConnection as _, TransactionManager as _};
use diesel_migrations::{EmbeddedMigrations, embed_migrations};
use futures_util::StreamExt as _;
use tokio::runtime::Handle;
use tokio::sync::{Notify, Semaphore};

use connection::Target;
use dialect::{Connection, Transactions};
use queries::reads::unavailable;

const MIGRATIONS: EmbeddedMigrations = embed_migrations!("../../migrations/postgres");
/// The advisory lock that migrations are run under: `auth-mig` in ASCII.
const MIGRATION_LOCK: i64 = 0x6175_7468_2d6d_6967;

const POOL_TIMEOUT: Duration = Duration::from_secs(3);
const SNAPSHOTS: usize = 2;
/// How long a node goes without hearing of the others after its listening connection broke.
const LISTEN_RETRY: Duration = Duration::from_secs(5);

/// Why the database cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The URL cannot be read. It may hold a password, so it is not repeated.
    #[error("the database URL is not a PostgreSQL URL (postgres://user:password@host:port/name): {0}")]
    Url(String),
    /// What the URL says of TLS cannot be done.
    #[error("TLS to PostgreSQL: {0}")]
    Tls(String),
    /// No connection: each host without secrets, and the driver's words.
    #[error("cannot connect to PostgreSQL at {0}")]
    Connect(String),
    /// A statement about a whole database failed.
    #[error("PostgreSQL refuses {0}")]
    Execute(String),
    /// A migration failed.
    #[error("cannot bring the PostgreSQL database up to date: {0}")]
    Migrate(String),
}

/// The store. A clone is the same store.
#[derive(Clone)]
pub struct PostgresStore {
    target: Target,
    runtime: Handle,
    pool: Pool<Connection>,
    snapshots: Arc<Semaphore>,
    /// Told when somebody owes a mail or announces an event, here or on another node.
    outbox: Arc<Notify>,
    auditor: Option<Arc<Auditor>>,
}

pub(crate) use PostgresStore as Engine;

impl PostgresStore {
    /// A pool of at most `connections` to the database at `url`, which [`migrate`] brought up to date. `prepared` must
    /// be `false` behind a transaction pooler: then nothing outlives a transaction, and every call is one.
    /// Of several hosts it talks to the one that takes writes. Connects once, so that a wrong URL is known at once. Works on the calling runtime from then on,
    /// which must outlive it.
    pub async fn connect(url: &str, prepared: bool, connections: usize) -> Result<Self, ConnectError> {
        let target = Target::parse(url, prepared)?;
        target.connect().await?;
        let mut manager = ManagerConfig::<Connection>::default();
        // Checks that the connection is open and in no transaction, without a round trip.
        manager.recycling_method = RecyclingMethod::Fast;
        let pooled = target.clone();
        manager.custom_setup = Box::new(move |_url| {
            let target = pooled.clone();
            Box::pin(async move {
                target.connect().await.map_err(|error| diesel::ConnectionError::BadConnection(error.to_string()))
            })
        });
        let pool = Pool::builder(AsyncDieselConnectionManager::new_with_config("", manager))
            .max_size(connections)
            .wait_timeout(Some(POOL_TIMEOUT))
            .create_timeout(Some(target.patience()))
            .runtime(deadpool::Runtime::Tokio1)
            .build()
            .map_err(|error| ConnectError::Url(error.to_string()))?;
        let outbox = Arc::new(Notify::new());
        // A transaction pooler would pass notifications to whoever has the connection when they come, if to anybody.
        if prepared {
            tokio::spawn(listen(target.clone(), Arc::downgrade(&outbox)));
        }
        let snapshots = Arc::new(Semaphore::new(SNAPSHOTS));
        Ok(Self { target, runtime: Handle::current(), pool, snapshots, outbox, auditor: None })
    }

    /// The same, with a record in the audit trail of each commit that matters to security.
    #[must_use]
    pub fn audited(self, auditor: Arc<Auditor>) -> Self {
        Self { auditor: Some(auditor), ..self }
    }

    pub(crate) fn pool_status(&self) -> PoolLoad {
        let status = self.pool.status();
        PoolLoad { most: status.max_size, open: status.size, idle: status.available }
    }

    pub(crate) async fn reader(&self) -> Result<Object<Connection>, StoreUnavailable> {
        let mut conn = self.pool.get().await.map_err(unavailable)?;
        if !self.target.prepared {
            Transactions::begin_transaction_sql(&mut *conn, &Target::begin("")).await.map_err(unavailable)?;
        }
        Ok(conn)
    }

    pub(crate) async fn writer(&self) -> Result<Object<Connection>, StoreUnavailable> {
        self.reader().await
    }

    /// A connection of its own for one who reads or writes a great deal.
    pub(crate) async fn archive_connection(&self) -> Result<Connection, ArchiveError> {
        let failed = |reason: String| ArchiveError::Failed { table: "the database".to_owned(), reason };
        self.target.connect().await.map_err(|error| failed(error.to_string()))
    }

    /// A connection of its own in a read transaction with one snapshot.
    pub(crate) async fn begin_snapshot(&self) -> Result<Connection, StoreUnavailable> {
        let mut conn = self.target.connect().await.map_err(unavailable)?;
        let begin = Target::begin("ISOLATION LEVEL REPEATABLE READ READ ONLY");
        // However slowly its reader reads: the endpoint has a deadline of its own.
        let begin = format!("{begin}; SET LOCAL idle_in_transaction_session_timeout = 0");
        conn.batch_execute(&begin).await.map_err(unavailable)?;
        Ok(conn)
    }
}

/// Passes on what other nodes notify, on a connection of its own, until the store is dropped. While that connection
/// is away, and without it, workers find what is due a little later by looking.
async fn listen(target: Target, outbox: Weak<Notify>) {
    while outbox.strong_count() > 0 {
        if let Ok(mut conn) = target.connect().await
            && conn.batch_execute(&format!("LISTEN {}", dialect::OUTBOX)).await.is_ok()
        {
            let mut notifications = std::pin::pin!(conn.notifications_stream());
            while let Some(Ok(_)) = notifications.next().await {
                let Some(outbox) = outbox.upgrade() else { return };
                outbox.notify_waiters();
            }
        }
        tokio::time::sleep(LISTEN_RETRY).await;
    }
}

/// Brings the database up to date; answers how many migrations ran. Of any number of processes that
/// start at once one does it, the others wait. Needs a multi-threaded tokio runtime.
pub async fn migrate(url: &str, prepared: bool) -> Result<usize, ConnectError> {
    migrate_to(url, prepared, None).await
}

/// The same to `version` of the schema, back or forth: the one that an export names. `None`: the newest. Going back
/// drops what the older one has no place for.
pub async fn migrate_to(url: &str, prepared: bool, version: Option<&str>) -> Result<usize, ConnectError> {
    let migrate_error = |error: &dyn std::fmt::Display| ConnectError::Migrate(error.to_string());
    let mut conn = Target::parse(url, prepared)?.connect().await?;
    // The lock of a session would stay behind in a transaction pooler; one of a transaction goes with it.
    let begin = format!(
        "BEGIN; SET LOCAL lock_timeout = '120s'; SET LOCAL statement_timeout = 0; \
         SELECT pg_advisory_xact_lock({MIGRATION_LOCK})"
    );
    Transactions::begin_transaction_sql(&mut conn, &begin).await.map_err(|error| migrate_error(&error))?;
    let mut harness = AsyncMigrationHarness::new(conn);
    let done = queries::migrations::migrate_to(&mut harness, || MIGRATIONS, version).map_err(ConnectError::Migrate)?;
    let mut conn = harness.into_inner();
    Transactions::commit_transaction(&mut conn).await.map_err(|error| migrate_error(&error))?;
    Ok(done)
}

/// Makes an empty database `name` on the server at `url`. The name must be one that needs no quotes.
pub async fn create_database(url: &str, prepared: bool, name: &str) -> Result<(), ConnectError> {
    execute(url, prepared, &format!("CREATE DATABASE {name}")).await
}

/// Drops the database `name` on the server at `url`, whoever is connected to it.
pub async fn drop_database(url: &str, prepared: bool, name: &str) -> Result<(), ConnectError> {
    execute(url, prepared, &format!("DROP DATABASE {name} WITH (FORCE)")).await
}

/// Outside of a transaction, which such a statement cannot be in.
async fn execute(url: &str, prepared: bool, statement: &str) -> Result<(), ConnectError> {
    let failed = |error: diesel::result::Error| ConnectError::Execute(format!("{statement}: {error}"));
    let mut conn = Target::parse(url, prepared)?.connect().await?;
    if prepared {
        // It copies the template, which may take a while. Through a pooler there is no limit yet.
        conn.batch_execute("SET statement_timeout = 0").await.map_err(failed)?;
    }
    conn.batch_execute(statement).await.map_err(failed)
}
