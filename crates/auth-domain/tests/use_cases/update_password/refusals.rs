//! What sets no password.

use std::time::Duration;

use auth_domain::account::{Password, PasswordReason};
use auth_domain::audience::Audience;
use auth_domain::challenge::{Challenge, ChallengePurpose, ChallengeState};
use auth_domain::error_code::{Details, ErrorCode, Refusal};
use auth_domain::mail::NoticeKind;
use auth_domain::ports::{Guard, HashingError, NoSigningKey, StoreError};
use auth_domain::rate_limit::{AttemptSubject, RateLimitKind};
use auth_domain::temp_token::TempStep;
use auth_domain::use_cases::{PasswordUpdated, UpdatePasswordError, UpdatePasswordRequest};
use auth_testkit::fixtures;
use auth_testkit::test_service::{client, with_each_call_failing};

use super::{ANN, Ann, NEW, update};
use crate::{code, wait};

const SECOND: Duration = Duration::from_secs(1);
const HOUR: Duration = Duration::from_secs(3_600);

#[tokio::test]
async fn a_token_of_another_step_sets_no_password() {
    let ann = Ann::new().await;
    let challenge = ann.service.store.challenges_for(ChallengePurpose::PasswordReset).pop().expect("a challenge");
    for (step, expected, expected_code) in [
        (TempStep::GivePasswordResetCode, UpdatePasswordError::NotVerified, ErrorCode::Unauthorized),
        (TempStep::GiveVerifyEmailCode, UpdatePasswordError::WrongToken, ErrorCode::TempTokenInvalid),
        (TempStep::GiveSecondFactor, UpdatePasswordError::WrongToken, ErrorCode::TempTokenInvalid),
    ] {
        let error = update(&ann.service, &ann.service.forged_step(&challenge, step), NEW).await.expect_err("a refusal");
        assert_eq!((error.clone(), code(error)), (expected, expected_code));
    }
    ann.assert_unchanged().await;
}

#[tokio::test]
async fn a_token_is_good_for_a_reset_whose_code_was_given() {
    let ann = Ann::new().await;
    let inserted = |account, purpose, state| {
        ann.service.insert_challenge(Challenge { purpose, state, ..fixtures::challenge(account) })
    };
    let (reset, given) = (ChallengePurpose::PasswordReset, ChallengeState::CodeGiven);
    let challenges = [
        fixtures::challenge(Some(&ann.account)),
        inserted(Some(&ann.account), reset, ChallengeState::NotSent),
        inserted(Some(&ann.account), ChallengePurpose::VerifyEmail, given),
        inserted(None, reset, given),
    ];
    for challenge in challenges {
        let answer = update(&ann.service, &ann.service.forged_step(&challenge, TempStep::SetPassword), NEW).await;
        assert_eq!(answer, Err(UpdatePasswordError::WrongToken));
    }
    ann.assert_unchanged().await;
    ann.logged_in().await;
    assert_eq!(ann.update("a third horse").await, Err(UpdatePasswordError::WrongToken), "it is used up");
}

#[tokio::test]
async fn a_reset_that_was_overtaken_sets_no_password() {
    let by_password = Ann::new().await;
    by_password.service.set_password(&by_password.account, "a third horse").await;
    let by_address = Ann::new().await;
    by_address.service.change_email(&by_address.account, "other@example.org");
    for ann in [by_password, by_address] {
        let (before, calls) = (ann.now(), ann.service.passwords.calls());
        let error = ann.refused().await;
        assert_eq!((error.clone(), code(error)), (UpdatePasswordError::Overtaken, ErrorCode::Unauthorized));
        assert_eq!((ann.now(), ann.service.passwords.calls()), (before, calls), "nothing is hashed");
    }
}

#[tokio::test]
async fn an_account_without_a_password_gets_none() {
    let ann = Ann::new().await;
    let bob = ann.service.insert_linked("bob@example.org", "bob");
    let challenge = Challenge { state: ChallengeState::CodeGiven, ..fixtures::challenge(Some(&bob)) };
    let challenge = ann.service.insert_challenge(challenge);
    let answer = update(&ann.service, &ann.service.forged_step(&challenge, TempStep::SetPassword), NEW).await;
    let error = answer.expect_err("a refusal");
    assert_eq!((error.clone(), code(error)), (UpdatePasswordError::NoPassword, ErrorCode::UserLinked));
    assert_eq!(ann.service.account(&bob), bob);
}

#[tokio::test]
async fn a_password_that_does_not_do_leaves_the_token_good() {
    let ann = Ann::new().await;
    let calls = ann.service.passwords.calls();
    let (password, confirm_password) = (Password::new(NEW), Password::new("a third horse"));
    let request = UpdatePasswordRequest { password, confirm_password, audience: Audience::Default, client: client() };
    let error = ann.service.use_cases.update_password.execute(&ann.step, request).await.expect_err("a refusal");
    assert_eq!((error.clone(), code(error)), (UpdatePasswordError::UnmatchedPasswords, ErrorCode::UnmatchedPasswords));
    for (text, reason) in [("short", PasswordReason::TooShort), (ANN, PasswordReason::SameAsEmail)] {
        let error = ann.update(text).await.expect_err("a refusal");
        assert_eq!(error, UpdatePasswordError::WeakPassword(vec![reason]));
        let details = Details::PasswordReasons(vec![reason]);
        assert_eq!(Refusal::from(error), Refusal { code: ErrorCode::PasswordPolicy, details });
    }
    assert_eq!(ann.service.passwords.calls(), calls, "nothing was hashed");
    ann.assert_unchanged().await;
    ann.logged_in().await;
}

#[tokio::test]
async fn without_a_hash_or_a_signing_key_the_token_stays_good() {
    let ann = Ann::new().await;
    for (failure, expected) in [
        (HashingError::Overloaded { retry_after: SECOND }, ErrorCode::Overloaded),
        (HashingError::Broken("of whatever"), ErrorCode::InternalServerError),
    ] {
        ann.service.passwords.fail_next(failure);
        let error = ann.refused().await;
        assert_eq!((error.clone(), code(error)), (UpdatePasswordError::Hashing(failure), expected));
    }
    ann.service.access_tokens.set_signing_key(false);
    let error = ann.refused().await;
    assert_eq!((error.clone(), code(error)), (UpdatePasswordError::NoSigningKey(NoSigningKey), ErrorCode::Unavailable));
    ann.assert_unchanged().await;
    ann.service.access_tokens.set_signing_key(true);
    ann.logged_in().await;
}

#[tokio::test]
async fn where_codes_by_mail_come_next_and_none_may_be_mailed_the_login_begins_all_the_same() {
    let ann = Ann::after(async |service, ann| {
        service.enable_email_factor(&service.prove_email(&ann));
        service.set_count(AttemptSubject::Account(ann.id), &RateLimitKind::MailsForOwner, 20);
    });
    let ann = ann.await;
    let Ok(PasswordUpdated::SecondFactorRequired(required)) = ann.update(NEW).await else { panic!("a factor") };
    let step = ann.service.step(&required.token);
    let error = ann.service.use_cases.finish_login.send_code(&step, &client()).await.expect_err("too many");
    assert_eq!((code(error), wait(error)), (ErrorCode::RateLimited, HOUR));
}

#[tokio::test]
async fn of_two_who_use_a_token_at_once_one_sets_the_password() {
    let ann = Ann::proved().await;
    let step = ann.step;
    ann.service.before_next_commit(async move |service| {
        update(&service, &step, "a third horse").await.expect("a session");
    });
    assert_eq!(ann.refused().await, UpdatePasswordError::WrongToken);
    assert_eq!(ann.service.store.notices_to(&ann.account.email), [NoticeKind::PasswordReset]);
    assert_eq!(ann.service.store.sessions().len(), 1);
}

#[tokio::test]
async fn a_reset_that_races_another_change_of_the_account_is_decided_on_what_that_left() {
    let ann = Ann::after(async |service, ann| drop(service.enable_app(&ann))).await;
    let account = ann.account.clone();
    ann.service.before_next_commit(async move |service| drop(service.prove_email(&account)));
    let answer = ann.update(NEW).await;
    assert!(!ann.service.store.has_trouble_left());
    assert!(matches!(answer, Ok(PasswordUpdated::SecondFactorRequired(_))), "{answer:?}");
    assert_eq!(ann.now().two_factor, ann.account.two_factor, "the owner had proved the address by then");
}

#[tokio::test]
async fn a_reset_that_races_a_change_of_password_or_a_deletion_sets_no_password() {
    for (deleted, expected) in [(false, UpdatePasswordError::Overtaken), (true, UpdatePasswordError::WrongToken)] {
        let ann = Ann::new().await;
        let account = ann.account.clone();
        ann.service.before_next_commit(async move |service| {
            if deleted { service.delete(&account) } else { drop(service.set_password(&account, "a third horse").await) }
        });
        assert_eq!(ann.refused().await, expected);
        assert_eq!(ann.service.store.sessions(), []);
        assert_eq!(ann.service.store.notices_to(&ann.account.email), []);
    }
}

#[tokio::test]
async fn whoever_loses_every_race_is_to_try_again_later() {
    let ann = Ann::new().await;
    ann.service.lose_every_round(Guard::AccountUnchanged);
    let error = ann.refused().await;
    assert_eq!(
        (error.clone(), code(error)),
        (UpdatePasswordError::Store(StoreError::Unavailable), ErrorCode::Unavailable)
    );
    assert!(!ann.service.store.has_trouble_left());
    ann.assert_unchanged().await;
}

#[tokio::test]
async fn whichever_call_to_the_database_fails_the_token_stays_good() {
    for (proved, with_email_factor, calls) in [(false, false, 2), (true, false, 3), (true, true, 4)] {
        let tried = with_each_call_failing(
            StoreError::Refused,
            async || {
                let ann = if proved { Ann::proved().await } else { Ann::new().await };
                if with_email_factor {
                    ann.service.enable_email_factor(&ann.account);
                }
                (ann.service.clone(), ann)
            },
            async |_, ann| ann.update(NEW).await,
            async |_, ann, answer| {
                assert_eq!(answer, Err(UpdatePasswordError::Store(StoreError::Refused)));
                ann.assert_unchanged().await;
                ann.update(NEW).await.expect("the token is still good");
            },
        );
        assert_eq!(tried.await, calls, "the challenge, the limits that count, the commit");
    }
}
