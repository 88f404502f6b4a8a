//! `auth-server user …`, beside a running server.

use std::process::Output;

use auth_black_box::{PASSWORD, Server, WEBHOOK_SECRET, each_engine};

fn fails(output: &Output, said: &str) {
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && error.contains(said), "{error}");
}

each_engine! {
    async fn an_operator_looks_after_users(engine) {
        let settings = [("AUTH_WEBHOOKS__USERS__URL", "http://127.0.0.1:1/"), ("AUTH_WEBHOOKS__USERS__SECRET", WEBHOOK_SECRET)];
        let server = Server::with(engine, &settings).await;
        let client = server.client();
        let (access, _) = server.session("ann").await;
        let bob = server.register("bob").await;
        let id = bob["id"].as_str().unwrap();

        let list = server.command(&["user", "list"]);
        let lines: Vec<&str> = list.lines().collect();
        assert_eq!(lines.len(), 2);
        assert_eq!(lines[1], format!("{id}  bob@example.org  unverified  bob  user  active"));
        for name in ["ann", "ANN", "ann@example.org"] {
            let shown = server.command(&["user", "show", name]);
            for line in ["e-mail          ann@example.org", "password        yes", "sessions        1", "roles           user"] {
                assert!(shown.contains(line), "{line} in {shown}");
            }
            assert!(!shown.contains("argon2"));
        }

        server.command(&["user", "roles", "ann", "editor", "admin"]);
        server.changes_are_obeyed();
        let me = server.me(&access).await.expect(200, "USER_FETCHED");
        assert_eq!(me["user"]["roles"], serde_json::json!(["admin", "editor"]));
        fails(&server.try_command(&["user", "roles", "ann", "not a role"]), "role");
        fails(&server.try_command(&["user", "roles", "ann"]), "the last user with the role admin: give the role to someone else first");
        let created = server.command(&["user", "create", "root@example.org", "--admin", "--json"]);
        let created: serde_json::Value = serde_json::from_str(&created).unwrap();
        assert_eq!((&created["roles"], &created["newPasswordRequired"]), (&serde_json::json!(["admin", "user"]), &true.into()));
        server.command(&["user", "roles", "ann"]);
        server.changes_are_obeyed();
        assert_eq!(server.me(&access).await.expect(200, "USER_FETCHED")["user"]["roles"], serde_json::json!([]));

        for _ in 0..5 {
            client.login("bob", "wrong password").await;
        }
        // After twelve in a row the wait is 128 s: long enough for a slow machine to see it.
        server.sql("UPDATE password_network_attempts SET misses = 12 WHERE misses = 5");
        client.login("bob", PASSWORD).await.expect(429, "RATE_LIMITED");
        server.command(&["user", "unlock", "bob@example.org"]);
        client.login("bob", PASSWORD).await.expect(200, "USER_LOGGED_IN");

        server.command(&["user", "roles", "bob", "--add", "editor", "--remove", "user"]);
        server.command(&["user", "suspend", "bob", "--yes"]);
        client.login("bob", PASSWORD).await.expect(403, "ACCOUNT_SUSPENDED");
        let suspended = server.command(&["user", "list", "--state", "suspended", "--role", "editor"]);
        assert_eq!(suspended, format!("{id}  bob@example.org  unverified  bob  editor  suspended"));
        server.command(&["user", "resume", "bob"]);
        server.command(&["user", "set-email", "bob", "rob@example.org", "--verified"]);
        server.command(&["user", "reset-2fa", "bob", "--yes"]);
        server.command(&["user", "end-sessions", "bob"]);
        server.command(&["user", "require-password", "bob"]);
        client.login("rob@example.org", PASSWORD).await.expect(403, "NEW_PASSWORD_REQUIRED");
        let shown: serde_json::Value = serde_json::from_str(&server.command(&["user", "show", id, "--json"])).unwrap();
        assert_eq!((&shown["email"], &shown["emailVerified"], &shown["sessions"]), (&"rob@example.org".into(), &true.into(), &0.into()));
        let deleted = server.command(&["user", "delete", id, "--yes"]);
        client.login("bob", PASSWORD).await.expect(400, "INVALID_CREDENTIALS");
        let deletion = deleted.rsplit(' ').next().unwrap();
        let internal = client.bearer(&server.internal_token());
        let progress = internal.get(&format!("/auth/deletions/{deletion}")).await.expect(200, "DELETION_FETCHED");
        assert_eq!(progress["userId"], id);
        for arguments in [["user", "show", "bob"], ["user", "delete", id], ["user", "unlock", "nobody"]] {
            fails(&server.try_command(&arguments), "no user has");
        }
    }
}
