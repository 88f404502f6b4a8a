//! The `Store` port over an engine's connections.

use async_trait::async_trait;
use auth_domain::account::{Account, LoginName};
use auth_domain::budget::{AttemptSubject, PasswordBudget};
use auth_domain::ports::{AccountSnapshot, Change, CommitError, Store, StoreUnavailable};
use auth_domain::session::{Network, Session};
use auth_domain::signing_key::SigningKey;
use auth_domain::{AccountId, SessionId, Timestamp};

use super::{commit, reads};
use crate::Engine;

#[async_trait]
impl Store for Engine {
    async fn ping(&self) -> Result<(), StoreUnavailable> {
        reads::ping(&mut *self.reader().await?).await
    }

    async fn find_account(&self, id: AccountId) -> Result<Option<Account>, StoreUnavailable> {
        reads::find_account(&mut *self.reader().await?, id).await
    }

    async fn find_account_by_name(&self, name: &LoginName) -> Result<Option<Account>, StoreUnavailable> {
        reads::find_account_by_name(&mut *self.reader().await?, name).await
    }

    async fn list_accounts(&self, after: Option<AccountId>, limit: u32) -> Result<Vec<Account>, StoreUnavailable> {
        reads::list_accounts(&mut *self.reader().await?, after, limit).await
    }

    async fn snapshot_accounts(&self, after: Option<AccountId>) -> Result<Box<dyn AccountSnapshot>, StoreUnavailable> {
        Ok(Box::new(self.snapshot(after).await?))
    }

    async fn find_session(&self, id: SessionId) -> Result<Option<(Session, Account)>, StoreUnavailable> {
        reads::find_session(&mut *self.reader().await?, id).await
    }

    async fn list_sessions(
        &self,
        account_id: AccountId,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<Session>, StoreUnavailable> {
        reads::list_sessions(&mut *self.reader().await?, account_id, now, limit).await
    }

    async fn find_password_budget(
        &self,
        subject: AttemptSubject,
        network: &Network,
    ) -> Result<PasswordBudget, StoreUnavailable> {
        reads::find_password_budget(&mut *self.reader().await?, subject, network).await
    }

    async fn list_signing_keys(&self) -> Result<Vec<SigningKey>, StoreUnavailable> {
        reads::list_signing_keys(&mut *self.reader().await?).await
    }

    /// Runs to its end even when the caller goes away, so that no connection is left inside a
    /// transaction.
    async fn commit(&self, changes: Vec<Change>) -> Result<(), CommitError> {
        let mut writer = self.writer().await?;
        let detached = tokio::spawn(async move { commit::commit(&mut writer, changes).await });
        detached.await.unwrap_or(Err(CommitError::Unavailable(StoreUnavailable)))
    }
}
