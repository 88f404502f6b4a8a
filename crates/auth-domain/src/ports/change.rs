//! The whole write vocabulary of the system. What makes a commit fail is in `store.rs`.

use crate::account::{Account, CredentialVersion, EmailAddress, PasswordHash, Roles};
use crate::audit::AuditRecord;
use crate::budget::{AttemptSubject, PasswordBudget};
use crate::challenge::{Challenge, ChallengePurpose};
use crate::deletion::Deletion;
use crate::event::Event;
use crate::identity::{LinkedIdentity, ProviderName, Subject};
use crate::mail::MailRequest;
use crate::mark::Mark;
use crate::pending_credentials::PendingCredentials;
use crate::retired_key::RetiredKey;
use crate::session::{Generation, KeyId, Network, Revocation, Rotation, Session};
use crate::signing_key::SigningKey;
use crate::tally::Tally;
use crate::two_factor::{TotpStep, TwoFactor};
use crate::{
    AccountId, AuthorizationId, ChallengeId, EventId, MailId, RetiredKeyId, SessionId, SigningKeyId, Timestamp,
};

/// Every write there is. Each carries its own guard: it fails as [`super::CommitError::Conflict`] when the
/// state that it was decided on is gone.
///
/// In one commit, changes of an account come first, so that two commits on the same account wait for each other at their
/// beginning and not in a circle. Where rows of no account are in the way, a database that undoes one of the two makes
/// that a conflict.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// Inserts an account. Guard: its e-mail address and username are free.
    InsertAccount(Account),
    /// Deletes an account and all that hangs on it. Guard: it was not changed since it was read.
    DeleteAccount {
        /// Which.
        account_id: AccountId,
        /// When it had last been changed as it was read.
        as_of: Timestamp,
    },
    /// Notes that an account was deleted.
    RecordDeletion(Deletion),
    /// Replaces an account's roles. Guard: it was not changed since it was read.
    SetRoles {
        /// Whose.
        account_id: AccountId,
        /// When it had last been changed as it was read.
        as_of: Timestamp,
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
    /// Replaces the password; the credential version moves on by one. Guard: that version still stands, and the
    /// account was not changed since it was read.
    ChangePassword {
        /// Whose.
        account_id: AccountId,
        /// The version that was read.
        from_version: CredentialVersion,
        /// When the account had last been changed as it was read.
        as_of: Timestamp,
        /// The hash of the new password.
        password_hash: PasswordHash,
        /// When.
        at: Timestamp,
    },
    /// Replaces the e-mail address. Guard: the old one still stands, the new one is free, and the account was not
    /// changed since it was read.
    ChangeEmail {
        /// Whose.
        account_id: AccountId,
        /// The address that was read.
        from: EmailAddress,
        /// When the account had last been changed as it was read.
        as_of: Timestamp,
        /// The new one.
        to: EmailAddress,
        /// Whether the owner has proved to read the new one: only where it is the old one in another spelling.
        verified: bool,
        /// When.
        at: Timestamp,
    },
    /// Notes that the owner reads that address. Guard: it is still the account's, which was not changed since it was
    /// read.
    ProveEmail {
        /// Whose.
        account_id: AccountId,
        /// The address that was proved.
        email: EmailAddress,
        /// When the account had last been changed as it was read.
        as_of: Timestamp,
        /// When.
        at: Timestamp,
    },
    /// Dates a change of what hangs on an account. Guard: the account was not changed since it was read.
    TouchAccount {
        /// Which.
        account_id: AccountId,
        /// When it had last been changed as it was read.
        as_of: Timestamp,
        /// When.
        at: Timestamp,
    },
    /// Links an identity to an account, after [`Change::InsertAccount`] or [`Change::TouchAccount`]. Both are unique: the
    /// identity, and the account's place for one of that provider.
    LinkIdentity {
        /// Whose.
        account_id: AccountId,
        /// The identity.
        identity: LinkedIdentity,
    },
    /// Unlinks the identity of a provider, after [`Change::TouchAccount`]. Guard: there is one.
    UnlinkIdentity {
        /// Whose.
        account_id: AccountId,
        /// Which.
        provider: ProviderName,
    },
    /// Changes nothing. Guard: that identity is linked to the account.
    RequireIdentity {
        /// Whose.
        account_id: AccountId,
        /// Of which provider.
        provider: ProviderName,
        /// Its name for them.
        subject: Subject,
    },
    /// Unlinks every identity of an account; none is fine too.
    UnlinkIdentitiesOf(AccountId),
    /// Uses an authorization request up. Guard: it was not used before.
    UseAuthorization {
        /// Which.
        id: AuthorizationId,
        /// When nobody would accept it anyway.
        expires_at: Timestamp,
    },
    /// Opens a session. Guard: the account exists, and neither its password nor its second factors have changed.
    InsertSession {
        /// The session.
        session: Session,
        /// The version that was checked.
        credential_version: CredentialVersion,
        /// The version of the second factors that was checked.
        two_factor_version: i64,
    },
    /// Writes the second factors of an account, which counts as a change of it. Guard: the stored version is the one
    /// before.
    PutTwoFactor {
        /// Whose.
        account_id: AccountId,
        /// As they are now.
        two_factor: TwoFactor,
    },
    /// Uses a TOTP step up (RFC 6238 section 5.2). Guard: it was not used before, for whatever purpose.
    UseTotpStep {
        /// Whose.
        account_id: AccountId,
        /// The step.
        step: TotpStep,
        /// When.
        at: Timestamp,
    },
    /// Keeps a change of credentials until its challenge is answered or forgotten. Guard: the challenge exists.
    KeepPendingCredentials(PendingCredentials),
    /// Forgets the challenges of an account for a purpose; none is fine too.
    ForgetChallengesFor {
        /// Whose.
        account_id: AccountId,
        /// What for.
        purpose: ChallengePurpose,
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
        /// Whose.
        account_id: AccountId,
        /// Which.
        session_id: SessionId,
        /// When and why.
        revocation: Revocation,
    },
    /// Changes nothing. Guard: that session has not ended.
    RequireSession(SessionId),
    /// Ends every session of an account that has not ended yet; none is fine too.
    RevokeSessionsOf {
        /// Whose.
        account_id: AccountId,
        /// But for this one.
        except: Option<SessionId>,
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
    /// Writes a tally. Guard: the stored version is the one before.
    PutTally(Tally),
    /// Forgets every tally of a subject; none is fine too.
    ForgetTallies(AttemptSubject),
    /// Inserts a challenge. Guard: its account, if any, exists.
    InsertChallenge(Challenge),
    /// Writes a challenge. Guard: the stored version is the one before.
    PutChallenge(Challenge),
    /// Uses a challenge up. Guard: the stored version is this one.
    UseChallenge {
        /// Which.
        challenge_id: ChallengeId,
        /// The version that was read.
        version: i64,
    },
    /// Forgets the challenges of a subject whose code was asked for from a network and not given yet; none is
    /// fine too.
    ReplaceChallenges {
        /// Whose.
        subject: AttemptSubject,
        /// What for.
        purpose: ChallengePurpose,
        /// Asked for from there.
        network: Network,
        /// But not this one.
        by: ChallengeId,
    },
    /// Forgets every challenge of an account; none is fine too.
    ForgetChallengesOf(AccountId),
    /// Announces an event to these services, whose names are those of the configuration.
    Announce {
        /// The event.
        event: Event,
        /// Who is told.
        services: Vec<String>,
    },
    /// Notes that a service has acknowledged an event. Guard: this attempt still holds the lease.
    EventAcknowledged {
        /// Which.
        event_id: EventId,
        /// By whom.
        service: String,
        /// The attempt that delivered it.
        attempt: u32,
        /// When.
        at: Timestamp,
    },
    /// Puts a delivery off. Guard: this attempt still holds the lease.
    RetryEvent {
        /// Which.
        event_id: EventId,
        /// To whom.
        service: String,
        /// The attempt that failed.
        attempt: u32,
        /// When to try again.
        at: Timestamp,
        /// What the service said.
        error: String,
    },
    /// Owes somebody a mail.
    Mail(MailRequest),
    /// Forgets a mail that was sent, or that is not worth sending any more. Guard: this attempt still holds the
    /// lease.
    ForgetMail {
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
    /// Forgets every mail to an address, sent or not; none is fine too.
    ForgetMailsTo(EmailAddress),
    /// Puts every mail that was given up back into the queue; none is fine too.
    UnparkMails {
        /// When to try them.
        at: Timestamp,
    },
    /// Inserts a signing key. Guard: its sequence is free.
    InsertSigningKey(SigningKey),
    /// Seals the secrets of second factors anew; nothing changes for their owner. Guard: as of [`Self::PutTwoFactor`].
    ResealTwoFactor {
        /// Whose.
        account_id: AccountId,
        /// The state with secrets that are sealed anew.
        two_factor: TwoFactor,
    },
    /// Keeps what is to be left of a master key, or dates it again. Guard: of the same key nothing is kept elsewhere.
    RetireKey(RetiredKey),
    /// Seals anew what is left of a master key. Guard: it is still sealed as it was read.
    ResealRetiredKey {
        /// Which.
        id: RetiredKeyId,
        /// As it was read.
        from: Vec<u8>,
        /// The new one.
        to: Vec<u8>,
    },
    /// Forgets what is left of a master key. Guard: something is.
    ForgetRetiredKey(RetiredKeyId),
    /// Seals a signing key anew. Guard: it is still sealed as it was read.
    ResealSigningKey {
        /// Which.
        id: SigningKeyId,
        /// As it was read.
        from: Vec<u8>,
        /// The new one.
        to: Vec<u8>,
    },
    /// Notes something in the audit trail. The store's auditor adds these; use cases need not.
    Audit(AuditRecord),
    /// Dates something that was done to the database as a whole, again where it was done before.
    PutMark {
        /// What.
        mark: Mark,
        /// When.
        at: Timestamp,
    },
    /// Forgets that it was done, if it was.
    ForgetMark(Mark),
    /// Removes a signing key. Guard: it exists.
    DeleteSigningKey(SigningKeyId),
}
