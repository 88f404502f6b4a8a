//! `DeliverMails`: a mail that is owed is sent at least once, unless what it would say is of no use any more, which is in a
//! file of its own below; so is what keeps notices from burying anybody.

mod dropped;
mod languages;
mod notices;

use std::time::Duration;

use auth_domain::account::Account;
use auth_domain::challenge::ChallengePurpose;
use auth_domain::mail::{MailContent, NoticeKind, OutgoingContent, OutgoingMail};
use auth_domain::ports::{MailError, Store as _, StoreError};
use auth_domain::use_cases::{AddressOwner, Delivered, MailNotSent};
use auth_testkit::test_service::{TestService, client, with_each_call_failing};

use crate::MOMENT;
use crate::ann::ANN;

const LEASE: Duration = Duration::from_secs(60);

fn temporary() -> MailError {
    MailError::Temporary("451 later".to_owned())
}

fn permanent() -> MailError {
    MailError::Permanent("550 nobody".to_owned())
}

/// Sends one; what is told of one that was not sent has a test of its own.
async fn run(service: &TestService) -> Delivered {
    let delivered = service.use_cases.deliver_mails.run_once().await.expect("the store");
    Delivered { not_sent: None, ..delivered }
}

fn nothing() -> Delivered {
    Delivered::default()
}

fn sent() -> Delivered {
    Delivered { sent: 1, ..nothing() }
}

fn put_off() -> Delivered {
    Delivered { put_off: 1, ..nothing() }
}

fn parked() -> Delivered {
    Delivered { parked: 1, ..nothing() }
}

/// Ann, who is owed the code of her registration.
async fn with_ann() -> (TestService, Account) {
    let service = TestService::new();
    let ann = service.register(ANN).await;
    (service, ann)
}

fn only_mail(service: &TestService) -> OutgoingMail {
    let [mail] = &service.mailer.sent()[..] else { panic!("one mail") };
    mail.clone()
}

#[tokio::test]
async fn a_code_is_written_when_it_is_sent_and_sent_once() {
    let (service, ann) = with_ann().await;
    let [request] = &service.store.owed_mails()[..] else { panic!("one mail") };
    let MailContent::Code { purpose, send_number, .. } = request.content else { panic!("a code") };
    assert_eq!((purpose, send_number), (ChallengePurpose::VerifyEmail, 1));
    assert_eq!(run(&service).await, sent());
    assert_eq!(run(&service).await, nothing());

    let mail = only_mail(&service);
    assert_eq!((mail.id, &mail.to, mail.at, &mail.client), (request.id, &ann.email, service.now(), &client()));
    let OutgoingContent::Code { purpose, code, expires_at } = mail.content else { panic!("a code") };
    assert_eq!(purpose, ChallengePurpose::VerifyEmail);
    assert_eq!(expires_at, service.now() + service.policy.challenge_lifetimes.code);
    let owner = AddressOwner::Session(Box::new(service.caller(&ann).await));
    service.use_cases.verify_email.execute(&owner, code.reveal(), &client()).await.expect("the right code");
    assert_eq!(service.store.owed_mails(), []);
}

#[tokio::test]
async fn a_notice_is_sent_whatever_becomes_of_the_account() {
    let (service, ann) = with_ann().await;
    service.deliver_mails().await;
    let caller = service.caller(&ann).await;
    service.use_cases.delete_account.by_owner(&service.fresh(&caller), &client()).await.expect("a deletion");
    assert_eq!(run(&service).await, sent());
    let mail = service.mailer.sent().pop().expect("a mail");
    assert_eq!(mail.to, ann.email);
    assert!(
        matches!(mail.content, OutgoingContent::Notice { notice, times: 1 } if notice.kind == NoticeKind::AccountDeleted)
    );
}

#[tokio::test]
async fn the_one_that_is_due_longest_goes_first() {
    let service = TestService::new();
    for name in ["ann", "bob"] {
        service.register(&format!("{name}@example.org")).await;
        service.clock.advance(MOMENT);
    }
    service.mailer.fail_next(temporary());
    assert_eq!(run(&service).await, put_off());
    service.clock.advance(Duration::from_secs(5));
    for _ in 0..2 {
        assert_eq!(run(&service).await, sent());
    }
    let order: Vec<String> = service.mailer.sent().iter().map(|mail| mail.to.as_str().to_owned()).collect();
    assert_eq!(order, ["bob@example.org", ANN]);
}

#[tokio::test]
async fn a_mail_that_is_not_taken_is_tried_again_ever_later_for_a_day() {
    let service = TestService::new();
    let ann = service.register(ANN).await;
    service.deliver_mails().await;
    let caller = service.caller(&ann).await;
    service.use_cases.delete_account.by_owner(&service.fresh(&caller), &client()).await.expect("a deletion");
    let hour = Duration::from_secs(3_600);
    let mut wait = Duration::from_secs(5);
    for attempt in 1..32 {
        service.mailer.fail_next(temporary());
        assert_eq!(run(&service).await, put_off(), "attempt {attempt}");
        // The randomness of these tests begins with a zero byte, so no wait is shortened.
        service.clock.advance(wait - MOMENT);
        assert_eq!(run(&service).await, nothing(), "attempt {attempt}");
        service.clock.advance(MOMENT);
        wait = hour.min(wait * 2);
    }
    service.mailer.fail_next(temporary());
    assert_eq!(run(&service).await, parked(), "the thirty-second");
    service.clock.advance(Duration::from_secs(30 * 24 * 3_600));
    assert_eq!(run(&service).await, nothing());
    assert_eq!(service.store.owed_mails().len(), 1, "it stays for the operator to see");
}

#[tokio::test]
async fn a_mail_that_is_refused_for_good_is_given_up() {
    let (service, _) = with_ann().await;
    service.mailer.fail_next(permanent());
    assert_eq!(run(&service).await, parked());
    service.clock.advance(Duration::from_secs(300));
    assert_eq!(run(&service).await, nothing());
    let [mail] = &service.store.list_parked_mails(9).await.expect("the store")[..] else { panic!("one parked mail") };
    assert_eq!((mail.recipient.as_str(), mail.error.as_str()), (ANN, "550 nobody"));
}

#[tokio::test]
async fn what_the_server_said_is_told_without_addresses_and_listed_with_the_mail() {
    let (service, _) = with_ann().await;
    let said = "554 5.7.1 <ann@example.org>: Relay access denied (RCPT TO, smtp.example.org)";
    service.mailer.fail_next(MailError::Temporary(said.to_owned()));
    let delivered = service.use_cases.deliver_mails.run_once().await.expect("the store");
    let not_sent = delivered.not_sent.expect("one that was not sent");
    let [waiting] = &service.store.list_waiting_mails(9).await.expect("the store")[..] else { panic!("one mail") };
    let next_attempt_at = service.now() + Duration::from_secs(5);
    let told = MailNotSent {
        id: waiting.id,
        kind: "verify_email",
        error: "554 5.7.1 <(address)>: Relay access denied (RCPT TO, smtp.example.org)".to_owned(),
        next_attempt_at: Some(next_attempt_at),
    };
    assert_eq!(not_sent, told);
    let listed = (waiting.recipient.as_str(), waiting.attempts, waiting.next_attempt_at, waiting.error.as_deref());
    assert_eq!(listed, (ANN, 1, next_attempt_at, Some(said)));
}

#[tokio::test]
async fn a_mail_that_ends_each_of_its_workers_is_given_up_too() {
    let (service, _) = with_ann().await;
    for _ in 0..32 {
        assert!(service.use_cases.deliver_mails.lease().await.expect("the store").is_some());
        service.clock.advance(LEASE);
    }
    assert_eq!(run(&service).await, parked());
    assert!(service.mailer.sent().is_empty());
}

#[tokio::test]
async fn a_mail_waits_no_longer_although_the_clock_is_put_back() {
    let hour = Duration::from_secs(3_600);
    let put_back = async |service: &TestService| {
        service.clock.set(service.now() - hour);
        service.use_cases.follow_clock.run().await.expect("the store")
    };
    let (service, _) = with_ann().await;
    assert_eq!(service.use_cases.follow_clock.run().await, Ok(0));
    // One that is owed, one that was put off, one whose worker died.
    assert_eq!(put_back(&service).await, 1);
    service.mailer.fail_next(temporary());
    assert_eq!(run(&service).await, put_off());
    assert_eq!(put_back(&service).await, 1);
    service.clock.advance(Duration::from_secs(5) - MOMENT);
    assert_eq!(run(&service).await, nothing(), "nor any shorter");
    service.clock.advance(MOMENT);
    assert!(service.use_cases.deliver_mails.lease().await.expect("the store").is_some());
    assert_eq!((put_back(&service).await, put_back(&service).await), (1, 1));
    service.clock.advance(LEASE);
    // The code was good for ten minutes by a clock that was put back since, so it is good still.
    assert_eq!(run(&service).await, sent());

    // The clocks of two nodes are a little apart: nothing is moved for that.
    let (service, _) = with_ann().await;
    service.clock.set(service.now() - Duration::from_secs(30));
    assert_eq!(service.use_cases.follow_clock.run().await, Ok(0));
}

#[tokio::test]
async fn a_mail_whose_worker_died_is_sent_again_when_its_lease_is_over() {
    let (service, _) = with_ann().await;
    // The lease and the challenge are read, the mail is sent, then the commit fails.
    service.store.fail_after(2, StoreError::Unavailable);
    assert_eq!(service.use_cases.deliver_mails.run_once().await, Err(StoreError::Unavailable));
    service.clock.advance(LEASE - MOMENT);
    assert_eq!(run(&service).await, nothing());
    service.clock.advance(MOMENT);
    assert_eq!(run(&service).await, sent());
    let [first, second] = &service.mailer.sent()[..] else { panic!("sent twice") };
    let code = |mail: &OutgoingMail| match &mail.content {
        OutgoingContent::Code { code, .. } => code.reveal().to_owned(),
        content => panic!("{content:?}"),
    };
    assert_eq!((first.id, code(first)), (second.id, code(second)), "under the same name, with the same code");
}

#[tokio::test]
async fn a_worker_that_took_too_long_changes_nothing() {
    for failure in [None, Some(temporary()), Some(permanent())] {
        let (service, _) = with_ann().await;
        if let Some(failure) = failure {
            service.mailer.fail_next(failure);
        }
        service.before_next_commit(async |service| {
            service.clock.advance(LEASE);
            assert_eq!(run(&service).await, sent(), "another worker has it now");
        });
        run(&service).await;
        assert!(!service.store.has_trouble_left());
        assert_eq!(service.store.owed_mails(), []);
    }
}

#[tokio::test]
async fn a_mail_that_is_owed_wakes_whoever_waits() {
    let service = TestService::new();
    let worker = &service.use_cases.deliver_mails;
    // Without the mail this would wait for an hour.
    tokio::join!(worker.wait(Duration::from_secs(3_600)), service.register(ANN));
    worker.wait(Duration::ZERO).await;
    assert_eq!(run(&service).await, sent());
}

#[tokio::test]
async fn whichever_call_to_the_database_fails_the_mail_is_still_owed() {
    let tried = with_each_call_failing(
        StoreError::Refused,
        with_ann,
        async |service, _| service.use_cases.deliver_mails.run_once().await,
        async |service, _, answer| {
            assert_eq!(answer, Err(StoreError::Refused));
            service.clock.advance(LEASE);
            assert_eq!(run(service).await, sent());
        },
    );
    assert_eq!(tried.await, 3, "the lease, the challenge, the commit");
}
