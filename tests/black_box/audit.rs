//! The audit trail, and that no secret reaches it or any other output.

use std::io::{BufRead as _, BufReader};
use std::time::Duration;

use auth_black_box::{Client, Engine, PASSWORD, Server, WEBHOOK_SECRET, WebhookReceiver, each_engine, totp, wait_for};
use reqwest::Method;
use serde_json::{Value, json};

use crate::second_factor_steps::{NEW_PASSWORD, begin_login, finish, otp, reset, temp_token, with_app};

/// The records that `auth-server audit` prints.
fn records(server: &Server, arguments: &[&str]) -> Vec<Value> {
    let lines = server.command(&[&["audit", "--json"], arguments].concat());
    lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Action, outcome, actor and detail of each.
fn told(records: &[Value]) -> Vec<(String, String, String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
    let tell = |record: &Value| {
        (text(&record["action"]), text(&record["outcome"]), text(&record["actor"]), text(&record["detail"]))
    };
    records.iter().map(tell).collect()
}

each_engine! {
    async fn the_trail_tells_who_did_what_from_where_and_what_came_of_it(engine) {
        let settings = [("AUTH_TRUSTED_PROXIES", "127.0.0.0/8")];
        let server = Server::with(engine, &settings).await;
        let client = server.client();
        let ann = server.register("ann").await;
        let id = ann["id"].as_str().unwrap();
        client.login("ann", "wrong password").await.expect(400, "INVALID_PASSWORD");
        client.login("nobody", "wrong password").await.expect(400, "INVALID_CREDENTIALS");
        let login = client.request(Method::POST, "/auth/login").header("X-Forwarded-For", "203.0.113.9");
        let login = login.header("X-Request-Id", "the-login").json(&json!({ "email": "ann", "password": PASSWORD }));
        let (access, refresh) = client.send(login).await.tokens();
        let bearer = client.bearer(&access);
        let internal = client.bearer(&server.internal_token());
        internal.put(&format!("/auth/{id}/roles"), json!({ "roles": ["editor"] })).await.expect(200, "ROLES_UPDATED");
        internal.get("/auth?limit=1").await.expect(200, "CREDENTIALS_FETCHED");
        bearer.post("/auth/logout", json!({ "token": refresh })).await.expect(200, "USER_LOGGED_OUT");
        reset(&server, "ann").await.expect(200, "USER_LOGGED_IN");
        server.command(&["user", "unlock", "ann"]);

        let mine = records(&server, &["--user", "ann"]);
        let opened = mine.iter().find(|record| record["action"] == "session.opened").unwrap();
        assert_eq!((&opened["network"], &opened["requestId"]), (&json!("203.0.113.0/24"), &json!("caller:the-login")));
        assert!(mine.iter().all(|record| record["userId"] == id && record["occurredAt"].as_str().unwrap().ends_with('Z')));
        let missed = mine.iter().find(|record| record["outcome"] == "refused").unwrap();
        assert_eq!((&missed["action"], &missed["network"]), (&json!("password.given"), &json!("127.0.0.0/24")));
        let expected = [
            ("account.registered", "done", "client", "-"),
            ("password.given", "refused", "client", "-"),
            ("session.opened", "done", "client", "pwd"),
            ("roles.set", "done", "service:backups-service", "editor"),
            ("session.ended", "done", "client", "logged_out"),
            ("password.changed", "done", "client", "-"),
            ("email.proved", "done", "client", "-"),
            ("session.opened", "done", "client", "otp"),
            ("misses.forgotten", "done", "operator", "-"),
        ];
        let all = told(&mine);
        let mut rest = all.iter();
        for (action, outcome, actor, detail) in expected {
            let found = rest.any(|(a, o, by, d)| (a.as_str(), o.as_str(), by.as_str()) == (action, outcome, actor) && d.starts_with(detail));
            assert!(found, "{action} of {actor} is missing, or out of order: {all:#?}");
        }
        let everybody = told(&records(&server, &[]));
        for (action, actor) in [("credentials.read", "service:backups-service"), ("signing_key.made", "itself")] {
            assert!(everybody.iter().any(|(a, _, by, _)| a == action && by == actor), "{action} in {everybody:#?}");
        }
        let lines = server.command(&["audit", "--user", id]);
        assert!(lines.lines().any(|line| line.contains("  session.opened ") && line.contains("request caller:the-login")), "{lines}");

        // It outlives the account, and tells it to whoever knows the id.
        server.command(&["user", "delete", "ann"]);
        let deleted = told(&records(&server, &["--user", id]));
        assert_eq!(deleted.last().unwrap(), &("account.deleted".into(), "done".into(), "operator".into(), "auth-server".into()));
        let unknown = server.try_command(&["audit", "--user", "ann"]);
        assert!(String::from_utf8_lossy(&unknown.stderr).contains("a deleted user by id"));
    }

    async fn wrong_codes_and_reused_tokens_are_told_as_refused(engine) {
        let server = Server::start(engine).await;
        let (ann, secret, recovery_codes) = with_app(&server, "ann").await;
        let pending = begin_login(&server, "ann", PASSWORD).await;
        finish(&server, &temp_token(&pending), "app", "000000").await.expect(401, "OTP_INVALID");
        let (access, refresh) = finish(&server, &temp_token(&pending), "app", &totp(&secret, &[0])[0]).await.tokens();
        let sent = server.client().post("/auth/lost-password", json!({ "email": "ann@example.org" })).await;
        let temp = temp_token(&sent.expect(200, "CODE_SENT"));
        server.client().bearer(&temp).post("/auth/verify-code", otp("000000")).await.expect(401, "OTP_INVALID");
        let (_, successor) = server.client().refresh(&refresh).await.tokens();
        server.client().refresh(&successor).await.expect(200, "TOKEN_REFRESHED");
        Client::with_user_agent(&server.url, "thief").refresh(&refresh).await.expect(401, "REFRESH_TOKEN_INVALID");
        let refused: Vec<_> = told(&records(&server, &["--user", "ann"])).into_iter().filter(|(_, o, ..)| o == "refused").collect();
        let actions: Vec<&str> = refused.iter().map(|(action, ..)| action.as_str()).collect();
        assert_eq!(actions, ["code.given", "code.given", "session.ended"], "{refused:#?}");
        assert_eq!(refused[1].3, "password_reset");
        assert!(refused[2].3.starts_with("token_reused "));
        let factors = told(&records(&server, &["--user", "ann"]));
        assert!(factors.iter().any(|(a, .., d)| a == "second_factor.changed" && d == "app enabled, email not set, 10 recovery codes"), "{factors:#?}");
        drop((ann, recovery_codes, access));
    }

    async fn whoever_follows_sees_what_happens_from_now_on(engine) {
        let server = Server::start(engine).await;
        server.register("ann").await;
        let mut following = server.spawn_command(&["audit", "--follow", "--json", "--user", "ann"]);
        let mut lines = BufReader::new(following.stdout.take().unwrap()).lines();
        let mut next = || serde_json::from_str::<Value>(&lines.next().unwrap().unwrap()).unwrap()["action"].clone();
        assert_eq!(next(), "account.registered");
        server.client().login("ann", PASSWORD).await.expect(200, "USER_LOGGED_IN");
        assert_eq!(next(), "session.opened");
        server.client().login("ann", "wrong password").await.expect(400, "INVALID_PASSWORD");
        assert_eq!(next(), "password.given", "and nothing twice");
        following.kill().unwrap();
        following.wait().unwrap();
    }
}

/// Whatever is secret, in every place where somebody may put it; then every output is searched for it.
#[tokio::test]
async fn no_secret_reaches_any_output() {
    let port = auth_testkit::postgres::free_port();
    let receiver = WebhookReceiver::start(port, "ok");
    let webhook_url = format!("http://127.0.0.1:{port}/");
    let settings = [
        ("RUST_LOG", "trace"),
        ("AUTH_MAIL_URL", "smtp://canary-user:canary-smtp-password@127.0.0.1:1"),
        ("AUTH_GOOGLE__CLIENT_ID", "an-id"),
        ("AUTH_GOOGLE__CLIENT_SECRET", "canary-client-secret"),
        ("AUTH_GOOGLE__ISSUER", "http://127.0.0.1:1"),
        ("AUTH_WEBHOOKS__USERS__URL", webhook_url.as_str()),
        ("AUTH_WEBHOOKS__USERS__SECRET", WEBHOOK_SECRET),
        ("AUTH_INTERNAL__OTHER__SECRET", "canary-internal-secret-0123456789"),
        ("AUTH_TRUSTED_PROXIES", "127.0.0.0/8"),
        ("AUTH_COOKIES", "on"),
        ("AUTH_PUBLIC_URL", "https://auth.example.org"),
    ];
    let server = Server::with(Engine::Sqlite, &settings).await;
    let client = server.client();
    let mut refusals = String::new();
    let mut refused = |reply: auth_black_box::Reply| {
        assert!(reply.status >= 400, "{}", reply.body);
        refusals.push_str(&reply.body.to_string());
    };
    let (ann, secret, recovery_codes) = with_app(&server, "ann").await;
    let (access, refresh) = server.session("bob").await;
    // No username: those are shown.
    let canary = "canary-input!";
    for path in ["/auth/register", "/auth/login", "/auth/refresh", "/auth/lost-password", "/auth/verify-code"] {
        for field in ["email", "username", "password", "confirmPassword", "token", "otpCode", "recoveryCode", canary] {
            let body = json!({ "email": "x@example.org", "password": "canary-input! password", field: canary });
            client.bearer(canary).post(path, body).await;
        }
        refused(
            client
                .send(
                    client
                        .request(Method::POST, path)
                        .body("canary-input! {")
                        .header("content-type", "application/json"),
                )
                .await,
        );
    }
    let odd = [
        ("Authorization", "Basic canary-input!"),
        ("Cookie", "__Host-auth-access=canary-input!"),
        ("Authorization", "Bearer canary-input!"),
    ];
    for (name, value) in odd {
        refused(
            client.send(client.request(Method::GET, "/auth/me?access_token=canary-input!").header(name, value)).await,
        );
    }
    refused(client.get("/auth/google?code=canary-input!&state=canary-input!").await);
    refused(client.login("bob", "canary-input! wrong").await);
    refused(client.login("ann", "canary-input! wrong").await);
    let pending = begin_login(&server, "ann", PASSWORD).await;
    let temp = temp_token(&pending);
    refused(finish(&server, &temp, "app", "000000").await);
    let code = totp(&secret, &[0]).remove(0);
    let (second, _) = finish(&server, &temp, "app", &code).await.tokens();
    let bearer = client.bearer(&access);
    let change = json!({ "oldPassword": PASSWORD, "newPassword": NEW_PASSWORD, "confirmPassword": NEW_PASSWORD });
    bearer.post("/auth/update-credentials", change).await.expect(200, "CREDENTIALS_UPDATED");
    refused(client.refresh(&format!("{refresh}canary-input!")).await);
    let internal = server.internal_token();
    client.bearer(&internal).get("/auth").await.expect(200, "CREDENTIALS_FETCHED");
    drop(ann);
    // The mail server does not answer, which the log tells.
    tokio::time::sleep(Duration::from_secs(2)).await;
    let metrics = client.request(Method::GET, "/metrics").send().await.unwrap().text().await.unwrap();
    let log = server.log();
    assert!(log.contains("POST /auth/login") || log.contains("/auth/login"), "the log is there");
    wait_for("deliveries", || receiver.deliveries().len() >= 2).await;
    let delivered = json!(receiver.deliveries()).to_string();
    assert!(delivered.contains("user.registered"), "{delivered}");
    let mut outputs = vec![("log", log), ("metrics", metrics), ("refusals", refusals), ("webhooks", delivered)];
    for command in [
        "audit",
        "audit --json",
        "config print",
        "config check",
        "keys list",
        "user list",
        "user show ann",
        "parked-mails",
        "mails",
        "export --to -",
    ] {
        let output = server.try_command(&command.split(' ').collect::<Vec<_>>());
        outputs.push((
            command,
            format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr)),
        ));
    }
    let recovery: Vec<&str> = recovery_codes.iter().map(String::as_str).collect();
    let mut secrets = vec![
        "canary-smtp-password",
        "canary-client-secret",
        "canary-internal-secret",
        WEBHOOK_SECRET,
        canary,
        PASSWORD,
        NEW_PASSWORD,
        auth_black_box::SECRET,
        auth_black_box::MASTER_KEY,
        &secret,
        &access,
        &refresh,
        &second,
        &temp,
        &internal,
    ];
    secrets.extend(recovery);
    for (name, output) in &outputs {
        assert!(output.len() > 10, "{name} tells something");
        for secret in &secrets {
            let found = output.find(secret);
            let around = found.map(|at| output.get(at.saturating_sub(200)..(at + 60).min(output.len())));
            assert!(found.is_none(), "{secret:?} in {name}: {around:?}");
        }
    }
}
