//! The `Store` port over an engine's connections.

use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use auth_domain::account::{Account, AccountFilter, Admins, LoginName};
use auth_domain::audit::{AuditFilter, AuditRecord, Auditor};
use auth_domain::challenge::{Challenge, ChallengePurpose};
use auth_domain::data_export::DataExport;
use auth_domain::deletion::DeletionProgress;
use auth_domain::event::{Event, LeasedEvent};
use auth_domain::identity::{ProviderName, Subject};
use auth_domain::invitation::Invitation;
use auth_domain::load::{FileCheck, OutboxDepth, PoolLoad};
use auth_domain::mail::{LeasedMail, ParkedMail, WaitingMail};
use auth_domain::maintenance::Maintenance;
use auth_domain::password_limit::PasswordLimit;
use auth_domain::pending_credentials::PendingCredentials;
use auth_domain::ports::{AccountSnapshot, Change, CommitError, SessionNews, SnapshotError, Store, StoreError};
use auth_domain::rate_limit::{AttemptSubject, RateLimit, RateLimitKind};
use auth_domain::retention::Expired;
use auth_domain::retired_key::RetiredKey;
use auth_domain::session::{Network, Session};
use auth_domain::signing_key::SigningKey;
use auth_domain::{AccountId, ChallengeId, DeletionId, EventId, InvitationId, Randomness, SessionId, Timestamp};
use futures_util::future::BoxFuture;
use futures_util::{FutureExt as _, TryFutureExt as _};
use supervisor::Supervisor;
use tokio::runtime::Handle;
use tokio::sync::{Notify, Semaphore, oneshot};
use tracing::Instrument as _;

use crate::connection::{Connection, as_store_error};
use crate::engine::{Engine, Write};
use crate::names::Name;
use crate::pool::{Lent, Purpose};
use crate::readiness::Writing;
use crate::snapshot::Snapshot;
use crate::{
    accounts, admins, audit, challenges, commit, events, invitations, keys, mails, maintenance, names, outbox,
    password_limits, purge, rate_limits, sessions, two_factor,
};

/// The maximum duration of a call, however stuck the database is.
pub(crate) const CALL_TIMEOUT: Duration = Duration::from_secs(8);
/// The maximum duration of a call that may be skipped: others wait for it meanwhile.
const TIMEOUT_OF_WHAT_CAN_WAIT: Duration = Duration::from_secs(3);
/// How long a server may be silent during a call that is late.
const SILENCE: Duration = Duration::from_secs(2);
/// How late a call may be.
const LATE: Duration = Duration::from_secs(30);
/// How much longer the caller waits, so that the call itself ends first and takes care of its connection.
const GRACE: Duration = Duration::from_secs(1);
/// How many readers of all accounts there may be at once; each holds a separate connection.
const SNAPSHOTS: usize = 2;

/// The store on an engine. Clones are the same store.
pub struct SqlStore<E> {
    pub(crate) inner: Arc<Inner<E>>,
}

pub(crate) struct Inner<E> {
    pub(crate) engine: E,
    runtime: Handle,
    snapshots: Arc<Semaphore>,
    /// Notified when a mail or an event is queued, here or on another node.
    outbox: Arc<Notify>,
    auditor: Option<Arc<Auditor>>,
    pub(crate) writing: Writing,
}

impl<E> Clone for SqlStore<E> {
    fn clone(&self) -> Self {
        Self { inner: Arc::clone(&self.inner) }
    }
}

/// What one call does on a connection.
type Work<'c, T, Error> = BoxFuture<'c, Result<T, Error>>;

impl<E: Engine> SqlStore<E> {
    /// Creates a store on `engine`, which notifies `outbox` when another node has something to send. With an `auditor`,
    /// each commit that matters to security writes an audit record. The store works on the calling runtime, which must
    /// outlive it.
    pub fn new(engine: E, outbox: Arc<Notify>, auditor: Option<Arc<Auditor>>) -> Self {
        let snapshots = Arc::new(Semaphore::new(SNAPSHOTS));
        let (runtime, writing) = (Handle::current(), Writing::default());
        Self { inner: Arc::new(Inner { engine, runtime, snapshots, outbox, auditor, writing }) }
    }

    pub(crate) fn runtime(&self) -> &Handle {
        &self.inner.runtime
    }

    /// Returns the background workers of the engine.
    pub fn workers(&self) -> Supervisor {
        self.inner.engine.workers()
    }

    /// Reports to `news` from now on what others do to sessions ([`Engine::watch_sessions`]).
    pub fn watch_sessions(&self, news: Arc<dyn SessionNews>) {
        let _runtime = self.inner.runtime.enter();
        self.inner.engine.watch_sessions(news);
    }

    /// Has the database's file checked now and every day, if it has one ([`Store::file_check`]).
    pub fn watch_file(&self) {
        let _runtime = self.inner.runtime.enter();
        self.inner.engine.watch_file();
    }

    /// Runs `work` and waits for it within a deadline, which `work` itself must keep where it can. It runs to its end
    /// even if the caller goes away: work that may wait for the database runs on the runtime on which the store was
    /// opened, so that no connection is left inside a transaction or dies with the runtime of a worker that stops.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        work: impl Future<Output = T> + Send + 'static,
    ) -> Result<T, StoreError> {
        if self.inner.engine.runs_inline() {
            // A panic costs this call, but not the worker on which it runs.
            within_deadline(AssertUnwindSafe(work).catch_unwind().map_err(|_| "it panicked".to_owned())).await
        } else {
            let task = self.inner.runtime.spawn(request_scope::carry(work).in_current_span());
            within_deadline(task.map_err(|error| error.to_string())).await
        }
    }

    /// Runs work like [`Self::run`] that may read large amounts: the calling thread has others to serve meanwhile.
    pub(crate) async fn run_apart<T: Send + 'static>(
        &self,
        work: impl Future<Output = T> + Send + 'static,
    ) -> Result<T, StoreError> {
        if !self.inner.engine.runs_inline() {
            return self.run(work).await;
        }
        let (runtime, work) = (self.inner.runtime.clone(), work.in_current_span());
        let work = request_scope::carry(work);
        let thread = self.inner.runtime.spawn_blocking(move || runtime.block_on(work));
        within_deadline(thread.map_err(|error| error.to_string())).await
    }

    pub(crate) async fn read<T: Send + 'static>(
        &self,
        work: impl for<'c> FnOnce(&'c mut Connection) -> Work<'c, T, CommitError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let inner = Arc::clone(&self.inner);
        self.run(async move { read_on(&inner.engine, work).await.map_err(as_store_error) }).await?
    }

    /// Reads like [`Self::read`], for possibly many rows.
    async fn read_many<T: Send + 'static>(
        &self,
        work: impl for<'c> FnOnce(&'c mut Connection) -> Work<'c, T, CommitError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let inner = Arc::clone(&self.inner);
        self.run_apart(async move { read_on(&inner.engine, work).await.map_err(as_store_error) }).await?
    }

    async fn write<T: Send + 'static>(
        &self,
        work: impl for<'c> FnOnce(&'c mut Connection) -> Work<'c, T, CommitError> + Send + 'static,
    ) -> Result<T, CommitError> {
        self.write_for(Purpose::Write, work).await
    }

    pub(crate) async fn write_for<T: Send + 'static>(
        &self,
        purpose: Purpose,
        work: impl for<'c> FnOnce(&'c mut Connection) -> Work<'c, T, CommitError> + Send + 'static,
    ) -> Result<T, CommitError> {
        let (keep, mut kept) = oneshot::channel();
        let write: Write = Box::new(move |conn| {
            async move {
                // A caller that no longer waits no longer needs it.
                let _: Result<(), T> = keep.send(work(conn).await?);
                Ok(())
            }
            .boxed()
        });
        let inner = Arc::clone(&self.inner);
        let timeout = if purpose == Purpose::WriteIfFree { TIMEOUT_OF_WHAT_CAN_WAIT } else { CALL_TIMEOUT };
        let by = Instant::now() + timeout;
        let done = self.run(async move { inner.engine.write(write, purpose, by).await }).await;
        let done = done.map_err(CommitError::from).flatten();
        self.inner.writing.note(&done);
        done?;
        kept.try_recv().map_err(|_| StoreError::Failed.into())
    }

    /// Finishes what was begun and closes every connection. Nothing can be requested afterwards.
    pub async fn close(&self) {
        self.inner.engine.close().await;
    }
}

/// Waits for a call. The error says why it did not complete.
async fn within_deadline<T>(call: impl Future<Output = Result<T, String>>) -> Result<T, StoreError> {
    match tokio::time::timeout(CALL_TIMEOUT + GRACE, call).await {
        Ok(Ok(done)) => Ok(done),
        Ok(Err(error)) => {
            tracing::error!(error, "a database call ended unexpectedly");
            Err(StoreError::Failed)
        }
        Err(_) => {
            tracing::error!("the database did not answer in time");
            Err(StoreError::Unavailable)
        }
    }
}

async fn read_on<T>(
    engine: &impl Engine,
    work: impl for<'c> FnOnce(&'c mut Connection) -> Work<'c, T, CommitError>,
) -> Result<T, CommitError> {
    let by = Instant::now() + CALL_TIMEOUT;
    work_on(engine.reader().await?, engine.begin_call().as_deref(), by, work).await
}

/// Does `work` on a connection that is lent, in a transaction if `begin` begins one. After `by`, the connection is given up
/// as soon as its server is silent; the outcome of a write is then unknown. While the server still answers, however slowly,
/// the work is finished although nobody waits for it any more: a new connection would cost more, and a server far away
/// would never be done with the first statements of any.
pub async fn work_on<T>(
    mut lent: Lent,
    begin: Option<&str>,
    by: Instant,
    work: impl for<'c> FnOnce(&'c mut Connection) -> Work<'c, T, CommitError>,
) -> Result<T, CommitError> {
    if Instant::now() >= by {
        tracing::error!("a database connection became available too late");
        return Err(StoreError::Unavailable.into());
    }
    let heard = lent.heard();
    let done = {
        let mut call = pin!(async {
            if let Some(begin) = begin {
                lent.begin_with(begin).await?;
            }
            let done = work(&mut lent).await;
            lent.end_lent_transaction(done.is_ok()).await?;
            done
        });
        match (tokio::time::timeout_at(by.into(), call.as_mut()).await, heard) {
            (Ok(done), _) => Some(done),
            (Err(_), Some(heard)) => heard.wait_for(call, SILENCE, (by + LATE).into()).await,
            (Err(_), None) => None,
        }
    };
    let Some(done) = done else {
        tracing::error!("the database did not answer in time");
        lent.give_up();
        return Err(StoreError::Unavailable.into());
    };
    lent.look_at_outcome();
    done
}

#[async_trait]
impl<E: Engine> Store for SqlStore<E> {
    async fn ping(&self) -> Result<(), StoreError> {
        self.read(|conn| outbox::ping(conn).boxed()).await
    }

    async fn check_ready(&self, drawn: Randomness) -> Result<(), StoreError> {
        self.read_and_write(drawn).await
    }

    async fn find_account(&self, id: AccountId) -> Result<Option<Account>, StoreError> {
        self.read(move |conn| accounts::find(conn, id).boxed()).await
    }

    async fn find_account_by_name(&self, name: &LoginName) -> Result<Option<Account>, StoreError> {
        let name = name.clone();
        self.read(move |conn| async move { names::find_account(conn, &Name::of(&name)).await }.boxed()).await
    }

    async fn find_account_and_password_limit(
        &self,
        name: &LoginName,
        nobody: AttemptSubject,
        network: &Network,
    ) -> Result<(Option<Account>, PasswordLimit), StoreError> {
        let (name, network) = (name.clone(), network.clone());
        self.read(move |conn| {
            async move { password_limits::find_by_name(conn, &Name::of(&name), nobody, &network).await }.boxed()
        })
        .await
    }

    async fn find_account_by_identity(
        &self,
        provider: &ProviderName,
        subject: &Subject,
    ) -> Result<Option<Account>, StoreError> {
        let (provider, subject) = (provider.clone(), subject.clone());
        self.read(move |conn| {
            async move { names::find_account(conn, &Name::identity(&provider, &subject)).await }.boxed()
        })
        .await
    }

    async fn list_retired_keys(&self) -> Result<Vec<RetiredKey>, StoreError> {
        self.read(|conn| keys::list_retired(conn).boxed()).await
    }

    async fn list_audit_records(&self, filter: &AuditFilter, limit: u32) -> Result<Vec<AuditRecord>, StoreError> {
        let filter = filter.clone();
        self.read_many(move |conn| audit::list(conn, filter, limit).boxed()).await
    }

    async fn find_maintenance(&self, kind: Maintenance) -> Result<Option<Timestamp>, StoreError> {
        self.read(move |conn| maintenance::find(conn, kind).boxed()).await
    }

    async fn list_accounts(&self, after: Option<AccountId>, limit: u32) -> Result<Vec<Account>, StoreError> {
        self.read_many(move |conn| accounts::list(conn, after, limit).boxed()).await
    }

    async fn search_accounts(
        &self,
        filter: &AccountFilter,
        after: Option<AccountId>,
        limit: u32,
    ) -> Result<Vec<Account>, StoreError> {
        let filter = filter.clone();
        self.read_many(move |conn| accounts::search(conn, filter, after, limit).boxed()).await
    }

    async fn list_due_deletions(&self, until: Timestamp, limit: u32) -> Result<Vec<AccountId>, StoreError> {
        self.read_many(move |conn| accounts::list_due_deletions(conn, until, limit).boxed()).await
    }

    async fn find_admins(&self) -> Result<Admins, StoreError> {
        self.read(|conn| admins::find(conn).boxed()).await
    }

    async fn snapshot_accounts(&self, after: Option<AccountId>) -> Result<Box<dyn AccountSnapshot>, SnapshotError> {
        let snapshots = Arc::clone(&self.inner.snapshots);
        let permit = snapshots.try_acquire_owned().map_err(|_| SnapshotError::TooMany)?;
        let inner = Arc::clone(&self.inner);
        let conn = self.run(async move { inner.engine.begin_snapshot().await }).await??;
        Ok(Box::new(Snapshot::new(self.clone(), conn, after, permit)))
    }

    async fn find_session(
        &self,
        account_id: AccountId,
        id: SessionId,
    ) -> Result<Option<(Session, Account)>, StoreError> {
        self.read(move |conn| sessions::find(conn, account_id, id).boxed()).await
    }

    async fn find_session_by_id(&self, id: SessionId) -> Result<Option<(Session, Account)>, StoreError> {
        self.read(move |conn| sessions::find_by_id(conn, id).boxed()).await
    }

    async fn list_sessions(
        &self,
        account_id: AccountId,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<Session>, StoreError> {
        self.read(move |conn| sessions::list(conn, account_id, now, limit).boxed()).await
    }

    async fn find_password_limit(
        &self,
        subject: AttemptSubject,
        network: &Network,
    ) -> Result<PasswordLimit, StoreError> {
        let network = network.clone();
        self.read(move |conn| async move { password_limits::find(conn, subject, &network).await }.boxed()).await
    }

    async fn list_login_networks(&self, since: Timestamp, limit: u32) -> Result<Vec<(Network, Timestamp)>, StoreError> {
        self.read_many(move |conn| password_limits::list_login_networks(conn, since, limit).boxed()).await
    }

    async fn find_rate_limit(&self, subject: AttemptSubject, kind: &RateLimitKind) -> Result<RateLimit, StoreError> {
        let kind = kind.clone();
        self.read(move |conn| async move { rate_limits::find(conn, subject, &kind).await }.boxed()).await
    }

    async fn find_challenge(&self, id: ChallengeId) -> Result<Option<(Challenge, Option<Account>)>, StoreError> {
        self.read(move |conn| challenges::find(conn, id).boxed()).await
    }

    async fn find_challenge_of(
        &self,
        account_id: AccountId,
        purpose: ChallengePurpose,
    ) -> Result<Option<Challenge>, StoreError> {
        self.read(move |conn| challenges::find_newest_of(conn, account_id, purpose).boxed()).await
    }

    async fn find_pending_credentials(&self, id: ChallengeId) -> Result<Option<PendingCredentials>, StoreError> {
        self.read(move |conn| two_factor::find_pending(conn, id).boxed()).await
    }

    async fn find_invitation(&self, id: InvitationId) -> Result<Option<Invitation>, StoreError> {
        self.read(move |conn| invitations::find(conn, id).boxed()).await
    }

    async fn list_invitations(&self, after: Option<InvitationId>, limit: u32) -> Result<Vec<Invitation>, StoreError> {
        self.read(move |conn| invitations::list(conn, after, limit).boxed()).await
    }

    async fn find_deletion(&self, id: DeletionId) -> Result<Option<DeletionProgress>, StoreError> {
        self.read(move |conn| events::find_deletion(conn, id).boxed()).await
    }

    async fn find_data_export(&self, account_id: AccountId) -> Result<Option<DataExport>, StoreError> {
        self.read(move |conn| events::find_export(conn, account_id).boxed()).await
    }

    async fn list_events(&self, after: Option<EventId>, limit: u32) -> Result<Option<Vec<Event>>, StoreError> {
        self.write(move |conn| events::list(conn, after, limit).boxed()).await.map_err(as_store_error)
    }

    async fn list_signing_keys(&self) -> Result<Vec<SigningKey>, StoreError> {
        self.read(|conn| keys::list_signing(conn).boxed()).await
    }

    async fn purge(&self, expired: Expired, limit: u32) -> Result<u32, StoreError> {
        let rows = self.write(move |conn| purge::purge(conn, expired, limit).boxed()).await;
        Ok(u32::try_from(rows.map_err(as_store_error)?).unwrap_or(u32::MAX))
    }

    async fn lease_mails(&self, now: Timestamp, until: Timestamp, limit: u32) -> Result<Vec<LeasedMail>, StoreError> {
        // Usually none is due, and then this takes one statement and no lock.
        if !self.read(move |conn| mails::is_due(conn, now).boxed()).await? {
            return Ok(Vec::new());
        }
        self.write(move |conn| mails::lease(conn, now, until, limit).boxed()).await.map_err(as_store_error)
    }

    async fn list_waiting_mails(&self, limit: u32) -> Result<Vec<WaitingMail>, StoreError> {
        self.read_many(move |conn| mails::list_waiting(conn, limit).boxed()).await
    }

    async fn list_parked_mails(&self, limit: u32) -> Result<Vec<ParkedMail>, StoreError> {
        self.read_many(move |conn| mails::list_parked(conn, limit).boxed()).await
    }

    async fn lease_events(
        &self,
        service: &str,
        now: Timestamp,
        until: Timestamp,
        limit: u32,
    ) -> Result<Vec<LeasedEvent>, StoreError> {
        let service: Arc<str> = service.into();
        let asked = Arc::clone(&service);
        if !self.read(move |conn| async move { events::may_be_due(conn, &asked, now).await }.boxed()).await? {
            return Ok(Vec::new());
        }
        let leased =
            self.write(move |conn| async move { events::lease(conn, &service, now, until, limit).await }.boxed()).await;
        leased.map_err(as_store_error)
    }

    async fn restamp_outbox(&self, now: Timestamp) -> Result<u32, StoreError> {
        // Nearly always there is nothing to do, and then nothing is written.
        if !self.read_many(move |conn| outbox::has_stamps_ahead(conn, now).boxed()).await? {
            return Ok(0);
        }
        let rows = self.write(move |conn| outbox::restamp(conn, now).boxed()).await.map_err(as_store_error)?;
        Ok(u32::try_from(rows).unwrap_or(u32::MAX))
    }

    async fn outbox_depth(&self) -> Result<OutboxDepth, StoreError> {
        self.read_many(|conn| outbox::depth(conn).boxed()).await
    }

    fn pool_load(&self) -> PoolLoad {
        self.inner.engine.pool_load()
    }

    fn file_check(&self) -> FileCheck {
        self.inner.engine.file_check()
    }

    async fn wait_for_outbox(&self, at_most: Duration) {
        let _: Result<(), tokio::time::error::Elapsed> =
            tokio::time::timeout(at_most, self.inner.outbox.notified()).await;
    }

    async fn commit(&self, changes: Vec<Change>) -> Result<(), CommitError> {
        let changes = match &self.inner.auditor {
            Some(auditor) => auditor.complete(changes),
            None => changes,
        };
        let wakes = changes.iter().any(Change::fills_outbox);
        let purpose = if changes.iter().all(Change::can_wait) { Purpose::WriteIfFree } else { Purpose::Write };
        self.write_for(purpose, move |conn| commit::commit(conn, changes).boxed()).await?;
        if wakes {
            self.inner.outbox.notify_waiters();
            self.inner.engine.tell_others();
        }
        Ok(())
    }
}
