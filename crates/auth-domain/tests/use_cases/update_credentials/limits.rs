//! Limits: for passwords, for mails of this owner, for mails to the address that is named.

use std::time::Duration;

use auth_domain::account::Account;
use auth_domain::error_code::ErrorCode;
use auth_domain::rate_limit::RateLimited;
use auth_domain::use_cases::{PasswordCheckError, Policy, StepUp, UpdateCredentialsError};
use auth_testkit::test_service::{TestService, register_request};

use super::{ANOTHER, NEW, another_password, ask, email, passwords, refused, updated};
use crate::owner::Owner;
use crate::{MOMENT, code, wait};

const HOUR: Duration = Duration::from_secs(3_600);

/// Ann, whose login may be as old as it likes: it is the limits that are tried.
async fn any_age(prepare: impl Fn(&TestService, &Account) -> Account) -> Owner {
    Owner::under(Policy { step_up: StepUp { max_age: None }, ..Policy::for_tests() }, prepare).await
}

#[tokio::test]
async fn five_wrong_old_passwords_cost_a_wait() {
    let ann = any_age(|_, account| account.clone()).await;
    for _ in 0..5 {
        let error = refused(&ann, passwords("wrong", ANOTHER, ANOTHER)).await;
        assert_eq!(error, PasswordCheckError::WrongPassword.into());
    }
    let second = Duration::from_secs(1);
    let error = refused(&ann, another_password()).await;
    assert_eq!(error, PasswordCheckError::RateLimited(RateLimited { retry_after: second }).into());
    assert_eq!((code(error.clone()), wait(error)), (ErrorCode::RateLimited, second));
    ann.service.clock.advance(second - MOMENT);
    assert_eq!(wait(refused(&ann, another_password()).await), MOMENT);
    ann.service.clock.advance(MOMENT);
    updated(&ann, another_password()).await;
}

#[tokio::test]
async fn that_an_address_is_taken_is_told_twenty_times_an_hour() {
    let ann = any_age(|_, account| account.clone()).await;
    ann.service.register("bob@example.org").await;
    for number in 1..=20 {
        let error = refused(&ann, email("Bob@Example.org")).await;
        assert_eq!((&error, code(error.clone())), (&UpdateCredentialsError::EmailTaken, ErrorCode::EmailExists));
        assert_eq!(ann.service.mails_for_owner(&ann.account), number, "counted before it is told");
    }
    for address in ["bob@example.org", NEW] {
        let error = refused(&ann, email(address)).await;
        assert_eq!(error, UpdateCredentialsError::RateLimited(RateLimited { retry_after: HOUR }), "{address}");
        assert_eq!((code(error.clone()), wait(error)), (ErrorCode::RateLimited, HOUR));
    }
    ann.service.clock.advance(HOUR - MOMENT);
    assert_eq!(wait(refused(&ann, email(NEW)).await), MOMENT);
    ann.service.clock.advance(MOMENT);
    updated(&ann, email(NEW)).await;
}

#[tokio::test]
async fn an_address_that_many_named_gets_twenty_mails_an_hour() {
    let ann = any_age(|_, account| account.clone()).await;
    for _ in 0..20 {
        let named = ann.service.use_cases.register.execute(register_request(NEW)).await.expect("a registration");
        ann.service.delete(&named.account);
    }
    let error = refused(&ann, email(NEW)).await;
    assert_eq!(error, UpdateCredentialsError::RateLimited(RateLimited { retry_after: HOUR }));
    assert_eq!(ann.service.mails_for_owner(&ann.account), 0, "of her own nothing is used up");
    ann.service.clock.advance(HOUR - MOMENT);
    assert_eq!(wait(refused(&ann, email(NEW)).await), MOMENT);
    ann.service.clock.advance(MOMENT);
    updated(&ann, email(NEW)).await;
}

#[tokio::test]
async fn codes_by_mail_that_are_to_confirm_a_change_count_too() {
    let ann = any_age(TestService::enable_email_factor).await;
    for _ in 0..20 {
        ask(&ann, another_password()).await.expect("a code");
    }
    let pending = ann.service.store.pending_credentials();
    let error = ask(&ann, another_password()).await.expect_err("too many");
    assert_eq!(error, UpdateCredentialsError::RateLimited(RateLimited { retry_after: HOUR }));
    assert_eq!(ann.service.store.pending_credentials(), pending, "the last one still waits");
    ann.service.clock.advance(HOUR);
    ask(&ann, another_password()).await.expect("a code");
}
