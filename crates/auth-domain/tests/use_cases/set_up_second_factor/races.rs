//! What others do between reading and committing.

use auth_domain::access_token::BearerToken;
use auth_domain::audience::Audience;
use auth_domain::challenge::ChallengePurpose;
use auth_domain::error_code::ErrorCode;
use auth_domain::ports::{Guard, StoreError};
use auth_domain::two_factor::{Method, NotBegun, NotPending};
use auth_domain::use_cases::{FinishLoginError, FreshLoginError, SecondFactor, SetUpError};
use auth_testkit::test_service::client;

use super::{app_code, begin_app, begin_email, begin_email_as, caller, verify, verify_as};
use crate::ann::ANN;
use crate::code;
use crate::owner::Owner;

#[tokio::test]
async fn of_two_apps_that_are_begun_at_once_one_is() {
    let ann = Owner::new().await;
    let caller = caller(&ann).await;
    let other = caller.clone();
    ann.service.before_next_commit(async move |service| {
        service.use_cases.set_up_second_factor.begin_app(&other).await.expect("a secret");
    });
    let answer = ann.service.use_cases.set_up_second_factor.begin_app(&caller).await;
    assert_eq!(answer, Err(NotBegun::AlreadyPending.into()));
    verify(&ann, Method::App, &app_code(&ann)).await.expect("the first one");
}

#[tokio::test]
async fn of_two_codes_that_are_asked_for_at_once_the_second_is_good() {
    let ann = Owner::new().await;
    let caller = caller(&ann).await;
    let other = caller.clone();
    ann.service.before_next_commit(async move |service| {
        begin_email_as(&service, &other).await.expect("a mail");
    });
    begin_email_as(&ann.service, &caller).await.expect("another mail");
    assert_eq!(ann.service.mails_for_owner(&ann.account), 2);
    assert_eq!(ann.service.store.challenges_for(ChallengePurpose::TwoFactorSetup).len(), 1);
    verify(&ann, Method::Email, &ann.service.mailed_code(ANN).await).await.expect("codes by mail");
}

#[tokio::test]
async fn a_session_that_ends_meanwhile_begins_and_proves_nothing() {
    for attempt in ["begin an app", "begin mail", "verify"] {
        let ann = Owner::new().await;
        if attempt == "verify" {
            begin_app(&ann).await.expect("a secret");
        }
        let (before, caller) = (ann.now(), caller(&ann).await);
        let ending = caller.clone();
        ann.service.before_next_commit(async move |service| service.end_session(ending.caller()));
        let set_up = &ann.service.use_cases.set_up_second_factor;
        let answer = match attempt {
            "begin an app" => set_up.begin_app(&caller).await.map(drop),
            "begin mail" => set_up.begin_email(&caller, &client()).await,
            _ => verify_as(&ann.service, &caller, Method::App, &app_code(&ann)).await.map(drop),
        };
        assert_eq!(answer, Err(FreshLoginError::SessionGone.into()), "{attempt}");
        assert_eq!((ann.now(), ann.service.store.owed_mails()), (before, Vec::new()));
        assert_eq!(ann.service.store.used_totp_steps(ann.account.id), []);
    }
    assert_eq!(code(FreshLoginError::SessionGone), ErrorCode::Unauthorized);
}

#[tokio::test]
async fn an_account_that_is_deleted_meanwhile_has_no_session() {
    let ann = Owner::new().await;
    let (caller, account) = (caller(&ann).await, ann.account.clone());
    ann.service.before_next_commit(async move |service| service.delete(&account));
    let answer = ann.service.use_cases.set_up_second_factor.begin_app(&caller).await;
    assert_eq!(answer, Err(FreshLoginError::SessionGone.into()));
}

#[tokio::test]
async fn a_secret_that_opens_no_more_is_not_shown() {
    let ann = Owner::new().await;
    let caller = caller(&ann).await;
    ann.service.before_next_commit(async |service| {
        service.keys.rotate();
        service.keys.forget_older();
    });
    let error = ann.service.use_cases.set_up_second_factor.begin_app(&caller).await.expect_err("a fault");
    assert_eq!((error, code(error)), (StoreError::Failed.into(), ErrorCode::InternalServerError));
}

#[tokio::test]
async fn a_method_that_is_enabled_meanwhile_is_enabled_once() {
    let ann = Owner::new().await;
    begin_app(&ann).await.expect("a secret");
    let (caller, code) = (caller(&ann).await, app_code(&ann));
    let (other, same) = (caller.clone(), code.clone());
    ann.service.before_next_commit(async move |service| {
        verify_as(&service, &other, Method::App, &same).await.expect("an app");
    });
    let answer = verify_as(&ann.service, &caller, Method::App, &code).await;
    assert_eq!(answer, Err(NotPending::AlreadyEnabled.into()));
    assert_eq!(ann.service.store.notices_to(&ann.account.email).len(), 1);
}

#[tokio::test]
async fn a_step_is_used_up_for_one_secret_and_another_one_can_be_proved_in_it() {
    let ann = Owner::new().await;
    begin_app(&ann).await.expect("a secret");
    verify(&ann, Method::App, &app_code(&ann)).await.expect("an app");
    ann.service.deliver_mails().await;
    ann.service.put_two_factor(&ann.account, |methods, _| methods.disable(Method::App).expect("an app"));
    begin_app(&ann).await.expect("another secret");
    let code = app_code(&ann);
    verify(&ann, Method::App, &code).await.expect("the same step, of the new secret");
    let step = ann.service.begin_login(ANN).await;
    let given = SecondFactor::App(BearerToken::new(code));
    let answer = ann.service.use_cases.finish_login.execute(&step, &given, &Audience::Default, &client()).await;
    assert_eq!(answer, Err(FinishLoginError::WrongCode), "that secret has used it up");
}

#[tokio::test]
async fn the_limit_holds_for_guesses_at_once() {
    for (misses, limited) in [(24, false), (25, true)] {
        let ann = Owner::new().await;
        begin_app(&ann).await.expect("a secret");
        let caller = caller(&ann).await;
        let other = caller.clone();
        ann.service.before_next_commit(async move |service| {
            for _ in 0..misses {
                let wrong = verify_as(&service, &other, Method::App, "").await;
                assert_eq!(wrong, Err(SetUpError::WrongCode));
            }
        });
        let answer = verify_as(&ann.service, &caller, Method::App, &app_code(&ann)).await;
        match answer {
            Ok(_) => assert!(!limited),
            Err(error) => assert_eq!((code(error), limited), (ErrorCode::RateLimited, true)),
        }
        assert_eq!(ann.service.second_factor_misses(&ann.account), misses);
    }
}

#[tokio::test]
async fn a_code_that_went_to_an_address_which_is_changed_meanwhile_proves_nothing() {
    let ann = Owner::new().await;
    begin_email(&ann).await.expect("a mail");
    let (code, caller, account) = (ann.service.mailed_code(ANN).await, caller(&ann).await, ann.account.clone());
    ann.service.before_next_commit(async move |service| {
        service.change_email(&account, "bob@example.org");
    });
    let answer = verify_as(&ann.service, &caller, Method::Email, &code).await;
    assert_eq!(answer, Err(NotPending::NothingPending.into()));
    assert!(!ann.now().email_verified);
}

#[tokio::test]
async fn whoever_never_wins_is_told_to_come_back() {
    let ann = Owner::new().await;
    begin_app(&ann).await.expect("a secret");
    let caller = caller(&ann).await;
    ann.service.lose_every_round(Guard::SecondFactorsUnchanged);
    let answer = verify_as(&ann.service, &caller, Method::App, &app_code(&ann)).await;
    assert_eq!(answer, Err(StoreError::Unavailable.into()));
    assert!(!ann.service.store.has_trouble_left());
}
