//! `VerifyEmail`, and the code that a login asks for where addresses are proved first.

mod resend;

use std::time::Duration;

use auth_domain::account::Account;
use auth_domain::challenge::{Challenge, ChallengeLifetimes, ChallengePurpose, ChallengeState, MISSES_PER_CODE};
use auth_domain::error_code::ErrorCode;
use auth_domain::ports::{Change, Guard, StoreError};
use auth_domain::rate_limit::RateLimitKind;
use auth_domain::temp_token::TempStep;
use auth_domain::use_cases::{
    AddressOwner, EmailVerification, GiveCodeError, LoginOutcome, PendingStep, Policy, Resent, VerifyEmailError,
};
use auth_testkit::fixtures;
use auth_testkit::test_service::{
    TestService, another_code, by_address, client, login_request, register_request, with_each_call_failing,
};

use crate::{MOMENT, code};

const ANN: &str = "ann@example.org";
const SECOND: Duration = Duration::from_secs(1);

fn verified_first() -> Policy {
    Policy { email_verification: EmailVerification::BeforeLogin, ..Policy::for_tests() }
}

/// Ann, who has registered, and the code that was mailed to her.
struct Ann {
    service: TestService,
    account: Account,
    /// Of her registration.
    step: PendingStep,
    code: String,
}

impl Ann {
    async fn new() -> Self {
        let service = TestService::with_policy(verified_first());
        let registered = service.use_cases.register.execute(register_request(ANN)).await.expect("a registration");
        let step = service.step(&registered.temp_token.expect("a temp token"));
        let code = service.mailed_code(ANN).await;
        Self { service, account: registered.account, step, code }
    }

    /// For calls that fail: her, and whom she calls as.
    async fn prepared(index: usize) -> (TestService, (Self, AddressOwner)) {
        let ann = Self::new().await;
        let owner = ann.owners().await.into_iter().nth(index).expect("an owner");
        (ann.service.clone(), (ann, owner))
    }

    /// Her with a session.
    async fn session(&self) -> AddressOwner {
        AddressOwner::Session(Box::new(self.service.caller(&self.account).await))
    }

    /// Her with the temp token of her registration.
    const fn temp(&self) -> AddressOwner {
        AddressOwner::Temp(self.step)
    }

    async fn owners(&self) -> [AddressOwner; 2] {
        [self.session().await, self.temp()]
    }

    async fn verify(&self, owner: &AddressOwner, code: &str) -> Result<Account, VerifyEmailError> {
        self.service.use_cases.verify_email.execute(owner, code, &client()).await
    }

    async fn resend(&self, owner: &AddressOwner) -> Result<Resent, VerifyEmailError> {
        self.service.use_cases.verify_email.resend(owner, &client()).await
    }

    fn challenge(&self) -> Option<Challenge> {
        self.service.store.challenges_for(ChallengePurpose::VerifyEmail).pop()
    }

    fn is_proved(&self) -> bool {
        self.service.account(&self.account).email_verified
    }

    fn mails(&self) -> usize {
        self.service.store.owed_mails().len()
    }
}

fn error_of<T: std::fmt::Debug>(answer: Result<T, VerifyEmailError>) -> (VerifyEmailError, ErrorCode) {
    let error = answer.expect_err("a refusal");
    (error, code(error))
}

const fn code_refused(error: GiveCodeError) -> VerifyEmailError {
    VerifyEmailError::Code(error)
}

#[tokio::test]
async fn the_code_proves_the_address_with_a_session_or_the_token_of_the_registration() {
    for index in [0, 1] {
        let ann = Ann::new().await;
        let proved = ann.verify(&ann.owners().await[index], &ann.code).await.expect("a proof");
        let now = ann.service.account(&ann.account);
        assert_eq!((now.email_verified, now.ever_proved), (true, true));
        assert_eq!(Account { updated_at: now.updated_at, ..proved }, now);
        assert_eq!(ann.challenge(), None, "it is used up");
        assert!(ann.service.store.audit_actions().contains(&"email.proved".to_owned()));
        assert_eq!((ann.mails(), ann.service.store.events().len()), (0, 1), "nobody is told but who asks");
    }
}

#[tokio::test]
async fn a_token_of_another_step_proves_nothing() {
    let ann = Ann::new().await;
    let challenge = ann.challenge().expect("a challenge");
    for step in [TempStep::GivePasswordResetCode, TempStep::SetPassword, TempStep::GiveSecondFactor] {
        let owner = AddressOwner::Temp(ann.service.forged_step(&challenge, step));
        let wrong = (VerifyEmailError::WrongToken, ErrorCode::TempTokenInvalid);
        assert_eq!(error_of(ann.verify(&owner, &ann.code).await), wrong);
        assert_eq!(error_of(ann.resend(&owner).await), wrong);
    }
    assert_eq!((ann.is_proved(), ann.mails()), (false, 0));
}

#[tokio::test]
async fn a_session_guesses_from_where_it_is_and_not_from_where_the_code_was_asked_for() {
    let ann = Ann::new().await;
    // A change of a proved address; the owner logged in where the code was asked for.
    let proved = ann.service.prove_email(&ann.account);
    ann.service.log_in(ANN).await;
    let caller = AddressOwner::Session(Box::new(ann.service.caller(&proved).await));
    let thief = fixtures::client(9);
    let answer = ann.service.use_cases.verify_email.execute(&caller, &another_code(&ann.code), &thief).await;
    assert_eq!(answer, Err(GiveCodeError::WrongCode.into()));
    let counted = |kind| ann.service.store.rate_limit(by_address(ANN), &kind).count;
    let home = RateLimitKind::MailedCodeMissesFrom(client().network().clone());
    assert_eq!((counted(home), counted(RateLimitKind::MailedCodeMisses)), (0, 1));
}

#[tokio::test]
async fn a_wrong_code_is_counted_and_proves_nothing() {
    let ann = Ann::new().await;
    for owner in ann.owners().await {
        let error = error_of(ann.verify(&owner, &another_code(&ann.code)).await);
        assert_eq!(error, (code_refused(GiveCodeError::WrongCode), ErrorCode::OtpInvalid));
    }
    assert_eq!(ann.service.store.rate_limit(by_address(ANN), &RateLimitKind::MailedCodeMisses).count, 2);
    let Some(Challenge { state: ChallengeState::CodeSent { misses, .. }, .. }) = ann.challenge() else {
        panic!("a code")
    };
    assert_eq!((misses, ann.is_proved()), (2, false));
}

#[tokio::test]
async fn a_code_is_good_until_its_time_is_over_or_its_tries_are_spent() {
    let none_outstanding = (code_refused(GiveCodeError::NoneOutstanding), ErrorCode::CodeNotSet);
    for index in [0, 1] {
        let ann = Ann::new().await;
        ann.service.clock.advance(ann.service.policy.challenge_lifetimes.code - MOMENT);
        let owner = &ann.owners().await[index];
        ann.service.clock.advance(MOMENT);
        assert_eq!(error_of(ann.verify(owner, &ann.code).await), none_outstanding);
        ann.service.clock.set(ann.service.now() - MOMENT);
        for _ in 0..MISSES_PER_CODE {
            ann.verify(owner, &another_code(&ann.code)).await.expect_err("a miss");
        }
        assert_eq!(error_of(ann.verify(owner, &ann.code).await), none_outstanding);
    }
    let ann = Ann::new().await;
    ann.service.clock.advance(ann.service.policy.challenge_lifetimes.code - MOMENT);
    ann.verify(&ann.temp(), &ann.code).await.expect("a proof");
}

#[tokio::test]
async fn a_code_that_was_used_proves_nothing_again() {
    let ann = Ann::new().await;
    ann.verify(&ann.temp(), &ann.code).await.expect("a proof");
    let error = error_of(ann.verify(&ann.temp(), &ann.code).await);
    assert_eq!(error, (VerifyEmailError::WrongToken, ErrorCode::TempTokenInvalid));
    let error = error_of(ann.verify(&ann.session().await, &ann.code).await);
    assert_eq!(error, (code_refused(GiveCodeError::NoneOutstanding), ErrorCode::CodeNotSet));
}

#[tokio::test]
async fn a_code_to_an_address_that_was_changed_since_proves_nothing() {
    let ann = Ann::new().await;
    ann.service.change_email(&ann.account, "other@example.org");
    for owner in ann.owners().await {
        let answer = ann.verify(&owner, &ann.code).await;
        assert_eq!(answer, Err(code_refused(GiveCodeError::NoneOutstanding)));
    }
    assert!(!ann.is_proved());
}

#[tokio::test]
async fn of_two_who_give_the_code_at_once_one_proves_the_address() {
    let refused = [code_refused(GiveCodeError::ChallengeGone), VerifyEmailError::WrongToken];
    for (index, refused) in refused.into_iter().enumerate() {
        let ann = Ann::new().await;
        let (owner, step, code) = (&ann.owners().await[index], ann.step, ann.code.clone());
        ann.service.before_next_commit(async move |service| {
            service.use_cases.verify_email.execute(&AddressOwner::Temp(step), &code, &client()).await.expect("a proof");
        });
        assert_eq!(ann.verify(owner, &ann.code).await, Err(refused));
        assert!(ann.is_proved());
    }
}

#[tokio::test]
async fn a_change_of_password_leaves_the_code_good() {
    let ann = Ann::new().await;
    ann.service.set_password(&ann.account, "another horse").await;
    ann.verify(&ann.temp(), &ann.code).await.expect("a proof");
}

#[tokio::test]
async fn whoever_loses_every_race_is_to_try_again_later() {
    let ann = Ann::new().await;
    let unavailable = (VerifyEmailError::Store(StoreError::Unavailable), ErrorCode::Unavailable);
    ann.service.lose_every_round(Guard::LimitUnchanged);
    assert_eq!(error_of(ann.resend(&ann.temp()).await), unavailable);
    assert!(!ann.service.store.has_trouble_left());
    ann.service.lose_every_round(Guard::AccountUnchanged);
    let answer = ann.verify(&ann.temp(), &ann.code).await;
    assert_eq!(answer, Err(code_refused(GiveCodeError::Store(StoreError::Unavailable))));
    assert_eq!((ann.mails(), ann.is_proved()), (0, false));
}

#[tokio::test]
async fn whichever_call_to_the_database_fails_nothing_is_proved_and_nothing_mailed() {
    for (index, to_resend, to_verify) in [(0, 6, 5), (1, 5, 4)] {
        let resent = with_each_call_failing(
            StoreError::Refused,
            async || Ann::prepared(index).await,
            async |_, (ann, owner)| ann.resend(owner).await,
            async |_, (ann, _), answer| {
                assert_eq!(answer, Err(VerifyEmailError::Store(StoreError::Refused)));
                assert_eq!(ann.mails(), 0);
            },
        );
        assert_eq!(resent.await, to_resend);
        let verified = with_each_call_failing(
            StoreError::Refused,
            async || Ann::prepared(index).await,
            async |_, (ann, owner)| ann.verify(owner, &ann.code).await,
            async |_, (ann, _), answer| {
                assert_eq!(code(answer.expect_err("a failure")), ErrorCode::Unavailable);
                assert!(!ann.is_proved());
            },
        );
        assert_eq!(verified.await, to_verify);
    }
}

#[tokio::test]
async fn of_two_logins_at_once_that_need_a_code_one_has_it_mailed() {
    let ann = Ann::new().await;
    ann.service.clock.advance(ann.service.policy.challenge_lifetimes.code);
    ann.service.before_commit_of(
        |change| matches!(change, Change::InsertChallenge(_)),
        async |service| {
            service.use_cases.login.execute(login_request(ANN)).await.expect("a temp token");
        },
    );
    let Ok(LoginOutcome::EmailVerificationRequired(token)) =
        ann.service.use_cases.login.execute(login_request(ANN)).await
    else {
        panic!("a temp token")
    };
    assert!(!ann.service.store.has_trouble_left());
    assert_eq!(ann.mails(), 1);
    let owner = AddressOwner::Temp(ann.service.step(&token));
    let code = ann.service.mailed_code(ANN).await;
    ann.verify(&owner, &code).await.expect("either token takes it");
}

#[tokio::test]
async fn the_token_of_a_login_is_good_no_longer_than_its_code_and_than_any_token() {
    let challenge_lifetimes = ChallengeLifetimes { temp: 60 * SECOND, code: 600 * SECOND };
    let service = TestService::with_policy(Policy { challenge_lifetimes, ..verified_first() });
    service.register(ANN).await;
    for (later, expires_in) in [(0, 60), (540, 60), (1, 59), (58, 1)] {
        service.clock.advance(later * SECOND);
        let login = service.use_cases.login.execute(login_request(ANN)).await;
        let Ok(LoginOutcome::EmailVerificationRequired(token)) = login else { panic!("{login:?}") };
        assert_eq!(token.expires_in, expires_in * SECOND);
    }
}
