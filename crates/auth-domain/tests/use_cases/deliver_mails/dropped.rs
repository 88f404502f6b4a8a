//! Codes that are of no use any more when their mail's turn comes.

use std::time::Duration;

use auth_domain::access_token::BearerToken;
use auth_domain::audience::Audience;
use auth_domain::disclosure::Disclosure;
use auth_domain::ports::StoreError;
use auth_domain::use_cases::{Delivered, Policy, SecondFactor};
use auth_testkit::test_service::{TestService, client};

use super::{LEASE, nothing, run, sent, with_ann};
use crate::MOMENT;
use crate::ann::ANN;

fn dropped() -> Delivered {
    Delivered { dropped: 1, ..nothing() }
}

/// Runs once, and says that no mail was sent and none is owed any more.
async fn assert_dropped(service: &TestService) {
    let before = service.mailer.sent().len();
    assert_eq!(run(service).await, dropped());
    assert_eq!((service.mailer.sent().len(), service.store.owed_mails()), (before, Vec::new()));
}

#[tokio::test]
async fn a_code_is_mailed_until_its_time_is_over() {
    for (left, expected) in [(MOMENT, sent()), (Duration::ZERO, dropped())] {
        let (service, _) = with_ann().await;
        service.clock.advance(service.policy.challenge_lifetimes.code - left);
        assert_eq!(run(&service).await, expected);
        assert_eq!(service.store.owed_mails(), []);
    }
}

#[tokio::test]
async fn of_two_codes_of_a_login_the_later_one_is_mailed() {
    let (service, ann) = with_ann().await;
    service.deliver_mails().await;
    service.enable_email_factor(&ann);
    let step = service.begin_login(ANN).await;
    service.clock.advance(Duration::from_secs(60));
    service.use_cases.finish_login.send_code(&step, &client()).await.expect("another code");
    let of_registration = service.mailer.sent().len();
    assert_eq!(run(&service).await, dropped());
    assert_eq!(run(&service).await, sent());
    assert_eq!(service.mailer.sent().len(), of_registration + 1);
    let given = SecondFactor::Email(BearerToken::new(service.mailed_code(ANN).await));
    service.use_cases.finish_login.execute(&step, &given, &Audience::Default, &client()).await.expect("the right code");
}

#[tokio::test]
async fn a_code_whose_tries_are_spent_is_not_mailed() {
    let (service, ann) = with_ann().await;
    service.deliver_mails().await;
    service.enable_email_factor(&ann);
    let step = service.begin_login(ANN).await;
    let wrong = SecondFactor::Email(BearerToken::new(String::new()));
    for _ in 0..5 {
        service.use_cases.finish_login.execute(&step, &wrong, &Audience::Default, &client()).await.expect_err("a miss");
    }
    assert_dropped(&service).await;
}

#[tokio::test]
async fn a_code_that_was_given_is_not_mailed_again() {
    let (service, _) = with_ann().await;
    service.deliver_mails().await;
    let step = service.ask_for_reset(ANN).await;
    // Its worker dies between sending and committing.
    service.store.fail_after(2, StoreError::Unavailable);
    assert_eq!(service.use_cases.deliver_mails.run_once().await, Err(StoreError::Unavailable));
    let code = service.mailed_code(ANN).await;
    service.use_cases.verify_code.execute(&step, &code).await.expect("the right code");
    service.clock.advance(LEASE);
    assert_dropped(&service).await;
}

#[tokio::test]
async fn nobody_is_mailed_for_a_name_that_nobody_has() {
    let service = TestService::with_policy(Policy { disclosure: Disclosure::Concealed, ..Policy::for_tests() });
    service.ask_for_reset(ANN).await;
    assert_eq!(service.store.owed_mails().len(), 1);
    assert_dropped(&service).await;
}

#[tokio::test]
async fn a_change_of_password_voids_the_code_of_a_reset_and_no_other() {
    let (service, ann) = with_ann().await;
    service.set_password(&ann, "another horse").await;
    assert_eq!(run(&service).await, sent(), "the code of the registration");
    service.ask_for_reset(ANN).await;
    service.set_password(&ann, "a third horse").await;
    assert_dropped(&service).await;
}

#[tokio::test]
async fn a_code_for_an_address_that_was_given_up_is_not_mailed() {
    let (service, ann) = with_ann().await;
    service.change_email(&ann, "new@example.org");
    assert_dropped(&service).await;
    let (service, ann) = with_ann().await;
    service.change_email(&ann, "ANN@Example.org");
    assert_eq!(run(&service).await, sent(), "the same address");
}

#[tokio::test]
async fn a_code_of_an_account_that_is_gone_is_not_mailed() {
    let (service, ann) = with_ann().await;
    service.delete(&ann);
    assert_dropped(&service).await;
}

#[tokio::test]
async fn a_code_whose_key_is_gone_is_not_mailed() {
    let (service, _) = with_ann().await;
    service.keys.rotate();
    assert_eq!(run(&service).await, sent(), "an older key still verifies");
    let (service, _) = with_ann().await;
    service.keys.rotate();
    service.keys.forget_older();
    assert_dropped(&service).await;
}
