//! Lists every credential, for the backups service.

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
    /// The accounts, by ascending id.
    pub accounts: Vec<Account>,
    /// The cursor of the next page; `None` at the end.
    pub next: Option<AccountId>,
}

/// Lists credentials.
pub struct ListCredentials {
    store: Arc<dyn Store>,
    auditor: Arc<Auditor>,
}

impl ListCredentials {
    pub(super) fn new(parts: &Parts) -> Self {
        Self { store: parts.ports.store.clone(), auditor: parts.auditor.clone() }
    }

    /// The maximum number of accounts on a page.
    pub const MAX_PAGE: u32 = 1_000;

    /// Returns the `limit` accounts after `after`, in a view of their own.
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

    /// Returns all accounts after `after` in one consistent view and in constant memory.
    pub async fn stream(
        &self,
        _caller: &InternalCaller<CredentialsRead>,
        after: Option<AccountId>,
    ) -> Result<Box<dyn AccountSnapshot>, SnapshotError> {
        let snapshot = self.store.snapshot_accounts(after).await?;
        self.note().await?;
        Ok(snapshot)
    }

    /// Runs before anything is returned: what cannot be recorded is not read.
    async fn note(&self) -> Result<(), StoreError> {
        match self.store.commit(vec![self.auditor.note("credentials.read")]).await {
            Ok(()) => Ok(()),
            Err(CommitError::Store(error)) => Err(error),
            // The insert of a fresh id has no guard.
            Err(CommitError::Conflict(_) | CommitError::Duplicate(_)) => Err(StoreError::Failed),
        }
    }
}
