//! `POST /auth/verify-email`, `/auth/verify-email/resend`, and `AUTH_REQUIRE_VERIFIED_EMAIL`

use auth_domain::challenge::ChallengePurpose;
use auth_domain::use_cases::{EmailVerification, Policy};
use serde_json::{Value, json};

use crate::harness::{App, PASSWORD, otp, temp_token};

const ADDRESS: &str = "ann@example.org";

/// Nobody logs in before their address is proved.
async fn strict() -> App {
    App::under(Policy { email_verification: EmailVerification::BeforeLogin, ..Policy::for_tests() }).await
}

async fn register(app: &App) -> Value {
    let body = json!({ "username": "ann", "email": ADDRESS, "password": PASSWORD });
    app.client().post("/auth/register", body).await.expect(201, "USER_REGISTERED")
}

async fn mailed(app: &App, number: usize) -> String {
    app.code(ChallengePurpose::VerifyEmail, ADDRESS, number).await
}

fn wrong(code: &str, guess: u32) -> String {
    format!("{:06}", (code.parse::<u32>().unwrap() + guess) % 1_000_000)
}

#[tokio::test]
async fn a_further_code_replaces_the_one_before_within_the_limit() {
    let app = App::start().await;
    let (access, _) = app.session("ann").await;
    let ann = app.client().bearer(&access);
    let first = mailed(&app, 1).await;
    let sent = ann.post("/auth/verify-email/resend", json!({})).await;
    insta::assert_snapshot!("a_further_code", sent);
    let sent = sent.expect(200, "CODE_SENT");
    assert_eq!((sent["expiresIn"].as_u64(), sent.get("tempToken")), (Some(600), None));
    assert_ne!(first, mailed(&app, 2).await);
    ann.post("/auth/verify-email", otp(&first)).await.expect(401, "OTP_INVALID");
    assert_eq!(ann.post("/auth/verify-email/resend", json!({})).await.retry_after(), 60);
    for _ in 0..4 {
        app.wait(60);
        ann.post("/auth/verify-email/resend", json!({})).await.expect(200, "CODE_SENT");
    }
    app.wait(60);
    // It shares its limit with recovery.
    ann.post("/auth/verify-email/resend", json!({})).await.expect(429, "RATE_LIMITED");
    app.client().post("/auth/lost-password", json!({ "email": ADDRESS })).await.expect(429, "RATE_LIMITED");
}

#[tokio::test]
async fn wrong_codes_are_counted_with_those_of_recovery() {
    let app = App::start().await;
    let (access, _) = app.session("ann").await;
    let ann = app.client().bearer(&access);
    for number in 1..=5 {
        let code = mailed(&app, number).await;
        for guess in 1..=5 {
            ann.post("/auth/verify-email", otp(&wrong(&code, guess))).await.expect(401, "OTP_INVALID");
        }
        ann.post("/auth/verify-email", otp(&code)).await.expect(400, "CODE_NOT_SET");
        app.wait(60);
        ann.post("/auth/verify-email/resend", json!({})).await.expect(200, "CODE_SENT");
    }
    let code = mailed(&app, 6).await;
    ann.post("/auth/verify-email", otp(&code)).await.expect(429, "RATE_LIMITED");
}

#[tokio::test]
async fn a_login_mails_a_code_when_none_is_outstanding_any_more() {
    let app = strict().await;
    let client = app.client();
    register(&app).await;
    mailed(&app, 1).await;
    app.wait(600);
    let pending = client.login("ann", PASSWORD).await;
    insta::assert_snapshot!("a_login_that_waits_for_a_proof", pending);
    let pending = pending.expect(206, "EMAIL_VERIFICATION_REQUIRED");
    let code = mailed(&app, 2).await;
    let bearer = client.bearer(&temp_token(&pending));
    // Another one by the token, which comes with a fresh token.
    let again = bearer.post("/auth/verify-email/resend", json!({})).await.expect(200, "CODE_SENT");
    let newest = mailed(&app, 3).await;
    bearer.post("/auth/verify-email", otp(&code)).await.expect(401, "OTP_INVALID");
    let bearer = client.bearer(&temp_token(&again));
    bearer.post("/auth/verify-email", otp(&newest)).await.expect(200, "EMAIL_VERIFIED");
    bearer.post("/auth/verify-email/resend", json!({})).await.expect(401, "TEMP_TOKEN_INVALID");
}

#[tokio::test]
async fn twenty_login_mails_an_hour() {
    let mut policy = Policy { email_verification: EmailVerification::BeforeLogin, ..Policy::for_tests() };
    policy.challenge_lifetimes.code = std::time::Duration::from_secs(1);
    let app = App::under(policy).await;
    register(&app).await;
    for _ in 0..20 {
        app.wait(1);
        app.client().login("ann", PASSWORD).await.expect(206, "EMAIL_VERIFICATION_REQUIRED");
    }
    app.wait(1);
    app.client().login("ann", PASSWORD).await.expect(429, "RATE_LIMITED");
    app.wait(3_600);
    app.client().login("ann", PASSWORD).await.expect(206, "EMAIL_VERIFICATION_REQUIRED");
}

#[tokio::test]
async fn a_reset_is_a_proof_too() {
    let app = strict().await;
    let client = app.client();
    register(&app).await;
    let sent = app.in_network(1).post("/auth/lost-password", json!({ "email": ADDRESS })).await;
    let code = app.code(ChallengePurpose::PasswordReset, ADDRESS, 1).await;
    let bearer = client.bearer(&temp_token(&sent.expect(200, "CODE_SENT")));
    let verified = bearer.post("/auth/verify-code", otp(&code)).await.expect(200, "CODE_VERIFIED");
    let body = json!({ "password": "another correct horse", "confirmPassword": "another correct horse" });
    client.bearer(&temp_token(&verified)).post("/auth/update-password", body).await.expect(200, "USER_LOGGED_IN");
    client.login("ann", "another correct horse").await.expect(200, "USER_LOGGED_IN");
}
