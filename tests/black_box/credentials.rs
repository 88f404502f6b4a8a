//! `POST /auth/update-credentials`

use auth_black_box::{PASSWORD, Server, each_engine};
use futures_util::future::join_all;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

const NEW_PASSWORD: &str = "another correct horse";

fn passwords(old: &str, new: &str) -> Value {
    json!({ "oldPassword": old, "newPassword": new, "confirmPassword": new })
}

each_engine! {
    async fn a_new_password_ends_every_other_session_and_is_told(engine) {
        let server = Server::start(engine).await;
        let (here, refresh) = server.session("ann").await;
        let (elsewhere, _) = server.client().login("ann", PASSWORD).await.tokens();
        let client = server.client().bearer(&here);
        let user = client.post("/auth/update-credentials", passwords(PASSWORD, NEW_PASSWORD)).await.expect(200, "CREDENTIALS_UPDATED");
        assert_eq!(user["user"]["username"], "ann");
        server.me(&here).await.expect(200, "USER_FETCHED");
        server.client().refresh(&refresh).await.expect(200, "TOKEN_REFRESHED");
        server.me(&elsewhere).await.expect(401, "UNAUTHORIZED");
        server.client().login("ann", PASSWORD).await.expect(400, "INVALID_PASSWORD");
        server.client().login("ann", NEW_PASSWORD).await.expect(200, "USER_LOGGED_IN");
        assert_eq!(server.mail("notice", "ann@example.org", 1).await.subject, "Your password was changed");
        // The code of the registration is good all the same.
        let code = json!({ "otpCode": server.code("verify-email", "ann@example.org", 1).await });
        client.post("/auth/verify-email", code).await.expect(200, "EMAIL_VERIFIED");
    }

    async fn a_new_address_counts_at_once_and_is_unproved(engine) {
        let server = Server::start(engine).await;
        let (access, _) = server.session("ann").await;
        server.register("bob").await;
        let client = server.client().bearer(&access);
        let old_code = server.code("verify-email", "ann@example.org", 1).await;
        client.post("/auth/update-credentials", json!({ "email": "BOB@example.org" })).await.expect(400, "EMAIL_EXISTS");
        let user = client.post("/auth/update-credentials", json!({ "email": "Ann@example.net" })).await.expect(200, "CREDENTIALS_UPDATED");
        assert_eq!((&user["user"]["email"], &user["user"]["emailVerified"]), (&json!("Ann@example.net"), &json!(false)));
        assert_eq!(server.mail("notice", "ann@example.org", 1).await.subject, "Your address was changed");
        let code = server.code("verify-email", "Ann@example.net", 1).await;
        // What went to the old address proves nothing about the new one.
        if old_code != code {
            client.post("/auth/verify-email", json!({ "otpCode": old_code })).await.expect(401, "OTP_INVALID");
        }
        client.post("/auth/verify-email", json!({ "otpCode": code })).await.expect(200, "EMAIL_VERIFIED");
        server.client().login("ann@example.org", PASSWORD).await.expect(400, "INVALID_CREDENTIALS");
        server.client().login("ann@example.net", PASSWORD).await.expect(200, "USER_LOGGED_IN");
        // Another spelling of the same address is no new one.
        let user = client.post("/auth/update-credentials", json!({ "email": "ann@EXAMPLE.net" })).await.expect(200, "CREDENTIALS_UPDATED");
        assert_eq!((&user["user"]["email"], &user["user"]["emailVerified"]), (&json!("ann@EXAMPLE.net"), &json!(true)));
        server.all_mails_sent().await;
        assert_eq!(server.mails().iter().filter(|mail| mail.to.starts_with("ann@")).count(), 2, "one code, one notice");
        // The old address is free again.
        let body = json!({ "email": "ann@example.org", "password": PASSWORD });
        server.client().post("/auth/register", body).await.expect(201, "USER_REGISTERED");
    }

    async fn a_reset_that_was_asked_for_at_the_old_address_is_void(engine) {
        let server = Server::start(engine).await;
        let (access, _) = server.session("ann").await;
        let sent = server.client().post("/auth/lost-password", json!({ "email": "ann@example.org" })).await.expect(200, "CODE_SENT");
        let code = server.code("password-reset", "ann@example.org", 1).await;
        let both = json!({ "email": "ann@example.net", "oldPassword": PASSWORD, "newPassword": NEW_PASSWORD, "confirmPassword": NEW_PASSWORD });
        server.client().bearer(&access).post("/auth/update-credentials", both).await.expect(200, "CREDENTIALS_UPDATED");
        let reset = server.client().bearer(sent["tempToken"].as_str().unwrap());
        reset.post("/auth/verify-code", json!({ "otpCode": code })).await.expect(400, "CODE_NOT_SET");
        server.client().login("ann@example.net", NEW_PASSWORD).await.expect(200, "USER_LOGGED_IN");
        server.all_mails_sent().await;
        let subjects: Vec<String> = server.mails().into_iter().filter(|mail| mail.kind == "notice").map(|mail| mail.subject).collect();
        assert_eq!(subjects.len(), 2, "{subjects:?}");
    }

    async fn every_mistake_has_its_code_and_changes_nothing(engine) {
        let server = Server::start(engine).await;
        let (access, _) = server.session("ann").await;
        let client = server.client().bearer(&access);
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
        // The budget for passwords is one, whichever endpoint takes them.
        for _ in 0..3 {
            post(passwords("wrong password", NEW_PASSWORD)).await.expect(400, "INVALID_PASSWORD");
        }
        // After twelve in a row the wait is 128 s: long enough for a slow machine to see it.
        server.sql("UPDATE password_network_attempts SET misses = 12 WHERE misses = 5");
        server.client().login("ann", PASSWORD).await.expect(429, "RATE_LIMITED");
        server.sql("UPDATE password_network_attempts SET last_miss_at = last_miss_at - 129000000");
        server.client().login("ann", PASSWORD).await.expect(200, "USER_LOGGED_IN");
        assert_eq!(server.me(&access).await.expect(200, "USER_FETCHED")["user"]["email"], "ann@example.org");
    }

    async fn a_request_that_was_held_back_until_its_session_ended_changes_nothing(engine) {
        let server = Server::start(engine).await;
        let (access, _) = server.session("ann").await;
        for ended_by in ["/auth/logout-all", "/auth/update-credentials"] {
            let (own, _) = server.client().login("ann", PASSWORD).await.tokens();
            let body = r#"{"email":"thief@example.net"}"#;
            let head = format!(
                "POST /auth/update-credentials HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
                if ended_by == "/auth/logout-all" { &access } else { &own }, body.len(),
            );
            let mut held = TcpStream::connect(server.url.strip_prefix("http://").unwrap()).await.unwrap();
            held.write_all(head.as_bytes()).await.unwrap();
            held.write_all(&body.as_bytes()[..body.len() - 1]).await.unwrap();
            tokio::time::sleep(std::time::Duration::from_millis(300)).await;
            let (owner, _) = server.client().login("ann", PASSWORD).await.tokens();
            let end = if ended_by == "/auth/logout-all" { json!({}) } else { passwords(PASSWORD, NEW_PASSWORD) };
            assert_eq!(server.client().bearer(&owner).post(ended_by, end).await.status, 200);
            held.write_all(&body.as_bytes()[body.len() - 1..]).await.unwrap();
            let mut answer = String::new();
            held.read_to_string(&mut answer).await.unwrap();
            assert!(answer.starts_with("HTTP/1.1 401") && answer.contains("UNAUTHORIZED"), "{answer}");
        }
        assert_eq!(server.sql("SELECT email FROM accounts"), "ann@example.org");
    }

    async fn of_many_changes_at_once_one_password_counts(engine) {
        let server = Server::start(engine).await;
        let (access, _) = server.session("ann").await;
        let client = server.client().bearer(&access);
        let changes = (0..20).map(|number| client.post("/auth/update-credentials", passwords(PASSWORD, &format!("correct horse number {number}"))));
        let replies = join_all(changes).await;
        let winners: Vec<usize> = (0..20).filter(|number| replies[*number].status == 200).collect();
        assert_eq!(winners.len(), 1);
        assert!(replies.iter().all(|reply| matches!(reply.code(), "CREDENTIALS_UPDATED" | "INVALID_PASSWORD" | "RATE_LIMITED")), "{replies:?}");
        tokio::time::sleep(std::time::Duration::from_secs(1)).await;
        server.sql("DELETE FROM password_network_attempts");
        server.client().login("ann", &format!("correct horse number {}", winners[0])).await.expect(200, "USER_LOGGED_IN");
    }
}
