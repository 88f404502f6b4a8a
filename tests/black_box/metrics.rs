//! What Prometheus reads.

use std::collections::BTreeMap;

use auth_black_box::{Client, Engine, PASSWORD, Server, each_engine, wait_for};
use reqwest::Method;
use serde_json::json;

/// Every sample, by its name and labels.
async fn read(client: &Client) -> BTreeMap<String, f64> {
    let answer = client.request(Method::GET, "/metrics").send().await.unwrap();
    assert_eq!(answer.status().as_u16(), 200);
    assert_eq!(answer.headers()["content-type"], "text/plain; version=0.0.4");
    let text = answer.text().await.unwrap();
    let samples = text.lines().filter(|line| !line.starts_with('#'));
    samples
        .map(|line| {
            let (name, value) = line.rsplit_once(' ').unwrap();
            (name.to_owned(), value.parse().unwrap())
        })
        .collect()
}

each_engine! {
    async fn requests_refusals_and_loads_are_counted(engine) {
        let settings = [("AUTH_MAIL_URL", "smtp://127.0.0.1:1"), ("AUTH_WEBHOOKS__USERS__URL", "http://127.0.0.1:1/"),
            ("AUTH_WEBHOOKS__USERS__SECRET", auth_black_box::WEBHOOK_SECRET)];
        let server = Server::with(engine, &settings).await;
        let client = server.client();
        server.register("ann").await;
        client.login("ann", PASSWORD).await.expect(200, "USER_LOGGED_IN");
        for number in 0..7 {
            client.login("ann", "wrong password").await;
            if number == 4 {
                // After twelve in a row the wait is 128 s: long enough for a slow machine to see it.
                server.sql("UPDATE password_network_attempts SET misses = 12 WHERE misses = 5");
            }
        }
        client.get("/api/auth/me").await.expect(401, "TOKEN_REQUIRED");
        client.get("/none").await.expect(404, "NOT_FOUND");
        let odd = client.request(Method::from_bytes(b"BREW").unwrap(), "/auth/login");
        client.send(odd).await.expect(405, "METHOD_NOT_ALLOWED");
        let samples = read(&client).await;
        let sample = |name: &str| samples.get(name).copied().unwrap_or_else(|| panic!("{name} in {samples:#?}"));
        let login = |status: u16| format!(r#"auth_requests_total{{method="POST",route="/auth/login",status="{status}"}}"#);
        assert_eq!(sample(&login(200)), 1.0);
        assert_eq!(sample(&login(400)) + sample(&login(429)), 7.0);
        assert_eq!(sample(r#"auth_requests_total{method="GET",route="/api/auth/me",status="401"}"#), 1.0);
        assert_eq!(sample(r#"auth_requests_total{method="GET",route="none",status="404"}"#), 1.0);
        assert_eq!(sample(r#"auth_requests_total{method="other",route="/auth/login",status="405"}"#), 1.0);
        assert_eq!(sample(r#"auth_request_seconds_count{route="/auth/login"}"#), 9.0);
        assert!(sample(r#"auth_refusals_total{code="RATE_LIMITED"}"#) >= 1.0);
        assert_eq!(sample(r#"auth_outbox{what="mails"}"#), 1.0);
        assert_eq!(sample(r#"auth_outbox{what="deliveries"}"#), 1.0);
        assert!(sample(r#"auth_outbox_oldest_seconds{what="mails"}"#) > 0.0);
        assert!(sample("auth_hashing_done_total") >= 7.0);
        assert!(sample("auth_hashing_seconds_total") > 0.0);
        assert_eq!(sample(r#"auth_hashing{state="waiting"}"#), 0.0);
        assert!(sample(r#"auth_database_connections{state="open"}"#) >= 1.0);
        assert!(sample("auth_signing_key_age_seconds") >= 0.0);

        server.sql("UPDATE mails SET parked_at = 1, last_error = 'x'");
        assert_eq!(read(&client).await[r#"auth_outbox{what="parked_mails"}"#], 1.0);
    }
}

#[tokio::test]
async fn only_this_machine_reads_them_or_whoever_reaches_their_own_address() {
    let server = Server::start(Engine::Sqlite).await;
    let client = server.client();
    for name in ["X-Forwarded-For", "Forwarded", "Via", "X-Real-IP"] {
        let proxied = client.request(Method::GET, "/metrics").header(name, "127.0.0.1");
        client.send(proxied).await.expect(404, "NOT_FOUND");
    }
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let listen = format!("127.0.0.1:{port}");
    let server = Server::with(Engine::Sqlite, &[("AUTH_METRICS_LISTEN", &listen)]).await;
    server.client().get("/metrics").await.expect(404, "NOT_FOUND");
    let apart = Client::new(&format!("http://{listen}"));
    read(&apart).await;
    let proxied = apart.request(Method::GET, "/metrics").header("X-Forwarded-For", "192.0.2.1");
    assert_eq!(apart.send(proxied).await.status, 200);
    for path in ["/auth/login", "/health/live", "/.well-known/jwks.json", "/"] {
        apart.post(path, json!({})).await.expect(404, "NOT_FOUND");
    }
}

#[tokio::test]
async fn two_nodes_see_what_is_owed_by_both() {
    let one = Server::with(Engine::Postgres, &[("AUTH_MAIL_URL", "smtp://127.0.0.1:1")]).await;
    let two = Server::on(one.database.clone(), &[("AUTH_MAIL_URL", "smtp://127.0.0.1:1")]).await;
    one.register("ann").await;
    two.register("bob").await;
    let client = one.client();
    wait_for("both mails", || one.sql("SELECT count(*) FROM mails") == "2").await;
    assert_eq!(read(&client).await[r#"auth_outbox{what="mails"}"#], 2.0);
}
