//! Signing in to an account that is there.

use std::time::Duration;

use auth_domain::access_token::BearerToken;
use auth_domain::account::Account;
use auth_domain::audience::Audience;
use auth_domain::challenge::{ChallengeLifetimes, ChallengePurpose};
use auth_domain::error_code::ErrorCode;
use auth_domain::mail::NoticeKind;
use auth_domain::ports::{NoSigningKey, StoreError};
use auth_domain::rate_limit::{AttemptSubject, RateLimited};
use auth_domain::session::AuthenticationMethod;
use auth_domain::temp_token::{IssuedTempToken, TempStep};
use auth_domain::two_factor::Method;
use auth_domain::use_cases::{
    AuthorizationOutcome, EmailVerification, FinishAuthorizationError, Policy, SecondFactor, SecondFactorRequired,
};
use auth_testkit::test_service::{TestService, client};

use super::{HOUR, SUBJECT, logged_in, refused, sign_in};
use crate::ann::ANN;
use crate::code;

/// Ann, who has a password.
async fn with_ann(prepare: impl Fn(&TestService, &Account) -> Account) -> (TestService, Account) {
    with_ann_under(Policy::for_tests(), prepare).await
}

async fn with_ann_under(policy: Policy, prepare: impl Fn(&TestService, &Account) -> Account) -> (TestService, Account) {
    let service = TestService::with_policy(policy);
    let ann = prepare(&service, &service.register(ANN).await);
    (service, ann)
}

fn verified_first() -> Policy {
    Policy { email_verification: EmailVerification::BeforeLogin, ..Policy::for_tests() }
}

fn linked(service: &TestService, ann: &Account) -> Account {
    service.link(ann, &service.google, SUBJECT)
}

async fn second_factor_required(service: &TestService) -> SecondFactorRequired {
    match sign_in(service).await {
        Ok(AuthorizationOutcome::SecondFactorRequired(required)) => required,
        other => panic!("{other:?}"),
    }
}

async fn verification_required(service: &TestService) -> IssuedTempToken {
    match sign_in(service).await {
        Ok(AuthorizationOutcome::EmailVerificationRequired(token)) => token,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn an_identity_that_is_linked_logs_in_whatever_the_provider_says_of_an_address() {
    let (service, ann) = with_ann(linked).await;
    let mails = service.store.owed_mails().len();
    service.register("bob@example.org").await;
    for email in [None, Some((ANN, false)), Some(("bob@example.org", true)), Some(("new@example.org", true))] {
        service.google.identifies(SUBJECT, email);
        let answer = logged_in(&service).await;
        assert_eq!(answer.account, ann, "{email:?}");
        let session = service.authenticated(&answer).await.session().clone();
        assert_eq!(session.method, AuthenticationMethod::IdentityProvider);
    }
    assert_eq!(service.passwords.known_networks(), [(client().network().clone(), service.now())]);
    assert_eq!(service.store.owed_mails().len(), mails + 1, "of bob's registration");
}

#[tokio::test]
async fn an_address_that_both_sides_proved_links_and_its_owner_is_told() {
    let (service, ann) = with_ann(TestService::prove_email).await;
    service.google.identifies(SUBJECT, Some(("Ann@Example.org", true)));
    let answer = logged_in(&service).await;
    assert_eq!(answer.account, service.account(&ann));
    let identity = answer.account.identity_at(service.google.name()).expect("an identity");
    assert_eq!((identity.subject.as_str(), identity.linked_at), (SUBJECT, service.now()));
    assert_eq!(service.store.notices_to(&ann.email), [NoticeKind::IdentityLinked]);
    assert_eq!(logged_in(&service).await.account.identities, answer.account.identities);
    assert_eq!(service.store.notices_to(&ann.email).len(), 1, "once");
}

#[tokio::test]
async fn an_address_that_not_both_sides_proved_is_taken() {
    for (proved_here, proved_there) in [(false, false), (false, true), (true, false)] {
        let keep = |_: &TestService, ann: &Account| ann.clone();
        let (service, ann) = if proved_here { with_ann(TestService::prove_email).await } else { with_ann(keep).await };
        service.google.identifies(SUBJECT, Some((ANN, proved_there)));
        let error = refused(&service).await;
        assert_eq!((error, code(error)), (FinishAuthorizationError::EmailTaken, ErrorCode::EmailExists));
        assert_eq!(service.account(&ann).identities, []);
    }
}

#[tokio::test]
async fn an_account_with_another_identity_there_is_not_linked_to_a_second() {
    let (service, ann) =
        with_ann(|service, ann| service.link(&service.prove_email(ann), &service.google, "google-2")).await;
    service.google.identifies(SUBJECT, Some((ANN, true)));
    assert_eq!(refused(&service).await, FinishAuthorizationError::EmailTaken);
    assert_eq!(service.account(&ann), ann);
}

#[tokio::test]
async fn a_second_factor_comes_before_session_and_link() {
    let proved: fn(&TestService, &Account) -> Account = TestService::prove_email;
    for (prepare, step) in [
        (linked as fn(&TestService, &Account) -> Account, TempStep::GiveSecondFactorAfterProvider),
        (proved, TempStep::GiveSecondFactorAfterAddress),
    ] {
        let (service, ann) = with_ann(|service, ann| service.enable_app(&prepare(service, ann))).await;
        service.google.identifies(SUBJECT, Some((ANN, true)));
        let mails = service.store.owed_mails().len();
        let required = second_factor_required(&service).await;
        assert_eq!((required.methods, required.primary), (vec![Method::App], Method::App));
        assert_eq!(service.step(&required.token).step(), step);
        assert_eq!((service.store.sessions(), service.account(&ann)), (Vec::new(), ann));
        assert_eq!(service.store.owed_mails().len(), mails);
        assert_eq!(service.store.challenges_for(ChallengePurpose::TwoFactorLogin).len(), 1);
    }
}

#[tokio::test]
async fn a_provider_that_vouches_for_the_address_and_a_code_to_it_are_no_two_factors() {
    let both = |service: &TestService, ann: &Account| service.enable_app(&service.enable_email_factor(ann));
    let (service, _) = with_ann(|service, ann| both(service, &service.prove_email(ann))).await;
    service.google.identifies(SUBJECT, Some((ANN, true)));
    let required = second_factor_required(&service).await;
    assert_eq!(required.methods, [Method::App]);
    let step = service.step(&required.token);
    let sent = service.use_cases.finish_login.send_code(&step, &client()).await;
    assert_eq!(sent.map_err(code), Err(ErrorCode::TwofaNotEnabled));
    // Where there is no app the session has passed no second factor.
    let (service, _) = with_ann(|service, ann| service.enable_email_factor(&service.prove_email(ann))).await;
    service.google.identifies(SUBJECT, Some((ANN, true)));
    let step = service.step(&second_factor_required(&service).await.token);
    let given = SecondFactor::Email(BearerToken::new(service.mailed_code(ANN).await));
    service.use_cases.finish_login.execute(&step, &given, &Audience::Default, &client()).await.expect("the right code");
    let session = service.store.sessions().pop().expect("a session");
    assert_eq!(session.method, AuthenticationMethod::IdentityProvider);
}

#[tokio::test]
async fn codes_by_mail_are_mailed_at_once_and_limited() {
    let (service, ann) = with_ann(|service, ann| service.enable_email_factor(&linked(service, ann))).await;
    service.google.identifies(SUBJECT, None);
    for number in 1..=20 {
        assert_eq!(second_factor_required(&service).await.primary, Method::Email);
        assert_eq!(service.mails_for_owner(&ann), number);
    }
    let owed = service.store.owed_mails().len();
    second_factor_required(&service).await;
    assert_eq!(service.store.owed_mails().len(), owed, "the login begins without a mail");
    second_factor_required(&service).await;
}

#[tokio::test]
async fn an_address_is_proved_first_where_the_policy_says_so() {
    let (service, ann) = with_ann_under(verified_first(), linked).await;
    service.google.identifies(SUBJECT, None);
    let mails = service.store.owed_mails().len();
    let token = verification_required(&service).await;
    assert_eq!(service.step(&token).step(), TempStep::GiveVerifyEmailCode);
    assert_eq!(service.store.owed_mails().len(), mails, "the code of the registration is still good");
    assert_eq!(service.store.sessions(), []);
    service.prove_email(&ann);
    logged_in(&service).await;
}

#[tokio::test]
async fn codes_to_prove_an_address_are_limited() {
    let second = Duration::from_secs(1);
    let challenge_lifetimes = ChallengeLifetimes { temp: second, code: second };
    let (service, _) = with_ann_under(Policy { challenge_lifetimes, ..verified_first() }, linked).await;
    service.google.identifies(SUBJECT, None);
    for _ in 0..20 {
        service.clock.advance(second);
        verification_required(&service).await;
    }
    service.clock.advance(second);
    let error = refused(&service).await;
    assert_eq!(error, FinishAuthorizationError::MailsLimited(RateLimited { retry_after: HOUR - 20 * second }));
    // The state is used up by the first call; the account is read; then come the challenge and the limit.
    service.store.fail_after(3, StoreError::Refused);
    assert_eq!(refused_by_the_database(&service).await, StoreError::Refused.into());
}

async fn refused_by_the_database(service: &TestService) -> FinishAuthorizationError {
    let error = sign_in(service).await.expect_err("a refusal");
    assert!(!service.store.has_trouble_left());
    error
}

#[tokio::test]
async fn without_a_signing_key_there_is_neither_session_nor_link() {
    let (service, ann) = with_ann(TestService::prove_email).await;
    service.google.identifies(SUBJECT, Some((ANN, true)));
    service.access_tokens.set_signing_key(false);
    let error = refused(&service).await;
    assert_eq!((error, code(error)), (NoSigningKey.into(), ErrorCode::Unavailable));
    assert_eq!(service.account(&ann), ann);
}

#[tokio::test]
async fn a_sign_in_makes_its_network_known_and_its_owner_is_told_of_a_new_one() {
    let (service, ann) = with_ann(linked).await;
    service.google.identifies(SUBJECT, None);
    service.clock.advance(HOUR);
    logged_in(&service).await;
    assert_eq!(service.store.notices_to(&ann.email), [NoticeKind::NewLogin]);
    let subject = AttemptSubject::Account(ann.id);
    let limit = service.store.password_limit(subject, client().network());
    assert_eq!(limit.attempts.last_success_at, Some(service.now()));
}
