//! Having the code of a login mailed.

use std::time::Duration;

use auth_domain::challenge::{ChallengePurpose, ChallengeState};
use auth_domain::error_code::ErrorCode;
use auth_domain::ports::{Guard, StoreError};
use auth_domain::rate_limit::RateLimited;
use auth_domain::temp_token::TempStep;
use auth_domain::two_factor::Method;
use auth_domain::use_cases::{FinishLoginError, MethodUnusable, PendingStep};
use auth_testkit::test_service::{TestService, client, with_each_call_failing};

use super::{Waiting, give, mailed};
use crate::ann::ANN;
use crate::{MOMENT, code, wait};

const MINUTE: Duration = Duration::from_secs(60);

impl Waiting {
    /// For a code of her app, which is offered first, or for a mailed one.
    async fn for_either() -> Self {
        Self::after(|service, ann| service.enable_email_factor(&service.enable_app(ann))).await
    }

    async fn send(&self) -> Result<(), FinishLoginError> {
        send(&self.service, &self.step).await
    }

    fn state(&self) -> ChallengeState {
        self.service.store.challenges_for(ChallengePurpose::TwoFactorLogin)[0].state
    }
}

async fn send(service: &TestService, step: &PendingStep) -> Result<(), FinishLoginError> {
    service.use_cases.finish_login.send_code(step, &client()).await
}

#[tokio::test]
async fn a_code_is_mailed_to_whoever_asks_for_it() {
    let waiting = Waiting::for_either().await;
    assert_eq!(waiting.state(), ChallengeState::NotSent, "the app comes first");
    assert_eq!(waiting.send().await, Ok(()));
    let code_expires_at = waiting.service.now() + waiting.service.policy.challenge_lifetimes.code;
    assert_eq!(waiting.state(), ChallengeState::CodeSent { send_number: 1, code_expires_at, misses: 0 });
    assert_eq!(waiting.service.mails_for_owner(&waiting.ann), 1);
    let given = waiting.mailed_code().await;
    waiting.give(&given).await.expect("a session");
}

#[tokio::test]
async fn another_code_comes_after_a_minute_and_voids_the_one_before() {
    let waiting = Waiting::for_mail().await;
    let first = waiting.mailed_code().await;
    let error = waiting.send().await.expect_err("too soon");
    assert_eq!(error, FinishLoginError::RateLimited(RateLimited { retry_after: MINUTE }));
    assert_eq!((code(error), wait(error)), (ErrorCode::RateLimited, MINUTE));
    waiting.service.clock.advance(MINUTE - MOMENT);
    assert_eq!(waiting.send().await, Err(FinishLoginError::RateLimited(RateLimited { retry_after: MOMENT })));
    assert_eq!(waiting.service.mails_for_owner(&waiting.ann), 1);
    waiting.service.clock.advance(MOMENT);
    assert_eq!(waiting.send().await, Ok(()));
    assert_eq!(waiting.service.mails_for_owner(&waiting.ann), 2);
    assert_eq!(waiting.refused(&first).await, FinishLoginError::WrongCode);
    let second = waiting.mailed_code().await;
    waiting.give(&second).await.expect("a session");
}

#[tokio::test]
async fn another_code_bears_five_wrong_ones_anew() {
    let waiting = Waiting::for_mail().await;
    for _ in 0..5 {
        assert_eq!(waiting.refused(&mailed("")).await, FinishLoginError::WrongCode);
    }
    waiting.service.clock.advance(MINUTE);
    assert_eq!(waiting.send().await, Ok(()));
    let given = waiting.mailed_code().await;
    waiting.give(&given).await.expect("a session");
}

#[tokio::test]
async fn twenty_mails_an_hour_over_all_tokens() {
    let waiting = Waiting::for_mail().await;
    for _ in 1..20 {
        waiting.service.begin_login(ANN).await;
    }
    waiting.service.clock.advance(MINUTE);
    let mails = waiting.service.store.owed_mails().len();
    let error = waiting.send().await.expect_err("too many");
    let retry_after = 59 * MINUTE;
    assert_eq!(error, FinishLoginError::RateLimited(RateLimited { retry_after }));
    waiting.service.clock.advance(retry_after - MOMENT);
    assert_eq!(wait(waiting.send().await.expect_err("too many")), MOMENT);
    assert_eq!(waiting.service.store.owed_mails().len(), mails);
    waiting.service.clock.advance(MOMENT);
    assert_eq!(waiting.send().await, Ok(()));
    assert_eq!(waiting.service.store.owed_mails().len(), mails + 1);
}

#[tokio::test]
async fn no_code_is_mailed_where_that_method_is_not_enabled() {
    let waiting = Waiting::for_app().await;
    assert_eq!(waiting.send().await, Err(MethodUnusable::NotSet.into()));
    let waiting = Waiting::for_either().await;
    waiting.service.put_two_factor(&waiting.ann, |methods, _| methods.disable(Method::Email).expect("mail"));
    assert_eq!(waiting.send().await, Err(MethodUnusable::Disabled.into()));
    assert_eq!(waiting.service.mails_for_owner(&waiting.ann), 0);
}

#[tokio::test]
async fn where_there_is_an_app_a_mailed_code_is_no_second_proof_of_reading_the_mail() {
    let waiting = Waiting::for_either().await;
    for step in [TempStep::GiveSecondFactorAfterReset, TempStep::GiveSecondFactorAfterAddress] {
        let step = waiting.service.forged_step(&waiting.challenges()[0], step);
        assert_eq!(send(&waiting.service, &step).await, Err(MethodUnusable::Disabled.into()));
        let answer = give(&waiting.service, &step, &mailed("123456")).await;
        assert_eq!(answer, Err(MethodUnusable::Disabled.into()));
    }
    assert_eq!(waiting.service.mails_for_owner(&waiting.ann), 0);
    assert_eq!(waiting.service.second_factor_misses(&waiting.ann), 0, "it is no guess");
}

#[tokio::test]
async fn of_two_who_ask_at_once_one_gets_a_mail() {
    let waiting = Waiting::for_either().await;
    let step = waiting.step;
    waiting.service.before_next_commit(async move |service| {
        send(&service, &step).await.expect("a mail");
    });
    let error = waiting.send().await;
    assert_eq!(error, Err(FinishLoginError::RateLimited(RateLimited { retry_after: MINUTE })));
    assert_eq!(waiting.service.mails_for_owner(&waiting.ann), 1);

    waiting.service.clock.advance(MINUTE);
    waiting.service.lose_every_round(Guard::ChallengeUnchanged);
    assert_eq!(waiting.send().await, Err(StoreError::Unavailable.into()), "a race without end");
}

#[tokio::test]
async fn whichever_call_to_the_database_fails_nothing_is_mailed() {
    let tried = with_each_call_failing(
        StoreError::Failed,
        async || {
            let waiting = Waiting::for_either().await;
            (waiting.service.clone(), waiting)
        },
        async |_, waiting| waiting.send().await,
        async |service, waiting, answer| {
            assert_eq!(answer, Err(StoreError::Failed.into()));
            assert_eq!(code(FinishLoginError::from(StoreError::Failed)), ErrorCode::InternalServerError);
            assert_eq!((waiting.state(), service.mails_for_owner(&waiting.ann)), (ChallengeState::NotSent, 0));
        },
    );
    assert_eq!(tried.await, 3, "the challenge, the limit, the commit");
}
