//! `FinishLogin`: what opens the session that waits for a second factor, and what does not. Limits, lost races and the mail
//! with the code are in files of their own below.

mod limits;
mod mails;
mod races;

use std::time::Duration;

use auth_domain::access_token::BearerToken;
use auth_domain::account::Account;
use auth_domain::audience::Audience;
use auth_domain::challenge::{Challenge, ChallengePurpose};
use auth_domain::error_code::ErrorCode;
use auth_domain::mail::NoticeKind;
use auth_domain::ports::{NoSigningKey, StoreError};
use auth_domain::session::AuthenticationMethod;
use auth_domain::temp_token::TempStep;
use auth_domain::two_factor::Method;
use auth_domain::use_cases::{FinishLoginError, LoggedIn, LoginFinished, MethodUnusable, PendingStep, SecondFactor};
use auth_testkit::doubles::TestTotp;
use auth_testkit::test_service::{TestService, another_code, client, with_each_call_failing};

use crate::ann::ANN;
use crate::code;

/// Ann, who has given her password.
struct Waiting {
    service: TestService,
    ann: Account,
    step: PendingStep,
}

impl Waiting {
    /// For a code of her app.
    async fn for_app() -> Self {
        Self::after(TestService::enable_app).await
    }

    /// For a code that was mailed.
    async fn for_mail() -> Self {
        Self::after(TestService::enable_email_factor).await
    }

    async fn after(enable: impl Fn(&TestService, &Account) -> Account) -> Self {
        let service = TestService::new();
        let ann = enable(&service, &service.register(ANN).await);
        let step = service.begin_login(ANN).await;
        Self { service, ann, step }
    }

    async fn give(&self, given: &SecondFactor) -> Result<LoggedIn, FinishLoginError> {
        give(&self.service, &self.step, given).await
    }

    /// Nothing that is refused opens a session.
    async fn refused(&self, given: &SecondFactor) -> FinishLoginError {
        let sessions = self.service.store.sessions();
        let error = self.give(given).await.expect_err("a refusal");
        assert_eq!(self.service.store.sessions(), sessions);
        error
    }

    fn app_code(&self) -> SecondFactor {
        app(&self.service.totp_code(&self.ann))
    }

    async fn mailed_code(&self) -> SecondFactor {
        mailed(&self.service.mailed_code(ANN).await)
    }

    fn challenges(&self) -> Vec<Challenge> {
        self.service.store.challenges_for(ChallengePurpose::TwoFactorLogin)
    }
}

async fn give(service: &TestService, step: &PendingStep, given: &SecondFactor) -> Result<LoggedIn, FinishLoginError> {
    match service.use_cases.finish_login.execute(step, given, &Audience::Default, &client()).await? {
        LoginFinished::LoggedIn(logged_in) => Ok(*logged_in),
        LoginFinished::Reauthenticated(_) => panic!("it began as a login"),
    }
}

fn app(code: &str) -> SecondFactor {
    SecondFactor::App(BearerToken::new(code.to_owned()))
}

fn mailed(code: &str) -> SecondFactor {
    SecondFactor::Email(BearerToken::new(code.to_owned()))
}

fn recovery(code: &str) -> SecondFactor {
    SecondFactor::RecoveryCode(BearerToken::new(code.to_owned()))
}

#[tokio::test]
async fn a_code_of_the_app_opens_the_session() {
    let waiting = Waiting::for_app().await;
    let (service, ann) = (&waiting.service, &waiting.ann);
    let logged_in = waiting.give(&waiting.app_code()).await.expect("a session");
    assert_eq!(logged_in.account, service.account(ann));
    let [session] = &service.store.sessions_of(ann.id)[..] else { panic!("one session") };
    assert_eq!(session.method, AuthenticationMethod::PasswordAndSecondFactor);
    assert_eq!((session.created_at, &session.rotation.client), (service.now(), &client()));
    assert_eq!(service.authenticated(&logged_in).await.session().id, session.id);
    assert_eq!(service.store.used_totp_steps(ann.id), [TestTotp::step(service.now())]);
    assert_eq!(waiting.challenges(), []);
    assert_eq!(service.second_factor_misses(ann), 0);
    assert!(service.store.audit_actions().contains(&"session.opened".to_owned()));
}

#[tokio::test]
async fn a_mailed_code_opens_the_session() {
    let waiting = Waiting::for_mail().await;
    let given = waiting.mailed_code().await;
    waiting.give(&given).await.expect("a session");
    assert_eq!(waiting.service.store.sessions_of(waiting.ann.id).len(), 1);
    assert_eq!(waiting.challenges(), []);
}

#[tokio::test]
async fn a_recovery_code_opens_one_session_and_its_owner_is_told() {
    let waiting = Waiting::for_app().await;
    let (ann, codes) = waiting.service.give_recovery_codes(&waiting.ann);
    let given = recovery(&codes[3]);
    let logged_in = waiting.give(&given).await.expect("a session");
    let now = waiting.service.account(&ann);
    assert_eq!(now.two_factor.recovery_codes.len(), codes.len() - 1);
    assert_eq!(logged_in.account.two_factor, now.two_factor);
    assert_eq!(waiting.service.store.notices_to(&ann.email), [NoticeKind::RecoveryCodeUsed]);

    let again = Waiting { step: waiting.service.begin_login(ANN).await, ..waiting };
    assert_eq!(again.refused(&given).await, FinishLoginError::WrongCode);
    again.give(&recovery(&codes[4])).await.expect("another one");
}

#[tokio::test]
async fn the_session_says_how_its_owner_came_in() {
    for (step, method) in [
        (TempStep::GiveSecondFactor, AuthenticationMethod::PasswordAndSecondFactor),
        (TempStep::GiveSecondFactorAfterReset, AuthenticationMethod::MailedCodeAndSecondFactor),
        (TempStep::GiveSecondFactorAfterProvider, AuthenticationMethod::IdentityProviderAndSecondFactor),
    ] {
        let waiting = Waiting::for_app().await;
        let step = waiting.service.forged_step(&waiting.challenges()[0], step);
        give(&waiting.service, &step, &waiting.app_code()).await.expect("a session");
        assert_eq!(waiting.service.store.sessions()[0].method, method);
    }
}

#[tokio::test]
async fn any_method_that_is_enabled_may_answer() {
    let waiting = Waiting::for_app().await;
    waiting.service.enable_email_factor(&waiting.ann);
    assert_eq!(waiting.refused(&mailed("123456")).await, FinishLoginError::WrongCode, "none was mailed");
    waiting.service.use_cases.finish_login.send_code(&waiting.step, &client()).await.expect("a mail");
    let given = waiting.mailed_code().await;
    waiting.give(&given).await.expect("a session");
}

#[tokio::test]
async fn a_code_of_the_app_is_good_once_whatever_the_token() {
    let waiting = Waiting::for_app().await;
    let given = waiting.app_code();
    waiting.give(&given).await.expect("a session");
    let again = Waiting { step: waiting.service.begin_login(ANN).await, ..waiting };
    let error = again.refused(&given).await;
    assert_eq!((error, code(error)), (FinishLoginError::WrongCode, ErrorCode::OtpInvalid));
    assert_eq!(again.service.second_factor_misses(&again.ann), 1);
    again.service.clock.advance(Duration::from_secs(30));
    again.give(&again.app_code()).await.expect("the code of the next step");
}

#[tokio::test]
async fn a_wrong_code_is_told_and_counted_and_uses_nothing_up() {
    let waiting = Waiting::for_app().await;
    let service = &waiting.service;
    let right = service.totp_code(&waiting.ann);
    let wrong = [app(&another_code(&right)), app(""), app("12345"), app("abcdef"), recovery("0000")];
    for (given, number) in wrong.iter().zip(1..) {
        let error = waiting.refused(given).await;
        assert_eq!((error, code(error)), (FinishLoginError::WrongCode, ErrorCode::OtpInvalid), "{given:?}");
        assert_eq!(service.second_factor_misses(&waiting.ann), number);
    }
    assert_eq!(service.store.used_totp_steps(waiting.ann.id), []);
    waiting.give(&app(&right)).await.expect("the token is still good");
}

#[tokio::test]
async fn a_method_that_is_not_set_up_or_is_disabled_answers_nothing() {
    let waiting = Waiting::for_app().await;
    let (not_set, disabled) = (MethodUnusable::NotSet.into(), MethodUnusable::Disabled.into());
    assert_eq!((code(not_set), code(disabled)), (ErrorCode::TwofaNotSet, ErrorCode::TwofaNotEnabled));
    assert_eq!(waiting.refused(&mailed("123456")).await, not_set);
    waiting.service.put_two_factor(&waiting.ann, |methods, _| methods.disable(Method::App).expect("an app"));
    for given in [waiting.app_code(), recovery("0000")] {
        assert_eq!(waiting.refused(&given).await, disabled, "{given:?}");
    }
    waiting.service.enable_email_factor(&waiting.ann);
    waiting.service.put_two_factor(&waiting.ann, |methods, _| methods.disable(Method::Email).expect("mail"));
    assert_eq!(waiting.refused(&mailed("123456")).await, disabled);
    assert_eq!(waiting.service.second_factor_misses(&waiting.ann), 0);

    let waiting = Waiting::for_mail().await;
    assert_eq!(waiting.refused(&app("123456")).await, not_set);
    let caller = waiting.service.caller(&waiting.ann).await;
    waiting.service.use_cases.set_up_second_factor.begin_app(&waiting.service.fresh(&caller)).await.expect("a set-up");
    assert_eq!(waiting.refused(&waiting.app_code()).await, not_set, "it is not proved yet");
}

#[tokio::test]
async fn a_token_of_another_step_or_challenge_is_refused() {
    let waiting = Waiting::for_app().await;
    let login = &waiting.challenges()[0];
    let registration = &waiting.service.store.challenges_for(ChallengePurpose::VerifyEmail)[0];
    for (challenge, step) in [
        (login, TempStep::GivePasswordResetCode),
        (login, TempStep::SetPassword),
        (login, TempStep::GiveVerifyEmailCode),
        (registration, TempStep::GiveSecondFactor),
    ] {
        let waiting = Waiting {
            step: waiting.service.forged_step(challenge, step),
            service: waiting.service.clone(),
            ann: waiting.ann.clone(),
        };
        let error = waiting.refused(&waiting.app_code()).await;
        assert_eq!((error, code(error)), (FinishLoginError::WrongToken, ErrorCode::TempTokenInvalid), "{step:?}");
        let sent = waiting.service.use_cases.finish_login.send_code(&waiting.step, &client()).await;
        assert_eq!(sent, Err(FinishLoginError::WrongToken));
    }
}

#[tokio::test]
async fn a_token_is_used_up_by_its_session() {
    let waiting = Waiting::for_app().await;
    waiting.give(&waiting.app_code()).await.expect("a session");
    waiting.service.clock.advance(Duration::from_secs(30));
    assert_eq!(waiting.refused(&waiting.app_code()).await, FinishLoginError::WrongToken);
}

#[tokio::test]
async fn a_token_is_void_once_password_or_address_are_others_or_the_account_is_gone() {
    let waiting = Waiting::for_app().await;
    waiting.service.set_password(&waiting.ann, "another horse").await;
    assert_eq!(waiting.refused(&waiting.app_code()).await, FinishLoginError::WrongToken);

    let waiting = Waiting::for_app().await;
    waiting.service.change_email(&waiting.ann, "Ann@Example.org");
    waiting.give(&waiting.app_code()).await.expect("the same address");

    let waiting = Waiting::for_app().await;
    waiting.service.change_email(&waiting.ann, "bob@example.org");
    assert_eq!(waiting.refused(&waiting.app_code()).await, FinishLoginError::WrongToken);
    let given = waiting.app_code();
    waiting.service.delete(&waiting.ann);
    assert_eq!(waiting.refused(&given).await, FinishLoginError::WrongToken);
}

#[tokio::test]
async fn without_a_signing_key_nothing_is_used_up() {
    let waiting = Waiting::for_app().await;
    waiting.service.access_tokens.set_signing_key(false);
    let error = waiting.refused(&waiting.app_code()).await;
    assert_eq!((error, code(error)), (FinishLoginError::NoSigningKey(NoSigningKey), ErrorCode::Unavailable));
    waiting.service.access_tokens.set_signing_key(true);
    waiting.give(&waiting.app_code()).await.expect("the same code");
}

#[tokio::test]
async fn whichever_call_to_the_database_fails_no_session_is_opened() {
    let tried = with_each_call_failing(
        StoreError::Unavailable,
        async || {
            let waiting = Waiting::for_app().await;
            (waiting.service.clone(), waiting)
        },
        async |_, waiting| waiting.give(&waiting.app_code()).await,
        async |service, waiting, answer| {
            let error = answer.expect_err("a refusal");
            assert_eq!((error, code(error)), (StoreError::Unavailable.into(), ErrorCode::Unavailable));
            assert_eq!(service.store.sessions(), []);
            assert_eq!(service.store.used_totp_steps(waiting.ann.id), []);
        },
    );
    assert_eq!(tried.await, 4, "the challenge, the network, the limit, the commit");
}
