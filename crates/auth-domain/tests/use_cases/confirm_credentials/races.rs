//! What others do between reading and committing.

use auth_domain::access_token::BearerToken;
use auth_domain::audience::Audience;
use auth_domain::error_code::ErrorCode;
use auth_domain::ports::{Guard, StoreError};
use auth_domain::two_factor::Method;
use auth_domain::use_cases::{
    ConfirmCredentialsError, FreshLoginError, MethodUnusable, SecondFactor, UpdateCredentialsError,
};
use auth_testkit::test_service::client;

use super::{NEW, app_code, ask, confirm, confirm_as, for_app, for_mail};
use crate::ann::ANN;
use crate::code;
use crate::owner::Owner;

async fn lost(ann: &Owner, code: &str) -> ConfirmCredentialsError {
    let error = confirm(ann, code).await.expect_err("a refusal");
    assert!(!ann.service.store.has_trouble_left());
    error
}

fn is_unchanged(ann: &Owner) -> bool {
    let now = ann.now();
    now.email == ann.account.email && now.credential_version == ann.account.credential_version
}

#[tokio::test]
async fn a_code_that_finishes_a_login_meanwhile_confirms_nothing() {
    let ann = for_app().await;
    let (step, code) = (ann.service.begin_login(ANN).await, app_code(&ann));
    let given = SecondFactor::App(BearerToken::new(code.clone()));
    ann.service.before_next_commit(async move |service| {
        service.use_cases.finish_login.execute(&step, &given, &Audience::Default, &client()).await.expect("a session");
    });
    assert_eq!(lost(&ann, &code).await, ConfirmCredentialsError::WrongCode);
    assert!(is_unchanged(&ann));
    assert_eq!(ann.service.second_factor_misses(&ann.account), 1);
    assert_eq!(ann.service.store.pending_credentials().len(), 1, "the wish waits on");
}

#[tokio::test]
async fn of_two_confirmations_at_once_one_finds_something() {
    let ann = for_mail().await;
    let (code, caller) = (ann.service.mailed_code(ANN).await, ann.caller.clone());
    let same = code.clone();
    ann.service.before_next_commit(async move |service| {
        confirm_as(&service, &caller, &same).await.expect("a change");
    });
    assert_eq!(lost(&ann, &code).await, ConfirmCredentialsError::NothingPending);
    assert_eq!(ann.now().credential_version, ann.account.credential_version.next(), "once");
}

#[tokio::test]
async fn an_address_that_is_taken_meanwhile_is_told_and_counted() {
    let ann = for_app().await;
    ann.service.before_next_commit(async |service| {
        service.register(NEW).await;
    });
    assert_eq!(lost(&ann, &app_code(&ann)).await, UpdateCredentialsError::EmailTaken.into());
    assert!(is_unchanged(&ann));
    assert_eq!(ann.service.mails_for_owner(&ann.account), 2);
    assert_eq!(ann.service.store.used_totp_steps(ann.account.id), []);
}

#[tokio::test]
async fn the_limit_holds_for_guesses_at_once() {
    for (misses, limited) in [(24, false), (25, true)] {
        let ann = for_app().await;
        let caller = ann.caller.clone();
        ann.service.before_next_commit(async move |service| {
            for _ in 0..misses {
                assert_eq!(confirm_as(&service, &caller, "").await, Err(ConfirmCredentialsError::WrongCode));
            }
        });
        match confirm(&ann, &app_code(&ann)).await {
            Ok(_) => assert!(!limited),
            Err(error) => assert_eq!((code(error), limited), (ErrorCode::RateLimited, true)),
        }
        assert_eq!(ann.service.second_factor_misses(&ann.account), misses);
    }
}

#[tokio::test]
async fn a_method_that_is_disabled_meanwhile_confirms_nothing() {
    let ann = for_app().await;
    let account = ann.account.clone();
    ann.service.before_next_commit(async move |service| {
        service.put_two_factor(&account, |methods, _| methods.disable(Method::App).expect("an app"));
    });
    assert_eq!(lost(&ann, &app_code(&ann)).await, MethodUnusable::Disabled.into());
    assert!(is_unchanged(&ann));
}

#[tokio::test]
async fn a_session_that_ends_meanwhile_changes_nothing() {
    let ann = for_app().await;
    let caller = ann.caller.clone();
    ann.service.before_next_commit(async move |service| service.end_session(&caller));
    let error = lost(&ann, &app_code(&ann)).await;
    assert_eq!(error, UpdateCredentialsError::from(FreshLoginError::SessionGone).into());
    assert_eq!(code(error), ErrorCode::Unauthorized);
    assert!(is_unchanged(&ann));
}

#[tokio::test]
async fn another_wish_meanwhile_is_not_confirmed_in_its_place_by_a_code_for_the_first() {
    let ann = for_mail().await;
    let (code, other) = (ann.service.mailed_code(ANN).await, ann.clone());
    ann.service.before_next_commit(async move |service| ask(&Owner { service, ..other }, None).await);
    assert_eq!(lost(&ann, &code).await, ConfirmCredentialsError::WrongCode);
    assert!(is_unchanged(&ann));
}

#[tokio::test]
async fn whoever_never_wins_is_told_to_come_back() {
    let ann = for_app().await;
    ann.service.lose_every_round(Guard::ChallengeUnchanged);
    assert_eq!(lost(&ann, &app_code(&ann)).await, StoreError::Unavailable.into());
    assert!(is_unchanged(&ann));
}
