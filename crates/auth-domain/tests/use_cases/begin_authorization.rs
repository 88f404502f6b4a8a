//! `BeginAuthorization`: where somebody is sent who wants to sign in, or to link an identity.

use std::time::Duration;

use auth_domain::access_token::BearerToken;
use auth_domain::audience::Audience;
use auth_domain::error_code::ErrorCode;
use auth_domain::identity::ProviderName;
use auth_domain::ports::{IdentifyError, ProviderError, ProviderUnavailable, StoreError};
use auth_domain::use_cases::{
    Authenticated, BeginAuthorization, BeginAuthorizationError, BrowserContext, FinishAuthorizationError, Opened,
    OpenedAuthorization,
};
use auth_testkit::doubles::TestProvider;
use auth_testkit::test_service::{TestService, with_each_call_failing};

use crate::{MOMENT, code};

fn google() -> ProviderName {
    ProviderName::parse("google").expect("a name")
}

/// A browser that wants to end there.
fn browser(secret: &str) -> BrowserContext {
    let redirect = Some("https://app.example.org/".to_owned());
    BrowserContext { browser: Some(BearerToken::new(secret.to_owned())), redirect, audience: Audience::Default }
}

async fn sign_in(service: &TestService) -> Result<String, BeginAuthorizationError> {
    service.use_cases.begin_authorization.sign_in(&google(), None, BrowserContext::default()).await
}

async fn link(service: &TestService, caller: &Authenticated) -> Result<String, BeginAuthorizationError> {
    service.use_cases.begin_authorization.link(&service.fresh(caller), &google(), BrowserContext::default()).await
}

async fn caller(service: &TestService) -> Authenticated {
    let ann = service.register("ann@example.org").await;
    service.caller(&ann).await
}

fn open(service: &TestService, url: &str, secret: Option<&str>) -> Result<Opened, FinishAuthorizationError> {
    let browser = secret.map(|secret| BearerToken::new(secret.to_owned()));
    service.use_cases.finish_authorization.open(&google(), TestProvider::state_in(url), browser)
}

fn opened(service: &TestService, url: &str, secret: Option<&str>) -> OpenedAuthorization {
    match open(service, url, secret) {
        Ok(Opened::Authorization(opened)) => opened,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn somebody_who_wants_to_sign_in_is_sent_to_the_provider_and_nothing_is_written() {
    let service = TestService::new();
    let url = sign_in(&service).await.expect("an address");
    assert!(url.starts_with("https://google.example/authorize?"), "{url}");
    let opened = opened(&service, &url, None);
    assert_eq!((opened.redirect(), opened.is_of_this_browser()), (None, false));
    assert_ne!(sign_in(&service).await.expect("an address"), url, "each request is another one");
    assert_eq!(service.store.commits().len(), 0);
}

#[tokio::test]
async fn a_browser_and_where_it_ends_come_back() {
    let service = TestService::new();
    let url =
        service.use_cases.begin_authorization.sign_in(&google(), None, browser("secret")).await.expect("an address");
    let opened = opened(&service, &url, Some("secret"));
    assert_eq!((opened.redirect(), opened.is_of_this_browser()), (Some("https://app.example.org/"), true));
}

#[tokio::test]
async fn a_link_is_of_the_session_that_wants_it() {
    let service = TestService::new();
    let (ann, bob) = (caller(&service).await, service.register("bob@example.org").await);
    let bob = service.caller(&bob).await;
    let commits = service.store.commits().len();
    let url = link(&service, &ann).await.expect("an address");
    for (caller, same) in [(ann, true), (bob, false)] {
        let Ok(Opened::Unconfirmed(unconfirmed)) = open(&service, &url, None) else { panic!("to be confirmed") };
        assert_eq!(unconfirmed.confirm(&caller).is_ok(), same);
    }
    assert_eq!(service.store.commits().len(), commits, "nothing is written");
}

#[tokio::test]
async fn an_answer_is_accepted_for_ten_minutes() {
    let service = TestService::new();
    let url = sign_in(&service).await.expect("an address");
    assert_eq!(BeginAuthorization::LIFETIME, Duration::from_secs(600));
    service.clock.advance(BeginAuthorization::LIFETIME - MOMENT);
    opened(&service, &url, None);
    service.clock.advance(MOMENT);
    assert_eq!(open(&service, &url, None).err(), Some(FinishAuthorizationError::StateRefused));
}

#[tokio::test]
async fn a_provider_that_is_not_configured_is_not_found() {
    let service = TestService::new();
    let (caller, unknown) = (caller(&service).await, ProviderName::parse("unknown").expect("a name"));
    let begin = &service.use_cases.begin_authorization;
    let signed_in = begin.sign_in(&unknown, None, BrowserContext::default()).await;
    let linked = begin.link(&service.fresh(&caller), &unknown, BrowserContext::default()).await;
    for answer in [signed_in, linked] {
        assert_eq!(answer, Err(BeginAuthorizationError::UnknownProvider));
    }
    assert_eq!(code(BeginAuthorizationError::UnknownProvider), ErrorCode::NotFound);
}

#[tokio::test]
async fn nobody_is_sent_to_a_provider_that_is_away() {
    let service = TestService::new();
    service.google.answers(Err(IdentifyError::Unavailable(ProviderUnavailable)));
    let error = sign_in(&service).await.expect_err("it is away");
    assert_eq!((error, code(error)), (ProviderError::from(ProviderUnavailable).into(), ErrorCode::ProviderUnavailable));
}

#[tokio::test]
async fn a_reauthentication_is_of_the_session_that_wants_it() {
    let service = TestService::new();
    let (ann, bob) = (caller(&service).await, service.register("bob@example.org").await);
    let bob = service.caller(&bob).await;
    let begin = &service.use_cases.begin_authorization;
    let url = begin.reauthenticate(&ann, &google(), BrowserContext::default()).await.expect("an address");
    for (caller, same) in [(ann, true), (bob, false)] {
        let Ok(Opened::Unconfirmed(unconfirmed)) = open(&service, &url, None) else { panic!("to be confirmed") };
        assert_eq!(unconfirmed.confirm(&caller).is_ok(), same);
    }
}

#[tokio::test]
async fn nobody_is_sent_away_while_the_database_does_not_answer() {
    let tried = with_each_call_failing(
        StoreError::Unavailable,
        async || {
            let service = TestService::new();
            let caller = caller(&service).await;
            (service, caller)
        },
        async |service, caller| link(service, caller).await,
        async |_, _, answer| {
            assert_eq!(answer, Err(StoreError::Unavailable.into()));
            assert_eq!(code(BeginAuthorizationError::from(StoreError::Unavailable)), ErrorCode::Unavailable);
        },
    );
    assert_eq!(tried.await, 1);
}
