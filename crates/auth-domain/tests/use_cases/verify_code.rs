//! `VerifyCode`, and what all mailed codes have in common: how they are compared, counted and used up.

use std::time::Duration;

use auth_domain::account::{Account, Blocked};
use auth_domain::challenge::{Challenge, ChallengePurpose, ChallengeState, MISSES_PER_CODE};
use auth_domain::disclosure::Disclosure;
use auth_domain::error_code::ErrorCode;
use auth_domain::ports::{CodeClaims, Codes as _, Guard, StoreError};
use auth_domain::rate_limit::{RateLimitKind, RateLimited};
use auth_domain::temp_token::{IssuedTempToken, TempStep};
use auth_domain::use_cases::{GiveCodeError, PendingStep, Policy, VerifyCodeError};
use auth_testkit::doubles::TestCodes;
use auth_testkit::fixtures;
use auth_testkit::test_service::{TestService, another_code, by_address, client, with_each_call_failing};

use crate::{MOMENT, code, wait};

const ANN: &str = "ann@example.org";
const MINUTE: Duration = Duration::from_secs(60);
const DAY: Duration = Duration::from_secs(24 * 3_600);

/// Ann, who was mailed a code.
struct Ann {
    service: TestService,
    account: Account,
    step: PendingStep,
    code: String,
}

impl Ann {
    async fn new() -> Self {
        let service = TestService::new();
        let account = service.register(ANN).await;
        let step = service.ask_for_reset(ANN).await;
        let code = service.mailed_code(ANN).await;
        Self { service, account, step, code }
    }

    async fn prepared() -> (TestService, Self) {
        let ann = Self::new().await;
        (ann.service.clone(), ann)
    }

    async fn give(&self, code: &str) -> Result<IssuedTempToken, VerifyCodeError> {
        give(&self.service, &self.step, code).await
    }

    async fn refused(&self, code: &str) -> GiveCodeError {
        match self.give(code).await.expect_err("a refusal") {
            VerifyCodeError::Code(error) => error,
            other @ VerifyCodeError::WrongToken => panic!("{other}"),
        }
    }

    fn challenge(&self) -> Challenge {
        let [challenge] = &self.service.store.challenges_for(ChallengePurpose::PasswordReset)[..] else {
            panic!("one challenge")
        };
        challenge.clone()
    }

    /// The wrong codes of the day, and those of the code.
    fn misses(&self) -> (u32, u32) {
        let ChallengeState::CodeSent { misses, .. } = self.challenge().state else { panic!("no code is outstanding") };
        (self.service.store.rate_limit(by_address(ANN), &RateLimitKind::MailedCodeMisses).count, misses)
    }

    /// As if that many wrong codes had been given today, of other challenges.
    fn missed_today(&self, count: u32) {
        self.service.set_count(by_address(ANN), &RateLimitKind::MailedCodeMisses, count);
    }
}

async fn give(service: &TestService, step: &PendingStep, code: &str) -> Result<IssuedTempToken, VerifyCodeError> {
    service.use_cases.verify_code.execute(step, code).await
}

/// The code of a challenge, whether or not it was mailed to anybody.
fn derived(service: &TestService, challenge: &Challenge) -> String {
    let claims = CodeClaims { challenge_id: challenge.id, purpose: challenge.purpose, send_number: 1 };
    let code = TestCodes(service.keys.clone()).derive(&claims, &challenge.key_id);
    code.expect("a code").reveal().to_owned()
}

#[tokio::test]
async fn the_right_code_leads_to_a_token_that_sets_the_password() {
    let ann = Ann::new().await;
    ann.service.clock.advance(MINUTE);
    let spaced = format!(" {} {}\n", &ann.code[..3], &ann.code[3..]);
    let given = ann.give(&spaced).await.expect("a temp token");
    assert_eq!(ann.service.step(&given).step(), TempStep::SetPassword);
    let temp = ann.service.policy.challenge_lifetimes.temp;
    assert_eq!(given.expires_in, temp);
    let challenge = ann.challenge();
    assert_eq!((challenge.state, challenge.expires_at), (ChallengeState::CodeGiven, ann.service.now() + temp));
    assert_eq!(ann.service.account(&ann.account), ann.account, "the code alone changes no account");
    assert_eq!(ann.service.store.sessions(), []);
}

#[tokio::test]
async fn a_token_of_another_step_takes_no_code() {
    let ann = Ann::new().await;
    ann.service.store.fail_next(StoreError::Failed);
    for step in [TempStep::SetPassword, TempStep::GiveVerifyEmailCode, TempStep::GiveSecondFactor] {
        let step = ann.service.forged_step(&ann.challenge(), step);
        let error = give(&ann.service, &step, &ann.code).await.expect_err("a refusal");
        assert_eq!((error, code(error)), (VerifyCodeError::WrongToken, ErrorCode::TempTokenInvalid));
    }
    assert!(ann.service.store.forgive(), "no call was made");
    ann.give(&ann.code).await.expect("a temp token");
}

#[tokio::test]
async fn a_wrong_code_is_counted_before_it_is_told() {
    let ann = Ann::new().await;
    for (given, misses) in [(another_code(&ann.code), 1), (String::new(), 2), (format!("{}0", ann.code), 3)] {
        let error = ann.refused(&given).await;
        assert_eq!((error, code(error)), (GiveCodeError::WrongCode, ErrorCode::OtpInvalid));
        assert_eq!(ann.misses(), (misses, misses));
    }
    let records = ann.service.store.audit_records();
    let missed = records.iter().filter(|record| record.action == "code.given");
    assert_eq!(missed.map(|record| record.account_id).collect::<Vec<_>>(), [Some(ann.account.id); 3]);
    ann.give(&ann.code).await.expect("a temp token");
}

#[tokio::test]
async fn five_wrong_codes_are_one_too_many() {
    let ann = Ann::new().await;
    for _ in 0..MISSES_PER_CODE {
        assert_eq!(ann.refused(&another_code(&ann.code)).await, GiveCodeError::WrongCode);
    }
    let error = ann.refused(&ann.code).await;
    assert_eq!((error, code(error)), (GiveCodeError::NoneOutstanding, ErrorCode::CodeNotSet));
    assert_eq!(ann.misses(), (5, 5), "what cannot be right is not counted");
}

#[tokio::test]
async fn a_code_is_good_once_and_until_its_time_is_over() {
    let ann = Ann::new().await;
    ann.service.clock.advance(ann.service.policy.challenge_lifetimes.code - MOMENT);
    ann.give(&ann.code).await.expect("a temp token");
    assert_eq!(ann.refused(&ann.code).await, GiveCodeError::NoneOutstanding);

    let late = Ann::new().await;
    late.service.clock.advance(late.service.policy.challenge_lifetimes.code);
    assert_eq!(late.refused(&late.code).await, GiveCodeError::NoneOutstanding);
}

#[tokio::test]
async fn a_code_that_another_one_replaced_is_gone() {
    let ann = Ann::new().await;
    ann.service.clock.advance(MINUTE);
    ann.service.ask_for_reset(ANN).await;
    let error = ann.refused(&ann.code).await;
    assert_eq!((error, code(error)), (GiveCodeError::ChallengeGone, ErrorCode::CodeNotSet));
}

#[tokio::test]
async fn a_code_of_another_purpose_is_not_taken() {
    let ann = Ann::new().await;
    let (purpose, key_id) = (ChallengePurpose::VerifyEmail, ann.service.keys.newest());
    let challenge = Challenge { purpose, key_id, ..fixtures::challenge(Some(&ann.account)) };
    let challenge = ann.service.insert_challenge(challenge);
    let step = ann.service.forged_step(&challenge, TempStep::GivePasswordResetCode);
    let answer = give(&ann.service, &step, &derived(&ann.service, &challenge)).await;
    assert_eq!(answer, Err(GiveCodeError::NoneOutstanding.into()));
}

#[tokio::test]
async fn a_code_whose_master_key_is_gone_is_not_outstanding() {
    let ann = Ann::new().await;
    ann.service.keys.rotate();
    ann.service.keys.forget_older();
    assert_eq!(ann.refused(&ann.code).await, GiveCodeError::NoneOutstanding);
}

#[tokio::test]
async fn a_change_of_password_overtakes_a_code_but_only_the_right_one_tells() {
    let ann = Ann::new().await;
    ann.service.set_password(&ann.account, "another horse").await;
    assert_eq!(ann.refused(&another_code(&ann.code)).await, GiveCodeError::WrongCode);
    let error = ann.refused(&ann.code).await;
    assert_eq!((error, code(error)), (GiveCodeError::Overtaken, ErrorCode::Unauthorized));
}

#[tokio::test]
async fn only_the_right_code_tells_that_the_account_is_blocked_and_only_where_that_may_be_told() {
    for (disclosure, told) in [
        (Disclosure::Explicit, (GiveCodeError::Blocked(Blocked::Suspended), ErrorCode::AccountSuspended)),
        (Disclosure::Concealed, (GiveCodeError::WrongCode, ErrorCode::OtpInvalid)),
    ] {
        let ann = Ann::new().await;
        let service = ann.service.under(Policy { disclosure, ..Policy::for_tests() });
        let admin = service.operator.operator.as_admin();
        service.use_cases.suspend_account.suspend(&admin, ann.account.id, &client()).await.expect("the account");
        let ann = Ann { service, ..ann };
        assert_eq!(ann.refused(&another_code(&ann.code)).await, GiveCodeError::WrongCode);
        let error = ann.refused(&ann.code).await;
        assert_eq!((error, code(error)), told, "{disclosure:?}");
    }
}

#[tokio::test]
async fn a_code_proves_no_other_address_than_the_one_it_was_mailed_to() {
    let ann = Ann::new().await;
    ann.service.change_email(&ann.account, "other@example.org");
    assert_eq!(ann.refused(&ann.code).await, GiveCodeError::NoneOutstanding);
    ann.service.change_email(&ann.account, "ANN@example.org");
    ann.give(&ann.code).await.expect("the same address in another spelling");
}

#[tokio::test]
async fn where_there_is_nobody_no_code_is_right() {
    let service = TestService::with_policy(Policy { disclosure: Disclosure::Concealed, ..Policy::for_tests() });
    service.insert_linked("bob@example.org", "bob");
    for email in [ANN, "bob@example.org"] {
        let step = service.ask_for_reset(email).await;
        let challenge = service.store.challenges().pop().expect("a challenge");
        let answer = give(&service, &step, &derived(&service, &challenge)).await;
        assert_eq!(answer, Err(GiveCodeError::WrongCode.into()));
        let misses = service.store.rate_limit(by_address(email), &RateLimitKind::MailedCodeMisses);
        assert_eq!(misses.count, 1, "and it counts as for anybody");
    }
}

#[tokio::test]
async fn twenty_five_wrong_codes_a_day_are_one_too_many_whatever_is_given_then() {
    let ann = Ann::new().await;
    ann.missed_today(24);
    assert_eq!(ann.refused(&another_code(&ann.code)).await, GiveCodeError::WrongCode);
    for given in [&ann.code, &another_code(&ann.code)] {
        let error = ann.refused(given).await;
        assert_eq!(error, GiveCodeError::RateLimited(RateLimited { retry_after: DAY }));
        assert_eq!((code(error), wait(error)), (ErrorCode::RateLimited, DAY));
    }
    assert_eq!(ann.misses(), (25, 1), "what is not judged is not counted");
    ann.service.clock.advance(DAY - MOMENT);
    ann.service.ask_for_reset(ANN).await;
    let step = ann.service.latest_step();
    let fresh = ann.service.mailed_code(ANN).await;
    let limited = GiveCodeError::RateLimited(RateLimited { retry_after: MOMENT });
    assert_eq!(give(&ann.service, &step, &fresh).await, Err(limited.into()));
    ann.service.clock.advance(MOMENT);
    give(&ann.service, &step, &fresh).await.expect("another day");
}

#[tokio::test]
async fn of_two_who_give_the_right_code_at_once_one_may_set_the_password() {
    let ann = Ann::new().await;
    let (step, code) = (ann.step, ann.code.clone());
    ann.service.before_next_commit(async move |service| {
        give(&service, &step, &code).await.expect("a temp token");
    });
    assert_eq!(ann.refused(&ann.code).await, GiveCodeError::NoneOutstanding);
}

#[tokio::test]
async fn a_right_code_is_judged_again_after_the_wrong_ones_that_were_first() {
    for (misses, accepted) in [(MISSES_PER_CODE - 1, true), (MISSES_PER_CODE, false)] {
        let ann = Ann::new().await;
        let (step, wrong) = (ann.step, another_code(&ann.code));
        ann.service.before_next_commit(async move |service| {
            for _ in 0..misses {
                assert_eq!(give(&service, &step, &wrong).await, Err(GiveCodeError::WrongCode.into()));
            }
        });
        assert_eq!(ann.give(&ann.code).await.is_ok(), accepted, "after {misses} wrong ones");
        assert!(!ann.service.store.has_trouble_left());
    }
}

#[tokio::test]
async fn the_days_limit_holds_for_a_right_code_that_races_the_wrong_ones_of_another() {
    let ann = Ann::new().await;
    let asked = ann.service.use_cases.lost_password.execute(ANN, &fixtures::client(2)).await;
    let (other, wrong) = (ann.service.step(&asked.expect("a temp token")), another_code(&ann.code));
    ann.missed_today(24);
    ann.service.before_next_commit(async move |service| {
        assert_eq!(give(&service, &other, &wrong).await, Err(GiveCodeError::WrongCode.into()));
    });
    assert_eq!(ann.refused(&ann.code).await, GiveCodeError::RateLimited(RateLimited { retry_after: DAY }));
}

#[tokio::test]
async fn of_two_wrong_codes_at_once_both_are_counted_unless_there_was_one_try_left() {
    for (before, second) in
        [(23, GiveCodeError::WrongCode), (24, GiveCodeError::RateLimited(RateLimited { retry_after: DAY }))]
    {
        let ann = Ann::new().await;
        ann.missed_today(before);
        let (step, wrong) = (ann.step, another_code(&ann.code));
        ann.service.before_next_commit(async move |service| {
            assert_eq!(give(&service, &step, &wrong).await, Err(GiveCodeError::WrongCode.into()));
        });
        assert_eq!(ann.refused(&another_code(&ann.code)).await, second);
        assert_eq!(ann.misses(), (25, 25 - before));
    }
}

#[tokio::test]
async fn an_account_that_is_deleted_in_that_moment_takes_its_code_along() {
    let ann = Ann::new().await;
    let account = ann.account.clone();
    ann.service.before_next_commit(async move |service| service.delete(&account));
    assert_eq!(ann.refused(&ann.code).await, GiveCodeError::ChallengeGone);
}

#[tokio::test]
async fn whoever_loses_every_race_is_to_try_again_later() {
    let ann = Ann::new().await;
    ann.service.lose_every_round(Guard::ChallengeUnchanged);
    assert_eq!(ann.refused(&ann.code).await, GiveCodeError::Store(StoreError::Unavailable));
    assert!(!ann.service.store.has_trouble_left());
    assert_eq!(ann.misses(), (0, 0));
}

#[tokio::test]
async fn whichever_call_to_the_database_fails_the_code_stays_good() {
    let tried = with_each_call_failing(
        StoreError::Unavailable,
        Ann::prepared,
        async |_, ann| ann.give(&ann.code).await,
        async |_, ann, answer| {
            let error = answer.expect_err("a failure");
            assert_eq!(error, VerifyCodeError::Code(GiveCodeError::Store(StoreError::Unavailable)));
            assert_eq!(code(error), ErrorCode::Unavailable);
            ann.give(&ann.code).await.expect("a temp token");
        },
    );
    assert_eq!(tried.await, 4, "the challenge, the network, the limit, the commit");
}
