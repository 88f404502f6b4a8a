//! `POST /auth/lost-password`, `/auth/verify-code`, `/auth/update-password`

use std::time::Duration;

use auth_domain::challenge::ChallengePurpose;
use auth_domain::use_cases::Policy;
use auth_testkit::test_service::another_code;
use serde_json::json;

use crate::harness::{App, Client, PASSWORD, Reply, otp, temp_token};

const NEW_PASSWORD: &str = "another correct horse";

fn email(name: &str) -> String {
    format!("{name}@example.org")
}

async fn lost_password(client: &Client, name: &str) -> Reply {
    client.post("/auth/lost-password", json!({ "email": email(name) })).await
}

async fn verify_code(app: &App, token: &str, code: &str) -> Reply {
    app.client().bearer(token).post("/auth/verify-code", otp(code)).await
}

async fn update_password(app: &App, token: &str, password: &str) -> Reply {
    let body = json!({ "password": password, "confirmPassword": password });
    app.client().bearer(token).post("/auth/update-password", body).await
}

/// Asks for the `number`th code of `name` from a network of its own; answers the token and the code.
async fn asked(app: &App, name: &str, network: u8, number: usize) -> (String, String) {
    let sent = lost_password(&app.in_network(network), name).await.expect(200, "CODE_SENT");
    (temp_token(&sent), app.code(ChallengePurpose::PasswordReset, &email(name), number).await)
}

/// A token that may set the password.
async fn verified(app: &App, name: &str) -> String {
    let (reset, code) = asked(app, name, 1, 1).await;
    temp_token(&verify_code(app, &reset, &code).await.expect(200, "CODE_VERIFIED"))
}

#[tokio::test]
async fn the_answers_of_a_recovery() {
    let app = App::start().await;
    app.register("ann").await;
    let sent = lost_password(&app.client(), "ann").await;
    insta::assert_snapshot!("a_code_is_sent", sent);
    let reset = temp_token(&sent.expect(200, "CODE_SENT"));
    let code = app.code(ChallengePurpose::PasswordReset, "ann@example.org", 1).await;
    insta::assert_snapshot!("a_wrong_code", verify_code(&app, &reset, &another_code(&code)).await);
    let verified = verify_code(&app, &reset, &code).await;
    insta::assert_snapshot!("a_right_code", verified);
    let second = temp_token(&verified.expect(200, "CODE_VERIFIED"));
    insta::assert_snapshot!("a_password_against_the_policy", update_password(&app, &second, "password1").await);
    insta::assert_snapshot!("a_new_password", update_password(&app, &second, NEW_PASSWORD).await);
}

#[tokio::test]
async fn every_mistake_has_its_code_and_leaves_the_token_usable() {
    let app = App::start().await;
    app.register("ann").await;
    let client = app.client();
    for body in [json!({}), json!({ "email": 1 }), json!({ "email": "nobody" }), json!({ "email": "no@example.org" })] {
        client.post("/auth/lost-password", body).await.expect(400, "INVALID_EMAIL");
    }
    let (first, code) = asked(&app, "ann", 1, 1).await;
    let given = client.bearer(&first);
    for body in [json!({}), json!({ "otpCode": "" }), json!({ "otpCode": null }), json!({ "otpCode": ["123456"] })] {
        given.post("/auth/verify-code", body).await.expect(401, "OTP_REQUIRED");
    }
    update_password(&app, &first, NEW_PASSWORD).await.expect(401, "UNAUTHORIZED");
    let second = temp_token(&verify_code(&app, &first, &code).await.expect(200, "CODE_VERIFIED"));
    let given = client.bearer(&second);
    let unmatched = json!({ "password": NEW_PASSWORD, "confirmPassword": PASSWORD });
    given.post("/auth/update-password", unmatched).await.expect(400, "UNMATCHED_PASSWORDS");
    given.post("/auth/update-password", json!({ "password": NEW_PASSWORD })).await.expect(400, "VALIDATION_FAILED");
    let refused = update_password(&app, &second, "ann@example.org").await.expect(400, "PASSWORD_POLICY");
    assert_eq!(refused["reasons"], json!(["SAME_AS_EMAIL"]));
    verify_code(&app, &second, &code).await.expect(401, "TEMP_TOKEN_INVALID");
    client.login("ann", PASSWORD).await.expect(200, "USER_LOGGED_IN");
    update_password(&app, &second, NEW_PASSWORD).await.expect(200, "USER_LOGGED_IN");
}

#[tokio::test]
async fn asking_again_from_the_same_network_voids_the_code_before_and_from_elsewhere_does_not() {
    let app = App::start().await;
    app.register("ann").await;
    let (own, own_code) = asked(&app, "ann", 1, 1).await;
    let (strange, strange_code) = asked(&app, "ann", 2, 2).await;
    // A code belongs to its attempt.
    verify_code(&app, &strange, &own_code).await.expect(401, "OTP_INVALID");
    app.wait(60);
    let (again, again_code) = asked(&app, "ann", 1, 3).await;
    verify_code(&app, &own, &own_code).await.expect(400, "CODE_NOT_SET");
    verify_code(&app, &again, &own_code).await.expect(401, "OTP_INVALID");
    verify_code(&app, &again, &again_code).await.expect(200, "CODE_VERIFIED");
    verify_code(&app, &strange, &strange_code).await.expect(200, "CODE_VERIFIED");
}

#[tokio::test]
async fn a_reset_that_was_overtaken_is_void() {
    let app = App::start().await;
    app.register("ann").await;
    let (first, code) = asked(&app, "ann", 1, 1).await;
    let (late, late_code) = asked(&app, "ann", 2, 2).await;
    let second = temp_token(&verify_code(&app, &first, &code).await.expect(200, "CODE_VERIFIED"));
    let (access, _) = app.client().login("ann", PASSWORD).await.tokens();
    let change = json!({ "oldPassword": PASSWORD, "newPassword": NEW_PASSWORD, "confirmPassword": NEW_PASSWORD });
    app.client().bearer(&access).post("/auth/update-credentials", change).await.expect(200, "CREDENTIALS_UPDATED");
    update_password(&app, &second, "a third correct horse").await.expect(401, "UNAUTHORIZED");
    verify_code(&app, &late, &late_code).await.expect(401, "UNAUTHORIZED");
    app.client().bearer(&access).delete("/auth/delete").await.expect(200, "USER_DATA_DELETED");
    update_password(&app, &second, "a third correct horse").await.expect(401, "TEMP_TOKEN_INVALID");
    verify_code(&app, &late, &late_code).await.expect(400, "CODE_NOT_SET");
}

#[tokio::test]
async fn codes_and_tokens_expire() {
    let mut policy = Policy::for_tests();
    policy.challenge_lifetimes.code = Duration::from_secs(100);
    policy.challenge_lifetimes.temp = Duration::from_secs(300);
    let app = App::under(policy).await;
    app.register("ann").await;
    let (first, code) = asked(&app, "ann", 1, 1).await;
    app.wait(100);
    verify_code(&app, &first, &code).await.expect(400, "CODE_NOT_SET");
    app.wait(199);
    verify_code(&app, &first, &code).await.expect(400, "CODE_NOT_SET");
    app.wait(1);
    let expired = verify_code(&app, &first, &code).await;
    insta::assert_snapshot!("an_expired_temp_token", expired);
    expired.expect(401, "TEMP_TOKEN_EXPIRED");
    let (reset, code) = asked(&app, "ann", 2, 2).await;
    app.wait(99);
    let second = temp_token(&verify_code(&app, &reset, &code).await.expect(200, "CODE_VERIFIED"));
    app.wait(300);
    update_password(&app, &second, NEW_PASSWORD).await.expect(401, "TEMP_TOKEN_EXPIRED");
}

#[tokio::test]
async fn mails_have_a_limit_that_is_the_same_for_nobody_and_leaves_the_owner_their_own() {
    let app = App::start().await;
    app.register("ann").await;
    app.service.prove_email(&app.account("ann"));
    app.in_network(200).login("ann", PASSWORD).await.expect(200, "USER_LOGGED_IN");
    for (name, status, code) in [("ann", 200, "CODE_SENT"), ("nobody", 400, "INVALID_EMAIL")] {
        for network in 1..=5 {
            let stranger = app.in_network(network);
            lost_password(&stranger, name).await.expect(status, code);
            // One a minute; after the fifth, five an hour.
            let wait = if network < 5 { 60 } else { 3_600 };
            assert_eq!(lost_password(&stranger, name).await.retry_after(), wait, "{network}");
        }
        assert_eq!(lost_password(&app.in_network(6), name).await.retry_after(), 3_600);
    }
    let app = app.restarted().await;
    lost_password(&app.in_network(7), "ann").await.expect(429, "RATE_LIMITED");
    let home = app.in_network(200);
    lost_password(&home, "ann").await.expect(200, "CODE_SENT");
    lost_password(&home, "ann").await.expect(429, "RATE_LIMITED");
    app.code(ChallengePurpose::PasswordReset, "ann@example.org", 6).await;
    assert_eq!(app.service.deliver_mails().await.len(), 7, "six and the code of the registration");
}

/// Whoever registered with somebody else's address keeps nothing once its owner resets the password.
#[tokio::test]
async fn the_first_proof_drops_what_a_squatter_had() {
    let app = App::start().await;
    let (squatter, refresh) = app.session("ann").await;
    let pending = app.code(ChallengePurpose::VerifyEmail, "ann@example.org", 1).await;
    let second = verified(&app, "ann").await;
    let (owner, _) = update_password(&app, &second, NEW_PASSWORD).await.tokens();
    app.me(&squatter).await.expect(401, "UNAUTHORIZED");
    app.client().refresh(&refresh).await.expect(401, "REFRESH_TOKEN_INVALID");
    app.client().bearer(&owner).post("/auth/verify-email", otp(&pending)).await.expect(400, "CODE_NOT_SET");
    assert_eq!(app.service.store.challenges().len(), 0);
}
