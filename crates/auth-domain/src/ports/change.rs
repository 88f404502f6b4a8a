//! The whole write vocabulary of the system. What makes a commit fail is in `guard.rs` and `store.rs`.

use crate::account::{Account, CredentialVersion, EmailAddress, PasswordHash, PendingEmail, Roles};
use crate::audit::AuditRecord;
use crate::challenge::{Challenge, ChallengePurpose};
use crate::deletion::Deletion;
use crate::event::Event;
use crate::identity::{LinkedIdentity, ProviderName, Subject};
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
    AccountId, AuthorizationId, ChallengeId, EventId, MailId, RetiredKeyId, SessionId, SigningKeyId, Timestamp,
};

/// Every write there is. Each carries its own guard: it fails as [`super::CommitError::Conflict`] when the
/// state that it was decided on is gone. `guard.rs` says which guard that is, and in which order the changes of a commit
/// are made.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "a field whose name says it needs no comment")]
pub enum Change {
    /// Inserts an account. Guard: its e-mail address and username are free.
    InsertAccount(Account),
    /// Deletes an account and all that hangs on it. Guard: it was not changed since it was read.
    DeleteAccount { account_id: AccountId, revision: AccountRevision },
    /// Notes that an account was deleted.
    RecordDeletion(Deletion),
    /// Replaces an account's roles. Guard: it was not changed since it was read.
    SetRoles { account_id: AccountId, revision: AccountRevision, roles: Roles, at: Timestamp },
    /// Replaces the hash of an unchanged password. Guard: the credential version still stands.
    RehashPassword {
        account_id: AccountId,
        /// The version the old hash was read at.
        credential_version: CredentialVersion,
        password_hash: PasswordHash,
    },
    /// Replaces the password; the credential version moves on by one. Guard: that version still stands, and the
    /// account was not changed since it was read.
    ChangePassword {
        account_id: AccountId,
        /// The version that was read.
        from_version: CredentialVersion,
        revision: AccountRevision,
        /// The hash of the new password.
        password_hash: PasswordHash,
        at: Timestamp,
    },
    /// Replaces the e-mail address; none is pending any more. Guard: the old one still stands, the new one is free, and the account was not
    /// changed since it was read.
    ChangeEmail {
        account_id: AccountId,
        /// The address that was read.
        from: EmailAddress,
        revision: AccountRevision,
        to: EmailAddress,
        /// Whether the owner has proved to read the new one.
        verified: bool,
        at: Timestamp,
    },
    /// Names the address that is to replace a proved one, or withdraws it. Guard: the account was not changed since it was
    /// read.
    PutPendingEmail { account_id: AccountId, revision: AccountRevision, pending: Option<PendingEmail>, at: Timestamp },
    /// Notes that the owner reads that address. Guard: it is still the account's, which was not changed since it was
    /// read.
    ProveEmail {
        account_id: AccountId,
        /// The address that was proved.
        email: EmailAddress,
        revision: AccountRevision,
        at: Timestamp,
    },
    /// Dates a change of what hangs on an account. Guard: the account was not changed since it was read.
    TouchAccount { account_id: AccountId, revision: AccountRevision, at: Timestamp },
    /// Links an identity to an account, beside [`Change::InsertAccount`] or [`Change::TouchAccount`]. Both are unique: the
    /// identity, and the account's place for one of that provider.
    LinkIdentity { account_id: AccountId, identity: LinkedIdentity },
    /// Unlinks the identity of a provider, beside [`Change::TouchAccount`]. Guard: there is one.
    UnlinkIdentity { account_id: AccountId, provider: ProviderName },
    /// Changes nothing. Guard: that identity is linked to the account.
    RequireIdentity {
        account_id: AccountId,
        provider: ProviderName,
        /// Its name for them.
        subject: Subject,
    },
    /// Unlinks every identity of an account; none is fine too.
    UnlinkIdentitiesOf(AccountId),
    /// Uses an authorization request up. Guard: it was not used before.
    UseAuthorization {
        id: AuthorizationId,
        /// When nobody would accept it anyway.
        expires_at: Timestamp,
    },
    /// Opens a session. Guard: the account exists, and neither its password nor its second factors have changed.
    InsertSession {
        session: Session,
        /// The version that was checked.
        credential_version: CredentialVersion,
        /// The version of the second factors that was checked.
        two_factor_version: RowVersion,
    },
    /// Writes the second factors of an account, which counts as a change of it. Guard: the stored version is the one
    /// before.
    PutTwoFactor {
        account_id: AccountId,
        /// As they are now.
        two_factor: TwoFactor,
    },
    /// Forgets which TOTP steps an account used, in the commit that replaces its secret: a step is used up for one secret
    /// (RFC 6238 section 5.2). None is fine too.
    ForgetTotpSteps(AccountId),
    /// Uses a TOTP step up (RFC 6238 section 5.2). Guard: it was not used before, for whatever purpose.
    UseTotpStep { account_id: AccountId, step: TotpStep, at: Timestamp },
    /// Keeps a change of credentials until its challenge is answered or forgotten. Guard: the challenge exists.
    KeepPendingCredentials(PendingCredentials),
    /// Forgets the challenges of an account for a purpose; none is fine too.
    ForgetChallengesFor { account_id: AccountId, purpose: ChallengePurpose },
    /// Moves a session's refresh token on. Guard: it is not revoked, its rotation is still the one that was read, and so
    /// is the account: the tokens that are handed out with this say its roles.
    AdvanceSession {
        account_id: AccountId,
        /// The account that was read.
        revision: AccountRevision,
        session_id: SessionId,
        /// The rotation that was read.
        from: RotationVersion,
        /// Where it stands now.
        rotation: Rotation,
        /// The key that the new token is derived from.
        key_id: KeyId,
        /// The new idle expiry.
        idle_expires_at: Timestamp,
    },
    /// Notes that the current token was handed out again: when, to which second exit, how late. Guard: as of
    /// [`Self::AdvanceSession`].
    NoteServedAgain {
        account_id: AccountId,
        /// The account that was read.
        revision: AccountRevision,
        session_id: SessionId,
        /// The rotation that was read.
        from: RotationVersion,
        /// Where it stands now.
        rotation: Rotation,
        /// Whether that makes it likely that two share the session.
        suspicious: bool,
    },
    /// Notes that the current generation reached its holder. Guard: still that generation, unproved.
    ProveSession { account_id: AccountId, session_id: SessionId, generation: Generation },
    /// Notes how and when the owner of a session proved who they are. Guard: it has not ended, and the account still has
    /// the credentials and second factors that were checked.
    ReauthenticateSession {
        account_id: AccountId,
        session_id: SessionId,
        method: AuthenticationMethod,
        authenticated_at: Timestamp,
        /// As it was checked.
        credential_version: CredentialVersion,
        /// As it was checked.
        two_factor_version: RowVersion,
    },
    /// Ends a session. Guard: not ended yet.
    RevokeSession { account_id: AccountId, session_id: SessionId, revocation: Revocation },
    /// Changes nothing. Guard: that session has not ended.
    RequireSession { account_id: AccountId, session_id: SessionId },
    /// Ends every session of an account that has not ended yet; none is fine too.
    RevokeSessionsOf {
        account_id: AccountId,
        /// But for this one.
        except: Option<SessionId>,
        revocation: Revocation,
    },
    /// Ends every session of an account that has not ended yet and passed no second factor; none is fine too.
    RevokeSessionsWithoutSecondFactor {
        account_id: AccountId,
        /// But for this one.
        except: SessionId,
        revocation: Revocation,
    },
    /// Writes the network's part of a limit. Guard: the stored version is the one before.
    PutNetworkAttempts(PasswordLimit),
    /// Writes the day's part of a limit. Guard: the stored version is the one before.
    PutDailyMisses(PasswordLimit),
    /// Forgets what networks did to a subject; nothing is fine too.
    ForgetNetworkAttempts(AttemptSubject),
    /// Forgets the day's misses on a subject; none is fine too.
    ForgetDailyMisses(AttemptSubject),
    /// Writes a rate limit. Guard: the stored version is the one before.
    PutRateLimit { rate_limit: RateLimit, counted: Counted },
    /// Forgets every rate limit of a subject; none is fine too.
    ForgetRateLimits(AttemptSubject),
    /// Inserts a challenge. Guard: its account, if any, exists.
    InsertChallenge(Challenge),
    /// Writes a challenge. Guard: the stored version is the one before.
    PutChallenge(Challenge),
    /// Uses a challenge up. Guard: the stored version is this one.
    UseChallenge {
        challenge_id: ChallengeId,
        /// The version that was read.
        version: RowVersion,
    },
    /// Forgets the challenges of a subject whose code was asked for from a network and not given yet; none is
    /// fine too.
    ReplaceChallenges {
        subject: AttemptSubject,
        purpose: ChallengePurpose,
        /// Asked for from there.
        network: Network,
        /// But not this one.
        by: ChallengeId,
    },
    /// Forgets every challenge of an account; none is fine too.
    ForgetChallengesOf(AccountId),
    /// Announces an event to these services, whose names are those of the configuration.
    Announce { event: Event, services: Vec<String> },
    /// Notes that a service has acknowledged an event. Guard: this attempt still holds the lease.
    EventAcknowledged {
        event_id: EventId,
        service: String,
        /// The attempt that delivered it.
        attempt: u32,
        at: Timestamp,
    },
    /// Puts a delivery off. Guard: this attempt still holds the lease.
    RetryEvent {
        event_id: EventId,
        service: String,
        /// The attempt that failed.
        attempt: u32,
        /// When to try again.
        at: Timestamp,
        /// What the service said.
        error: String,
    },
    /// Owes somebody a mail. Where a notice with the same [`Notice::fold_key`] is still owed or is quiet, it becomes that
    /// one: the latest counts, and how many there were.
    ///
    /// [`Notice::fold_key`]: crate::mail::Notice::fold_key
    Mail(MailRequest),
    /// Keeps a notice back until then, when what has come meanwhile is due; nothing, then it is forgotten. Guard: this
    /// attempt still holds the lease.
    HoldNotice {
        mail_id: MailId,
        /// The attempt that held the lease.
        attempt: u32,
        /// How many notices the mail told of, 0 where none was sent.
        told: u32,
        /// The name of the mail that is due then: another one than was sent.
        next_id: MailId,
        until: Timestamp,
    },
    /// Forgets a mail that was sent, or that is not worth sending any more. Guard: this attempt still holds the
    /// lease.
    ForgetMail {
        mail_id: MailId,
        /// The attempt that sent it.
        attempt: u32,
    },
    /// Puts a mail off. Guard: this attempt still holds the lease.
    RetryMail {
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
        mail_id: MailId,
        /// The attempt that failed.
        attempt: u32,
        at: Timestamp,
        /// What the server said.
        error: String,
    },
    /// Forgets the codes that are still owed to an account, given up or not; none is fine too. Notices are never taken
    /// back.
    ForgetCodesOwedTo(AccountId),
    /// Puts every mail that was given up back into the queue, and has those tried that were put off for longer than a
    /// [lease](crate::mail::LEASE), which nobody is trying now; none is fine too.
    UnparkMails {
        /// When to try them.
        at: Timestamp,
    },
    /// Inserts a signing key. Guard: its sequence is free.
    InsertSigningKey(SigningKey),
    /// Seals the secrets of second factors anew; nothing changes for their owner. Guard: as of [`Self::PutTwoFactor`].
    ResealTwoFactor {
        account_id: AccountId,
        /// The state with secrets that are sealed anew.
        two_factor: TwoFactor,
    },
    /// Keeps what is to be left of a master key, or dates it again. Guard: of the same key nothing is kept elsewhere.
    RetireKey(RetiredKey),
    /// Seals anew what is left of a master key. Guard: it is still sealed as it was read.
    ResealRetiredKey {
        id: RetiredKeyId,
        /// As it was read.
        from: Vec<u8>,
        to: Vec<u8>,
    },
    /// Forgets what is left of a master key. Guard: something is.
    ForgetRetiredKey(RetiredKeyId),
    /// Seals a signing key anew. Guard: it is still sealed as it was read.
    ResealSigningKey {
        id: SigningKeyId,
        /// As it was read.
        from: Vec<u8>,
        to: Vec<u8>,
    },
    /// Notes something in the audit trail. The store's auditor adds these; use cases need not.
    Audit(AuditRecord),
    /// Dates something that was done to the database as a whole, again where it was done before.
    RecordMaintenance { kind: Maintenance, at: Timestamp },
    /// Forgets that it was done, if it was.
    ForgetMaintenance(Maintenance),
    /// Removes a signing key. Guard: it exists.
    DeleteSigningKey(SigningKeyId),
}

impl Change {
    /// Whether a worker should look at the outbox once this is committed.
    pub fn fills_outbox(&self) -> bool {
        match self {
            Self::Mail(_) | Self::UnparkMails { .. } => true,
            Self::Announce { services, .. } => !services.is_empty(),
            _ => false,
        }
    }

    /// Whether it need not happen now: whoever asks again makes it again, so nobody waits for a database that is slow to
    /// write.
    pub const fn can_wait(&self) -> bool {
        matches!(self, Self::ProveSession { .. })
    }

    /// Changes nothing, and needs `session` not to have ended.
    pub const fn require(session: &Session) -> Self {
        Self::RequireSession { account_id: session.account_id, session_id: session.id }
    }

    /// Notes how and when the owner of `session` proved who they are, as of what `account` is.
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

    /// Counts one more mail that a stranger asked for.
    pub fn count_strangers_mail(limit: MailLimit, now: Timestamp) -> impl Iterator<Item = Self> {
        limit.after_mail(now).map(|rate_limit| Self::PutRateLimit { rate_limit, counted: Counted::Mail })
    }

    /// Counts a wrong code of which no other change of the commit tells.
    pub fn count_wrong_code(limit: RateLimit, now: Timestamp) -> Self {
        Self::PutRateLimit { rate_limit: limit.after_one(now), counted: Counted::WrongCode }
    }

    /// Counts a wrong code beside the challenge that was missed.
    pub fn count_wrong_mailed_code(limit: RateLimit, now: Timestamp) -> Self {
        Self::PutRateLimit { rate_limit: limit.after_one(now), counted: Counted::WrongMailedCode }
    }

    /// Counts nothing: what was decided under that limit is decided again when somebody else counted meanwhile.
    pub fn guard_rate_limit(limit: RateLimit, now: Timestamp) -> Self {
        Self::PutRateLimit { rate_limit: limit.touched(now), counted: Counted::Nothing }
    }
}
