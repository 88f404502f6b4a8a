//! Logins that race with something else, and what they answer then.

use auth_domain::error_code::ErrorCode;
use auth_domain::ports::Change;
use auth_domain::rate_limit::{AttemptSubject, RateLimited};
use auth_domain::use_cases::{LoginError, PasswordCheckError, Policy};
use auth_testkit::test_service::{PASSWORD, client};

use super::{ANN, SECOND, concealed, log_in, opens_session, refused, second_factor_required, with_ann};
use crate::code;

#[tokio::test]
async fn a_login_that_races_a_change_of_password_is_a_miss() {
    for (policy, error) in [
        (Policy::for_tests(), LoginError::Password(PasswordCheckError::WrongPassword)),
        (concealed(), LoginError::Concealed),
    ] {
        let service = with_ann(policy).await;
        let ann = service.store.account_named(ANN).expect("ann");
        service.before_commit_of(opens_session, async move |service| {
            service.set_password(&ann, "another horse").await;
        });
        assert_eq!(refused(&service, ANN, PASSWORD).await, error);
        assert_eq!(service.store.sessions(), []);
        assert!(log_in(&service, ANN, "another horse").await.is_ok());
    }
}

#[tokio::test]
async fn a_login_that_races_a_deletion_is_a_miss() {
    let service = with_ann(Policy::for_tests()).await;
    let ann = service.store.account_named(ANN).expect("ann");
    service.before_commit_of(opens_session, async move |service| service.delete(&ann));
    let error = refused(&service, ANN, PASSWORD).await;
    assert_eq!(error, LoginError::Password(PasswordCheckError::WrongPassword));
    assert_eq!(service.store.sessions(), []);
}

#[tokio::test]
async fn a_second_factor_that_is_enabled_meanwhile_is_asked_for() {
    let service = with_ann(Policy::for_tests()).await;
    let ann = service.store.account_named(ANN).expect("ann");
    service.before_commit_of(opens_session, async move |service| {
        service.enable_app(&ann);
    });
    second_factor_required(&service).await;
    assert_eq!(service.store.sessions(), []);
}

#[tokio::test]
async fn a_right_password_is_judged_again_after_the_misses_that_were_first() {
    let service = with_ann(Policy::for_tests()).await;
    service.before_next_commit(async move |service| {
        for _ in 0..5 {
            refused(&service, ANN, "wrong").await;
        }
    });
    let error = refused(&service, ANN, PASSWORD).await;
    assert_eq!(error, LoginError::Password(PasswordCheckError::RateLimited(RateLimited { retry_after: SECOND })));
    assert_eq!(service.store.sessions(), []);
}

#[tokio::test]
async fn a_right_password_is_accepted_after_a_miss_that_was_first() {
    let service = with_ann(Policy::for_tests()).await;
    service.before_next_commit(async move |service| {
        refused(&service, ANN, "wrong").await;
    });
    service.log_in(ANN).await;
    assert!(!service.store.has_trouble_left());
    let ann = service.store.account_named(ANN).expect("ann");
    let limit = service.store.password_limit(AttemptSubject::Account(ann.id), client().network());
    assert_eq!((limit.attempts.misses, limit.daily.misses), (0, 1));
}

#[tokio::test]
async fn a_rehash_that_races_a_change_of_password_does_not_bring_the_old_one_back() {
    let service = with_ann(Policy::for_tests()).await;
    let ann = service.store.account_named(ANN).expect("ann");
    service.keys.rotate();
    service.before_commit_of(
        |change| matches!(change, Change::RehashPassword { .. }),
        async move |service| {
            service.set_password(&ann, "another horse").await;
        },
    );
    for _ in 0..2 {
        assert_eq!(code(refused(&service, ANN, PASSWORD).await), ErrorCode::InvalidPassword);
    }
    assert_eq!(service.store.sessions(), []);
    assert!(log_in(&service, ANN, "another horse").await.is_ok());
}
