//! `POST /auth/refresh`: what time does to a refresh token, and every refusal.

use std::time::Duration;

use auth_domain::mail::NoticeKind;
use auth_domain::session::SessionLifetimes;
use auth_domain::use_cases::{Policy, SuspiciousSession};
use serde_json::json;

use crate::harness::App;

fn policy(change: impl FnOnce(&mut SessionLifetimes)) -> Policy {
    let mut policy = Policy::for_tests();
    change(&mut policy.session_lifetimes);
    policy
}

#[tokio::test]
async fn a_token_that_comes_back_after_its_time_ends_the_session() {
    let app = App::start().await;
    let (_, first) = app.session("ann").await;
    let client = app.client();
    let (access, second) = client.refresh(&first).await.tokens();
    app.me(&access).await.expect(200, "USER_FETCHED");
    app.wait(10);
    assert_eq!(client.refresh(&first).await.tokens().1, second, "the window has not ended");
    app.wait(11);
    client.refresh(&first).await.expect(401, "REFRESH_TOKEN_INVALID");
    client.refresh(&second).await.expect(401, "REFRESH_TOKEN_INVALID");
    app.me(&access).await.expect(401, "UNAUTHORIZED");
}

#[tokio::test]
async fn a_window_of_zero_is_strict_single_use() {
    let app = App::under(policy(|lifetimes| lifetimes.retry_window = Duration::ZERO)).await;
    let (_, first) = app.session("ann").await;
    app.client().refresh(&first).await.expect(200, "TOKEN_REFRESHED");
    app.client().refresh(&first).await.expect(401, "REFRESH_TOKEN_INVALID");
}

#[tokio::test]
async fn every_refusal_has_its_code() {
    let app = App::under(policy(|lifetimes| lifetimes.idle = Duration::from_secs(100))).await;
    let (_, refresh) = app.session("ann").await;
    let client = app.client();
    for body in [
        json!({}),
        json!({ "token": null }),
        json!({ "token": 1 }),
        json!({ "token": "" }),
        json!({ "refreshToken": refresh }),
    ] {
        client.post("/auth/refresh", body).await.expect(401, "REFRESH_TOKEN_REQUIRED");
    }
    client.post_raw("/auth/refresh", "").await.expect(400, "VALIDATION_FAILED");
    client.post_raw("/auth/refresh", "{\"token\"").await.expect(400, "VALIDATION_FAILED");
    app.wait(99);
    let (_, refresh) = client.refresh(&refresh).await.tokens();
    app.wait(100);
    let expired = client.refresh(&refresh).await;
    insta::assert_snapshot!("an_expired_token", expired);
    expired.expect(401, "REFRESH_TOKEN_EXPIRED");
    app.service.delete(&app.account("ann"));
    client.refresh(&refresh).await.expect(401, "REFRESH_TOKEN_INVALID");
}

#[tokio::test]
async fn a_session_ends_however_often_it_is_refreshed() {
    let app = App::under(policy(|lifetimes| lifetimes.absolute = Duration::from_secs(300))).await;
    let (_, refresh) = app.session("ann").await;
    app.wait(100);
    let refreshed = app.client().refresh(&refresh).await;
    insta::assert_snapshot!("a_refresh", refreshed);
    assert_eq!(refreshed.body["data"]["tokens"]["refreshExpiresIn"], 200);
    let (_, refresh) = refreshed.tokens();
    app.wait(199);
    let (_, refresh) = app.client().refresh(&refresh).await.tokens();
    app.wait(1);
    app.client().refresh(&refresh).await.expect(401, "REFRESH_TOKEN_EXPIRED");
}

#[tokio::test]
async fn a_second_exit_gets_the_same_and_too_late_it_is_refused_and_nothing_else_happens() {
    let app = App::start().await;
    let (_, first) = app.session("ann").await;
    let (access, second) = app.client().refresh(&first).await.tokens();
    assert_eq!(app.in_network(2).refresh(&first).await.tokens().1, second);
    app.me(&access).await.expect(200, "USER_FETCHED");
    app.in_network(2).refresh(&first).await.expect(401, "REFRESH_TOKEN_INVALID");
    app.me(&access).await.expect(200, "USER_FETCHED");
    app.client().refresh(&second).await.expect(200, "TOKEN_REFRESHED");
    assert_eq!(app.service.store.notices_to(&app.account("ann").email), []);
}

#[tokio::test]
async fn a_session_that_is_asked_for_late_again_and_again_tells_its_owner() {
    let (told, ended) = (NoticeKind::SessionSuspicious, NoticeKind::SessionReuseDetected);
    for (suspicious_session, notice) in [(SuspiciousSession::GoesOn, told), (SuspiciousSession::Ends, ended)] {
        let app = App::under(Policy { suspicious_session, ..Policy::for_tests() }).await;
        let (_, mut token) = app.session("ann").await;
        let client = app.client();
        for generation in 1..=3 {
            let (_, next) = client.refresh(&token).await.tokens();
            app.wait(11);
            let again = client.refresh(&token).await;
            match (generation, suspicious_session) {
                (3, SuspiciousSession::Ends) => drop(again.expect(401, "REFRESH_TOKEN_INVALID")),
                _ => assert_eq!(again.tokens().1, next),
            }
            token = next;
        }
        assert_eq!(app.service.store.notices_to(&app.account("ann").email), [notice]);
        let goes_on = client.refresh(&token).await.status == 200;
        assert_eq!(goes_on, suspicious_session == SuspiciousSession::GoesOn);
    }
}
