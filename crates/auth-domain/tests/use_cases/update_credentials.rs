//! `UpdateCredentials`: another address, another password, or both. What a second factor is to confirm first, limits and lost
//! races are in files of their own below; the confirmation is in `confirm_credentials.rs`.

mod limits;
mod locale;
mod pending;
mod races;
mod second_factor;

use std::time::Duration;

use auth_domain::account::{Account, Password, PasswordReason};
use auth_domain::challenge::{ChallengePurpose, Challenged};
use auth_domain::error_code::{Details, ErrorCode, Refusal};
use auth_domain::event::EventKind;
use auth_domain::mail::NoticeKind;
use auth_domain::ports::{HashingError, StoreError};
use auth_domain::session::{Revocation, RevocationReason};
use auth_domain::use_cases::{
    Authenticated, CredentialsOutcome, LoginRequest, PasswordCheckError, Policy, StepUp, UpdateCredentialsError,
    UpdateCredentialsRequest,
};
use auth_testkit::test_service::{PASSWORD, TestService, client, login_request, with_each_call_failing};

use crate::ann::ANN;
use crate::owner::Owner;
use crate::{MOMENT, code, stale};

const NEW: &str = "new@example.org";
const ANOTHER: &str = "another horse battery staple";

async fn ask(ann: &Owner, request: UpdateCredentialsRequest) -> Result<CredentialsOutcome, UpdateCredentialsError> {
    ann.service.use_cases.update_credentials.execute(&ann.caller, request).await
}

async fn updated(ann: &Owner, request: UpdateCredentialsRequest) -> Account {
    match ask(ann, request).await {
        Ok(CredentialsOutcome::Updated(account)) => *account,
        other => panic!("{other:?}"),
    }
}

async fn refused(ann: &Owner, request: UpdateCredentialsRequest) -> UpdateCredentialsError {
    ann.refused(ask(ann, request)).await
}

async fn knows(ann: &Owner, name: &str, password: &str) -> bool {
    let request = LoginRequest { password: Password::new(password), ..login_request(name) };
    ann.service.use_cases.login.execute(request).await.is_ok()
}

/// A wish for nothing, to be made one for something.
pub fn nothing() -> UpdateCredentialsRequest {
    UpdateCredentialsRequest {
        email: None,
        old_password: None,
        new_password: None,
        confirm_password: None,
        locale: None,
        client: client(),
    }
}

fn email(address: &str) -> UpdateCredentialsRequest {
    UpdateCredentialsRequest { email: Some(address.to_owned()), ..nothing() }
}

fn passwords(old: &str, new: &str, confirm: &str) -> UpdateCredentialsRequest {
    let [old, new, confirm] = [old, new, confirm].map(|text| Some(Password::new(text)));
    UpdateCredentialsRequest { old_password: old, new_password: new, confirm_password: confirm, ..nothing() }
}

/// The right old password, and a good new one.
fn another_password() -> UpdateCredentialsRequest {
    passwords(PASSWORD, ANOTHER, ANOTHER)
}

fn both() -> UpdateCredentialsRequest {
    UpdateCredentialsRequest { email: Some(NEW.to_owned()), ..another_password() }
}

#[tokio::test]
async fn an_address_that_was_never_proved_is_replaced_at_once_and_told() {
    let ann = Owner::new().await;
    let account = updated(&ann, email("New@Example.org")).await;
    assert_eq!(account, ann.now());
    assert_eq!(
        (account.email.as_str(), account.email_verified, account.ever_proved),
        ("New@Example.org", false, false)
    );
    assert_eq!(account.credential_version, ann.account.credential_version);
    assert_eq!(ann.notices(), [NoticeKind::EmailChanged]);
    assert_eq!(ann.events(), [EventKind::UserRegistered, EventKind::EmailChanged]);
    assert_eq!(ann.service.store.events()[1].occurred_at, account.updated_at);

    let [challenge] = &ann.service.store.challenges()[..] else { panic!("one challenge, and none of before") };
    assert_eq!(challenge.purpose, ChallengePurpose::VerifyEmail);
    assert_eq!(challenge.challenged, Challenged::of(&account));
    ann.service.mailed_code(NEW).await;
    assert_eq!((ann.service.mails_for_owner(&ann.account), ann.service.mails_to_named(NEW)), (1, 1));
    assert!(knows(&ann, NEW, PASSWORD).await && !knows(&ann, ANN, PASSWORD).await);
}

#[tokio::test]
async fn another_spelling_of_the_same_address_stays_proved() {
    for proved in [false, true] {
        let ann = Owner::with(|service, account| if proved { service.prove_email(account) } else { account.clone() });
        let ann = ann.await;
        let account = updated(&ann, email("ANN@Example.ORG")).await;
        assert_eq!((account.email.as_str(), account.email_verified), ("ANN@Example.ORG", proved));
        assert_eq!(account, ann.now());
        assert_eq!(ann.service.store.owed_mails(), [], "there is nothing to prove or to tell");
        assert_eq!(ann.events(), [EventKind::UserRegistered]);
    }
}

#[tokio::test]
async fn another_password_ends_every_other_session() {
    let ann = Owner::new().await;
    let other = ann.service.caller(&ann.account).await;
    let account = updated(&ann, another_password()).await;
    assert_eq!(account.credential_version, ann.account.credential_version.next());
    assert_eq!(account.updated_at, ann.now().updated_at);
    let revocation = |caller: &Authenticated| ann.service.store.session(caller.session().id).expect("it").revocation;
    let reason = RevocationReason::PasswordChanged;
    assert_eq!(revocation(&other), Some(Revocation { at: ann.service.now(), reason }));
    assert_eq!(revocation(&ann.caller), None);
    assert_eq!(ann.notices(), [NoticeKind::PasswordChanged]);
    assert_eq!(ann.events(), [EventKind::UserRegistered, EventKind::PasswordChanged]);
    assert!(knows(&ann, ANN, ANOTHER).await && !knows(&ann, ANN, PASSWORD).await);
}

#[tokio::test]
async fn both_change_at_once_or_not_at_all() {
    let ann = Owner::new().await;
    let account = updated(&ann, both()).await;
    assert_eq!((account.email.as_str(), account.updated_at), (NEW, ann.now().updated_at));
    assert_eq!(ann.notices(), [NoticeKind::PasswordChanged, NoticeKind::EmailChanged]);
    assert_eq!(ann.events(), [EventKind::UserRegistered, EventKind::PasswordChanged, EventKind::EmailChanged]);
    let times: Vec<_> = ann.service.store.events().iter().map(|event| event.occurred_at).collect();
    assert!(times.is_sorted_by(|a, b| a < b), "{times:?}");
    assert!(knows(&ann, NEW, ANOTHER).await);

    let ann = Owner::new().await;
    ann.service.register(NEW).await;
    assert_eq!(refused(&ann, both()).await, UpdateCredentialsError::EmailTaken);
    assert!(knows(&ann, ANN, PASSWORD).await);
}

#[tokio::test]
async fn a_malformed_address_or_a_wish_for_nothing_names_its_field() {
    let ann = Owner::new().await;
    for request in [email("new"), nothing(), UpdateCredentialsRequest { email: Some("new".to_owned()), ..both() }] {
        let error = refused(&ann, request).await;
        assert!(matches!(error, UpdateCredentialsError::Malformed(_)), "{error:?}");
        let Refusal { code, details: Details::Fields(fields) } = error.into() else { panic!("no fields") };
        assert_eq!((code, fields[0].field.as_str()), (ErrorCode::ValidationFailed, "/email"));
    }
    assert_eq!(ann.service.passwords.calls(), 1, "of the registration");
}

#[tokio::test]
async fn some_of_the_three_passwords_are_too_few() {
    let ann = Owner::new().await;
    for there in [[true, false, false], [false, true, false], [false, false, true], [true, true, false]] {
        // The old one alone is enough for an address.
        let requests = [another_password()].into_iter().chain((there != [true, false, false]).then(both));
        for request in requests {
            let UpdateCredentialsRequest { old_password, new_password, confirm_password, .. } = request.clone();
            let request = UpdateCredentialsRequest {
                old_password: old_password.filter(|_| there[0]),
                new_password: new_password.filter(|_| there[1]),
                confirm_password: confirm_password.filter(|_| there[2]),
                ..request
            };
            let error = refused(&ann, request).await;
            assert_eq!(error, UpdateCredentialsError::PasswordsRequired);
            assert_eq!(code(error), ErrorCode::PasswordsRequired);
        }
    }
}

#[tokio::test]
async fn two_new_passwords_that_differ_are_refused() {
    let ann = Owner::new().await;
    let error = refused(&ann, passwords(PASSWORD, ANOTHER, "another")).await;
    assert_eq!(error, UpdateCredentialsError::UnmatchedPasswords);
    assert_eq!(code(error), ErrorCode::UnmatchedPasswords);
}

#[tokio::test]
async fn a_weak_password_is_refused_with_every_reason_before_the_old_one_is_judged() {
    let ann = Owner::new().await;
    let with_new_email = UpdateCredentialsRequest { email: Some(NEW.to_owned()), ..passwords("wrong", NEW, NEW) };
    for (request, reason) in [
        (passwords("wrong", "short", "short"), PasswordReason::TooShort),
        (passwords("wrong", ANN, ANN), PasswordReason::SameAsEmail),
        (with_new_email, PasswordReason::SameAsEmail),
    ] {
        let error = refused(&ann, request).await;
        assert_eq!(error, UpdateCredentialsError::WeakPassword(vec![reason]));
        let details = Details::PasswordReasons(vec![reason]);
        assert_eq!(Refusal::from(error), Refusal { code: ErrorCode::PasswordPolicy, details });
    }
    assert_eq!(ann.service.passwords.calls(), 1, "of the registration");
    updated(&ann, UpdateCredentialsRequest { email: Some(NEW.to_owned()), ..passwords(PASSWORD, ANN, ANN) }).await;
}

#[tokio::test]
async fn an_old_password_that_is_wrong_or_not_there_is_refused() {
    let wrong = passwords("wrong", ANOTHER, ANOTHER);
    let ann = Owner::new().await;
    let error = refused(&ann, wrong.clone()).await;
    assert_eq!(error, PasswordCheckError::WrongPassword.into());
    assert_eq!(code(error), ErrorCode::InvalidPassword);

    let service = TestService::new();
    let account = service.insert_linked(ANN, "subject");
    let ann = Owner::on(service, account).await;
    let error = refused(&ann, another_password()).await;
    assert_eq!(error, PasswordCheckError::NoPassword.into());
    assert_eq!(code(error), ErrorCode::InvalidPassword);
}

#[tokio::test]
async fn an_address_alone_needs_a_fresh_login_and_the_old_password_takes_its_place() {
    let max_age = Duration::from_secs(900);
    let policy = Policy { step_up: StepUp { max_age: Some(max_age) }, ..Policy::for_tests() };
    for (age, fresh) in [(max_age, true), (max_age + MOMENT, false)] {
        let ann = Owner::new().await;
        let ann = Owner { service: ann.service.under(policy.clone()), ..ann };
        ann.service.clock.advance(age);
        if fresh {
            updated(&ann, email(NEW)).await;
            continue;
        }
        let error = refused(&ann, email(NEW)).await;
        assert_eq!(error, stale(max_age));
        assert_eq!(code(error), ErrorCode::ReauthenticationRequired);
        updated(&ann, both()).await;
    }
}

#[tokio::test]
async fn an_outdated_hash_of_the_old_password_is_made_anew() {
    let ann = Owner::new().await;
    let hash = |name: &str| ann.service.store.account_named(name).expect("ann").password_hash;
    let before = hash(ANN);
    ann.service.keys.rotate();
    let old_password = Some(Password::new(PASSWORD));
    updated(&ann, UpdateCredentialsRequest { old_password, ..email(NEW) }).await;
    assert_ne!(hash(NEW), before);
    ann.service.keys.forget_older();
    assert!(knows(&ann, NEW, PASSWORD).await);
}

#[tokio::test]
async fn without_a_hash_nothing_is_changed() {
    let overloaded = HashingError::Overloaded { retry_after: Duration::from_secs(1) };
    let ann = Owner::new().await;
    ann.service.passwords.fail_next(overloaded);
    let error = refused(&ann, another_password()).await;
    assert_eq!(error, PasswordCheckError::Hashing(overloaded).into(), "of the old one");
    assert_eq!(code(error), ErrorCode::Overloaded);
    ann.service.before_next_commit(async move |service| service.passwords.fail_next(overloaded));
    let error = refused(&ann, another_password()).await;
    assert_eq!(error, UpdateCredentialsError::Hashing(overloaded), "of the new one");
    assert_eq!(code(error), ErrorCode::Overloaded);
}

#[tokio::test]
async fn whichever_call_to_the_database_fails_nothing_is_changed() {
    let tried = with_each_call_failing(
        StoreError::Refused,
        async || {
            let ann = Owner::new().await;
            (ann.service.clone(), ann)
        },
        async |_, ann| ask(ann, both()).await,
        async |_, ann, answer| {
            let error = answer.expect_err("a refusal");
            assert_eq!(code(error), ErrorCode::Unavailable);
            assert_eq!((ann.now(), ann.notices()), (ann.account.clone(), Vec::new()));
        },
    );
    assert_eq!(tried.await, 6, "the password's limit twice, the address, two limits, the commit");
}
