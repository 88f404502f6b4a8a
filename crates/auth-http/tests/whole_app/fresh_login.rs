//! What an access token alone may not do, and `POST /auth/reauthenticate`.

use auth_domain::challenge::ChallengePurpose;
use auth_domain::mail::NoticeKind;
use serde_json::{Value, json};

use crate::harness::{App, Client, PASSWORD, otp, temp_token};

const ADDRESS: &str = "ann@example.org";
/// Seconds, by default.
const MAX_AGE: u64 = 900;

/// Somebody who holds an access token that ann's browser got by a refresh just now, of a login some time ago.
async fn with_a_stolen_token(app: &App) -> Client {
    let (_, refresh) = app.session("ann").await;
    app.wait(MAX_AGE + 1);
    let (access, _) = app.client().post("/auth/refresh", json!({ "token": refresh })).await.tokens();
    app.client().bearer(&access)
}

/// Everything that weakens an account or takes it over.
fn attacks() -> Vec<(&'static str, &'static str, Value)> {
    vec![
        ("POST", "/auth/update-credentials", json!({ "email": "thief@example.net" })),
        ("POST", "/2fa/app/setup", json!({})),
        ("POST", "/2fa/email/setup", json!({})),
        ("POST", "/2fa/app/verify-setup", otp("123456")),
        ("POST", "/2fa/email/verify-setup", otp("123456")),
        ("POST", "/2fa/enable", json!({ "method": "app" })),
        ("POST", "/2fa/disable", json!({ "method": "app" })),
        ("POST", "/2fa/primary", json!({ "method": "app" })),
        ("POST", "/2fa/recovery/regenerate", json!({})),
        ("POST", "/auth/google/link", json!({})),
        ("DELETE", "/auth/google/link", json!({})),
        ("DELETE", "/auth/delete", json!({})),
    ]
}

async fn attack(client: &Client, method: &str, path: &str, body: Value) -> crate::harness::Reply {
    if method == "DELETE" { client.delete(path).await } else { client.post(path, body).await }
}

#[tokio::test]
async fn an_access_token_alone_takes_no_account_over() {
    let app = App::start().await;
    let thief = with_a_stolen_token(&app).await;
    let before = app.account("ann");
    for (method, path, body) in attacks() {
        let refused = attack(&thief, method, path, body).await;
        let header = refused.header("www-authenticate");
        assert!(header.contains("insufficient_user_authentication") && header.contains("max_age=\"900\""), "{path}");
        assert_eq!(refused.expect(401, "REAUTHENTICATION_REQUIRED")["maxAge"], MAX_AGE, "{path}");
    }
    assert_eq!(app.account("ann"), before);
    thief.get("/auth/me").await.expect(200, "USER_FETCHED");
    let wrong = json!({ "password": "a guess" });
    thief.post("/auth/reauthenticate", wrong).await.expect(400, "INVALID_PASSWORD");
}

#[tokio::test]
async fn a_login_without_the_second_factor_takes_no_account_over_that_has_one() {
    let app = App::start().await;
    let (access, _) = app.session("ann").await;
    let account = app.service.enable_app(&app.account("ann"));
    // As a node of an older version would leave it: the session is alive though the factor came later.
    let session = app.client().bearer(&access);
    for (method, path, body) in attacks() {
        let refused = attack(&session, method, path, body).await;
        refused.expect(401, "REAUTHENTICATION_REQUIRED");
    }
    assert_eq!(app.account("ann"), account);
}

#[tokio::test]
async fn the_answers_of_a_reauthentication() {
    let app = App::start().await;
    let ann = with_a_stolen_token(&app).await;
    insta::assert_snapshot!("a_password_that_is_missing", ann.post("/auth/reauthenticate", json!({})).await);
    let reply = ann.post("/auth/reauthenticate", json!({ "password": PASSWORD })).await;
    insta::assert_snapshot!("a_reauthentication", reply);
    let access = reply.expect(200, "REAUTHENTICATED")["tokens"]["accessToken"].as_str().unwrap().to_owned();
    let fresh = app.client().bearer(&access);
    fresh.post("/2fa/app/setup", json!({})).await.expect(200, "SCAN_QR");
    let enabled = fresh.post("/2fa/app/verify-setup", otp(&app.totp("ann", 0))).await;
    enabled.expect(200, "TWOFA_ENABLED");

    app.wait(MAX_AGE + 1);
    let (temp, _) = {
        let login = temp_token(&app.client().login("ann", PASSWORD).await.expect(206, "TWOFA_REQUIRED"));
        app.client().bearer(&login).post("/2fa/app/verify-login", otp(&app.totp("ann", 0))).await.tokens()
    };
    app.wait(30);
    let ann = app.client().bearer(&temp);
    let pending = ann.post("/auth/reauthenticate", json!({ "password": PASSWORD })).await;
    let pending = temp_token(&pending.expect(206, "TWOFA_REQUIRED"));
    let finish = app.client().bearer(&pending);
    let finished = finish.post("/2fa/app/verify-login", otp(&app.totp("ann", 0))).await;
    assert!(finished.expect(200, "REAUTHENTICATED")["tokens"].get("refreshToken").is_none());
    finish.post("/2fa/app/verify-login", otp(&app.totp("ann", 1))).await.expect(401, "TEMP_TOKEN_INVALID");
    // No token of this step is one of another.
    let temp = ann.post("/auth/reauthenticate", json!({ "password": PASSWORD })).await;
    let temp = app.client().bearer(&temp_token(&temp.expect(206, "TWOFA_REQUIRED")));
    for path in ["/auth/verify-code", "/auth/verify-email"] {
        temp.post(path, otp("123456")).await.expect(401, "TEMP_TOKEN_INVALID");
    }
    temp.get("/auth/me").await.expect(401, "ACCESS_TOKEN_INVALID");
}

#[tokio::test]
async fn without_a_password_a_code_goes_to_the_proved_address() {
    let app = App::start().await;
    let account = app.service.insert_linked(ADDRESS, "google-1");
    let caller = app.service.caller(&account).await;
    app.wait(MAX_AGE + 1);
    let ann = app.service.access_token_of(&caller);
    let ann = app.client().bearer(&ann);
    ann.delete("/auth/delete").await.expect(401, "REAUTHENTICATION_REQUIRED");
    let pending = ann.post("/auth/reauthenticate", json!({})).await;
    let data = pending.expect(206, "TWOFA_REQUIRED");
    assert_eq!((&data["methods"], &data["primary"]), (&json!(["email"]), &json!("email")));
    let code = app.code(ChallengePurpose::TwoFactorLogin, ADDRESS, 1).await;
    let finish = app.client().bearer(&temp_token(&data));
    let fresh = finish.post("/2fa/email/verify-login", otp(&code)).await.expect(200, "REAUTHENTICATED");
    let fresh = app.client().bearer(fresh["tokens"]["accessToken"].as_str().unwrap());
    fresh.delete("/auth/delete").await.expect(200, "USER_DATA_DELETED");
    assert_eq!(app.notices(ADDRESS).await, [NoticeKind::AccountDeleted]);
}

#[tokio::test]
async fn a_first_second_factor_ends_the_sessions_that_passed_none() {
    let app = App::start().await;
    let (access, _) = app.session("ann").await;
    let (other, _) = app.client().login("ann", PASSWORD).await.tokens();
    let ann = app.client().bearer(&access);
    ann.post("/2fa/app/setup", json!({})).await.expect(200, "SCAN_QR");
    ann.post("/2fa/app/verify-setup", otp(&app.totp("ann", 0))).await.expect(200, "TWOFA_ENABLED");
    app.me(&other).await.expect(401, "UNAUTHORIZED");
    // The session that verified the set-up counts as having passed it.
    ann.post("/2fa/disable", json!({ "method": "app" })).await.expect(200, "METHOD_DISABLED");
    let (other, _) = app.client().login("ann", PASSWORD).await.tokens();
    ann.post("/2fa/enable", json!({ "method": "app" })).await.expect(200, "METHOD_ENABLED");
    app.me(&other).await.expect(401, "UNAUTHORIZED");
    app.me(&access).await.expect(200, "USER_FETCHED");
}

#[tokio::test]
async fn a_set_up_can_be_given_up_and_its_session_may_begin_anew_after_a_minute() {
    let app = App::start().await;
    let (access, _) = app.session("ann").await;
    let (other, _) = app.client().login("ann", PASSWORD).await.tokens();
    let (ann, other) = (app.client().bearer(&access), app.client().bearer(&other));
    ann.delete("/2fa/app/setup").await.expect(400, "TWOFA_NOT_SET");
    ann.post("/2fa/app/setup", json!({})).await.expect(200, "SCAN_QR");
    other.delete("/2fa/app/setup").await.expect(200, "SETUP_CANCELLED");
    ann.get("/2fa/").await.expect(404, "NO_METHODS_FOUND");
    ann.post("/2fa/app/verify-setup", otp("123456")).await.expect(400, "TWOFA_NOT_SET");

    ann.post("/2fa/app/setup", json!({})).await.expect(200, "SCAN_QR");
    app.wait(59);
    ann.post("/2fa/app/setup", json!({})).await.expect(400, "TWOFA_ALREADY_PENDING");
    app.wait(1);
    other.post("/2fa/app/setup", json!({})).await.expect(400, "TWOFA_ALREADY_PENDING");
    ann.post("/2fa/app/setup", json!({})).await.expect(200, "SCAN_QR");
    ann.post("/2fa/app/verify-setup", otp(&app.totp("ann", 0))).await.expect(200, "TWOFA_ENABLED");
    ann.delete("/2fa/app/setup").await.expect(400, "TWOFA_ALREADY_ENABLED");
}
