//! What others do between reading and committing.

use auth_domain::error_code::ErrorCode;
use auth_domain::ports::{Change, Guard, StoreError};
use auth_domain::rate_limit::RateLimited;
use auth_domain::two_factor::Method;
use auth_domain::use_cases::{
    CredentialsOutcome, FreshLoginError, PasswordCheckError, UpdateCredentialsError, UpdateCredentialsRequest,
};
use auth_testkit::test_service::TestService;

use super::{ANOTHER, NEW, another_password, ask, both, email, knows, passwords, refused};
use crate::ann::ANN;
use crate::code;
use crate::owner::Owner;

/// Asks, and somebody else does `other` before the account is changed.
async fn ask_late<F: Future<Output = ()>>(
    ann: &Owner,
    request: UpdateCredentialsRequest,
    other: impl FnOnce(TestService) -> F + Send + 'static,
) -> Result<CredentialsOutcome, UpdateCredentialsError> {
    let changes = |change: &Change| matches!(change, Change::ChangeEmail { .. } | Change::ChangePassword { .. });
    ann.service.before_commit_of(changes, other);
    let answer = ask(ann, request).await;
    assert!(!ann.service.store.has_trouble_left());
    answer
}

#[tokio::test]
async fn of_two_who_take_an_address_at_once_one_does_and_the_other_is_told_and_counted() {
    let ann = Owner::new().await;
    let answer = ask_late(&ann, email(NEW), async |service| {
        service.register(NEW).await;
    });
    let error = answer.await.expect_err("a refusal");
    assert_eq!((&error, code(error.clone())), (&UpdateCredentialsError::EmailTaken, ErrorCode::EmailExists));
    assert_eq!((ann.now(), ann.notices()), (ann.account.clone(), Vec::new()));
    assert_eq!(ann.service.mails_for_owner(&ann.account), 1, "as if it had been taken before");
}

#[tokio::test]
async fn a_change_is_made_on_the_account_as_it_is_by_then() {
    let ann = Owner::new().await;
    let account = ann.account.clone();
    let answer = ask_late(&ann, both(), async move |service| {
        service.prove_email(&account);
    });
    answer.await.expect("a change");
    let now = ann.now();
    let pending = now.pending_email.map(|pending| pending.email.as_str().to_owned());
    assert_eq!((now.email.as_str(), now.email_verified, pending.as_deref()), (ANN, true, Some(NEW)));
    assert!(knows(&ann, ANN, ANOTHER).await);
    assert_eq!(ann.service.mails_for_owner(&ann.account), 1, "counted once");
}

#[tokio::test]
async fn a_password_that_is_changed_meanwhile_makes_the_old_one_wrong() {
    let ann = Owner::new().await;
    let account = ann.account.clone();
    let answer = ask_late(&ann, another_password(), async move |service| {
        service.set_password(&account, "a third horse").await;
    });
    assert_eq!(answer.await, Err(PasswordCheckError::WrongPassword.into()));
    assert!(knows(&ann, ANN, "a third horse").await);
    assert_eq!(ann.notices(), []);
}

#[tokio::test]
async fn an_address_alone_is_changed_by_a_session_that_changes_the_password_meanwhile() {
    let ann = Owner::new().await;
    let caller = ann.caller.clone();
    let answer = ask_late(&ann, email(NEW), async move |service| {
        let changed = service.use_cases.update_credentials.execute(&caller, another_password()).await;
        changed.expect("another password");
    });
    answer.await.expect("another address");
    assert!(knows(&ann, NEW, ANOTHER).await);

    let ann = Owner::new().await;
    let other = ann.service.caller(&ann.account).await;
    let answer = ask_late(&ann, email(NEW), async move |service| {
        let changed = service.use_cases.update_credentials.execute(&other, another_password()).await;
        changed.expect("another password");
    });
    let error = answer.await.expect_err("that ended the session");
    assert_eq!((&error, code(error.clone())), (&FreshLoginError::SessionGone.into(), ErrorCode::Unauthorized));
    assert_eq!(ann.now().email, ann.account.email);
}

#[tokio::test]
async fn a_session_that_ends_meanwhile_changes_nothing() {
    let ann = Owner::new().await;
    let caller = ann.caller.clone();
    let answer = ask_late(&ann, both(), async move |service| service.end_session(&caller)).await;
    assert_eq!(answer, Err(FreshLoginError::SessionGone.into()));
    assert_eq!((ann.now(), ann.notices()), (ann.account.clone(), Vec::new()));

    let ann = Owner::with(TestService::enable_app).await;
    let caller = ann.caller.clone();
    ann.service.before_commit_of(
        |change| matches!(change, Change::KeepPendingCredentials(_)),
        async move |service| service.end_session(&caller),
    );
    assert_eq!(ask(&ann, email(NEW)).await, Err(FreshLoginError::SessionGone.into()));
    assert_eq!(ann.service.store.pending_credentials(), []);
}

#[tokio::test]
async fn a_second_factor_that_is_enabled_meanwhile_is_to_confirm_the_change() {
    let ann = Owner::new().await;
    let account = ann.account.clone();
    let answer = ask_late(&ann, both(), async move |service| {
        service.enable_app(&account);
    });
    let answer = answer.await;
    assert!(matches!(answer, Ok(CredentialsOutcome::SecondFactorRequired { method: Method::App, .. })), "{answer:?}");
    assert_eq!((ann.now().email, ann.notices()), (ann.account.email.clone(), Vec::new()));
}

#[tokio::test]
async fn the_limit_holds_for_those_who_ask_at_once_whether_an_address_is_taken() {
    let ann = Owner::new().await;
    ann.service.register("bob@example.org").await;
    for _ in 0..19 {
        assert_eq!(refused(&ann, email("bob@example.org")).await, UpdateCredentialsError::EmailTaken);
    }
    let caller = ann.caller.clone();
    ann.service.before_next_commit(async move |service| {
        let told = service.use_cases.update_credentials.execute(&caller, email("bob@example.org")).await;
        assert_eq!(told, Err(UpdateCredentialsError::EmailTaken));
    });
    let retry_after = std::time::Duration::from_secs(3_600);
    let limited = UpdateCredentialsError::RateLimited(RateLimited { retry_after });
    assert_eq!(refused(&ann, email("bob@example.org")).await, limited);
    assert_eq!(ann.service.mails_for_owner(&ann.account), 20);
}

#[tokio::test]
async fn a_right_old_password_is_judged_again_after_the_misses_that_were_first() {
    let ann = Owner::new().await;
    let caller = ann.caller.clone();
    ann.service.before_next_commit(async move |service| {
        for _ in 0..5 {
            let wrong = passwords("wrong", ANOTHER, ANOTHER);
            service.use_cases.update_credentials.execute(&caller, wrong).await.expect_err("a miss");
        }
    });
    assert_eq!(code(refused(&ann, another_password()).await), ErrorCode::RateLimited);
}

#[tokio::test]
async fn whoever_never_wins_is_told_to_come_back() {
    let ann = Owner::new().await;
    ann.service.lose_every_round(Guard::AccountUnchanged);
    assert_eq!(refused(&ann, email(NEW)).await, StoreError::Unavailable.into());
    assert!(!ann.service.store.has_trouble_left());
}
