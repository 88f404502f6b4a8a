//! `Reauthenticate`: proving again who is behind a session, and what that is good for.

use std::time::Duration;

use auth_domain::access_token::{AccessClaims, BearerToken};
use auth_domain::account::{Account, Password};
use auth_domain::audience::Audience;
use auth_domain::authorization::AuthorizationCode;
use auth_domain::error_code::ErrorCode;
use auth_domain::ports::{AccessTokens as _, Change, StoreError};
use auth_domain::rate_limit::{AttemptSubject, RateLimitKind};
use auth_domain::session::AuthenticationMethod;
use auth_domain::two_factor::Method;
use auth_domain::use_cases::{
    Authenticated, AuthorizationOutcome, BrowserContext, FinishAuthorizationError, FinishLoginError, FreshLoginError,
    IssuedAccessToken, LoginFinished, Opened, PasswordCheckError, ReauthenticateError, ReauthenticationOutcome,
    SecondFactor, SecondFactorRequired,
};
use auth_testkit::doubles::TestProvider;
use auth_testkit::fixtures;
use auth_testkit::test_service::{PASSWORD, TestService, client, with_each_call_failing};

use crate::ann::ANN;
use crate::owner::Owner;
use crate::{MOMENT, code, stale, wait};

const MAX_AGE: Duration = Duration::from_secs(900);
const HOUR: Duration = Duration::from_secs(3_600);

/// Ann, whose login is too long ago for what weakens her account.
async fn stale_owner(prepare: impl Fn(&TestService, &Account) -> Account) -> Owner {
    let ann = Owner::with(prepare).await;
    ann.service.clock.advance(MAX_AGE + MOMENT);
    assert!(ann.service.use_cases.require_fresh_login.execute(ann.caller.clone()).is_err());
    ann
}

/// Ann without a password, who signed in through google too long ago.
async fn stale_linked(prepare: impl Fn(&TestService, &Account) -> Account) -> Owner {
    let service = TestService::new();
    let account = prepare(&service, &service.insert_linked(ANN, "google-1"));
    let ann = Owner::on(service, account).await;
    ann.service.clock.advance(MAX_AGE + MOMENT);
    ann
}

async fn ask(ann: &Owner, password: Option<&str>) -> Result<ReauthenticationOutcome, ReauthenticateError> {
    let password = password.map(Password::new);
    ann.service.use_cases.reauthenticate.execute(&ann.caller, password, &client()).await
}

async fn reauthenticated(ann: &Owner) -> IssuedAccessToken {
    match ask(ann, Some(PASSWORD)).await {
        Ok(ReauthenticationOutcome::Reauthenticated(token)) => token,
        other => panic!("{other:?}"),
    }
}

async fn second_factor_required(ann: &Owner, password: Option<&str>) -> SecondFactorRequired {
    match ask(ann, password).await {
        Ok(ReauthenticationOutcome::SecondFactorRequired(required)) => required,
        other => panic!("{other:?}"),
    }
}

async fn give(
    ann: &Owner,
    required: &SecondFactorRequired,
    given: SecondFactor,
) -> Result<LoginFinished, FinishLoginError> {
    let step = ann.service.step(&required.token);
    ann.service.use_cases.finish_login.execute(&step, &given, &Audience::Default, &client()).await
}

/// The caller with the token that was answered.
async fn with_token(ann: &Owner, finished: LoginFinished) -> Authenticated {
    let LoginFinished::Reauthenticated(token) = finished else { panic!("no login: {finished:?}") };
    ann.service.use_cases.authenticate.execute(token.token.reveal()).await.expect("a live session")
}

/// Goes to google and comes back, in one browser.
async fn by_provider(ann: &Owner) -> Result<AuthorizationOutcome, FinishAuthorizationError> {
    let (use_cases, google) = (&ann.service.use_cases, ann.service.google.name());
    let browser = || Some(BearerToken::new("hers".to_owned()));
    let context = BrowserContext { browser: browser(), redirect: None, audience: Audience::Default };
    let url = use_cases.begin_authorization.reauthenticate(&ann.caller, google, context).await.expect("an address");
    let opened = use_cases.finish_authorization.open(google, TestProvider::state_in(&url), browser());
    let Ok(Opened::Authorization(opened)) = opened else { panic!("{opened:?}") };
    let code = AuthorizationCode::parse("4/0Ab").expect("a code");
    use_cases.finish_authorization.execute(opened, &code, &client(), None).await
}

fn mailed(code: &str) -> SecondFactor {
    SecondFactor::Email(BearerToken::new(code.to_owned()))
}

fn app(code: &str) -> SecondFactor {
    SecondFactor::App(BearerToken::new(code.to_owned()))
}

#[tokio::test]
async fn the_password_makes_the_same_session_a_fresh_login() {
    let ann = stale_owner(|_, account| account.clone()).await;
    let token = reauthenticated(&ann).await;
    let caller = ann.service.use_cases.authenticate.execute(token.token.reveal()).await.expect("it");
    assert_eq!(caller.session().id, ann.caller.session().id);
    assert_eq!(
        (caller.claims().authenticated_at, caller.claims().method),
        (ann.service.now(), AuthenticationMethod::Password)
    );
    ann.service.fresh(&caller);
    let old = ann.service.use_cases.require_fresh_login.execute(ann.caller.clone());
    assert_eq!(old.map_err(FreshLoginError::from).err(), Some(stale(MAX_AGE)), "the token of before stays what it is");
    ann.service.clock.advance(MAX_AGE + MOMENT);
    assert!(ann.service.use_cases.require_fresh_login.execute(caller).is_err(), "for that long only");
}

#[tokio::test]
async fn an_outdated_hash_is_made_anew() {
    let ann = stale_owner(|_, account| account.clone()).await;
    let now = || ann.service.store.account_named(ANN).expect("ann");
    let before = now();
    ann.service.keys.rotate();
    assert!(matches!(ask(&ann, Some("wrong")).await, Err(ReauthenticateError::Password(_))));
    assert_eq!(now(), before, "not for a wrong password");
    let token = reauthenticated(&ann).await;
    let after = now();
    assert_ne!(after.password_hash, before.password_hash);
    assert_eq!(after.credential_version, before.credential_version, "it is the same password");
    ann.service.keys.forget_older();
    let caller = ann.service.use_cases.authenticate.execute(token.token.reveal()).await.expect("a live session");
    let again = ann.service.use_cases.reauthenticate.execute(&caller, Some(Password::new(PASSWORD)), &client()).await;
    assert!(matches!(again, Ok(ReauthenticationOutcome::Reauthenticated(_))), "{again:?}");
    assert_eq!(now(), after, "and only once");
}

#[tokio::test]
async fn a_hash_is_not_made_anew_of_a_password_that_was_changed_meanwhile() {
    let ann = stale_owner(|_, account| account.clone()).await;
    ann.service.keys.rotate();
    ann.service.before_commit_of(
        |change| matches!(change, Change::RehashPassword { .. }),
        async move |service| {
            let ann = service.store.account_named(ANN).expect("ann");
            let admin = service.operator.operator.as_admin();
            service.use_cases.require_new_password.execute(&admin, ann.id, &client()).await.expect("it");
        },
    );
    let before = ann.service.store.account_named(ANN).expect("ann").password_hash;
    let refused = ask(&ann, Some(PASSWORD)).await;
    assert!(matches!(refused, Err(ReauthenticateError::Password(_) | ReauthenticateError::SessionGone)), "{refused:?}");
    assert_eq!(ann.service.store.account_named(ANN).expect("ann").password_hash, before);
}

#[tokio::test]
async fn a_refresh_carries_it_on() {
    let service = TestService::new();
    service.register(ANN).await;
    let logged_in = service.log_in(ANN).await;
    let caller = service.authenticated(&logged_in).await;
    service.clock.advance(MAX_AGE + MOMENT);
    let at = service.now();
    let answer = service.use_cases.reauthenticate.execute(&caller, Some(Password::new(PASSWORD)), &client()).await;
    answer.expect("the password is right");
    service.clock.advance(MOMENT);
    let refreshed = service
        .use_cases
        .refresh_session
        .execute(logged_in.tokens.refresh.reveal(), &Audience::Default, &client())
        .await;
    let access = refreshed.expect("the refresh token is as it was").access;
    let caller = service.use_cases.authenticate.execute(access.reveal()).await.expect("it");
    assert_eq!(caller.claims().authenticated_at, at);
}

#[tokio::test]
async fn its_token_does_not_prove_a_refresh_whose_answer_was_lost() {
    let service = TestService::new();
    service.register(ANN).await;
    let logged_in = service.log_in(ANN).await;
    let caller = service.authenticated(&logged_in).await;
    let refresh = async || {
        service
            .use_cases
            .refresh_session
            .execute(logged_in.tokens.refresh.reveal(), &Audience::Default, &client())
            .await
    };
    refresh().await.expect("an answer, which is lost");
    let answer = service.use_cases.reauthenticate.execute(&caller, Some(Password::new(PASSWORD)), &client()).await;
    let Ok(ReauthenticationOutcome::Reauthenticated(token)) = answer else { panic!("{answer:?}") };
    service.use_cases.authenticate.execute(token.token.reveal()).await.expect("a live session");
    service.clock.advance(HOUR);
    refresh().await.expect("the same successor again, however late");
}

#[tokio::test]
async fn where_there_is_a_second_factor_it_comes_next() {
    let ann = stale_owner(TestService::enable_app).await;
    let required = second_factor_required(&ann, Some(PASSWORD)).await;
    assert_eq!((&required.methods[..], required.primary), (&[Method::App][..], Method::App));
    assert_eq!(give(&ann, &required, app("000000")).await, Err(FinishLoginError::WrongCode));
    let finished = give(&ann, &required, app(&ann.service.totp_code(&ann.account))).await.expect("the right code");
    let caller = with_token(&ann, finished).await;
    assert_eq!(caller.claims().method, AuthenticationMethod::PasswordAndSecondFactor);
    ann.service.fresh(&caller);
    assert_eq!(ann.service.store.sessions().len(), 1, "no session is opened");
    ann.service.clock.advance(Duration::from_secs(30));
    let again = give(&ann, &required, app(&ann.service.totp_code(&ann.account))).await;
    assert_eq!(again, Err(FinishLoginError::WrongToken), "it is used up");
}

#[tokio::test]
async fn without_a_password_a_second_factor_is_enough() {
    let ann = stale_linked(TestService::enable_app).await;
    let required = second_factor_required(&ann, None).await;
    let finished = give(&ann, &required, app(&ann.service.totp_code(&ann.account))).await.expect("the right code");
    ann.service.fresh(&with_token(&ann, finished).await);
}

#[tokio::test]
async fn with_neither_a_code_goes_to_the_proved_address() {
    let ann = stale_linked(|service, account| service.prove_email(account)).await;
    let required = second_factor_required(&ann, None).await;
    assert_eq!((&required.methods[..], required.primary), (&[Method::Email][..], Method::Email));
    let mailed_code = ann.service.mailed_code(ANN).await;
    let finished = give(&ann, &required, mailed(&mailed_code)).await.expect("the right code");
    let caller = with_token(&ann, finished).await;
    assert_eq!(caller.claims().method, AuthenticationMethod::MailedCode);
    ann.service.fresh(&caller);

    let required = second_factor_required(&ann, None).await;
    let step = ann.service.step(&required.token);
    let too_soon = ann.service.use_cases.finish_login.send_code(&step, &client()).await.expect_err("a moment ago");
    assert_eq!(wait(too_soon), Duration::from_secs(60));
    ann.service.clock.advance(Duration::from_secs(60));
    ann.service.use_cases.finish_login.send_code(&step, &client()).await.expect("another mail");
    ann.service.set_count(AttemptSubject::Account(ann.account.id), &RateLimitKind::MailsForOwner, 20);
    let limited = ask(&ann, None).await.expect_err("too many mails");
    assert_eq!((code(limited.clone()), wait(limited)), (ErrorCode::RateLimited, HOUR - Duration::from_secs(60)));
}

#[tokio::test]
async fn the_identity_that_is_linked_proves_it_too_and_no_other_one() {
    let ann = stale_linked(|_, account| account.clone()).await;
    for (subject, expected) in [("google-2", Err(ErrorCode::ProviderNotLinked)), ("google-1", Ok(()))] {
        ann.service.google.identifies(subject, None);
        let answer = by_provider(&ann).await;
        match (answer, expected) {
            (Err(error), Err(expected)) => assert_eq!(code(error), expected),
            (Ok(AuthorizationOutcome::Reauthenticated(token)), Ok(())) => {
                let caller = ann.service.use_cases.authenticate.execute(token.token.reveal()).await.expect("it");
                assert_eq!(caller.claims().method, AuthenticationMethod::IdentityProvider);
                ann.service.fresh(&caller);
            }
            other => panic!("{other:?}"),
        }
    }

    let ann = stale_linked(TestService::enable_app).await;
    ann.service.google.identifies("google-1", None);
    let Ok(AuthorizationOutcome::SecondFactorRequired(required)) = by_provider(&ann).await else { panic!("a factor") };
    let finished = give(&ann, &required, app(&ann.service.totp_code(&ann.account))).await.expect("the right code");
    let caller = with_token(&ann, finished).await;
    assert_eq!(caller.claims().method, AuthenticationMethod::IdentityProviderAndSecondFactor);
}

#[tokio::test]
async fn what_is_not_proved_is_refused() {
    let ann = stale_owner(|_, account| account.clone()).await;
    let wrong = ask(&ann, Some("wrong")).await.expect_err("a miss");
    assert_eq!(wrong, PasswordCheckError::WrongPassword.into());
    let missing = ann.refused(ask(&ann, None)).await;
    assert_eq!((missing.clone(), code(missing)), (ReauthenticateError::PasswordRequired, ErrorCode::ValidationFailed));

    let service = TestService::new();
    let account = service.change_email(&service.insert_linked("old@example.org", "google-1"), ANN);
    let ann = Owner::on(service, account).await;
    let error = ann.refused(ask(&ann, None)).await;
    assert_eq!((error.clone(), code(error)), (ReauthenticateError::OnlyByProvider, ErrorCode::UserLinked));
    let error = ask(&ann, Some(PASSWORD)).await.expect_err("there is none");
    assert_eq!(code(error), ErrorCode::InvalidPassword);
}

#[tokio::test]
async fn a_password_that_is_changed_meanwhile_and_a_session_that_ends_count_no_more() {
    let ann = stale_owner(|_, account| account.clone()).await;
    let account = ann.account.clone();
    ann.service.before_commit_of(
        |change| matches!(change, Change::ReauthenticateSession { .. }),
        async move |service| {
            service.set_password(&account, "another horse").await;
        },
    );
    assert_eq!(ask(&ann, Some(PASSWORD)).await, Err(PasswordCheckError::WrongPassword.into()));

    let ann = stale_owner(TestService::enable_app).await;
    let required = second_factor_required(&ann, Some(PASSWORD)).await;
    ann.service.end_session(&ann.caller);
    let answer = give(&ann, &required, app(&ann.service.totp_code(&ann.account))).await;
    assert_eq!(answer, Err(FinishLoginError::WrongToken));
    let gone = ask(&ann, Some(PASSWORD)).await.expect_err("it has ended");
    assert_eq!((gone.clone(), code(gone)), (ReauthenticateError::SessionGone, ErrorCode::Unauthorized));
}

#[tokio::test]
async fn a_login_without_the_second_factor_is_no_fresh_one() {
    let ann = Owner::new().await;
    ann.service.enable_app(&ann.account);
    let caller = ann.service.caller_by(&ann.account, AuthenticationMethod::Password).await;
    let refused = ann.service.use_cases.require_fresh_login.execute(caller).map_err(FreshLoginError::from);
    assert_eq!(refused.err(), Some(stale(MAX_AGE)), "however young it is");
}

#[tokio::test]
async fn whichever_call_to_the_database_fails_nothing_is_proved() {
    let tried = with_each_call_failing(
        StoreError::Refused,
        async || {
            let ann = stale_owner(|_, account| account.clone()).await;
            (ann.service.clone(), ann)
        },
        async |_, ann| ask(ann, Some(PASSWORD)).await,
        async |_, ann, answer| {
            assert_eq!(code(answer.expect_err("a refusal")), ErrorCode::Unavailable);
            let [session] = &ann.service.store.sessions()[..] else { panic!("one session") };
            assert_eq!(session.authenticated_at, session.created_at);
        },
    );
    assert!(tried.await > 2, "the limit, its count, the session, the commit");
}

#[tokio::test]
async fn a_token_that_claims_a_later_login_than_its_session_had_is_not_fresh() {
    let ann = stale_owner(|_, ann| ann.clone()).await;
    // As somebody with a stolen signing key could make it.
    let now = ann.service.now();
    let (authenticated_at, expires_at) = (now, now + MAX_AGE);
    let claims = AccessClaims { authenticated_at, issued_at: now, expires_at, ..ann.caller.claims().clone() };
    let forged = ann.service.access_tokens.issue(&claims).expect("a signing key");
    let caller = ann.service.use_cases.authenticate.execute(forged.reveal()).await.expect("a live session");
    let refused = ann.service.use_cases.require_fresh_login.execute(caller).map_err(code);
    assert_eq!(refused.err(), Some(ErrorCode::ReauthenticationRequired));
}

#[tokio::test]
async fn the_password_alone_makes_no_network_known() {
    let ann = Owner::new().await;
    let elsewhere = fixtures::client(9);
    let password = Some(Password::new(PASSWORD));
    ann.service.use_cases.reauthenticate.execute(&ann.caller, password, &elsewhere).await.expect("the right password");
    let limit = ann.service.store.password_limit(AttemptSubject::Account(ann.account.id), elsewhere.network());
    assert_eq!(limit.attempts.last_success_at, None);
}
