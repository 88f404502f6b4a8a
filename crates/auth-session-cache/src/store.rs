//! The decorator of the `Store` port.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use auth_domain::account::{Account, AccountFilter, Admins, LoginName};
use auth_domain::audit::{AuditFilter, AuditRecord};
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
use auth_domain::ports::{AccountSnapshot, Change, CommitError, SnapshotError, Store, StoreError};
use auth_domain::rate_limit::{AttemptSubject, RateLimit, RateLimitKind};
use auth_domain::retention::Expired;
use auth_domain::retired_key::RetiredKey;
use auth_domain::session::{Network, Session};
use auth_domain::signing_key::SigningKey;
use auth_domain::{AccountId, ChallengeId, DeletionId, EventId, InvitationId, Randomness, SessionId, Timestamp};

use crate::moved::UnderWay;
use crate::sessions::{Moment, SessionCache};

/// A store that caches the sessions that are read from it. Every read still asks the store: callers that may use the
/// cache ask `KeptSessions`.
pub struct CachedStore {
    store: Arc<dyn Store>,
    cache: Arc<SessionCache>,
}

impl CachedStore {
    /// Caches in `cache` what is read from `store`, and applies to it what is committed here.
    pub const fn new(store: Arc<dyn Store>, cache: Arc<SessionCache>) -> Self {
        Self { store, cache }
    }

    /// Keeps what a read found that began then.
    fn note(&self, read_at: Moment, id: SessionId, found: &Result<Option<(Session, Account)>, StoreError>) {
        match found {
            // One that has ended is never used again.
            Ok(Some((session, account))) if session.revocation.is_none() => self.cache.keep(read_at, session, account),
            Ok(_) => self.cache.forget(id),
            Err(_) => {}
        }
    }
}

#[async_trait]
impl Store for CachedStore {
    async fn ping(&self) -> Result<(), StoreError> {
        self.store.ping().await
    }

    async fn check_ready(&self, drawn: Randomness) -> Result<(), StoreError> {
        self.store.check_ready(drawn).await
    }

    async fn find_account(&self, id: AccountId) -> Result<Option<Account>, StoreError> {
        self.store.find_account(id).await
    }

    async fn find_account_by_name(&self, name: &LoginName) -> Result<Option<Account>, StoreError> {
        self.store.find_account_by_name(name).await
    }

    async fn find_account_and_password_limit(
        &self,
        name: &LoginName,
        nobody: AttemptSubject,
        network: &Network,
    ) -> Result<(Option<Account>, PasswordLimit), StoreError> {
        self.store.find_account_and_password_limit(name, nobody, network).await
    }

    async fn find_account_by_identity(
        &self,
        provider: &ProviderName,
        subject: &Subject,
    ) -> Result<Option<Account>, StoreError> {
        self.store.find_account_by_identity(provider, subject).await
    }

    async fn list_retired_keys(&self) -> Result<Vec<RetiredKey>, StoreError> {
        self.store.list_retired_keys().await
    }

    async fn list_audit_records(&self, filter: &AuditFilter, limit: u32) -> Result<Vec<AuditRecord>, StoreError> {
        self.store.list_audit_records(filter, limit).await
    }

    async fn find_maintenance(&self, kind: Maintenance) -> Result<Option<Timestamp>, StoreError> {
        self.store.find_maintenance(kind).await
    }

    async fn list_accounts(&self, after: Option<AccountId>, limit: u32) -> Result<Vec<Account>, StoreError> {
        self.store.list_accounts(after, limit).await
    }

    async fn search_accounts(
        &self,
        filter: &AccountFilter,
        after: Option<AccountId>,
        limit: u32,
    ) -> Result<Vec<Account>, StoreError> {
        self.store.search_accounts(filter, after, limit).await
    }

    async fn list_due_deletions(&self, until: Timestamp, limit: u32) -> Result<Vec<AccountId>, StoreError> {
        self.store.list_due_deletions(until, limit).await
    }

    async fn find_admins(&self) -> Result<Admins, StoreError> {
        self.store.find_admins().await
    }

    async fn snapshot_accounts(&self, after: Option<AccountId>) -> Result<Box<dyn AccountSnapshot>, SnapshotError> {
        self.store.snapshot_accounts(after).await
    }

    async fn find_session(
        &self,
        account_id: AccountId,
        id: SessionId,
    ) -> Result<Option<(Session, Account)>, StoreError> {
        let read_at = self.cache.now();
        let found = self.store.find_session(account_id, id).await;
        self.note(read_at, id, &found);
        found
    }

    async fn find_session_by_id(&self, id: SessionId) -> Result<Option<(Session, Account)>, StoreError> {
        let read_at = self.cache.now();
        let found = self.store.find_session_by_id(id).await;
        self.note(read_at, id, &found);
        found
    }

    async fn list_sessions(
        &self,
        account_id: AccountId,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<Session>, StoreError> {
        self.store.list_sessions(account_id, now, limit).await
    }

    async fn find_password_limit(
        &self,
        subject: AttemptSubject,
        network: &Network,
    ) -> Result<PasswordLimit, StoreError> {
        self.store.find_password_limit(subject, network).await
    }

    async fn list_login_networks(&self, since: Timestamp, limit: u32) -> Result<Vec<(Network, Timestamp)>, StoreError> {
        self.store.list_login_networks(since, limit).await
    }

    async fn find_rate_limit(&self, subject: AttemptSubject, kind: &RateLimitKind) -> Result<RateLimit, StoreError> {
        self.store.find_rate_limit(subject, kind).await
    }

    async fn find_challenge(&self, id: ChallengeId) -> Result<Option<(Challenge, Option<Account>)>, StoreError> {
        self.store.find_challenge(id).await
    }

    async fn find_pending_credentials(&self, id: ChallengeId) -> Result<Option<PendingCredentials>, StoreError> {
        self.store.find_pending_credentials(id).await
    }

    async fn find_challenge_of(
        &self,
        account_id: AccountId,
        purpose: ChallengePurpose,
    ) -> Result<Option<Challenge>, StoreError> {
        self.store.find_challenge_of(account_id, purpose).await
    }

    async fn find_invitation(&self, id: InvitationId) -> Result<Option<Invitation>, StoreError> {
        self.store.find_invitation(id).await
    }

    async fn list_invitations(&self, after: Option<InvitationId>, limit: u32) -> Result<Vec<Invitation>, StoreError> {
        self.store.list_invitations(after, limit).await
    }

    async fn find_deletion(&self, id: DeletionId) -> Result<Option<DeletionProgress>, StoreError> {
        self.store.find_deletion(id).await
    }

    async fn find_data_export(&self, account_id: AccountId) -> Result<Option<DataExport>, StoreError> {
        self.store.find_data_export(account_id).await
    }

    async fn list_events(&self, after: Option<EventId>, limit: u32) -> Result<Option<Vec<Event>>, StoreError> {
        self.store.list_events(after, limit).await
    }

    async fn list_signing_keys(&self) -> Result<Vec<SigningKey>, StoreError> {
        self.store.list_signing_keys().await
    }

    async fn purge(&self, expired: Expired, limit: u32) -> Result<u32, StoreError> {
        // What is purged has ended by its own times, which are checked at each use.
        self.store.purge(expired, limit).await
    }

    async fn lease_mails(&self, now: Timestamp, until: Timestamp, limit: u32) -> Result<Vec<LeasedMail>, StoreError> {
        self.store.lease_mails(now, until, limit).await
    }

    async fn list_waiting_mails(&self, limit: u32) -> Result<Vec<WaitingMail>, StoreError> {
        self.store.list_waiting_mails(limit).await
    }

    async fn list_parked_mails(&self, limit: u32) -> Result<Vec<ParkedMail>, StoreError> {
        self.store.list_parked_mails(limit).await
    }

    async fn lease_events(
        &self,
        service: &str,
        now: Timestamp,
        until: Timestamp,
        limit: u32,
    ) -> Result<Vec<LeasedEvent>, StoreError> {
        self.store.lease_events(service, now, until, limit).await
    }

    async fn restamp_outbox(&self, now: Timestamp) -> Result<u32, StoreError> {
        self.store.restamp_outbox(now).await
    }

    async fn outbox_depth(&self) -> Result<OutboxDepth, StoreError> {
        self.store.outbox_depth().await
    }

    fn pool_load(&self) -> PoolLoad {
        self.store.pool_load()
    }

    fn file_check(&self) -> FileCheck {
        self.store.file_check()
    }

    async fn wait_for_outbox(&self, at_most: Duration) {
        self.store.wait_for_outbox(at_most).await;
    }

    async fn commit(&self, changes: Vec<Change>) -> Result<(), CommitError> {
        let under_way = UnderWay::new(&self.cache, &changes);
        let outcome = self.store.commit(changes).await;
        under_way.settle(&outcome);
        outcome
    }
}
