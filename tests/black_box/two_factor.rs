//! `/2fa`: setting up, logging in, managing.

use auth_black_box::{Mail, PASSWORD, Server, each_engine, scan_qr, totp, wait_for};
use futures_util::future::join_all;
use serde_json::json;

use crate::second_factor_steps::{begin_login, claims, finish, next_step, otp, temp_token, with_app};

/// How many uses of a recovery code the mails tell of: the first goes at once, those of the hour after in one.
async fn used_codes_told(server: &Server) -> usize {
    let used = |mail: &Mail| mail.subject == "A recovery code was used";
    wait_for("the first", || server.mails().iter().any(used)).await;
    server.sql("UPDATE mails SET next_attempt_at = 0");
    server.all_mails_sent().await;
    let times = |mail: &Mail| {
        let told = mail.source.split("This happened ").nth(1).and_then(|text| text.split(' ').next()?.parse().ok());
        told.unwrap_or(1)
    };
    server.mails().iter().filter(|mail| used(mail)).map(times).sum()
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
        for body in [json!({}), otp(""), json!({ "otpCode": true })] {
            ann.post("/2fa/app/verify-setup", body).await.expect(401, "OTP_REQUIRED");
        }
        ann.post("/2fa/app/verify-setup", otp("a00000")).await.expect(401, "OTP_INVALID");
        let enabled = ann.post("/2fa/app/verify-setup", otp(&previous)).await.expect(200, "TWOFA_ENABLED");
        assert_eq!((&enabled["methods"][0]["status"], &enabled["methods"][0]["primary"]), (&json!("enabled"), &json!(true)));
        assert_eq!(enabled["recoveryCodes"].as_array().unwrap().len(), 10);
        ann.post("/2fa/app/setup", json!({})).await.expect(400, "TWOFA_ALREADY_ENABLED");
        ann.post("/2fa/app/verify-setup", otp(&code)).await.expect(400, "TWOFA_ALREADY_ENABLED");
        assert_eq!(server.mail("notice", "ann@example.org", 1).await.subject, "A two-factor authentication method was turned on");
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

    async fn each_recovery_code_logs_in_once_and_new_ones_void_the_old(engine) {
        let server = Server::start(engine).await;
        let (ann, _, codes) = with_app(&server, "ann").await;
        assert_eq!(codes.len(), 10);
        server.prove_addresses();
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
        assert_eq!(used_codes_told(&server).await, 3);
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

    async fn one_code_fifty_times_at_once_opens_one_session(engine) {
        // Enough connections that none of them is waited for: what is tried here is the race for the rows.
        let server = Server::with(engine, &[("AUTH_DB_CONNECTIONS", "80")]).await;
        let (_, secret, _) = with_app(&server, "ann").await;
        for round in 0..5 {
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
}
