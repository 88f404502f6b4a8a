//! The port to the database: reads, and one `commit` for every write there is.

use std::time::Duration;

use async_trait::async_trait;

use crate::account::{Account, LoginName};
use crate::audit::{AuditFilter, AuditRecord};
use crate::challenge::{Challenge, ChallengePurpose};
use crate::deletion::DeletionProgress;
use crate::event::{Event, LeasedEvent};
use crate::identity::{ProviderName, Subject};
use crate::load::{FileCheck, OutboxDepth, PoolLoad};
use crate::mail::{LeasedMail, ParkedMail, WaitingMail};
use crate::maintenance::Maintenance;
use crate::password_limit::PasswordLimit;
use crate::pending_credentials::PendingCredentials;
use crate::rate_limit::{AttemptSubject, RateLimit, RateLimitKind};
use crate::retention::Expired;
use crate::retired_key::RetiredKey;
use crate::session::{Network, Session};
use crate::signing_key::SigningKey;
use crate::{AccountId, ChallengeId, DeletionId, EventId, Randomness, SessionId, Timestamp};

use super::{Change, Guard};

/// Why the database did not do what it was asked. Its own words are in the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// It does not answer, or not in time. Of a commit it is not known whether it happened.
    #[error("the database is unavailable")]
    Unavailable,
    /// It answers, and refuses to write: its disk is full, or it only reads.
    #[error("the database refuses to write")]
    Refused,
    /// A row holds what this service cannot have written, so it cannot be read before somebody mends it.
    #[error("{table}.{column} holds a value that cannot be read")]
    Corrupt {
        /// The table of that row.
        table: &'static str,
        /// The column of that value, or those that do not fit together.
        column: &'static str,
    },
    /// It answers with an error that nothing else here explains.
    #[error("the database failed")]
    Failed,
}

/// Why all accounts cannot be read now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SnapshotError {
    /// Others are reading them; each holds resources of the database.
    #[error("too many readers of all accounts at once")]
    TooMany,
    /// The database did not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why a commit is not known to have happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CommitError {
    /// Nothing happened, since a guard did not hold: somebody else was there first. Read again and decide again.
    #[error("another commit was first: {0:?} does not hold any more")]
    Conflict(Guard),
    /// Nothing happened, since a unique key is taken.
    #[error("{0:?} is taken")]
    Duplicate(UniqueKey),
    /// Nothing happened, but for [`StoreError::Unavailable`]: then it happened whole or not at all.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What must be unique.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UniqueKey {
    /// The e-mail address of an account.
    Email,
    /// The identity of a provider, or an account's one at a provider.
    Identity,
    /// The username of an account.
    Username,
    /// The sequence of a signing key.
    SigningKeySequence,
    /// The id of a row.
    Id,
}

/// The database. No read holds a transaction open, but for a snapshot; every commit happens whole or not at all.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait Store: Send + Sync {
    /// Whether it answers.
    async fn ping(&self) -> Result<(), StoreError>;

    /// Whether it can be read and written now, asked as requests ask it. Answers within a few seconds, whatever the
    /// database does. What is `drawn` says which row a node tries writing on, so that nodes seldom share one.
    async fn check_ready(&self, drawn: Randomness) -> Result<(), StoreError>;

    /// The account with that id.
    async fn find_account(&self, id: AccountId) -> Result<Option<Account>, StoreError>;

    /// The account with that e-mail address or username.
    async fn find_account_by_name(&self, name: &LoginName) -> Result<Option<Account>, StoreError>;

    /// The account that this identity logs in to.
    async fn find_account_by_identity(
        &self,
        provider: &ProviderName,
        subject: &Subject,
    ) -> Result<Option<Account>, StoreError>;

    /// What is left of master keys that were taken away.
    async fn list_retired_keys(&self) -> Result<Vec<RetiredKey>, StoreError>;

    /// The records of the audit trail that `filter` lets through, by ascending time and id, at most `limit`.
    async fn list_audit_records(&self, filter: AuditFilter, limit: u32) -> Result<Vec<AuditRecord>, StoreError>;

    /// When that was last done to this database.
    async fn find_maintenance(&self, kind: Maintenance) -> Result<Option<Timestamp>, StoreError>;

    /// A page of accounts by ascending id: those after `after`, at most `limit`.
    async fn list_accounts(&self, after: Option<AccountId>, limit: u32) -> Result<Vec<Account>, StoreError>;

    /// One consistent view of all accounts after `after`, to be read page by page.
    async fn snapshot_accounts(&self, after: Option<AccountId>) -> Result<Box<dyn AccountSnapshot>, SnapshotError>;

    /// A session with its account.
    async fn find_session(&self, id: SessionId) -> Result<Option<(Session, Account)>, StoreError>;

    /// The sessions of an account that are alive at `now`, the newest first, at most `limit`.
    async fn list_sessions(
        &self,
        account_id: AccountId,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<Session>, StoreError>;

    /// The limit of a subject from a network; empty where nothing is stored.
    async fn find_password_limit(
        &self,
        subject: AttemptSubject,
        network: &Network,
    ) -> Result<PasswordLimit, StoreError>;

    /// The networks of the latest logins since that time, the latest first, at most `limit` of them: a network once for
    /// each account, with the time of the last login.
    async fn list_login_networks(&self, since: Timestamp, limit: u32) -> Result<Vec<(Network, Timestamp)>, StoreError>;

    /// The rate limit of a subject; empty where nothing is stored.
    async fn find_rate_limit(&self, subject: AttemptSubject, kind: &RateLimitKind) -> Result<RateLimit, StoreError>;

    /// A challenge with its account, if it is an account's.
    async fn find_challenge(&self, id: ChallengeId) -> Result<Option<(Challenge, Option<Account>)>, StoreError>;

    /// The change of credentials that a challenge is to confirm.
    async fn find_pending_credentials(&self, id: ChallengeId) -> Result<Option<PendingCredentials>, StoreError>;

    /// The newest challenge of an account for a purpose.
    async fn find_challenge_of(
        &self,
        account_id: AccountId,
        purpose: ChallengePurpose,
    ) -> Result<Option<Challenge>, StoreError>;

    /// A deletion, and which services have acknowledged it.
    async fn find_deletion(&self, id: DeletionId) -> Result<Option<DeletionProgress>, StoreError>;

    /// Up to `limit` events after that one, or from the first, in the order in which they became known: none is
    /// ever inserted before one that was listed. `None` when that event is not known.
    async fn list_events(&self, after: Option<EventId>, limit: u32) -> Result<Option<Vec<Event>>, StoreError>;

    /// All signing keys, the oldest first.
    async fn list_signing_keys(&self) -> Result<Vec<SigningKey>, StoreError>;

    /// Removes up to `limit` rows that are expired; answers how many. Not a [`Change`]: nobody decides on
    /// what it removes.
    async fn purge(&self, expired: Expired, limit: u32) -> Result<u32, StoreError>;

    /// Leases up to `limit` mails that are due at `now`, the longest due first. Until `until` nobody else
    /// gets them; then they are due again.
    async fn lease_mails(&self, now: Timestamp, until: Timestamp, limit: u32) -> Result<Vec<LeasedMail>, StoreError>;

    /// The mails that are not sent yet and not given up, the longest due first, at most `limit`.
    async fn list_waiting_mails(&self, limit: u32) -> Result<Vec<WaitingMail>, StoreError>;

    /// The mails that were given up, the latest first, at most `limit`.
    async fn list_parked_mails(&self, limit: u32) -> Result<Vec<ParkedMail>, StoreError>;

    /// Leases up to `limit` events that are due at `now` to be told to `service`, the longest due first; of each
    /// account none before the one before it is acknowledged. Until `until` nobody else gets them; then they are
    /// due again.
    async fn lease_events(
        &self,
        service: &str,
        now: Timestamp,
        until: Timestamp,
        limit: u32,
    ) -> Result<Vec<LeasedEvent>, StoreError>;

    /// Has the lease or the wait of every owed mail and event that [began in the future](Timestamp::measured_at) begin
    /// at `now`: it goes on for as long as it was meant to. Answers how many. Not a [`Change`]: nobody decides on it.
    async fn restamp_outbox(&self, now: Timestamp) -> Result<u32, StoreError>;

    /// What is owed, sent or not.
    async fn outbox_depth(&self) -> Result<OutboxDepth, StoreError>;

    /// How busy the connections are.
    fn pool_load(&self) -> PoolLoad;

    /// What the last check of its file found, where it is in one.
    fn file_check(&self) -> FileCheck;

    /// Waits until somebody owes a mail or announces an event, here or on another node, but not longer than
    /// `at_most`. A hint: what is due is to be looked for either way.
    async fn wait_for_outbox(&self, at_most: Duration);

    /// Does all of `changes`, sorted by [`Change::lock_order`], or nothing.
    async fn commit(&self, changes: Vec<Change>) -> Result<(), CommitError>;
}

/// One consistent view of all accounts, however long it is read.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait AccountSnapshot: Send {
    /// The next accounts by ascending id, at most 1 000; none at the end.
    async fn next_page(&mut self) -> Result<Vec<Account>, StoreError>;
}
