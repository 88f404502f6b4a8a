//! `SignInByToken`: a token can be used once, with the outcomes of a return from the provider.

use std::time::Duration;

use auth_domain::Timestamp;
use auth_domain::audience::Audience;
use auth_domain::authorization::IdToken;
use auth_domain::error_code::ErrorCode;
use auth_domain::identity::ProviderName;
use auth_domain::ports::{IdentifyError, ProviderUnavailable, StoreError};
use auth_domain::use_cases::{AuthorizationOutcome, FinishAuthorizationError};
use auth_testkit::doubles::TestProvider;
use auth_testkit::test_service::{TestService, client, with_each_call_failing};

use crate::ann::ANN;
use crate::code;

const SUBJECT: &str = "google-1";
const NONCE: &str = "n-0S6";

type Outcome = Result<AuthorizationOutcome, FinishAuthorizationError>;

fn token(service: &TestService, number: u8) -> IdToken {
    TestProvider::id_token(NONCE, number, service.now() + Duration::from_secs(600))
}

async fn sign_in(service: &TestService, number: u8) -> Outcome {
    let (name, token) = (service.google.name(), token(service, number));
    service.use_cases.sign_in_by_token.execute(name, &token, NONCE, None, (&client(), &Audience::Default, None)).await
}

#[tokio::test]
async fn whom_the_provider_vouches_for_is_registered_and_then_logged_in() {
    let service = TestService::new();
    service.google.identifies(SUBJECT, Some((ANN, true)));
    let Ok(AuthorizationOutcome::Registered(registered)) = sign_in(&service, 1).await else { panic!("an account") };
    let Ok(AuthorizationOutcome::LoggedIn(logged_in)) = sign_in(&service, 2).await else { panic!("a login") };
    assert_eq!(registered.account.id, logged_in.account.id);
    assert_eq!(service.store.sessions().len(), 2);
}

#[tokio::test]
async fn where_there_is_a_second_factor_it_is_asked_for() {
    let service = TestService::new();
    service.google.identifies(SUBJECT, Some((ANN, true)));
    service.enable_email_factor(&service.insert_linked(ANN, SUBJECT));
    assert!(matches!(sign_in(&service, 1).await, Ok(AuthorizationOutcome::SecondFactorRequired(_))));
    assert_eq!(service.store.sessions().len(), 0);
}

#[tokio::test]
async fn an_address_that_is_not_proved_leads_to_nobodys_account() {
    let service = TestService::new();
    service.register(ANN).await;
    service.google.identifies(SUBJECT, Some((ANN, false)));
    let error = sign_in(&service, 1).await.expect_err("a refusal");
    assert_eq!((error, code(error)), (FinishAuthorizationError::EmailTaken, ErrorCode::EmailExists));
    service.google.identifies(SUBJECT, None);
    assert_eq!(sign_in(&service, 2).await, Err(FinishAuthorizationError::NoEmail));
}

#[tokio::test]
async fn a_token_is_good_once() {
    let service = TestService::new();
    service.google.identifies(SUBJECT, Some((ANN, true)));
    sign_in(&service, 1).await.expect("a session");
    let error = sign_in(&service, 1).await.expect_err("a replay");
    assert_eq!((error, code(error)), (IdentifyError::CodeRefused.into(), ErrorCode::OauthCodeInvalid));
    // Nor can it be used twice at the same time.
    service.before_next_commit(async |service| {
        sign_in(&service, 2).await.expect("a session");
    });
    assert_eq!(sign_in(&service, 2).await, Err(IdentifyError::CodeRefused.into()));
    assert_eq!(service.store.sessions().len(), 2);
}

#[tokio::test]
async fn whom_the_provider_does_not_identify_gets_nothing() {
    let service = TestService::new();
    let execute = async |provider: &ProviderName, token: &IdToken| {
        let outcome = service
            .use_cases
            .sign_in_by_token
            .execute(provider, token, NONCE, None, (&client(), &Audience::Default, None))
            .await;
        let error = outcome.expect_err("nobody");
        (error, code(error))
    };
    let unknown = ProviderName::parse("unknown").expect("a name");
    assert_eq!(
        execute(&unknown, &token(&service, 1)).await,
        (FinishAuthorizationError::UnknownProvider, ErrorCode::NotFound)
    );
    service.google.identifies(SUBJECT, Some((ANN, true)));
    let of_another_nonce = TestProvider::id_token("another", 1, Timestamp::from_seconds(0));
    let refused = (IdentifyError::CodeRefused.into(), ErrorCode::OauthCodeInvalid);
    assert_eq!(execute(service.google.name(), &of_another_nonce).await, refused);
    let away = IdentifyError::Unavailable(ProviderUnavailable);
    service.google.answers(Err(away));
    let answer = execute(service.google.name(), &token(&service, 1)).await;
    assert_eq!(answer, (away.into(), ErrorCode::ProviderUnavailable));
    assert_eq!(service.store.commits().len(), 0, "nothing is used up");
}

#[tokio::test]
async fn whichever_call_to_the_database_fails_nobody_is_logged_in() {
    let tried = with_each_call_failing(
        StoreError::Unavailable,
        async || {
            let service = TestService::new();
            service.google.identifies(SUBJECT, Some((ANN, true)));
            (service, ())
        },
        async |service, ()| sign_in(service, 1).await,
        async |service, (), answer| {
            assert_eq!(answer, Err(StoreError::Unavailable.into()));
            assert_eq!((service.store.accounts(), service.store.sessions()), (Vec::new(), Vec::new()));
        },
    );
    assert_eq!(tried.await, 4);
}
