//! All writes of the system. `guard.rs` and `store.rs` say when a commit fails.

use crate::account::{Account, AccountState, CredentialVersion, EmailAddress, PasswordHash, PendingEmail, Roles};
use crate::audit::AuditRecord;
use crate::challenge::{Challenge, ChallengePurpose};
use crate::deletion::{Deletion, ScheduledDeletion};
use crate::event::Event;
use crate::identity::{LinkedIdentity, ProviderName, Subject};
use crate::invitation::Invitation;
use crate::mail::MailRequest;
use crate::maintenance::Maintenance;
use crate::password_limit::PasswordLimit;
use crate::pending_credentials::PendingCredentials;
use crate::rate_limit::{AttemptSubject, Counted, MailLimit, RateLimit};
use crate::retired_key::RetiredKey;
use crate::session::{
    AuthenticationMethod, Generation, KeyId, Network, Revocation, Rotation, RotationVersion, Session,
};
use crate::signing_key::SigningKey;
use crate::two_factor::{TotpStep, TwoFactor};
use crate::version::{AccountRevision, RowVersion};
use crate::{
    AccountId, AuthorizationId, ChallengeId, EventId, InvitationId, Locale, MailId, RetiredKeyId, SessionId,
    SigningKeyId, Timestamp,
};

/// A write. Each carries its own guard: it fails as [`super::CommitError::Conflict`] if the state on which it was
/// decided has changed. `guard.rs` says which guard that is, and in which order the changes of a commit are made.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::large_enum_variant, reason = "a commit has few changes, which do not live long")]
#[expect(missing_docs, reason = "a field whose name says it needs no comment")]
pub enum Change {
    /// Inserts an account. Guard: its e-mail address and username are free.
    InsertAccount(Account),
    /// Deletes an account and everything that belongs to it. Guard: it has not changed since it was read.
    DeleteAccount { account_id: AccountId, revision: AccountRevision },
    /// Records that an account was deleted.
    RecordDeletion(Deletion),
    /// Replaces an account's roles. Guard: it has not changed since it was read.
    SetRoles { account_id: AccountId, revision: AccountRevision, roles: Roles, at: Timestamp },
    /// Replaces the language that the user prefers. Guard: the account has not changed since it was read.
    SetLocale { account_id: AccountId, revision: AccountRevision, locale: Option<Locale>, at: Timestamp },
    /// Suspends an account or resumes it. A suspension increases the credential version by one, so that no login that is
    /// under way can finish. Guard: the account has not changed since it was read.
    SetState { account_id: AccountId, revision: AccountRevision, state: AccountState, at: Timestamp },
    /// Schedules a deletion, which increases the credential version by one, or restores the account. Guard: the account has not
    /// changed since it was read.
    ScheduleDeletion {
        account_id: AccountId,
        revision: AccountRevision,
        deletion: Option<ScheduledDeletion>,
        at: Timestamp,
    },
    /// Requires a new password, and increases the credential version by one. Guard: the account has not changed since it
    /// was read.
    RequireNewPassword { account_id: AccountId, revision: AccountRevision, at: Timestamp },
    /// Records that there is one admin fewer, together with the change that takes it away. Guard: that was last so at
    /// `from`. So of two admins who remove each other at the same time, one finds out that nobody else is left.
    LoseAdmin { from: Option<Timestamp>, at: Timestamp },
    /// Replaces the hash of an unchanged password. Guard: the credential version is unchanged.
    RehashPassword {
        account_id: AccountId,
        /// The version of the old hash.
        credential_version: CredentialVersion,
        password_hash: PasswordHash,
    },
    /// Reseals a foreign hash; nothing changes for its owner. Guard: the hash is still as it was read.
    ResealPassword {
        account_id: AccountId,
        /// The hash that was read.
        from: PasswordHash,
        to: PasswordHash,
    },
    /// Replaces the password, so that no new one is required any more, and increases the credential version by one.
    /// Guard: neither that version nor the account
    /// has changed since they were read.
    ChangePassword {
        account_id: AccountId,
        /// The version that was read.
        from_version: CredentialVersion,
        revision: AccountRevision,
        /// The hash of the new password.
        password_hash: PasswordHash,
        at: Timestamp,
    },
    /// Replaces the e-mail address and drops any pending one. Guard: the old address is unchanged, the new one is free,
    /// and the account has not changed since it was read.
    ChangeEmail {
        account_id: AccountId,
        /// The address that was read.
        from: EmailAddress,
        revision: AccountRevision,
        to: EmailAddress,
        /// Whether the user has verified the new one.
        verified: bool,
        at: Timestamp,
    },
    /// Sets the address that is to replace a verified one, or withdraws it. Guard: the account has not changed since it
    /// was read.
    PutPendingEmail { account_id: AccountId, revision: AccountRevision, pending: Option<PendingEmail>, at: Timestamp },
    /// Records that the user has verified an address. Guard: it is still the address of the account, which has not
    /// changed since it was read.
    ProveEmail {
        account_id: AccountId,
        /// The address that was verified.
        email: EmailAddress,
        revision: AccountRevision,
        at: Timestamp,
    },
    /// Dates a change of something that belongs to an account. Guard: the account has not changed since it was read.
    TouchAccount { account_id: AccountId, revision: AccountRevision, at: Timestamp },
    /// Links an identity to an account, together with [`Change::InsertAccount`] or [`Change::TouchAccount`]. An
    /// identity has one account, and an account one identity of each provider.
    LinkIdentity { account_id: AccountId, identity: LinkedIdentity },
    /// Unlinks the identity of a provider, together with [`Change::TouchAccount`]. Guard: there is one.
    UnlinkIdentity { account_id: AccountId, provider: ProviderName },
    /// Changes nothing. Guard: the identity is linked to the account.
    RequireIdentity {
        account_id: AccountId,
        provider: ProviderName,
        /// The user's id at the provider.
        subject: Subject,
    },
    /// Unlinks every identity of an account, if there are any.
    UnlinkIdentitiesOf(AccountId),
    /// Uses up an authorization request. Guard: it was not used before.
    UseAuthorization {
        id: AuthorizationId,
        /// When it expires anyway.
        expires_at: Timestamp,
    },
    /// Opens a session. Guard: the account exists, and neither its password nor its second factors have changed.
    InsertSession {
        session: Session,
        /// The credential version that was checked.
        credential_version: CredentialVersion,
        /// The version of the second factors that was checked.
        two_factor_version: RowVersion,
    },
    /// Writes the second factors of an account, which counts as a change of it. Guard: the stored version is the
    /// previous one.
    PutTwoFactor {
        account_id: AccountId,
        /// The new state.
        two_factor: TwoFactor,
    },
    /// Forgets which TOTP steps an account used, in the commit that replaces its secret, if there are any: a step is
    /// used up for one secret (RFC 6238 section 5.2).
    ForgetTotpSteps(AccountId),
    /// Uses up a TOTP step (RFC 6238 section 5.2). Guard: it was not used before, for any purpose.
    UseTotpStep { account_id: AccountId, step: TotpStep, at: Timestamp },
    /// Stores a change of credentials until its challenge is answered or deleted. Guard: the challenge exists.
    KeepPendingCredentials(PendingCredentials),
    /// Deletes the challenges of an account for a purpose, if there are any.
    ForgetChallengesFor { account_id: AccountId, purpose: ChallengePurpose },
    /// Advances a session's refresh token. Guard: the session is not revoked, and neither its rotation nor the account
    /// has changed since they were read: the new tokens contain the account's roles.
    AdvanceSession {
        account_id: AccountId,
        /// The account that was read.
        revision: AccountRevision,
        session_id: SessionId,
        /// The rotation that was read.
        from: RotationVersion,
        /// The new state.
        rotation: Rotation,
        /// The key from which the new token is derived.
        key_id: KeyId,
        /// The new idle expiry.
        idle_expires_at: Timestamp,
    },
    /// Records that the current token was issued again: when, to which second exit, and how late. Guard: as for
    /// [`Self::AdvanceSession`].
    NoteServedAgain {
        account_id: AccountId,
        /// The account that was read.
        revision: AccountRevision,
        session_id: SessionId,
        /// The rotation that was read.
        from: RotationVersion,
        /// The new state.
        rotation: Rotation,
        /// Whether it makes it likely that two clients share the session.
        suspicious: bool,
    },
    /// Records that the current generation reached its holder. Guard: it is still that generation, and this was not
    /// recorded before.
    ProveSession { account_id: AccountId, session_id: SessionId, generation: Generation },
    /// Records how and when the user of a session proved who they are. Guard: the session has not ended, and the
    /// credentials and second factors that were checked are unchanged.
    ReauthenticateSession {
        account_id: AccountId,
        session_id: SessionId,
        method: AuthenticationMethod,
        authenticated_at: Timestamp,
        /// The version that was checked.
        credential_version: CredentialVersion,
        /// The version that was checked.
        two_factor_version: RowVersion,
    },
    /// Ends a session. Guard: it has not ended yet.
    RevokeSession { account_id: AccountId, session_id: SessionId, revocation: Revocation },
    /// Changes nothing. Guard: the session has not ended.
    RequireSession { account_id: AccountId, session_id: SessionId },
    /// Ends every session of an account that has not ended yet, if there are any.
    RevokeSessionsOf {
        account_id: AccountId,
        /// Except for this one.
        except: Option<SessionId>,
        revocation: Revocation,
    },
    /// Ends every session of an account that has not ended yet and used no second factor, if there are any.
    RevokeSessionsWithoutSecondFactor {
        account_id: AccountId,
        /// Except for this one.
        except: SessionId,
        revocation: Revocation,
    },
    /// Writes the network's part of a limit. Guard: the stored version is the previous one.
    PutNetworkAttempts(PasswordLimit),
    /// Writes the day's part of a limit. Guard: the stored version is the previous one.
    PutDailyMisses(PasswordLimit),
    /// Forgets what networks did to a subject, if anything.
    ForgetNetworkAttempts(AttemptSubject),
    /// Forgets the day's misses on a subject, if there are any.
    ForgetDailyMisses(AttemptSubject),
    /// Writes a rate limit. Guard: the stored version is the previous one.
    PutRateLimit { rate_limit: RateLimit, counted: Counted },
    /// Forgets every rate limit of a subject, if there are any.
    ForgetRateLimits(AttemptSubject),
    /// Inserts a challenge. Guard: its account, if any, exists.
    InsertChallenge(Challenge),
    /// Writes a challenge. Guard: the stored version is the previous one.
    PutChallenge(Challenge),
    /// Uses up a challenge. Guard: the stored version is this one.
    UseChallenge {
        challenge_id: ChallengeId,
        /// The version that was read.
        version: RowVersion,
    },
    /// Deletes the challenges of a subject whose code was requested from a network and not entered yet, if there are
    /// any.
    ReplaceChallenges {
        subject: AttemptSubject,
        purpose: ChallengePurpose,
        /// The network from which they were requested.
        network: Network,
        /// The challenge that replaces them, and stays.
        by: ChallengeId,
    },
    /// Deletes every challenge of an account, if there are any.
    ForgetChallengesOf(AccountId),
    /// Inserts an invitation.
    InsertInvitation(Invitation),
    /// Uses an invitation once. Guard: it exists, has a use left and has not expired at `at`.
    UseInvitation {
        id: InvitationId,
        /// The account that it allows.
        account_id: AccountId,
        at: Timestamp,
    },
    /// Deletes an invitation. Guard: it exists.
    WithdrawInvitation(InvitationId),
    /// Announces an event to these services, named as in the configuration.
    Announce { event: Event, services: Vec<String> },
    /// Records that a service has acknowledged an event. Guard: this attempt still holds the lease.
    EventAcknowledged {
        event_id: EventId,
        service: String,
        /// The attempt that delivered it.
        attempt: u32,
        at: Timestamp,
    },
    /// Postpones a delivery. Guard: this attempt still holds the lease.
    RetryEvent {
        event_id: EventId,
        service: String,
        /// The attempt that failed.
        attempt: u32,
        /// When to try again.
        at: Timestamp,
        /// What the service answered.
        error: String,
    },
    /// Queues a mail. If a notice with the same [`Notice::fold_key`] is queued or in its quiet period, they become one:
    /// the latest counts, and the number is kept.
    ///
    /// [`Notice::fold_key`]: crate::mail::Notice::fold_key
    Mail(MailRequest),
    /// Holds a notice back until then, when the notices that came meanwhile are due; if none came, it is deleted.
    /// Guard: this attempt still holds the lease.
    HoldNotice {
        mail_id: MailId,
        /// The attempt that held the lease.
        attempt: u32,
        /// The number of notices that the mail reported; 0 if none was sent.
        told: u32,
        /// The id of the mail that is due then, which differs from the one that was sent.
        next_id: MailId,
        until: Timestamp,
    },
    /// Deletes a mail that was sent or is no longer worth sending. Guard: this attempt still holds the lease.
    ForgetMail {
        mail_id: MailId,
        /// The attempt that sent it.
        attempt: u32,
    },
    /// Postpones a mail. Guard: this attempt still holds the lease.
    RetryMail {
        mail_id: MailId,
        /// The attempt that failed.
        attempt: u32,
        /// When to try again.
        at: Timestamp,
        /// What the server answered.
        error: String,
    },
    /// Gives up a mail, which stays visible to the operator. Guard: this attempt still holds the lease.
    ParkMail {
        mail_id: MailId,
        /// The attempt that failed.
        attempt: u32,
        at: Timestamp,
        /// What the server answered.
        error: String,
    },
    /// Deletes the codes that are still queued for an account, given up or not, if there are any. Notices are never
    /// taken back.
    ForgetCodesOwedTo(AccountId),
    /// Puts every mail that was given up back into the queue, and retries those that were postponed for longer than a
    /// [lease](crate::mail::LEASE), which no worker is trying now, if there are any.
    UnparkMails {
        /// When to retry them.
        at: Timestamp,
    },
    /// Inserts a signing key. Guard: its sequence is free.
    InsertSigningKey(SigningKey),
    /// Reseals the secrets of second factors; nothing changes for their owner. Guard: as for [`Self::PutTwoFactor`].
    ResealTwoFactor {
        account_id: AccountId,
        /// The same state with resealed secrets.
        two_factor: TwoFactor,
    },
    /// Stores what is kept of a master key, or dates it again. Guard: it is not yet stored under another id.
    RetireKey(RetiredKey),
    /// Reseals what is kept of a master key. Guard: it is still sealed as it was read.
    ResealRetiredKey {
        id: RetiredKeyId,
        /// The sealed keys that were read.
        from: Vec<u8>,
        to: Vec<u8>,
    },
    /// Deletes what is kept of a master key. Guard: it exists.
    ForgetRetiredKey(RetiredKeyId),
    /// Reseals a signing key. Guard: it is still sealed as it was read.
    ResealSigningKey {
        id: SigningKeyId,
        /// The sealed key that was read.
        from: Vec<u8>,
        to: Vec<u8>,
    },
    /// Writes an audit record. The store's auditor adds these; use cases need not.
    Audit(AuditRecord),
    /// Records when maintenance was done on the database as a whole.
    RecordMaintenance { kind: Maintenance, at: Timestamp },
    /// Forgets that it was done, if it was.
    ForgetMaintenance(Maintenance),
    /// Deletes a signing key. Guard: it exists.
    DeleteSigningKey(SigningKeyId),
}

impl Change {
    /// Tells whether a worker should look at the outbox after the commit.
    pub fn fills_outbox(&self) -> bool {
        match self {
            Self::Mail(_) | Self::UnparkMails { .. } => true,
            Self::Announce { services, .. } => !services.is_empty(),
            _ => false,
        }
    }

    /// Tells whether it may be skipped for now: the next call makes it again, so nobody has to wait for a database that
    /// is slow to write.
    pub const fn can_wait(&self) -> bool {
        matches!(self, Self::ProveSession { .. })
    }

    /// Changes nothing, and needs `session` not to have ended.
    pub const fn require(session: &Session) -> Self {
        Self::RequireSession { account_id: session.account_id, session_id: session.id }
    }

    /// Records how and when the user of `session` proved who they are, guarded by the state of `account`.
    pub fn reauthenticate(session: &Session, account: &Account) -> Self {
        Self::ReauthenticateSession {
            account_id: account.id,
            session_id: session.id,
            method: session.method,
            authenticated_at: session.authenticated_at,
            credential_version: account.credential_version,
            two_factor_version: account.two_factor.version,
        }
    }

    /// Counts one more mail.
    pub fn count_mail(limit: RateLimit, now: Timestamp) -> Self {
        Self::PutRateLimit { rate_limit: limit.after_one(now), counted: Counted::Mail }
    }

    /// Counts one more mail that a stranger requested.
    pub fn count_strangers_mail(limit: MailLimit, now: Timestamp) -> impl Iterator<Item = Self> {
        limit.after_mail(now).map(|rate_limit| Self::PutRateLimit { rate_limit, counted: Counted::Mail })
    }

    /// Counts a wrong code that no other change of the commit records.
    pub fn count_wrong_code(limit: RateLimit, now: Timestamp) -> Self {
        Self::PutRateLimit { rate_limit: limit.after_one(now), counted: Counted::WrongCode }
    }

    /// Counts a wrong code, together with the change of its challenge.
    pub fn count_wrong_mailed_code(limit: RateLimit, now: Timestamp) -> Self {
        Self::PutRateLimit { rate_limit: limit.after_one(now), counted: Counted::WrongMailedCode }
    }

    /// Counts nothing, but makes the commit fail if someone else has counted since the limit was read.
    pub fn guard_rate_limit(limit: RateLimit, now: Timestamp) -> Self {
        Self::PutRateLimit { rate_limit: limit.touched(now), counted: Counted::Nothing }
    }
}
