//! Every credential, for the backups service.

use std::sync::Arc;

use crate::AccountId;
use crate::account::Account;
use crate::audit::Auditor;
use crate::internal::{CredentialsRead, InternalCaller};
use crate::ports::{AccountSnapshot, SnapshotError, Store, StoreUnavailable};

/// One page of credentials.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CredentialsPage {
    /// By ascending id.
    pub accounts: Vec<Account>,
    /// Where the next page begins; `None` at the end.
    pub next: Option<AccountId>,
}

/// The use case.
pub struct ListCredentials {
    /// Where accounts are kept.
    pub store: Arc<dyn Store>,
    /// Notes who read them.
    pub auditor: Arc<Auditor>,
}

impl ListCredentials {
    /// The most accounts on a page.
    pub const MAX_PAGE: u32 = 1_000;

    /// The `limit` accounts after `after`; a view of its own.
    pub async fn page(
        &self,
        _caller: &InternalCaller<CredentialsRead>,
        after: Option<AccountId>,
        limit: u32,
    ) -> Result<CredentialsPage, StoreUnavailable> {
        let limit = limit.clamp(1, Self::MAX_PAGE) as usize;
        self.note().await?;
        let mut accounts = self.store.list_accounts(after, limit as u32 + 1).await?;
        let more = accounts.len() > limit;
        accounts.truncate(limit);
        let next = accounts.last().map(|account| account.id).filter(|_| more);
        Ok(CredentialsPage { accounts, next })
    }

    /// All accounts after `after` in one consistent view, in constant memory.
    pub async fn stream(
        &self,
        _caller: &InternalCaller<CredentialsRead>,
        after: Option<AccountId>,
    ) -> Result<Box<dyn AccountSnapshot>, SnapshotError> {
        let snapshot = self.store.snapshot_accounts(after).await?;
        self.note().await?;
        Ok(snapshot)
    }

    /// Before anything is told: what cannot be noted is not read.
    async fn note(&self) -> Result<(), StoreUnavailable> {
        let noted = self.store.commit(vec![self.auditor.note("credentials.read")]).await;
        noted.map_err(|_| StoreUnavailable)
    }
}
