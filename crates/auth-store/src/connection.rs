//! A connection to either engine. A query's type names no engine until it is run, so the bounds here demand that each
//! query runs on both, and it is written and compiled once.

mod pipeline;

use std::convert::Infallible;
use std::sync::Arc;

use auth_domain::ports::{CommitError, Guard, StoreError};
use diesel::connection::AnsiTransactionManager as BlockingTransactionManager;
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::query_builder::{QueryFragment, QueryId};
use diesel::sqlite::Sqlite;
use diesel_async::methods::LoadQuery;
use diesel_async::pooled_connection::PoolableConnection;
use diesel_async::sync_connection_wrapper::SyncConnectionWrapper;
use diesel_async::{
    AnsiTransactionManager, AsyncConnectionCore, AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection as _,
    TransactionManager as _,
};
use futures_util::future::{BoxFuture, FutureExt as _, TryFutureExt as _, join, join_all};
use tokio::sync::oneshot;

use crate::failure::{Failure, SqlStates, meaning_in_postgres, meaning_in_sqlite};
use crate::prepared::Prepared;
use crate::spawner::Spawner;

/// A connection to SQLite.
pub type SqliteConnection = SyncConnectionWrapper<diesel::SqliteConnection, Spawner>;

const BEGIN: &str = "BEGIN ISOLATION LEVEL READ COMMITTED";

type Managed<C> = <C as diesel_async::AsyncConnection>::TransactionManager;

/// What a statement came to.
pub(crate) type Done<T> = Result<T, CommitError>;

/// A query that either engine answers with rows of `R`.
pub(crate) trait Query<'q, R>:
    for<'c> LoadQuery<'q, &'c AsyncPgConnection, R> + LoadQuery<'q, SqliteConnection, R> + Send + 'q
{
}

impl<'q, R, Q> Query<'q, R> for Q where
    Q: for<'c> LoadQuery<'q, &'c AsyncPgConnection, R> + LoadQuery<'q, SqliteConnection, R> + Send + 'q
{
}

/// A statement that either engine runs.
pub(crate) trait Statement: QueryFragment<Pg> + QueryFragment<Sqlite> + QueryId + Send {}

impl<S> Statement for S where S: QueryFragment<Pg> + QueryFragment<Sqlite> + QueryId + Send {}

/// A connection to PostgreSQL.
pub struct PostgresConnection {
    /// The driver's.
    pub driver: AsyncPgConnection,
    /// What the server told of errors.
    pub sqlstates: SqlStates,
    /// The process id of what serves it; `None` behind a pooler, which has another one for each transaction.
    pub backend: Option<i32>,
    /// Soon after this is dropped the task that moves its bytes ends, whatever the server still owes.
    pub in_use: oneshot::Sender<Infallible>,
}

enum Engine {
    /// Shared while statements are sent without waiting for each other's answers.
    Postgres(Arc<PostgresConnection>),
    Sqlite(SqliteConnection),
}

/// A connection to either engine.
pub struct Connection {
    engine: Engine,
    /// It is to be closed, not used again.
    broken: bool,
    /// Its server was found to only read.
    read_only: bool,
    /// It is one of several handles of one connection.
    is_handle: bool,
    /// Of a handle: what the log would say of its failure, where that is not the consequence of another one's.
    complaint: Option<Complaint>,
}

/// What the log says of a failure.
struct Complaint {
    error: String,
    sqlstate: String,
    /// Of what nobody expects: the type of the rows that were asked for. Of a value that has the wrong type the driver names
    /// the column alone; the type names the table.
    rows: Option<&'static str>,
}

impl Complaint {
    fn of<T>(meaning: CommitError, error: &diesel::result::Error, sqlstate: String) -> Option<Self> {
        let rows = match meaning {
            CommitError::Store(StoreError::Failed) => Some(std::any::type_name::<T>()),
            CommitError::Store(_) => None,
            CommitError::Conflict(_) | CommitError::Duplicate(_) => return None,
        };
        Some(Self { error: error.to_string(), sqlstate, rows })
    }

    fn log(self) {
        let Self { error, sqlstate, rows } = self;
        match rows {
            Some(rows) => tracing::error!(error, sqlstate, rows, "the database failed"),
            None => tracing::error!(error, sqlstate, "the database cannot be used"),
        }
    }
}

impl From<PostgresConnection> for Connection {
    fn from(connection: PostgresConnection) -> Self {
        Self::of(Engine::Postgres(Arc::new(connection)))
    }
}

impl From<SqliteConnection> for Connection {
    fn from(connection: SqliteConnection) -> Self {
        Self::of(Engine::Sqlite(connection))
    }
}

impl Connection {
    const fn of(engine: Engine) -> Self {
        Self { engine, broken: false, read_only: false, is_handle: false, complaint: None }
    }

    /// Whether it may be used again: it is open, and in no transaction.
    pub fn is_reusable(&mut self) -> bool {
        !self.broken && matches!(self.is_in_transaction(), Ok(false)) && !self.is_closed()
    }

    fn is_closed(&mut self) -> bool {
        match &mut self.engine {
            Engine::Postgres(connection) => {
                Arc::get_mut(connection).is_none_or(|connection| PoolableConnection::is_broken(&mut connection.driver))
            }
            Engine::Sqlite(_) => false,
        }
    }

    /// The process id of what serves it in PostgreSQL.
    pub(crate) fn backend(&self) -> Option<i32> {
        match &self.engine {
            Engine::Postgres(connection) => connection.backend,
            Engine::Sqlite(_) => None,
        }
    }

    /// Whether its server was found to only read since this was asked last.
    pub(crate) const fn was_found_read_only(&mut self) -> bool {
        std::mem::replace(&mut self.read_only, false)
    }

    /// Whether its server takes writes.
    pub(crate) async fn is_writable(&mut self) -> Done<bool> {
        let query = "SELECT count(*) AS count WHERE current_setting('transaction_read_only') = 'off'";
        let Count { count } = self.one(diesel::sql_query(query)).await?;
        Ok(count > 0)
    }

    /// Whether that backend is at work. On another server, a new primary say, the number may be anybody's: only what works
    /// for this service counts.
    pub(crate) async fn is_at_work(&mut self, backend: i32) -> Done<bool> {
        let query = format!(
            "SELECT count(*) AS count FROM pg_stat_activity WHERE pid = {backend} AND state = 'active' \
             AND datname = current_database() AND usename = current_user AND backend_type = 'client backend'"
        );
        let Count { count } = self.one(diesel::sql_query(query)).await?;
        Ok(count > 0)
    }

    /// Ends a transaction that was begun where the connection was lent, by how the work went.
    pub async fn end_lent_transaction(&mut self, succeeded: bool) -> Result<(), StoreError> {
        if self.broken || !self.is_in_transaction().unwrap_or(true) {
            return Ok(());
        }
        let ended = if succeeded { self.commit().await } else { self.roll_back().await };
        ended.map_err(as_store_error)
    }

    fn is_in_transaction(&mut self) -> QueryResult<bool> {
        let depth = match &mut self.engine {
            Engine::Postgres(connection) => {
                let driver = &mut alone(connection)?.driver;
                Managed::<AsyncPgConnection>::transaction_manager_status_mut(driver).transaction_depth()
            }
            Engine::Sqlite(connection) => {
                Managed::<SqliteConnection>::transaction_manager_status_mut(connection).transaction_depth()
            }
        };
        Ok(depth?.is_some())
    }

    /// Says what an error means, and whether the connection may be used again.
    fn judge<T>(&mut self, result: QueryResult<T>) -> Done<T> {
        let error = match result {
            Ok(value) => return Ok(value),
            Err(error) => error,
        };
        let failure = match &mut self.engine {
            Engine::Postgres(connection) if self.is_handle => {
                meaning_in_postgres(&error, connection.sqlstates.known_first())
            }
            Engine::Postgres(connection) => meaning_in_postgres(&error, connection.sqlstates.take_last()),
            Engine::Sqlite(_) => meaning_in_sqlite(&error),
        };
        let Failure { meaning, connection_is_gone, read_only, sqlstate } = failure;
        self.broken |= connection_is_gone;
        self.read_only |= read_only;
        self.complaint = Complaint::of::<T>(meaning, &error, sqlstate);
        if !self.is_handle {
            self.complain();
        }
        Err(meaning)
    }

    /// Logs what was found wrong last.
    fn complain(&mut self) {
        if let Some(complaint) = self.complaint.take() {
            complaint.log();
        }
    }

    /// Returns every row that `query` finds.
    pub(crate) fn load<'c, 'q: 'c, Q, R>(&'c mut self, query: Q) -> BoxFuture<'c, Done<Vec<R>>>
    where
        R: Send + 'c,
        Q: Query<'q, R>,
    {
        async move {
            let rows = self.load_told(query).await;
            self.judge(rows)
        }
        .boxed()
    }

    /// As [`Self::load`], with the error in the database's words: for an operator who copies a whole database.
    pub(crate) fn load_told<'c, 'q: 'c, Q, R>(&'c mut self, query: Q) -> BoxFuture<'c, QueryResult<Vec<R>>>
    where
        R: Send + 'c,
        Q: Query<'q, R>,
    {
        match &mut self.engine {
            Engine::Postgres(connection) => {
                async move { RunQueryDsl::load(query, &mut &connection.driver).await }.boxed()
            }
            Engine::Sqlite(connection) => RunQueryDsl::load(query, connection).boxed(),
        }
    }

    /// Returns the one row that `query` finds, if any.
    pub(crate) fn find<'c, 'q: 'c, Q, R>(&'c mut self, query: Q) -> BoxFuture<'c, Done<Option<R>>>
    where
        R: Send + 'c,
        Q: Query<'q, R>,
    {
        self.load(query).map_ok(|mut rows| rows.pop()).boxed()
    }

    /// Returns the one row that `query` always finds.
    pub(crate) fn one<'c, 'q: 'c, Q, R>(&'c mut self, query: Q) -> BoxFuture<'c, Done<R>>
    where
        R: Send + 'c,
        Q: Query<'q, R>,
    {
        async move {
            let row = self.find(query).await?;
            row.map_or_else(|| self.judge(Err(diesel::result::Error::NotFound)), Ok)
        }
        .boxed()
    }

    /// Runs a statement and returns how many rows it touched.
    pub(crate) fn execute<'c, 'q: 'c, Q>(&'c mut self, statement: Q) -> BoxFuture<'c, Done<usize>>
    where
        Q: Statement + 'q,
    {
        async move {
            let rows = self.execute_told(statement).await;
            self.judge(rows)
        }
        .boxed()
    }

    /// As [`Self::execute`], with the error in the database's words.
    pub(crate) fn execute_told<'c, 'q: 'c, Q>(&'c mut self, statement: Q) -> BoxFuture<'c, QueryResult<usize>>
    where
        Q: Statement + 'q,
    {
        let statement = Prepared(statement);
        match &mut self.engine {
            Engine::Postgres(connection) => {
                AsyncConnectionCore::execute_returning_count(&mut &connection.driver, statement)
            }
            Engine::Sqlite(connection) => AsyncConnectionCore::execute_returning_count(connection, statement),
        }
    }

    /// As [`Self::load`], where PostgreSQL locks the rows: SQLite has one writer at a time, so what it reads is locked.
    pub(crate) fn load_locked<'c, 'q: 'c, P, L, R>(&'c mut self, postgres: P, sqlite: L) -> BoxFuture<'c, Done<Vec<R>>>
    where
        R: Send + 'c,
        P: for<'p> LoadQuery<'q, &'p AsyncPgConnection, R> + Send + 'q,
        L: LoadQuery<'q, SqliteConnection, R> + Send + 'q,
    {
        async move {
            let rows = match &mut self.engine {
                Engine::Postgres(connection) => postgres.load(&mut &connection.driver).await,
                Engine::Sqlite(connection) => sqlite.load(connection).await,
            };
            self.judge(rows)
        }
        .boxed()
    }

    /// As [`Self::execute`], for a statement that reads rows which PostgreSQL locks.
    pub(crate) fn execute_locked<'c, 'q: 'c, P, L>(&'c mut self, postgres: P, sqlite: L) -> BoxFuture<'c, Done<usize>>
    where
        P: QueryFragment<Pg> + QueryId + Send + 'q,
        L: QueryFragment<Sqlite> + QueryId + Send + 'q,
    {
        async move {
            let rows = match &mut self.engine {
                Engine::Postgres(connection) => Prepared(postgres).execute(&mut &connection.driver).await,
                Engine::Sqlite(connection) => Prepared(sqlite).execute(connection).await,
            };
            self.judge(rows)
        }
        .boxed()
    }

    /// Runs statements that answer nothing.
    pub async fn batch(&mut self, statements: &str) -> Result<(), StoreError> {
        self.batch_execute(statements).await.map_err(as_store_error)
    }

    async fn batch_execute(&mut self, statements: &str) -> Done<()> {
        let done = self.batch_told(statements).await;
        self.judge(done)
    }

    /// As [`Self::batch`], with the error in the database's words.
    pub async fn batch_told(&mut self, statements: &str) -> QueryResult<()> {
        match &mut self.engine {
            Engine::Postgres(connection) => (&mut &connection.driver).batch_execute(statements).await,
            Engine::Sqlite(connection) => connection.batch_execute(statements).await,
        }
    }

    /// Returns what SQLite counts the commits of other connections by: another number says that there was one.
    pub async fn data_version(&mut self) -> Result<i64, CommitError> {
        let version = match &mut self.engine {
            Engine::Postgres(_) => Err(diesel::result::Error::NotFound),
            Engine::Sqlite(connection) => {
                let query = diesel::sql_query("PRAGMA data_version");
                RunQueryDsl::get_result(query, connection).await.map(|DataVersion { data_version }| data_version)
            }
        };
        self.judge(version)
    }

    /// Begins a transaction with this statement.
    pub async fn begin_with(&mut self, begin: &str) -> Result<(), StoreError> {
        self.begin_sql(begin).await.map_err(as_store_error)
    }

    async fn begin_sql(&mut self, begin: &str) -> Done<()> {
        let begun = match &mut self.engine {
            Engine::Postgres(connection) => match alone(connection) {
                Ok(connection) => AnsiTransactionManager::begin_transaction_sql(&mut connection.driver, begin).await,
                Err(error) => Err(error),
            },
            Engine::Sqlite(connection) => {
                let begin = begin.to_owned();
                let begin = move |blocking: &mut diesel::SqliteConnection| {
                    BlockingTransactionManager::begin_transaction_sql(blocking, &begin)
                };
                connection.spawn_blocking(begin).await
            }
        };
        self.judge(begun)
    }

    /// Begins a transaction that writes, where the connection was not lent in one. Tells whether it did: that one is to
    /// be ended with [`Self::end`].
    pub(crate) async fn begin(&mut self) -> Done<Begun> {
        if self.is_in_transaction().unwrap_or(false) {
            return Ok(Begun(false));
        }
        // A deferred transaction of SQLite that turns into a writer fails at once when another one is writing.
        let begin = match &self.engine {
            Engine::Postgres(_) => BEGIN,
            Engine::Sqlite(_) => "BEGIN IMMEDIATE",
        };
        self.begin_sql(begin).await.map(|()| Begun(true))
    }

    /// Ends what [`Self::begin`] began, by how the work went.
    pub(crate) async fn end<T>(&mut self, Begun(begun): Begun, done: Done<T>) -> Done<T> {
        if !begun {
            return done;
        }
        match done {
            Ok(value) => self.commit().await.map(|()| value),
            Err(error) => {
                // When that fails too, the connection is of no use any more, and what is told is why the work failed.
                self.broken |= !self.broken && self.roll_back().await.is_err();
                Err(error)
            }
        }
    }

    /// Commits what [`Self::begin_with`] began. It fails too where the engine has undone that by itself.
    pub async fn commit(&mut self) -> Result<(), CommitError> {
        let done = match &mut self.engine {
            Engine::Postgres(connection) => match alone(connection) {
                Ok(connection) => Managed::<AsyncPgConnection>::commit_transaction(&mut connection.driver).await,
                Err(error) => Err(error),
            },
            Engine::Sqlite(connection) => Managed::<SqliteConnection>::commit_transaction(connection).await,
        };
        self.judge(done)
    }

    async fn roll_back(&mut self) -> Done<()> {
        let done = match &mut self.engine {
            Engine::Postgres(connection) => match alone(connection) {
                Ok(connection) => Managed::<AsyncPgConnection>::rollback_transaction(&mut connection.driver).await,
                Err(error) => Err(error),
            },
            Engine::Sqlite(connection) => Managed::<SqliteConnection>::rollback_transaction(connection).await,
        };
        self.judge(done)
    }
}

/// The connection, where no handle shares it.
fn alone(connection: &mut Arc<PostgresConnection>) -> QueryResult<&mut PostgresConnection> {
    Arc::get_mut(connection).ok_or(diesel::result::Error::BrokenTransactionManager)
}

/// Whether a transaction was begun here, or one was begun before.
#[must_use]
pub(crate) struct Begun(bool);

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    count: i64,
}

#[derive(QueryableByName)]
struct DataVersion {
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    data_version: i64,
}

/// What a failure means to somebody who only reads: nothing is in the way of a read but the database itself.
pub(crate) fn as_store_error(error: CommitError) -> StoreError {
    match error {
        CommitError::Store(error) => error,
        // Undone for another one's sake: it may be asked again.
        CommitError::Conflict(Guard::Alone) => StoreError::Unavailable,
        CommitError::Conflict(_) | CommitError::Duplicate(_) => StoreError::Failed,
    }
}

/// The columns of a row, whatever the engine.
pub(crate) fn columns<T, E>() -> E
where
    T: Selectable<Pg, SelectExpression = E> + Selectable<Sqlite, SelectExpression = E>,
{
    <T as Selectable<Pg>>::construct_selection()
}
