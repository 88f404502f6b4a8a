//! Which engine: the only place that asks.

use std::path::Path;
use std::sync::Arc;

use auth_crypto::{SystemClock, SystemEntropy};
use auth_domain::audit::{Actor, AuditContext, Auditor};
use auth_domain::maintenance::Maintenance;
use auth_domain::ports::{Archive, AuditContextSource, SessionNews, Store};
use auth_sqlite::{Claim, SqliteStore};
use supervisor::Supervisor;

use crate::Failure;
use crate::secret_key::make_dir;
use crate::settings::{Database, PostgresOptions};

/// A database that is open: to its users, and as a whole.
#[derive(Clone)]
pub(crate) struct Opened {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) archive: Arc<dyn Archive>,
    /// What the engine does in the background.
    pub(crate) workers: Supervisor,
    sqlite: Option<SqliteStore>,
}

impl Opened {
    /// Finishes what was begun. Then the file alone is the database, where it is one of SQLite; a server of PostgreSQL sees
    /// connections end with their process. Whoever only drops it need not ask for that.
    pub(crate) async fn close(&self) {
        if let Some(sqlite) = &self.sqlite {
            sqlite.close().await;
        }
    }

    /// Has the file of SQLite checked now and every day.
    pub(crate) fn watch_file(&self) {
        if let Some(sqlite) = &self.sqlite {
            sqlite.watch_file();
        }
    }

    /// Refuses a database that a move into it did not finish: it does not hold everything.
    pub(crate) async fn require_whole(&self) -> Result<(), Failure> {
        match self.store.find_maintenance(Maintenance::UnfinishedMove).await? {
            None => Ok(()),
            Some(_) => Err("a move into this database has not finished: data is missing".into()),
        }
    }
}

impl Database {
    /// Claims it for one service, where only one may serve it: a file of SQLite. Commands beside it need no claim.
    pub(crate) fn claim(&self) -> Result<Option<Claim>, Failure> {
        let Self::Sqlite(path) = self else { return Ok(None) };
        make_folder_of(path)?;
        Ok(Some(auth_sqlite::claim(path)?))
    }

    /// Runs the migrations that have not run; makes a database of SQLite where there is none. With a `version`: brings
    /// the schema to that one, back or forth. Answers how many migrations that took.
    pub(crate) async fn migrate_to(&self, version: Option<&str>) -> Result<usize, Failure> {
        match self {
            Self::Sqlite(path) => {
                make_folder_of(path)?;
                Ok(auth_sqlite::migrate_to(path, version).await?)
            }
            Self::Postgres { url, options } => {
                Ok(auth_postgres::migrate_to(url, options.prepared, version).await.map_err(url_hint)?)
            }
        }
    }

    /// Opens it. It must be there; nothing is made.
    pub(crate) async fn open(&self) -> Result<Opened, Failure> {
        self.open_for(Arc::new(CommandLine), None).await
    }

    /// Opens it; the audit trail tells where `context` says that a commit comes from. `news` is told what others do to
    /// sessions.
    pub(crate) async fn open_for(
        &self,
        context: Arc<dyn AuditContextSource>,
        news: Option<Arc<dyn SessionNews>>,
    ) -> Result<Opened, Failure> {
        let auditor = Arc::new(auditor(context));
        Ok(match self {
            // SQLite would make an empty one, which `serve` would then refuse: it has no master key.
            Self::Sqlite(path) if !path.exists() => {
                let hint = "start the server once, or set AUTH_DATA_DIR or AUTH_DATABASE_URL to where it is";
                return Err(format!("there is no database at {}: {hint}", path.display()).into());
            }
            Self::Sqlite(path) => {
                let sqlite = auth_sqlite::open(path, Some(auditor)).await?;
                news.into_iter().for_each(|news| sqlite.watch_sessions(news));
                Opened { sqlite: Some(sqlite.clone()), ..opened(sqlite.clone(), sqlite.workers()) }
            }
            Self::Postgres { url, options: PostgresOptions { prepared, connections } } => {
                let store = auth_postgres::connect(url, *prepared, *connections, Some(auditor)).await;
                let store = store.map_err(url_hint)?;
                news.into_iter().for_each(|news| store.watch_sessions(news));
                let workers = store.workers();
                opened(store, workers)
            }
        })
    }
}

fn make_folder_of(path: &Path) -> Result<(), Failure> {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).map_or(Ok(()), make_dir)
}

/// Makes what notes in the audit trail where `context` says that a commit comes from.
fn auditor(context: Arc<dyn AuditContextSource>) -> Auditor {
    Auditor { context, clock: Arc::new(SystemClock), entropy: Arc::new(SystemEntropy) }
}

/// The context of commands: whoever runs one.
struct CommandLine;

impl AuditContextSource for CommandLine {
    fn current(&self) -> AuditContext {
        AuditContext { actor: Actor::Operator, network: None, request_id: None }
    }
}

fn opened<S: Store + Archive + Clone + 'static>(store: S, workers: Supervisor) -> Opened {
    Opened { store: Arc::new(store.clone()), archive: Arc::new(store), workers, sqlite: None }
}

fn url_hint(error: auth_postgres::ConnectError) -> Failure {
    format!("AUTH_DATABASE_URL: {error}").into()
}
