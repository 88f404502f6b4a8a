//! A pool of connections, for either engine.

use std::ops::{Deref, DerefMut};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use auth_domain::load::PoolLoad;
use auth_domain::ports::StoreError;
use deadpool::managed::{self, Metrics, Object, RecycleError, RecycleResult, Timeouts};
use futures_util::future::{BoxFuture, join_all};

use crate::connection::Connection;
use crate::places::{Place, Places};

/// How long a pool stays smaller after the server refused another connection.
const SMALLER_FOR: Duration = Duration::from_secs(60);
/// How long an idle connection may take to show that it is alive.
const PROBE: Duration = Duration::from_secs(2);
/// How often the pool checks whether the server has finished work that was given up.
const LOOK: Duration = Duration::from_secs(1);
/// Takes an idle connection or nothing.
const AT_ONCE: Timeouts =
    Timeouts { wait: Some(Duration::ZERO), create: Some(Duration::ZERO), recycle: Some(Duration::ZERO) };

/// Why no connection was opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The server grants no more connections to this role or database, so the open ones must suffice.
    #[error("{0}")]
    NoMoreGranted(String),
    /// The server cannot be reached, or refuses.
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

/// What a connection is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Reading. Some connections are reserved for it, so that stuck writes do not block reads.
    Read,
    /// To write.
    Write,
    /// A write that may be skipped, which happens if writes are stuck.
    WriteIfFree,
    /// Testing whether writes work: one at a time, in addition to other writes if there are enough connections.
    TryWriting,
}

/// Connections that are lent and returned. Clones share the same pool.
#[derive(Clone)]
pub struct Pool(Arc<Inner>);

struct Inner {
    pool: managed::Pool<Manager>,
    most: usize,
    wait: Duration,
    /// Since when the pool is smaller than it may be.
    smaller_since: Mutex<Option<Instant>>,
    /// One place for each connection that there may be now: its holder finds an idle connection or may open one.
    all: Places,
    writers: Places,
    /// The single place for testing whether writes work.
    trier: Places,
    /// Whether idle connections are being tried.
    trying: AtomicBool,
    /// How many writes were given up on which the server is still working.
    stuck: AtomicUsize,
}

/// A connection that is lent. Dropping it returns it.
pub struct Lent {
    object: Object<Manager>,
    places: Taken,
    pool: Pool,
}

/// What a connection uses of the pool until it is returned.
struct Taken {
    _any: Place,
    writing: Option<Place>,
}

impl Deref for Lent {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        &self.object
    }
}

impl DerefMut for Lent {
    fn deref_mut(&mut self) -> &mut Connection {
        &mut self.object
    }
}

impl Lent {
    /// Call this after each use.
    pub(crate) fn look_at_outcome(&mut self) {
        if self.object.was_found_read_only() {
            self.pool.look_for_primary();
        }
    }

    /// Closes a connection that has not answered in time, and tests the idle ones, since what blocks one may block all.
    ///
    /// If the server is still working on a write, its wait cannot be ended from here without harm: cancelling the wait
    /// for a synchronous standby would expose what the standby does not have. To keep such writes from piling up in the
    /// server, the connection keeps its place in the pool until the server is done, or answers no other connection
    /// either.
    pub fn give_up(self) {
        let Self { object, places, pool } = self;
        pool.try_idle(Trial::Alive);
        match object.backend() {
            Some(backend) if places.writing.is_some() && reserved_for_reads(pool.0.all.count()) > 0 => {
                tokio::spawn(async move {
                    pool.0.stuck.fetch_add(1, Ordering::SeqCst);
                    while pool.is_at_work(backend).await {
                        tokio::time::sleep(LOOK).await;
                    }
                    pool.0.stuck.fetch_sub(1, Ordering::SeqCst);
                    drop(Object::take(object));
                    drop(places);
                });
            }
            _ => drop(Object::take(object)),
        }
    }
}

/// Returns how many of this many connections are reserved for reading.
const fn reserved_for_reads(connections: usize) -> usize {
    match connections {
        0 | 1 => 0,
        2..=5 => 1,
        more => more / 4,
    }
}

impl Pool {
    /// Creates a pool of at most `most` connections. A caller that finds none free waits for at most `wait`; `opener`
    /// limits how long opening one may take. The error says why the pool cannot be created.
    pub fn new(opener: Opener, most: usize, wait: Duration) -> Result<Self, String> {
        let pool = managed::Pool::builder(Manager(opener))
            .max_size(most)
            .wait_timeout(Some(wait))
            .runtime(deadpool::Runtime::Tokio1)
            .build()
            .map_err(|error| error.to_string())?;
        Ok(Self(Arc::new(Inner {
            pool,
            most,
            wait,
            smaller_since: Mutex::default(),
            all: Places::new(most),
            writers: Places::new(most - reserved_for_reads(most)),
            trier: Places::new(1),
            trying: AtomicBool::new(false),
            stuck: AtomicUsize::new(0),
        })))
    }

    /// Lends a connection. If the server grants no more, it waits for one that is open.
    pub async fn lend(&self, purpose: Purpose) -> Result<Lent, StoreError> {
        let writing = self.place_to_write(purpose).await?;
        if writing.is_some() {
            // Others wait for this place as well.
            request_scope::begin();
        }
        self.grow_again();
        let by = Instant::now() + self.0.wait;
        loop {
            let Some(any) = self.0.all.take(by.saturating_duration_since(Instant::now())).await else {
                tracing::error!("no database connection is available");
                return Err(StoreError::Unavailable);
            };
            match self.0.pool.get().await {
                Ok(object) => {
                    request_scope::begin();
                    return Ok(Lent { object, places: Taken { _any: any, writing }, pool: self.clone() });
                }
                Err(managed::PoolError::Backend(OpenError::NoMoreGranted(reason))) => {
                    let open = self.0.pool.status().size;
                    if open == 0 {
                        tracing::error!(reason, "the database refuses connections");
                        return Err(StoreError::Unavailable);
                    }
                    tracing::warn!(
                        reason,
                        open,
                        "the database refuses further connections: requests share the open ones"
                    );
                    self.shrink_to(open);
                }
                Err(managed::PoolError::Backend(OpenError::Failed(reason))) => {
                    tracing::error!(reason, "cannot connect to the database");
                    return Err(StoreError::Unavailable);
                }
                Err(error) => {
                    tracing::error!(%error, "no database connection is available");
                    return Err(StoreError::Unavailable);
                }
            }
        }
    }

    async fn place_to_write(&self, purpose: Purpose) -> Result<Option<Place>, StoreError> {
        let Inner { writers, trier, wait, stuck, all, .. } = &*self.0;
        let taken = match purpose {
            Purpose::Read => return Ok(None),
            Purpose::WriteIfFree if stuck.load(Ordering::SeqCst) > 0 => return Err(StoreError::Unavailable),
            // Another one for reading remains.
            Purpose::TryWriting if reserved_for_reads(all.count()) > 1 => trier.take(*wait).await,
            Purpose::WriteIfFree => writers.take(*wait / 3).await,
            Purpose::Write | Purpose::TryWriting => writers.take(*wait).await,
        };
        if taken.is_none() && purpose != Purpose::WriteIfFree {
            tracing::error!(
                "no database connection is available for writing: all of them are waiting for the database"
            );
        }
        taken.map(Some).ok_or(StoreError::Unavailable)
    }

    fn shrink_to(&self, open: usize) {
        if let Ok(mut since) = self.0.smaller_since.lock() {
            *since = Some(Instant::now());
            self.resize(open);
        }
    }

    fn grow_again(&self) {
        if let Ok(mut since) = self.0.smaller_since.lock()
            && since.is_some_and(|since| since.elapsed() > SMALLER_FOR)
        {
            *since = None;
            self.resize(self.0.most);
        }
    }

    fn resize(&self, connections: usize) {
        self.0.all.resize(connections);
        self.0.writers.resize(connections - reserved_for_reads(connections));
    }

    /// Tests all idle connections at once, and closes those that fail. Returns without waiting for that.
    fn try_idle(&self, trial: Trial) {
        if self.0.trying.swap(true, Ordering::SeqCst) {
            return;
        }
        let pool = self.clone();
        tokio::spawn(async move {
            if trial == Trial::Alive || pool.finds_writable().await {
                pool.close_idle_that_fail(trial).await;
            }
            pool.0.trying.store(false, Ordering::SeqCst);
        });
    }

    async fn close_idle_that_fail(&self, trial: Trial) {
        let mut idle = Vec::new();
        while self.0.pool.status().available > 0
            && let Ok(object) = self.0.pool.timeout_get(&AT_ONCE).await
        {
            idle.push(object);
        }
        let tried = join_all(idle.into_iter().map(|object| try_one(object, trial))).await;
        let closed = tried.into_iter().filter(|closed| *closed).count();
        if closed > 0 {
            tracing::warn!(closed, ?trial, "idle database connections did not answer and were closed");
        }
    }

    /// Tells whether a new connection would lead to a server that accepts writes.
    async fn finds_writable(&self) -> bool {
        match (self.0.pool.manager().0)().await {
            Ok(_) => true,
            Err(error) => {
                tracing::error!(%error, "the database is read-only and no other one accepts writes: reads continue");
                false
            }
        }
    }

    /// Looks for a new primary: as soon as a server accepts writes, connections to one that does not are closed. Until
    /// then they can still read.
    pub(crate) fn look_for_primary(&self) {
        self.try_idle(Trial::Writable);
    }

    /// Tells whether the server is still working on what this backend was given.
    async fn is_at_work(&self, backend: i32) -> bool {
        let lent = tokio::time::timeout(PROBE, self.lend(Purpose::Read)).await;
        let Ok(Ok(mut lent)) = lent else { return false };
        match tokio::time::timeout(PROBE, lent.is_at_work(backend)).await {
            Ok(at_work) => at_work.unwrap_or(false),
            Err(_) => {
                drop(Object::take(lent.object));
                false
            }
        }
    }

    /// Closes every connection; those that are lent, when they are returned. None is lent afterwards.
    pub fn close(&self) {
        self.0.pool.close();
    }

    /// Returns how busy the pool is.
    pub fn status(&self) -> PoolLoad {
        let status = self.0.pool.status();
        PoolLoad { most: self.0.most, open: status.size, idle: status.available }
    }
}

/// What an idle connection must show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Trial {
    Alive,
    Writable,
}

/// Returns whether it was closed.
async fn try_one(mut object: Object<Manager>, trial: Trial) -> bool {
    let trying = async {
        match trial {
            Trial::Alive => object.batch("SELECT 1").await.is_ok(),
            Trial::Writable => object.is_writable().await.unwrap_or(false),
        }
    };
    let closed = !tokio::time::timeout(PROBE, trying).await.unwrap_or(false);
    if closed {
        drop(Object::take(object));
    }
    closed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_have_a_connection_of_their_own_wherever_there_are_two() {
        for most in 1..100 {
            let reserved = reserved_for_reads(most);
            assert!(reserved < most, "somebody writes");
            assert_eq!(reserved > 0, most > 1);
        }
        assert_eq!([8, 16, 32].map(reserved_for_reads), [2, 4, 8]);
    }
}
