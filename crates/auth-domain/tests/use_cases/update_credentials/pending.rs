//! A proved address stays until the one that is to replace it is proved.

use std::time::Duration;

use auth_domain::account::{Account, EmailAddress, Password, PendingEmail};
use auth_domain::audience::Audience;
use auth_domain::challenge::ChallengePurpose;
use auth_domain::error_code::ErrorCode;
use auth_domain::event::EventKind;
use auth_domain::mail::NoticeKind;
use auth_domain::rate_limit::RateLimited;
use auth_domain::use_cases::{
    AddressOwner, CredentialsOutcome, GiveCodeError, PasswordUpdated, Policy, Resent, StepUp, UpdateCredentialsError,
    UpdateCredentialsRequest, UpdatePasswordRequest, VerifyEmailError,
};
use auth_testkit::test_service::{PASSWORD, TestService, another_code, client};

use super::{ANOTHER, NEW, another_password, ask, email, knows, passwords, refused, updated};
use crate::ann::ANN;
use crate::owner::Owner;
use crate::{MOMENT, code};

const HOUR: Duration = Duration::from_secs(3_600);

/// Ann, who proved her address and may have logged in long ago: it is the address that is tried.
async fn proved() -> Owner {
    Owner::under(Policy { step_up: StepUp { max_age: None }, ..Policy::for_tests() }, TestService::prove_email).await
}

async fn owner(ann: &Owner) -> AddressOwner {
    AddressOwner::Session(Box::new(ann.service.caller(&ann.account).await))
}

async fn verify(ann: &Owner, code: &str) -> Result<Account, VerifyEmailError> {
    ann.service.use_cases.verify_email.execute(&owner(ann).await, code, &client()).await
}

async fn resend(ann: &Owner) -> Result<Resent, VerifyEmailError> {
    ann.service.use_cases.verify_email.resend(&owner(ann).await, &client()).await
}

fn notices(ann: &Owner, address: &str) -> Vec<NoticeKind> {
    ann.service.store.notices_to(&EmailAddress::parse(address).expect("an address"))
}

#[tokio::test]
async fn it_is_named_first_and_replaces_the_old_one_when_it_is_proved() {
    let ann = proved().await;
    let account = updated(&ann, email("New@Example.org")).await;
    assert_eq!(account, ann.now());
    let pending = account.pending_email(ann.service.now()).expect("a pending address");
    assert_eq!((account.email.as_str(), account.email_verified, pending.as_str()), (ANN, true, "New@Example.org"));
    assert_eq!(ann.notices(), [NoticeKind::EmailChangeBegun]);
    assert_eq!(ann.events(), [EventKind::UserRegistered], "nothing has changed yet");
    assert!(knows(&ann, ANN, PASSWORD).await && !knows(&ann, NEW, PASSWORD).await);

    let right = ann.service.mailed_code(NEW).await;
    let wrong = verify(&ann, &another_code(&right)).await;
    assert_eq!(wrong, Err(GiveCodeError::WrongCode.into()));
    let account = verify(&ann, &right).await.expect("the right code");
    assert_eq!(
        (account.email.as_str(), account.email_verified, &account.pending_email),
        ("New@Example.org", true, &None)
    );
    let now = ann.now();
    assert_eq!((now.email.as_str(), now.email_verified, now.pending_email), ("New@Example.org", true, None));
    assert_eq!(ann.events(), [EventKind::UserRegistered, EventKind::EmailChanged]);
    assert_eq!(notices(&ann, "New@Example.org"), [NoticeKind::EmailNowUsed]);
    assert_eq!(notices(&ann, ANN), [NoticeKind::EmailChanged], "that it began was sent with the code");
    assert_eq!(ann.service.store.challenges(), [], "codes that went to the old one are void");
}

#[tokio::test]
async fn it_is_withdrawn_by_naming_the_old_one_and_by_a_reset() {
    let ann = proved().await;
    updated(&ann, email(NEW)).await;
    let right = ann.service.mailed_code(NEW).await;
    let account = updated(&ann, email(ANN)).await;
    assert_eq!((account.email.as_str(), account.email_verified, account.pending_email), (ANN, true, None));
    assert_eq!(verify(&ann, &right).await, Err(GiveCodeError::NoneOutstanding.into()));

    let ann = proved().await;
    updated(&ann, email(NEW)).await;
    let asked = ann.service.use_cases.lost_password.execute(ANN, &client()).await.expect("a code");
    let code = ann.service.mailed_code(ANN).await;
    let step = ann.service.step(&asked);
    let verified = ann.service.use_cases.verify_code.execute(&step, &code).await.expect("the right code");
    let password = Password::new("another horse");
    let request = UpdatePasswordRequest {
        password: password.clone(),
        confirm_password: password,
        audience: Audience::Default,
        client: client(),
    };
    let step = ann.service.step(&verified);
    let reset = ann.service.use_cases.update_password.execute(&step, request).await;
    assert!(matches!(reset, Ok(PasswordUpdated::LoggedIn(_))), "{reset:?}");
    assert_eq!(ann.now().pending_email, None);
}

#[tokio::test]
async fn it_is_withdrawn_by_a_new_password() {
    let ann = proved().await;
    updated(&ann, email(NEW)).await;
    let right = ann.service.mailed_code(NEW).await;
    let account = updated(&ann, another_password()).await;
    assert_eq!((account.pending_email, ann.now().pending_email), (None, None));
    assert_eq!(verify(&ann, &right).await, Err(GiveCodeError::NoneOutstanding.into()));
    // Unless the same request names one.
    let ann = Owner::on(ann.service.clone(), ann.now()).await;
    let both = UpdateCredentialsRequest { email: Some(NEW.to_owned()), ..passwords(ANOTHER, PASSWORD, PASSWORD) };
    updated(&ann, both).await;
    let right = ann.service.mailed_code(NEW).await;
    assert_eq!(verify(&ann, &right).await.expect("the right code").email.as_str(), NEW);
}

#[tokio::test]
async fn another_one_takes_its_place_and_its_code_is_void() {
    let ann = proved().await;
    updated(&ann, email(NEW)).await;
    let first = ann.service.mailed_code(NEW).await;
    updated(&ann, email("third@example.org")).await;
    let second = ann.service.mailed_code("third@example.org").await;
    if first != second {
        assert_eq!(verify(&ann, &first).await, Err(GiveCodeError::WrongCode.into()));
    }
    assert_eq!(verify(&ann, &second).await.expect("the right code").email.as_str(), "third@example.org");
}

#[tokio::test]
async fn it_keeps_nobody_from_registering_with_it_and_then_the_change_fails() {
    let ann = proved().await;
    updated(&ann, email(NEW)).await;
    let right = ann.service.mailed_code(NEW).await;
    ann.service.register(NEW).await;
    let error = verify(&ann, &right).await.expect_err("it is taken");
    assert_eq!((error, code(error)), (GiveCodeError::AddressTaken.into(), ErrorCode::EmailExists));
    assert_eq!(ann.now().email.as_str(), ANN);
    assert_eq!(refused(&ann, email(NEW)).await, UpdateCredentialsError::EmailTaken);
}

#[tokio::test]
async fn of_two_who_race_for_it_one_gets_it() {
    let ann = proved().await;
    let bob = ann.service.prove_email(&ann.service.register("bob@example.org").await);
    let bob = Owner { caller: ann.service.caller(&bob).await, account: bob, service: ann.service.clone() };
    updated(&ann, email(NEW)).await;
    let hers = ann.service.mailed_code(NEW).await;
    updated(&bob, email(NEW)).await;
    let his = ann.service.mailed_code(NEW).await;
    verify(&bob, &his).await.expect("the first");
    assert_eq!(verify(&ann, &hers).await, Err(GiveCodeError::AddressTaken.into()));
    assert_eq!((ann.now().email.as_str(), bob.now().email.as_str()), (ANN, NEW));
}

#[tokio::test]
async fn its_time_is_a_day_and_another_code_can_be_asked_for() {
    let ann = proved().await;
    updated(&ann, email(NEW)).await;
    let first = ann.service.mailed_code(NEW).await;
    ann.service.clock.advance(HOUR);
    assert_eq!(verify(&ann, &first).await, Err(GiveCodeError::NoneOutstanding.into()), "the code has run out");
    assert_eq!(resend(&ann).await, Ok(Resent::CodeSent(None)));
    let second = ann.service.mailed_code(NEW).await;
    assert_eq!(ann.service.store.challenges_for(ChallengePurpose::VerifyEmail).len(), 1);

    ann.service.clock.set(ann.now().pending_email.expect("it").until - MOMENT);
    let caller = ann.service.caller(&ann.account).await;
    assert!(caller.account().pending_email.is_some());
    ann.service.clock.advance(MOMENT);
    let caller = ann.service.caller(&ann.account).await;
    assert_eq!(caller.account().pending_email, None);
    assert_eq!(verify(&ann, &second).await, Err(GiveCodeError::NoneOutstanding.into()));
    assert!(matches!(resend(&ann).await, Ok(Resent::AlreadyVerified(_))));
    assert_eq!(PendingEmail::LIFETIME, HOUR * 24);
}

#[tokio::test]
async fn five_codes_an_hour_go_to_it() {
    let ann = proved().await;
    for _ in 0..3 {
        updated(&ann, email(NEW)).await;
    }
    for _ in 0..2 {
        resend(&ann).await.expect("another code");
    }
    let limited = RateLimited { retry_after: HOUR };
    assert_eq!(resend(&ann).await, Err(VerifyEmailError::RateLimited(limited)));
    assert_eq!(refused(&ann, email(NEW)).await, UpdateCredentialsError::RateLimited(limited));
    assert!(matches!(ask(&ann, email("third@example.org")).await, Ok(CredentialsOutcome::Updated(_))));
}
