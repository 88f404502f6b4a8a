//! The engine of `auth-store` on PostgreSQL 15 or newer: connections, TLS, the pool and LISTEN. Every query is in
//! `auth-store`.

mod archive_dialect;
mod connection;
mod listener;
mod outbox;
mod schema;
mod socket;
mod tls;
mod wire;

use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use auth_domain::audit::Auditor;
use auth_domain::load::PoolLoad;
use auth_domain::ports::{ArchiveError, CommitError, SessionNews, StoreError};
use auth_store::{
    ArchiveDialect, Connection, Engine, Lent, OpenError, Pool, PostgresConnection, Purpose, SqlStore, Write, work_on,
};
use diesel::pg::Pg;
use diesel::{QueryableByName, sql_types};
use diesel_async::{
    AnsiTransactionManager, AsyncMigrationHarness, AsyncPgConnection, RunQueryDsl as _, SimpleAsyncConnection as _,
    TransactionManager as _,
};
use diesel_migrations::{EmbeddedMigrations, embed_migrations};
use futures_util::FutureExt as _;
use supervisor::Supervisor;
use tokio::sync::{Notify, watch};

use archive_dialect::PostgresArchive;
use connection::Target;
use outbox::Teller;

const MIGRATIONS: EmbeddedMigrations = embed_migrations!("../../migrations/postgres");
/// The advisory lock under which migrations run: `auth-mig` in ASCII.
const MIGRATION_LOCK: i64 = 0x6175_7468_2d6d_6967;

const POOL_TIMEOUT: Duration = Duration::from_secs(3);
/// How long it may take to begin reading all accounts.
const SNAPSHOT_TIMEOUT: Duration = Duration::from_secs(8);

/// Why the database cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The URL cannot be parsed. It may contain a password, so it is not repeated.
    #[error("the database URL is not a PostgreSQL URL (postgres://user:password@host:port/name): {0}")]
    Url(String),
    /// The TLS settings of the URL cannot be used.
    #[error("TLS to PostgreSQL: {0}")]
    Tls(String),
    /// No connection could be made; lists each host without secrets, with its error.
    #[error("cannot connect to PostgreSQL at {0}")]
    Connect(String),
    /// The server grants no more connections.
    #[error("PostgreSQL refuses further connections at {0}")]
    NoMoreGranted(String),
    /// The encoding of the database does not support every character.
    #[error(
        "the database has the encoding {0}, but must have UTF8. Create it with: CREATE DATABASE name ENCODING 'UTF8' \
         TEMPLATE template0"
    )]
    Encoding(String),
    /// The schema that would be used is not the one with the service's tables.
    #[error("{0}")]
    SearchPath(String),
    /// A statement about a whole database failed.
    #[error("PostgreSQL refuses {0}")]
    Execute(String),
    /// A migration failed.
    #[error("cannot migrate the PostgreSQL database: {0}")]
    Migrate(String),
}

/// The store on PostgreSQL. Clones are the same store.
pub type PostgresStore = SqlStore<PostgresEngine>;

/// A PostgreSQL server, or several of which one accepts writes.
pub struct PostgresEngine {
    target: Target,
    pool: Arc<Pool>,
    /// `None` behind a transaction pooler, where nobody listens.
    teller: Option<Teller>,
    workers: Supervisor,
    /// Where the listening connection reports what others did to sessions.
    news: watch::Sender<Option<Arc<dyn SessionNews>>>,
}

/// Connects to the database at `url`, which [`migrate`] has brought up to date, with a pool of at most `connections`.
/// `prepared` must be `false` behind a transaction pooler: then nothing outlives a transaction, and every call is one.
/// With an `auditor`, each commit that matters to security writes an audit record.
///
/// Of several hosts it uses the one that accepts writes. It connects once, so that a wrong URL is noticed at once, and
/// works on the calling runtime, which must outlive the store.
pub async fn connect(
    url: &str,
    prepared: bool,
    connections: usize,
    auditor: Option<Arc<Auditor>>,
) -> Result<PostgresStore, ConnectError> {
    let target = Target::parse(url, prepared)?;
    let mut first = target.connect().await?;
    check_settings(&target, &mut first.driver).await?;
    // The first that the pool lends, since opening another one would take as long again.
    let (pooled, first) = (target.clone(), Mutex::new(Some(first)));
    let opener = Box::new(move || {
        let (target, first) = (pooled.clone(), first.lock().unwrap_or_else(PoisonError::into_inner).take());
        async move {
            let connection = if let Some(first) = first { Ok(first) } else { target.connect().await };
            connection.map(Connection::from).map_err(OpenError::from)
        }
        .boxed()
    });
    let pool = Pool::new(opener, connections, POOL_TIMEOUT).map_err(ConnectError::Url)?;
    let (pool, outbox, news) = (Arc::new(pool), Arc::new(Notify::new()), watch::Sender::new(None));
    let workers = Supervisor::default();
    // A transaction pooler would pass notifications to whichever client has the connection when they arrive, if to
    // anyone.
    let teller = prepared.then(|| {
        let (target, told, news) = (target.clone(), Arc::downgrade(&outbox), news.subscribe());
        let listen = move || listener::listen(target.clone(), Weak::clone(&told), news.clone());
        tokio::spawn(workers.worker("listener").run(listen));
        Teller::start(Arc::clone(&pool), workers.worker("teller"))
    });
    Ok(SqlStore::new(PostgresEngine { target, pool, teller, workers, news }, outbox, auditor))
}

impl From<ConnectError> for OpenError {
    fn from(error: ConnectError) -> Self {
        match error {
            ConnectError::NoMoreGranted(_) => Self::NoMoreGranted(error.to_string()),
            error => Self::Failed(error.to_string()),
        }
    }
}

/// Checks the settings of the database and the role that a session cannot override.
async fn check_settings(target: &Target, driver: &mut AsyncPgConnection) -> Result<(), ConnectError> {
    demand_utf8(driver).await?;
    if target.names_search_path { Ok(()) } else { schema::demand_one(driver).await }
}

/// Requires UTF-8, so that any text that the domain accepts can be stored.
async fn demand_utf8(driver: &mut AsyncPgConnection) -> Result<(), ConnectError> {
    let failed = |error: diesel::result::Error| ConnectError::Execute(format!("to tell its encoding: {error}"));
    let query =
        "SELECT pg_encoding_to_char(encoding)::text AS line FROM pg_database WHERE datname = current_database()";
    match lines(driver, query).await.map_err(failed)?.pop() {
        Some(encoding) if encoding != "UTF8" => Err(ConnectError::Encoding(encoding)),
        _ => Ok(()),
    }
}

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = sql_types::Text)]
    line: String,
}

impl PostgresEngine {
    /// Opens a separate connection, in the transaction that `how` begins.
    async fn begin(&self, how: &str) -> Result<Connection, StoreError> {
        let opened = self.target.connect().await.map_err(|error| {
            tracing::error!(%error, "cannot connect to the database");
            StoreError::Unavailable
        })?;
        let mut conn = Connection::from(opened);
        conn.batch(&Target::begin(how)).await?;
        Ok(conn)
    }
}

#[async_trait]
impl Engine for PostgresEngine {
    async fn reader(&self) -> Result<Lent, StoreError> {
        self.pool.lend(Purpose::Read).await
    }

    fn begin_call(&self) -> Option<String> {
        (!self.target.prepared).then(|| Target::begin("READ COMMITTED"))
    }

    async fn write(&self, write: Write, purpose: Purpose, by: Instant) -> Result<(), CommitError> {
        work_on(self.pool.lend(purpose).await?, self.begin_call().as_deref(), by, write).await
    }

    /// Creates a table in a file of its own, gone with its transaction. Behind a pooler every call is one transaction,
    /// which would fail for a role that may not create such a table.
    fn take_room(&self) -> Option<&'static str> {
        self.target.prepared.then_some(
            "CREATE TEMPORARY TABLE auth_room ON COMMIT DROP AS SELECT repeat('x', 1000) FROM generate_series(1, 64)",
        )
    }

    async fn begin_snapshot(&self) -> Result<Connection, StoreError> {
        let begun = tokio::time::timeout(SNAPSHOT_TIMEOUT, async {
            let mut conn = self.begin("REPEATABLE READ READ ONLY").await?;
            // However slowly it is read: the endpoint has a deadline of its own.
            conn.batch("SET LOCAL idle_in_transaction_session_timeout = 0").await?;
            Ok(conn)
        });
        begun.await.unwrap_or(Err(StoreError::Unavailable))
    }

    async fn archive_connection(&self) -> Result<Connection, ArchiveError> {
        let failed = |reason: String| ArchiveError::Failed { table: "the database".to_owned(), reason };
        let opened: Result<PostgresConnection, _> = self.target.connect().await;
        opened.map(Connection::from).map_err(|error| failed(error.to_string()))
    }

    fn tell_others(&self) {
        if let Some(teller) = &self.teller {
            teller.tell();
        }
    }

    fn pool_load(&self) -> PoolLoad {
        self.pool.status()
    }

    fn workers(&self) -> Supervisor {
        self.workers.clone()
    }

    fn watch_sessions(&self, news: Arc<dyn SessionNews>) {
        self.news.send_replace(Some(news));
    }

    fn migrations(&self) -> EmbeddedMigrations {
        MIGRATIONS
    }

    fn archive_dialect(&self) -> &'static dyn ArchiveDialect {
        &PostgresArchive
    }
}

/// Brings the database up to date, and returns how many migrations ran. Of any number of processes that start at once,
/// one does it and the others wait. Needs a multi-threaded tokio runtime.
pub async fn migrate(url: &str, prepared: bool) -> Result<usize, ConnectError> {
    migrate_to(url, prepared, None).await
}

/// Brings the schema to `version`, forward or back, such as the one that an export names, or to the newest if it is
/// `None`. Going back drops what the older one has no place for.
pub async fn migrate_to(url: &str, prepared: bool, version: Option<&str>) -> Result<usize, ConnectError> {
    let migrate_error = |error: &dyn std::fmt::Display| ConnectError::Migrate(error.to_string());
    let target = Target::parse(url, prepared)?;
    // Keep all of it: its task ends when its use ends.
    let mut opened = target.connect().await?;
    check_settings(&target, &mut opened.driver).await?;
    if version.is_none() && is_up_to_date(&mut opened.driver).await {
        return Ok(0);
    }
    // A session lock would stay behind in a transaction pooler; a transaction lock ends with the transaction.
    let begin = format!(
        "BEGIN ISOLATION LEVEL READ COMMITTED; SET LOCAL lock_timeout = '120s'; SET LOCAL statement_timeout = 0; \
         SELECT pg_advisory_xact_lock({MIGRATION_LOCK})"
    );
    let begun = AnsiTransactionManager::begin_transaction_sql(&mut opened.driver, &begin).await;
    begun.map_err(|error| migrate_error(&error))?;
    let mut harness = AsyncMigrationHarness::new(opened.driver);
    let done = auth_store::migrate_to(&mut harness, || MIGRATIONS, version).map_err(ConnectError::Migrate)?;
    let mut conn = harness.into_inner();
    AnsiTransactionManager::commit_transaction(&mut conn).await.map_err(|error| migrate_error(&error))?;
    Ok(done)
}

/// Only reads: a role that may only read and write rows can serve what its owner migrated.
async fn is_up_to_date(driver: &mut AsyncPgConnection) -> bool {
    let query = "SELECT version::text AS line FROM __diesel_schema_migrations";
    // Where there is no such table yet, this fails.
    let applied = lines(driver, query).await;
    applied.is_ok_and(|applied| auth_store::is_up_to_date::<Pg>(&MIGRATIONS, &applied))
}

/// Reads in a transaction: outside one, a pooler may send the preparation and the execution to two servers.
async fn lines(driver: &mut AsyncPgConnection, query: &str) -> diesel::QueryResult<Vec<String>> {
    driver.batch_execute("BEGIN ISOLATION LEVEL READ COMMITTED").await?;
    let found = diesel::sql_query(query).load(driver).await;
    driver.batch_execute("ROLLBACK").await?;
    found.map(|found: Vec<Line>| found.into_iter().map(|found| found.line).collect())
}

/// Creates an empty database `name` on the server at `url`. The name must not need quotes.
pub async fn create_database(url: &str, prepared: bool, name: &str) -> Result<(), ConnectError> {
    execute(url, prepared, &format!("CREATE DATABASE {name}")).await
}

/// Drops the database `name` on the server at `url`, even while others are connected to it.
pub async fn drop_database(url: &str, prepared: bool, name: &str) -> Result<(), ConnectError> {
    execute(url, prepared, &format!("DROP DATABASE {name} WITH (FORCE)")).await
}

/// Executes a statement outside a transaction, as it requires.
async fn execute(url: &str, prepared: bool, statement: &str) -> Result<(), ConnectError> {
    let failed = |error: diesel::result::Error| ConnectError::Execute(format!("{statement}: {error}"));
    let mut conn = Target::parse(url, prepared)?.connect().await?;
    if prepared {
        // It copies the template, which may take a while. Through a pooler there is no limit yet.
        conn.driver.batch_execute("SET statement_timeout = 0").await.map_err(failed)?;
    }
    conn.driver.batch_execute(statement).await.map_err(failed)
}
