//! `/2fa`: setting up, logging in, managing; and what second factors change elsewhere.

use auth_black_box::{Client, Engine, PASSWORD, Reply, Server, each_engine, scan_qr, totp};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use futures_util::future::join_all;
use serde_json::{Value, json};

const NEW_PASSWORD: &str = "another correct horse";

fn otp(code: &str) -> Value {
    json!({ "otpCode": code })
}

fn temp_token(data: &Value) -> String {
    data["tempToken"].as_str().unwrap().to_owned()
}

/// Used steps may be used again: as if half a minute had passed.
fn next_step(server: &Server) {
    server.sql("DELETE FROM totp_steps");
}

/// A user whose app is set up: a client with their access token, the secret, and the recovery codes.
async fn with_app(server: &Server, name: &str) -> (Client, String, Vec<String>) {
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
async fn with_email(server: &Server, name: &str) -> Client {
    let (access, _) = server.session(name).await;
    let client = server.client().bearer(&access);
    client.post("/2fa/email/setup", json!({})).await.expect(200, "CODE_SENT");
    let code = server.code("two-factor-setup", &format!("{name}@example.org"), 1).await;
    client.post("/2fa/email/verify-setup", otp(&code)).await.expect(200, "TWOFA_ENABLED");
    client
}

async fn begin_login(server: &Server, name: &str, password: &str) -> Value {
    server.client().login(name, password).await.expect(206, "TWOFA_REQUIRED")
}

async fn finish(server: &Server, temp: &str, method: &str, code: &str) -> Reply {
    server.client().bearer(temp).post(&format!("/2fa/{method}/verify-login"), otp(code)).await
}

fn claims(access_token: &str) -> Value {
    let payload = access_token.split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap()
}

each_engine! {
    async fn an_app_is_set_up_and_asked_for_at_login(engine) {
        let server = Server::start(engine).await;
        let (access, _) = server.session("ann").await;
        let ann = server.client().bearer(&access);
        ann.get("/2fa/").await.expect(404, "NO_METHODS_FOUND");
        ann.post("/2fa/app/verify-setup", otp("123456")).await.expect(400, "TWOFA_NOT_SET");
        let told = ann.post("/2fa/app/setup", json!({})).await.expect(200, "SCAN_QR");
        assert_eq!(told["expiresIn"], 600);
        ann.post("/2fa/app/setup", json!({})).await.expect(400, "TWOFA_ALREADY_PENDING");
        let pending = ann.get("/2fa/").await.expect(200, "METHODS_FETCHED");
        assert_eq!(pending["methods"], json!([{ "method": "app", "status": "pending", "primary": false, "enrolledAt": null }]));
        // A program that is not ours scans the code, and another one makes codes of what it reads.
        let uri = scan_qr(told["qrCode"].as_str().unwrap());
        assert_eq!(uri, told["otpauthUri"].as_str().unwrap());
        let secret = uri.split("secret=").nth(1).unwrap().split('&').next().unwrap().to_owned();
        assert_eq!(secret, told["secret"].as_str().unwrap());
        server.client().login("ann", PASSWORD).await.expect(200, "USER_LOGGED_IN");

        let [previous, code, next] = totp(&secret, &[-1, 0, 1]).try_into().unwrap();
        for body in [json!({}), otp(""), json!({ "otpCode": 123456 })] {
            ann.post("/2fa/app/verify-setup", body).await.expect(401, "OTP_REQUIRED");
        }
        ann.post("/2fa/app/verify-setup", otp("a00000")).await.expect(401, "OTP_INVALID");
        let enabled = ann.post("/2fa/app/verify-setup", otp(&previous)).await.expect(200, "TWOFA_ENABLED");
        assert_eq!((&enabled["methods"][0]["status"], &enabled["methods"][0]["primary"]), (&json!("enabled"), &json!(true)));
        assert_eq!(enabled["recoveryCodes"].as_array().unwrap().len(), 10);
        ann.post("/2fa/app/setup", json!({})).await.expect(400, "TWOFA_ALREADY_ENABLED");
        ann.post("/2fa/app/verify-setup", otp(&code)).await.expect(400, "TWOFA_ALREADY_ENABLED");
        assert_eq!(server.mail("notice", "ann@example.org", 1).await.subject, "A second factor is asked for");
        let user = server.me(&access).await.expect(200, "USER_FETCHED")["user"].clone();
        assert_eq!(user["twoFa"], json!({ "enabled": true, "primary": "app" }));

        server.client().login("ann", "wrong password").await.expect(400, "INVALID_PASSWORD");
        let pending = begin_login(&server, "ann", PASSWORD).await;
        assert_eq!((&pending["methods"], &pending["primary"], &pending["expiresIn"]), (&json!(["app"]), &json!("app"), &json!(600)));
        let temp = temp_token(&pending);
        server.me(&temp).await.expect(401, "ACCESS_TOKEN_INVALID");
        finish(&server, &temp, "app", &previous).await.expect(401, "OTP_INVALID");
        finish(&server, &temp, "email", &code).await.expect(400, "TWOFA_NOT_SET");
        let (access, _) = finish(&server, &temp, "app", &code).await.tokens();
        assert_eq!(claims(&access)["amr"], json!(["pwd", "otp", "mfa"]));
        finish(&server, &temp, "app", &next).await.expect(401, "TEMP_TOKEN_INVALID");
        let temp = temp_token(&begin_login(&server, "ann", PASSWORD).await);
        finish(&server, &temp, "app", &code).await.expect(401, "OTP_INVALID");
        finish(&server, &temp, "app", &next).await.expect(200, "USER_LOGGED_IN");
    }

    async fn codes_by_mail_are_set_up_and_sent_at_login(engine) {
        let server = Server::start(engine).await;
        let ann = with_email(&server, "ann").await;
        ann.post("/2fa/email/setup", json!({})).await.expect(400, "TWOFA_ALREADY_ENABLED");
        let pending = begin_login(&server, "ann", PASSWORD).await;
        assert_eq!((&pending["methods"], &pending["primary"]), (&json!(["email"]), &json!("email")));
        let temp = temp_token(&pending);
        let code = server.code("two-factor-login", "ann@example.org", 1).await;
        let bearer = server.client().bearer(&temp);
        bearer.post("/2fa/email/send-login", json!({})).await.expect(429, "RATE_LIMITED");
        // A code belongs to its login.
        let other = temp_token(&begin_login(&server, "ann", PASSWORD).await);
        server.code("two-factor-login", "ann@example.org", 2).await;
        finish(&server, &other, "email", &code).await.expect(401, "OTP_INVALID");
        finish(&server, &temp, "app", &code).await.expect(400, "TWOFA_NOT_SET");
        finish(&server, &temp, "email", &code).await.expect(200, "USER_LOGGED_IN");
        finish(&server, &temp, "email", &code).await.expect(401, "TEMP_TOKEN_INVALID");
        // A minute later another one can be asked for, which replaces the first.
        server.sql("UPDATE challenges SET code_expires_at = code_expires_at - 61000000");
        let replaced = server.code("two-factor-login", "ann@example.org", 2).await;
        server.client().bearer(&other).post("/2fa/email/send-login", json!({})).await.expect(200, "CODE_SENT");
        let newest = server.code("two-factor-login", "ann@example.org", 3).await;
        finish(&server, &other, "email", &replaced).await.expect(401, "OTP_INVALID");
        finish(&server, &other, "email", &newest).await.expect(200, "USER_LOGGED_IN");
    }

    async fn with_both_any_may_finish_and_one_comes_first(engine) {
        let server = Server::start(engine).await;
        let (ann, secret, _) = with_app(&server, "ann").await;
        ann.post("/2fa/email/setup", json!({})).await.expect(200, "CODE_SENT");
        let code = server.code("two-factor-setup", "ann@example.org", 1).await;
        let enabled = ann.post("/2fa/email/verify-setup", otp(&code)).await.expect(200, "TWOFA_ENABLED");
        assert_eq!(enabled.get("recoveryCodes"), None, "with the first method only");
        let pending = begin_login(&server, "ann", PASSWORD).await;
        assert_eq!((&pending["methods"], &pending["primary"]), (&json!(["app", "email"]), &json!("app")));
        let temp = temp_token(&pending);
        finish(&server, &temp, "email", "123456").await.expect(401, "OTP_INVALID");
        server.client().bearer(&temp).post("/2fa/email/send-login", json!({})).await.expect(200, "CODE_SENT");
        let code = server.code("two-factor-login", "ann@example.org", 1).await;
        finish(&server, &temp, "email", &code).await.expect(200, "USER_LOGGED_IN");

        ann.post("/2fa/primary", json!({ "method": "email" })).await.expect(200, "PRIMARY_METHOD_UPDATED");
        let pending = begin_login(&server, "ann", PASSWORD).await;
        assert_eq!(pending["primary"], "email");
        let code = totp(&secret, &[0]).remove(0);
        finish(&server, &temp_token(&pending), "app", &code).await.expect(200, "USER_LOGGED_IN");
        // Disabling the primary hands that to the other one.
        ann.post("/2fa/disable", json!({ "method": "email" })).await.expect(200, "METHOD_DISABLED");
        assert_eq!(begin_login(&server, "ann", PASSWORD).await["primary"], "app");
        ann.post("/2fa/primary", json!({ "method": "email" })).await.expect(400, "METHODS_NOT_ENABLED");
        ann.post("/2fa/disable", json!({ "method": "email" })).await.expect(400, "METHODS_NOT_ENABLED");
        let temp = temp_token(&begin_login(&server, "ann", PASSWORD).await);
        finish(&server, &temp, "email", "123456").await.expect(400, "TWOFA_NOT_ENABLED");
        server.client().bearer(&temp).post("/2fa/email/send-login", json!({})).await.expect(400, "TWOFA_NOT_ENABLED");
        ann.post("/2fa/disable", json!({ "method": "app" })).await.expect(200, "METHOD_DISABLED");
        server.client().login("ann", PASSWORD).await.expect(200, "USER_LOGGED_IN");
        ann.post("/2fa/enable", json!({ "method": "email" })).await.expect(200, "METHOD_ENABLED");
        ann.post("/2fa/enable", json!({ "method": "email" })).await.expect(200, "METHOD_ENABLED");
        let methods = ann.get("/2fa").await.expect(200, "METHODS_FETCHED");
        assert_eq!(methods["recoveryCodesLeft"], 10);
        let states: Vec<_> = methods["methods"].as_array().unwrap().iter().map(|method| (&method["method"], &method["status"], &method["primary"])).collect();
        assert_eq!(states, [(&json!("app"), &json!("disabled"), &json!(false)), (&json!("email"), &json!("enabled"), &json!(true))]);
        // Enrolled anew: the old secret is good until the new one is proved.
        let anew = ann.post("/2fa/app/setup", json!({})).await.expect(200, "SCAN_QR");
        let code = totp(anew["secret"].as_str().unwrap(), &[1]).remove(0);
        ann.post("/2fa/app/verify-setup", otp(&code)).await.expect(200, "TWOFA_ENABLED");
        for body in [json!({}), json!({ "method": 1 }), json!({ "method": "sms" })] {
            ann.post("/2fa/enable", body).await.expect(400, "VALIDATION_FAILED");
        }
        server.register("bob").await;
        let (bob, _) = server.client().login("bob", PASSWORD).await.tokens();
        for path in ["/2fa/enable", "/2fa/disable", "/2fa/primary"] {
            server.client().bearer(&bob).post(path, json!({ "method": "app" })).await.expect(400, "METHODS_NOT_ENABLED");
        }
        server.client().bearer(&bob).post("/2fa/recovery/regenerate", json!({})).await.expect(400, "METHODS_NOT_ENABLED");
        server.all_mails_sent().await;
        let notices = server.mails().into_iter().filter(|mail| mail.kind == "notice" && mail.to == "ann@example.org").count();
        assert_eq!(notices, 7, "each change, but for those that changed nothing");
    }

    async fn each_recovery_code_logs_in_once_and_new_ones_void_the_old(engine) {
        let server = Server::start(engine).await;
        let (ann, _, codes) = with_app(&server, "ann").await;
        assert_eq!(codes.len(), 10);
        let give = async |code: &str| {
            let temp = temp_token(&begin_login(&server, "ann", PASSWORD).await);
            server.client().bearer(&temp).post("/2fa/recovery/verify-login", json!({ "recoveryCode": code })).await
        };
        let temp = temp_token(&begin_login(&server, "ann", PASSWORD).await);
        for body in [json!({}), json!({ "recoveryCode": "" })] {
            server.client().bearer(&temp).post("/2fa/recovery/verify-login", body).await.expect(401, "OTP_REQUIRED");
        }
        give("abcde-fghjk").await.expect(401, "OTP_INVALID");
        give(&codes[0].to_uppercase().replace('-', " ")).await.expect(200, "USER_LOGGED_IN");
        give(&codes[0]).await.expect(401, "OTP_INVALID");
        // At once over many logins: one.
        let pending = join_all((0..10).map(|_| begin_login(&server, "ann", PASSWORD))).await;
        let replies = join_all(pending.iter().map(|pending| {
            let bearer = server.client().bearer(&temp_token(pending));
            let body = json!({ "recoveryCode": codes[1] });
            async move { bearer.post("/2fa/recovery/verify-login", body).await }
        })).await;
        assert_eq!(replies.iter().filter(|reply| reply.status == 200).count(), 1);
        assert!(replies.iter().all(|reply| matches!(reply.code(), "USER_LOGGED_IN" | "OTP_INVALID")), "{replies:?}");
        assert_eq!(ann.get("/2fa/").await.expect(200, "METHODS_FETCHED")["recoveryCodesLeft"], 8);
        let fresh = ann.post("/2fa/recovery/regenerate", json!({})).await.expect(200, "RECOVERY_CODES_CREATED");
        give(&codes[2]).await.expect(401, "OTP_INVALID");
        give(fresh["recoveryCodes"][0].as_str().unwrap()).await.expect(200, "USER_LOGGED_IN");
        assert_eq!(ann.get("/2fa/").await.expect(200, "METHODS_FETCHED")["recoveryCodesLeft"], 9);
        server.all_mails_sent().await;
        let used = server.mails().iter().filter(|mail| mail.subject == "A recovery code was used").count();
        assert_eq!(used, 3);
    }

    async fn one_step_of_skew_and_no_more_and_each_once(engine) {
        let server = Server::start(engine).await;
        let (_, secret, _) = with_app(&server, "ann").await;
        let codes = totp(&secret, &[-2, -1, 0, 1, 2]);
        for (code, good) in codes.iter().zip([false, true, true, true, false]) {
            for expected in [if good { "USER_LOGGED_IN" } else { "OTP_INVALID" }, "OTP_INVALID"] {
                let temp = temp_token(&begin_login(&server, "ann", PASSWORD).await);
                assert_eq!(finish(&server, &temp, "app", code).await.code(), expected);
            }
        }
    }

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

    async fn one_code_fifty_times_at_once_opens_one_session(engine) {
        let server = Server::start(engine).await;
        let (_, secret, _) = with_app(&server, "ann").await;
        for round in 0..20 {
            next_step(&server);
            server.sql("DELETE FROM tallies");
            let pending = join_all((0..50).map(|_| begin_login(&server, "ann", PASSWORD))).await;
            let tokens: Vec<String> = pending.iter().map(temp_token).collect();
            let code = totp(&secret, &[0]).remove(0);
            let replies = join_all(tokens.iter().map(|token| finish(&server, token, "app", &code))).await;
            let won = replies.iter().filter(|reply| reply.status == 200).count();
            assert_eq!(won, 1, "round {round}");
            assert!(replies.iter().all(|reply| matches!(reply.code(), "USER_LOGGED_IN" | "OTP_INVALID" | "RATE_LIMITED")), "{replies:?}");
        }
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

/// A whole recovery of a user; answers what the new password leads to.
async fn reset(server: &Server, name: &str) -> Reply {
    let email = format!("{name}@example.org");
    let sent = server.client().post("/auth/lost-password", json!({ "email": email })).await.expect(200, "CODE_SENT");
    let code = server.code("password-reset", &email, 1).await;
    let bearer = server.client().bearer(&temp_token(&sent));
    let verified = bearer.post("/auth/verify-code", otp(&code)).await.expect(200, "CODE_VERIFIED");
    let body = json!({ "password": NEW_PASSWORD, "confirmPassword": NEW_PASSWORD });
    server.client().bearer(&temp_token(&verified)).post("/auth/update-password", body).await
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
