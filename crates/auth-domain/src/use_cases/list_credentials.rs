//! Every credential, for the backups service.

use std::sync::Arc;

use crate::AccountId;
use crate::account::Account;
use crate::audit::Auditor;
use crate::internal::{CredentialsRead, InternalCaller};
use crate::ports::{AccountSnapshot, CommitError, SnapshotError, Store, StoreError};

use super::all::Parts;

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
    store: Arc<dyn Store>,
    auditor: Arc<Auditor>,
}

impl ListCredentials {
    pub(super) fn new(parts: &Parts) -> Self {
        Self { store: parts.ports.store.clone(), auditor: parts.auditor.clone() }
    }

    /// The most accounts on a page.
    pub const MAX_PAGE: u32 = 1_000;

    /// The `limit` accounts after `after`; a view of its own.
    pub async fn page(
        &self,
        _caller: &InternalCaller<CredentialsRead>,
        after: Option<AccountId>,
        limit: u32,
    ) -> Result<CredentialsPage, StoreError> {
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
    async fn note(&self) -> Result<(), StoreError> {
        match self.store.commit(vec![self.auditor.note("credentials.read")]).await {
            Ok(()) => Ok(()),
            Err(CommitError::Store(error)) => Err(error),
            // An insert of a fresh id is guarded by nothing.
            Err(CommitError::Conflict(_) | CommitError::Duplicate(_)) => Err(StoreError::Failed),
        }
    }
}
