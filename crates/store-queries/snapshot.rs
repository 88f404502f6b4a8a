//! One consistent view of all accounts, on a connection of its own.

use async_trait::async_trait;
use auth_domain::AccountId;
use auth_domain::account::Account;
use auth_domain::ports::{AccountSnapshot, StoreUnavailable};
use tokio::sync::OwnedSemaphorePermit;

use super::reads::list_accounts;
use crate::Engine;
use crate::dialect::Connection;

const PAGE: u32 = 1_000;

/// Holds a read transaction open; closing the connection ends it.
pub(crate) struct Snapshot {
    engine: Engine,
    /// `None` after a failure: what came before cannot be continued.
    conn: Option<Connection>,
    after: Option<AccountId>,
    _permit: OwnedSemaphorePermit,
}

impl Snapshot {
    /// `conn` must be in a read transaction with one snapshot; `permit` bounds how many there are.
    pub(crate) fn new(
        engine: Engine,
        conn: Connection,
        after: Option<AccountId>,
        permit: OwnedSemaphorePermit,
    ) -> Self {
        Self { engine, conn: Some(conn), after, _permit: permit }
    }
}

#[async_trait]
impl AccountSnapshot for Snapshot {
    async fn next_page(&mut self) -> Result<Vec<Account>, StoreUnavailable> {
        let mut conn = self.conn.take().ok_or(StoreUnavailable)?;
        let after = self.after;
        let read = async move { list_accounts(&mut conn, after, PAGE).await.map(|page| (page, conn)) };
        let (page, conn) = self.engine.run(read).await??;
        self.conn = Some(conn);
        self.after = page.last().map(|account| account.id).or(after);
        Ok(page)
    }
}
