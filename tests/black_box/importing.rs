//! `auth-server import`, beside a running server: what `docs/import.md` says, with passwords that other systems hashed.

use auth_black_box::{MASTER_KEY, PASSWORD, Server, each_engine};
use serde_json::Value;

const NEW_KEY: &str = "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVowMTIzNDU=";

/// What Django and better-auth make of [`PASSWORD`] (with fewer rounds), what nothing makes, and who is to be deleted.
const USERS: &str = r#"{"email":"ann@example.org","emailVerified":true,"username":"ann","passwordHash":"pbkdf2_sha256$1000$saltsaltsalt$KQDle8SXZRa7sBUZQfkYQI6NXnZxupxhxtm+aXnClyg=","roles":["user","editor"]}
{"email":"bob@example.org","emailVerified":true,"username":"bob","passwordHash":"pbkdf2_sha256$1000$saltsaltsalt$KQDle8SXZRa7sBUZQfkYQI6NXnZxupxhxtm+aXnClyg="}
{"email":"eve@example.org","passwordHash":"md5$1$2"}
{"email":"dan@example.org","emailVerified":true,"scheduledDeletion":{"id":"019a0c6f-11d2-7aa0-8c4e-5b6c7d8e9f01","dueAt":"2026-12-01T00:00:00Z","requestedBy":"owner"}}
"#;

/// What the command said of each record, and its summary at the end. Two records are refused, so it fails.
fn import(server: &Server, file: &str, more: &[&str]) -> (Vec<(String, String)>, Value) {
    let output = server.try_command(&[&["import", file, "--json"], more].concat());
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{errors}");
    let text = String::from_utf8(output.stdout).unwrap();
    let mut lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let summary = lines.pop().unwrap();
    let of = |line: &Value, name: &str| line[name].as_str().unwrap_or_default().to_owned();
    (lines.iter().map(|line| (of(line, "email"), of(line, "outcome"))).collect(), summary)
}

each_engine! {
    async fn imported_users_keep_their_passwords_and_get_hashes_of_this_service(engine) {
        let mut server = Server::start(engine).await;
        let file = server.dir.path().join("users.ndjson");
        std::fs::write(&file, USERS).unwrap();
        let file = file.to_str().unwrap().to_owned();
        let outcomes = |known: &str| {
            [("ann@example.org", known), ("bob@example.org", known), ("eve@example.org", "refused"), ("dan@example.org", "refused")]
                .map(|(email, outcome)| (email.to_owned(), outcome.to_owned()))
        };
        let accounts = "SELECT count(*) FROM accounts";
        let (checked, _) = import(&server, &file, &["--check"]);
        assert_eq!(checked, outcomes("imported"));
        assert_eq!(server.sql(accounts), "0", "a check changes nothing");
        let (imported, summary) = import(&server, &file, &[]);
        assert_eq!(imported, outcomes("imported"), "{summary}");
        let (again, _) = import(&server, &file, &[]);
        assert_eq!(again, outcomes("already_there"));
        assert_eq!(server.sql(accounts), "2");

        let hashes = "SELECT count(*) FROM accounts WHERE password_hash LIKE '$argon2id$%'";
        assert_eq!(server.sql(hashes), "0");
        server.client().login("ann", "wrong horse").await.expect(400, "INVALID_PASSWORD");
        let user = server.client().login("ann", PASSWORD).await.expect(200, "USER_LOGGED_IN")["user"].clone();
        assert_eq!((&user["roles"], &user["emailVerified"]), (&serde_json::json!(["editor", "user"]), &Value::Bool(true)));
        assert_eq!(server.sql(hashes), "1", "with a hash of its own");
        server.client().login("ann", PASSWORD).await.expect(200, "USER_LOGGED_IN");

        // Bob has not logged in yet: his hash is sealed with the newest master key, and opens without the old one.
        server.restart_with("AUTH_SECRET_KEY", &format!("{NEW_KEY},{MASTER_KEY}"));
        server.client().login("ann", PASSWORD).await.expect(200, "USER_LOGGED_IN");
        server.command(&["keys", "reseal"]);
        server.restart_with("AUTH_SECRET_KEY", NEW_KEY);
        server.client().login("bob", PASSWORD).await.expect(200, "USER_LOGGED_IN");
        assert_eq!(server.sql(hashes), "2");
        server.client().login("bob", PASSWORD).await.expect(200, "USER_LOGGED_IN");
    }
}
