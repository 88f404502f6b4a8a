//! Signing in for the first time: an account is made.

use auth_domain::challenge::ChallengePurpose;
use auth_domain::error_code::ErrorCode;
use auth_domain::event::EventKind;
use auth_domain::ports::NoSigningKey;
use auth_domain::session::AuthenticationMethod;
use auth_domain::temp_token::TempStep;
use auth_domain::use_cases::{AuthorizationOutcome, EmailVerification, FinishAuthorizationError, Policy};
use auth_testkit::test_service::{TestService, subscriptions};

use super::{SUBJECT, assert_mails_limited, logged_in, refused, registered, sign_in};
use crate::ann::ANN;
use crate::code;

#[tokio::test]
async fn an_address_that_the_provider_vouches_for_is_proved() {
    let service = TestService::new();
    service.google.identifies(SUBJECT, Some(("Ann@Example.org", true)));
    let answer = registered(&service).await;
    let account = &answer.account;
    assert_eq!(service.store.accounts(), std::slice::from_ref(account));
    assert_eq!((account.email.as_str(), account.email_verified, account.ever_proved), ("Ann@Example.org", true, true));
    assert_eq!((&account.username, &account.password_hash), (&None, &None));
    assert_eq!(account.identity_at(service.google.name()).map(|one| one.subject.as_str()), Some(SUBJECT));
    assert_eq!(service.authenticated(&answer).await.session().method, AuthenticationMethod::IdentityProvider);
    assert_eq!((service.store.owed_mails(), service.mails_to_named(ANN)), (Vec::new(), 0));
    assert_eq!(logged_in(&service).await.account, *account, "the next time it logs in");
}

#[tokio::test]
async fn the_services_that_want_to_hear_of_it_do() {
    let policy = Policy { subscriptions: subscriptions(&["users"]), ..Policy::for_tests() };
    let service = TestService::with_policy(policy);
    service.google.identifies(SUBJECT, Some((ANN, true)));
    let account = registered(&service).await.account;
    let [event] = service.store.events()[..] else { panic!("one event") };
    assert_eq!((event.kind, event.account_id), (EventKind::UserRegistered, account.id));
    assert_eq!(service.store.addressees(), ["users"]);
}

#[tokio::test]
async fn an_address_that_the_provider_does_not_vouch_for_gets_a_code() {
    let service = TestService::new();
    service.google.identifies(SUBJECT, Some((ANN, false)));
    let account = registered(&service).await.account;
    assert_eq!((account.email_verified, account.ever_proved), (false, false));
    assert_eq!(service.store.challenges_for(ChallengePurpose::VerifyEmail).len(), 1);
    assert_eq!(service.mails_to_named(ANN), 1);
    service.mailed_code(ANN).await;
}

#[tokio::test]
async fn such_an_address_is_proved_before_there_is_a_session_where_the_policy_says_so() {
    let policy = Policy { email_verification: EmailVerification::BeforeLogin, ..Policy::for_tests() };
    let service = TestService::with_policy(policy);
    service.google.identifies(SUBJECT, Some((ANN, false)));
    let Ok(AuthorizationOutcome::EmailVerificationRequired(token)) = sign_in(&service).await else {
        panic!("no token")
    };
    assert_eq!(service.step(&token).step(), TempStep::GiveVerifyEmailCode);
    assert_eq!((service.store.accounts().len(), service.store.sessions().len()), (1, 0));
    service.mailed_code(ANN).await;

    service.google.identifies("google-2", Some(("bob@example.org", true)));
    registered(&service).await;
}

#[tokio::test]
async fn without_an_address_there_is_nothing_to_register() {
    let service = TestService::new();
    service.google.identifies(SUBJECT, None);
    let error = refused(&service).await;
    assert_eq!((error, code(error)), (FinishAuthorizationError::NoEmail, ErrorCode::EmailRequired));
}

#[tokio::test]
async fn an_address_that_many_named_gets_twenty_mails_an_hour() {
    let service = TestService::new();
    service.google.identifies(SUBJECT, Some((ANN, false)));
    for _ in 0..20 {
        let account = registered(&service).await.account;
        service.delete(&account);
    }
    assert_mails_limited(&service).await;
    registered(&service).await;
}

#[tokio::test]
async fn without_a_signing_key_nobody_is_registered() {
    let service = TestService::new();
    service.google.identifies(SUBJECT, Some((ANN, true)));
    service.access_tokens.set_signing_key(false);
    assert_eq!(refused(&service).await, NoSigningKey.into());
}
