//! `Introspect`.

use std::time::Duration;

use auth_domain::access_token::BearerToken;
use auth_domain::audience::Audience;
use auth_domain::internal::TokensIntrospect;
use auth_domain::ports::StoreError;
use auth_domain::session::SessionLifetimes;
use auth_domain::use_cases::{ActiveToken, Policy};
use auth_testkit::fixtures;
use auth_testkit::test_service::{client, with_each_call_failing};

use crate::MOMENT;
use crate::ann::{ANN, Ann};

impl Ann {
    async fn introspect(&self, token: &str) -> Result<Option<ActiveToken>, StoreError> {
        let caller = self.service.service_caller::<TokensIntrospect>("gateway");
        self.service.use_cases.introspect.execute(&caller, token).await
    }

    async fn is_active(&self, token: &BearerToken) -> bool {
        self.introspect(token.reveal()).await.expect("the store").is_some()
    }

    /// Whether the access token and the refresh token of the login are good.
    async fn are_active(&self) -> [bool; 2] {
        [self.is_active(&self.tokens.access).await, self.is_active(&self.tokens.refresh).await]
    }
}

#[tokio::test]
async fn an_access_token_stands_for_its_account_and_session_as_they_are_now() {
    let ann = Ann::logged_in().await;
    let changed = ann.service.prove_email(&ann.account);
    let active = ann.introspect(ann.tokens.access.reveal()).await;
    let Ok(Some(ActiveToken::Access(bearer))) = active else { panic!("{active:?}") };
    assert_eq!((bearer.account(), bearer.session().id), (&changed, ann.session().id));
    assert_eq!(bearer.claims().account_id, ann.account.id);
    assert!(ann.session().rotation.proved, "it reached this service");
}

#[tokio::test]
async fn a_refresh_token_stands_for_its_session_and_is_not_used() {
    let ann = Ann::logged_in().await;
    let before = ann.commits();
    let active = ann.introspect(ann.tokens.refresh.reveal()).await;
    assert_eq!(active, Ok(Some(ActiveToken::Refresh(Box::new(ann.session())))));
    assert_eq!(ann.commits(), before);
    ann.refresh(&ann.tokens.refresh, &client()).await;
}

#[tokio::test]
async fn what_is_no_token_of_this_service_is_not_active() {
    let ann = Ann::logged_in().await;
    let asked = ann.service.use_cases.lost_password.execute(ANN, &client()).await.expect("a temp token");
    ann.service.store.fail_next(StoreError::Failed);
    for text in ["", "nonsense", "refresh|of|others", asked.token.reveal()] {
        assert_eq!(ann.introspect(text).await, Ok(None), "{text}");
    }
    assert!(ann.service.store.forgive(), "no call was made");
}

#[tokio::test]
async fn no_token_of_a_session_that_is_gone_or_has_ended_is_active() {
    let logged_out = Ann::logged_in().await;
    let caller = logged_out.service.caller(&logged_out.account).await;
    assert_eq!(logged_out.are_active().await, [true, true]);
    logged_out.service.use_cases.logout.everywhere(&caller).await.expect("an end");
    let deleted = Ann::logged_in().await;
    deleted.service.delete(&deleted.account);
    for ann in [logged_out, deleted] {
        let before = ann.commits();
        assert_eq!(ann.are_active().await, [false, false]);
        assert_eq!(ann.commits(), before);
    }
}

#[tokio::test]
async fn tokens_are_active_until_their_time_is_over() {
    let ann = Ann::logged_in().await;
    let lifetimes = ann.service.policy.session_lifetimes;
    ann.service.clock.advance(lifetimes.access - MOMENT);
    assert_eq!(ann.are_active().await, [true, true]);
    ann.service.clock.advance(MOMENT);
    assert_eq!(ann.are_active().await, [false, true]);
    ann.service.clock.advance(lifetimes.idle - lifetimes.access - MOMENT);
    assert_eq!(ann.are_active().await, [false, true]);
    ann.service.clock.advance(MOMENT);
    assert_eq!(ann.are_active().await, [false, false]);
}

#[tokio::test]
async fn a_refresh_token_that_was_used_is_active_as_long_as_its_own_client_would_be_answered() {
    let ann = Ann::logged_in().await;
    let second = ann.refresh(&ann.tokens.refresh, &fixtures::client(2)).await;
    ann.service.clock.advance(Duration::from_secs(3_600));
    assert!(ann.is_active(&ann.tokens.refresh).await, "the answer may be lost");
    let third = ann.refresh(&second.refresh, &client()).await;
    assert!(ann.is_active(&third.access).await, "which proves that it was not");
    let window = ann.service.policy.session_lifetimes.retry_window;
    ann.service.clock.advance(window);
    assert!(ann.is_active(&second.refresh).await);
    ann.service.clock.advance(MOMENT);
    for (token, active) in [(&ann.tokens.refresh, false), (&second.refresh, false), (&third.refresh, true)] {
        assert_eq!(ann.is_active(token).await, active);
    }
    assert_eq!(ann.session().revocation, None, "to ask about a token is not to use it");
    assert_eq!(ann.service.store.notices_to(&ann.account.email), []);
}

#[tokio::test]
async fn without_a_window_a_refresh_token_that_was_used_is_not_active() {
    let lifetimes = SessionLifetimes { retry_window: Duration::ZERO, ..Policy::for_tests().session_lifetimes };
    let ann = Ann::logged_in_under(Policy { session_lifetimes: lifetimes, ..Policy::for_tests() }).await;
    let second = ann.refresh(&ann.tokens.refresh, &client()).await;
    assert_eq!((ann.is_active(&ann.tokens.refresh).await, ann.is_active(&second.refresh).await), (false, true));
}

#[tokio::test]
async fn a_token_that_is_proved_or_exchanged_in_that_moment_is_active() {
    let ann = Ann::logged_in().await;
    let (access, refresh) = (ann.tokens.access.clone(), ann.tokens.refresh.clone());
    ann.service.before_next_commit(async move |service| {
        service.use_cases.authenticate.execute(access.reveal()).await.expect("a live session");
        service
            .use_cases
            .refresh_session
            .execute(refresh.reveal(), &Audience::Default, &client())
            .await
            .expect("tokens");
    });
    assert_eq!(ann.are_active().await, [true, true]);
    assert!(!ann.service.store.has_trouble_left());
}

#[tokio::test]
async fn a_database_that_fails_is_told_of() {
    for (is_refresh, calls) in [(true, 1), (false, 2)] {
        let tried = with_each_call_failing(
            StoreError::Failed,
            Ann::prepared,
            async |_, ann| {
                let token = if is_refresh { &ann.tokens.refresh } else { &ann.tokens.access };
                ann.introspect(token.reveal()).await
            },
            async |_, _, answer| assert_eq!(answer, Err(StoreError::Failed)),
        );
        assert_eq!(tried.await, calls, "the session, and the proof of an access token");
    }
}
