//! `UnlinkIdentity`: a provider logs in to the account no more.

use std::time::Duration;

use auth_domain::account::Account;
use auth_domain::challenge::ChallengePurpose;
use auth_domain::error_code::ErrorCode;
use auth_domain::identity::ProviderName;
use auth_domain::mail::NoticeKind;
use auth_domain::ports::{Guard, StoreError};
use auth_domain::session::{Revocation, RevocationReason};
use auth_domain::use_cases::{
    Authenticated, FreshLoginError, IdentityProviders, Policy, Ports, StepUp, UnlinkIdentityError, UseCases,
};
use auth_testkit::test_service::{TestService, client, with_each_call_failing};

use crate::ann::ANN;
use crate::owner::Owner;
use crate::{MOMENT, code, stale};

/// Ann has a password, and an identity at google.
async fn with_password() -> Owner {
    with_password_under(Policy::for_tests()).await
}

async fn with_password_under(policy: Policy) -> Owner {
    Owner::under(policy, |service, account| service.link(account, &service.google, "google-1")).await
}

/// Ann only signs in through google.
async fn without_password() -> Owner {
    let service = TestService::new();
    let account = service.insert_linked(ANN, "google-1");
    Owner::on(service, account).await
}

async fn unlink(ann: &Owner) -> Result<Account, UnlinkIdentityError> {
    unlink_as(&ann.service, &ann.caller, ann.service.google.name()).await
}

async fn refused(ann: &Owner) -> UnlinkIdentityError {
    ann.refused(unlink(ann)).await
}

async fn unlink_as(
    service: &TestService,
    caller: &Authenticated,
    provider: &ProviderName,
) -> Result<Account, UnlinkIdentityError> {
    let caller = service.use_cases.require_fresh_login.execute(caller.clone()).map_err(FreshLoginError::from)?;
    service.use_cases.unlink_identity.execute(&caller, provider, &client()).await
}

#[tokio::test]
async fn an_identity_is_unlinked_and_the_owner_is_told() {
    let ann = with_password().await;
    let account = unlink(&ann).await.expect("an account");
    assert_eq!((&account, account.identities.len()), (&ann.now(), 0));
    assert!(account.updated_at > ann.account.updated_at);
    assert_eq!(ann.service.store.notices_to(&account.email), [NoticeKind::IdentityUnlinked]);
    assert!(ann.service.store.audit_actions().contains(&"identity.unlinked".to_owned()));
}

#[tokio::test]
async fn every_other_session_ends() {
    let ann = with_password().await;
    let other = ann.service.caller(&ann.account).await;
    let bob = ann.service.register("bob@example.org").await;
    let bob = ann.service.caller(&bob).await;
    unlink(&ann).await.expect("an account");
    let revocation = |caller: &Authenticated| ann.service.store.session(caller.session().id).expect("it").revocation;
    let reason = RevocationReason::IdentityUnlinked;
    assert_eq!(revocation(&other), Some(Revocation { at: ann.service.now(), reason }));
    assert_eq!((revocation(&ann.caller), revocation(&bob)), (None, None));
}

#[tokio::test]
async fn logins_that_wait_for_a_second_factor_are_void() {
    let ann = with_password().await;
    ann.service.enable_app(&ann.account);
    ann.service.begin_login(ANN).await;
    let caller = ann.service.caller(&ann.account).await;
    unlink_as(&ann.service, &caller, ann.service.google.name()).await.expect("an account");
    assert_eq!(ann.service.store.challenges_for(ChallengePurpose::TwoFactorLogin), []);
    assert_eq!(ann.service.store.challenges_for(ChallengePurpose::VerifyEmail).len(), 1, "others stay");
}

#[tokio::test]
async fn of_two_identities_the_other_stays() {
    let ann = with_password().await;
    let account = ann.service.link(&ann.account, &ann.service.fortytwo, "42-1");
    let unlinked = unlink(&ann).await.expect("an account");
    assert_eq!(unlinked.identities, [account.identities[0].clone()], "that at 42, which comes before google");
    assert_eq!(ann.now(), unlinked);
}

#[tokio::test]
async fn what_is_not_linked_is_not_unlinked() {
    let ann = with_password().await;
    let error = unlink_as(&ann.service, &ann.caller, ann.service.fortytwo.name()).await.expect_err("not linked");
    assert_eq!((error, code(error)), (UnlinkIdentityError::NotLinked, ErrorCode::ProviderNotLinked));
    unlink(&ann).await.expect("an account");
    ann.service.deliver_mails().await;
    assert_eq!(refused(&ann).await, UnlinkIdentityError::NotLinked, "any more");
}

#[tokio::test]
async fn the_last_way_in_stays() {
    let ann = without_password().await;
    let error = refused(&ann).await;
    assert_eq!((error, code(error)), (UnlinkIdentityError::LastWayIn, ErrorCode::LastWayIn));
    ann.service.link(&ann.account, &ann.service.fortytwo, "42-1");
    let account = unlink(&ann).await.expect("another way in");
    assert_eq!(account.identities.len(), 1);
}

#[tokio::test]
async fn a_provider_that_is_configured_no_more_is_no_way_in_and_may_be_unlinked() {
    let ann = without_password().await;
    ann.service.link(&ann.account, &ann.service.fortytwo, "42-1");
    let without = |gone: &ProviderName| {
        let mut ports = ann.service.ports();
        ports.identity_providers.remove(gone);
        UseCases::new(ports, ann.service.policy.clone()).unlink_identity
    };
    let (google, fortytwo) = (ann.service.google.name(), ann.service.fortytwo.name());
    let answer = without(fortytwo).execute(&ann.service.fresh(&ann.caller), google, &client()).await;
    assert_eq!(answer, Err(UnlinkIdentityError::LastWayIn));
    let account =
        without(fortytwo).execute(&ann.service.fresh(&ann.caller), fortytwo, &client()).await.expect("google is left");
    assert_eq!(account.identities.len(), 1);

    let ports = Ports { identity_providers: IdentityProviders::new(), ..ann.service.ports() };
    let none = UseCases::new(ports, ann.service.policy.clone()).unlink_identity;
    ann.service.set_password(&ann.account, "a password").await;
    none.execute(&ann.service.fresh(&ann.caller), google, &client()).await.expect("a password is a way in");
}

#[tokio::test]
async fn a_login_is_to_be_fresh() {
    let max_age = Duration::from_secs(900);
    for (age, fresh) in [(max_age, true), (max_age + MOMENT, false)] {
        let ann =
            with_password_under(Policy { step_up: StepUp { max_age: Some(max_age) }, ..Policy::for_tests() }).await;
        ann.service.clock.advance(age);
        if fresh {
            unlink(&ann).await.expect("an account");
        } else {
            let error = refused(&ann).await;
            assert_eq!(error, stale(max_age));
            assert_eq!(code(error), ErrorCode::ReauthenticationRequired);
        }
    }
}

#[tokio::test]
async fn a_session_that_has_ended_or_ends_meanwhile_unlinks_nothing() {
    let ann = with_password().await;
    let caller = ann.caller.clone();
    ann.service.before_next_commit(async move |service| service.end_session(&caller));
    for when in ["meanwhile", "before"] {
        let error = unlink(&ann).await.expect_err(when);
        assert_eq!((error, code(error)), (FreshLoginError::SessionGone.into(), ErrorCode::Unauthorized), "{when}");
        assert_eq!((ann.now(), ann.service.store.owed_mails()), (ann.account.clone(), Vec::new()));
    }
}

#[tokio::test]
async fn of_two_ways_in_that_are_unlinked_at_once_one_stays() {
    let ann = without_password().await;
    ann.service.link(&ann.account, &ann.service.fortytwo, "42-1");
    let caller = ann.caller.clone();
    ann.service.before_next_commit(async move |service| {
        let fortytwo = service.fortytwo.name().clone();
        unlink_as(&service, &caller, &fortytwo).await.expect("an account");
    });
    assert_eq!(unlink(&ann).await, Err(UnlinkIdentityError::LastWayIn));
    assert_eq!(ann.now().identities.len(), 1);
}

#[tokio::test]
async fn of_two_who_unlink_the_same_at_once_one_does() {
    let ann = with_password().await;
    let caller = ann.caller.clone();
    ann.service.before_next_commit(async move |service| {
        let google = service.google.name().clone();
        unlink_as(&service, &caller, &google).await.expect("an account");
    });
    assert_eq!(unlink(&ann).await, Err(UnlinkIdentityError::NotLinked));
    assert_eq!(ann.service.store.notices_to(&ann.account.email).len(), 1);
}

#[tokio::test]
async fn whoever_never_wins_is_told_to_come_back() {
    let ann = with_password().await;
    ann.service.lose_every_round(Guard::AccountUnchanged);
    assert_eq!(refused(&ann).await, StoreError::Unavailable.into());
    assert!(!ann.service.store.has_trouble_left());
}

#[tokio::test]
async fn whichever_call_to_the_database_fails_nothing_is_unlinked() {
    let tried = with_each_call_failing(
        StoreError::Refused,
        async || {
            let ann = with_password().await;
            (ann.service.clone(), ann)
        },
        async |_, ann| unlink(ann).await,
        async |_, ann, answer| {
            let error = answer.expect_err("a refusal");
            assert_eq!((error, code(error)), (StoreError::Refused.into(), ErrorCode::Unavailable));
            assert_eq!(ann.now(), ann.account);
        },
    );
    assert_eq!(tried.await, 2, "the session, the commit");
}
