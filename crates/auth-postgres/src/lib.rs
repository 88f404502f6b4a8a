//! The `Store` port on PostgreSQL 15 or newer.
//!
//! The queries are in `crates/store-queries`, shared with `auth-sqlite`.

mod archive_sql;
mod dialect;
#[path = "../../store-queries/mod.rs"]
mod queries;
mod tls;

use std::net::IpAddr;
use std::str::FromStr as _;
use std::sync::{Arc, Weak};
use std::time::Duration;

use auth_domain::audit::Auditor;
use auth_domain::load::PoolLoad;
use auth_domain::ports::{ArchiveError, StoreUnavailable};
use diesel_async::pooled_connection::deadpool::{Object, Pool};
use diesel_async::pooled_connection::{AsyncDieselConnectionManager, ManagerConfig, RecyclingMethod};
use diesel_async::{AsyncMigrationHarness, SimpleAsyncConnection as _};
use diesel_migrations::{EmbeddedMigrations, embed_migrations};
use futures_util::StreamExt as _;
use tokio::runtime::Handle;
use tokio::sync::{Notify, Semaphore};
use tokio_postgres::config::{Host, SslMode};
use tokio_postgres::{Config, NoTls};
use tokio_postgres_rustls::MakeRustlsConnect;

use dialect::Connection;
use queries::reads::unavailable;
use tls::Mode;

const MIGRATIONS: EmbeddedMigrations = embed_migrations!("../../migrations/postgres");
/// The advisory lock that migrations are run under: `auth-mig` in ASCII.
const MIGRATION_LOCK: i64 = 0x6175_7468_2d6d_6967;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
const POOL_TIMEOUT: Duration = Duration::from_secs(3);
/// No statement of a request takes long; one that does is stuck.
const SESSION_SETTINGS: &str =
    "SET statement_timeout = '10s'; SET lock_timeout = '5s'; SET idle_in_transaction_session_timeout = '60s'";
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
    /// No connection.
    #[error("cannot connect to PostgreSQL at {place}: {reason}")]
    Connect {
        /// Host and database, without secrets.
        place: String,
        /// The driver's words.
        reason: String,
    },
    /// A migration failed.
    #[error("cannot bring the PostgreSQL database up to date: {0}")]
    Migrate(String),
}

/// Where the database is, and how it is spoken to.
#[derive(Clone)]
struct Target {
    config: Config,
    /// `None`: in clear.
    tls: Option<MakeRustlsConnect>,
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
    /// A pool of at most `connections` to the database at `url`, which [`migrate`] brought up to date.
    /// Connects once, so that a wrong URL is known at once. Works on the calling runtime from then on,
    /// which must outlive it.
    pub async fn connect(url: &str, connections: usize) -> Result<Self, ConnectError> {
        let target = parse(url)?;
        connect(&target).await?;
        let mut manager = ManagerConfig::<Connection>::default();
        // Checks that the connection is open and in no transaction, without a round trip.
        manager.recycling_method = RecyclingMethod::Fast;
        let pooled = target.clone();
        manager.custom_setup = Box::new(move |_url| {
            let target = pooled.clone();
            Box::pin(async move {
                connect(&target).await.map_err(|error| diesel::ConnectionError::BadConnection(error.to_string()))
            })
        });
        let pool = Pool::builder(AsyncDieselConnectionManager::new_with_config("", manager))
            .max_size(connections)
            .wait_timeout(Some(POOL_TIMEOUT))
            .create_timeout(Some(CONNECT_TIMEOUT))
            .runtime(deadpool::Runtime::Tokio1)
            .build()
            .map_err(|error| ConnectError::Url(error.to_string()))?;
        let outbox = Arc::new(Notify::new());
        tokio::spawn(listen(target.clone(), Arc::downgrade(&outbox)));
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
        self.pool.get().await.map_err(unavailable)
    }

    pub(crate) async fn writer(&self) -> Result<Object<Connection>, StoreUnavailable> {
        self.reader().await
    }

    /// A connection of its own for one who reads or writes a great deal, however long that takes.
    pub(crate) async fn archive_connection(&self) -> Result<Connection, ArchiveError> {
        let failed = |reason: String| ArchiveError::Failed { table: "the database".to_owned(), reason };
        let mut conn = connect(&self.target).await.map_err(|error| failed(error.to_string()))?;
        let patient = "SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 0";
        conn.batch_execute(patient).await.map_err(|error| failed(error.to_string()))?;
        Ok(conn)
    }

    /// A connection of its own in a read transaction with one snapshot.
    pub(crate) async fn begin_snapshot(&self) -> Result<Connection, StoreUnavailable> {
        let mut conn = connect(&self.target).await.map_err(unavailable)?;
        // However slowly its reader reads: the endpoint has a deadline of its own.
        let begin = "SET idle_in_transaction_session_timeout = 0; BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
        conn.batch_execute(begin).await.map_err(unavailable)?;
        Ok(conn)
    }
}

/// Passes on what other nodes notify, on a connection of its own, until the store is dropped. While that connection
/// is away, or a pooler in between swallows notifications, workers find what is due a little later by looking.
async fn listen(target: Target, outbox: Weak<Notify>) {
    while outbox.strong_count() > 0 {
        if let Ok(mut conn) = connect(&target).await
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

/// Never in clear over a network by default, and never to whoever answers there.
fn parse(url: &str) -> Result<Target, ConnectError> {
    let asked = tls::asked(url).map_err(ConnectError::Tls)?;
    let mut config = Config::from_str(&asked.url).map_err(|error| ConnectError::Url(chain(&error)))?;
    let local = config.get_hosts().iter().all(is_local);
    let mode = asked.mode.unwrap_or(if local { Mode::Disable } else { Mode::VerifyFull });
    let tls = match mode {
        Mode::Disable => None,
        mode => {
            let client = tls::client(mode, asked.roots.as_deref()).map_err(ConnectError::Tls)?;
            Some(MakeRustlsConnect::new(client))
        }
    };
    config.ssl_mode(if tls.is_some() { SslMode::Require } else { SslMode::Disable });
    config.connect_timeout(CONNECT_TIMEOUT);
    config.tcp_user_timeout(Duration::from_secs(10));
    config.keepalives_idle(Duration::from_secs(30));
    if config.get_application_name().is_none() {
        config.application_name("auth-server");
    }
    Ok(Target { config, tls })
}

fn is_local(host: &Host) -> bool {
    match host {
        Host::Unix(_) => true,
        Host::Tcp(name) => name == "localhost" || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback()),
    }
}

async fn connect(Target { config, tls }: &Target) -> Result<Connection, ConnectError> {
    let failed = |reason: String| ConnectError::Connect { place: place(config), reason };
    let refused = |error: tokio_postgres::Error| failed(chain(&error));
    let connected = match tls {
        Some(tls) => {
            let (client, driver) = config.connect(tls.clone()).await.map_err(refused)?;
            Connection::try_from_client_and_connection(client, driver).await
        }
        None => {
            let (client, driver) = config.connect(NoTls).await.map_err(refused)?;
            Connection::try_from_client_and_connection(client, driver).await
        }
    };
    let mut conn = connected.map_err(|error| failed(error.to_string()))?;
    conn.batch_execute(SESSION_SETTINGS).await.map_err(|error| failed(error.to_string()))?;
    Ok(conn)
}

fn place(config: &Config) -> String {
    let hosts: Vec<String> = config.get_hosts().iter().map(|host| format!("{host:?}")).collect();
    let ports: Vec<String> = config.get_ports().iter().map(u16::to_string).collect();
    format!("{} port {} database {:?}", hosts.join(","), ports.join(","), config.get_dbname().unwrap_or_default())
}

/// The driver hides the cause ("connection refused") behind "error connecting to server".
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}

/// Brings the database up to date; answers how many migrations ran. Of any number of processes that
/// start at once one does it, the others wait. Needs a multi-threaded tokio runtime.
pub async fn migrate(url: &str) -> Result<usize, ConnectError> {
    migrate_to(url, None).await
}

/// The same to `version` of the schema, back or forth: the one that an export names. `None`: the newest. Going back
/// drops what the older one has no place for.
pub async fn migrate_to(url: &str, version: Option<&str>) -> Result<usize, ConnectError> {
    let migrate_error = |error: &dyn std::fmt::Display| ConnectError::Migrate(error.to_string());
    let mut conn = connect(&parse(url)?).await?;
    let lock =
        format!("SET lock_timeout = '120s'; SET statement_timeout = 0; SELECT pg_advisory_lock({MIGRATION_LOCK})");
    conn.batch_execute(&lock).await.map_err(|error| migrate_error(&error))?;
    // Closing the connection gives the lock back.
    let mut harness = AsyncMigrationHarness::new(conn);
    queries::migrations::migrate_to(&mut harness, || MIGRATIONS, version).map_err(ConnectError::Migrate)
}

/// Makes an empty database `name` on the server at `url`. The name must be one that needs no quotes.
pub async fn create_database(url: &str, name: &str) -> Result<(), ConnectError> {
    execute(url, &format!("CREATE DATABASE {name}")).await
}

/// Drops the database `name` on the server at `url`, whoever is connected to it.
pub async fn drop_database(url: &str, name: &str) -> Result<(), ConnectError> {
    execute(url, &format!("DROP DATABASE {name} WITH (FORCE)")).await
}

async fn execute(url: &str, statement: &str) -> Result<(), ConnectError> {
    let target = parse(url)?;
    let failed = |error: diesel::result::Error| ConnectError::Connect {
        place: place(&target.config),
        reason: format!("{statement}: {error}"),
    };
    let mut conn = connect(&target).await?;
    // It copies the template, which may take a while.
    let settings = "SET statement_timeout = 0";
    conn.batch_execute(settings).await.map_err(failed)?;
    conn.batch_execute(statement).await.map_err(failed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn over_a_network_tls_is_spoken_unasked() {
        let tls = |url: &str| parse(url).unwrap().tls.is_some();
        for here in ["localhost", "127.0.0.1", "%2Frun%2Fpostgresql", "localhost:1,127.0.0.1:2"] {
            assert!(!tls(&format!("postgres://u:p@{here}/d")), "{here}");
            assert!(tls(&format!("postgres://u:p@{here}/d?sslmode=require")), "{here}");
        }
        for away in ["db.example.org", "192.0.2.1", "localhost:1,192.0.2.1:2"] {
            assert!(tls(&format!("postgres://u:p@{away}/d")), "{away}");
            assert!(!tls(&format!("postgres://u:p@{away}/d?sslmode=disable")), "{away}");
        }
    }
}
