//! The rows: one collection for each table of the schema.

use std::collections::BTreeMap;

use auth_domain::account::Account;
use auth_domain::audit::AuditRecord;
use auth_domain::challenge::Challenge;
use auth_domain::deletion::Deletion;
use auth_domain::event::{Event, EventKind};
use auth_domain::identity::{LinkedIdentity, ProviderName, Subject};
use auth_domain::invitation::Invitation;
use auth_domain::mail::MailRequest;
use auth_domain::password_limit::{DailyMisses, NetworkAttempts};
use auth_domain::pending_credentials::PendingCredentials;
use auth_domain::rate_limit::{AttemptSubject, RateLimit, RateLimitKind};
use auth_domain::retired_key::RetiredKey;
use auth_domain::session::{Network, Session};
use auth_domain::signing_key::SigningKey;
use auth_domain::two_factor::TotpStep;
use auth_domain::{
    AccountId, AuditRecordId, AuthorizationId, ChallengeId, DeletionId, EventId, InvitationId, MailId, RetiredKeyId,
    SessionId, SigningKeyId, Timestamp,
};
use uuid::Uuid;

/// Every table. A commit works on a copy, so all of it happens or none.
#[derive(Clone, Default)]
pub(super) struct Tables {
    /// Accounts without their identities, which are separate rows.
    pub(super) accounts: BTreeMap<AccountId, Account>,
    pub(super) identities: BTreeMap<(ProviderName, Subject), IdentityRow>,
    pub(super) used_authorizations: BTreeMap<AuthorizationId, Timestamp>,
    pub(super) sessions: BTreeMap<SessionId, Session>,
    pub(super) totp_steps: BTreeMap<(AccountId, TotpStep), Timestamp>,
    pub(super) challenges: BTreeMap<ChallengeId, Challenge>,
    pub(super) pending_credentials: BTreeMap<ChallengeId, PendingCredentials>,
    pub(super) network_attempts: BTreeMap<(Uuid, String), NetworkAttempts>,
    pub(super) daily_misses: BTreeMap<Uuid, DailyMisses>,
    pub(super) rate_limits: BTreeMap<RateLimitKey, RateLimit>,
    pub(super) deletions: BTreeMap<DeletionId, Deletion>,
    pub(super) events: BTreeMap<EventId, EventRow>,
    /// The position of the event that was listed last.
    pub(super) last_position: u64,
    pub(super) deliveries: BTreeMap<(EventId, String), DeliveryRow>,
    pub(super) invitations: BTreeMap<InvitationId, Invitation>,
    pub(super) mails: BTreeMap<MailId, MailRow>,
    pub(super) signing_keys: BTreeMap<SigningKeyId, SigningKey>,
    pub(super) retired_keys: BTreeMap<RetiredKeyId, RetiredKey>,
    pub(super) maintenance: BTreeMap<&'static str, Timestamp>,
    /// When there was last one admin fewer.
    pub(super) admin_lost_at: Option<Timestamp>,
    pub(super) audit_records: BTreeMap<AuditRecordId, AuditRecord>,
}

/// Subject, kind and network.
pub(super) type RateLimitKey = (Uuid, &'static str, String);

#[derive(Clone)]
pub(super) struct IdentityRow {
    pub(super) account_id: AccountId,
    pub(super) linked_at: Timestamp,
}

#[derive(Clone)]
pub(super) struct EventRow {
    pub(super) event: Event,
    /// Assigned when the event is first listed.
    pub(super) position: Option<u64>,
}

#[derive(Clone)]
pub(super) struct DeliveryRow {
    pub(super) account_id: AccountId,
    pub(super) occurred_at: Timestamp,
    pub(super) attempt: u32,
    pub(super) next_attempt_at: Timestamp,
    pub(super) stamped_at: Timestamp,
    pub(super) acknowledged_at: Option<Timestamp>,
}

#[derive(Clone)]
pub(super) struct MailRow {
    pub(super) request: MailRequest,
    /// 0 while a notice that was sent holds back similar ones.
    pub(super) times: u32,
    pub(super) attempt: u32,
    pub(super) next_attempt_at: Timestamp,
    pub(super) stamped_at: Timestamp,
    pub(super) parked_at: Option<Timestamp>,
    pub(super) last_error: Option<String>,
}

pub(super) fn rate_limit_key(subject: AttemptSubject, kind: &RateLimitKind) -> RateLimitKey {
    let (name, network) = kind.as_stored();
    (subject.as_uuid(), name, network.to_owned())
}

pub(super) fn network_key(subject: AttemptSubject, network: &Network) -> (Uuid, String) {
    (subject.as_uuid(), network.as_str().to_owned())
}

impl Tables {
    /// Returns the account as it is read, with its identities ordered by the name of their provider.
    pub(super) fn account(&self, id: AccountId) -> Option<Account> {
        let account = self.accounts.get(&id)?.clone();
        let identities = self.identities.iter().filter(|(_, row)| row.account_id == id);
        Some(identities.fold(account, |account, ((provider, subject), row)| {
            account.with_identity(LinkedIdentity {
                provider: provider.clone(),
                subject: subject.clone(),
                linked_at: row.linked_at,
            })
        }))
    }

    /// Deletes an account and, as `ON DELETE CASCADE` does, what belongs to it.
    pub(super) fn delete_account(&mut self, id: AccountId) {
        self.accounts.remove(&id);
        self.identities.retain(|_, row| row.account_id != id);
        self.sessions.retain(|_, session| session.account_id != id);
        self.totp_steps.retain(|(account_id, _), _| *account_id != id);
        self.delete_challenges(|challenge| challenge.challenged.account_id() == Some(id));
    }

    /// Deletes challenges with the changes of credentials that wait for them.
    pub(super) fn delete_challenges(&mut self, goes: impl Fn(&Challenge) -> bool) {
        self.challenges.retain(|_, challenge| !goes(challenge));
        let challenges = &self.challenges;
        self.pending_credentials.retain(|id, _| challenges.contains_key(id));
    }

    /// Deletes an event with its deliveries.
    pub(super) fn delete_event(&mut self, id: EventId) {
        self.events.remove(&id);
        self.deliveries.retain(|(event_id, _), _| *event_id != id);
    }
}

impl EventRow {
    pub(super) const fn is_of_deletion(&self, id: DeletionId) -> bool {
        matches!(self.event.kind, EventKind::UserDeleted(of) if of.as_uuid().as_u128() == id.as_uuid().as_u128())
    }
}
