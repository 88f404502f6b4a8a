//! Giving up the setup of an app, for which any login will do.

use auth_domain::error_code::ErrorCode;
use auth_domain::ports::{Guard, StoreError};
use auth_domain::two_factor::{Method, MethodState, NotPending};
use auth_domain::use_cases::{Authenticated, FreshLoginError, SetUpError};
use auth_testkit::test_service::TestService;

use super::{app_code, begin_app, verify, verify_as};
use crate::code;
use crate::owner::Owner;

async fn cancel(service: &TestService, caller: &Authenticated) -> Result<(), SetUpError> {
    service.use_cases.set_up_second_factor.cancel_app(caller).await
}

/// Ann, who has begun an app, and her request after that.
async fn begun() -> (Owner, Authenticated) {
    let ann = Owner::new().await;
    begin_app(&ann).await.expect("a secret");
    let caller = ann.service.caller(&ann.account).await;
    (ann, caller)
}

#[tokio::test]
async fn an_app_that_is_given_up_is_not_set_and_can_be_begun_anew() {
    let (ann, caller) = begun().await;
    let code = app_code(&ann);
    assert_eq!(cancel(&ann.service, &caller).await, Ok(()));
    assert_eq!(ann.now().two_factor.app, MethodState::NotSet);
    assert_eq!(verify(&ann, Method::App, &code).await, Err(NotPending::NothingPending.into()));
    begin_app(&ann).await.expect("another secret");
    verify(&ann, Method::App, &app_code(&ann)).await.expect("an app");
}

#[tokio::test]
async fn an_app_that_is_disabled_stays_enrolled_when_its_next_setup_is_given_up() {
    let ann = Owner::new().await;
    ann.service.enable_app(&ann.account);
    let disabled = ann.service.put_two_factor(&ann.account, |methods, _| methods.disable(Method::App).expect("an app"));
    begin_app(&ann).await.expect("another secret");
    assert_eq!(cancel(&ann.service, &ann.service.caller(&ann.account).await).await, Ok(()));
    assert_eq!(ann.now().two_factor.app, disabled.two_factor.app);
}

#[tokio::test]
async fn where_nothing_is_pending_nothing_is_given_up() {
    let ann = Owner::new().await;
    let error = ann.refused(cancel(&ann.service, &ann.caller)).await;
    assert_eq!((error, code(error)), (NotPending::NothingPending.into(), ErrorCode::TwofaNotSet));
    ann.service.enable_app(&ann.account);
    let caller = ann.service.caller(&ann.account).await;
    let error = ann.refused(cancel(&ann.service, &caller)).await;
    assert_eq!((error, code(error)), (NotPending::AlreadyEnabled.into(), ErrorCode::TwofaAlreadyEnabled));
}

#[tokio::test]
async fn an_app_that_is_enabled_meanwhile_stays_enabled() {
    let (ann, caller) = begun().await;
    let (fresh, code) = (ann.service.fresh(&caller), app_code(&ann));
    ann.service.before_next_commit(async move |service| {
        verify_as(&service, &fresh, Method::App, &code).await.expect("an app");
    });
    assert_eq!(cancel(&ann.service, &caller).await, Err(NotPending::AlreadyEnabled.into()));
    assert!(ann.now().two_factor.is_enabled(Method::App));
}

#[tokio::test]
async fn a_session_that_ends_meanwhile_gives_nothing_up() {
    let (ann, caller) = begun().await;
    let (before, ending) = (ann.now(), caller.clone());
    ann.service.before_next_commit(async move |service| service.end_session(&ending));
    assert_eq!(cancel(&ann.service, &caller).await, Err(FreshLoginError::SessionGone.into()));
    assert_eq!(ann.now(), before);
}

#[tokio::test]
async fn whoever_never_wins_is_told_to_come_back() {
    let (ann, caller) = begun().await;
    ann.service.lose_every_round(Guard::SecondFactorsUnchanged);
    assert_eq!(cancel(&ann.service, &caller).await, Err(StoreError::Unavailable.into()));
    assert!(!ann.service.store.has_trouble_left());
}
