//! The database engine of the settings. Nothing else asks which one it is.

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

/// An open database, as a store and as a whole.
#[derive(Clone)]
pub(crate) struct Opened {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) archive: Arc<dyn Archive>,
    /// The background workers of the engine.
    pub(crate) workers: Supervisor,
    sqlite: Option<SqliteStore>,
}

impl Opened {
    /// Finishes what was begun. An SQLite database is then in its file alone; a PostgreSQL server sees the connections
    /// end with this process. Dropping it without calling this is safe.
    pub(crate) async fn close(&self) {
        if let Some(sqlite) = &self.sqlite {
            sqlite.close().await;
        }
    }

    /// Has an SQLite file checked now and every day.
    pub(crate) fn watch_file(&self) {
        if let Some(sqlite) = &self.sqlite {
            sqlite.watch_file();
        }
    }

    /// Refuses a database into which a move has not finished: it is incomplete.
    pub(crate) async fn require_whole(&self) -> Result<(), Failure> {
        match self.store.find_maintenance(Maintenance::UnfinishedMove).await? {
            None => Ok(()),
            Some(_) => Err("a move into this database has not finished: data is missing".into()),
        }
    }
}

impl Database {
    /// Claims the database for one service if only one may serve it, as with an SQLite file. Commands need no claim.
    pub(crate) fn claim(&self) -> Result<Option<Claim>, Failure> {
        let Self::Sqlite(path) = self else { return Ok(None) };
        make_folder_of(path)?;
        Ok(Some(auth_sqlite::claim(path)?))
    }

    /// Runs the missing migrations, and creates an SQLite database if there is none. With a `version`, brings the
    /// schema to that version, forward or back. Returns how many migrations ran.
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

    /// Opens the database, which must exist.
    pub(crate) async fn open(&self) -> Result<Opened, Failure> {
        self.open_for(Arc::new(CommandLine), None).await
    }

    /// Opens the database. `context` tells the audit trail who made a commit, and `news` learns what others do to
    /// sessions.
    pub(crate) async fn open_for(
        &self,
        context: Arc<dyn AuditContextSource>,
        news: Option<Arc<dyn SessionNews>>,
    ) -> Result<Opened, Failure> {
        let auditor = Arc::new(auditor(context));
        Ok(match self {
            // SQLite would create an empty database, which `serve` would then refuse because it has no master key.
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

/// Creates the auditor, to which `context` tells who made a commit.
fn auditor(context: Arc<dyn AuditContextSource>) -> Auditor {
    Auditor { context, clock: Arc::new(SystemClock), entropy: Arc::new(SystemEntropy) }
}

/// The context of commands: the operator who runs one.
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
