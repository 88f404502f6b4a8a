//! `POST /auth/verify-email`, `/auth/verify-email/resend`, and `AUTH_REQUIRE_VERIFIED_EMAIL`

use auth_black_box::{PASSWORD, Server, each_engine};
use futures_util::future::join_all;
use serde_json::{Value, json};

const REQUIRED: &[(&str, &str)] = &[("AUTH_REQUIRE_VERIFIED_EMAIL", "on")];

fn register_body(name: &str) -> Value {
    json!({ "username": name, "email": format!("{name}@example.org"), "password": PASSWORD })
}

fn token(data: &Value) -> String {
    data["tempToken"].as_str().unwrap().to_owned()
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
}
