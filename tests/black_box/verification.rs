//! `POST /auth/verify-email`, `/auth/verify-email/resend`, and `AUTH_REQUIRE_VERIFIED_EMAIL`

use auth_black_box::{Client, PASSWORD, Server, each_engine};
use futures_util::future::join_all;
use serde_json::{Value, json};

const REQUIRED: &[(&str, &str)] = &[("AUTH_REQUIRE_VERIFIED_EMAIL", "on")];

fn register_body(name: &str) -> Value {
    json!({ "username": name, "email": format!("{name}@example.org"), "password": PASSWORD })
}

fn token(data: &Value) -> String {
    data["tempToken"].as_str().unwrap().to_owned()
}

/// Forgets that mails were asked for a moment ago.
fn wait_a_minute(server: &Server) {
    server.sql("UPDATE tallies SET last_at = last_at - 60000000");
}

each_engine! {
    async fn the_code_of_the_registration_proves_the_address_once(engine) {
        let server = Server::start(engine).await;
        let (access, _) = server.session("ann").await;
        let ann = server.client().bearer(&access);
        let code = server.code("verify-email", "ann@example.org", 1).await;
        ann.post("/auth/verify-email", json!({})).await.expect(401, "OTP_REQUIRED");
        let wrong = if code == "000000" { "000001" } else { "000000" };
        ann.post("/auth/verify-email", json!({ "otpCode": wrong })).await.expect(401, "OTP_INVALID");
        let replies = join_all((0..20).map(|_| ann.post("/auth/verify-email", json!({ "otpCode": code })))).await;
        let won = replies.iter().filter(|reply| reply.code() == "EMAIL_VERIFIED").count();
        assert_eq!(won, 1);
        assert!(replies.iter().all(|reply| matches!(reply.code(), "EMAIL_VERIFIED" | "CODE_NOT_SET")));
        assert_eq!(server.me(&access).await.expect(200, "USER_FETCHED")["user"]["emailVerified"], true);
        ann.post("/auth/verify-email/resend", json!({})).await.expect(200, "EMAIL_VERIFIED");
    }

    async fn a_further_code_replaces_the_one_before_within_the_budget(engine) {
        let server = Server::start(engine).await;
        let (access, _) = server.session("ann").await;
        let ann = server.client().bearer(&access);
        let first = server.code("verify-email", "ann@example.org", 1).await;
        let sent = ann.post("/auth/verify-email/resend", json!({})).await.expect(200, "CODE_SENT");
        assert_eq!((sent["expiresIn"].as_u64(), sent.get("tempToken")), (Some(600), None));
        let second = server.code("verify-email", "ann@example.org", 2).await;
        assert_ne!(first, second);
        ann.post("/auth/verify-email", json!({ "otpCode": first })).await.expect(401, "OTP_INVALID");
        ann.post("/auth/verify-email/resend", json!({})).await.expect(429, "RATE_LIMITED");
        for _ in 0..4 {
            wait_a_minute(&server);
            ann.post("/auth/verify-email/resend", json!({})).await.expect(200, "CODE_SENT");
        }
        wait_a_minute(&server);
        // It shares its budget with recovery.
        ann.post("/auth/verify-email/resend", json!({})).await.expect(429, "RATE_LIMITED");
        server.client().post("/auth/lost-password", json!({ "email": "ann@example.org" })).await.expect(429, "RATE_LIMITED");
    }

    async fn wrong_codes_are_counted_with_those_of_recovery(engine) {
        let server = Server::start(engine).await;
        let (access, _) = server.session("ann").await;
        let ann = server.client().bearer(&access);
        for number in 1..=5 {
            let code: u32 = server.code("verify-email", "ann@example.org", number).await.parse().unwrap();
            for guess in 1..=5 {
                let wrong = format!("{:06}", (code + guess) % 1_000_000);
                ann.post("/auth/verify-email", json!({ "otpCode": wrong })).await.expect(401, "OTP_INVALID");
            }
            ann.post("/auth/verify-email", json!({ "otpCode": format!("{code:06}") })).await.expect(400, "CODE_NOT_SET");
            wait_a_minute(&server);
            ann.post("/auth/verify-email/resend", json!({})).await.expect(200, "CODE_SENT");
        }
        let code = server.code("verify-email", "ann@example.org", 6).await;
        ann.post("/auth/verify-email", json!({ "otpCode": code })).await.expect(429, "RATE_LIMITED");
    }

    async fn where_it_is_required_nobody_logs_in_before_the_proof(engine) {
        let server = Server::with(engine, REQUIRED).await;
        let client = server.client();
        let registered = client.post("/auth/register", register_body("ann")).await.expect(201, "USER_REGISTERED");
        assert_eq!(registered["expiresIn"], 600);
        client.login("ann", "wrong password").await.expect(400, "INVALID_PASSWORD");
        let pending = client.login("ann", PASSWORD).await.expect(206, "EMAIL_VERIFICATION_REQUIRED");
        assert_eq!(pending.as_object().unwrap().keys().collect::<Vec<_>>(), ["expiresIn", "tempToken"]);
        let code = server.code("verify-email", "ann@example.org", 1).await;
        // The same code, by the token of the registration or of the login; neither is good for anything else.
        for temp in [token(&registered), token(&pending)] {
            let bearer = client.bearer(&temp);
            bearer.get("/auth/me").await.expect(401, "ACCESS_TOKEN_INVALID");
            bearer.post("/auth/verify-code", json!({ "otpCode": code })).await.expect(401, "TEMP_TOKEN_INVALID");
            let body = json!({ "password": PASSWORD, "confirmPassword": PASSWORD });
            bearer.post("/auth/update-password", body).await.expect(401, "TEMP_TOKEN_INVALID");
        }
        let bearer = client.bearer(&token(&pending));
        let user = bearer.post("/auth/verify-email", json!({ "otpCode": code })).await.expect(200, "EMAIL_VERIFIED");
        assert_eq!(user["user"]["emailVerified"], true);
        bearer.post("/auth/verify-email", json!({ "otpCode": code })).await.expect(401, "TEMP_TOKEN_INVALID");
        client.login("ann", PASSWORD).await.expect(200, "USER_LOGGED_IN");
        assert_eq!(server.mails().len(), 1);
    }

    async fn a_login_mails_a_code_when_none_is_outstanding_any_more(engine) {
        let server = Server::with(engine, REQUIRED).await;
        let client = server.client();
        client.post("/auth/register", register_body("ann")).await.expect(201, "USER_REGISTERED");
        server.all_mails_sent().await;
        server.sql("UPDATE challenges SET code_expires_at = 1");
        let pending = client.login("ann", PASSWORD).await.expect(206, "EMAIL_VERIFICATION_REQUIRED");
        let code = server.code("verify-email", "ann@example.org", 2).await;
        let bearer = client.bearer(&token(&pending));
        // Another one by the token, which comes with a fresh token.
        let again = bearer.post("/auth/verify-email/resend", json!({})).await.expect(200, "CODE_SENT");
        let newest = server.code("verify-email", "ann@example.org", 3).await;
        bearer.post("/auth/verify-email", json!({ "otpCode": code })).await.expect(401, "OTP_INVALID");
        let bearer = client.bearer(&token(&again));
        bearer.post("/auth/verify-email", json!({ "otpCode": newest })).await.expect(200, "EMAIL_VERIFIED");
        bearer.post("/auth/verify-email/resend", json!({})).await.expect(401, "TEMP_TOKEN_INVALID");
    }

    async fn twenty_login_mails_an_hour(engine) {
        let server = Server::with(engine, REQUIRED).await;
        let client = server.client();
        client.post("/auth/register", register_body("ann")).await.expect(201, "USER_REGISTERED");
        for _ in 0..20 {
            server.sql("UPDATE challenges SET code_expires_at = 1");
            client.login("ann", PASSWORD).await.expect(206, "EMAIL_VERIFICATION_REQUIRED");
        }
        server.sql("UPDATE challenges SET code_expires_at = 1");
        client.login("ann", PASSWORD).await.expect(429, "RATE_LIMITED");
    }

    async fn a_reset_is_a_proof_too(engine) {
        let server = Server::with(engine, REQUIRED).await;
        let client = server.client();
        client.post("/auth/register", register_body("ann")).await.expect(201, "USER_REGISTERED");
        let sent = Client::from_network(&server.url, 1).post("/auth/lost-password", json!({ "email": "ann@example.org" })).await;
        let code = server.code("password-reset", "ann@example.org", 1).await;
        let bearer = client.bearer(&token(&sent.expect(200, "CODE_SENT")));
        let verified = bearer.post("/auth/verify-code", json!({ "otpCode": code })).await.expect(200, "CODE_VERIFIED");
        let body = json!({ "password": "another correct horse", "confirmPassword": "another correct horse" });
        client.bearer(&token(&verified)).post("/auth/update-password", body).await.expect(200, "USER_LOGGED_IN");
        client.login("ann", "another correct horse").await.expect(200, "USER_LOGGED_IN");
    }
}
