//! A second exit of one client: what it gets, and how often.

use auth_domain::session::Joins;

use super::*;

/// Ann's session as a store has it, refreshed by her first exit, and what that got.
async fn refreshed() -> (Ann, IssuedTokens) {
    let ann = Ann::new().await;
    let second = ann.refresh(&ann.tokens.refresh).await;
    (ann, second)
}

async fn from_exit(ann: &Ann, exit: u8) -> Result<IssuedTokens, RefreshError> {
    refresh(&ann.service, &ann.tokens.refresh, &fixtures::client(exit)).await
}

#[tokio::test]
async fn a_second_exit_gets_the_same_successor_within_the_window() {
    let (ann, second) = refreshed().await;
    ann.service.clock.advance(ann.window());
    let joined = from_exit(&ann, 2).await.expect("tokens");
    assert_eq!(joined.refresh, second.refresh);
    let rotation = ann.session().rotation;
    assert_eq!((rotation.client, rotation.served_at), (client(), ann.service.now()));
    assert!(ann.accepts(&joined).await && ann.accepts(&second).await);

    ann.service.clock.advance(ann.window());
    assert_eq!(ann.refresh(&ann.tokens.refresh).await.refresh, second.refresh, "the window began anew");
    assert_eq!(ann.session().revocation, None);
    assert_eq!(ann.service.store.notices_to(&ann.account.email), []);
}

#[tokio::test]
async fn past_the_window_another_client_forks() {
    let (ann, second) = refreshed().await;
    ann.service.clock.advance(ann.window() + MOMENT);
    assert_ne!(from_exit(&ann, 2).await.expect("tokens").refresh, second.refresh);
    assert_eq!(ann.session().rotation.joins, Joins::default());
}

#[tokio::test]
async fn three_exits_a_day_may_join_as_often_as_they_ask_and_a_fourth_forks() {
    let (ann, second) = refreshed().await;
    for exit in [2, 3, 4, 2, 3, 4, 2] {
        assert_eq!(from_exit(&ann, exit).await.expect("tokens").refresh, second.refresh);
    }
    assert_eq!(ann.session().rotation.joins.as_slice().len(), Joins::MAX);
    let forked = from_exit(&ann, 5).await.expect("tokens");
    assert_ne!(forked.refresh, second.refresh);
    assert_eq!(ann.session().rotation.joins.as_slice().len(), Joins::MAX, "a refresh forgets none");
    assert_eq!((ann.accepts(&second).await, ann.accepts(&forked).await), (false, true));

    ann.service.clock.advance(Joins::PERIOD);
    let third = refresh(&ann.service, &forked.refresh, &client()).await.expect("tokens");
    let joined = refresh(&ann.service, &forked.refresh, &fixtures::client(5)).await.expect("tokens");
    assert_eq!(joined.refresh, third.refresh, "a day later");
}

#[tokio::test]
async fn joins_from_before_the_clock_was_put_back_count_no_more() {
    let (ann, second) = refreshed().await;
    for exit in [2, 3, 4] {
        assert_eq!(from_exit(&ann, exit).await.expect("tokens").refresh, second.refresh);
    }
    ann.service.clock.set(ann.service.now() - Duration::from_secs(3_600));
    assert_eq!(from_exit(&ann, 5).await.expect("tokens").refresh, second.refresh);
    assert_eq!(ann.session().rotation.joins.as_slice().len(), 1);
}

#[tokio::test]
async fn after_proof_another_client_is_refused_and_nothing_else_happens() {
    let ann = Ann::new().await;
    let second = ann.refreshed_and_proved().await;
    let (before, session) = (ann.service.store.commits().len(), ann.session());
    ann.service.clock.advance(ann.window());
    let error = from_exit(&ann, 2).await.expect_err("a refusal");
    assert_eq!((error, code(error)), (RefreshError::Invalid, ErrorCode::RefreshTokenInvalid));
    assert_eq!((ann.service.store.commits().len(), ann.session()), (before, session));
    assert_eq!(ann.service.store.notices_to(&ann.account.email), []);
    assert!(ann.accepts(&second).await);

    ann.service.clock.advance(MOMENT);
    assert_eq!(from_exit(&ann, 2).await, Err(ann.reused()), "past the window it may be a thief's");
    ann.assert_revoked_once();
}

#[tokio::test]
async fn without_a_window_nobody_joins() {
    let lifetimes = SessionLifetimes { retry_window: Duration::ZERO, ..Policy::for_tests().session_lifetimes };
    let ann = Ann::with(lifetimes).await;
    ann.refresh(&ann.tokens.refresh).await;
    assert_eq!(from_exit(&ann, 2).await, Err(ann.reused()));
    ann.assert_revoked_once();
}

#[tokio::test]
async fn of_two_that_join_at_once_both_count() {
    let (ann, second) = refreshed().await;
    let token = ann.tokens.refresh.clone();
    ann.service.before_next_commit(async move |service| {
        refresh(&service, &token, &fixtures::client(2)).await.expect("tokens");
    });
    assert_eq!(from_exit(&ann, 3).await.expect("tokens").refresh, second.refresh);
    assert!(!ann.service.store.has_trouble_left());
    assert_eq!(ann.session().rotation.joins.as_slice().len(), 2);
}

#[tokio::test]
async fn a_join_that_races_a_refresh_is_not_forgotten() {
    let (ann, second) = refreshed().await;
    let token = ann.tokens.refresh.clone();
    ann.service.before_next_commit(async move |service| {
        refresh(&service, &token, &fixtures::client(2)).await.expect("tokens");
    });
    ann.refresh(&second.refresh).await;
    assert!(!ann.service.store.has_trouble_left());
    assert_eq!(ann.session().rotation.joins.as_slice().len(), 1);
}

#[tokio::test]
async fn a_join_that_races_the_proof_is_refused() {
    let (ann, second) = refreshed().await;
    let access = second.access.clone();
    ann.service.before_next_commit(async move |service| {
        service.use_cases.authenticate.execute(access.reveal()).await.expect("a live session");
    });
    assert_eq!(from_exit(&ann, 2).await, Err(RefreshError::Invalid));
    assert!(!ann.service.store.has_trouble_left());
    assert_eq!(ann.session().rotation.joins, Joins::default());
}
