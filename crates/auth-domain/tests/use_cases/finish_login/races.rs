//! What others do between reading and committing.

use auth_domain::error_code::ErrorCode;
use auth_domain::ports::{CommitError, Guard, StoreError};
use auth_domain::two_factor::Method;
use auth_domain::use_cases::{FinishLoginError, MethodUnusable, SecondFactor};
use auth_testkit::test_service::another_code;

use super::{Waiting, app, give, mailed, recovery};
use crate::ann::ANN;
use crate::code;

impl Waiting {
    /// Somebody with another token of the account gives that first.
    async fn after_another_login_with(&self, given: &SecondFactor) {
        let (step, given) = (self.service.begin_login(ANN).await, given.clone());
        self.service.before_next_commit(async move |service| {
            give(&service, &step, &given).await.expect("a session");
        });
    }

    /// Somebody with the same token gives a wrong code that often first.
    fn after_misses(&self, wrong: SecondFactor, misses: usize) {
        let step = self.step;
        self.service.before_next_commit(async move |service| {
            for _ in 0..misses {
                assert_eq!(give(&service, &step, &wrong).await, Err(FinishLoginError::WrongCode));
            }
        });
    }

    async fn lost(&self, given: &SecondFactor) -> FinishLoginError {
        let error = self.give(given).await.expect_err("a refusal");
        assert!(!self.service.store.has_trouble_left());
        error
    }

    fn sessions(&self) -> usize {
        self.service.store.sessions_of(self.ann.id).len()
    }
}

#[tokio::test]
async fn of_two_logins_with_the_same_code_of_the_app_one_opens_a_session() {
    let waiting = Waiting::for_app().await;
    let given = waiting.app_code();
    waiting.after_another_login_with(&given).await;
    assert_eq!(waiting.lost(&given).await, FinishLoginError::WrongCode);
    assert_eq!((waiting.sessions(), waiting.service.second_factor_misses(&waiting.ann)), (1, 1));
    assert_eq!(waiting.challenges().len(), 1, "its token is still good");
}

#[tokio::test]
async fn of_two_logins_with_the_same_recovery_code_one_opens_a_session() {
    let waiting = Waiting::for_app().await;
    let (_, codes) = waiting.service.give_recovery_codes(&waiting.ann);
    let given = recovery(&codes[0]);
    waiting.after_another_login_with(&given).await;
    assert_eq!(waiting.lost(&given).await, FinishLoginError::WrongCode);
    assert_eq!((waiting.sessions(), waiting.service.second_factor_misses(&waiting.ann)), (1, 1));
}

#[tokio::test]
async fn two_logins_with_different_recovery_codes_both_open_a_session() {
    let waiting = Waiting::for_app().await;
    let (ann, codes) = waiting.service.give_recovery_codes(&waiting.ann);
    waiting.after_another_login_with(&recovery(&codes[0])).await;
    waiting.give(&recovery(&codes[1])).await.expect("a session");
    assert_eq!(waiting.sessions(), 2);
    assert_eq!(waiting.service.account(&ann).two_factor.recovery_codes.len(), codes.len() - 2, "neither comes back");
}

#[tokio::test]
async fn one_token_opens_one_session() {
    let waiting = Waiting::for_app().await;
    let (_, codes) = waiting.service.give_recovery_codes(&waiting.ann);
    let (step, given) = (waiting.step, recovery(&codes[0]));
    waiting.service.before_next_commit(async move |service| {
        give(&service, &step, &given).await.expect("a session");
    });
    assert_eq!(waiting.lost(&waiting.app_code()).await, FinishLoginError::WrongToken);
    assert_eq!(waiting.sessions(), 1);
    assert_eq!(waiting.service.store.used_totp_steps(waiting.ann.id), [], "the code of the app is not used up");
}

#[tokio::test]
async fn a_mailed_code_is_judged_again_after_the_misses_that_were_first() {
    for misses in [4, 5] {
        let waiting = Waiting::for_mail().await;
        let right = waiting.service.mailed_code(ANN).await;
        waiting.after_misses(mailed(&another_code(&right)), misses);
        let answer = waiting.give(&mailed(&right)).await;
        match misses {
            4 => assert!(answer.is_ok(), "{answer:?}"),
            _ => assert_eq!(answer, Err(FinishLoginError::WrongCode), "its tries are spent"),
        }
        assert_eq!(waiting.sessions(), usize::from(misses == 4));
    }
}

#[tokio::test]
async fn the_limit_holds_for_guesses_at_once() {
    for (misses, limited) in [(24, false), (25, true)] {
        let waiting = Waiting::for_app().await;
        waiting.after_misses(app(""), misses);
        let answer = waiting.give(&waiting.app_code()).await;
        match answer {
            Ok(_) => assert!(!limited),
            Err(error) => assert_eq!((code(error), limited), (ErrorCode::RateLimited, true)),
        }
        assert_eq!(waiting.service.second_factor_misses(&waiting.ann), u32::try_from(misses).expect("a few"));
    }
}

#[tokio::test]
async fn a_wrong_code_is_counted_once_when_another_was_first() {
    let waiting = Waiting::for_app().await;
    waiting.after_misses(app(""), 1);
    assert_eq!(waiting.lost(&app("")).await, FinishLoginError::WrongCode);
    assert_eq!(waiting.service.second_factor_misses(&waiting.ann), 2);
}

#[tokio::test]
async fn a_method_that_is_disabled_meanwhile_answers_nothing() {
    let waiting = Waiting::for_app().await;
    let ann = waiting.ann.clone();
    waiting.service.before_next_commit(async move |service| {
        service.put_two_factor(&ann, |methods, _| methods.disable(Method::App).expect("an app"));
    });
    assert_eq!(waiting.lost(&waiting.app_code()).await, MethodUnusable::Disabled.into());
    assert_eq!(waiting.sessions(), 0);
}

#[tokio::test]
async fn a_change_of_password_meanwhile_voids_the_token() {
    let waiting = Waiting::for_app().await;
    let ann = waiting.ann.clone();
    waiting.service.before_next_commit(async move |service| {
        service.set_password(&ann, "another horse").await;
    });
    assert_eq!(waiting.lost(&waiting.app_code()).await, FinishLoginError::WrongToken);
    assert_eq!(waiting.sessions(), 0);
}

#[tokio::test]
async fn whoever_never_wins_is_told_to_come_back() {
    let waiting = Waiting::for_app().await;
    waiting.service.lose_every_round(Guard::LimitUnchanged);
    let error = waiting.lost(&waiting.app_code()).await;
    assert_eq!((error, code(error)), (StoreError::Unavailable.into(), ErrorCode::Unavailable));
    assert_eq!(waiting.sessions(), 0);
}

#[tokio::test]
async fn a_commit_that_the_database_undid_is_made_again() {
    let waiting = Waiting::for_app().await;
    waiting.service.store.refuse_next_commit(CommitError::Conflict(Guard::Alone));
    waiting.give(&waiting.app_code()).await.expect("a session");
    assert_eq!(waiting.sessions(), 1);
}
