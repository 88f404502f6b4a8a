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
