//! What a stranger is told about who has an account, with `AUTH_DISCLOSURE=explicit` and `concealed`.

use auth_domain::disclosure::Disclosure;
use auth_domain::mail::NoticeKind;
use auth_domain::use_cases::{EmailVerification, Policy};
use serde_json::json;

use crate::harness::{App, Client, PASSWORD, Reply, otp, temp_token};

fn concealed() -> Policy {
    Policy { disclosure: Disclosure::Concealed, ..Policy::for_tests() }
}

async fn log_in(client: &Client, name: &str) -> Reply {
    client.login(&format!("{name}@example.org"), "wrong password").await
}

async fn lost_password(client: &Client, name: &str) -> Reply {
    client.post("/auth/lost-password", json!({ "email": format!("{name}@example.org") })).await
}

async fn register(client: &Client, name: &str) -> Reply {
    client.post("/auth/register", json!({ "email": format!("{name}@example.org"), "password": PASSWORD })).await
}

/// What the answers are where nothing is concealed: those of the contract.
#[tokio::test]
async fn the_default_says_what_is_wrong() {
    let app = App::start().await;
    app.register("taken").await;
    let client = app.client();
    log_in(&client, "absent").await.expect(400, "INVALID_CREDENTIALS");
    log_in(&client, "taken").await.expect(400, "INVALID_PASSWORD");
    lost_password(&client, "absent").await.expect(400, "INVALID_EMAIL");
    register(&client, "taken").await.expect(400, "USER_EXISTS");
}

#[tokio::test]
async fn the_answers_to_a_stranger() {
    let app = App::under(concealed()).await;
    app.register("taken").await;
    let client = app.client();
    insta::assert_snapshot!("a_login_as_somebody", log_in(&client, "taken").await);
    insta::assert_snapshot!("a_login_as_nobody", log_in(&client, "absent").await);
    insta::assert_snapshot!("a_reset_for_somebody", lost_password(&client, "taken").await);
    insta::assert_snapshot!("a_reset_for_nobody", lost_password(&client, "absent").await);
    insta::assert_snapshot!("a_registration_that_was_none", register(&client, "taken").await);
    insta::assert_snapshot!("a_registration", register(&client, "fresh").await);
}

#[tokio::test]
async fn the_tokens_for_nobody_behave_like_any_other() {
    let app = App::under(Policy { email_verification: EmailVerification::BeforeLogin, ..concealed() }).await;
    app.register("taken").await;
    let client = app.client();
    for name in ["taken", "absent"] {
        let sent = lost_password(&client, name).await.expect(200, "CODE_SENT");
        let reset = client.bearer(&temp_token(&sent));
        lost_password(&client, name).await.expect(429, "RATE_LIMITED");
        for _ in 0..5 {
            // No code begins with a letter: a miss, whatever was mailed.
            reset.post("/auth/verify-code", otp("a00000")).await.expect(401, "OTP_INVALID");
        }
        reset.post("/auth/verify-code", otp("a00000")).await.expect(400, "CODE_NOT_SET");
        let body = json!({ "password": PASSWORD, "confirmPassword": PASSWORD });
        reset.post("/auth/update-password", body).await.expect(401, "UNAUTHORIZED");
    }
    // A registration that was none: its token takes codes, and has them sent again, like that of a real one.
    for name in ["taken", "fresh"] {
        let network = app.in_network(9);
        let registered = register(&network, name).await.expect(201, "USER_REGISTERED");
        let verify = network.bearer(&temp_token(&registered));
        verify.post("/auth/verify-email", otp("a00000")).await.expect(401, "OTP_INVALID");
        verify.post("/auth/verify-email/resend", json!({})).await.expect(200, "CODE_SENT");
        verify.post("/auth/verify-email/resend", json!({})).await.expect(429, "RATE_LIMITED");
    }
    let mails = app.service.deliver_mails().await;
    assert!(mails.iter().all(|mail| !mail.to.as_str().contains("absent") && !mail.to.as_str().contains("invalid")));
}

#[tokio::test]
async fn the_owner_hears_of_what_the_stranger_does_not() {
    let app = App::under(concealed()).await;
    app.register("ann").await;
    let client = app.client();
    for _ in 0..2 {
        register(&client, "ann").await.expect(201, "USER_REGISTERED");
    }
    assert_eq!(app.notices_in_an_hour("ann@example.org").await, [NoticeKind::RegistrationAttempted; 2]);
    assert_eq!(app.mails_to("ann@example.org").await.len(), 2, "both in one, and the code of the registration");
    app.service.insert_linked("linked@example.org", "a subject");
    lost_password(&app.in_network(7), "linked").await.expect(200, "CODE_SENT");
    assert_eq!(app.notices("linked@example.org").await, [NoticeKind::ResetWithoutPassword]);
    assert_eq!(app.mails_to("linked@example.org").await.len(), 1);
    assert_eq!(app.service.store.accounts().len(), 2);
    // A username cannot be concealed: a new account could not have it either.
    for email in ["other@example.org", "ann@example.org"] {
        let body = json!({ "username": "ann", "email": email, "password": PASSWORD });
        client.post("/auth/register", body).await.expect(400, "USER_EXISTS");
    }
}
