//! What a service costs that nobody asks for anything.

use std::time::{Duration, Instant};

use auth_black_box::{Engine, PASSWORD, PATIENCE, Server, WEBHOOK_SECRET};
use serde_json::json;

/// The memory of the server that no file backs, in MiB.
fn memory(server: &Server) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", server.pid())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() / 1024
}

#[tokio::test]
async fn memory_is_taken_when_it_is_needed_and_what_hashing_took_is_given_back() {
    let settings = [("AUTH_HASH_MEMORY_KIB", "65536"), ("AUTH_BASE_PATHS", "/,/api,/v1")];
    let server = Server::with(Engine::Sqlite, &settings).await;
    let at_start = memory(&server);
    assert!(at_start < 20, "{at_start} MiB at the start");
    server.register("ann").await;
    for _ in 0..2 {
        server.client().login("ann", PASSWORD).await.expect(200, "USER_LOGGED_IN");
        assert!(memory(&server) > 64, "a hash needs that");
        let since = Instant::now();
        while memory(&server) > 40 {
            assert!(since.elapsed() < PATIENCE, "{} MiB", memory(&server));
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
    for base in ["", "/api", "/v1"] {
        let document = server.client().get(&format!("{base}/auth/doc/openapi.json")).await.body;
        assert_eq!(document["servers"], json!([{ "url": format!("{}{base}", server.url) }]));
    }
}

/// How many transactions the database of the server has committed. PostgreSQL may tell of them some 10 s late.
fn committed(server: &Server) -> u64 {
    let count = server.sql("SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()");
    count.trim().parse().unwrap()
}

#[tokio::test]
async fn a_service_that_is_idle_asks_its_database_little() {
    const LATE: Duration = Duration::from_secs(15);
    let webhook =
        [("AUTH_WEBHOOKS__BACKUPS__URL", "http://127.0.0.1:1/"), ("AUTH_WEBHOOKS__BACKUPS__SECRET", WEBHOOK_SECRET)];
    let without = Server::start(Engine::Postgres).await;
    let with_a_webhook = Server::with(Engine::Postgres, &webhook).await;
    tokio::time::sleep(LATE).await;
    let servers = [("no webhook", without), ("one webhook", with_a_webhook)];
    let before = servers.each_ref().map(|(_, server)| (committed(server), Instant::now()));
    tokio::time::sleep(LATE).await;
    for ((what, server), (before, since)) in servers.iter().zip(before) {
        let (asked, seconds) = (committed(server) - before, since.elapsed().as_secs_f64());
        println!("{what}: {asked} statements in {seconds:.1} s");
        assert!(asked >= 5, "{what}: {asked}, though somebody looks for mails each second");
        assert!(asked as f64 <= 3.0 * seconds, "{what}: {asked} in {seconds} s");
    }
}
