//! `SetUpSecondFactor`: beginning a method, and proving it by its first code. Limits and lost races are in files of their own below.

mod cancelled;
mod limits;
mod races;

use std::time::Duration;

use auth_domain::access_token::BearerToken;
use auth_domain::account::Account;
use auth_domain::audience::Audience;
use auth_domain::challenge::ChallengePurpose;
use auth_domain::error_code::ErrorCode;
use auth_domain::mail::{MailContent, NoticeKind};
use auth_domain::ports::{Guard, StoreError};
use auth_domain::session::{AuthenticationMethod, RevocationReason};
use auth_domain::two_factor::{Method, MethodState, NotBegun, NotPending, Pending};
use auth_domain::use_cases::{FreshLogin, SecondFactor, SetUp, SetUpError};
use auth_testkit::doubles::TestTotp;
use auth_testkit::test_service::{TestService, another_code, client, with_each_call_failing};

use crate::ann::ANN;
use crate::owner::Owner;
use crate::{MOMENT, code};

/// A request of hers comes with the account as it is by then.
async fn caller(ann: &Owner) -> FreshLogin {
    ann.service.fresh_caller(&ann.account).await
}

/// Begins an app; returns its secret.
async fn begin_app(ann: &Owner) -> Result<String, SetUpError> {
    let begun = ann.service.use_cases.set_up_second_factor.begin_app(&caller(ann).await).await;
    begun.map(|provisioning| provisioning.secret.to_string())
}

async fn begin_email(ann: &Owner) -> Result<(), SetUpError> {
    begin_email_as(&ann.service, &caller(ann).await).await
}

async fn verify(ann: &Owner, method: Method, code: &str) -> Result<SetUp, SetUpError> {
    verify_as(&ann.service, &caller(ann).await, method, code).await
}

async fn refused(ann: &Owner, method: Method, code: &str) -> SetUpError {
    let caller = caller(ann).await;
    ann.refused(verify_as(&ann.service, &caller, method, code)).await
}

fn app_code(ann: &Owner) -> String {
    ann.service.totp_code(&ann.account)
}

async fn begin_email_as(service: &TestService, caller: &FreshLogin) -> Result<(), SetUpError> {
    service.use_cases.set_up_second_factor.begin_email(caller, &client()).await
}

async fn verify_as(
    service: &TestService,
    caller: &FreshLogin,
    method: Method,
    code: &str,
) -> Result<SetUp, SetUpError> {
    let code = BearerToken::new(code.to_owned());
    service.use_cases.set_up_second_factor.verify(caller, method, &code, &client()).await
}

#[tokio::test]
async fn an_app_is_begun_with_a_secret_and_enabled_by_its_first_code() {
    let ann = Owner::new().await;
    begin_app(&ann).await.expect("a secret");
    let until = ann.service.now() + ann.service.policy.challenge_lifetimes.temp;
    assert!(matches!(ann.now().two_factor.app, MethodState::Pending(Pending { until: end, .. }) if end == until));
    assert_eq!(ann.now().two_factor.primary(), None, "it is not asked for yet");

    let set_up = verify(&ann, Method::App, &app_code(&ann)).await.expect("an app");
    assert_eq!(set_up.two_factor, ann.now().two_factor);
    assert_eq!(set_up.two_factor.primary(), Some(Method::App));
    assert!(!ann.now().email_verified, "it proves no address");
    assert_eq!(ann.service.store.notices_to(&ann.account.email), [NoticeKind::SecondFactorEnabled]);
    assert_eq!(ann.service.store.used_totp_steps(ann.account.id), [TestTotp::step(ann.service.now())]);
    assert_eq!(ann.service.second_factor_misses(&ann.account), 0);
}

#[tokio::test]
async fn codes_by_mail_are_enabled_by_the_first_which_proves_the_address_too() {
    let ann = Owner::new().await;
    begin_email(&ann).await.expect("a mail");
    let until = ann.service.now() + ann.service.policy.challenge_lifetimes.code;
    assert_eq!(ann.now().two_factor.email, MethodState::Pending(Pending { until, secret: (), session_id: None }));
    assert_eq!(ann.service.mails_for_owner(&ann.account), 1);

    let set_up = verify(&ann, Method::Email, &ann.service.mailed_code(ANN).await).await.expect("codes by mail");
    assert_eq!(set_up.two_factor, ann.now().two_factor);
    assert_eq!(set_up.two_factor.primary(), Some(Method::Email));
    assert!(ann.now().email_verified);
    assert_eq!(ann.service.store.notices_to(&ann.account.email), [NoticeKind::SecondFactorEnabled]);
    assert_eq!(ann.service.store.challenges_for(ChallengePurpose::TwoFactorSetup), []);
}

#[tokio::test]
async fn the_first_method_ends_the_sessions_without_a_second_factor_and_a_further_one_ends_none() {
    let ann = Owner::new().await;
    begin_app(&ann).await.expect("a secret");
    let caller = caller(&ann).await;
    verify_as(&ann.service, &caller, Method::App, &app_code(&ann)).await.expect("an app");
    for session in ann.service.store.sessions() {
        let ended = (session.id != caller.caller().session().id).then_some(RevocationReason::SecondFactorEnabled);
        assert_eq!(session.revocation.map(|revocation| revocation.reason), ended);
    }

    let other = ann.service.caller_by(&ann.account, AuthenticationMethod::Password).await;
    begin_email(&ann).await.expect("a mail");
    verify(&ann, Method::Email, &ann.service.mailed_code(ANN).await).await.expect("codes by mail");
    assert_eq!(ann.service.store.session(other.session().id).expect("a session").revocation, None);
}

#[tokio::test]
async fn the_notice_knows_whether_the_address_is_verified_which_a_mailed_code_has_done() {
    for (verified, method, proved) in
        [(false, Method::App, false), (true, Method::App, true), (false, Method::Email, true)]
    {
        let prepare = |service: &TestService, account: &_| match verified {
            true => service.prove_email(account),
            false => Account::clone(account),
        };
        let ann = Owner::with(prepare).await;
        let code = match method {
            Method::App => begin_app(&ann).await.map(|_| app_code(&ann)).expect("a secret"),
            Method::Email => {
                begin_email(&ann).await.expect("a mail");
                ann.service.mailed_code(ANN).await
            }
        };
        verify(&ann, method, &code).await.expect("a method");
        let [mail] = &ann.service.store.owed_mails()[..] else { panic!("one mail") };
        let MailContent::Notice(notice) = &mail.content else { panic!("a notice") };
        assert_eq!(notice.address_proved, proved, "{method:?}");
    }
}

#[tokio::test]
async fn recovery_codes_come_with_the_first_method_only() {
    let ann = Owner::new().await;
    begin_app(&ann).await.expect("a secret");
    let codes = verify(&ann, Method::App, &app_code(&ann)).await.expect("an app").recovery_codes.expect("codes");
    assert_eq!((codes.len(), ann.now().two_factor.recovery_codes.len()), (10, 10));
    begin_email(&ann).await.expect("a mail");
    let set_up = verify(&ann, Method::Email, &ann.service.mailed_code(ANN).await).await.expect("codes by mail");
    assert_eq!((set_up.recovery_codes, set_up.two_factor.primary()), (None, Some(Method::App)));

    let given = SecondFactor::RecoveryCode(BearerToken::new(codes[0].reveal().to_owned()));
    let step = ann.service.begin_login(ANN).await;
    ann.service.use_cases.finish_login.execute(&step, &given, &Audience::Default, &client()).await.expect("a session");
}

#[tokio::test]
async fn a_disabled_method_is_set_up_anew_and_keeps_its_recovery_codes() {
    let ann = Owner::new().await;
    begin_app(&ann).await.expect("a secret");
    verify(&ann, Method::App, &app_code(&ann)).await.expect("an app");
    let enrolled = ann.service.put_two_factor(&ann.account, |methods, _| methods.disable(Method::App).expect("an app"));
    ann.service.clock.advance(Duration::from_secs(30));
    begin_app(&ann).await.expect("another secret");
    assert_eq!(ann.now().two_factor.app.enrolment(), enrolled.two_factor.app.enrolment(), "until it is proved");
    let code = ann.service.totp_code(&ann.account);
    let set_up = verify(&ann, Method::App, &code).await.expect("an app");
    assert_eq!(set_up.recovery_codes, None);
    assert_eq!(set_up.two_factor.recovery_codes, enrolled.two_factor.recovery_codes);
    assert_ne!(set_up.two_factor.app.enrolment(), enrolled.two_factor.app.enrolment());
}

#[tokio::test]
async fn a_method_that_is_enabled_is_neither_begun_nor_proved() {
    let ann = Owner::new().await;
    ann.service.enable_app(&ann.account);
    ann.service.enable_email_factor(&ann.account);
    let not_begun = SetUpError::NotBegun(NotBegun::AlreadyEnabled);
    assert_eq!(code(not_begun), ErrorCode::TwofaAlreadyEnabled);
    assert_eq!(begin_app(&ann).await, Err(not_begun));
    assert_eq!(begin_email(&ann).await, Err(not_begun));
    for method in Method::ALL {
        let error = refused(&ann, method, "123456").await;
        assert_eq!(error, SetUpError::NotPending(NotPending::AlreadyEnabled));
        assert_eq!(code(error), ErrorCode::TwofaAlreadyEnabled);
    }
    assert_eq!((ann.service.mails_for_owner(&ann.account), ann.service.second_factor_misses(&ann.account)), (0, 0));
}

#[tokio::test]
async fn an_app_that_is_pending_is_begun_anew_only_when_its_time_is_over() {
    let ann = Owner::new().await;
    let first = begin_app(&ann).await.expect("a secret");
    let lifetime = ann.service.policy.challenge_lifetimes.temp;
    ann.service.clock.advance(lifetime - MOMENT);
    let error = begin_app(&ann).await.expect_err("it is pending");
    assert_eq!(error, SetUpError::NotBegun(NotBegun::AlreadyPending));
    assert_eq!(code(error), ErrorCode::TwofaAlreadyPending);
    ann.service.clock.advance(MOMENT);
    let error = refused(&ann, Method::App, &app_code(&ann)).await;
    assert_eq!(error, SetUpError::NotPending(NotPending::NothingPending));
    assert_ne!(begin_app(&ann).await.expect("another secret"), first);
    ann.service.clock.advance(lifetime - MOMENT);
    verify(&ann, Method::App, &app_code(&ann)).await.expect("an app");
}

#[tokio::test]
async fn codes_by_mail_are_begun_anew_at_any_time_and_the_code_before_is_void() {
    let ann = Owner::new().await;
    begin_email(&ann).await.expect("a mail");
    let first = ann.service.mailed_code(ANN).await;
    begin_email(&ann).await.expect("another mail");
    assert_eq!(ann.service.store.challenges_for(ChallengePurpose::TwoFactorSetup).len(), 1);
    assert_eq!(refused(&ann, Method::Email, &first).await, SetUpError::WrongCode);
    verify(&ann, Method::Email, &ann.service.mailed_code(ANN).await).await.expect("codes by mail");
}

#[tokio::test]
async fn nothing_is_proved_where_nothing_was_begun_or_the_address_is_another() {
    let ann = Owner::new().await;
    for method in Method::ALL {
        let error = refused(&ann, method, "123456").await;
        assert_eq!(error, SetUpError::NotPending(NotPending::NothingPending));
        assert_eq!(code(error), ErrorCode::TwofaNotSet);
    }
    begin_email(&ann).await.expect("a mail");
    let code = ann.service.mailed_code(ANN).await;
    ann.service.change_email(&ann.account, "bob@example.org");
    assert_eq!(refused(&ann, Method::Email, &code).await, NotPending::NothingPending.into());
    assert_eq!(ann.service.second_factor_misses(&ann.account), 0);
}

#[tokio::test]
async fn a_wrong_code_is_told_and_counted() {
    let ann = Owner::new().await;
    begin_app(&ann).await.expect("a secret");
    for (wrong, number) in [another_code(&app_code(&ann)), String::new(), "12345".to_owned()].iter().zip(1..) {
        let error = refused(&ann, Method::App, wrong).await;
        assert_eq!((error, code(error)), (SetUpError::WrongCode, ErrorCode::OtpInvalid));
        assert_eq!(ann.service.second_factor_misses(&ann.account), number);
    }
    verify(&ann, Method::App, &app_code(&ann)).await.expect("an app");
}

#[tokio::test]
async fn whichever_call_to_the_database_fails_nothing_is_begun_or_enabled() {
    let begun = with_each_call_failing(
        StoreError::Refused,
        async || {
            let ann = Owner::new().await;
            let caller = caller(&ann).await;
            ann.service.store.lose_next_commit(Guard::SecondFactorsUnchanged);
            (ann.service.clone(), (caller, ann))
        },
        async |service, (caller, _)| begin_email_as(service, caller).await,
        async |_, (_, ann), answer| {
            assert_eq!(answer, Err(StoreError::Refused.into()));
            assert_eq!(code(SetUpError::from(StoreError::Refused)), ErrorCode::Unavailable);
            assert_eq!(ann.now(), ann.account);
        },
    );
    assert_eq!(begun.await, 7, "the limits, the commit that is lost, the session, the limits, the commit");
    let proved = with_each_call_failing(
        StoreError::Refused,
        async || {
            let ann = Owner::new().await;
            begin_email(&ann).await.expect("a mail");
            let code = ann.service.mailed_code(ANN).await;
            (ann.service.clone(), (caller(&ann).await, ann, code))
        },
        async |service, (caller, _, code)| verify_as(service, caller, Method::Email, code).await,
        async |_, (caller, ann, _), answer| {
            assert_eq!(answer, Err(StoreError::Refused.into()));
            assert_eq!(ann.now(), *caller.caller().account());
        },
    );
    assert_eq!(proved.await, 4, "the network, the limit, the challenge, the commit");
}
