//! A pool of connections, for either engine.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use auth_domain::load::PoolLoad;
use auth_domain::ports::StoreError;
use deadpool::managed::{self, Metrics, RecycleError, RecycleResult};
use futures_util::future::BoxFuture;

use crate::connection::Connection;
use crate::engine::Lent;

/// How long a pool stays smaller after the server granted no further connection.
const SMALLER_FOR: Duration = Duration::from_secs(60);

/// Why no connection was opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The server grants no further one to this role or database: those that are open must do.
    #[error("{0}")]
    NoMoreGranted(String),
    /// It cannot be reached, or refuses.
    #[error("{0}")]
    Failed(String),
}

/// Opens a connection.
pub type Opener = Box<dyn Fn() -> BoxFuture<'static, Result<Connection, OpenError>> + Send + Sync>;

struct Manager(Opener);

impl managed::Manager for Manager {
    type Type = Connection;
    type Error = OpenError;

    async fn create(&self) -> Result<Connection, OpenError> {
        (self.0)().await
    }

    async fn recycle(&self, connection: &mut Connection, _: &Metrics) -> RecycleResult<OpenError> {
        match connection.is_reusable() {
            true => Ok(()),
            false => Err(RecycleError::message("it is closed, or was left inside a transaction")),
        }
    }
}

/// Connections that are lent and come back.
pub struct Pool {
    pool: managed::Pool<Manager>,
    most: usize,
    /// Since when it is smaller than it may be.
    smaller_since: Mutex<Option<Instant>>,
}

impl Pool {
    /// A pool of at most `most` connections. Whoever finds none free waits for `wait` at most; opening one may take
    /// `open_within`. The error says why there can be none.
    pub fn new(opener: Opener, most: usize, wait: Duration, open_within: Option<Duration>) -> Result<Self, String> {
        let pool = managed::Pool::builder(Manager(opener))
            .max_size(most)
            .wait_timeout(Some(wait))
            .create_timeout(open_within)
            .runtime(deadpool::Runtime::Tokio1)
            .build()
            .map_err(|error| error.to_string())?;
        Ok(Self { pool, most, smaller_since: Mutex::default() })
    }

    /// Lends a connection. Where the server grants no further one, waits for one that is open.
    pub async fn lend(&self) -> Result<Lent, StoreError> {
        self.grow_again();
        loop {
            match self.pool.get().await {
                Ok(lent) => return Ok(Box::new(lent)),
                Err(managed::PoolError::Backend(OpenError::NoMoreGranted(reason))) => {
                    let open = self.pool.status().size;
                    if open == 0 {
                        tracing::error!(reason, "the database grants no connection");
                        return Err(StoreError::Unavailable);
                    }
                    tracing::warn!(reason, open, "the database grants no further connection: requests share those");
                    self.shrink_to(open);
                }
                Err(managed::PoolError::Backend(OpenError::Failed(reason))) => {
                    tracing::error!(reason, "no connection to the database");
                    return Err(StoreError::Unavailable);
                }
                Err(error) => {
                    tracing::error!(%error, "no connection to the database is free");
                    return Err(StoreError::Unavailable);
                }
            }
        }
    }

    fn shrink_to(&self, open: usize) {
        if let Ok(mut since) = self.smaller_since.lock() {
            *since = Some(Instant::now());
            self.pool.resize(open);
        }
    }

    fn grow_again(&self) {
        if let Ok(mut since) = self.smaller_since.lock()
            && since.is_some_and(|since| since.elapsed() > SMALLER_FOR)
        {
            *since = None;
            self.pool.resize(self.most);
        }
    }

    /// Closes every connection: those that are lent when they come back. None is lent afterwards.
    pub fn close(&self) {
        self.pool.close();
    }

    /// Returns how busy it is.
    pub fn status(&self) -> PoolLoad {
        let status = self.pool.status();
        PoolLoad { most: self.most, open: status.size, idle: status.available }
    }
}
