//! `ConfirmCredentials`: a second factor confirms the change that its session asked for. Limits and lost races are in files of
//! their own below.

mod limits;
mod races;

use std::time::Duration;

use auth_domain::access_token::BearerToken;
use auth_domain::account::{Account, Password};
use auth_domain::audience::Audience;
use auth_domain::challenge::ChallengePurpose;
use auth_domain::error_code::ErrorCode;
use auth_domain::event::EventKind;
use auth_domain::mail::NoticeKind;
use auth_domain::ports::StoreError;
use auth_domain::two_factor::{Method, MethodState, TwoFactor};
use auth_domain::use_cases::{
    Authenticated, ConfirmCredentialsError, MethodUnusable, Policy, SecondFactor, UpdateCredentialsError,
    UpdateCredentialsRequest,
};
use auth_testkit::doubles::TestTotp;
use auth_testkit::test_service::{PASSWORD, TestService, another_code, client, with_each_call_failing};

use crate::ann::ANN;
use crate::code;
use crate::owner::Owner;
use crate::update_credentials::nothing;

const NEW: &str = "new@example.org";
const ANOTHER: &str = "another horse battery staple";

/// Ann, who wants another address and another password, which her app is to confirm.
async fn for_app() -> Owner {
    after(Policy::for_tests(), TestService::enable_app).await
}

/// The same; a code by mail is to confirm it.
async fn for_mail() -> Owner {
    after(Policy::for_tests(), TestService::enable_email_factor).await
}

async fn after(policy: Policy, enable: impl Fn(&TestService, &Account) -> Account) -> Owner {
    let ann = Owner::under(policy, enable).await;
    ask(&ann, Some(NEW)).await;
    ann
}

/// Wishes for another password, and perhaps another address.
async fn ask(ann: &Owner, email: Option<&str>) {
    let [old_password, new_password, confirm_password] =
        [PASSWORD, ANOTHER, ANOTHER].map(|text| Some(Password::new(text)));
    let email = email.map(str::to_owned);
    ask_for(ann, UpdateCredentialsRequest { email, old_password, new_password, confirm_password, ..nothing() }).await;
}

async fn ask_for(ann: &Owner, request: UpdateCredentialsRequest) {
    ann.service.use_cases.update_credentials.execute(&ann.caller, request).await.expect("a wish");
}

async fn confirm(ann: &Owner, code: &str) -> Result<Account, ConfirmCredentialsError> {
    confirm_as(&ann.service, &ann.caller, code).await
}

async fn confirm_as(
    service: &TestService,
    caller: &Authenticated,
    code: &str,
) -> Result<Account, ConfirmCredentialsError> {
    let code = BearerToken::new(code.to_owned());
    service.use_cases.confirm_credentials.execute(caller, &code, &client()).await
}

async fn refused(ann: &Owner, code: &str) -> ConfirmCredentialsError {
    ann.refused(confirm(ann, code)).await
}

fn app_code(ann: &Owner) -> String {
    ann.service.totp_code(&ann.account)
}

#[tokio::test]
async fn a_code_of_the_app_confirms_exactly_what_was_asked_for() {
    let ann = for_app().await;
    let other = ann.service.caller(&ann.account).await;
    let [pending] = &ann.service.store.pending_credentials()[..] else { panic!("one pending change") };
    let changed = confirm(&ann, &app_code(&ann)).await.expect("a change");
    let now = ann.now();
    assert_eq!((changed.email.as_str(), changed.email_verified, changed.updated_at), (NEW, false, now.updated_at));
    assert_eq!((now.email.as_str(), &now.password_hash), (NEW, &pending.password_hash));
    assert_eq!(now.credential_version, ann.account.credential_version.next());

    let store = &ann.service.store;
    assert_eq!(store.used_totp_steps(ann.account.id), [TestTotp::step(ann.service.now())]);
    assert_eq!(
        (store.pending_credentials(), store.challenges_for(ChallengePurpose::ChangeCredentials)),
        (vec![], vec![])
    );
    assert!(store.session(other.session().id).expect("it").revocation.is_some());
    assert_eq!(store.session(ann.caller.session().id).expect("it").revocation, None);
    assert_eq!(store.notices_to(&ann.account.email), [NoticeKind::PasswordChanged, NoticeKind::EmailChanged]);
    let kinds: Vec<EventKind> = store.events().into_iter().map(|event| event.kind).collect();
    assert_eq!(kinds, [EventKind::UserRegistered, EventKind::PasswordChanged, EventKind::EmailChanged]);
    ann.service.mailed_code(NEW).await;
}

#[tokio::test]
async fn a_mailed_code_confirms_it_too() {
    let ann = for_mail().await;
    let code = ann.service.mailed_code(ANN).await;
    let changed = confirm(&ann, &code).await.expect("a change");
    assert_eq!((changed.email.as_str(), ann.now().email.as_str()), (NEW, NEW));
    assert_eq!(refused(&ann, &code).await, ConfirmCredentialsError::NothingPending, "it is used up");
}

#[tokio::test]
async fn a_password_alone_leaves_the_address_as_it_is() {
    let ann = for_app().await;
    ask(&ann, None).await;
    let changed = confirm(&ann, &app_code(&ann)).await.expect("a change");
    assert_eq!((&changed.email, changed.email_verified), (&ann.account.email, ann.account.email_verified));
    assert_ne!(ann.now().password_hash, ann.account.password_hash);
    assert_eq!(ann.service.store.notices_to(&ann.account.email), [NoticeKind::PasswordChanged]);
}

#[tokio::test]
async fn another_spelling_of_the_address_is_confirmed_once() {
    let ann = Owner::with(TestService::enable_app).await;
    ask_for(&ann, UpdateCredentialsRequest { email: Some("ANN@example.org".to_owned()), ..nothing() }).await;
    let changed = confirm(&ann, &app_code(&ann)).await.expect("a change");
    assert_eq!(
        (changed.email.as_str(), changed.credential_version),
        ("ANN@example.org", ann.account.credential_version)
    );
    ann.service.clock.advance(Duration::from_secs(30));
    assert_eq!(refused(&ann, &app_code(&ann)).await, ConfirmCredentialsError::NothingPending);
}

#[tokio::test]
async fn nothing_is_confirmed_where_nothing_was_asked_for_by_this_session() {
    let ann = for_app().await;
    let other = ann.service.caller(&ann.account).await;
    let error = confirm_as(&ann.service, &other, &app_code(&ann)).await.expect_err("another session");
    assert_eq!(error, ConfirmCredentialsError::NothingPending);
    assert_eq!(code(error), ErrorCode::NoPendingCredentials);
    let bob = ann.service.register("bob@example.org").await;
    let bob = Owner { caller: ann.service.caller(&bob).await, service: ann.service.clone(), account: bob };
    assert_eq!(refused(&bob, "123456").await, ConfirmCredentialsError::NothingPending);
    assert_eq!(ann.service.second_factor_misses(&ann.account), 0);
    confirm(&ann, &app_code(&ann)).await.expect("her own");
}

#[tokio::test]
async fn a_wish_is_void_once_password_or_address_are_others() {
    let ann = for_app().await;
    ann.service.set_password(&ann.account, "a third horse").await;
    assert_eq!(refused(&ann, &app_code(&ann)).await, ConfirmCredentialsError::NothingPending);
    let ann = for_app().await;
    ann.service.change_email(&ann.account, "third@example.org");
    assert_eq!(refused(&ann, &app_code(&ann)).await, ConfirmCredentialsError::NothingPending);
}

#[tokio::test]
async fn a_method_that_is_disabled_or_gone_confirms_nothing() {
    for (enable, method) in [
        (TestService::enable_app as fn(&TestService, &Account) -> Account, Method::App),
        (TestService::enable_email_factor, Method::Email),
    ] {
        let ann = after(Policy::for_tests(), enable).await;
        let code_is = |expected| move |error: ConfirmCredentialsError| assert_eq!(code(error), expected);
        ann.service.put_two_factor(&ann.account, |methods, _| methods.disable(method).expect("it"));
        let error = refused(&ann, "123456").await;
        assert_eq!(error, MethodUnusable::Disabled.into());
        code_is(ErrorCode::TwofaNotEnabled)(error);
        ann.service.put_two_factor(&ann.account, |methods, _| TwoFactor {
            app: MethodState::NotSet,
            email: MethodState::NotSet,
            version: methods.version.next(),
            ..methods
        });
        let error = refused(&ann, "123456").await;
        assert_eq!(error, MethodUnusable::NotSet.into());
        code_is(ErrorCode::TwofaNotSet)(error);
    }
}

#[tokio::test]
async fn a_wrong_code_is_told_and_counted_and_the_wish_waits_on() {
    let ann = for_app().await;
    for (wrong, number) in [another_code(&app_code(&ann)), String::new()].iter().zip(1..) {
        let error = refused(&ann, wrong).await;
        assert_eq!((&error, code(error.clone())), (&ConfirmCredentialsError::WrongCode, ErrorCode::OtpInvalid));
        assert_eq!(ann.service.second_factor_misses(&ann.account), number);
    }
    confirm(&ann, &app_code(&ann)).await.expect("a change");
}

#[tokio::test]
async fn a_code_that_finished_a_login_confirms_nothing() {
    let ann = for_app().await;
    let (step, code) = (ann.service.begin_login(ANN).await, app_code(&ann));
    let given = SecondFactor::App(BearerToken::new(code.clone()));
    ann.service.use_cases.finish_login.execute(&step, &given, &Audience::Default, &client()).await.expect("a session");
    assert_eq!(refused(&ann, &code).await, ConfirmCredentialsError::WrongCode);
    assert_eq!(ann.service.second_factor_misses(&ann.account), 1);
}

#[tokio::test]
async fn an_address_that_is_taken_by_then_is_told_whatever_the_code_and_counted() {
    let ann = for_app().await;
    ann.service.register("New@Example.org").await;
    for (given, number) in [("", 2), (app_code(&ann).as_str(), 3)] {
        let error = refused(&ann, given).await;
        assert_eq!(error, UpdateCredentialsError::EmailTaken.into());
        assert_eq!(code(error), ErrorCode::EmailExists);
        assert_eq!(ann.service.mails_for_owner(&ann.account), number);
    }
    assert_eq!(ann.service.second_factor_misses(&ann.account), 0);
    assert_eq!(ann.service.store.used_totp_steps(ann.account.id), []);
}

#[tokio::test]
async fn whichever_call_to_the_database_fails_nothing_is_changed() {
    let tried = with_each_call_failing(
        StoreError::Failed,
        async || {
            let ann = for_app().await;
            (ann.service.clone(), ann)
        },
        async |_, ann| confirm(ann, &app_code(ann)).await,
        async |_, ann, answer| {
            assert_eq!(code(answer.expect_err("a refusal")), ErrorCode::InternalServerError);
            assert_eq!((ann.now(), ann.service.store.owed_mails()), (ann.account.clone(), Vec::new()));
            assert_eq!(ann.service.store.used_totp_steps(ann.account.id), []);
        },
    );
    assert_eq!(tried.await, 9, "session, challenge, wish, network, misses, address, two limits of mails, commit");
}
