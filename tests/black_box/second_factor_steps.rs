//! The steps of the tests of second factors: setting one up, beginning a login, finishing it.

use auth_black_box::{Client, Reply, Server, totp};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

pub const NEW_PASSWORD: &str = "another correct horse";

pub fn otp(code: &str) -> Value {
    json!({ "otpCode": code })
}

pub fn temp_token(data: &Value) -> String {
    data["tempToken"].as_str().unwrap().to_owned()
}

/// Used steps may be used again: as if half a minute had passed.
pub fn next_step(server: &Server) {
    server.sql("DELETE FROM totp_steps");
}

/// A user whose app is set up: a client with their access token, the secret, and the recovery codes.
pub async fn with_app(server: &Server, name: &str) -> (Client, String, Vec<String>) {
    let (access, _) = server.session(name).await;
    let client = server.client().bearer(&access);
    let told = client.post("/2fa/app/setup", json!({})).await.expect(200, "SCAN_QR");
    let secret = told["secret"].as_str().unwrap().to_owned();
    let code = totp(&secret, &[0]).remove(0);
    let enabled = client.post("/2fa/app/verify-setup", otp(&code)).await.expect(200, "TWOFA_ENABLED");
    next_step(server);
    let codes = enabled["recoveryCodes"].as_array().unwrap().iter().map(|code| code.as_str().unwrap().to_owned());
    (client, secret, codes.collect())
}

/// The same with codes by mail.
pub async fn with_email(server: &Server, name: &str) -> Client {
    let (access, _) = server.session(name).await;
    let client = server.client().bearer(&access);
    client.post("/2fa/email/setup", json!({})).await.expect(200, "CODE_SENT");
    let code = server.code("two-factor-setup", &format!("{name}@example.org"), 1).await;
    client.post("/2fa/email/verify-setup", otp(&code)).await.expect(200, "TWOFA_ENABLED");
    client
}

pub async fn begin_login(server: &Server, name: &str, password: &str) -> Value {
    server.client().login(name, password).await.expect(206, "TWOFA_REQUIRED")
}

pub async fn finish(server: &Server, temp: &str, method: &str, code: &str) -> Reply {
    server.client().bearer(temp).post(&format!("/2fa/{method}/verify-login"), otp(code)).await
}

pub fn claims(access_token: &str) -> Value {
    let payload = access_token.split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap()
}

/// A whole recovery of a user; answers what the new password leads to.
pub async fn reset(server: &Server, name: &str) -> Reply {
    let email = format!("{name}@example.org");
    let sent = server.client().post("/auth/lost-password", json!({ "email": email })).await.expect(200, "CODE_SENT");
    let code = server.code("password-reset", &email, 1).await;
    let bearer = server.client().bearer(&temp_token(&sent));
    let verified = bearer.post("/auth/verify-code", otp(&code)).await.expect(200, "CODE_VERIFIED");
    let body = json!({ "password": NEW_PASSWORD, "confirmPassword": NEW_PASSWORD });
    server.client().bearer(&temp_token(&verified)).post("/auth/update-password", body).await
}
