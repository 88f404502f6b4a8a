//! A second factor is to confirm the change first.

use auth_domain::challenge::{ChallengePurpose, ChallengeState, Challenged};
use auth_domain::pending_credentials::PendingCredentials;
use auth_domain::two_factor::Method;
use auth_domain::use_cases::{CredentialsOutcome, UpdateCredentialsError};
use auth_testkit::test_service::TestService;

use super::{NEW, another_password, ask, both, email, refused};
use crate::ann::ANN;
use crate::owner::Owner;

async fn with_app() -> Owner {
    Owner::with(TestService::enable_app).await
}

async fn with_mail() -> Owner {
    Owner::with(TestService::enable_email_factor).await
}

/// The change that waits: the only one.
fn pending(ann: &Owner) -> PendingCredentials {
    let [pending] = &ann.service.store.pending_credentials()[..] else { panic!("one pending change") };
    pending.clone()
}

#[tokio::test]
async fn nothing_changes_until_the_app_confirms_it() {
    let ann = with_app().await;
    let outcome = ask(&ann, both()).await;
    let expires_in = ann.service.policy.challenge_lifetimes.code;
    assert_eq!(outcome, Ok(CredentialsOutcome::SecondFactorRequired { method: Method::App, expires_in }));
    assert_eq!((ann.now(), ann.service.store.owed_mails()), (ann.account.clone(), Vec::new()));

    let pending = pending(&ann);
    assert_eq!((pending.session_id, pending.method), (ann.caller.session().id, Method::App));
    assert_eq!(pending.email.as_ref().map(|email| email.as_str()), Some(NEW));
    assert!(pending.password_hash.is_some());
    let [challenge] = &ann.service.store.challenges_for(ChallengePurpose::ChangeCredentials)[..] else {
        panic!("one challenge")
    };
    assert_eq!((challenge.id, challenge.state), (pending.challenge_id, ChallengeState::NotSent));
    assert_eq!(challenge.challenged, Challenged::of(&ann.account));
    assert_eq!(ann.service.mails_for_owner(&ann.account), 1, "that the address is free was told");
}

#[tokio::test]
async fn a_code_to_confirm_it_goes_to_the_old_address() {
    let ann = with_mail().await;
    let outcome = ask(&ann, email(NEW)).await;
    assert!(matches!(outcome, Ok(CredentialsOutcome::SecondFactorRequired { method: Method::Email, .. })));
    assert_eq!(ann.now(), ann.account);
    ann.service.mailed_code(ANN).await;
    assert!(ann.service.mailer.sent().iter().all(|mail| mail.to.as_str() == ANN));
    assert_eq!((ann.service.mails_for_owner(&ann.account), ann.service.mails_to_named(NEW)), (1, 0));
}

#[tokio::test]
async fn a_further_wish_replaces_the_one_before() {
    let ann = with_app().await;
    ask(&ann, email(NEW)).await.expect("a wish");
    let first = pending(&ann);
    ask(&ann, another_password()).await.expect("a wish");
    assert_ne!(pending(&ann).challenge_id, first.challenge_id);
    assert_eq!(pending(&ann).email, None);
    assert_eq!(ann.service.mails_for_owner(&ann.account), 1, "a password needs no mail where there is an app");
}

#[tokio::test]
async fn a_taken_address_is_told_at_once() {
    for ann in [with_app().await, with_mail().await] {
        ann.service.register(NEW).await;
        ann.service.deliver_mails().await;
        assert_eq!(refused(&ann, email(NEW)).await, UpdateCredentialsError::EmailTaken);
        assert_eq!(ann.service.mails_for_owner(&ann.account), 1);
    }
}

#[tokio::test]
async fn another_spelling_of_the_address_counts_as_no_other_one() {
    let ann = with_app().await;
    ask(&ann, email("ANN@example.org")).await.expect("a wish");
    assert_eq!(ann.service.mails_for_owner(&ann.account), 0);
}
