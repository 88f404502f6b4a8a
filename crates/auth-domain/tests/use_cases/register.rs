//! `Register`.

use std::time::Duration;

use auth_domain::access_token::TokenRejection;
use auth_domain::account::{CredentialVersion, EmailAddress, LoginName, Password, PasswordReason, Roles};
use auth_domain::challenge::{ChallengePurpose, Challenged};
use auth_domain::disclosure::Disclosure;
use auth_domain::error_code::{Details, ErrorCode, Refusal};
use auth_domain::event::{EventKind, EventName, Subscription};
use auth_domain::mail::{MailContent, NoticeKind};
use auth_domain::ports::{Change, CommitError, HashingError, NameDigest as _, StoreError, UniqueKey};
use auth_domain::rate_limit::{AttemptSubject, RateLimitKind, RateLimited};
use auth_domain::temp_token::TempStep;
use auth_domain::two_factor::TwoFactor;
use auth_domain::use_cases::{EmailVerification, Policy, RegisterError, RegisterRequest, Registered};
use auth_domain::{Language, Locale};
use auth_testkit::doubles::PlainNameDigest;
use auth_testkit::test_service::{PASSWORD, TestService, client, register_request, with_each_call_failing};

use crate::{MOMENT, code, wait};

const ANN: &str = "ann@example.org";
const HOUR: Duration = Duration::from_secs(3_600);

fn named(username: &str, email: &str) -> RegisterRequest {
    RegisterRequest { username: Some(username.to_owned()), ..register_request(email) }
}

fn concealed() -> Policy {
    Policy { disclosure: Disclosure::Concealed, ..Policy::for_tests() }
}

fn verified_first(policy: Policy) -> Policy {
    Policy { email_verification: EmailVerification::BeforeLogin, ..policy }
}

async fn register(service: &TestService, request: RegisterRequest) -> Registered {
    service.use_cases.register.execute(request).await.expect("a registration")
}

async fn refused(service: &TestService, request: RegisterRequest) -> RegisterError {
    service.use_cases.register.execute(request).await.expect_err("a refusal")
}

/// How many mails were counted for an address that somebody named.
fn counted(service: &TestService, email: &str) -> u32 {
    let subject = AttemptSubject::Address(PlainNameDigest.digest(&LoginName::parse(email)));
    service.store.rate_limit(subject, &RateLimitKind::MailsToNamedAddress).count
}

#[tokio::test]
async fn a_new_account_has_what_was_asked_for_and_nothing_more() {
    let service = TestService::new();
    let registered = register(&service, named("Ann", "Ann@Example.org")).await;
    let account = registered.account;
    assert_eq!(registered.temp_token, None);
    assert_eq!(service.store.accounts(), std::slice::from_ref(&account));
    assert_eq!(account.email, EmailAddress::parse("Ann@Example.org").expect("an address"));
    assert_eq!(account.username.as_ref().map(|name| name.as_str()), Some("Ann"));
    assert_eq!((account.email_verified, account.ever_proved), (false, false));
    assert_eq!(account.roles, Roles::of_new_account());
    assert_eq!((account.credential_version, account.two_factor.clone()), (CredentialVersion::FIRST, TwoFactor::none()));
    assert_eq!((account.created_at, account.updated_at), (service.now(), service.now()));
    assert!(account.password_hash.as_ref().is_some_and(|hash| hash.as_phc().ends_with(PASSWORD)));
    assert_eq!(service.store.sessions(), [], "registering opens no session");
    service.log_in("ann").await;
}

#[tokio::test]
async fn a_code_to_prove_the_address_is_mailed_and_counted() {
    let service = TestService::new();
    let account = service.register(ANN).await;
    let [challenge] = &service.store.challenges()[..] else { panic!("one challenge") };
    assert_eq!((challenge.purpose, &challenge.challenged), (ChallengePurpose::VerifyEmail, &Challenged::of(&account)));
    let [mail] = &service.store.owed_mails()[..] else { panic!("one mail") };
    assert_eq!((&mail.to, &mail.client), (&account.email, &client()));
    assert!(matches!(mail.content, MailContent::Code { challenge_id, .. } if challenge_id == challenge.id));
    assert_eq!(counted(&service, ANN), 1);
    service.mailed_code(ANN).await;
}

#[tokio::test]
async fn the_services_that_want_to_hear_of_it_do() {
    let subscription = |service: &str, event| Subscription { service: service.to_owned(), events: vec![event] };
    let subscriptions =
        vec![subscription("users", EventName::UserRegistered), subscription("chat", EventName::UserDeleted)];
    let service = TestService::with_policy(Policy { subscriptions, ..Policy::for_tests() });
    let account = service.register(ANN).await;
    let [event] = service.store.events()[..] else { panic!("one event") };
    assert_eq!((event.kind, event.account_id), (EventKind::UserRegistered, account.id));
    assert_eq!(event.occurred_at, account.created_at);
    service.deliver_events().await;
    assert_eq!(service.event_sink.delivered(), [("users".to_owned(), event)]);
    assert!(service.store.audit_actions().contains(&"account.registered".to_owned()));
}

#[tokio::test]
async fn every_malformed_field_is_named() {
    let service = TestService::new();
    for (request, malformed) in
        [(named("a", "ann"), 2), (named("a", ANN), 1), (named("Ann", "ann"), 1), (register_request(""), 1)]
    {
        let error = refused(&service, request).await;
        let Refusal { code, details } = error.into();
        let Details::Fields(fields) = details else { panic!("{details:?}") };
        assert_eq!((code, fields.len()), (ErrorCode::ValidationFailed, malformed));
    }
    assert_eq!((service.passwords.calls(), service.store.commits().len()), (0, 0));
}

#[tokio::test]
async fn two_passwords_that_differ_are_refused() {
    let service = TestService::new();
    let confirmed = |text| {
        let confirm_password = Some(Password::new(text));
        RegisterRequest { confirm_password, ..register_request(ANN) }
    };
    let error = refused(&service, confirmed("another horse")).await;
    assert_eq!(error, RegisterError::UnmatchedPasswords);
    assert_eq!(code(error), ErrorCode::UnmatchedPasswords);
    assert_eq!(service.store.accounts(), []);
    register(&service, confirmed(PASSWORD)).await;
}

#[tokio::test]
async fn a_weak_password_is_refused_with_every_reason() {
    let service = TestService::new();
    let with = |text| RegisterRequest { password: Password::new(text), ..named("Ann-The-Great", ANN) };
    for (text, reason) in [
        ("short", PasswordReason::TooShort),
        ("password1", PasswordReason::TooCommon),
        (ANN, PasswordReason::SameAsEmail),
        ("ann-the-great", PasswordReason::SameAsUsername),
    ] {
        let error = refused(&service, with(text)).await;
        assert_eq!(error, RegisterError::WeakPassword(vec![reason]));
        let Refusal { code, details } = error.into();
        assert_eq!((code, details), (ErrorCode::PasswordPolicy, Details::PasswordReasons(vec![reason])));
    }
    assert_eq!(service.store.accounts(), []);
}

#[tokio::test]
async fn a_name_that_is_taken_in_whatever_spelling_is_told_and_takes_as_long() {
    let service = TestService::new();
    register(&service, named("Ann", ANN)).await;
    let before = service.store.commits().len();
    let taken = |field| Refusal::taken(ErrorCode::UserExists, field);
    for (request, refusal) in [
        (register_request("ANN@example.ORG"), taken("/email")),
        (named(" ANN\t", "bob@example.org"), taken("/username")),
    ] {
        let calls = service.passwords.calls();
        let error = refused(&service, request).await;
        assert_eq!(Refusal::from(error), refusal);
        assert_eq!(service.passwords.calls(), calls + 1, "it hashes too");
    }
    assert_eq!(service.store.commits().len(), before, "of neither anything is left");
}

#[tokio::test]
async fn where_accounts_are_concealed_a_taken_address_looks_free_and_its_owner_is_told() {
    for policy in [concealed(), verified_first(concealed())] {
        let service = TestService::with_policy(policy);
        let owner = service.register("Ann@Example.org").await;
        service.mailed_code(ANN).await;
        let registered = register(&service, named("Bob", ANN)).await;
        let free = register(&service, named("Eve", "eve@example.org")).await;
        assert_eq!(registered.temp_token.is_some(), free.temp_token.is_some());
        assert_eq!(registered.account.email.as_str(), ANN, "as it was typed");
        assert_eq!((registered.account.created_at, &registered.account.roles), (service.now(), &free.account.roles));

        assert_eq!(service.store.account(registered.account.id), None);
        assert_eq!(service.store.account_named("bob"), None);
        assert_eq!(service.store.notices_to(&owner.email), [NoticeKind::RegistrationAttempted]);
        assert_eq!(service.account(&owner), owner);
        assert_eq!(counted(&service, ANN), 2);
        let nobodys = |challenge: &auth_domain::challenge::Challenge| challenge.challenged == Challenged::Nobody;
        assert_eq!(service.store.challenges().iter().filter(|challenge| nobodys(challenge)).count(), 1);
    }
}

#[tokio::test]
async fn a_taken_username_is_told_even_where_accounts_are_concealed() {
    let service = TestService::with_policy(concealed());
    register(&service, named("Ann", ANN)).await;
    for request in [named("ann", "bob@example.org"), named("ann", ANN)] {
        let refusal = Refusal::from(refused(&service, request).await);
        assert_eq!(refusal, ErrorCode::UserExists.into(), "which field it was is not told");
    }
    assert_eq!(service.store.notices_to(&EmailAddress::parse(ANN).expect("an address")), []);
}

#[tokio::test]
async fn nobody_is_told_when_the_owner_of_a_concealed_address_is_gone_by_then() {
    let service = TestService::with_policy(concealed());
    service.store.refuse_next_commit(CommitError::Duplicate(UniqueKey::Email));
    register(&service, register_request(ANN)).await;
    assert_eq!((service.store.accounts(), service.store.owed_mails()), (Vec::new(), Vec::new()));
}

#[tokio::test]
async fn a_temp_token_comes_along_where_an_address_is_proved_before_the_first_login() {
    let service = TestService::with_policy(verified_first(Policy::for_tests()));
    let registered = register(&service, register_request(ANN)).await;
    let token = registered.temp_token.expect("a temp token");
    assert_eq!(service.step(&token).step(), TempStep::GiveVerifyEmailCode);
    assert_eq!(token.expires_in, service.policy.challenge_lifetimes.temp);
    service.clock.advance(token.expires_in - MOMENT);
    service.step(&token);
    service.clock.advance(MOMENT);
    let late = service.use_cases.authenticate_step.execute(token.token.reveal());
    assert_eq!(late, Err(TokenRejection::Expired));
}

#[tokio::test]
async fn an_address_that_was_merely_named_gets_twenty_mails_an_hour() {
    let service = TestService::with_policy(concealed());
    for _ in 0..20 {
        register(&service, register_request(ANN)).await;
    }
    let error = refused(&service, register_request(ANN)).await;
    assert_eq!(error, RegisterError::RateLimited(RateLimited { retry_after: HOUR }));
    assert_eq!((code(error.clone()), wait(error)), (ErrorCode::RateLimited, HOUR));
    register(&service, register_request("bob@example.org")).await;
    service.clock.advance(HOUR - MOMENT);
    assert_eq!(wait(refused(&service, register_request(ANN)).await), MOMENT);
    service.clock.advance(MOMENT);
    register(&service, register_request(ANN)).await;
    assert_eq!(counted(&service, ANN), 1, "another hour");
}

#[tokio::test]
async fn without_a_hash_there_is_no_account() {
    let service = TestService::new();
    for (failure, expected) in [
        (HashingError::Overloaded { retry_after: HOUR }, ErrorCode::Overloaded),
        (HashingError::Broken("of whatever"), ErrorCode::InternalServerError),
    ] {
        service.passwords.fail_next(failure);
        let error = refused(&service, register_request(ANN)).await;
        assert_eq!(error, RegisterError::Hashing(failure));
        assert_eq!(code(error), expected);
    }
    assert_eq!(service.store.accounts(), []);
}

#[tokio::test]
async fn whichever_call_to_the_database_fails_nothing_is_left() {
    for (failure, expected) in
        [(StoreError::Refused, ErrorCode::Unavailable), (StoreError::Failed, ErrorCode::InternalServerError)]
    {
        let tried = with_each_call_failing(
            failure,
            async || (TestService::new(), ()),
            async |service, ()| service.use_cases.register.execute(register_request(ANN)).await,
            async |service, (), answer| {
                assert_eq!(answer, Err(RegisterError::Store(failure)));
                assert_eq!(code(RegisterError::Store(failure)), expected);
                assert_eq!(service.store.commits().len(), 0);
            },
        );
        assert_eq!(tried.await, 2, "the count of mails, the commit");
    }
}

#[tokio::test]
async fn whichever_call_to_the_database_fails_a_concealed_address_is_not_told_either() {
    let tried = with_each_call_failing(
        StoreError::Unavailable,
        async || {
            let service = TestService::with_policy(concealed());
            let owner = service.register(ANN).await;
            (service, owner)
        },
        async |service, _| service.use_cases.register.execute(named("Bob", ANN)).await,
        async |service, owner, answer| {
            assert_eq!(answer, Err(RegisterError::Store(StoreError::Unavailable)));
            assert_eq!(service.store.notices_to(&owner.email), []);
        },
    );
    assert_eq!(tried.await, 6);
}

#[tokio::test]
async fn of_two_who_register_the_same_address_at_once_one_does() {
    let service = TestService::new();
    service.before_next_commit(async |service| {
        service.register(ANN).await;
    });
    assert_eq!(refused(&service, register_request(ANN)).await, RegisterError::EmailTaken);
    assert_eq!((service.store.accounts().len(), service.store.owed_mails().len()), (1, 1));
}

#[tokio::test]
async fn of_two_who_register_the_same_username_at_once_one_does() {
    let service = TestService::new();
    service.before_next_commit(async |service| {
        register(&service, named("ann", "first@example.org")).await;
    });
    assert_eq!(refused(&service, named("ANN", ANN)).await, RegisterError::UsernameTaken(Disclosure::Explicit));
    assert_eq!(service.store.account_named(ANN), None);
}

#[tokio::test]
async fn a_registration_is_made_once_when_a_mail_to_the_same_address_was_counted_first() {
    let service = TestService::new();
    service.before_next_commit(async |service| {
        let there = service.register(ANN).await;
        service.delete(&there);
    });
    let account = service.register(ANN).await;
    assert!(!service.store.has_trouble_left());
    assert_eq!(service.store.accounts(), [account]);
    assert_eq!(counted(&service, ANN), 2, "both");
}

#[tokio::test]
async fn the_limit_for_mails_holds_for_those_who_register_at_once() {
    let service = TestService::with_policy(concealed());
    for _ in 0..19 {
        register(&service, register_request(ANN)).await;
    }
    service.before_commit_of(
        |change| matches!(change, Change::InsertChallenge(challenge) if challenge.challenged == Challenged::Nobody),
        async |service| {
            register(&service, register_request(ANN)).await;
        },
    );
    let error = refused(&service, register_request(ANN)).await;
    assert_eq!(error, RegisterError::RateLimited(RateLimited { retry_after: HOUR }));
    assert_eq!(counted(&service, ANN), 20);
}

/// What is named counts more than what the browser accepts.
#[tokio::test]
async fn the_language_is_the_one_that_was_named_or_else_that_of_the_browser() {
    for (locale, accepted, kept) in [
        (None, None, None),
        (None, Some(Language::French), Some("fr")),
        (Some("pt-br"), Some(Language::French), Some("pt-BR")),
        (Some("de"), None, Some("de")),
    ] {
        let service = TestService::new();
        let request = RegisterRequest { locale: locale.map(str::to_owned), accepted, ..register_request(ANN) };
        let account = register(&service, request).await.account;
        assert_eq!(account.locale.as_ref().map(Locale::as_str), kept);
        assert_eq!(account, service.account(&account));
    }
    let service = TestService::new();
    let wrong = RegisterRequest { locale: Some("en_US".to_owned()), ..named("a", ANN) };
    let RegisterError::Malformed(fields) = refused(&service, wrong).await else { panic!("malformed") };
    assert_eq!(fields.iter().map(|error| error.field.as_str()).collect::<Vec<_>>(), ["/username", "/locale"]);
}
