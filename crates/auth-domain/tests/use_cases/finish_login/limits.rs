//! Limits, and how long a code is good for.

use std::time::Duration;

use auth_domain::audience::Audience;
use auth_domain::challenge::ChallengeLifetimes;
use auth_domain::error_code::ErrorCode;
use auth_domain::rate_limit::RateLimited;
use auth_domain::use_cases::{FinishLoginError, PendingStep, Policy, SecondFactor};
use auth_testkit::fixtures;
use auth_testkit::test_service::{TestService, another_code};

use super::{Waiting, app, mailed, recovery};
use crate::ann::ANN;
use crate::{MOMENT, code, wait};

const DAY: Duration = Duration::from_secs(24 * 3_600);

#[tokio::test]
async fn twenty_five_wrong_codes_a_day_over_all_tokens() {
    let waiting = Waiting::for_app().await;
    let wrong = another_code(&waiting.service.totp_code(&waiting.ann));
    for _ in 0..24 {
        assert_eq!(waiting.refused(&app(&wrong)).await, FinishLoginError::WrongCode);
    }
    let waiting = Waiting { step: waiting.service.begin_login(ANN).await, ..waiting };
    assert_eq!(waiting.refused(&app(&wrong)).await, FinishLoginError::WrongCode, "the twenty-fifth");

    let error = waiting.refused(&waiting.app_code()).await;
    assert_eq!(error, FinishLoginError::RateLimited(RateLimited { retry_after: DAY }), "a right one, too");
    assert_eq!((code(error), wait(error)), (ErrorCode::RateLimited, DAY));
    waiting.service.clock.advance(DAY - MOMENT);
    assert_eq!(wait(waiting.refused(&waiting.app_code()).await), MOMENT);
    assert_eq!(waiting.service.second_factor_misses(&waiting.ann), 25, "what is not judged is not counted");
    waiting.service.clock.advance(MOMENT);
    waiting.give(&waiting.app_code()).await.expect("the next day");
}

/// Somebody who knows the password cannot keep the owner out with wrong codes.
#[tokio::test]
async fn a_network_where_a_login_was_finished_before_and_recovery_codes_have_limits_of_their_own() {
    let waiting = Waiting::for_app().await;
    let (ann, codes) = waiting.service.give_recovery_codes(&waiting.ann);
    let begun = async || waiting.service.begin_login_from(ANN, &fixtures::client(2)).await;
    let elsewhere = async |step: &PendingStep, given: &SecondFactor| {
        waiting.service.use_cases.finish_login.execute(step, given, &Audience::Default, &fixtures::client(2)).await
    };
    // A right password alone makes no network known.
    for _ in 0..25 {
        assert_eq!(elsewhere(&begun().await, &app("")).await, Err(FinishLoginError::WrongCode));
    }
    let limited = FinishLoginError::RateLimited(RateLimited { retry_after: DAY });
    assert_eq!(elsewhere(&begun().await, &waiting.app_code()).await, Err(limited));
    assert_eq!(waiting.refused(&waiting.app_code()).await, limited, "her network is as strange so far");
    // A recovery code gets her in, and makes it known.
    waiting.give(&recovery(&codes[0])).await.expect("a session");
    let waiting = Waiting { step: waiting.service.begin_login(ANN).await, ann, ..waiting };
    waiting.give(&waiting.app_code()).await.expect("a session");
    // Misses from there are counted for themselves, and neither for the strange ones.
    let waiting = Waiting { step: waiting.service.begin_login(ANN).await, ..waiting };
    for _ in 0..25 {
        assert_eq!(waiting.refused(&app("")).await, FinishLoginError::WrongCode);
    }
    assert_eq!(waiting.refused(&waiting.app_code()).await, limited);
    for _ in 0..25 {
        assert_eq!(waiting.refused(&recovery("0000")).await, FinishLoginError::WrongCode);
    }
    assert_eq!(waiting.refused(&recovery(&codes[1])).await, limited, "recovery codes are bounded too");
}

#[tokio::test]
async fn the_misses_of_others_are_no_limit() {
    let waiting = Waiting::for_app().await;
    for _ in 0..25 {
        assert_eq!(waiting.refused(&app("")).await, FinishLoginError::WrongCode);
    }
    let bob = waiting.service.register("bob@example.org").await;
    let bob = waiting.service.enable_app(&bob);
    let step = waiting.service.begin_login("bob@example.org").await;
    let waiting = Waiting { ann: bob, step, ..waiting };
    waiting.give(&waiting.app_code()).await.expect("a session");
}

#[tokio::test]
async fn a_mailed_code_bears_five_wrong_ones() {
    for misses in [4, 5] {
        let waiting = Waiting::for_mail().await;
        let right = waiting.service.mailed_code(ANN).await;
        for _ in 0..misses {
            assert_eq!(waiting.refused(&mailed(&another_code(&right))).await, FinishLoginError::WrongCode);
        }
        let answer = waiting.give(&mailed(&right)).await;
        match misses {
            4 => assert!(answer.is_ok(), "{answer:?}"),
            _ => assert_eq!(answer, Err(FinishLoginError::WrongCode), "as wrong as any other"),
        }
        assert_eq!(waiting.service.second_factor_misses(&waiting.ann), if misses == 4 { 4 } else { 6 });
    }
}

#[tokio::test]
async fn a_mailed_code_is_good_until_its_time_is_over() {
    let lifetime = Duration::from_secs(60);
    for (later, good) in [(lifetime - MOMENT, true), (lifetime, false)] {
        let challenge_lifetimes = ChallengeLifetimes { code: lifetime, temp: lifetime * 10 };
        let service = TestService::with_policy(Policy { challenge_lifetimes, ..Policy::for_tests() });
        let ann = service.enable_email_factor(&service.register(ANN).await);
        let waiting = Waiting { step: service.begin_login(ANN).await, service, ann };
        let given = waiting.mailed_code().await;
        waiting.service.clock.advance(later);
        match waiting.give(&given).await {
            Ok(_) => assert!(good),
            Err(error) => assert_eq!((error, good), (FinishLoginError::WrongCode, false)),
        }
    }
}
