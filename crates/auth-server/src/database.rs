//! Which engine: the only place that asks.

use std::sync::Arc;

use auth_crypto::{SystemClock, SystemEntropy};
use auth_domain::audit::{Actor, Auditor, Origin};
use auth_domain::ports::{Archive, RequestOrigin, Store};
use auth_postgres::PostgresStore;
use auth_sqlite::SqliteStore;

use crate::Failure;
use crate::secret_key::make_dir;
use crate::settings::Database;

/// A database that is open: to its users, and as a whole.
#[derive(Clone)]
pub(crate) struct Opened {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) archive: Arc<dyn Archive>,
}

impl Database {
    /// Runs the migrations that have not run; makes a database of SQLite where there is none. With a `version`: brings
    /// the schema to that one, back or forth. Answers how many migrations that took.
    pub(crate) async fn migrate_to(&self, version: Option<&str>) -> Result<usize, Failure> {
        match self {
            Self::Sqlite(path) => {
                if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
                    make_dir(folder)?;
                }
                Ok(auth_sqlite::migrate_to(path, version).await?)
            }
            Self::Postgres { url, prepared } => {
                Ok(auth_postgres::migrate_to(url, *prepared, version).await.map_err(url_hint)?)
            }
        }
    }

    /// Opens it. It must be there; nothing is made.
    pub(crate) async fn open(&self) -> Result<Opened, Failure> {
        self.open_for(Arc::new(CommandLine)).await
    }

    /// The same; the audit trail tells where `origin` says that a commit comes from.
    pub(crate) async fn open_for(&self, origin: Arc<dyn RequestOrigin>) -> Result<Opened, Failure> {
        let auditor = Arc::new(auditor(origin));
        Ok(match self {
            // SQLite would make an empty one, which `serve` would then refuse: it has no master key.
            Self::Sqlite(path) if !path.exists() => {
                let hint = "start the server once, or say where it is with AUTH_DATA_DIR or AUTH_DATABASE_URL";
                return Err(format!("there is no database at {}: {hint}", path.display()).into());
            }
            Self::Sqlite(path) => opened(SqliteStore::open(path).await?.audited(auditor)),
            Self::Postgres { url, prepared } => {
                let connections =
                    std::thread::available_parallelism().map_or(8, |cores| (4 * cores.get()).clamp(8, 32));
                opened(PostgresStore::connect(url, *prepared, connections).await.map_err(url_hint)?.audited(auditor))
            }
        })
    }
}

/// Notes in the audit trail what `origin` says.
pub(crate) fn auditor(origin: Arc<dyn RequestOrigin>) -> Auditor {
    Auditor { origin, clock: Arc::new(SystemClock), entropy: Arc::new(SystemEntropy) }
}

/// Whoever runs a command.
struct CommandLine;

impl RequestOrigin for CommandLine {
    fn current(&self) -> Origin {
        Origin { actor: Actor::Operator, network: None, request_id: None }
    }
}

fn opened<S: Store + Archive + Clone + 'static>(store: S) -> Opened {
    Opened { store: Arc::new(store.clone()), archive: Arc::new(store) }
}

fn url_hint(error: auth_postgres::ConnectError) -> Failure {
    format!("AUTH_DATABASE_URL: {error}").into()
}
