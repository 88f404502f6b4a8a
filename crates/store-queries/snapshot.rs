//! One consistent view of all accounts, on a connection of its own.

use async_trait::async_trait;
use auth_domain::AccountId;
use auth_domain::account::Account;
use auth_domain::ports::{AccountSnapshot, StoreUnavailable};
use tokio::sync::OwnedSemaphorePermit;

use super::reads::list_accounts;
use crate::dialect::Connection;

const PAGE: u32 = 1_000;

/// Holds a read transaction open; closing the connection ends it.
pub(crate) struct Snapshot {
    conn: Connection,
    after: Option<AccountId>,
    _permit: OwnedSemaphorePermit,
}

impl Snapshot {
    /// `conn` must be in a read transaction with one snapshot; `permit` bounds how many there are.
    pub(crate) fn new(conn: Connection, after: Option<AccountId>, permit: OwnedSemaphorePermit) -> Self {
        Self { conn, after, _permit: permit }
    }
}

#[async_trait]
impl AccountSnapshot for Snapshot {
    async fn next_page(&mut self) -> Result<Vec<Account>, StoreUnavailable> {
        let page = list_accounts(&mut self.conn, self.after, PAGE).await?;
        self.after = page.last().map(|account| account.id).or(self.after);
        Ok(page)
    }
}
