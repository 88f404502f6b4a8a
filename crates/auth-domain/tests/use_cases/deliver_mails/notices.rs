//! Nobody is buried in notices: those that are alike become one mail an hour, and an address that was never proved gets
//! three a day. None is lost.

use std::time::Duration;

use auth_domain::account::EmailAddress;
use auth_domain::mail::{MailContent, Notice, NoticeKind, OutgoingContent};
use auth_domain::ports::{Change, StoreError};
use auth_domain::rate_limit::RateLimitKind;
use auth_testkit::fixtures::mail;
use auth_testkit::test_service::{TestService, by_address, client, with_each_call_failing};

use super::{LEASE, nothing, put_off, run, sent, temporary};
use crate::MOMENT;
use crate::ann::ANN;

const HOUR: Duration = Duration::from_secs(3_600);
const DAY: Duration = Duration::from_secs(24 * 3_600);

const UNPROVED: RateLimitKind = RateLimitKind::NoticesToUnprovedAddress;

/// Owes Ann a notice of that kind.
fn owe_to(service: &TestService, kind: NoticeKind, address_proved: bool) {
    let to = EmailAddress::parse(ANN).expect("an address");
    let owed = mail(to, MailContent::Notice(Notice::new(kind, address_proved)), service.now());
    service.store.commit_now(vec![Change::Mail(owed)]).expect("a mail");
}

/// The same to an address that was proved.
fn owe(service: &TestService, kind: NoticeKind) {
    owe_to(service, kind, true);
}

/// What was told so far: of which kind, how often.
fn told(service: &TestService) -> Vec<(NoticeKind, u32)> {
    let sent = service.mailer.sent().into_iter();
    sent.filter_map(|mail| match mail.content {
        OutgoingContent::Notice { notice, times } => Some((notice.kind, times)),
        OutgoingContent::Invitation { .. } | OutgoingContent::Code { .. } => None,
    })
    .collect()
}

/// Registers an account whose address is never proved, and deletes it.
async fn register_and_delete(service: &TestService, email: &str) {
    let account = service.register(email).await;
    let caller = service.fresh_caller(&account).await;
    service.use_cases.delete_account.by_owner(&caller, &client()).await.expect("a deletion");
}

#[tokio::test]
async fn the_first_goes_at_once_and_those_of_the_hour_after_in_one() {
    let service = TestService::new();
    owe(&service, NoticeKind::PasswordChanged);
    assert_eq!(run(&service).await, sent());
    for _ in 0..3 {
        service.clock.advance(MOMENT);
        owe(&service, NoticeKind::PasswordChanged);
        assert_eq!(run(&service).await, nothing());
    }
    owe(&service, NoticeKind::RecoveryCodeUsed);
    assert_eq!(run(&service).await, sent(), "another kind waits for nothing");
    service.clock.advance(HOUR - MOMENT * 4);
    assert_eq!(run(&service).await, nothing());
    service.clock.advance(MOMENT);
    assert_eq!(run(&service).await, sent());
    let expected =
        [(NoticeKind::PasswordChanged, 1), (NoticeKind::RecoveryCodeUsed, 1), (NoticeKind::PasswordChanged, 3)];
    assert_eq!(told(&service), expected);
    let mails = service.mailer.sent();
    assert!(mails[0].id != mails[2].id && mails[0].at < mails[2].at, "another mail, of the latest");
    service.clock.advance(DAY);
    assert_eq!(run(&service).await, nothing());
}

#[tokio::test]
async fn what_a_mail_server_holds_up_becomes_one_mail() {
    let service = TestService::new();
    for _ in 0..3 {
        owe(&service, NoticeKind::PasswordChanged);
        service.mailer.fail_next(temporary());
        assert_eq!(run(&service).await, put_off());
        service.clock.advance(HOUR);
    }
    assert_eq!(run(&service).await, sent());
    assert_eq!(told(&service), [(NoticeKind::PasswordChanged, 3)]);
}

#[tokio::test]
async fn what_comes_while_it_is_sent_is_told_in_the_next() {
    let service = TestService::new();
    owe(&service, NoticeKind::PasswordChanged);
    service.before_next_commit(async |service| owe(&service, NoticeKind::PasswordChanged));
    assert_eq!(run(&service).await, sent());
    service.clock.advance(HOUR);
    assert_eq!(run(&service).await, sent());
    assert_eq!(told(&service), [(NoticeKind::PasswordChanged, 1); 2]);
}

#[tokio::test]
async fn an_address_that_was_never_proved_gets_three_a_day_and_loses_none() {
    let service = TestService::new();
    let mut deletions = 0;
    // Were they mails to a proved address, there would be five.
    for _ in 0..5 {
        service.clock.advance(HOUR);
        register_and_delete(&service, ANN).await;
        deletions += 1;
        service.deliver_mails().await;
    }
    assert_eq!(told(&service), [(NoticeKind::AccountDeleted, 1); 3]);
    assert_eq!(service.store.owed_mails().len(), 1);
    // The day began with the first, which was four hours ago.
    service.clock.advance(DAY - 4 * HOUR - MOMENT);
    assert_eq!(run(&service).await, nothing());
    service.clock.advance(MOMENT);
    assert_eq!(run(&service).await, sent());
    assert_eq!(told(&service).iter().map(|(_, times)| times).sum::<u32>(), deletions);
    assert_eq!(service.store.owed_mails(), []);
}

#[tokio::test]
async fn what_strangers_cause_is_one_of_the_three_and_one_stays_for_what_changes_the_owner() {
    let service = TestService::new();
    let tried = [
        (NoticeKind::RegistrationAttempted, true),
        (NoticeKind::ResetWithoutPassword, false),
        (NoticeKind::SecondFactorEnabled, true),
        (NoticeKind::SecondFactorDisabled, false),
        (NoticeKind::EmailChanged, true),
        (NoticeKind::AccountDeleted, false),
    ];
    for (kind, goes) in tried {
        owe_to(&service, kind, false);
        assert_eq!(run(&service).await, if goes { sent() } else { put_off() }, "{kind:?}");
    }
    assert_eq!(service.store.owed_mails().len(), 3, "none is lost");
}

#[tokio::test]
async fn two_workers_together_send_no_more_than_three() {
    let service = TestService::new();
    owe_to(&service, NoticeKind::AccountDeleted, false);
    service.set_count(by_address(ANN), &UNPROVED, 2);
    service.before_next_commit(async |service| {
        service.set_count(by_address(ANN), &UNPROVED, 3);
    });
    assert_eq!(run(&service).await, put_off(), "the other worker's was the third");
    assert_eq!((told(&service), service.store.owed_mails().len()), (vec![], 1));
}

#[tokio::test]
async fn a_mail_that_is_tried_again_is_counted_once() {
    let service = TestService::new();
    owe_to(&service, NoticeKind::PasswordChanged, false);
    for _ in 0..9 {
        service.mailer.fail_next(temporary());
        assert_eq!(run(&service).await, put_off());
        service.clock.advance(HOUR);
    }
    assert_eq!(run(&service).await, sent());
    assert_eq!(service.store.rate_limit(by_address(ANN), &UNPROVED).count, 1);
}

#[tokio::test]
async fn whichever_call_to_the_database_fails_a_notice_is_still_owed() {
    let tried = with_each_call_failing(
        StoreError::Refused,
        async || {
            let service = TestService::new();
            owe_to(&service, NoticeKind::PasswordChanged, false);
            (service, ())
        },
        async |service, ()| service.use_cases.deliver_mails.run_once().await,
        async |service, (), answer| {
            assert_eq!(answer, Err(StoreError::Refused));
            service.clock.advance(LEASE);
            assert_eq!(run(service).await, sent());
        },
    );
    assert_eq!(tried.await, 4, "the lease, the limit, its count, the commit");
}
