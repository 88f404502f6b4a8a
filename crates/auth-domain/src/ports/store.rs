//! The port to the database: reads, and one `commit` for every write.

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;

use crate::account::{Account, AccountFilter, Admins, LoginName};
use crate::audit::{AuditFilter, AuditRecord};
use crate::challenge::{Challenge, ChallengePurpose};
use crate::data_export::DataExport;
use crate::deletion::DeletionProgress;
use crate::event::{Event, LeasedEvent};
use crate::identity::{ProviderName, Subject};
use crate::invitation::Invitation;
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
use crate::{AccountId, ChallengeId, DeletionId, EventId, InvitationId, Randomness, SessionId, Timestamp};

use super::{Change, Guard};

/// Why a database request failed. The log has the database's own message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// The database does not answer in time. Whether a commit happened is not known.
    #[error("the database is unavailable")]
    Unavailable,
    /// The database answers but refuses to write: its disk is full, or it is read-only.
    #[error("the database refuses writes")]
    Refused,
    /// A row contains what this service cannot have written, and cannot be read until someone repairs it.
    #[error("{table}.{column} holds a value that cannot be read")]
    Corrupt {
        /// The table of that row.
        table: &'static str,
        /// The column, or the columns that contradict each other.
        column: &'static str,
    },
    /// The database reports an error that is none of the above.
    #[error("a database query failed")]
    Failed,
}

/// Why the accounts cannot be read all at once now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SnapshotError {
    /// Too many others are reading them, each of whom holds resources of the database.
    #[error("too many requests are reading all accounts at once")]
    TooMany,
    /// The database did not answer, or failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why a commit failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CommitError {
    /// Nothing happened, because a guard did not hold: someone else was first. Read and decide again.
    #[error("another commit was first: the guard {0:?} no longer holds")]
    Conflict(Guard),
    /// Nothing happened, because a unique key is taken.
    #[error("{0} is taken")]
    Duplicate(UniqueKey),
    /// Nothing happened, except after [`StoreError::Unavailable`]: then all of it happened or none.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A key that must be unique.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UniqueKey {
    /// The e-mail address of an account.
    Email,
    /// The identity at a provider, or the account's only identity of a provider.
    Identity,
    /// The username of an account.
    Username,
    /// The sequence of a signing key.
    SigningKeySequence,
    /// The id of a row.
    Id,
}

impl fmt::Display for UniqueKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Email => "the e-mail address",
            Self::Identity => "the identity",
            Self::Username => "the username",
            Self::SigningKeySequence => "the sequence of the signing key",
            Self::Id => "the id",
        })
    }
}

/// The database. No read except a snapshot holds a transaction open, and every commit happens completely or not at all.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait Store: Send + Sync {
    /// Checks that the database answers.
    async fn ping(&self) -> Result<(), StoreError>;

    /// Whether it can be read and written now, asked as requests ask it. Answers within a few seconds, whatever the
    /// database does. What is `drawn` says which row a node tries writing on, so that nodes seldom share one.
    async fn check_ready(&self, drawn: Randomness) -> Result<(), StoreError>;

    /// Returns the account with this id.
    async fn find_account(&self, id: AccountId) -> Result<Option<Account>, StoreError>;

    /// Returns the account with this e-mail address or username.
    async fn find_account_by_name(&self, name: &LoginName) -> Result<Option<Account>, StoreError>;

    /// Returns the account with this e-mail address or username, and its password limit from a network; without an
    /// account, the limit of `nobody`.
    async fn find_account_and_password_limit(
        &self,
        name: &LoginName,
        nobody: AttemptSubject,
        network: &Network,
    ) -> Result<(Option<Account>, PasswordLimit), StoreError>;

    /// Returns the account to which this identity is linked.
    async fn find_account_by_identity(
        &self,
        provider: &ProviderName,
        subject: &Subject,
    ) -> Result<Option<Account>, StoreError>;

    /// Returns what is kept of retired master keys.
    async fn list_retired_keys(&self) -> Result<Vec<RetiredKey>, StoreError>;

    /// Returns the audit records that match `filter`, in its order, at most `limit`.
    async fn list_audit_records(&self, filter: &AuditFilter, limit: u32) -> Result<Vec<AuditRecord>, StoreError>;

    /// Returns when this maintenance was last done on the database.
    async fn find_maintenance(&self, kind: Maintenance) -> Result<Option<Timestamp>, StoreError>;

    /// Returns a page of accounts by ascending id: those after `after`, at most `limit`.
    async fn list_accounts(&self, after: Option<AccountId>, limit: u32) -> Result<Vec<Account>, StoreError>;

    /// Returns a page of the accounts that match `filter`, by ascending id: those after `after`, at most `limit`.
    async fn search_accounts(
        &self,
        filter: &AccountFilter,
        after: Option<AccountId>,
        limit: u32,
    ) -> Result<Vec<Account>, StoreError>;

    /// Returns the accounts whose deletion is due by `until`, the longest due first, at most `limit`.
    async fn list_due_deletions(&self, until: Timestamp, limit: u32) -> Result<Vec<AccountId>, StoreError>;

    /// Returns the accounts that may administer the service, as far as their number matters. When one was last lost is
    /// read first, so that a loss in this moment is noticed by the guard.
    async fn find_admins(&self) -> Result<Admins, StoreError>;

    /// Opens a consistent view of all accounts after `after`, to be read page by page.
    async fn snapshot_accounts(&self, after: Option<AccountId>) -> Result<Box<dyn AccountSnapshot>, SnapshotError>;

    /// Returns a session of that account, with the account.
    async fn find_session(
        &self,
        account_id: AccountId,
        id: SessionId,
    ) -> Result<Option<(Session, Account)>, StoreError>;

    /// Returns a session with its account, if the account is not known. Rows are kept by account, so if they are spread
    /// over several servers, all of these are asked.
    async fn find_session_by_id(&self, id: SessionId) -> Result<Option<(Session, Account)>, StoreError>;

    /// Returns the sessions of an account that are alive at `now`, newest first, at most `limit`.
    async fn list_sessions(
        &self,
        account_id: AccountId,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<Session>, StoreError>;

    /// Returns the password limit of a subject from a network; empty if nothing is stored.
    async fn find_password_limit(
        &self,
        subject: AttemptSubject,
        network: &Network,
    ) -> Result<PasswordLimit, StoreError>;

    /// Returns the networks of the latest logins since that time, latest first, at most `limit`: each network once per
    /// account, with the time of the last login.
    async fn list_login_networks(&self, since: Timestamp, limit: u32) -> Result<Vec<(Network, Timestamp)>, StoreError>;

    /// Returns the rate limit of a subject; empty if nothing is stored.
    async fn find_rate_limit(&self, subject: AttemptSubject, kind: &RateLimitKind) -> Result<RateLimit, StoreError>;

    /// Returns a challenge and, if it has one, its account.
    async fn find_challenge(&self, id: ChallengeId) -> Result<Option<(Challenge, Option<Account>)>, StoreError>;

    /// Returns the change of credentials that a challenge confirms.
    async fn find_pending_credentials(&self, id: ChallengeId) -> Result<Option<PendingCredentials>, StoreError>;

    /// Returns the newest challenge of an account for a purpose.
    async fn find_challenge_of(
        &self,
        account_id: AccountId,
        purpose: ChallengePurpose,
    ) -> Result<Option<Challenge>, StoreError>;

    /// Returns an invitation.
    async fn find_invitation(&self, id: InvitationId) -> Result<Option<Invitation>, StoreError>;

    /// Returns the invitations after this one, or from the first, by ascending id, at most `limit`.
    async fn list_invitations(&self, after: Option<InvitationId>, limit: u32) -> Result<Vec<Invitation>, StoreError>;

    /// Returns a deletion, and which services have acknowledged it.
    async fn find_deletion(&self, id: DeletionId) -> Result<Option<DeletionProgress>, StoreError>;

    /// Returns the newest request of an account for a copy of all its data whose event is still kept, and which services
    /// have acknowledged it.
    async fn find_data_export(&self, account_id: AccountId) -> Result<Option<DataExport>, StoreError>;

    /// Returns up to `limit` events after this one, or from the first, in the order in which they became visible: no
    /// event is ever inserted before one that was listed. `None` if the event is unknown.
    async fn list_events(&self, after: Option<EventId>, limit: u32) -> Result<Option<Vec<Event>>, StoreError>;

    /// Returns all signing keys, oldest first.
    async fn list_signing_keys(&self) -> Result<Vec<SigningKey>, StoreError>;

    /// Deletes up to `limit` expired rows and returns how many there were. This is not a [`Change`], because no
    /// decision depends on what it deletes.
    async fn purge(&self, expired: Expired, limit: u32) -> Result<u32, StoreError>;

    /// Leases up to `limit` mails that are due at `now`, the longest due first. Nobody else gets them before `until`,
    /// when they are due again.
    async fn lease_mails(&self, now: Timestamp, until: Timestamp, limit: u32) -> Result<Vec<LeasedMail>, StoreError>;

    /// Returns the mails that are neither sent nor given up, the longest due first, at most `limit`.
    async fn list_waiting_mails(&self, limit: u32) -> Result<Vec<WaitingMail>, StoreError>;

    /// Returns the mails that were given up, latest first, at most `limit`.
    async fn list_parked_mails(&self, limit: u32) -> Result<Vec<ParkedMail>, StoreError>;

    /// Leases up to `limit` events that are due at `now` for `service`, the longest due first, and for each account
    /// none before the previous one is acknowledged. Nobody else gets them before `until`, when they are due again.
    async fn lease_events(
        &self,
        service: &str,
        now: Timestamp,
        until: Timestamp,
        limit: u32,
    ) -> Result<Vec<LeasedEvent>, StoreError>;

    /// Restarts at `now` the lease or wait of every queued mail and event that [began in the
    /// future](Timestamp::measured_at), for its intended length. Returns how many there were. This is not a [`Change`],
    /// because no decision depends on it.
    async fn restamp_outbox(&self, now: Timestamp) -> Result<u32, StoreError>;

    /// Returns how many mails and events are queued or given up.
    async fn outbox_depth(&self) -> Result<OutboxDepth, StoreError>;

    /// Returns how busy the connections are.
    fn pool_load(&self) -> PoolLoad;

    /// Returns what the last check of the database's file found, if it has one.
    fn file_check(&self) -> FileCheck;

    /// Waits until a mail or an event is queued, here or on another node, but no longer than `at_most`. This is only a
    /// hint: look for what is due in either case.
    async fn wait_for_outbox(&self, at_most: Duration);

    /// Makes all of `changes`, sorted by [`Change::lock_order`], or none.
    async fn commit(&self, changes: Vec<Change>) -> Result<(), CommitError>;
}

/// A consistent view of all accounts, however long reading it takes.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait AccountSnapshot: Send {
    /// Returns the next accounts by ascending id, at most 1 000; none at the end.
    async fn next_page(&mut self) -> Result<Vec<Account>, StoreError>;
}
