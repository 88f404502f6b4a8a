//! `POST /auth/update-credentials`

use auth_domain::challenge::ChallengePurpose;
use auth_domain::mail::NoticeKind;
use serde_json::{Value, json};

use crate::harness::{App, PASSWORD, otp};

const NEW_PASSWORD: &str = "another correct horse";

fn passwords(old: &str, new: &str) -> Value {
    json!({ "oldPassword": old, "newPassword": new, "confirmPassword": new })
}

#[tokio::test]
async fn a_new_address_counts_at_once_and_is_unproved() {
    let app = App::start().await;
    let (access, _) = app.session("ann").await;
    app.register("bob").await;
    let client = app.client().bearer(&access);
    let change = async |email: &str| client.post("/auth/update-credentials", json!({ "email": email })).await;
    let old_code = app.code(ChallengePurpose::VerifyEmail, "ann@example.org", 1).await;
    change("BOB@example.org").await.expect(400, "EMAIL_EXISTS");
    let changed = change("Ann@example.net").await;
    insta::assert_snapshot!("a_new_address", changed);
    let user = changed.expect(200, "CREDENTIALS_UPDATED");
    assert_eq!((&user["user"]["email"], &user["user"]["emailVerified"]), (&json!("Ann@example.net"), &json!(false)));
    assert_eq!(app.notices("ann@example.org").await, [NoticeKind::EmailChanged]);
    let code = app.code(ChallengePurpose::VerifyEmail, "Ann@example.net", 1).await;
    // What went to the old address proves nothing about the new one.
    assert_ne!(old_code, code);
    client.post("/auth/verify-email", otp(&old_code)).await.expect(401, "OTP_INVALID");
    client.post("/auth/verify-email", otp(&code)).await.expect(200, "EMAIL_VERIFIED");
    app.client().login("ann@example.org", PASSWORD).await.expect(400, "INVALID_CREDENTIALS");
    app.client().login("ann@example.net", PASSWORD).await.expect(200, "USER_LOGGED_IN");
    // Another spelling of the same address is no new one.
    let user = change("ann@EXAMPLE.net").await.expect(200, "CREDENTIALS_UPDATED");
    assert_eq!((&user["user"]["email"], &user["user"]["emailVerified"]), (&json!("ann@EXAMPLE.net"), &json!(true)));
    assert_eq!(app.mails_to("ann@example.org").await.len(), 2, "one code, one notice");
    // The old address is free again.
    let body = json!({ "email": "ann@example.org", "password": PASSWORD });
    app.client().post("/auth/register", body).await.expect(201, "USER_REGISTERED");
}

#[tokio::test]
async fn a_reset_that_was_asked_for_at_the_old_address_is_void() {
    let app = App::start().await;
    let (access, _) = app.session("ann").await;
    let sent = app.client().post("/auth/lost-password", json!({ "email": "ann@example.org" })).await;
    let sent = sent.expect(200, "CODE_SENT");
    let code = app.code(ChallengePurpose::PasswordReset, "ann@example.org", 1).await;
    let both = json!({ "email": "ann@example.net", "oldPassword": PASSWORD, "newPassword": NEW_PASSWORD, "confirmPassword": NEW_PASSWORD });
    app.client().bearer(&access).post("/auth/update-credentials", both).await.expect(200, "CREDENTIALS_UPDATED");
    let reset = app.client().bearer(sent["tempToken"].as_str().unwrap());
    reset.post("/auth/verify-code", otp(&code)).await.expect(400, "CODE_NOT_SET");
    app.client().login("ann@example.net", NEW_PASSWORD).await.expect(200, "USER_LOGGED_IN");
    assert_eq!(app.notices("ann@example.org").await, [NoticeKind::PasswordChanged, NoticeKind::EmailChanged]);
}

#[tokio::test]
async fn every_mistake_has_its_code_and_changes_nothing() {
    let app = App::start().await;
    let (access, _) = app.session("ann").await;
    let client = app.client().bearer(&access);
    let post = async |body: Value| client.post("/auth/update-credentials", body).await;
    post(json!({})).await.expect(400, "VALIDATION_FAILED");
    post(json!({ "email": "nobody" })).await.expect(400, "VALIDATION_FAILED");
    post(json!({ "email": 1 })).await.expect(400, "VALIDATION_FAILED");
    for some in [
        json!({ "oldPassword": PASSWORD }),
        json!({ "newPassword": NEW_PASSWORD, "confirmPassword": NEW_PASSWORD }),
        json!({ "email": "ann@example.net", "oldPassword": PASSWORD, "newPassword": NEW_PASSWORD }),
    ] {
        post(some).await.expect(400, "PASSWORDS_REQUIRED");
    }
    let unmatched = json!({ "oldPassword": PASSWORD, "newPassword": NEW_PASSWORD, "confirmPassword": PASSWORD });
    post(unmatched).await.expect(400, "UNMATCHED_PASSWORDS");
    post(passwords(PASSWORD, "password1")).await.expect(400, "PASSWORD_POLICY");
    post(passwords("wrong password", NEW_PASSWORD)).await.expect(400, "INVALID_PASSWORD");
    let both = json!({ "email": "ann@example.net", "oldPassword": "wrong password", "newPassword": NEW_PASSWORD, "confirmPassword": NEW_PASSWORD });
    post(both).await.expect(400, "INVALID_PASSWORD");
    // The limit for passwords is one, whichever endpoint takes them.
    for _ in 0..3 {
        post(passwords("wrong password", NEW_PASSWORD)).await.expect(400, "INVALID_PASSWORD");
    }
    assert_eq!(app.client().login("ann", PASSWORD).await.retry_after(), 1);
    app.wait(1);
    app.client().login("ann", PASSWORD).await.expect(200, "USER_LOGGED_IN");
    assert_eq!(app.me(&access).await.expect(200, "USER_FETCHED")["user"]["email"], "ann@example.org");
}
