//! `LostPassword`.

use std::time::Duration;

use auth_domain::account::Account;
use auth_domain::challenge::{Challenge, ChallengePurpose, Challenged};
use auth_domain::disclosure::Disclosure;
use auth_domain::error_code::ErrorCode;
use auth_domain::mail::{MailContent, NoticeKind};
use auth_domain::ports::{Guard, StoreError};
use auth_domain::rate_limit::{RateLimitKind, RateLimited};
use auth_domain::session::Client;
use auth_domain::temp_token::{IssuedTempToken, TempStep};
use auth_domain::use_cases::{LoginRequest, LostPasswordError, Policy};
use auth_testkit::fixtures;
use auth_testkit::test_service::{TestService, by_address, client, login_request, with_each_call_failing};

use crate::{MOMENT, code, wait};

const ANN: &str = "ann@example.org";
const BOB: &str = "bob@example.org";
const NOBODY: &str = "nobody@example.org";
const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3_600);

/// Ann has a password, Bob signs in elsewhere; nobody else is there.
async fn service(disclosure: Disclosure) -> (TestService, Account, Account) {
    let service = TestService::with_policy(Policy { disclosure, ..Policy::for_tests() });
    let ann = service.register(ANN).await;
    service.deliver_mails().await;
    let bob = service.insert_linked(BOB, "bob at google");
    (service, ann, bob)
}

async fn ask(service: &TestService, email: &str) -> Result<IssuedTempToken, LostPasswordError> {
    ask_from(service, email, &client()).await
}

async fn ask_from(service: &TestService, email: &str, client: &Client) -> Result<IssuedTempToken, LostPasswordError> {
    service.use_cases.lost_password.execute(email, client).await
}

async fn refused(service: &TestService, email: &str) -> LostPasswordError {
    ask(service, email).await.expect_err("a refusal")
}

const fn limited(retry_after: Duration) -> LostPasswordError {
    LostPasswordError::RateLimited(RateLimited { retry_after })
}

fn resets(service: &TestService) -> Vec<Challenge> {
    service.store.challenges_for(ChallengePurpose::PasswordReset)
}

/// The mails that were counted for that address: from the network of the tests, and from all strange networks.
fn counted(service: &TestService, email: &str) -> (u32, u32) {
    let count = |kind| service.store.rate_limit(by_address(email), &kind).count;
    (count(RateLimitKind::MailsFrom(client().network().clone())), count(RateLimitKind::MailsFromStrangers))
}

#[tokio::test]
async fn whoever_has_a_password_is_mailed_a_code() {
    let (service, ann, _) = service(Disclosure::Explicit).await;
    let asked = ask(&service, "ANN@Example.org").await.expect("a temp token");
    assert_eq!(service.step(&asked).step(), TempStep::GivePasswordResetCode);
    assert_eq!(asked.expires_in, service.policy.challenge_lifetimes.temp);
    let [challenge] = &resets(&service)[..] else { panic!("one challenge") };
    assert_eq!((challenge.subject, &challenge.challenged), (by_address(ANN), &Challenged::of(&ann)));
    let [mail] = &service.store.owed_mails()[..] else { panic!("one mail") };
    assert_eq!((&mail.to, &mail.client), (&ann.email, &client()));
    assert!(matches!(mail.content, MailContent::Code { challenge_id, .. } if challenge_id == challenge.id));
    assert_eq!(counted(&service, ANN), (1, 1));
    assert_eq!(service.account(&ann), ann, "nothing else happens before the code is given");
}

#[tokio::test]
async fn a_malformed_address_costs_no_call_to_the_database() {
    for disclosure in [Disclosure::Explicit, Disclosure::Concealed] {
        let (service, ..) = service(disclosure).await;
        service.store.fail_next(StoreError::Failed);
        for text in ["", "ann", "ann@", "a b@example.org"] {
            let error = refused(&service, text).await;
            assert_eq!(error, LostPasswordError::InvalidEmail);
            assert_eq!(code(error), ErrorCode::InvalidEmail);
        }
        assert!(service.store.forgive(), "no call was made");
    }
}

#[tokio::test]
async fn a_refusal_is_counted_and_nothing_is_mailed() {
    let (service, ..) = service(Disclosure::Explicit).await;
    for (email, expected, expected_code) in [
        (NOBODY, LostPasswordError::InvalidEmail, ErrorCode::InvalidEmail),
        (BOB, LostPasswordError::NoPassword, ErrorCode::UserLinked),
    ] {
        let error = refused(&service, email).await;
        assert_eq!((error, code(error)), (expected, expected_code));
        assert_eq!(counted(&service, email), (1, 1));
        assert_eq!(refused(&service, email).await, limited(MINUTE), "whoever asks again too soon is told nothing");
    }
    assert_eq!((resets(&service), service.store.owed_mails()), (Vec::new(), Vec::new()));
}

#[tokio::test]
async fn where_accounts_are_concealed_every_address_is_answered_alike() {
    let (service, ann, bob) = service(Disclosure::Concealed).await;
    for email in [NOBODY, BOB, ANN] {
        let asked = ask(&service, email).await.expect("a temp token");
        assert_eq!(service.step(&asked).step(), TempStep::GivePasswordResetCode);
        assert_eq!(asked.expires_in, service.policy.challenge_lifetimes.temp);
        assert_eq!(counted(&service, email), (1, 1));
    }
    let challenged: Vec<_> = resets(&service).into_iter().map(|challenge| challenge.challenged).collect();
    assert_eq!(challenged, [Challenged::Nobody, Challenged::Nobody, Challenged::of(&ann)]);
    assert_eq!(service.store.notices_to(&bob.email), [NoticeKind::ResetWithoutPassword]);
    let before = service.mailer.sent().len();
    let to: Vec<_> = service.deliver_mails().await.split_off(before).into_iter().map(|mail| mail.to).collect();
    assert_eq!(to, [bob.email, ann.email], "nobody gets no mail");
}

#[tokio::test]
async fn where_accounts_are_concealed_every_address_costs_as_much() {
    for email in [NOBODY, BOB, ANN] {
        let tried = with_each_call_failing(
            StoreError::Unavailable,
            async || (service(Disclosure::Concealed).await.0, ()),
            async |service, ()| ask(service, email).await,
            async |service, (), answer| {
                let error = answer.expect_err("a failure");
                assert_eq!(error, LostPasswordError::Store(StoreError::Unavailable));
                assert_eq!(code(error), ErrorCode::Unavailable);
                assert_eq!((counted(service, email), service.store.owed_mails()), ((0, 0), Vec::new()));
            },
        );
        assert_eq!(tried.await, 5, "the account, three limits, the commit: {email}");
    }
    let (service, ..) = service(Disclosure::Concealed).await;
    let mut changes = Vec::new();
    for email in [NOBODY, ANN] {
        ask(&service, email).await.expect("a temp token");
        changes.push(service.store.commits().pop().map(|commit| commit.len()));
    }
    assert_eq!(changes[0], changes[1]);
}

#[tokio::test]
async fn one_mail_a_minute_and_five_an_hour_can_be_asked_for() {
    let (service, ..) = service(Disclosure::Explicit).await;
    for free_in in [Duration::ZERO, Duration::ZERO, Duration::ZERO, Duration::ZERO, 55 * MINUTE] {
        ask(&service, ANN).await.expect("a temp token");
        service.clock.advance(MINUTE - MOMENT);
        let error = refused(&service, ANN).await;
        assert_eq!(error, limited(free_in + MOMENT));
        assert_eq!((code(error), wait(error)), (ErrorCode::RateLimited, free_in + MOMENT));
        service.clock.advance(MOMENT);
    }
    assert_eq!((service.store.owed_mails().len(), counted(&service, ANN)), (5, (5, 5)), "a refusal counts nothing");
    service.clock.advance(55 * MINUTE - MOMENT);
    assert_eq!(refused(&service, ANN).await, limited(MOMENT));
    service.clock.advance(MOMENT);
    ask(&service, ANN).await.expect("another hour");
}

#[tokio::test]
async fn strange_networks_share_five_mails_an_hour_and_the_owners_have_their_own() {
    let (service, ..) = service(Disclosure::Explicit).await;
    let ann = service.store.account_named(ANN).expect("ann");
    service.prove_email(&ann);
    service.log_in(ANN).await;
    for number in 2..7 {
        ask_from(&service, ANN, &fixtures::client(number)).await.expect("a temp token");
    }
    assert_eq!(ask_from(&service, ANN, &fixtures::client(7)).await, Err(limited(HOUR)));
    ask(&service, ANN).await.expect("the owner was here before");
    assert_eq!(counted(&service, ANN), (1, 5));
}

#[tokio::test]
async fn whoever_never_proved_the_address_makes_no_network_known() {
    let (service, ..) = service(Disclosure::Explicit).await;
    for number in 2..8 {
        let login = LoginRequest { client: fixtures::client(number), ..login_request(ANN) };
        service.use_cases.login.execute(login).await.expect("a login of a squatter");
    }
    for number in 2..7 {
        ask_from(&service, ANN, &fixtures::client(number)).await.expect("a temp token");
    }
    assert_eq!(ask_from(&service, ANN, &fixtures::client(7)).await, Err(limited(HOUR)));
}

#[tokio::test]
async fn a_second_code_for_the_same_network_replaces_the_first_and_no_other() {
    let (service, ..) = service(Disclosure::Explicit).await;
    ask_from(&service, ANN, &fixtures::client(2)).await.expect("a temp token");
    let [elsewhere] = &resets(&service)[..] else { panic!("one challenge") };
    ask(&service, ANN).await.expect("a temp token");
    let first = resets(&service).pop().expect("a challenge");
    service.clock.advance(MINUTE);
    ask(&service, ANN).await.expect("a temp token");
    let left: Vec<_> = resets(&service).into_iter().map(|challenge| challenge.id).collect();
    assert_eq!((left.len(), left[0]), (2, elsewhere.id), "nobody keeps an owner from recovering");
    assert!(!left.contains(&first.id));
}

#[tokio::test]
async fn of_two_who_ask_from_one_network_at_once_one_is_mailed() {
    let (service, ..) = service(Disclosure::Explicit).await;
    service.before_next_commit(async |service| {
        ask(&service, ANN).await.expect("a temp token");
    });
    assert_eq!(refused(&service, ANN).await, limited(MINUTE));
    assert_eq!((resets(&service).len(), service.store.owed_mails().len()), (1, 1));
}

#[tokio::test]
async fn of_two_who_ask_from_two_networks_at_once_both_are_mailed_and_counted() {
    let (service, ..) = service(Disclosure::Explicit).await;
    service.before_next_commit(async |service| {
        ask_from(&service, ANN, &fixtures::client(2)).await.expect("a temp token");
    });
    ask(&service, ANN).await.expect("a temp token");
    assert!(!service.store.has_trouble_left());
    assert_eq!((resets(&service).len(), service.store.owed_mails().len(), counted(&service, ANN)), (2, 2, (1, 2)));
}

#[tokio::test]
async fn an_account_that_is_deleted_in_that_moment_is_mailed_nothing() {
    let (service, ann, _) = service(Disclosure::Explicit).await;
    service.before_next_commit(async move |service| service.delete(&ann));
    assert_eq!(refused(&service, ANN).await, LostPasswordError::InvalidEmail);
    assert_eq!((resets(&service), service.store.owed_mails()), (Vec::new(), Vec::new()));
}

#[tokio::test]
async fn whoever_loses_every_race_is_to_try_again_later() {
    let (service, ..) = service(Disclosure::Explicit).await;
    service.lose_every_round(Guard::LimitUnchanged);
    let error = refused(&service, ANN).await;
    assert!(!service.store.has_trouble_left());
    assert_eq!((error, code(error)), (LostPasswordError::Store(StoreError::Unavailable), ErrorCode::Unavailable));
    assert_eq!((resets(&service), service.store.owed_mails()), (Vec::new(), Vec::new()));
}
