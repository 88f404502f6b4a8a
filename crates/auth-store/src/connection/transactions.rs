//! Transactions of a connection, one after the other. Those whose statements are sent together are in `pipeline`.

use super::*;

pub(super) const BEGIN: &str = "BEGIN ISOLATION LEVEL READ COMMITTED";

impl Connection {
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

    /// Begins a transaction that writes, unless the connection was lent in one. [`Self::end`] must end what it began.
    pub(crate) async fn begin(&mut self) -> Done<Begun> {
        if self.is_in_transaction().unwrap_or(false) {
            return Ok(Begun(false));
        }
        // A deferred transaction of SQLite that becomes a writer fails at once if another one is writing.
        let begin = match &self.engine {
            Engine::Postgres(_) => BEGIN,
            Engine::Sqlite(_) => "BEGIN IMMEDIATE",
        };
        self.begin_sql(begin).await.map(|()| Begun(true))
    }

    /// Ends what [`Self::begin`] began, depending on the outcome of the work.
    pub(crate) async fn end<T>(&mut self, Begun(begun): Begun, done: Done<T>) -> Done<T> {
        if !begun {
            return done;
        }
        match done {
            Ok(value) => self.commit().await.map(|()| value),
            Err(error) => {
                // If that fails too, the connection cannot be used any more, and the error of the work is reported.
                self.broken |= !self.broken && self.roll_back().await.is_err();
                Err(error)
            }
        }
    }

    /// Commits what [`Self::begin_with`] began. It also fails if the engine has rolled that back by itself.
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

    pub(super) async fn roll_back(&mut self) -> Done<()> {
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

/// Returns the connection if no handle shares it.
pub(super) fn alone(connection: &mut Arc<PostgresConnection>) -> QueryResult<&mut PostgresConnection> {
    Arc::get_mut(connection).ok_or(diesel::result::Error::BrokenTransactionManager)
}

/// Whether a transaction began here, or had begun before.
#[must_use]
pub(crate) struct Begun(bool);
