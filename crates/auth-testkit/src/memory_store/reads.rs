//! Every read that changes nothing.

use auth_domain::account::{Account, AccountFilter, Admins, LoginName};
use auth_domain::audit::{AuditFilter, AuditOrder, AuditRecord};
use auth_domain::challenge::{Challenge, ChallengePurpose};
use auth_domain::data_export::DataExport;
use auth_domain::deletion::DeletionProgress;
use auth_domain::event::{Event, EventKind};
use auth_domain::identity::{ProviderName, Subject};
use auth_domain::invitation::Invitation;
use auth_domain::load::OutboxDepth;
use auth_domain::mail::{ParkedMail, WaitingMail};
use auth_domain::password_limit::{NetworkAttempts, PasswordLimit};
use auth_domain::rate_limit::{AttemptSubject, RateLimit, RateLimitKind};
use auth_domain::session::{Network, Session};
use auth_domain::signing_key::SigningKey;
use auth_domain::{AccountId, ChallengeId, DeletionId, InvitationId, SessionId, Timestamp};
use uuid::Uuid;

use super::tables::{MailRow, Tables, network_key, rate_limit_key};

/// Returns at most `limit` of `rows`.
fn page<T>(rows: impl Iterator<Item = T>, limit: u32) -> Vec<T> {
    rows.take(usize::try_from(limit).unwrap_or(usize::MAX)).collect()
}

impl Tables {
    pub(super) fn account_by_name(&self, name: &LoginName) -> Option<Account> {
        let has_name = |account: &&Account| match name {
            LoginName::Email(email) => account.email.key() == email.key(),
            LoginName::Username(username) => account.username.as_ref().is_some_and(|own| own.key() == username.key()),
            LoginName::Impossible(_) => false,
        };
        self.account(self.accounts.values().find(has_name)?.id)
    }

    pub(super) fn account_by_identity(&self, provider: &ProviderName, subject: &Subject) -> Option<Account> {
        self.account(self.identities.get(&(provider.clone(), subject.clone()))?.account_id)
    }

    pub(super) fn accounts_after(&self, after: Option<AccountId>, limit: u32) -> Vec<Account> {
        let ids = self.accounts.keys().filter(|id| after.is_none_or(|after| **id > after));
        page(ids.filter_map(|id| self.account(*id)), limit)
    }

    pub(super) fn accounts_matching(
        &self,
        filter: &AccountFilter,
        after: Option<AccountId>,
        limit: u32,
    ) -> Vec<Account> {
        let found = self.accounts_after(after, u32::MAX).into_iter().filter(|account| filter.matches(account));
        page(found, limit)
    }

    pub(super) fn due_deletions(&self, until: Timestamp, limit: u32) -> Vec<AccountId> {
        let due = |account: &Account| Some((account.deletion.as_ref()?.due, account.id));
        let mut due: Vec<_> = self.accounts.values().filter_map(due).filter(|(due, _)| *due <= until).collect();
        due.sort_unstable();
        page(due.into_iter().map(|(_, id)| id), limit)
    }

    pub(super) fn admins(&self) -> Admins {
        let admins = self.accounts.values().filter(|account| account.is_active_admin()).map(|account| account.id);
        Admins { lost_at: self.admin_lost_at, some: page(admins, 2) }
    }

    pub(super) fn session(&self, id: SessionId) -> Option<(Session, Account)> {
        let session = self.sessions.get(&id)?;
        Some((session.clone(), self.account(session.account_id)?))
    }

    pub(super) fn live_sessions(&self, account_id: AccountId, now: Timestamp, limit: u32) -> Vec<Session> {
        let own = self.sessions.values().rev().filter(|session| session.account_id == account_id);
        page(own.filter(|session| session.is_alive(now)).cloned(), limit)
    }

    pub(super) fn password_limit(&self, subject: AttemptSubject, network: &Network) -> PasswordLimit {
        PasswordLimit {
            subject,
            network: network.clone(),
            attempts: self.network_attempts.get(&network_key(subject, network)).copied().unwrap_or_default(),
            daily: self.daily_misses.get(&subject.as_uuid()).copied().unwrap_or_default(),
        }
    }

    pub(super) fn login_networks(&self, since: Timestamp, limit: u32) -> Vec<(Network, Timestamp)> {
        let login = |((_, network), attempts): (&(Uuid, String), &NetworkAttempts)| {
            let at = attempts.last_success_at.filter(|at| *at >= since)?;
            Some((Network::from_stored(network.clone()), at))
        };
        let mut logins: Vec<_> = self.network_attempts.iter().filter_map(login).collect();
        logins.sort_by_key(|(_, at)| std::cmp::Reverse(*at));
        page(logins.into_iter(), limit)
    }

    pub(super) fn rate_limit(&self, subject: AttemptSubject, kind: &RateLimitKind) -> RateLimit {
        let stored = self.rate_limits.get(&rate_limit_key(subject, kind)).cloned();
        stored.unwrap_or_else(|| RateLimit::empty(subject, kind.clone()))
    }

    pub(super) fn invitations_after(&self, after: Option<InvitationId>, limit: u32) -> Vec<Invitation> {
        let later = self.invitations.values().filter(|invitation| after.is_none_or(|after| invitation.id > after));
        page(later.cloned(), limit)
    }

    pub(super) fn challenge(&self, id: ChallengeId) -> Option<(Challenge, Option<Account>)> {
        let challenge = self.challenges.get(&id)?;
        Some((challenge.clone(), challenge.challenged.account_id().and_then(|id| self.account(id))))
    }

    pub(super) fn newest_challenge(&self, account_id: AccountId, purpose: ChallengePurpose) -> Option<Challenge> {
        let is_that = |challenge: &&Challenge| {
            challenge.challenged.account_id() == Some(account_id) && challenge.purpose == purpose
        };
        self.challenges.values().rev().find(is_that).cloned()
    }

    pub(super) fn deletion(&self, id: DeletionId) -> Option<DeletionProgress> {
        let deletion = self.deletions.get(&id)?.clone();
        let of_it = |event_id| self.events.get(event_id).is_some_and(|row| row.is_of_deletion(id));
        let deliveries = self.deliveries.iter().filter(|((event_id, _), _)| of_it(event_id));
        let mut services: Vec<_> =
            deliveries.map(|((_, service), row)| (service.clone(), row.acknowledged_at)).collect();
        services.sort();
        Some(DeletionProgress { deletion, services })
    }

    pub(super) fn data_export(&self, account_id: AccountId) -> Option<DataExport> {
        let wanted = |event: &&Event| event.account_id == account_id && event.kind == EventKind::UserExportRequested;
        let events = self.events.values().map(|row| &row.event);
        let event = events.filter(wanted).max_by_key(|event| (event.occurred_at, event.id))?;
        let deliveries = self.deliveries.iter().filter(|((event_id, _), _)| *event_id == event.id);
        let mut services: Vec<_> =
            deliveries.map(|((_, service), row)| (service.clone(), row.acknowledged_at)).collect();
        services.sort();
        Some(DataExport { id: event.id, requested_at: event.occurred_at, services })
    }

    pub(super) fn signing_keys_by_sequence(&self) -> Vec<SigningKey> {
        let mut keys: Vec<SigningKey> = self.signing_keys.values().cloned().collect();
        keys.sort_by_key(|key| key.sequence);
        keys
    }

    pub(super) fn audit_records_through(&self, filter: &AuditFilter, limit: u32) -> Vec<AuditRecord> {
        let mut records: Vec<AuditRecord> =
            self.audit_records.values().filter(|record| filter.selects(record)).cloned().collect();
        records.sort_by_key(|record| (record.occurred_at, record.id));
        if filter.order == AuditOrder::Descending {
            records.reverse();
        }
        page(records.into_iter(), limit)
    }

    pub(super) fn waiting_mails(&self, limit: u32) -> Vec<WaitingMail> {
        let waiting = self.mails.values().filter(|row| row.parked_at.is_none() && row.times > 0);
        let mut waiting: Vec<WaitingMail> = waiting.map(waiting_mail).collect();
        waiting.sort_by_key(|mail| (mail.next_attempt_at, mail.id));
        page(waiting.into_iter(), limit)
    }

    pub(super) fn parked_mails(&self, limit: u32) -> Vec<ParkedMail> {
        let mut parked: Vec<ParkedMail> = self.mails.values().filter_map(parked).collect();
        parked.sort_by_key(|mail| std::cmp::Reverse(mail.parked_at));
        page(parked.into_iter(), limit)
    }

    pub(super) fn outbox_depth(&self) -> OutboxDepth {
        let count = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
        let (parked, owed): (Vec<&MailRow>, Vec<&MailRow>) =
            self.mails.values().filter(|row| row.times > 0).partition(|row| row.parked_at.is_some());
        let since = |row: &&MailRow| if row.attempt == 0 { row.next_attempt_at } else { row.request.at };
        let open: Vec<Timestamp> =
            self.deliveries.values().filter(|row| row.acknowledged_at.is_none()).map(|row| row.occurred_at).collect();
        OutboxDepth {
            mails: count(owed.len()),
            oldest_mail: owed.iter().map(since).min(),
            parked_mails: count(parked.len()),
            deliveries: count(open.len()),
            oldest_delivery: open.into_iter().min(),
        }
    }
}

fn waiting_mail(row: &MailRow) -> WaitingMail {
    WaitingMail {
        id: row.request.id,
        recipient: row.request.to.as_str().to_owned(),
        kind: row.request.content.kind().to_owned(),
        attempts: row.attempt,
        next_attempt_at: row.next_attempt_at,
        error: row.last_error.clone(),
    }
}

fn parked(row: &MailRow) -> Option<ParkedMail> {
    Some(ParkedMail {
        id: row.request.id,
        recipient: row.request.to.as_str().to_owned(),
        kind: row.request.content.kind().to_owned(),
        parked_at: row.parked_at?,
        error: row.last_error.clone().unwrap_or_default(),
    })
}
