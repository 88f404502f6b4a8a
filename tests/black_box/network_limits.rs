//! Limits a network of the real server, and what a network can add to the tables within them (`docs/retention.md`).

use std::collections::BTreeMap;

use auth_black_box::{Client, Engine, PASSWORD, Server, each_engine};
use futures_util::future::join_all;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::{Client as Http, Method};
use serde_json::json;

/// Fills up so slowly that a test meets none of it.
const SLOW: (&str, &str) = ("AUTH_NETWORK_RATE", "1");

/// A client behind a proxy that sets this header.
fn behind_proxy(server: &Server, header: &'static str, value: &str) -> Client {
    let headers = HeaderMap::from_iter([(HeaderName::from_static(header), HeaderValue::from_str(value).unwrap())]);
    Client::with(&server.url, Http::builder().default_headers(headers))
}

/// How many of 60 logins at once are looked at, and how many are refused for their network.
async fn storm(client: &Client) -> (usize, usize) {
    let logins = (0..60).map(|number| async move { client.login(&format!("nobody{number}"), PASSWORD).await });
    let replies = join_all(logins).await;
    let looked_at = replies.iter().filter(|reply| reply.code() == "INVALID_CREDENTIALS").count();
    let mut refused = 0;
    for reply in replies.into_iter().filter(|reply| reply.status == 429) {
        assert_eq!(reply.headers["retry-after"], "1");
        reply.expect(429, "RATE_LIMITED");
        refused += 1;
    }
    (looked_at, refused)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_this_machine_nobody_is_limited_unless_the_rate_is_set() {
    let server = Server::start(Engine::Sqlite).await;
    assert_eq!(storm(&server.client()).await, (60, 0));
    let server = Server::with(Engine::Sqlite, &[SLOW, ("AUTH_NETWORK_BURST", "10")]).await;
    let (looked_at, refused) = storm(&server.client()).await;
    // It fills up by one a second.
    assert!(looked_at >= 10 && refused > 0 && looked_at + refused == 60, "{looked_at} {refused}");
    let metrics = server.client().request(Method::GET, "/metrics").send().await.unwrap().text().await.unwrap();
    assert!(metrics.contains(&format!("auth_refusals_total{{code=\"RATE_LIMITED\"}} {refused}\n")), "{metrics}");
    // Another network, with a login of somebody.
    let other = Client::from_network(&server.url, 7);
    let ann = json!({ "username": "ann", "email": "ann@example.org", "password": PASSWORD });
    other.post("/auth/register", ann).await.expect(201, "USER_REGISTERED");
    let (access, mut refresh) = other.login("ann", PASSWORD).await.tokens();
    // A good token is not limited, whatever its network has done.
    for _ in 0..20 {
        server.me(&access).await.expect(200, "USER_FETCHED");
        refresh = server.client().refresh(&refresh).await.tokens().1;
        server.client().refresh("rt1.forged").await.expect(401, "REFRESH_TOKEN_INVALID");
    }
    let server = Server::with(Engine::Sqlite, &[("AUTH_NETWORK_RATE", "off"), ("AUTH_NETWORK_BURST", "10")]).await;
    assert_eq!(storm(&server.client()).await, (60, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn behind_a_trusted_proxy_each_network_has_its_own() {
    let trusted = [SLOW, ("AUTH_TRUSTED_PROXIES", "127.0.0.1"), ("AUTH_NETWORK_BURST", "10")];
    let server = Server::with(Engine::Sqlite, &trusted).await;
    let ask = async |header, value| storm(&behind_proxy(&server, header, value)).await;
    let (looked_at, refused) = ask("x-forwarded-for", "203.0.113.7").await;
    assert!(looked_at >= 10 && refused > 0 && looked_at + refused == 60, "{looked_at} {refused}");
    for (header, value) in [("x-forwarded-for", "198.51.100.1"), ("forwarded", "for=\"[2001:db8::1]\"")] {
        let (looked_at, refused) = ask(header, value).await;
        assert!(looked_at >= 10 && refused > 0, "{value}: {looked_at} {refused}");
    }
    // What the client claims is left of what the proxy appends.
    let mut limited = 0;
    for number in 0..60 {
        let spoofed = behind_proxy(&server, "x-forwarded-for", &format!("192.0.{number}.1, 192.0.2.200"));
        limited += usize::from(spoofed.login(&format!("nobody{number}"), PASSWORD).await.status == 429);
    }
    assert!(limited > 0, "a claim is a way around the limit");
    // The proxy asks for itself.
    assert_eq!(storm(&server.client()).await, (60, 0));
}

#[tokio::test]
async fn wrong_limits_are_told() {
    let server = Server::start(Engine::Sqlite).await;
    for (name, value) in [("AUTH_NETWORK_RATE", "0"), ("AUTH_NETWORK_RATE", "on"), ("AUTH_NETWORK_BURST", "off")] {
        let output = server.try_command_with(name, value, &["config", "check"]);
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && told.contains(name) && told.contains("must be a whole number"), "{told}");
    }
}

/// What one request of a stranger adds: `docs/retention.md` multiplies it by what a network may send in a day.
const TIMES: usize = 5;

fn counts(server: &Server) -> BTreeMap<&'static str, usize> {
    let tables = [
        "accounts",
        "audit_records",
        "challenges",
        "deletions",
        "events",
        "identities",
        "mails",
        "names",
        "password_daily_misses",
        "password_network_attempts",
        "pending_credentials",
        "sessions",
        "tallies",
        "totp_steps",
        "used_authorizations",
    ];
    tables
        .into_iter()
        .map(|table| (table, server.sql(&format!("SELECT count(*) FROM {table}")).parse().unwrap()))
        .collect()
}

/// By how many rows each table grows for each time that something is done; what does not grow is left out.
async fn growth(server: &Server, once: impl AsyncFn(usize)) -> Vec<(&'static str, usize)> {
    server.all_mails_sent().await;
    let before = counts(server);
    for number in 0..TIMES {
        once(number).await;
    }
    server.all_mails_sent().await;
    let grown = counts(server).into_iter().filter(|(table, after)| *after > before[table]);
    grown.map(|(table, after)| (table, (after - before[table]).div_ceil(TIMES))).collect()
}

each_engine! {
    async fn a_request_of_a_stranger_adds_what_the_docs_say(engine) {
        let server = Server::with(engine, &[("AUTH_DISCLOSURE", "concealed")]).await;
        let client = server.client();
        let register = async |name: &str| {
            let body = json!({ "username": name, "email": format!("{name}@example.org"), "password": PASSWORD });
            client.post("/auth/register", body).await.expect(201, "USER_REGISTERED");
        };
        let registering = growth(&server, async |number| register(&format!("ann{number}")).await).await;
        let rows =
            [("accounts", 1), ("audit_records", 1), ("challenges", 1), ("events", 1), ("names", 2), ("tallies", 1)];
        assert_eq!(registering, rows);
        let in_a_loop = growth(&server, async |number| {
            let name = format!("bob{number}");
            register(&name).await;
            let (access, _) = client.login(&name, PASSWORD).await.tokens();
            client.bearer(&access).delete("/auth/delete").await.expect(200, "USER_DATA_DELETED");
        })
        .await;
        let rows = [("audit_records", 4), ("deletions", 1), ("events", 2), ("mails", 1), ("tallies", 2)];
        assert_eq!(in_a_loop, rows);
        let lost_password = growth(&server, async |number| {
            let email = json!({ "email": format!("nobody{number}@example.org") });
            client.post("/auth/lost-password", email).await.expect(200, "CODE_SENT");
        })
        .await;
        let missed_login = growth(&server, async |number| {
            client.login(&format!("nobody{number}"), PASSWORD).await.expect(400, "INVALID_CREDENTIALS");
        })
        .await;
        assert_eq!(lost_password, [("challenges", 1), ("tallies", 2)]);
        assert_eq!(missed_login, [("password_daily_misses", 1), ("password_network_attempts", 1)]);
    }
}
