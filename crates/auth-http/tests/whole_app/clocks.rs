//! Clocks that are put back, put forward and back, or a little apart.

use std::time::Duration;

use auth_domain::Timestamp;
use auth_domain::challenge::ChallengePurpose;
use serde_json::json;

use crate::harness::{App, Client, PASSWORD, otp, temp_token};

const HOUR: Duration = Duration::from_secs(3_600);
const DAY: Duration = Duration::from_secs(86_400);

fn put_back(app: &App, by: Duration) {
    app.service.clock.set(app.service.now() - by);
}

async fn ask_for_a_code(client: &Client) -> u16 {
    client.post("/auth/lost-password", json!({ "email": "ann@example.org" })).await.status
}

#[tokio::test]
async fn nobody_waits_longer_because_the_clock_was_put_back() {
    let app = App::start().await;
    app.register("ann").await;
    let client = app.client();
    // A wait of 16 s, and of a minute for a mail.
    for wait in [0, 0, 0, 0, 0, 1, 2, 4, 8] {
        app.wait(wait);
        client.login("ann", "wrong password").await.expect(400, "INVALID_PASSWORD");
    }
    assert_eq!(client.login("ann", PASSWORD).await.retry_after(), 16);
    assert_eq!((ask_for_a_code(&client).await, ask_for_a_code(&client).await), (200, 429));
    put_back(&app, HOUR);
    assert_eq!((ask_for_a_code(&client).await, ask_for_a_code(&client).await), (200, 429));
    client.login("ann", "wrong password").await.expect(400, "INVALID_PASSWORD");
    assert_eq!(client.login("ann", PASSWORD).await.retry_after(), 32, "misses in a row are not forgotten");
    app.wait(32);
    client.login("ann", PASSWORD).await.expect(200, "USER_LOGGED_IN");
    app.wait(28);
    assert_eq!(ask_for_a_code(&client).await, 200, "a minute later");

    // The codes of an hour are spent; the next hour begins when it begins.
    for _ in 0..3 {
        app.wait(60);
        assert_eq!(ask_for_a_code(&client).await, 200);
    }
    app.wait(60);
    assert_eq!(ask_for_a_code(&client).await, 429);
    put_back(&app, HOUR);
    assert_eq!(ask_for_a_code(&client).await, 200);
}

#[tokio::test]
async fn a_daily_budget_of_codes_is_never_longer_than_a_day() {
    let app = App::start().await;
    app.register("ann").await;
    let code = app.code(ChallengePurpose::VerifyEmail, "ann@example.org", 1).await;
    let wrong = auth_testkit::test_service::another_code(&code);
    // Codes for the same address: five misses each.
    for network in 1..=5 {
        let client = app.in_network(network);
        let body = json!({ "email": "ann@example.org" });
        let reset = temp_token(&client.post("/auth/lost-password", body).await.expect(200, "CODE_SENT"));
        for _ in 0..5 {
            client.bearer(&reset).post("/auth/verify-code", otp(&wrong)).await.expect(401, "OTP_INVALID");
        }
    }
    put_back(&app, HOUR);
    let client = app.in_network(9);
    let body = json!({ "email": "ann@example.org" });
    let reset = temp_token(&client.post("/auth/lost-password", body).await.expect(200, "CODE_SENT"));
    client.bearer(&reset).post("/auth/verify-code", otp(&wrong)).await.expect(401, "OTP_INVALID");
}

/// Everything that goes on in the background, once an hour of that day.
async fn a_day_in_the_background(app: &App) {
    let use_cases = &app.service.use_cases;
    for _ in 0..24 {
        use_cases.purge_expired.run().await.unwrap();
        use_cases.publish_signing_keys.rotate().await.unwrap();
        use_cases.follow_clock.run().await.unwrap();
        app.service.deliver_mails().await;
        app.service.deliver_events().await;
        app.wait(3_600);
    }
}

#[tokio::test]
async fn nobody_is_logged_out_because_the_clock_was_put_forward_by_40_days_and_back() {
    let app = App::start().await;
    app.service.use_cases.publish_signing_keys.rotate().await.unwrap();
    app.service.use_cases.purge_expired.run().await.unwrap();
    let (access, refresh) = app.session("ann").await;
    let (_, idle) = app.session("bob").await;
    app.service.clock.advance(40 * DAY);
    // Whoever asks meanwhile is told that the session has expired, and that is all.
    app.me(&access).await.expect(401, "ACCESS_TOKEN_EXPIRED");
    app.client().refresh(&refresh).await.expect(401, "REFRESH_TOKEN_EXPIRED");
    a_day_in_the_background(&app).await;
    put_back(&app, 41 * DAY);
    app.me(&access).await.expect(200, "USER_FETCHED");
    let (access, refresh) = app.client().refresh(&refresh).await.tokens();
    app.me(&access).await.expect(200, "USER_FETCHED");
    a_day_in_the_background(&app).await;
    let (access, _) = app.client().refresh(&refresh).await.tokens();
    app.me(&access).await.expect(200, "USER_FETCHED");
    // Of another one 30 days go by.
    app.service.clock.advance(29 * DAY);
    app.client().refresh(&idle).await.expect(401, "REFRESH_TOKEN_EXPIRED");
}

/// Two nodes whose clocks are that far apart, on the same rows.
struct TwoNodes {
    app: App,
    ahead: Duration,
}

impl TwoNodes {
    fn time(&self) -> Timestamp {
        self.app.service.now()
    }

    /// What the node whose clock is ahead answers.
    async fn ahead<T>(&self, request: impl AsyncFnOnce(&App) -> T) -> T {
        let now = self.time();
        self.app.service.clock.set(now + self.ahead);
        let answer = request(&self.app).await;
        self.app.service.clock.set(now);
        answer
    }
}

#[tokio::test]
async fn two_nodes_whose_clocks_are_half_a_minute_apart_work() {
    let nodes = TwoNodes { app: App::start().await, ahead: Duration::from_secs(30) };
    let app = &nodes.app;
    nodes.ahead(async |app| app.register("ann").await).await;
    // The other one finds that mail due in half a minute.
    let verify = ChallengePurpose::VerifyEmail;
    let code = nodes.ahead(async |app| app.code(verify, "ann@example.org", 1).await).await;
    let (access, refresh) = nodes.ahead(async |app| app.client().login("ann", PASSWORD).await.tokens()).await;
    // What one has made the other takes, and the other way round.
    app.me(&access).await.expect(200, "USER_FETCHED");
    app.client().bearer(&access).post("/auth/verify-email", otp(&code)).await.expect(200, "EMAIL_VERIFIED");
    let (access, refresh) = app.client().refresh(&refresh).await.tokens();
    nodes.ahead(async |app| app.me(&access).await.expect(200, "USER_FETCHED")).await;
    let (access, refresh) = nodes.ahead(async |app| app.client().refresh(&refresh).await.tokens()).await;
    let (again, _) = app.client().refresh(&refresh).await.tokens();
    app.me(&access).await.expect(200, "USER_FETCHED");
    app.me(&again).await.expect(200, "USER_FETCHED");

    // A second factor: begun here, ended there. An app's code counts half a minute before and after.
    let client = app.client().bearer(&again);
    nodes.ahead(async |_| client.post("/2fa/app/setup", json!({})).await.expect(200, "SCAN_QR")).await;
    let code = app.totp("ann", 0);
    client.post("/2fa/app/verify-setup", otp(&code)).await.expect(200, "TWOFA_ENABLED");
    let pending =
        nodes.ahead(async |app| app.client().login("ann", PASSWORD).await.expect(206, "TWOFA_REQUIRED")).await;
    let code = app.totp("ann", 1);
    let client = app.client().bearer(&temp_token(&pending));
    client.post("/2fa/app/verify-login", otp(&code)).await.expect(200, "USER_LOGGED_IN");

    // Misses count on both, and their waits are measured from the last.
    for wait in [0, 0, 0, 0, 0] {
        app.wait(wait);
        nodes
            .ahead(async |app| app.client().login("ann", "wrong password").await.expect(400, "INVALID_PASSWORD"))
            .await;
    }
    assert_eq!(app.client().login("ann", PASSWORD).await.retry_after(), 1);
    assert_eq!(app.service.use_cases.follow_clock.run().await, Ok(0));
}
