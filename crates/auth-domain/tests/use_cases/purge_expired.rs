//! `PurgeExpired`: what is removed when. That each engine removes just that, the store contract tries.

use std::time::Duration;

use auth_domain::audit::{Actor, AuditRecord, Outcome};
use auth_domain::event::{Event, EventKind};
use auth_domain::mail::{MailRequest, NoticeKind};
use auth_domain::maintenance::Maintenance;
use auth_domain::password_limit::{DailyMisses, NetworkAttempts, PasswordLimit};
use auth_domain::ports::{Change, StoreError};
use auth_domain::rate_limit::{AttemptSubject, RateLimit, RateLimitKind};
use auth_domain::session::{Revocation, RevocationReason, Session};
use auth_domain::two_factor::TotpStep;
use auth_domain::use_cases::Purged;
use auth_domain::{AuditRecordId, AuthorizationId, DeletionId, EventId, MailId, Timestamp};
use auth_testkit::fixtures::{self, NOW, randomness};
use auth_testkit::test_service::{TestService, client, with_each_call_failing};

use crate::MOMENT;

const HOUR: Duration = Duration::from_secs(3_600);
const DAY: Duration = Duration::from_secs(24 * 3_600);

async fn purge(service: &TestService) -> Result<u64, StoreError> {
    service.use_cases.purge_expired.run().await.map(|purged| purged.rows)
}

/// A row that `changes` write at [`NOW`] stays for so long and no longer.
async fn assert_stays(what: &str, changes: Vec<Change>, stays: Duration) {
    let service = TestService::new();
    for change in changes {
        service.store.commit_now(vec![change]).expect("a row");
    }
    service.clock.set(NOW + stays);
    assert_eq!(purge(&service).await, Ok(0), "{what}, at the end of its time");
    service.clock.advance(MOMENT);
    assert_eq!(purge(&service).await, Ok(1), "{what}, after its time");
    assert_eq!(purge(&service).await, Ok(0), "{what}, once");
}

#[tokio::test]
async fn a_session_stays_for_a_week_after_its_end() {
    let account = fixtures::account();
    let session = fixtures::session(&account);
    let (insert, session_id) = (Change::InsertAccount(account.clone()), session.id);
    let open = Change::InsertSession {
        credential_version: account.credential_version,
        two_factor_version: account.two_factor.version,
        session: session.clone(),
    };
    let expired_after = session.refresh_expires_at().since(NOW);
    assert_stays("an expired session", vec![insert.clone(), open.clone()], expired_after + 7 * DAY).await;

    let revocation = Revocation { at: NOW, reason: RevocationReason::LoggedOut };
    let revoke = Change::RevokeSession { account_id: account.id, session_id, revocation };
    assert_stays("a revoked session", vec![insert, open, revoke], 7 * DAY).await;
}

#[tokio::test]
async fn what_is_counted_stays_as_long_as_it_counts() {
    let subject = AttemptSubject::Account(fixtures::account().id);
    let limit = PasswordLimit::empty(subject, client().network().clone());
    let missed = Change::PutNetworkAttempts(limit.after_miss(NOW));
    assert_stays("a miss from a network", vec![missed], DAY).await;
    let succeeded = Change::PutNetworkAttempts(limit.after_success(NOW));
    assert_stays("a success from a network", vec![succeeded], 90 * DAY).await;
    let attempts = NetworkAttempts { last_miss_at: Some(NOW + DAY * 89 + HOUR), ..limit.after_success(NOW).attempts };
    let both = Change::PutNetworkAttempts(PasswordLimit { attempts, ..limit.clone() });
    assert_stays("a miss after a success", vec![both], 90 * DAY + HOUR).await;
    let daily = DailyMisses { ..limit.after_miss(NOW).daily };
    let missed = Change::PutDailyMisses(PasswordLimit { daily, ..limit });
    assert_stays("the misses of a day", vec![missed], DAY).await;
    let mail = Change::count_mail(RateLimit::empty(subject, RateLimitKind::MailsForOwner), NOW);
    assert_stays("a rate limit", vec![mail], DAY).await;
}

#[tokio::test]
async fn what_was_used_up_stays_as_long_as_it_could_come_back() {
    let account = fixtures::account();
    let step = Change::UseTotpStep { account_id: account.id, step: TotpStep::from_number(1), at: NOW };
    assert_stays("a TOTP step", vec![Change::InsertAccount(account), step], DAY).await;
    let id = AuthorizationId::generate(NOW, randomness(1));
    let used = Change::UseAuthorization { id, expires_at: NOW + HOUR };
    assert_stays("an authorization request", vec![used], 2 * HOUR).await;
    let challenge = fixtures::challenge(None);
    let expires_at = challenge.expires_at.since(NOW);
    assert_stays("a challenge", vec![Change::InsertChallenge(challenge)], expires_at).await;
}

#[tokio::test]
async fn what_people_look_into_stays_for_months() {
    let owed = notice();
    let parked = Change::ParkMail { mail_id: owed.id, attempt: 0, at: NOW, error: "550".to_owned() };
    assert_stays("a mail that was given up", vec![Change::Mail(owed), parked], 30 * DAY).await;
    assert_stays("a record of the audit trail", vec![Change::Audit(record(NOW))], 90 * DAY).await;
    assert_stays("an event", vec![announced(1, EventKind::PasswordChanged, NOW)], 30 * DAY).await;
}

#[tokio::test]
async fn a_notice_that_was_sent_stays_while_it_keeps_others_back() {
    let owed = notice();
    let (mail_id, next_id, until) = (owed.id, MailId::generate(NOW, randomness(2)), NOW + HOUR);
    let sent = Change::HoldNotice { mail_id, attempt: 0, told: 1, next_id, until };
    assert_stays("a notice that was sent", vec![Change::Mail(owed), sent], HOUR).await;
}

fn notice() -> MailRequest {
    fixtures::notice(fixtures::account().email, NoticeKind::PasswordChanged, NOW)
}

fn record(occurred_at: Timestamp) -> AuditRecord {
    AuditRecord {
        id: AuditRecordId::generate(occurred_at, randomness(1)),
        occurred_at,
        account_id: None,
        action: "credentials.read".to_owned(),
        outcome: Outcome::Done,
        actor: Actor::Operator,
        network: None,
        request_id: None,
        detail: None,
    }
}

fn announced(number: u32, kind: EventKind, occurred_at: Timestamp) -> Change {
    let id = EventId::generate(occurred_at, randomness(number));
    let event = Event { id, kind, account_id: fixtures::account().id, occurred_at };
    Change::Announce { event, services: Vec::new() }
}

#[tokio::test]
async fn accounts_deletions_and_what_is_owed_stay_for_good() {
    let service = TestService::new();
    let ann = service.register("ann@example.org").await;
    service.enable_app(&ann);
    let id = DeletionId::generate(NOW, randomness(1));
    service.store.commit_now(vec![announced(1, EventKind::UserDeleted(id), NOW)]).expect("an event");
    service.clock.advance(10 * 365 * DAY);
    let removed = purge(&service).await.expect("the store");
    assert_eq!(removed, 4, "a challenge, a count of mails, an event and a record of the registration");
    assert_eq!((service.store.accounts().len(), service.store.owed_mails().len()), (1, 1));
    let kinds: Vec<EventKind> = service.store.events().into_iter().map(|event| event.kind).collect();
    assert_eq!(kinds, [EventKind::UserDeleted(id)]);
}

#[tokio::test]
async fn everything_that_is_expired_goes_however_much_it_is() {
    for count in [999, 1_000, 1_001, 2_000, 2_001] {
        let service = TestService::new();
        let used = |number| Change::UseAuthorization {
            id: AuthorizationId::generate(NOW, randomness(number)),
            expires_at: NOW - 2 * HOUR,
        };
        service.store.commit_now((0..count).map(used).collect()).expect("rows");
        service.store.commit_now(vec![Change::Audit(record(NOW - 91 * DAY))]).expect("a row");
        assert_eq!(purge(&service).await, Ok(u64::from(count) + 1));
        assert_eq!(purge(&service).await, Ok(0));
    }
}

#[tokio::test]
async fn an_empty_database_has_nothing_to_remove() {
    let service = TestService::new();
    assert_eq!(purge(&service).await, Ok(0));
    let until = Change::RecordMaintenance { kind: Maintenance::PurgedUntil, at: service.now() };
    assert_eq!(service.store.commits(), [vec![until]], "but for when it looked");
}

#[tokio::test]
async fn a_database_that_fails_ends_it_and_what_is_left_goes_the_next_time() {
    let tried = with_each_call_failing(
        StoreError::Unavailable,
        async || {
            let service = TestService::new();
            service.store.commit_now(vec![Change::Audit(record(NOW - 91 * DAY))]).expect("a row");
            (service, ())
        },
        async |service, ()| purge(service).await,
        async |service, (), answer| {
            assert_eq!(answer, Err(StoreError::Unavailable));
            let left = u64::try_from(service.store.audit_records().len()).expect("a number");
            assert_eq!(purge(service).await, Ok(left));
        },
    );
    assert_eq!(
        tried.await,
        15,
        "the time of the last run, deletions that are due, a call for each kind of rows, the time of this one"
    );
}

/// A session that was refreshed today, and an event.
async fn with_rows() -> TestService {
    let service = TestService::new();
    let account = fixtures::account();
    let (idle_expires_at, absolute_expires_at) = (NOW + 30 * DAY, NOW + 90 * DAY);
    let session = Session { idle_expires_at, absolute_expires_at, ..fixtures::session(&account) };
    let open = Change::InsertSession {
        credential_version: account.credential_version,
        two_factor_version: account.two_factor.version,
        session,
    };
    service.store.commit_now(vec![Change::InsertAccount(account), open]).expect("rows");
    service.store.commit_now(vec![announced(1, EventKind::PasswordChanged, NOW)]).expect("rows");
    assert_eq!(purge(&service).await, Ok(0));
    service
}

#[tokio::test]
async fn a_clock_that_is_put_forward_for_a_day_and_back_takes_nothing_along() {
    let service = with_rows().await;
    service.clock.advance(40 * DAY);
    for hour in 1..=24 {
        let purged = service.use_cases.purge_expired.run().await.expect("the store");
        assert_eq!((purged.rows, purged.behind), (0, (40 - hour) * DAY), "hour {hour}");
    }
    service.clock.set(NOW + DAY);
    assert_eq!(service.use_cases.purge_expired.run().await, Ok(Purged::default()), "it goes back with the clock");
    service.clock.set(NOW + 40 * DAY);
    let expected = Purged { rows: 0, behind: 38 * DAY };
    assert_eq!(service.use_cases.purge_expired.run().await, Ok(expected), "and starts from there");
}

#[tokio::test]
async fn after_a_long_stop_it_catches_up_and_a_process_that_starts_again_and_again_does_not_follow() {
    let service = with_rows().await;
    service.clock.advance(40 * DAY);
    for _ in 0..60 {
        let restarted = service.under(service.policy.clone());
        assert_eq!(restarted.use_cases.purge_expired.run().await, Ok(Purged { rows: 0, behind: 40 * DAY }));
    }
    let mut removed = 0;
    for _ in 0..40 {
        removed += purge(&service).await.expect("the store");
    }
    assert_eq!(removed, 2, "the session and the event");
    assert_eq!(service.use_cases.purge_expired.run().await, Ok(Purged::default()));
}
