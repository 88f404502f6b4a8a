//! The port to the database: reads, and one `commit` for every write there is.

use async_trait::async_trait;

use crate::account::{Account, CredentialVersion, LoginName, PasswordHash, Roles};
use crate::budget::{AttemptSubject, PasswordBudget};
use crate::deletion::Deletion;
use crate::mail::{LeasedMail, MailRequest};
use crate::retention::Expired;
use crate::session::{Generation, KeyId, Network, Revocation, Rotation, Session};
use crate::signing_key::SigningKey;
use crate::{AccountId, MailId, SessionId, SigningKeyId, Timestamp};

/// The database did not answer, or not in time. What happened is in the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the database is unavailable")]
pub struct StoreUnavailable;

/// Why all accounts cannot be read now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SnapshotError {
    /// Others are reading them; each holds resources of the database.
    #[error("too many readers of all accounts at once")]
    TooMany,
    /// The database did not answer.
    #[error(transparent)]
    Unavailable(#[from] StoreUnavailable),
}

/// Why a commit is not known to have happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CommitError {
    /// Nothing happened, since a guard did not hold: somebody else was there first. Read again and decide again.
    #[error("change {change} of the commit found another state than it was decided on")]
    Conflict {
        /// The index of the change, from 0.
        change: usize,
    },
    /// Nothing happened, since a unique key is taken.
    #[error("{0:?} is taken")]
    Duplicate(UniqueKey),
    /// It happened whole or not at all; which, is not known.
    #[error(transparent)]
    Unavailable(#[from] StoreUnavailable),
}

/// What must be unique.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UniqueKey {
    /// The e-mail address of an account.
    Email,
    /// The username of an account.
    Username,
    /// The sequence of a signing key.
    SigningKeySequence,
    /// The id of a row.
    Id,
}

/// Every write there is. Each carries its own guard: it fails as [`CommitError::Conflict`] when the
/// state that it was decided on is gone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// Inserts an account. Guard: its e-mail address and username are free.
    InsertAccount(Account),
    /// Deletes an account and all that hangs on it. Guard: it exists.
    DeleteAccount(AccountId),
    /// Notes that an account was deleted.
    RecordDeletion(Deletion),
    /// Replaces an account's roles. Guard: it exists.
    SetRoles {
        /// Whose.
        account_id: AccountId,
        /// The new ones.
        roles: Roles,
        /// When.
        at: Timestamp,
    },
    /// Replaces the hash of an unchanged password. Guard: the credential version still stands.
    RehashPassword {
        /// Whose.
        account_id: AccountId,
        /// The version the old hash was read at.
        credential_version: CredentialVersion,
        /// The new hash.
        password_hash: PasswordHash,
    },
    /// Opens a session. Guard: the account exists and the credential version still stands.
    InsertSession {
        /// The session.
        session: Session,
        /// The version that was checked.
        credential_version: CredentialVersion,
    },
    /// Moves a session's refresh token on. Guard: it is not revoked, still at that generation, and
    /// still proved or not.
    AdvanceSession {
        /// Which.
        session_id: SessionId,
        /// The current generation that was read.
        from_generation: Generation,
        /// Whether it was proved.
        from_proved: bool,
        /// Where it stands now.
        rotation: Rotation,
        /// The key that the new token is derived from.
        key_id: KeyId,
        /// The new idle expiry.
        idle_expires_at: Timestamp,
    },
    /// Notes that the current token was handed out again. Guard: not revoked, still that generation.
    NoteServedAgain {
        /// Which.
        session_id: SessionId,
        /// The current generation.
        generation: Generation,
        /// When.
        at: Timestamp,
    },
    /// Notes that the current generation reached its holder. Guard: still that generation, unproved.
    ProveSession {
        /// Which.
        session_id: SessionId,
        /// The current generation.
        generation: Generation,
    },
    /// Ends a session. Guard: not ended yet.
    RevokeSession {
        /// Which.
        session_id: SessionId,
        /// When and why.
        revocation: Revocation,
    },
    /// Ends every session of an account that has not ended yet; none is fine too.
    RevokeSessionsOf {
        /// Whose.
        account_id: AccountId,
        /// When and why.
        revocation: Revocation,
    },
    /// Writes the network's part of a budget. Guard: the stored version is the one before.
    PutNetworkAttempts(PasswordBudget),
    /// Writes the day's part of a budget. Guard: the stored version is the one before.
    PutDailyMisses(PasswordBudget),
    /// Forgets what networks did to a subject; nothing is fine too.
    ForgetNetworkAttempts(AttemptSubject),
    /// Forgets the day's misses on a subject; none is fine too.
    ForgetDailyMisses(AttemptSubject),
    /// Owes somebody a mail.
    Mail(MailRequest),
    /// Forgets a mail that was sent. Guard: this attempt still holds the lease.
    MailSent {
        /// Which.
        mail_id: MailId,
        /// The attempt that sent it.
        attempt: u32,
    },
    /// Puts a mail off. Guard: this attempt still holds the lease.
    RetryMail {
        /// Which.
        mail_id: MailId,
        /// The attempt that failed.
        attempt: u32,
        /// When to try again.
        at: Timestamp,
        /// What the server said.
        error: String,
    },
    /// Gives a mail up; it stays for the operator to see. Guard: this attempt still holds the lease.
    ParkMail {
        /// Which.
        mail_id: MailId,
        /// The attempt that failed.
        attempt: u32,
        /// When.
        at: Timestamp,
        /// What the server said.
        error: String,
    },
    /// Inserts a signing key. Guard: its sequence is free.
    InsertSigningKey(SigningKey),
    /// Removes a signing key. Guard: it exists.
    DeleteSigningKey(SigningKeyId),
}

/// The database. No read holds a transaction open, but for a snapshot; every commit happens whole or not at all.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait Store: Send + Sync {
    /// Whether it answers.
    async fn ping(&self) -> Result<(), StoreUnavailable>;

    /// The account with that id.
    async fn find_account(&self, id: AccountId) -> Result<Option<Account>, StoreUnavailable>;

    /// The account with that e-mail address or username.
    async fn find_account_by_name(&self, name: &LoginName) -> Result<Option<Account>, StoreUnavailable>;

    /// A page of accounts by ascending id: those after `after`, at most `limit`.
    async fn list_accounts(&self, after: Option<AccountId>, limit: u32) -> Result<Vec<Account>, StoreUnavailable>;

    /// One consistent view of all accounts after `after`, to be read page by page.
    async fn snapshot_accounts(&self, after: Option<AccountId>) -> Result<Box<dyn AccountSnapshot>, SnapshotError>;

    /// A session with its account.
    async fn find_session(&self, id: SessionId) -> Result<Option<(Session, Account)>, StoreUnavailable>;

    /// The sessions of an account that are alive at `now`, the newest first, at most `limit`.
    async fn list_sessions(
        &self,
        account_id: AccountId,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<Session>, StoreUnavailable>;

    /// The budget of a subject from a network; empty where nothing is stored.
    async fn find_password_budget(
        &self,
        subject: AttemptSubject,
        network: &Network,
    ) -> Result<PasswordBudget, StoreUnavailable>;

    /// All signing keys, the oldest first.
    async fn list_signing_keys(&self) -> Result<Vec<SigningKey>, StoreUnavailable>;

    /// Removes up to `limit` rows that are expired; answers how many. Not a [`Change`]: nobody decides on
    /// what it removes.
    async fn purge(&self, expired: Expired, limit: u32) -> Result<u32, StoreUnavailable>;

    /// Leases up to `limit` mails that are due at `now`, the longest due first. Until `until` nobody else
    /// gets them; then they are due again.
    async fn lease_mails(
        &self,
        now: Timestamp,
        until: Timestamp,
        limit: u32,
    ) -> Result<Vec<LeasedMail>, StoreUnavailable>;

    /// Does all of `changes`, in order, or nothing.
    async fn commit(&self, changes: Vec<Change>) -> Result<(), CommitError>;
}

/// One consistent view of all accounts, however long it is read.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait AccountSnapshot: Send {
    /// The next accounts by ascending id, at most 1 000; none at the end.
    async fn next_page(&mut self) -> Result<Vec<Account>, StoreUnavailable>;
}
