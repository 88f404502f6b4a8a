//! The `Store` port.

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
use tokio::sync::OwnedSemaphorePermit;

use super::MemoryStore;
use super::tables::Tables;

impl MemoryStore {
    /// Does one read, unless this call is to fail.
    fn read<T>(&self, read: impl FnOnce(&mut Tables) -> T) -> Result<T, StoreError> {
        self.answer()?;
        Ok(read(&mut self.tables()))
    }
}

#[async_trait]
impl Store for MemoryStore {
    async fn ping(&self) -> Result<(), StoreError> {
        self.read(|_| ())
    }

    async fn check_ready(&self, _: Randomness) -> Result<(), StoreError> {
        self.read(|_| ())
    }

    async fn find_account(&self, id: AccountId) -> Result<Option<Account>, StoreError> {
        self.read(|tables| tables.account(id))
    }

    async fn find_account_by_name(&self, name: &LoginName) -> Result<Option<Account>, StoreError> {
        self.read(|tables| tables.account_by_name(name))
    }

    async fn find_account_and_password_limit(
        &self,
        name: &LoginName,
        nobody: AttemptSubject,
        network: &Network,
    ) -> Result<(Option<Account>, PasswordLimit), StoreError> {
        self.read(|tables| {
            let account = tables.account_by_name(name);
            let subject = account.as_ref().map_or(nobody, |account| AttemptSubject::Account(account.id));
            (account, tables.password_limit(subject, network))
        })
    }

    async fn find_account_by_identity(
        &self,
        provider: &ProviderName,
        subject: &Subject,
    ) -> Result<Option<Account>, StoreError> {
        self.read(|tables| tables.account_by_identity(provider, subject))
    }

    async fn list_retired_keys(&self) -> Result<Vec<RetiredKey>, StoreError> {
        self.read(|tables| tables.retired_keys.values().cloned().collect())
    }

    async fn list_audit_records(&self, filter: &AuditFilter, limit: u32) -> Result<Vec<AuditRecord>, StoreError> {
        self.read(|tables| tables.audit_records_through(filter, limit))
    }

    async fn find_maintenance(&self, kind: Maintenance) -> Result<Option<Timestamp>, StoreError> {
        self.read(|tables| tables.maintenance.get(kind.as_str()).copied())
    }

    async fn list_accounts(&self, after: Option<AccountId>, limit: u32) -> Result<Vec<Account>, StoreError> {
        self.read(|tables| tables.accounts_after(after, limit))
    }

    async fn search_accounts(
        &self,
        filter: &AccountFilter,
        after: Option<AccountId>,
        limit: u32,
    ) -> Result<Vec<Account>, StoreError> {
        self.read(|tables| tables.accounts_matching(filter, after, limit))
    }

    async fn list_due_deletions(&self, until: Timestamp, limit: u32) -> Result<Vec<AccountId>, StoreError> {
        self.read(|tables| tables.due_deletions(until, limit))
    }

    async fn find_admins(&self) -> Result<Admins, StoreError> {
        self.read(|tables| tables.admins())
    }

    async fn snapshot_accounts(&self, after: Option<AccountId>) -> Result<Box<dyn AccountSnapshot>, SnapshotError> {
        let permit = Arc::clone(&self.shared.snapshots).try_acquire_owned().map_err(|_| SnapshotError::TooMany)?;
        let tables = self.read(|tables| tables.clone())?;
        Ok(Box::new(MemorySnapshot { store: self.clone(), tables, after, _permit: permit }))
    }

    async fn find_session(
        &self,
        account_id: AccountId,
        id: SessionId,
    ) -> Result<Option<(Session, Account)>, StoreError> {
        self.read(|tables| tables.session(id).filter(|(session, _)| session.account_id == account_id))
    }

    async fn find_session_by_id(&self, id: SessionId) -> Result<Option<(Session, Account)>, StoreError> {
        self.read(|tables| tables.session(id))
    }

    async fn list_sessions(
        &self,
        account_id: AccountId,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<Session>, StoreError> {
        self.read(|tables| tables.live_sessions(account_id, now, limit))
    }

    async fn find_password_limit(
        &self,
        subject: AttemptSubject,
        network: &Network,
    ) -> Result<PasswordLimit, StoreError> {
        self.read(|tables| tables.password_limit(subject, network))
    }

    async fn list_login_networks(&self, since: Timestamp, limit: u32) -> Result<Vec<(Network, Timestamp)>, StoreError> {
        self.read(|tables| tables.login_networks(since, limit))
    }

    async fn find_rate_limit(&self, subject: AttemptSubject, kind: &RateLimitKind) -> Result<RateLimit, StoreError> {
        self.read(|tables| tables.rate_limit(subject, kind))
    }

    async fn find_challenge(&self, id: ChallengeId) -> Result<Option<(Challenge, Option<Account>)>, StoreError> {
        self.read(|tables| tables.challenge(id))
    }

    async fn find_pending_credentials(&self, id: ChallengeId) -> Result<Option<PendingCredentials>, StoreError> {
        self.read(|tables| tables.pending_credentials.get(&id).cloned())
    }

    async fn find_challenge_of(
        &self,
        account_id: AccountId,
        purpose: ChallengePurpose,
    ) -> Result<Option<Challenge>, StoreError> {
        self.read(|tables| tables.newest_challenge(account_id, purpose))
    }

    async fn find_invitation(&self, id: InvitationId) -> Result<Option<Invitation>, StoreError> {
        self.read(|tables| tables.invitations.get(&id).cloned())
    }

    async fn list_invitations(&self, after: Option<InvitationId>, limit: u32) -> Result<Vec<Invitation>, StoreError> {
        self.read(|tables| tables.invitations_after(after, limit))
    }

    async fn find_deletion(&self, id: DeletionId) -> Result<Option<DeletionProgress>, StoreError> {
        self.read(|tables| tables.deletion(id))
    }

    async fn find_data_export(&self, account_id: AccountId) -> Result<Option<DataExport>, StoreError> {
        self.read(|tables| tables.data_export(account_id))
    }

    async fn list_events(&self, after: Option<EventId>, limit: u32) -> Result<Option<Vec<Event>>, StoreError> {
        self.read(|tables| tables.events_after(after, limit))
    }

    async fn list_signing_keys(&self) -> Result<Vec<SigningKey>, StoreError> {
        self.read(|tables| tables.signing_keys_by_sequence())
    }

    async fn purge(&self, expired: Expired, limit: u32) -> Result<u32, StoreError> {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let purged = self.read(|tables| tables.purge(expired, limit))?;
        Ok(u32::try_from(purged).unwrap_or(u32::MAX))
    }

    async fn lease_mails(&self, now: Timestamp, until: Timestamp, limit: u32) -> Result<Vec<LeasedMail>, StoreError> {
        self.read(|tables| tables.lease_mails(now, until, limit))
    }

    async fn list_waiting_mails(&self, limit: u32) -> Result<Vec<WaitingMail>, StoreError> {
        self.read(|tables| tables.waiting_mails(limit))
    }

    async fn list_parked_mails(&self, limit: u32) -> Result<Vec<ParkedMail>, StoreError> {
        self.read(|tables| tables.parked_mails(limit))
    }

    async fn lease_events(
        &self,
        service: &str,
        now: Timestamp,
        until: Timestamp,
        limit: u32,
    ) -> Result<Vec<LeasedEvent>, StoreError> {
        self.read(|tables| tables.lease_events(service, now, until, limit))
    }

    async fn restamp_outbox(&self, now: Timestamp) -> Result<u32, StoreError> {
        let moved = self.read(|tables| tables.restamp(now))?;
        Ok(u32::try_from(moved).unwrap_or(u32::MAX))
    }

    async fn outbox_depth(&self) -> Result<OutboxDepth, StoreError> {
        self.read(|tables| tables.outbox_depth())
    }

    fn pool_load(&self) -> PoolLoad {
        PoolLoad { most: 1, open: 1, idle: 1 }
    }

    fn file_check(&self) -> FileCheck {
        FileCheck::Unknown
    }

    async fn wait_for_outbox(&self, at_most: Duration) {
        let notified = self.shared.outbox.notified();
        let _: Result<(), tokio::time::error::Elapsed> = tokio::time::timeout(at_most, notified).await;
    }

    async fn commit(&self, changes: Vec<Change>) -> Result<(), CommitError> {
        self.answer()?;
        self.interrupt(&changes)?;
        let changes = match &self.auditor {
            Some(auditor) => auditor.complete(changes),
            None => changes,
        };
        self.commit_now(changes)
    }
}

/// A copy of the rows as they were.
struct MemorySnapshot {
    store: MemoryStore,
    tables: Tables,
    after: Option<AccountId>,
    _permit: OwnedSemaphorePermit,
}

#[async_trait]
impl AccountSnapshot for MemorySnapshot {
    async fn next_page(&mut self) -> Result<Vec<Account>, StoreError> {
        self.store.answer()?;
        let page = self.tables.accounts_after(self.after, 1_000);
        self.after = page.last().map(|account| account.id).or(self.after);
        Ok(page)
    }
}
