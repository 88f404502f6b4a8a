//! What a service costs that nobody asks for anything.

use std::time::{Duration, Instant};

use auth_black_box::{Engine, PASSWORD, PATIENCE, Server};
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
        let url = if base.is_empty() { "/" } else { base };
        assert_eq!(document["servers"], json!([{ "url": url }]));
    }
}
