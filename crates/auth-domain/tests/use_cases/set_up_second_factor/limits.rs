//! Limits, and how long a mailed code is good for.

use std::time::Duration;

use auth_domain::challenge::ChallengeLifetimes;
use auth_domain::error_code::ErrorCode;
use auth_domain::rate_limit::RateLimited;
use auth_domain::two_factor::{Method, NotPending};
use auth_domain::use_cases::{Policy, SetUpError};
use auth_testkit::test_service::{TestService, another_code};

use super::{app_code, begin_app, begin_email, refused, verify};
use crate::ann::ANN;
use crate::owner::Owner;
use crate::{MOMENT, code, wait};

const HOUR: Duration = Duration::from_secs(3_600);
const DAY: Duration = Duration::from_secs(24 * 3_600);

#[tokio::test]
async fn a_mailed_code_is_good_until_its_time_is_over() {
    let lifetime = Duration::from_secs(60);
    for (later, good) in [(lifetime - MOMENT, true), (lifetime, false)] {
        let challenge_lifetimes = ChallengeLifetimes { code: lifetime, temp: lifetime * 10 };
        let ann =
            Owner::under(Policy { challenge_lifetimes, ..Policy::for_tests() }, |_, account| account.clone()).await;
        begin_email(&ann).await.expect("a mail");
        let code = ann.service.mailed_code(ANN).await;
        ann.service.clock.advance(later);
        match verify(&ann, Method::Email, &code).await {
            Ok(_) => assert!(good),
            Err(error) => assert_eq!((error, good), (NotPending::NothingPending.into(), false)),
        }
    }
}

#[tokio::test]
async fn a_mailed_code_bears_five_wrong_ones_then_nothing_is_pending() {
    let ann = Owner::new().await;
    begin_email(&ann).await.expect("a mail");
    let right = ann.service.mailed_code(ANN).await;
    for _ in 0..5 {
        assert_eq!(refused(&ann, Method::Email, &another_code(&right)).await, SetUpError::WrongCode);
    }
    assert_eq!(refused(&ann, Method::Email, &right).await, NotPending::NothingPending.into());
    assert_eq!(ann.service.second_factor_misses(&ann.account), 5);
}

#[tokio::test]
async fn twenty_five_wrong_codes_a_day() {
    let ann = Owner::new().await;
    begin_app(&ann).await.expect("a secret");
    for _ in 0..25 {
        assert_eq!(refused(&ann, Method::App, "").await, SetUpError::WrongCode);
    }
    let error = refused(&ann, Method::App, &app_code(&ann)).await;
    assert_eq!(error, SetUpError::RateLimited(RateLimited { retry_after: DAY }));
    assert_eq!((code(error), wait(error)), (ErrorCode::RateLimited, DAY));
    ann.service.clock.advance(DAY - MOMENT);
    begin_app(&ann).await.expect("another secret");
    assert_eq!(wait(refused(&ann, Method::App, &app_code(&ann)).await), MOMENT);
    ann.service.clock.advance(MOMENT);
    verify(&ann, Method::App, &app_code(&ann)).await.expect("an app");
}

#[tokio::test]
async fn five_mails_an_hour_to_an_address_that_was_never_proved_whatever_the_account() {
    let ann = Owner::new().await;
    for _ in 0..5 {
        begin_email(&ann).await.expect("a mail");
    }
    let limited = SetUpError::RateLimited(RateLimited { retry_after: HOUR });
    assert_eq!(begin_email(&ann).await, Err(limited));
    ann.service.delete(&ann.account);
    let again = Owner::on(ann.service.clone(), ann.service.register(ANN).await).await;
    assert_eq!(begin_email(&again).await, Err(limited));
}

#[tokio::test]
async fn twenty_mails_an_hour() {
    let ann = Owner::with(TestService::prove_email).await;
    for _ in 0..20 {
        begin_email(&ann).await.expect("a mail");
    }
    let (before, mails) = (ann.now(), ann.service.store.owed_mails().len());
    let error = begin_email(&ann).await.expect_err("too many");
    assert_eq!(error, SetUpError::RateLimited(RateLimited { retry_after: HOUR }));
    ann.service.clock.advance(HOUR - MOMENT);
    assert_eq!(wait(begin_email(&ann).await.expect_err("too many")), MOMENT);
    assert_eq!((ann.now(), ann.service.store.owed_mails().len()), (before, mails));
    ann.service.clock.advance(MOMENT);
    begin_email(&ann).await.expect("a mail");
}
