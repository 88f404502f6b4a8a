//! Limits, and how long a wish waits.

use std::time::Duration;

use auth_domain::access_token::BearerToken;
use auth_domain::audience::Audience;
use auth_domain::challenge::ChallengeLifetimes;
use auth_domain::error_code::ErrorCode;
use auth_domain::rate_limit::RateLimited;
use auth_domain::use_cases::{ConfirmCredentialsError, Policy, SecondFactor};
use auth_testkit::test_service::{TestService, another_code, client, register_request};

use super::{NEW, after, app_code, ask, confirm, for_app, for_mail, refused};
use crate::ann::ANN;
use crate::{MOMENT, code, wait};

const DAY: Duration = Duration::from_secs(24 * 3_600);

#[tokio::test]
async fn a_wish_waits_until_its_time_is_over() {
    for (code, temp) in [(60, 600), (600, 60)] {
        let lifetime = Duration::from_secs(600);
        let [code, temp] = [code, temp].map(Duration::from_secs);
        let policy = Policy { challenge_lifetimes: ChallengeLifetimes { code, temp }, ..Policy::for_tests() };
        for (later, there) in [(lifetime - MOMENT, true), (lifetime, false)] {
            let ann = after(policy.clone(), TestService::enable_app).await;
            ann.service.clock.advance(later);
            match confirm(&ann, &app_code(&ann)).await {
                Ok(_) => assert!(there),
                Err(error) => assert_eq!((error, there), (ConfirmCredentialsError::NothingPending, false)),
            }
        }
    }
}

#[tokio::test]
async fn a_mailed_code_is_good_until_its_time_is_over() {
    let lifetime = Duration::from_secs(60);
    let challenge_lifetimes = ChallengeLifetimes { code: lifetime, temp: lifetime * 10 };
    for (later, good) in [(lifetime - MOMENT, true), (lifetime, false)] {
        let policy = Policy { challenge_lifetimes, ..Policy::for_tests() };
        let ann = after(policy, TestService::enable_email_factor).await;
        let code = ann.service.mailed_code(ANN).await;
        ann.service.clock.advance(later);
        match confirm(&ann, &code).await {
            Ok(_) => assert!(good),
            Err(error) => assert_eq!((error, good), (ConfirmCredentialsError::WrongCode, false)),
        }
    }
}

#[tokio::test]
async fn a_mailed_code_bears_five_wrong_ones() {
    let ann = for_mail().await;
    let right = ann.service.mailed_code(ANN).await;
    for _ in 0..5 {
        assert_eq!(refused(&ann, &another_code(&right)).await, ConfirmCredentialsError::WrongCode);
    }
    assert_eq!(refused(&ann, &right).await, ConfirmCredentialsError::WrongCode);
    assert_eq!(ann.service.second_factor_misses(&ann.account), 6);
}

#[tokio::test]
async fn twenty_five_wrong_codes_a_day_of_logins_too() {
    let ann = for_app().await;
    let (step, wrong) = (ann.service.begin_login(ANN).await, SecondFactor::App(BearerToken::new(String::new())));
    for _ in 0..24 {
        ann.service
            .use_cases
            .finish_login
            .execute(&step, &wrong, &Audience::Default, &client())
            .await
            .expect_err("a miss");
    }
    assert_eq!(refused(&ann, "").await, ConfirmCredentialsError::WrongCode);
    let error = refused(&ann, &app_code(&ann)).await;
    assert_eq!(error, ConfirmCredentialsError::RateLimited(RateLimited { retry_after: DAY }));
    assert_eq!((code(error.clone()), wait(error)), (ErrorCode::RateLimited, DAY));
    ann.service.clock.advance(DAY - MOMENT);
    ask(&ann, None).await;
    assert_eq!(wait(refused(&ann, &app_code(&ann)).await), MOMENT);
    ann.service.clock.advance(MOMENT);
    confirm(&ann, &app_code(&ann)).await.expect("a change");
}

#[tokio::test]
async fn an_address_that_many_named_by_then_is_refused_for_an_hour() {
    let ann = for_app().await;
    for _ in 0..20 {
        let named = ann.service.use_cases.register.execute(register_request(NEW)).await.expect("a registration");
        ann.service.delete(&named.account);
    }
    let error = refused(&ann, &app_code(&ann)).await;
    assert_eq!((code(error.clone()), wait(error)), (ErrorCode::RateLimited, Duration::from_secs(3_600)));
}
