//! One consistent view of all accounts, on a connection of its own.

use async_trait::async_trait;
use auth_domain::AccountId;
use auth_domain::account::Account;
use auth_domain::ports::{AccountSnapshot, StoreError};
use futures_util::FutureExt as _;
use tokio::sync::OwnedSemaphorePermit;

use crate::accounts;
use crate::connection::{Connection, as_store_error};
use crate::engine::Engine;
use crate::store::{CALL_TIMEOUT, SqlStore};

const PAGE: u32 = 1_000;

/// Holds a read transaction open; closing the connection ends it.
pub(crate) struct Snapshot<E> {
    store: SqlStore<E>,
    /// `None` after a failure: what came before cannot be continued.
    conn: Option<Connection>,
    after: Option<AccountId>,
    _permit: OwnedSemaphorePermit,
}

impl<E> Snapshot<E> {
    /// `conn` must be in a read transaction with one snapshot; `permit` bounds how many there are.
    pub(crate) const fn new(
        store: SqlStore<E>,
        conn: Connection,
        after: Option<AccountId>,
        permit: OwnedSemaphorePermit,
    ) -> Self {
        Self { store, conn: Some(conn), after, _permit: permit }
    }
}

#[async_trait]
impl<E: Engine> AccountSnapshot for Snapshot<E> {
    async fn next_page(&mut self) -> Result<Vec<Account>, StoreError> {
        let mut conn = self.conn.take().ok_or(StoreError::Unavailable)?;
        let after = self.after;
        // Given up, it takes its connection with it.
        let read = tokio::time::timeout(CALL_TIMEOUT, async move {
            accounts::list(&mut conn, after, PAGE).await.map(|page| (page, conn))
        });
        let read = read.map(|read| read.unwrap_or_else(|_| Err(StoreError::Unavailable.into())));
        let (page, conn) = self.store.run_apart(read).await?.map_err(as_store_error)?;
        self.conn = Some(conn);
        self.after = page.last().map(|account| account.id).or(after);
        Ok(page)
    }
}
