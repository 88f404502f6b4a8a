//! What second factors change elsewhere: budgets, changes of credentials, recovery, step-up, what is stored.

use auth_black_box::{Client, Engine, PASSWORD, Server, each_engine, totp};
use serde_json::{Value, json};

use crate::second_factor_steps::{
    NEW_PASSWORD, begin_login, claims, finish, next_step, otp, reset, temp_token, with_app, with_email,
};

each_engine! {
    async fn wrong_codes_have_one_budget_over_purposes_tokens_and_spellings(engine) {
        let server = Server::start(engine).await;
        let (ann, secret, codes) = with_app(&server, "ann").await;
        let right = totp(&secret, &[0]).remove(0);
        // Full-width digits and other spellings are misses like any other.
        let full_width: String = right.chars().map(|digit| char::from_u32(u32::from(digit) - 0x30 + 0xff10).unwrap()).collect();
        let spellings = [full_width, format!("{right}0"), format!("0x{right}"), format!("+{right}"), "a00000".to_owned()];
        let mut misses = 0;
        ann.post("/auth/update-credentials", json!({ "email": "ann@example.net" })).await.expect(206, "TWOFA_REQUIRED");
        for spelling in &spellings {
            let temp = temp_token(&begin_login(&server, "ann", PASSWORD).await);
            finish(&server, &temp, "app", spelling).await.expect(401, "OTP_INVALID");
            ann.post("/auth/verify-update-credentials", otp(spelling)).await.expect(401, "OTP_INVALID");
            let wrong = json!({ "recoveryCode": "abcde-fghjk" });
            server.client().bearer(&temp).post("/2fa/recovery/verify-login", wrong).await.expect(401, "OTP_INVALID");
            misses += 3;
        }
        while misses < 25 {
            let temp = temp_token(&begin_login(&server, "ann", PASSWORD).await);
            finish(&server, &temp, "app", "a00000").await.expect(401, "OTP_INVALID");
            misses += 1;
        }
        let temp = temp_token(&begin_login(&server, "ann", PASSWORD).await);
        finish(&server, &temp, "app", &right).await.expect(429, "RATE_LIMITED");
        ann.post("/auth/verify-update-credentials", otp(&right)).await.expect(429, "RATE_LIMITED");
        let code = json!({ "recoveryCode": codes[0] });
        server.client().bearer(&temp).post("/2fa/recovery/verify-login", code).await.expect(429, "RATE_LIMITED");
        // Recovery has a budget of its own: whoever knows the password does not block it.
        let sent = server.client().post("/auth/lost-password", json!({ "email": "ann@example.org" })).await.expect(200, "CODE_SENT");
        let code = server.code("password-reset", "ann@example.org", 1).await;
        server.client().bearer(&temp_token(&sent)).post("/auth/verify-code", otp(&code)).await.expect(200, "CODE_VERIFIED");
    }

    async fn a_change_of_credentials_waits_for_the_second_factor(engine) {
        let server = Server::start(engine).await;
        let (ann, secret, _) = with_app(&server, "ann").await;
        server.register("bob").await;
        let code = || totp(&secret, &[0]).remove(0);
        let change = async |body: Value| ann.post("/auth/update-credentials", body).await;
        let verify = async |client: &Client, code: &str| client.post("/auth/verify-update-credentials", otp(code)).await;
        verify(&ann, "123456").await.expect(400, "NO_PENDING_CREDENTIALS");
        change(json!({ "email": "bob@example.org" })).await.expect(400, "EMAIL_EXISTS");
        let both = json!({ "email": "ann@example.net", "oldPassword": PASSWORD, "newPassword": NEW_PASSWORD, "confirmPassword": NEW_PASSWORD });
        let asked = change(both.clone()).await.expect(206, "TWOFA_REQUIRED");
        assert_eq!(asked, json!({ "method": "app", "expiresIn": 600 }));
        assert_eq!(server.sql("SELECT email FROM accounts WHERE username = 'ann'"), "ann@example.org", "nothing changed yet");
        // Another session of the same user did not ask.
        let temp = temp_token(&begin_login(&server, "ann", PASSWORD).await);
        let (other, _) = finish(&server, &temp, "app", &code()).await.tokens();
        let other = server.client().bearer(&other);
        next_step(&server);
        verify(&other, &code()).await.expect(400, "NO_PENDING_CREDENTIALS");
        verify(&ann, "a00000").await.expect(401, "OTP_INVALID");
        let user = verify(&ann, &code()).await.expect(200, "CREDENTIALS_UPDATED");
        assert_eq!(user["user"]["email"], "ann@example.net");
        verify(&ann, "123456").await.expect(400, "NO_PENDING_CREDENTIALS");
        other.get("/auth/me").await.expect(401, "UNAUTHORIZED");
        begin_login(&server, "ann@example.net", NEW_PASSWORD).await;
        next_step(&server);

        // The last one that was asked for counts, and only that.
        change(json!({ "email": "first@example.net" })).await.expect(206, "TWOFA_REQUIRED");
        change(json!({ "email": "second@example.net" })).await.expect(206, "TWOFA_REQUIRED");
        let user = verify(&ann, &code()).await.expect(200, "CREDENTIALS_UPDATED");
        assert_eq!(user["user"]["email"], "second@example.net");
        next_step(&server);
        // Taken meanwhile.
        change(json!({ "email": "taken@example.net" })).await.expect(206, "TWOFA_REQUIRED");
        let body = json!({ "email": "taken@example.net", "password": PASSWORD });
        server.client().post("/auth/register", body).await.expect(201, "USER_REGISTERED");
        verify(&ann, &code()).await.expect(400, "EMAIL_EXISTS");
        // Disabled meanwhile.
        change(json!({ "email": "third@example.net" })).await.expect(206, "TWOFA_REQUIRED");
        ann.post("/2fa/disable", json!({ "method": "app" })).await.expect(200, "METHOD_DISABLED");
        verify(&ann, &code()).await.expect(400, "TWOFA_NOT_ENABLED");
    }

    async fn a_change_of_credentials_is_confirmed_by_mail_where_that_is_primary(engine) {
        let server = Server::start(engine).await;
        let ann = with_email(&server, "ann").await;
        let asked = ann.post("/auth/update-credentials", json!({ "email": "ann@example.net" })).await.expect(206, "TWOFA_REQUIRED");
        assert_eq!(asked["method"], "email");
        let code = server.code("change-credentials", "ann@example.org", 1).await;
        ann.post("/auth/verify-update-credentials", otp("a00000")).await.expect(401, "OTP_INVALID");
        ann.post("/auth/verify-update-credentials", otp(&code)).await.expect(200, "CREDENTIALS_UPDATED");
        begin_login(&server, "ann", PASSWORD).await;
        server.code("two-factor-login", "ann@example.net", 1).await;
    }

    async fn a_reset_does_not_bypass_the_second_factor(engine) {
        let server = Server::start(engine).await;
        let (ann, secret, _) = with_app(&server, "ann").await;
        let code = server.code("verify-email", "ann@example.org", 1).await;
        ann.post("/auth/verify-email", otp(&code)).await.expect(200, "EMAIL_VERIFIED");
        let pending = reset(&server, "ann").await.expect(206, "TWOFA_REQUIRED");
        ann.get("/auth/me").await.expect(401, "UNAUTHORIZED");
        let code = totp(&secret, &[0]).remove(0);
        let (access, _) = finish(&server, &temp_token(&pending), "app", &code).await.tokens();
        assert_eq!(claims(&access)["amr"], json!(["otp", "mfa"]));
        begin_login(&server, "ann", NEW_PASSWORD).await;
        // A login that was pending when the password changed is void.
        next_step(&server);
        let temp = temp_token(&begin_login(&server, "ann", NEW_PASSWORD).await);
        server.sql("UPDATE accounts SET credential_version = credential_version + 1");
        finish(&server, &temp, "app", &code).await.expect(401, "TEMP_TOKEN_INVALID");
    }

    /// The proof that counts is the first one, of whatever address.
    async fn a_change_of_address_is_no_way_around_it(engine) {
        let server = Server::start(engine).await;
        let (ann, secret, _) = with_app(&server, "ann").await;
        let code = server.code("verify-email", "ann@example.org", 1).await;
        ann.post("/auth/verify-email", otp(&code)).await.expect(200, "EMAIL_VERIFIED");
        ann.post("/auth/update-credentials", json!({ "email": "typo@example.org" })).await.expect(206, "TWOFA_REQUIRED");
        let code = totp(&secret, &[0]).remove(0);
        ann.post("/auth/verify-update-credentials", otp(&code)).await.expect(200, "CREDENTIALS_UPDATED");
        reset(&server, "typo").await.expect(206, "TWOFA_REQUIRED");
    }

    async fn a_squatter_keeps_no_second_factor(engine) {
        let server = Server::start(engine).await;
        with_app(&server, "ann").await;
        let (access, _) = reset(&server, "ann").await.tokens();
        server.client().bearer(&access).get("/2fa/").await.expect(404, "NO_METHODS_FOUND");
        server.client().login("ann", NEW_PASSWORD).await.expect(200, "USER_LOGGED_IN");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_weakens_an_account_needs_a_fresh_login_where_that_is_set() {
    let server = Server::with(Engine::Sqlite, &[("AUTH_STEP_UP_MAX_AGE", "2")]).await;
    let (ann, secret, _) = with_app(&server, "ann").await;
    tokio::time::sleep(std::time::Duration::from_millis(2_100)).await;
    for (path, body) in [
        ("/2fa/disable", json!({ "method": "app" })),
        ("/2fa/primary", json!({ "method": "app" })),
        ("/2fa/recovery/regenerate", json!({})),
        ("/auth/update-credentials", json!({ "email": "ann@example.net" })),
    ] {
        let reply = ann.post(path, body).await;
        let header = reply.headers["www-authenticate"].to_str().unwrap().to_owned();
        assert!(header.contains("insufficient_user_authentication") && header.contains("max_age=\"2\""), "{header}");
        assert_eq!(reply.expect(401, "REAUTHENTICATION_REQUIRED")["maxAge"], 2);
    }
    let temp = temp_token(&begin_login(&server, "ann", PASSWORD).await);
    let (fresh, _) = finish(&server, &temp, "app", &totp(&secret, &[0])[0]).await.tokens();
    let body = json!({ "method": "app" });
    server.client().bearer(&fresh).post("/2fa/disable", body).await.expect(200, "METHOD_DISABLED");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_in_the_database_is_usable_by_itself() {
    let server = Server::start(Engine::Sqlite).await;
    let (_, secret, codes) = with_app(&server, "ann").await;
    let credential =
        server.client().bearer(&server.internal_token()).get("/auth").await.expect(200, "CREDENTIALS_FETCHED");
    let credential = &credential["credentials"][0];
    assert_eq!(
        (&credential["twoFa"][0]["method"], &credential["twoFa"][0]["status"]),
        (&json!("app"), &json!("enabled"))
    );
    assert_eq!(credential["recoveryCodes"].as_array().unwrap().len(), 10);
    let database = std::fs::read(server.dir.path().join("data/auth.db")).unwrap();
    let journal = std::fs::read(server.dir.path().join("data/auth.db-wal")).unwrap_or_default();
    let plain: Vec<Vec<u8>> = codes
        .iter()
        .flat_map(|code| [code.clone(), code.replace('-', "")])
        .chain([secret])
        .map(String::into_bytes)
        .collect();
    for secret in plain {
        for stored in [&database, &journal, &credential.to_string().into_bytes()] {
            assert!(!stored.windows(secret.len()).any(|window| window == secret));
        }
    }
}
