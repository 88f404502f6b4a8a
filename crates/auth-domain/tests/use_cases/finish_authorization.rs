//! `FinishAuthorization`: whose `state` comes back, and that it comes back once. What then becomes of a sign-in or a link, and
//! lost races, are in files of their own below.

mod link;
mod races;
mod registration;
mod sign_in;

use std::time::Duration;

use auth_domain::access_token::BearerToken;
use auth_domain::audience::Audience;
use auth_domain::authorization::AuthorizationCode;
use auth_domain::error_code::ErrorCode;
use auth_domain::ports::{IdentifyError, ProviderBusy, ProviderUnavailable, StoreError};
use auth_domain::rate_limit::RateLimited;
use auth_domain::use_cases::{
    Authenticated, AuthorizationOutcome, BrowserContext, FinishAuthorizationError, IdentityProviders, LoggedIn, Opened,
    OpenedAuthorization, Ports, UseCases,
};
use auth_testkit::doubles::TestProvider;
use auth_testkit::test_service::{TestService, client, with_each_call_failing};

use crate::ann::ANN;
use crate::{MOMENT, code, wait};

const SUBJECT: &str = "google-1";
const HOUR: Duration = Duration::from_secs(3_600);

type Outcome = Result<AuthorizationOutcome, FinishAuthorizationError>;

fn at_provider() -> AuthorizationCode {
    AuthorizationCode::parse("4/0Ab").expect("a code")
}

fn secret(text: &str) -> BearerToken {
    BearerToken::new(text.to_owned())
}

/// Goes to the provider from a browser with that secret, or from none; returns the `state`.
async fn go(service: &TestService, browser: Option<&str>) -> String {
    let context = BrowserContext {
        browser: browser.map(secret),
        redirect: Some("https://app.example".to_owned()),
        audience: Audience::Default,
    };
    let url = service.use_cases.begin_authorization.sign_in(service.google.name(), None, context).await;
    TestProvider::state_in(&url.expect("an address")).to_owned()
}

/// The same to link an identity to the caller's account.
async fn go_to_link(service: &TestService, caller: &Authenticated, browser: Option<&str>) -> String {
    let context = BrowserContext { browser: browser.map(secret), redirect: None, audience: Audience::Default };
    let url = service.use_cases.begin_authorization.link(&service.fresh(caller), service.google.name(), context).await;
    TestProvider::state_in(&url.expect("an address")).to_owned()
}

fn open(service: &TestService, state: &str, browser: Option<&str>) -> Result<Opened, FinishAuthorizationError> {
    service.use_cases.finish_authorization.open(service.google.name(), state, browser.map(secret))
}

/// Comes back with the `state` of somebody who is sure to be the one who was sent.
fn opened(service: &TestService, state: &str, browser: Option<&str>) -> OpenedAuthorization {
    match open(service, state, browser) {
        Ok(Opened::Authorization(opened)) => opened,
        other => panic!("{other:?}"),
    }
}

async fn finish(service: &TestService, opened: OpenedAuthorization) -> Outcome {
    service.use_cases.finish_authorization.execute(opened, &at_provider(), &client(), None).await
}

/// Goes and comes back.
async fn sign_in(service: &TestService) -> Outcome {
    let state = go(service, None).await;
    finish(service, opened(service, &state, None)).await
}

async fn logged_in(service: &TestService) -> LoggedIn {
    match sign_in(service).await {
        Ok(AuthorizationOutcome::LoggedIn(logged_in)) => *logged_in,
        other => panic!("{other:?}"),
    }
}

async fn registered(service: &TestService) -> LoggedIn {
    match sign_in(service).await {
        Ok(AuthorizationOutcome::Registered(logged_in)) => *logged_in,
        other => panic!("{other:?}"),
    }
}

/// Whoever is refused has opened no session and made no account.
async fn refused(service: &TestService) -> FinishAuthorizationError {
    let rows = || (service.store.accounts(), service.store.sessions(), service.store.owed_mails());
    let before = rows();
    let error = sign_in(service).await.expect_err("a refusal");
    assert_eq!(rows(), before);
    error
}

/// The limit for mails is reached for an hour, and free again then.
async fn assert_mails_limited(service: &TestService) {
    let error = refused(service).await;
    assert_eq!(error, FinishAuthorizationError::MailsLimited(RateLimited { retry_after: HOUR }));
    assert_eq!((code(error), wait(error)), (ErrorCode::RateLimited, HOUR));
    service.clock.advance(HOUR - MOMENT);
    assert_eq!(wait(refused(service).await), MOMENT);
    service.clock.advance(MOMENT);
}

#[tokio::test]
async fn a_state_that_is_none_or_of_another_provider_is_refused() {
    let service = TestService::new();
    let state = go(&service, None).await;
    let at_42 = service.use_cases.finish_authorization.open(service.fortytwo.name(), &state, None);
    for answer in [at_42, open(&service, "state|forged", None), open(&service, "", None)] {
        let error = answer.expect_err("a refusal");
        assert_eq!((error, code(error)), (FinishAuthorizationError::StateRefused, ErrorCode::OauthStateInvalid));
    }
    opened(&service, &state, None);
}

#[tokio::test]
async fn a_sign_in_that_began_in_a_browser_ends_in_that_one() {
    let service = TestService::new();
    let state = go(&service, Some("hers")).await;
    let same = opened(&service, &state, Some("hers"));
    assert_eq!((same.redirect(), same.is_of_this_browser()), (Some("https://app.example"), true));
    for other in [Some("another"), None] {
        assert_eq!(open(&service, &state, other).err(), Some(FinishAuthorizationError::StateRefused));
    }
}

#[tokio::test]
async fn a_sign_in_that_began_in_no_browser_sets_no_cookies_and_goes_nowhere() {
    let service = TestService::new();
    let state = go(&service, None).await;
    for browser in [None, Some("any")] {
        let opened = opened(&service, &state, browser);
        assert_eq!((opened.redirect(), opened.is_of_this_browser()), (None, false));
    }
}

#[tokio::test]
async fn opening_touches_neither_database_nor_provider() {
    let service = TestService::new();
    let state = go(&service, None).await;
    service.store.fail_next(StoreError::Failed);
    opened(&service, &state, None);
    assert!(service.store.forgive());
    assert_eq!((service.store.commits().len(), service.google.asked()), (0, Vec::new()));
}

#[tokio::test]
async fn a_state_is_good_once_and_its_code_is_exchanged_once() {
    let service = TestService::new();
    service.google.identifies(SUBJECT, Some((ANN, true)));
    let state = go(&service, None).await;
    finish(&service, opened(&service, &state, None)).await.expect("a session");
    let again = finish(&service, opened(&service, &state, None)).await;
    assert_eq!(again, Err(FinishAuthorizationError::StateRefused));
    let [(code, _)] = &service.google.asked()[..] else { panic!("asked once") };
    assert_eq!(*code, at_provider());
    assert_eq!(service.store.sessions().len(), 1);
}

#[tokio::test]
async fn of_two_who_bring_the_same_state_at_once_one_gets_to_the_provider() {
    let service = TestService::new();
    service.google.identifies(SUBJECT, Some((ANN, true)));
    let state = go(&service, None).await;
    let same = state.clone();
    service.before_next_commit(async move |service| {
        finish(&service, opened(&service, &same, None)).await.expect("a session");
    });
    let answer = finish(&service, opened(&service, &state, None)).await;
    assert_eq!(answer, Err(FinishAuthorizationError::StateRefused));
    assert_eq!((service.google.asked().len(), service.store.sessions().len()), (1, 1));
}

#[tokio::test]
async fn a_provider_that_is_configured_no_more_accepts_nothing() {
    let service = TestService::new();
    let state = go(&service, None).await;
    let ports = Ports { identity_providers: IdentityProviders::new(), ..service.ports() };
    let without = UseCases::new(ports, service.policy.clone());
    let answer =
        without.finish_authorization.execute(opened(&service, &state, None), &at_provider(), &client(), None).await;
    assert_eq!(answer, Err(FinishAuthorizationError::StateRefused));
    assert_eq!(service.store.commits().len(), 0, "the state is not used up");
}

#[tokio::test]
async fn whom_the_provider_does_not_identify_gets_nothing() {
    let service = TestService::new();
    for (answer, expected) in [
        (IdentifyError::CodeRefused, ErrorCode::OauthCodeInvalid),
        (IdentifyError::Unavailable(ProviderUnavailable), ErrorCode::ProviderUnavailable),
    ] {
        let state = go(&service, None).await;
        service.google.answers(Err(answer));
        let error = finish(&service, opened(&service, &state, None)).await.expect_err("nobody");
        assert_eq!((error, code(error)), (answer.into(), expected));
        let again = finish(&service, opened(&service, &state, None)).await;
        assert_eq!(again, Err(FinishAuthorizationError::StateRefused), "its code may have been seen");
        service.google.identifies(SUBJECT, None);
    }
    assert_eq!(service.store.accounts(), []);
}

#[tokio::test]
async fn after_a_wait_for_the_provider_the_same_code_and_state_are_accepted() {
    let service = TestService::new();
    service.google.identifies(SUBJECT, Some((ANN, true)));
    let state = go(&service, None).await;
    let busy = ProviderBusy { retry_after: Duration::from_secs(3) };
    service.google.is_busy(Some(busy));
    let error = finish(&service, opened(&service, &state, None)).await.expect_err("a wait");
    assert_eq!((error, code(error)), (IdentifyError::Busy(busy).into(), ErrorCode::Overloaded));
    assert_eq!(wait(error), busy.retry_after);
    assert_eq!((service.google.asked(), service.store.commits().len()), (Vec::new(), 0));
    service.google.is_busy(None);
    finish(&service, opened(&service, &state, None)).await.expect("a session");
}

#[tokio::test]
async fn whichever_call_to_the_database_fails_nobody_is_registered_or_logged_in() {
    let nobody = |_: &TestService| {};
    let known = |service: &TestService| {
        service.insert_linked(ANN, SUBJECT);
    };
    let with_codes_by_mail = |service: &TestService| {
        service.enable_email_factor(&service.insert_linked(ANN, SUBJECT));
    };
    // The state, the account by its identity, then by its address or the limit for passwords, the limit for mails, the commit.
    for (proved, prepare, calls) in
        [(true, nobody as fn(&TestService), 4), (false, nobody, 5), (true, known, 4), (true, with_codes_by_mail, 4)]
    {
        let tried = with_each_call_failing(
            StoreError::Unavailable,
            async || {
                let service = TestService::new();
                service.google.identifies(SUBJECT, Some((ANN, proved)));
                prepare(&service);
                let state = go(&service, None).await;
                let accounts = service.store.accounts();
                (service, (state, accounts))
            },
            async |service, (state, _)| finish(service, opened(service, state, None)).await,
            async |service, (_, accounts), answer| {
                let error = answer.expect_err("a refusal");
                assert_eq!((error, code(error)), (StoreError::Unavailable.into(), ErrorCode::Unavailable));
                assert_eq!((&service.store.accounts(), service.store.sessions()), (accounts, Vec::new()));
            },
        );
        assert_eq!(tried.await, calls);
    }
}
