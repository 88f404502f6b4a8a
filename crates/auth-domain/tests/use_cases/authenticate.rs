//! `Authenticate`.

use std::time::Duration;

use auth_domain::access_token::{AccessClaims, BearerToken, TokenFault, TokenRejection};
use auth_domain::audience::Audience;
use auth_domain::error_code::{ErrorCode, Refusal};
use auth_domain::ports::{AccessTokens as _, Change, StoreError};
use auth_domain::session::{Generation, SessionLifetimes};
use auth_domain::use_cases::{AuthenticateError, Authenticated, Policy};
use auth_testkit::fixtures;
use auth_testkit::test_service::{TestService, client, with_each_call_failing};

use crate::ann::Ann;
use crate::{MOMENT, code, wait};

const SECOND: Duration = Duration::from_secs(1);

impl Ann {
    async fn authenticate(&self) -> Result<Authenticated, AuthenticateError> {
        authenticate(&self.service, &self.tokens.access).await
    }

    /// Another access token with these claims changed.
    async fn with_claims(&self, change: impl FnOnce(AccessClaims) -> AccessClaims) -> BearerToken {
        let claims = self.authenticate().await.expect("a live session").claims().clone();
        self.service.access_tokens.issue(&change(claims)).expect("a signing key")
    }
}

async fn authenticate(service: &TestService, token: &BearerToken) -> Result<Authenticated, AuthenticateError> {
    service.use_cases.authenticate.execute(token.reveal()).await
}

#[tokio::test]
async fn whoever_bears_an_access_token_is_known_with_their_account_as_it_is_now() {
    let ann = Ann::logged_in().await;
    let changed = ann.service.prove_email(&ann.account);
    let caller = ann.authenticate().await.expect("a live session");
    assert_eq!((caller.account(), caller.session().id), (&changed, ann.session().id));
    let claims = caller.claims();
    assert_eq!((claims.account_id, claims.session_id), (ann.account.id, ann.session().id));
    assert_eq!((claims.roles.clone(), claims.authenticated_at), (ann.account.roles.clone(), ann.service.now()));
    assert_eq!(claims.expires_at, ann.service.now() + ann.service.policy.session_lifetimes.access);
}

#[tokio::test]
async fn the_first_use_proves_the_session_and_further_ones_write_nothing() {
    let ann = Ann::logged_in().await;
    let (before, unproved) = (ann.commits(), ann.session());
    let caller = ann.authenticate().await.expect("a live session");
    assert_eq!((unproved.rotation.proved, ann.session().rotation.proved), (false, true));
    assert_eq!(caller.session(), &unproved, "as it was read");
    let proof = Change::ProveSession {
        account_id: unproved.account_id,
        session_id: unproved.id,
        generation: Generation::FIRST,
    };
    assert_eq!(ann.service.store.commits()[before..], [[proof]]);
    ann.service.store.fail_after(1, StoreError::Failed);
    ann.authenticate().await.expect("a live session");
    assert!(ann.service.store.forgive(), "a read is the only call");
}

#[tokio::test]
async fn the_token_of_an_earlier_generation_is_good_and_proves_nothing() {
    let ann = Ann::logged_in().await;
    ann.refresh(&ann.tokens.refresh, &client()).await;
    let before = ann.commits();
    ann.authenticate().await.expect("a live session");
    assert_eq!((ann.commits(), ann.session().rotation.proved), (before, false));
}

#[tokio::test]
async fn what_is_no_access_token_is_refused_without_a_call_to_the_database() {
    let ann = Ann::logged_in().await;
    ann.service.store.fail_next(StoreError::Failed);
    for text in ["", "nonsense", ann.tokens.refresh.reveal(), "access|of|others"] {
        let error = authenticate(&ann.service, &BearerToken::new(text.to_owned())).await.expect_err("a refusal");
        assert_eq!(error, AuthenticateError::Token(TokenFault::Malformed.into()));
        assert_eq!(code(error), ErrorCode::AccessTokenInvalid);
    }
    ann.service.clock.advance(ann.service.policy.session_lifetimes.access);
    let error = ann.authenticate().await.expect_err("a refusal");
    assert_eq!(error, AuthenticateError::Token(TokenRejection::Expired));
    assert_eq!(code(error), ErrorCode::AccessTokenExpired);
    assert!(ann.service.store.forgive(), "no call was made");
}

#[tokio::test]
async fn the_token_of_a_session_that_is_gone_or_has_ended_is_refused() {
    let logged_out = Ann::logged_in().await;
    let caller = logged_out.authenticate().await.expect("a live session");
    logged_out.service.use_cases.logout.everywhere(&caller).await.expect("an end");
    let deleted = Ann::logged_in().await;
    deleted.service.delete(&deleted.account);
    for ann in [logged_out, deleted] {
        let before = ann.commits();
        let error = ann.authenticate().await.expect_err("a refusal");
        assert_eq!(error, AuthenticateError::SessionGone);
        assert_eq!(code(error), ErrorCode::Unauthorized);
        assert_eq!(ann.commits(), before);
    }
}

#[tokio::test]
async fn a_session_that_expires_before_its_access_token_takes_it_along() {
    let lifetimes = SessionLifetimes { idle: SECOND, ..Policy::for_tests().session_lifetimes };
    let ann = Ann::logged_in_under(Policy { session_lifetimes: lifetimes, ..Policy::for_tests() }).await;
    ann.service.clock.advance(SECOND - MOMENT);
    assert!(ann.authenticate().await.is_ok());
    ann.service.clock.advance(MOMENT);
    assert_eq!(ann.authenticate().await, Err(AuthenticateError::SessionGone));
}

#[tokio::test]
async fn a_token_that_does_not_fit_its_session_is_refused() {
    let ann = Ann::logged_in().await;
    let bob = ann.service.register("bob@example.org").await;
    let of_bob = ann.with_claims(|claims| AccessClaims { account_id: bob.id, ..claims }).await;
    let of_later = ann.with_claims(|claims| AccessClaims { generation: Generation::FIRST.next(), ..claims }).await;
    for token in [of_bob, of_later] {
        assert_eq!(authenticate(&ann.service, &token).await, Err(AuthenticateError::SessionGone));
    }
}

#[tokio::test]
async fn a_token_that_a_fork_left_behind_is_refused() {
    let ann = Ann::logged_in().await;
    let lost = ann.refresh(&ann.tokens.refresh, &client()).await.access;
    ann.service.clock.advance(ann.service.policy.session_lifetimes.retry_window + MOMENT);
    let forked = ann.refresh(&ann.tokens.refresh, &fixtures::client(2)).await.access;
    assert_eq!(authenticate(&ann.service, &lost).await, Err(AuthenticateError::SessionGone));
    assert!(authenticate(&ann.service, &forked).await.is_ok());
    assert!(ann.authenticate().await.is_ok(), "before the fork");
}

#[tokio::test]
async fn whichever_call_to_the_database_fails_nobody_is_known() {
    let tried = with_each_call_failing(
        StoreError::Failed,
        Ann::prepared,
        async |_, ann| ann.authenticate().await,
        async |_, ann, answer| {
            assert_eq!(answer, Err(AuthenticateError::Store(StoreError::Failed)));
            assert!(!ann.session().rotation.proved);
        },
    );
    assert_eq!(tried.await, 2, "the session, its proof");
}

#[tokio::test]
async fn where_nothing_can_be_written_the_proof_is_put_off() {
    for failure in [StoreError::Unavailable, StoreError::Refused] {
        let ann = Ann::logged_in().await;
        ann.service.store.refuse_next_commit(failure.into());
        ann.authenticate().await.expect("a live session");
        assert!(!ann.session().rotation.proved);
        ann.authenticate().await.expect("a live session");
        assert!(ann.session().rotation.proved);
        ann.service.store.fail_next(failure);
        assert_eq!(
            ann.authenticate().await,
            Err(AuthenticateError::Store(failure)),
            "what cannot be read is not known"
        );
    }
}

#[tokio::test]
async fn each_failure_of_the_database_has_its_code() {
    for failure in [StoreError::Unavailable, StoreError::Refused] {
        let error = AuthenticateError::Store(failure);
        assert_eq!((code(error), wait(error)), (ErrorCode::Unavailable, 2 * SECOND));
    }
    for failure in [StoreError::Corrupt { table: "sessions", column: "amr" }, StoreError::Failed] {
        let refusal = Refusal::from(AuthenticateError::Store(failure));
        assert_eq!(refusal, ErrorCode::InternalServerError.into(), "nobody is told to try again");
    }
}

#[tokio::test]
async fn of_two_first_uses_at_once_both_are_known() {
    let ann = Ann::logged_in().await;
    let access = ann.tokens.access.clone();
    ann.service.before_next_commit(async move |service| {
        authenticate(&service, &access).await.expect("a live session");
    });
    assert!(ann.authenticate().await.is_ok());
    assert!(!ann.service.store.has_trouble_left());
    assert!(ann.session().rotation.proved);
}

#[tokio::test]
async fn a_token_that_is_exchanged_in_that_moment_does_not_prove_the_next() {
    let ann = Ann::logged_in().await;
    let token = ann.tokens.refresh.clone();
    ann.service.before_next_commit(async move |service| {
        service.use_cases.refresh_session.execute(token.reveal(), &Audience::Default, &client()).await.expect("tokens");
    });
    assert!(ann.authenticate().await.is_ok(), "this call came before");
    let rotation = ann.session().rotation;
    assert_eq!((rotation.generation, rotation.proved), (Generation::FIRST.next(), false));
}
