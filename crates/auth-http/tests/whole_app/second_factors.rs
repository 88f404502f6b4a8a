//! `/2fa`, and what second factors change elsewhere.

use std::time::Duration;

use auth_domain::challenge::ChallengePurpose;
use auth_domain::use_cases::{Policy, StepUp};
use serde_json::{Value, json};

use crate::harness::{App, Client, PASSWORD, Reply, otp, temp_token};

const NEW_PASSWORD: &str = "another correct horse";
const ADDRESS: &str = "ann@example.org";

/// A user called ann whose app is set up: a client with their access token, and the recovery codes.
async fn with_app(app: &App) -> (Client, Vec<String>) {
    let (access, _) = app.session("ann").await;
    let client = app.client().bearer(&access);
    client.post("/2fa/app/setup", json!({})).await.expect(200, "SCAN_QR");
    let enabled = client.post("/2fa/app/verify-setup", otp(&app.totp("ann", 0))).await.expect(200, "TWOFA_ENABLED");
    app.wait(30);
    let codes = enabled["recoveryCodes"].as_array().unwrap().iter().map(|code| code.as_str().unwrap().to_owned());
    (client, codes.collect())
}

/// The same with codes by mail.
async fn with_email(app: &App) -> Client {
    let (access, _) = app.session("ann").await;
    let client = app.client().bearer(&access);
    client.post("/2fa/email/setup", json!({})).await.expect(200, "CODE_SENT");
    let code = app.code(ChallengePurpose::TwoFactorSetup, ADDRESS, 1).await;
    client.post("/2fa/email/verify-setup", otp(&code)).await.expect(200, "TWOFA_ENABLED");
    client
}

async fn begin_login(app: &App, name: &str, password: &str) -> Value {
    app.client().login(name, password).await.expect(206, "TWOFA_REQUIRED")
}

async fn finish(app: &App, temp: &str, method: &str, code: &str) -> Reply {
    app.client().bearer(temp).post(&format!("/2fa/{method}/verify-login"), otp(code)).await
}

/// A whole recovery; answers what the new password leads to.
async fn reset(app: &App, email: &str) -> Reply {
    let sent = app.client().post("/auth/lost-password", json!({ "email": email })).await.expect(200, "CODE_SENT");
    let code = app.code(ChallengePurpose::PasswordReset, email, 1).await;
    let bearer = app.client().bearer(&temp_token(&sent));
    let verified = bearer.post("/auth/verify-code", otp(&code)).await.expect(200, "CODE_VERIFIED");
    let body = json!({ "password": NEW_PASSWORD, "confirmPassword": NEW_PASSWORD });
    app.client().bearer(&temp_token(&verified)).post("/auth/update-password", body).await
}

#[tokio::test]
async fn the_answers_of_an_app() {
    let app = App::start().await;
    let (access, _) = app.session("ann").await;
    let ann = app.client().bearer(&access);
    insta::assert_snapshot!("no_second_factor", ann.get("/2fa/").await);
    insta::assert_snapshot!("an_app_to_set_up", ann.post("/2fa/app/setup", json!({})).await);
    insta::assert_snapshot!("an_app_that_is_pending", ann.get("/2fa/").await);
    insta::assert_snapshot!("an_app_is_enabled", ann.post("/2fa/app/verify-setup", otp(&app.totp("ann", 0))).await);
    let pending = app.client().login("ann", PASSWORD).await;
    insta::assert_snapshot!("a_login_that_waits_for_a_second_factor", pending);
    let temp = temp_token(&pending.body["data"]);
    insta::assert_snapshot!("a_code_that_was_used", finish(&app, &temp, "app", &app.totp("ann", 0)).await);
    insta::assert_snapshot!("a_login_with_two_factors", finish(&app, &temp, "app", &app.totp("ann", 1)).await);
}

#[tokio::test]
async fn codes_by_mail_are_set_up_and_sent_at_login() {
    let app = App::start().await;
    let ann = with_email(&app).await;
    let mailed = async |number| app.code(ChallengePurpose::TwoFactorLogin, ADDRESS, number).await;
    ann.post("/2fa/email/setup", json!({})).await.expect(400, "TWOFA_ALREADY_ENABLED");
    let pending = begin_login(&app, "ann", PASSWORD).await;
    assert_eq!((&pending["methods"], &pending["primary"]), (&json!(["email"]), &json!("email")));
    let temp = temp_token(&pending);
    let code = mailed(1).await;
    let bearer = app.client().bearer(&temp);
    assert_eq!(bearer.post("/2fa/email/send-login", json!({})).await.retry_after(), 60);
    // A code belongs to its login.
    let other = temp_token(&begin_login(&app, "ann", PASSWORD).await);
    let replaced = mailed(2).await;
    finish(&app, &other, "email", &code).await.expect(401, "OTP_INVALID");
    finish(&app, &temp, "app", &code).await.expect(400, "TWOFA_NOT_SET");
    finish(&app, &temp, "email", &code).await.expect(200, "USER_LOGGED_IN");
    finish(&app, &temp, "email", &code).await.expect(401, "TEMP_TOKEN_INVALID");
    // A minute later another one can be asked for, which replaces the first.
    app.wait(60);
    let sent = app.client().bearer(&other).post("/2fa/email/send-login", json!({})).await;
    insta::assert_snapshot!("another_code_for_a_login", sent);
    sent.expect(200, "CODE_SENT");
    let newest = mailed(3).await;
    finish(&app, &other, "email", &replaced).await.expect(401, "OTP_INVALID");
    finish(&app, &other, "email", &newest).await.expect(200, "USER_LOGGED_IN");
}

#[tokio::test]
async fn with_both_any_may_finish_and_one_comes_first() {
    let app = App::start().await;
    let (ann, _) = with_app(&app).await;
    ann.post("/2fa/email/setup", json!({})).await.expect(200, "CODE_SENT");
    let code = app.code(ChallengePurpose::TwoFactorSetup, ADDRESS, 1).await;
    let enabled = ann.post("/2fa/email/verify-setup", otp(&code)).await.expect(200, "TWOFA_ENABLED");
    assert_eq!(enabled.get("recoveryCodes"), None, "with the first method only");
    let pending = begin_login(&app, "ann", PASSWORD).await;
    assert_eq!((&pending["methods"], &pending["primary"]), (&json!(["app", "email"]), &json!("app")));
    let temp = temp_token(&pending);
    finish(&app, &temp, "email", "123456").await.expect(401, "OTP_INVALID");
    app.client().bearer(&temp).post("/2fa/email/send-login", json!({})).await.expect(200, "CODE_SENT");
    let code = app.code(ChallengePurpose::TwoFactorLogin, ADDRESS, 1).await;
    finish(&app, &temp, "email", &code).await.expect(200, "USER_LOGGED_IN");

    ann.post("/2fa/primary", json!({ "method": "email" })).await.expect(200, "PRIMARY_METHOD_UPDATED");
    let pending = begin_login(&app, "ann", PASSWORD).await;
    assert_eq!(pending["primary"], "email");
    finish(&app, &temp_token(&pending), "app", &app.totp("ann", 0)).await.expect(200, "USER_LOGGED_IN");
    disable_and_enable(&app, &ann).await;
    // Enrolled anew: the old secret is good until the new one is proved.
    ann.post("/2fa/app/setup", json!({})).await.expect(200, "SCAN_QR");
    ann.post("/2fa/app/verify-setup", otp(&app.totp("ann", 1))).await.expect(200, "TWOFA_ENABLED");
    for body in [json!({}), json!({ "method": 1 }), json!({ "method": "sms" })] {
        ann.post("/2fa/enable", body).await.expect(400, "VALIDATION_FAILED");
    }
    let (bob, _) = app.session("bob").await;
    let bob = app.client().bearer(&bob);
    for path in ["/2fa/enable", "/2fa/disable", "/2fa/primary"] {
        bob.post(path, json!({ "method": "app" })).await.expect(400, "METHODS_NOT_ENABLED");
    }
    bob.post("/2fa/recovery/regenerate", json!({})).await.expect(400, "METHODS_NOT_ENABLED");
    assert_eq!(app.notices_in_an_hour(ADDRESS).await.len(), 7, "each change, but for those that changed nothing");
}

/// Disabling the primary hands that to the other one.
async fn disable_and_enable(app: &App, ann: &Client) {
    ann.post("/2fa/disable", json!({ "method": "email" })).await.expect(200, "METHOD_DISABLED");
    assert_eq!(begin_login(app, "ann", PASSWORD).await["primary"], "app");
    ann.post("/2fa/primary", json!({ "method": "email" })).await.expect(400, "METHODS_NOT_ENABLED");
    ann.post("/2fa/disable", json!({ "method": "email" })).await.expect(400, "METHODS_NOT_ENABLED");
    let temp = temp_token(&begin_login(app, "ann", PASSWORD).await);
    finish(app, &temp, "email", "123456").await.expect(400, "TWOFA_NOT_ENABLED");
    app.client().bearer(&temp).post("/2fa/email/send-login", json!({})).await.expect(400, "TWOFA_NOT_ENABLED");
    ann.post("/2fa/disable", json!({ "method": "app" })).await.expect(200, "METHOD_DISABLED");
    app.client().login("ann", PASSWORD).await.expect(200, "USER_LOGGED_IN");
    ann.post("/2fa/enable", json!({ "method": "email" })).await.expect(200, "METHOD_ENABLED");
    ann.post("/2fa/enable", json!({ "method": "email" })).await.expect(200, "METHOD_ENABLED");
    let methods = ann.get("/2fa").await;
    insta::assert_snapshot!("two_methods", methods);
    let methods = methods.expect(200, "METHODS_FETCHED");
    assert_eq!(methods["recoveryCodesLeft"], 10);
    let methods = methods["methods"].as_array().unwrap().iter();
    let states: Vec<_> = methods.map(|method| (&method["method"], &method["status"], &method["primary"])).collect();
    let expected =
        [(&json!("app"), &json!("disabled"), &json!(false)), (&json!("email"), &json!("enabled"), &json!(true))];
    assert_eq!(states, expected);
}

#[tokio::test]
async fn a_code_counts_in_every_spelling_and_once_over_all() {
    let app = App::start().await;
    with_app(&app).await;
    let login = async || temp_token(&begin_login(&app, "ann", PASSWORD).await);
    let right = app.totp("ann", 0);
    let full_width: String =
        right.chars().map(|digit| char::from_u32(u32::from(digit) - 0x30 + 0xff10).unwrap()).collect();
    let temp = login().await;
    let number = json!({ "otpCode": right.parse::<u32>().unwrap() });
    let refused = app.client().bearer(&temp).post("/2fa/app/verify-login", number).await;
    let errors = refused.expect(400, "VALIDATION_FAILED")["errors"].clone();
    assert_eq!((&errors[0]["field"], &errors[0]["reason"]), (&json!("/otpCode"), &json!("type")));
    let typed = format!("\u{200b}{}\u{2013}{}\u{a0}", &full_width[..9], &full_width[9..]);
    finish(&app, &temp, "app", &typed).await.expect(200, "USER_LOGGED_IN");
    for spelling in [&right, &full_width] {
        finish(&app, &login().await, "app", spelling).await.expect(401, "OTP_INVALID");
    }
}

#[tokio::test]
async fn wrong_codes_have_one_limit_over_purposes_tokens_and_spellings() {
    let app = App::start().await;
    let (ann, codes) = with_app(&app).await;
    let right = app.totp("ann", 0);
    let login = async || temp_token(&begin_login(&app, "ann", PASSWORD).await);
    let recover = async |temp: &str, code: &str| {
        let body = json!({ "recoveryCode": code });
        app.client().bearer(temp).post("/2fa/recovery/verify-login", body).await
    };
    // What is no six digits is a miss like any other.
    let spellings: [String; 5] = [
        right.replace(|_: char| true, "\u{2460}"),
        format!("{right}0"),
        format!("0x{right}"),
        format!("+{right}"),
        "a00000".to_owned(),
    ];
    let change = json!({ "email": "ann@example.net" });
    ann.post("/auth/update-credentials", change).await.expect(206, "TWOFA_REQUIRED");
    for spelling in &spellings {
        let temp = login().await;
        finish(&app, &temp, "app", spelling).await.expect(401, "OTP_INVALID");
        ann.post("/auth/verify-update-credentials", otp(spelling)).await.expect(401, "OTP_INVALID");
        recover(&temp, "abcde-fghjk").await.expect(401, "OTP_INVALID");
    }
    for _ in 2 * spellings.len()..25 {
        finish(&app, &login().await, "app", "a00000").await.expect(401, "OTP_INVALID");
    }
    let temp = login().await;
    finish(&app, &temp, "app", &right).await.expect(429, "RATE_LIMITED");
    ann.post("/auth/verify-update-credentials", otp(&right)).await.expect(429, "RATE_LIMITED");
    // Recovery codes have one of their own: whoever knows the password keeps nobody out who has them.
    recover(&temp, &codes[0]).await.expect(200, "USER_LOGGED_IN");
    // Recovery has a limit of its own: whoever knows the password does not block it.
    let sent = app.client().post("/auth/lost-password", json!({ "email": ADDRESS })).await.expect(200, "CODE_SENT");
    let code = app.code(ChallengePurpose::PasswordReset, ADDRESS, 1).await;
    let bearer = app.client().bearer(&temp_token(&sent));
    bearer.post("/auth/verify-code", otp(&code)).await.expect(200, "CODE_VERIFIED");
}

#[tokio::test]
async fn a_change_of_credentials_waits_for_the_second_factor() {
    let app = App::start().await;
    let (ann, _) = with_app(&app).await;
    app.register("bob").await;
    let change = async |body: Value| ann.post("/auth/update-credentials", body).await;
    let verify = async |client: &Client, code: &str| client.post("/auth/verify-update-credentials", otp(code)).await;
    let right = || app.totp("ann", 0);
    verify(&ann, "123456").await.expect(400, "NO_PENDING_CREDENTIALS");
    change(json!({ "email": "bob@example.org" })).await.expect(400, "EMAIL_EXISTS");
    let both = json!({ "email": "ann@example.net", "oldPassword": PASSWORD, "newPassword": NEW_PASSWORD, "confirmPassword": NEW_PASSWORD });
    let asked = change(both).await.expect(206, "TWOFA_REQUIRED");
    assert_eq!(asked, json!({ "method": "app", "expiresIn": 600 }));
    assert_eq!(app.account("ann").email.as_str(), ADDRESS, "nothing changed yet");
    // Another session of the same user did not ask.
    let temp = temp_token(&begin_login(&app, "ann", PASSWORD).await);
    let (other, _) = finish(&app, &temp, "app", &right()).await.tokens();
    let other = app.client().bearer(&other);
    app.wait(30);
    verify(&other, &right()).await.expect(400, "NO_PENDING_CREDENTIALS");
    verify(&ann, "a00000").await.expect(401, "OTP_INVALID");
    let user = verify(&ann, &right()).await.expect(200, "CREDENTIALS_UPDATED");
    assert_eq!(user["user"]["email"], "ann@example.net");
    verify(&ann, "123456").await.expect(400, "NO_PENDING_CREDENTIALS");
    other.get("/auth/me").await.expect(401, "UNAUTHORIZED");
    begin_login(&app, "ann@example.net", NEW_PASSWORD).await;
    app.wait(30);

    // The last one that was asked for counts, and only that.
    change(json!({ "email": "first@example.net" })).await.expect(206, "TWOFA_REQUIRED");
    change(json!({ "email": "second@example.net" })).await.expect(206, "TWOFA_REQUIRED");
    let user = verify(&ann, &right()).await.expect(200, "CREDENTIALS_UPDATED");
    assert_eq!(user["user"]["email"], "second@example.net");
    app.wait(30);
    // Taken meanwhile.
    change(json!({ "email": "taken@example.net" })).await.expect(206, "TWOFA_REQUIRED");
    let body = json!({ "email": "taken@example.net", "password": PASSWORD });
    app.client().post("/auth/register", body).await.expect(201, "USER_REGISTERED");
    verify(&ann, &right()).await.expect(400, "EMAIL_EXISTS");
    // Disabled meanwhile.
    change(json!({ "email": "third@example.net" })).await.expect(206, "TWOFA_REQUIRED");
    ann.post("/2fa/disable", json!({ "method": "app" })).await.expect(200, "METHOD_DISABLED");
    verify(&ann, &right()).await.expect(400, "TWOFA_NOT_ENABLED");
}

#[tokio::test]
async fn a_reset_does_not_bypass_the_second_factor() {
    let app = App::start().await;
    let (ann, _) = with_app(&app).await;
    let code = app.code(ChallengePurpose::VerifyEmail, ADDRESS, 1).await;
    ann.post("/auth/verify-email", otp(&code)).await.expect(200, "EMAIL_VERIFIED");
    let pending = reset(&app, ADDRESS).await.expect(206, "TWOFA_REQUIRED");
    ann.get("/auth/me").await.expect(401, "UNAUTHORIZED");
    let (access, _) = finish(&app, &temp_token(&pending), "app", &app.totp("ann", 0)).await.tokens();
    assert!(access.contains("|otp mfa|"), "{access}");
    begin_login(&app, "ann", NEW_PASSWORD).await;
    // A login that was pending when the password changed is void.
    app.wait(30);
    let temp = temp_token(&begin_login(&app, "ann", NEW_PASSWORD).await);
    app.service.set_password(&app.account("ann"), "a third correct horse").await;
    finish(&app, &temp, "app", &app.totp("ann", 0)).await.expect(401, "TEMP_TOKEN_INVALID");
}

/// The proof that counts is the first one, of whatever address.
#[tokio::test]
async fn a_change_of_address_is_no_way_around_it() {
    let app = App::start().await;
    let (ann, _) = with_app(&app).await;
    let code = app.code(ChallengePurpose::VerifyEmail, ADDRESS, 1).await;
    ann.post("/auth/verify-email", otp(&code)).await.expect(200, "EMAIL_VERIFIED");
    let change = json!({ "email": "typo@example.org" });
    ann.post("/auth/update-credentials", change).await.expect(206, "TWOFA_REQUIRED");
    let verify = ann.post("/auth/verify-update-credentials", otp(&app.totp("ann", 0))).await;
    verify.expect(200, "CREDENTIALS_UPDATED");
    let code = app.code(ChallengePurpose::VerifyEmail, "typo@example.org", 1).await;
    ann.post("/auth/verify-email", otp(&code)).await.expect(200, "EMAIL_VERIFIED");
    reset(&app, "typo@example.org").await.expect(206, "TWOFA_REQUIRED");
}

#[tokio::test]
async fn a_squatter_keeps_no_second_factor() {
    let app = App::start().await;
    with_app(&app).await;
    let (access, _) = reset(&app, ADDRESS).await.tokens();
    app.client().bearer(&access).get("/2fa/").await.expect(404, "NO_METHODS_FOUND");
    app.client().login("ann", NEW_PASSWORD).await.expect(200, "USER_LOGGED_IN");
}

#[tokio::test]
async fn how_fresh_a_login_must_be_can_be_set() {
    let step_up = StepUp { max_age: Some(Duration::from_secs(100)) };
    let app = App::under(Policy { step_up, ..Policy::for_tests() }).await;
    let (ann, _) = with_app(&app).await;
    app.wait(71);
    for (path, body) in [
        ("/2fa/disable", json!({ "method": "app" })),
        ("/2fa/primary", json!({ "method": "app" })),
        ("/2fa/recovery/regenerate", json!({})),
        ("/auth/update-credentials", json!({ "email": "ann@example.net" })),
    ] {
        let reply = ann.post(path, body).await;
        let header = reply.header("www-authenticate");
        assert!(header.contains("insufficient_user_authentication") && header.contains("max_age=\"100\""), "{header}");
        if path == "/2fa/disable" {
            insta::assert_snapshot!("a_login_that_is_too_old", reply);
        }
        assert_eq!(reply.expect(401, "REAUTHENTICATION_REQUIRED")["maxAge"], 100);
    }
    let temp = temp_token(&begin_login(&app, "ann", PASSWORD).await);
    let (fresh, _) = finish(&app, &temp, "app", &app.totp("ann", 0)).await.tokens();
    let body = json!({ "method": "app" });
    app.client().bearer(&fresh).post("/2fa/disable", body).await.expect(200, "METHOD_DISABLED");
}
