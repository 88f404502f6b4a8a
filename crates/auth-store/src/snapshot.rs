//! One consistent view of all accounts, on a separate connection and for a limited time. The database reads a page while
//! the one before it is decoded and sent.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use auth_domain::AccountId;
use auth_domain::account::Account;
use auth_domain::ports::{AccountSnapshot, StoreError};
use futures_util::FutureExt as _;
use tokio::sync::OwnedSemaphorePermit;
use tokio::task::JoinHandle;
use tracing::Instrument as _;

use crate::accounts;
use crate::connection::{Connection, as_store_error};
use crate::engine::Engine;
use crate::identities::{JoinedRow, accounts_of};
use crate::store::{CALL_TIMEOUT, SqlStore};

const PAGE: u32 = 1_000;

/// How long a snapshot may be read. While one is open, SQLite cannot empty its log and PostgreSQL cannot remove dead
/// rows; a caller that reads very slowly would prolong this for ever.
pub const SNAPSHOT_LIMIT: Duration = Duration::from_secs(600);

/// Holds a read transaction open; closing the connection ends it.
pub(crate) struct Snapshot<E> {
    store: SqlStore<E>,
    lease: Arc<Mutex<Lease>>,
    /// The page that is being read; `None` after the last one, and after a failure.
    ahead: Option<JoinHandle<Result<Vec<JoinedRow>, StoreError>>>,
    /// Ends the snapshot when its time is over, whether or not anyone reads.
    timer: JoinHandle<()>,
    _permit: OwnedSemaphorePermit,
}

/// The connection of a snapshot.
struct Lease {
    /// `None` while a page is read, and after a failure, because the view cannot be continued.
    conn: Option<Connection>,
    is_over: bool,
}

impl<E: Engine> Snapshot<E> {
    /// Creates a snapshot. `conn` must be in a read transaction with one snapshot; `permit` limits the number of
    /// snapshots.
    pub(crate) fn new(
        store: SqlStore<E>,
        conn: Connection,
        after: Option<AccountId>,
        permit: OwnedSemaphorePermit,
    ) -> Self {
        let lease = Arc::new(Mutex::new(Lease { conn: Some(conn), is_over: false }));
        let ahead = Some(read_ahead(&store, &lease, after));
        let leased = Arc::clone(&lease);
        let timer = store.runtime().spawn(async move {
            tokio::time::sleep(SNAPSHOT_LIMIT).await;
            let conn = {
                let mut lease = lock(&leased);
                lease.is_over = true;
                lease.conn.take()
            };
            tracing::warn!(
                limit = ?SNAPSHOT_LIMIT,
                "a request that reads all accounts took too long: its answer was cut off so that the database can \
                 clean up"
            );
            drop(conn);
        });
        Self { store, lease, ahead, timer, _permit: permit }
    }
}

/// Reads the page after that account. If it fails or is given up, it takes its connection with it.
fn read_ahead<E: Engine>(
    store: &SqlStore<E>,
    lease: &Arc<Mutex<Lease>>,
    after: Option<AccountId>,
) -> JoinHandle<Result<Vec<JoinedRow>, StoreError>> {
    let (store, lease) = (store.clone(), Arc::clone(lease));
    let runtime = store.runtime().clone();
    let reading = async move {
        let conn = lock(&lease).conn.take();
        let mut conn = conn.ok_or(StoreError::Unavailable)?;
        let read = tokio::time::timeout(CALL_TIMEOUT, async move {
            accounts::page(&mut conn, after, PAGE).await.map(|rows| (rows, conn))
        });
        let read = read.map(|read| read.unwrap_or_else(|_| Err(StoreError::Unavailable.into())));
        let (rows, conn) = store.run_apart(read).await?.map_err(as_store_error)?;
        let mut lease = lock(&lease);
        if lease.is_over {
            return Err(StoreError::Unavailable);
        }
        lease.conn = Some(conn);
        drop(lease);
        Ok(rows)
    };
    runtime.spawn(request_scope::carry(reading).in_current_span())
}

fn lock(lease: &Mutex<Lease>) -> MutexGuard<'_, Lease> {
    lease.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<E> Drop for Snapshot<E> {
    fn drop(&mut self) {
        self.timer.abort();
    }
}

#[async_trait]
impl<E: Engine> AccountSnapshot for Snapshot<E> {
    async fn next_page(&mut self) -> Result<Vec<Account>, StoreError> {
        let ahead = self.ahead.take().ok_or(StoreError::Unavailable)?;
        let rows = ahead.await.map_err(|_| StoreError::Failed)??;
        if lock(&self.lease).is_over {
            return Err(StoreError::Unavailable);
        }
        let Some(last) = rows.iter().map(|(row, _)| row.id.0).max() else { return Ok(Vec::new()) };
        self.ahead = Some(read_ahead(&self.store, &self.lease, Some(last.into())));
        let decoding = self.store.runtime().spawn_blocking(move || accounts_of(rows));
        decoding.await.map_err(|_| StoreError::Failed)?.map_err(as_store_error)
    }
}
