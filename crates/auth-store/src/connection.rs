//! A connection to either engine. The type of a query names no engine until it runs, so the bounds here require that
//! each query runs on both: it is written and compiled once.

mod complaint;
mod pipeline;
mod transactions;

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
use futures_util::future::{BoxFuture, FutureExt as _, TryFutureExt as _, join, join_all, join3};
use tokio::sync::oneshot;

use self::complaint::Complaint;
use self::transactions::alone;
use crate::failure::{Failure, SqlStates, meaning_in_postgres, meaning_in_sqlite};
use crate::heard::Heard;
use crate::prepared::Prepared;
use crate::spawner::Spawner;

/// A connection to SQLite.
pub type SqliteConnection = SyncConnectionWrapper<diesel::SqliteConnection, Spawner>;

type Managed<C> = <C as diesel_async::AsyncConnection>::TransactionManager;

/// The result of a statement.
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
    /// The connection of the driver.
    pub driver: AsyncPgConnection,
    /// The SQLSTATEs that the server reported.
    pub sqlstates: SqlStates,
    /// When something last arrived from the server.
    pub heard: Heard,
    /// The process id that serves it; `None` behind a pooler, which uses another one for each transaction.
    pub backend: Option<i32>,
    /// Whether rows may be spread over several servers by account: Citus is installed.
    pub spread: bool,
    /// Soon after this is dropped, the task that moves the bytes ends, whatever the server still owes.
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
    /// Whether it must be closed instead of being used again.
    broken: bool,
    /// Whether its server was found to be read-only.
    read_only: bool,
    /// Whether it is one of several handles of one connection.
    is_handle: bool,
    /// Of a handle: what the log would say of its failure, where that is not the consequence of another one's.
    complaint: Option<Complaint>,
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

    /// Tells whether it may be used again: it is open, and not in a transaction.
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

    /// Returns the id of the PostgreSQL process that serves it.
    pub(crate) fn backend(&self) -> Option<i32> {
        match &self.engine {
            Engine::Postgres(connection) => connection.backend,
            Engine::Sqlite(_) => None,
        }
    }

    /// Returns when its server was last heard, if it is one.
    pub(crate) fn heard(&self) -> Option<Heard> {
        match &self.engine {
            Engine::Postgres(connection) => Some(connection.heard.clone()),
            Engine::Sqlite(_) => None,
        }
    }

    /// Returns whether rows may be spread over several servers by account, so that no statement should join what is kept by
    /// account with what is not.
    pub(crate) fn is_spread(&self) -> bool {
        match &self.engine {
            Engine::Postgres(connection) => connection.spread,
            Engine::Sqlite(_) => false,
        }
    }

    /// Tells whether its server was found to be read-only since the last call.
    pub(crate) const fn was_found_read_only(&mut self) -> bool {
        std::mem::replace(&mut self.read_only, false)
    }

    /// Tells whether its server accepts writes.
    pub(crate) async fn is_writable(&mut self) -> Done<bool> {
        let query = "SELECT count(*) AS count WHERE current_setting('transaction_read_only') = 'off'";
        let Count { count } = self.one(diesel::sql_query(query)).await?;
        Ok(count > 0)
    }

    /// Tells whether this backend is working. On another server, such as a new primary, the number may belong to
    /// anyone: only what works for this service counts.
    pub(crate) async fn is_at_work(&mut self, backend: i32) -> Done<bool> {
        let query = format!(
            "SELECT count(*) AS count FROM pg_stat_activity WHERE pid = {backend} AND state = 'active' \
             AND datname = current_database() AND usename = current_user AND backend_type = 'client backend'"
        );
        let Count { count } = self.one(diesel::sql_query(query)).await?;
        Ok(count > 0)
    }

    /// Ends a transaction that began when the connection was lent, depending on the outcome of the work.
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

    /// Decides what an error means, and whether the connection may be used again.
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

    /// Logs the last failure.
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

    /// Loads rows as [`Self::load`] does, with the database's own error message, for an operator who copies a whole
    /// database.
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

    /// Executes as [`Self::execute`] does, with the database's own error message.
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

    /// Loads rows as [`Self::load`] does and locks them in PostgreSQL. SQLite has one writer at a time, so what it
    /// reads is locked anyway.
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

    /// Executes as [`Self::execute`] does a statement that reads rows which PostgreSQL locks.
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

    /// Runs statements that return nothing.
    pub async fn batch(&mut self, statements: &str) -> Result<(), StoreError> {
        self.batch_execute(statements).await.map_err(as_store_error)
    }

    async fn batch_execute(&mut self, statements: &str) -> Done<()> {
        let done = self.batch_told(statements).await;
        self.judge(done)
    }

    /// Runs statements as [`Self::batch`] does, with the database's own error message.
    pub async fn batch_told(&mut self, statements: &str) -> QueryResult<()> {
        match &mut self.engine {
            Engine::Postgres(connection) => (&mut &connection.driver).batch_execute(statements).await,
            Engine::Sqlite(connection) => connection.batch_execute(statements).await,
        }
    }

    /// Returns the number with which SQLite counts the commits of other connections: a different number means that
    /// there was one.
    pub async fn data_version(&mut self) -> Result<i64, CommitError> {
        self.pragma("PRAGMA data_version").await.map(|DataVersion { data_version }| data_version)
    }

    /// Returns how much is in SQLite's write-ahead log, and changes nothing.
    pub async fn write_ahead_log(&mut self) -> Result<WriteAheadLog, CommitError> {
        self.pragma("PRAGMA wal_checkpoint(NOOP)").await
    }

    async fn pragma<R>(&mut self, pragma: &'static str) -> Result<R, CommitError>
    where
        R: QueryableByName<Sqlite> + Send + 'static,
    {
        let row = match &mut self.engine {
            Engine::Postgres(_) => Err(diesel::result::Error::NotFound),
            Engine::Sqlite(connection) => RunQueryDsl::get_result(diesel::sql_query(pragma), connection).await,
        };
        self.judge(row)
    }
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    count: i64,
}

/// How much is in SQLite's write-ahead log (<https://www.sqlite.org/pragma.html#pragma_wal_checkpoint>).
#[derive(Clone, Copy, Debug, PartialEq, Eq, QueryableByName)]
pub struct WriteAheadLog {
    /// Pages that were written since the log last started over; -1 without a log.
    #[diesel(sql_type = diesel::sql_types::BigInt, column_name = log)]
    pub pages: i64,
    /// How many of them are in the database file too.
    #[diesel(sql_type = diesel::sql_types::BigInt, column_name = checkpointed)]
    pub moved: i64,
}

#[derive(QueryableByName)]
struct DataVersion {
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    data_version: i64,
}

/// Converts the error of a read, with which nothing but the database itself can interfere.
pub(crate) fn as_store_error(error: CommitError) -> StoreError {
    match error {
        CommitError::Store(error) => error,
        // It was rolled back in favour of another one and may be tried again.
        CommitError::Conflict(Guard::Alone) => StoreError::Unavailable,
        CommitError::Conflict(_) | CommitError::Duplicate(_) => StoreError::Failed,
    }
}

/// Returns the columns of a row, for either engine.
pub(crate) fn columns<T, E>() -> E
where
    T: Selectable<Pg, SelectExpression = E> + Selectable<Sqlite, SelectExpression = E>,
{
    <T as Selectable<Pg>>::construct_selection()
}
