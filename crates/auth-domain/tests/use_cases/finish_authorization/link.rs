//! Linking an identity to the account of a session.

use auth_domain::account::Account;
use auth_domain::error_code::ErrorCode;
use auth_domain::mail::NoticeKind;
use auth_domain::ports::{Change, Guard, StoreError};
use auth_domain::use_cases::{Authenticated, AuthorizationOutcome, FinishAuthorizationError, Opened, Policy, StepUp};
use auth_testkit::test_service::{TestService, with_each_call_failing};

use super::{SUBJECT, finish, go_to_link, logged_in, open, opened};
use crate::owner::Owner;
use crate::{MOMENT, code};

/// The provider says that Ann is [`SUBJECT`].
async fn identified() -> Owner {
    let ann = Owner::new().await;
    ann.service.google.identifies(SUBJECT, None);
    ann
}

async fn link(ann: &Owner) -> Result<Account, FinishAuthorizationError> {
    link_as(&ann.service, &ann.caller).await
}

/// Links, and somebody else does `other` before it is.
async fn link_late<F: Future<Output = ()>>(
    ann: &Owner,
    other: impl FnOnce(TestService) -> F + Send + 'static,
) -> Result<Account, FinishAuthorizationError> {
    ann.service.before_commit_of(|change| matches!(change, Change::LinkIdentity { .. }), other);
    let answer = link(ann).await;
    assert!(!ann.service.store.has_trouble_left());
    answer
}

async fn link_as(service: &TestService, caller: &Authenticated) -> Result<Account, FinishAuthorizationError> {
    let state = go_to_link(service, caller, Some("hers")).await;
    match finish(service, opened(service, &state, Some("hers"))).await? {
        AuthorizationOutcome::Linked(account) => Ok(*account),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn an_identity_logs_in_from_now_on_and_the_owner_is_told() {
    let ann = identified().await;
    let account = link(&ann).await.expect("a link");
    assert_eq!(account, ann.now());
    let identity = account.identity_at(ann.service.google.name()).expect("an identity");
    assert_eq!((identity.subject.as_str(), identity.linked_at), (SUBJECT, ann.service.now()));
    assert!(account.updated_at > ann.account.updated_at);
    assert_eq!(ann.notices(), [NoticeKind::IdentityLinked]);
    assert_eq!(logged_in(&ann.service).await.account, account);
}

#[tokio::test]
async fn what_comes_back_in_another_browser_is_confirmed_by_the_session_that_went() {
    let ann = identified().await;
    let bob = ann.service.register("bob@example.org").await;
    let bob = ann.service.caller(&bob).await;
    for (went, came) in [(Some("hers"), Some("another")), (Some("hers"), None), (None, None), (None, Some("any"))] {
        let state = go_to_link(&ann.service, &ann.caller, went).await;
        let unconfirmed = || match open(&ann.service, &state, came) {
            Ok(Opened::Unconfirmed(unconfirmed)) => unconfirmed,
            other => panic!("{other:?}"),
        };
        let refused = unconfirmed().confirm(&bob).expect_err("another session");
        assert_eq!(refused, FinishAuthorizationError::StateRefused);
        let confirmed = unconfirmed().confirm(&ann.caller).expect("her session");
        assert!(!confirmed.is_of_this_browser());
        assert!(matches!(finish(&ann.service, confirmed).await, Ok(AuthorizationOutcome::Linked(_))));
    }
    assert_eq!(ann.notices().len(), 1);
}

#[tokio::test]
async fn an_identity_that_is_linked_already_stays_so_and_nobody_is_told() {
    let ann = identified().await;
    let linked = link(&ann).await.expect("a link");
    assert_eq!(link(&ann).await, Ok(linked.clone()));
    assert_eq!((ann.now(), ann.notices().len()), (linked, 1));
}

#[tokio::test]
async fn an_identity_of_another_account_and_a_second_one_there_are_refused() {
    let ann = identified().await;
    let bob = ann.service.insert_linked("bob@example.org", SUBJECT);
    let error = link(&ann).await.expect_err("it is bob's");
    assert_eq!((error, code(error)), (FinishAuthorizationError::AlreadyLinked, ErrorCode::IdentityAlreadyLinked));
    assert_eq!((ann.now(), ann.service.account(&bob)), (ann.account.clone(), bob));

    let ann = identified().await;
    let linked = ann.service.link(&ann.account, &ann.service.google, "google-2");
    assert_eq!(link(&ann).await, Err(FinishAuthorizationError::AlreadyLinked));
    assert_eq!((ann.now(), ann.notices()), (linked, Vec::new()));
}

#[tokio::test]
async fn a_session_that_has_ended_links_nothing() {
    let ann = identified().await;
    let state = go_to_link(&ann.service, &ann.caller, Some("hers")).await;
    ann.service.end_session(&ann.caller);
    let error = finish(&ann.service, opened(&ann.service, &state, Some("hers"))).await.expect_err("it has ended");
    assert_eq!((error, code(error)), (FinishAuthorizationError::SessionGone, ErrorCode::Unauthorized));

    for (left, alive) in [(MOMENT, true), (std::time::Duration::ZERO, false)] {
        let ann =
            Owner::under(Policy { step_up: StepUp { max_age: None }, ..Policy::for_tests() }, |_, ann| ann.clone());
        let ann = ann.await;
        ann.service.google.identifies(SUBJECT, None);
        ann.service.clock.set(ann.caller.session().idle_expires_at - left);
        assert_eq!(link(&ann).await.is_ok(), alive);
    }
}

#[tokio::test]
async fn a_login_that_is_too_long_ago_when_somebody_comes_back_links_nothing() {
    let ann = identified().await;
    ann.service.clock.advance(std::time::Duration::from_secs(500));
    let state = go_to_link(&ann.service, &ann.caller, Some("hers")).await;
    ann.service.clock.advance(std::time::Duration::from_secs(400) + MOMENT);
    let error = finish(&ann.service, opened(&ann.service, &state, Some("hers"))).await.expect_err("too long ago");
    assert_eq!(code(error), ErrorCode::ReauthenticationRequired);
    assert_eq!((ann.now(), ann.notices()), (ann.account.clone(), Vec::new()));
}

#[tokio::test]
async fn a_session_that_ends_meanwhile_links_nothing() {
    let ann = identified().await;
    let caller = ann.caller.clone();
    let answer = link_late(&ann, async move |service| service.end_session(&caller)).await;
    assert_eq!(answer, Err(FinishAuthorizationError::SessionGone));
    assert_eq!((ann.now(), ann.notices()), (ann.account.clone(), Vec::new()));
}

#[tokio::test]
async fn of_two_accounts_that_take_an_identity_at_once_one_does() {
    let ann = identified().await;
    let answer = link_late(&ann, async |service| {
        service.insert_linked("bob@example.org", SUBJECT);
    });
    assert_eq!(answer.await, Err(FinishAuthorizationError::AlreadyLinked));
    assert_eq!((ann.now(), ann.notices()), (ann.account.clone(), Vec::new()));
}

#[tokio::test]
async fn of_two_links_at_once_the_second_finds_the_first() {
    for (subject, same) in [(SUBJECT, true), ("google-2", false)] {
        let ann = identified().await;
        let caller = ann.caller.clone();
        let answer = link_late(&ann, async move |service| {
            service.google.identifies(subject, None);
            link_as(&service, &caller).await.expect("a link");
        });
        let expected = if same { Ok(()) } else { Err(FinishAuthorizationError::AlreadyLinked) };
        assert_eq!(answer.await.map(drop), expected);
        assert_eq!((ann.now().identities.len(), ann.notices().len()), (1, 1));
    }
}

#[tokio::test]
async fn an_account_that_is_changed_meanwhile_is_linked_as_it_is_by_then() {
    let ann = identified().await;
    let account = ann.account.clone();
    let answer = link_late(&ann, async move |service| {
        service.prove_email(&account);
    });
    let linked = answer.await.expect("a link");
    assert_eq!((linked.clone(), linked.email_verified), (ann.now(), true));
}

#[tokio::test]
async fn whoever_never_wins_is_told_to_come_back() {
    let ann = identified().await;
    let answer = link_late(&ann, async |service| service.lose_every_round(Guard::AccountUnchanged)).await;
    assert_eq!(answer, Err(StoreError::Unavailable.into()));
    assert_eq!(ann.now(), ann.account);
}

#[tokio::test]
async fn whichever_call_to_the_database_fails_nothing_is_linked() {
    let tried = with_each_call_failing(
        StoreError::Refused,
        async || {
            let ann = identified().await;
            let state = go_to_link(&ann.service, &ann.caller, Some("hers")).await;
            (ann.service.clone(), (ann, state))
        },
        async |service, (_, state)| finish(service, opened(service, state, Some("hers"))).await,
        async |_, (ann, _), answer| {
            assert_eq!(answer, Err(StoreError::Refused.into()));
            assert_eq!((ann.now(), ann.notices()), (ann.account.clone(), Vec::new()));
        },
    );
    assert_eq!(tried.await, 3, "the state, the session, the commit");
}
