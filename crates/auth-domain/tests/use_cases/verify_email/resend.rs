//! Having the code mailed again.

use std::time::Duration;

use auth_domain::challenge::{Challenge, ChallengePurpose, Challenged};
use auth_domain::disclosure::Disclosure;
use auth_domain::error_code::ErrorCode;
use auth_domain::ports::Change;
use auth_domain::rate_limit::RateLimited;
use auth_domain::temp_token::{IssuedTempToken, TempStep};
use auth_domain::use_cases::{AddressOwner, GiveCodeError, Policy, RegisterRequest, Resent, VerifyEmailError};
use auth_testkit::fixtures;
use auth_testkit::test_service::{TestService, client, register_request};

use super::{ANN, Ann, code_refused, error_of, verified_first};
use crate::{MOMENT, code, wait};

const MINUTE: Duration = Duration::from_secs(60);

const fn limited(retry_after: Duration) -> VerifyEmailError {
    VerifyEmailError::RateLimited(RateLimited { retry_after })
}

#[tokio::test]
async fn another_code_replaces_the_one_before() {
    for index in [0, 1] {
        let ann = Ann::new().await;
        ann.service.clock.advance(MINUTE);
        let owner = &ann.owners().await[index];
        let Ok(Resent::CodeSent(token)) = ann.resend(owner).await else { panic!("a code") };
        assert_eq!(token.is_some(), index == 1, "whoever asks with a temp token gets another");
        if let Some(token) = token {
            assert_eq!(ann.service.step(&token).step(), TempStep::GiveVerifyEmailCode);
            assert_eq!(token.expires_in, ann.service.policy.challenge_lifetimes.temp);
        }
        assert_eq!(ann.mails(), 1);
        let fresh = ann.service.mailed_code(ANN).await;
        assert_ne!(fresh, ann.code);
        assert_eq!(ann.verify(owner, &ann.code).await, Err(code_refused(GiveCodeError::WrongCode)));
        ann.verify(owner, &fresh).await.expect("a proof");
    }
}

#[tokio::test]
async fn where_no_code_to_this_address_is_left_a_new_challenge_begins() {
    for index in [0, 1] {
        let ann = Ann::new().await;
        let owner = &ann.owners().await[index];
        let to_another = ann.challenge().expect("a challenge").id;
        let changed = ann.service.change_email(&ann.account, "other@example.org");
        assert!(matches!(ann.resend(owner).await, Ok(Resent::CodeSent(_))));
        let challenge = ann.challenge().expect("a challenge");
        assert!(challenge.id != to_another && challenge.challenged == Challenged::of(&changed));
        let code = ann.service.mailed_code("other@example.org").await;
        ann.verify(&ann.session().await, &code).await.expect("a proof");
    }
    let ann = Ann::new().await;
    let id = ann.account.id;
    ann.service.store.commit_now(vec![Change::ForgetChallengesOf(id)]).expect("no challenge");
    assert_eq!(ann.resend(&ann.session().await).await, Ok(Resent::CodeSent(None)));
    assert_eq!(ann.resend(&ann.temp()).await, Err(VerifyEmailError::WrongToken), "it named a challenge");
}

#[tokio::test]
async fn an_address_that_is_proved_needs_no_code() {
    let ann = Ann::new().await;
    let proved = ann.service.prove_email(&ann.account);
    let session = AddressOwner::Session(Box::new(ann.service.caller(&proved).await));
    let commits = ann.service.store.commits().len();
    assert_eq!(ann.resend(&session).await, Ok(Resent::AlreadyVerified(Box::new(proved))));
    assert_eq!(ann.resend(&ann.temp()).await, Err(VerifyEmailError::WrongToken), "its step was taken");
    assert_eq!((ann.service.store.commits().len(), ann.mails()), (commits, 0));
}

#[tokio::test]
async fn whoever_registered_with_a_concealed_address_is_answered_like_its_owner() {
    let policy = Policy { disclosure: Disclosure::Concealed, ..verified_first() };
    let service = TestService::with_policy(policy);
    service.register(ANN).await;
    service.deliver_mails().await;
    let again = RegisterRequest { client: fixtures::client(2), ..register_request(ANN) };
    let token = service.use_cases.register.execute(again).await.expect("as if").temp_token.expect("a temp token");
    service.deliver_mails().await;
    let (sent, owner) = (service.mailer.sent().len(), AddressOwner::Temp(service.step(&token)));
    let resent = service.use_cases.verify_email.resend(&owner, &fixtures::client(2)).await;
    assert!(matches!(resent, Ok(Resent::CodeSent(Some(IssuedTempToken { .. })))), "{resent:?}");
    assert_eq!(service.deliver_mails().await.len(), sent, "a mail to nobody is none");
    let answer = service.use_cases.verify_email.execute(&owner, "000000", &client()).await;
    assert_eq!(answer, Err(code_refused(GiveCodeError::WrongCode)));
}

#[tokio::test]
async fn nobodys_challenge_without_a_code_is_not_sent_again() {
    let ann = Ann::new().await;
    let purpose = ChallengePurpose::VerifyEmail;
    let challenge = ann.service.insert_challenge(Challenge { purpose, ..fixtures::challenge(None).not_sent() });
    let owner = AddressOwner::Temp(ann.service.forged_step(&challenge, TempStep::GiveVerifyEmailCode));
    assert_eq!(ann.resend(&owner).await, Err(VerifyEmailError::WrongToken));
    assert_eq!(ann.mails(), 0);
}

#[tokio::test]
async fn one_mail_a_minute_can_be_asked_for() {
    let ann = Ann::new().await;
    for owner in ann.owners().await {
        ann.resend(&owner).await.expect("a code");
        ann.service.clock.advance(MINUTE - MOMENT);
        let error = ann.resend(&owner).await.expect_err("a refusal");
        assert_eq!((error, code(error), wait(error)), (limited(MOMENT), ErrorCode::RateLimited, MOMENT));
        ann.service.clock.advance(MOMENT);
    }
    assert_eq!(ann.mails(), 2);
}

#[tokio::test]
async fn of_two_who_ask_for_another_code_at_once_one_is_mailed() {
    let ann = Ann::new().await;
    let owner = ann.temp();
    ann.service.before_next_commit(async move |service| {
        service.use_cases.verify_email.resend(&owner, &client()).await.expect("a code");
    });
    assert_eq!(ann.resend(&ann.session().await).await, Err(limited(MINUTE)));
    assert_eq!(ann.mails(), 1);
}

#[tokio::test]
async fn an_address_that_is_proved_in_that_moment_is_mailed_no_further_code() {
    for index in [0, 1] {
        let ann = Ann::new().await;
        let (owner, step, code) = (&ann.owners().await[index], ann.step, ann.code.clone());
        ann.service.before_next_commit(async move |service| {
            service.use_cases.verify_email.execute(&AddressOwner::Temp(step), &code, &client()).await.expect("a proof");
        });
        match ann.resend(owner).await {
            Ok(Resent::AlreadyVerified(account)) if index == 0 => {
                assert_eq!(*account, ann.service.account(&ann.account))
            }
            Err(VerifyEmailError::WrongToken) if index == 1 => {}
            other => panic!("{other:?}"),
        }
        assert_eq!(ann.mails(), 0);
    }
}

#[tokio::test]
async fn an_account_that_is_deleted_is_mailed_nothing() {
    for (index, expected) in [
        (0, (VerifyEmailError::AccountGone, ErrorCode::Unauthorized)),
        (1, (VerifyEmailError::WrongToken, ErrorCode::TempTokenInvalid)),
    ] {
        let ann = Ann::new().await;
        let (owner, account) = (&ann.owners().await[index], ann.account.clone());
        ann.service.before_next_commit(async move |service| service.delete(&account));
        assert_eq!(error_of(ann.resend(owner).await), expected, "in that moment");
        assert_eq!(error_of(ann.resend(owner).await), expected, "before");
        assert_eq!(ann.mails(), 0);
    }
}
