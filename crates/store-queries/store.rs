//! The `Store` port over an engine's connections.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use auth_domain::account::{Account, LoginName};
use auth_domain::audit::{AuditFilter, AuditRecord};
use auth_domain::budget::{AttemptSubject, PasswordBudget};
use auth_domain::challenge::{Challenge, ChallengePurpose};
use auth_domain::deletion::DeletionProgress;
use auth_domain::event::{Event, LeasedEvent};
use auth_domain::identity::{ProviderName, Subject};
use auth_domain::load::{OutboxDepth, PoolLoad};
use auth_domain::mail::{LeasedMail, ParkedMail};
use auth_domain::mark::Mark;
use auth_domain::pending_credentials::PendingCredentials;
use auth_domain::ports::{AccountSnapshot, Change, CommitError, SnapshotError, Store, StoreUnavailable};
use auth_domain::retention::Expired;
use auth_domain::retired_key::RetiredKey;
use auth_domain::session::{Network, Session};
use auth_domain::signing_key::SigningKey;
use auth_domain::tally::{Tally, TallyKind};
use auth_domain::{AccountId, ChallengeId, DeletionId, EventId, SessionId, Timestamp};
use tracing::Instrument as _;

use super::reads::unavailable;
use super::snapshot::Snapshot;
use super::{
    audit, challenges, commit, events, identities, keys, load, mails, marks, purge, reads, tallies, two_factor,
};
use crate::{Engine, dialect};

/// However stuck the database is, a caller waits no longer.
const CALL_TIMEOUT: Duration = Duration::from_secs(8);

impl Engine {
    /// Runs `work` on the runtime that the store was opened on and waits for it within a deadline. It
    /// goes on to its end when the caller goes away: no connection is left inside a transaction, none
    /// dies with the runtime of a worker that stops, and diesel-async's SQLite connection panics when a
    /// call on it is dropped on a single-threaded runtime.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        work: impl Future<Output = T> + Send + 'static,
    ) -> Result<T, StoreUnavailable> {
        let task = self.runtime.spawn(work.in_current_span());
        tokio::time::timeout(CALL_TIMEOUT, task).await.map_err(unavailable)?.map_err(unavailable)
    }
}

/// One read on a pooled connection.
macro_rules! read {
    ($self:ident, |$conn:ident| $query:expr) => {{
        let engine = $self.clone();
        let work = async move { dialect::on_connection!(engine.reader(), |$conn| $query) };
        $self.run(work).await?
    }};
}

#[async_trait]
impl Store for Engine {
    async fn ping(&self) -> Result<(), StoreUnavailable> {
        read!(self, |conn| reads::ping(conn))
    }

    async fn find_account(&self, id: AccountId) -> Result<Option<Account>, StoreUnavailable> {
        read!(self, |conn| reads::find_account(conn, id))
    }

    async fn find_account_by_name(&self, name: &LoginName) -> Result<Option<Account>, StoreUnavailable> {
        let name = name.clone();
        read!(self, |conn| reads::find_account_by_name(conn, &name))
    }

    async fn find_account_by_identity(
        &self,
        provider: &ProviderName,
        subject: &Subject,
    ) -> Result<Option<Account>, StoreUnavailable> {
        let (provider, subject) = (provider.clone(), subject.clone());
        read!(self, |conn| identities::find_account(conn, &provider, &subject))
    }

    async fn list_retired_keys(&self) -> Result<Vec<RetiredKey>, StoreUnavailable> {
        read!(self, |conn| keys::list_retired(conn))
    }

    async fn list_audit_records(&self, filter: AuditFilter, limit: u32) -> Result<Vec<AuditRecord>, StoreUnavailable> {
        read!(self, |conn| audit::list(conn, filter, limit))
    }

    async fn find_mark(&self, mark: Mark) -> Result<Option<Timestamp>, StoreUnavailable> {
        read!(self, |conn| marks::find(conn, mark))
    }

    async fn list_accounts(&self, after: Option<AccountId>, limit: u32) -> Result<Vec<Account>, StoreUnavailable> {
        read!(self, |conn| reads::list_accounts(conn, after, limit))
    }

    async fn snapshot_accounts(&self, after: Option<AccountId>) -> Result<Box<dyn AccountSnapshot>, SnapshotError> {
        let permit = Arc::clone(&self.snapshots).try_acquire_owned().map_err(|_| SnapshotError::TooMany)?;
        let engine = self.clone();
        let conn = self.run(async move { engine.begin_snapshot().await }).await??;
        Ok(Box::new(Snapshot::new(self.clone(), conn, after, permit)))
    }

    async fn find_session(&self, id: SessionId) -> Result<Option<(Session, Account)>, StoreUnavailable> {
        read!(self, |conn| reads::find_session(conn, id))
    }

    async fn list_sessions(
        &self,
        account_id: AccountId,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<Session>, StoreUnavailable> {
        read!(self, |conn| reads::list_sessions(conn, account_id, now, limit))
    }

    async fn find_password_budget(
        &self,
        subject: AttemptSubject,
        network: &Network,
    ) -> Result<PasswordBudget, StoreUnavailable> {
        let network = network.clone();
        read!(self, |conn| reads::find_password_budget(conn, subject, &network))
    }

    async fn list_signing_keys(&self) -> Result<Vec<SigningKey>, StoreUnavailable> {
        read!(self, |conn| reads::list_signing_keys(conn))
    }

    async fn purge(&self, expired: Expired, limit: u32) -> Result<u32, StoreUnavailable> {
        let engine = self.clone();
        let work = async move { dialect::on_connection!(engine.writer(), |conn| purge::purge(conn, expired, limit)) };
        Ok(u32::try_from(self.run(work).await??).unwrap_or(u32::MAX))
    }

    async fn find_tally(&self, subject: AttemptSubject, kind: &TallyKind) -> Result<Tally, StoreUnavailable> {
        let kind = kind.clone();
        read!(self, |conn| tallies::find(conn, subject, &kind))
    }

    async fn find_challenge(&self, id: ChallengeId) -> Result<Option<(Challenge, Option<Account>)>, StoreUnavailable> {
        read!(self, |conn| challenges::find(conn, id))
    }

    async fn find_challenge_of(
        &self,
        account_id: AccountId,
        purpose: ChallengePurpose,
    ) -> Result<Option<Challenge>, StoreUnavailable> {
        read!(self, |conn| challenges::find_newest_of(conn, account_id, purpose))
    }

    async fn find_pending_credentials(&self, id: ChallengeId) -> Result<Option<PendingCredentials>, StoreUnavailable> {
        read!(self, |conn| two_factor::find_pending(conn, id))
    }

    async fn find_deletion(&self, id: DeletionId) -> Result<Option<DeletionProgress>, StoreUnavailable> {
        read!(self, |conn| events::find_deletion(conn, id))
    }

    async fn list_events(&self, after: Option<EventId>, limit: u32) -> Result<Option<Vec<Event>>, StoreUnavailable> {
        let engine = self.clone();
        let work = async move { dialect::on_connection!(engine.writer(), |conn| events::list(conn, after, limit)) };
        self.run(work).await?
    }

    async fn list_parked_mails(&self, limit: u32) -> Result<Vec<ParkedMail>, StoreUnavailable> {
        read!(self, |conn| mails::list_parked(conn, limit))
    }

    async fn lease_events(
        &self,
        service: &str,
        now: Timestamp,
        until: Timestamp,
        limit: u32,
    ) -> Result<Vec<LeasedEvent>, StoreUnavailable> {
        let (engine, service) = (self.clone(), service.to_owned());
        let work = async move {
            dialect::on_connection!(engine.writer(), |conn| events::lease(conn, &service, now, until, limit))
        };
        self.run(work).await?
    }

    async fn outbox_depth(&self) -> Result<OutboxDepth, StoreUnavailable> {
        read!(self, |conn| load::outbox_depth(conn))
    }

    fn pool_load(&self) -> PoolLoad {
        self.pool_status()
    }

    async fn wait_for_outbox(&self, at_most: Duration) {
        let _: Result<(), tokio::time::error::Elapsed> = tokio::time::timeout(at_most, self.outbox.notified()).await;
    }

    async fn lease_mails(
        &self,
        now: Timestamp,
        until: Timestamp,
        limit: u32,
    ) -> Result<Vec<LeasedMail>, StoreUnavailable> {
        let engine = self.clone();
        let work =
            async move { dialect::on_connection!(engine.writer(), |conn| mails::lease(conn, now, until, limit)) };
        self.run(work).await?
    }

    async fn commit(&self, changes: Vec<Change>) -> Result<(), CommitError> {
        let engine = self.clone();
        let changes = match &self.auditor {
            Some(auditor) => auditor.complete(changes),
            None => changes,
        };
        let wakes = changes.iter().any(commit::fills_outbox);
        let work = async move { dialect::on_connection!(engine.writer(), |conn| commit::commit(conn, changes)) };
        self.run(work).await??;
        if wakes {
            self.outbox.notify_waiters();
        }
        Ok(())
    }
}
