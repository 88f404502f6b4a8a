//! `Login`.

mod races;
mod told;

use std::time::Duration;

use auth_domain::access_token::TokenRejection;
use auth_domain::account::Password;
use auth_domain::audience::Audience;
use auth_domain::challenge::{ChallengeLifetimes, ChallengePurpose};
use auth_domain::disclosure::Disclosure;
use auth_domain::error_code::ErrorCode;
use auth_domain::ports::{Change, HashingError, NoSigningKey, StoreError};
use auth_domain::rate_limit::{AttemptSubject, RateLimited};
use auth_domain::session::AuthenticationMethod;
use auth_domain::temp_token::{IssuedTempToken, TempStep};
use auth_domain::two_factor::Method;
use auth_domain::use_cases::{
    EmailVerification, FinishLoginError, LoginError, LoginOutcome, LoginRequest, PasswordCheckError, Policy,
    SecondFactorRequired,
};
use auth_testkit::fixtures;
use auth_testkit::test_service::{PASSWORD, TestService, client, login_request, with_each_call_failing};

use crate::{MOMENT, code, wait};

const ANN: &str = "ann@example.org";
const SECOND: Duration = Duration::from_secs(1);
const HOUR: Duration = Duration::from_secs(3_600);

async fn with_ann(policy: Policy) -> TestService {
    let service = TestService::with_policy(policy);
    service.register(ANN).await;
    service
}

fn concealed() -> Policy {
    Policy { disclosure: Disclosure::Concealed, ..Policy::for_tests() }
}

fn verified_first() -> Policy {
    Policy { email_verification: EmailVerification::BeforeLogin, ..Policy::for_tests() }
}

async fn log_in(service: &TestService, name: &str, password: &str) -> Result<LoginOutcome, LoginError> {
    let password = Password::new(password);
    service.use_cases.login.execute(LoginRequest { password, ..login_request(name) }).await
}

async fn refused(service: &TestService, name: &str, password: &str) -> LoginError {
    log_in(service, name, password).await.expect_err("a refusal")
}

async fn verification_required(service: &TestService) -> IssuedTempToken {
    match log_in(service, ANN, PASSWORD).await {
        Ok(LoginOutcome::EmailVerificationRequired(token)) => token,
        other => panic!("{other:?}"),
    }
}

async fn second_factor_required(service: &TestService) -> SecondFactorRequired {
    match log_in(service, ANN, PASSWORD).await {
        Ok(LoginOutcome::SecondFactorRequired(required)) => required,
        other => panic!("{other:?}"),
    }
}

fn opens_session(change: &Change) -> bool {
    matches!(change, Change::InsertSession { .. })
}

#[tokio::test]
async fn a_right_password_opens_a_session() {
    let service = with_ann(Policy::for_tests()).await;
    let logged_in = service.log_in("ANN@Example.org").await;
    let ann = service.store.account_named(ANN).expect("ann");
    assert_eq!(logged_in.account, ann);

    let lifetimes = service.policy.session_lifetimes;
    let [session] = &service.store.sessions_of(ann.id)[..] else { panic!("one session") };
    assert_eq!((session.method, session.created_at), (AuthenticationMethod::Password, service.now()));
    assert_eq!(session.idle_expires_at, service.now() + lifetimes.idle);
    assert_eq!(session.absolute_expires_at, service.now() + lifetimes.absolute);
    assert_eq!(session.rotation.client, client());
    let tokens = &logged_in.tokens;
    assert_eq!((tokens.access_expires_in, tokens.refresh_expires_in), (lifetimes.access, lifetimes.idle));
    let caller = service.authenticated(&logged_in).await;
    assert_eq!((caller.account(), caller.session().id), (&ann, session.id));
    assert!(
        service.use_cases.refresh_session.execute(tokens.refresh.reveal(), &Audience::Default, &client()).await.is_ok()
    );

    let limit = service.store.password_limit(AttemptSubject::Account(ann.id), client().network());
    assert_eq!(limit.attempts.last_success_at, Some(service.now()), "the network is known from now on");
    assert!(service.store.audit_actions().contains(&"session.opened".to_owned()));
}

#[tokio::test]
async fn an_access_token_is_good_until_its_time_is_over() {
    let service = with_ann(Policy::for_tests()).await;
    let logged_in = service.log_in(ANN).await;
    service.clock.advance(logged_in.tokens.access_expires_in - MOMENT);
    service.authenticated(&logged_in).await;
    service.clock.advance(MOMENT);
    let late = service.use_cases.authenticate.execute(logged_in.tokens.access.reveal()).await;
    assert_eq!(late, Err(TokenRejection::Expired.into()));
}

#[tokio::test]
async fn a_name_that_nobody_has_is_told_and_takes_as_long() {
    let service = with_ann(Policy::for_tests()).await;
    for name in ["bob@example.org", "bob", "no such name"] {
        let calls = service.passwords.calls();
        let error = refused(&service, name, PASSWORD).await;
        assert_eq!(error, LoginError::Password(PasswordCheckError::NobodyByThatName));
        assert_eq!(code(error), ErrorCode::InvalidCredentials);
        assert_eq!(service.passwords.calls(), calls + 1, "it hashes too");
    }
}

#[tokio::test]
async fn a_wrong_password_is_told_and_counted() {
    let service = with_ann(Policy::for_tests()).await;
    let error = refused(&service, ANN, "wrong").await;
    assert_eq!(error, LoginError::Password(PasswordCheckError::WrongPassword));
    assert_eq!(code(error), ErrorCode::InvalidPassword);
    let ann = service.store.account_named(ANN).expect("ann");
    let limit = service.store.password_limit(AttemptSubject::Account(ann.id), client().network());
    assert_eq!((limit.attempts.misses, limit.daily.misses), (1, 1));
    assert_eq!(service.store.sessions(), []);
}

#[tokio::test]
async fn an_account_without_a_password_signs_in_elsewhere() {
    let service = TestService::new();
    service.insert_linked(ANN, "subject");
    let error = refused(&service, ANN, PASSWORD).await;
    assert_eq!(error, LoginError::Password(PasswordCheckError::NoPassword));
    assert_eq!(code(error), ErrorCode::UserAlreadyLinked);
    assert_eq!(service.passwords.calls(), 1, "it hashes too");
}

#[tokio::test]
async fn where_accounts_are_concealed_no_miss_tells_which_it_is() {
    let service = with_ann(concealed()).await;
    service.insert_linked("linked@example.org", "subject");
    for (name, password) in [("bob@example.org", PASSWORD), ("linked@example.org", PASSWORD), (ANN, "wrong")] {
        let error = refused(&service, name, password).await;
        assert_eq!(error, LoginError::Concealed);
        assert_eq!(code(error), ErrorCode::InvalidCredentials);
    }
    service.log_in(ANN).await;
}

#[tokio::test]
async fn after_five_misses_it_takes_a_second_also_with_the_right_password() {
    for name in [ANN, "bob@example.org"] {
        let service = with_ann(concealed()).await;
        for _ in 0..5 {
            assert_eq!(refused(&service, name, "wrong").await, LoginError::Concealed);
        }
        let error = refused(&service, name, PASSWORD).await;
        let limited = |retry_after| LoginError::Password(PasswordCheckError::RateLimited(RateLimited { retry_after }));
        assert_eq!(error, limited(SECOND), "concealed or not");
        assert_eq!((code(error.clone()), wait(error)), (ErrorCode::RateLimited, SECOND));
        service.clock.advance(SECOND - MOMENT);
        assert_eq!(refused(&service, name, PASSWORD).await, limited(MOMENT));
        service.clock.advance(MOMENT);
        let answer = log_in(&service, name, PASSWORD).await;
        if name == ANN {
            assert!(matches!(answer, Ok(LoginOutcome::LoggedIn(_))), "{answer:?}");
        } else {
            assert_eq!(answer, Err(LoginError::Concealed), "as if somebody had that name");
        }
    }
}

#[tokio::test]
async fn an_address_is_proved_first_where_the_policy_says_so() {
    let service = with_ann(verified_first()).await;
    let mails = service.store.owed_mails().len();
    let token = verification_required(&service).await;
    assert_eq!(service.step(&token).step(), TempStep::GiveVerifyEmailCode);
    assert_eq!(service.store.owed_mails().len(), mails, "the code of the registration is still good");
    assert_eq!(service.store.sessions(), []);

    let code_lifetime = service.policy.challenge_lifetimes.code;
    service.clock.advance(code_lifetime - MOMENT);
    assert_eq!(verification_required(&service).await.expires_in, MOMENT, "no longer than its code");
    assert_eq!(service.store.owed_mails().len(), mails);
    service.clock.advance(MOMENT);
    assert_eq!(verification_required(&service).await.expires_in, service.policy.challenge_lifetimes.temp);
    assert_eq!(service.store.owed_mails().len(), mails + 1, "another code");

    service.prove_email(&service.store.account_named(ANN).expect("ann"));
    service.log_in(ANN).await;
}

#[tokio::test]
async fn mails_with_codes_to_prove_an_address_are_limited() {
    let challenge_lifetimes = ChallengeLifetimes { temp: SECOND, code: SECOND };
    let service = with_ann(Policy { challenge_lifetimes, ..verified_first() }).await;
    for _ in 0..20 {
        service.clock.advance(SECOND);
        verification_required(&service).await;
    }
    service.clock.advance(SECOND);
    let error = refused(&service, ANN, PASSWORD).await;
    let retry_after = HOUR - 20 * SECOND;
    assert_eq!(error, LoginError::MailsLimited(RateLimited { retry_after }));
    assert_eq!((code(error.clone()), wait(error)), (ErrorCode::RateLimited, retry_after));
    service.clock.advance(retry_after - MOMENT);
    assert_eq!(wait(refused(&service, ANN, PASSWORD).await), MOMENT);
    service.clock.advance(MOMENT);
    verification_required(&service).await;
}

#[tokio::test]
async fn a_second_factor_comes_before_the_session() {
    let service = with_ann(Policy::for_tests()).await;
    let ann = service.enable_app(&service.store.account_named(ANN).expect("ann"));
    let mails = service.store.owed_mails().len();
    let required = second_factor_required(&service).await;
    assert_eq!((required.methods, required.primary), (vec![Method::App], Method::App));
    assert_eq!(service.step(&required.token).step(), TempStep::GiveSecondFactor);
    assert_eq!(service.store.owed_mails().len(), mails, "an app needs no mail");
    assert_eq!(service.store.sessions_of(ann.id), []);
    assert_eq!(service.store.challenges_for(ChallengePurpose::TwoFactorLogin).len(), 1);
}

#[tokio::test]
async fn a_second_factor_that_is_disabled_is_not_asked_for() {
    let service = with_ann(Policy::for_tests()).await;
    let ann = service.enable_app(&service.store.account_named(ANN).expect("ann"));
    service.put_two_factor(&ann, |two_factor, _| two_factor.disable(Method::App).expect("an enabled app"));
    service.log_in(ANN).await;
}

#[tokio::test]
async fn codes_by_mail_are_mailed_at_once_and_limited() {
    let service = with_ann(Policy::for_tests()).await;
    service.enable_email_factor(&service.store.account_named(ANN).expect("ann"));
    for _ in 0..20 {
        let required = second_factor_required(&service).await;
        assert_eq!((required.methods, required.primary), (vec![Method::Email], Method::Email));
    }
    assert_eq!(service.store.challenges_for(ChallengePurpose::TwoFactorLogin).len(), 20);
    service.mailed_code(ANN).await;
    let owed = service.store.owed_mails().len();
    let step = service.step(&second_factor_required(&service).await.token);
    assert_eq!(service.store.owed_mails().len(), owed, "the login begins without a mail");
    let finish = &service.use_cases.finish_login;
    assert_eq!(wait(finish.send_code(&step, &client()).await.expect_err("too many")), HOUR);
    service.clock.advance(HOUR);
    let step = service.step(&second_factor_required(&service).await.token);
    assert_eq!(service.store.owed_mails().len(), owed + 1);
    assert_eq!(
        finish.send_code(&step, &client()).await,
        Err(FinishLoginError::RateLimited(RateLimited { retry_after: 60 * SECOND }))
    );
}

#[tokio::test]
async fn an_outdated_hash_is_made_anew() {
    let service = with_ann(Policy::for_tests()).await;
    let before = service.store.account_named(ANN).expect("ann");
    service.keys.rotate();
    service.log_in(ANN).await;
    let after = service.store.account_named(ANN).expect("ann");
    assert_ne!(after.password_hash, before.password_hash);
    assert_eq!(after.credential_version, before.credential_version, "it is the same password");
    service.keys.forget_older();
    service.log_in(ANN).await;
    assert_eq!(service.store.account_named(ANN), Some(after), "and only once");
}

#[tokio::test]
async fn a_login_does_not_fail_for_a_hash_that_cannot_be_made_anew() {
    let service = with_ann(Policy::for_tests()).await;
    service.keys.rotate();
    let before = service.store.account_named(ANN).expect("ann");
    service.passwords.fail_next_hash(HashingError::Overloaded { retry_after: SECOND });
    service.log_in(ANN).await;
    assert_eq!(service.store.account_named(ANN), Some(before), "the next login tries again");
}

#[tokio::test]
async fn a_hash_is_made_anew_in_the_commit_of_the_login_also_where_a_second_factor_follows() {
    for has_factor in [false, true] {
        let service = with_ann(Policy::for_tests()).await;
        let ann = service.store.account_named(ANN).expect("ann");
        if has_factor {
            service.enable_app(&ann);
        }
        service.keys.rotate();
        // The first change of the commit that opens the session, or begins the second factor.
        service.before_commit_of(
            |change| matches!(change, Change::RehashPassword { .. }),
            async move |service| assert_eq!(service.store.sessions(), []),
        );
        assert!(log_in(&service, ANN, PASSWORD).await.is_ok());
        assert!(!service.store.has_trouble_left());
        assert_eq!(service.store.sessions().len(), usize::from(!has_factor));
        assert_ne!(service.store.account_named(ANN).expect("ann").password_hash, ann.password_hash);
    }
}

#[tokio::test]
async fn a_password_that_cannot_be_hashed_is_not_accepted() {
    let service = with_ann(Policy::for_tests()).await;
    let overloaded = HashingError::Overloaded { retry_after: SECOND };
    service.passwords.fail_next(overloaded);
    let error = refused(&service, ANN, PASSWORD).await;
    assert_eq!(error, LoginError::Password(PasswordCheckError::Hashing(overloaded)));
    assert_eq!((code(error.clone()), wait(error)), (ErrorCode::Overloaded, SECOND));
    service.keys.rotate();
    service.keys.forget_older();
    assert_eq!(code(refused(&service, ANN, PASSWORD).await), ErrorCode::InternalServerError, "its key is gone");
}

#[tokio::test]
async fn when_too_many_passwords_wait_nothing_is_read() {
    let service = with_ann(Policy::for_tests()).await;
    for name in [ANN, "nobody@example.org"] {
        service.passwords.fail_next(HashingError::Overloaded { retry_after: SECOND });
        service.store.fail_next(StoreError::Unavailable);
        assert_eq!(code(refused(&service, name, PASSWORD).await), ErrorCode::Overloaded, "{name}");
        assert!(service.store.forgive(), "the database was asked");
    }
}

#[tokio::test]
async fn without_a_signing_key_there_is_no_session() {
    let service = with_ann(Policy::for_tests()).await;
    service.access_tokens.set_signing_key(false);
    let error = refused(&service, ANN, PASSWORD).await;
    assert_eq!(error, LoginError::NoSigningKey(NoSigningKey));
    assert_eq!(code(error), ErrorCode::Unavailable);
    assert_eq!(service.store.sessions(), []);
}

#[tokio::test]
async fn whichever_call_to_the_database_fails_no_session_is_opened() {
    let expired = Policy::for_tests().challenge_lifetimes.code;
    for (policy, since, has_factor, calls) in [
        (Policy::for_tests(), Duration::ZERO, false, 2),
        (Policy::for_tests(), Duration::ZERO, true, 3),
        (verified_first(), Duration::ZERO, false, 3),
        (verified_first(), expired, false, 5),
    ] {
        let tried = with_each_call_failing(
            StoreError::Unavailable,
            async || {
                let service = with_ann(policy.clone()).await;
                if has_factor {
                    service.enable_email_factor(&service.store.account_named(ANN).expect("ann"));
                }
                service.clock.advance(since);
                (service.clone(), service.store.owed_mails())
            },
            async |service, _| log_in(service, ANN, PASSWORD).await,
            async |service, owed, answer| {
                assert_eq!(code(answer.expect_err("a refusal")), ErrorCode::Unavailable);
                assert_eq!((service.store.sessions(), &service.store.owed_mails()), (Vec::new(), owed));
            },
        );
        assert_eq!(tried.await, calls);
    }
}

#[tokio::test]
async fn another_network_has_its_own_limit() {
    let service = with_ann(Policy::for_tests()).await;
    for _ in 0..5 {
        refused(&service, ANN, "wrong").await;
    }
    let elsewhere = LoginRequest { client: fixtures::client(2), ..login_request(ANN) };
    assert!(matches!(service.use_cases.login.execute(elsewhere).await, Ok(LoginOutcome::LoggedIn(_))));
    assert_eq!(code(refused(&service, ANN, PASSWORD).await), ErrorCode::RateLimited);
}
