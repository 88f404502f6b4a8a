//! Credentials by the hundred thousand, streamed in constant memory.

use std::time::{Duration, Instant};

use auth_black_box::{Client, Engine, PATIENCE, Server, each_engine};
use futures_util::StreamExt as _;

const COUNT: usize = 100_000;
/// How much the server may grow once it has sent everything once, in KiB: a seventh of what it sends each time. The first
/// time fills caches that do not depend on how much is sent.
const GROWTH: u64 = 8 * 1024;

/// Accounts, written behind the server's back: to register them would take an hour of Argon2.
fn fill(server: &Server, engine: Engine) {
    let hash = "$argon2id$v=19$m=19456,t=2,p=1,keyid=j34N5w$A5ninY4cq6AP4WxBaEADlQ$U/1hjQuGVu3LuSanD19IJt433Q3+Rpjfvnq0F+vpmnY";
    let (series, id) = match engine {
        Engine::Postgres => (
            format!("FROM generate_series(1, {COUNT}) AS series(n)"),
            "('01a200b9-c0e1-7bcf-8b25-' || lpad(to_hex(n), 12, '0'))::uuid, false",
        ),
        Engine::Sqlite => (
            format!(
                "FROM (WITH RECURSIVE series(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM series WHERE n < {COUNT}) SELECT n FROM series)"
            ),
            "unhex('01a200b9c0e17bcf8b25' || printf('%012x', n)), 0",
        ),
    };
    server.sql(&format!(
        "INSERT INTO accounts (id, email_verified, username, username_key, email, email_key, password_hash, credential_version, roles, created_at, updated_at) \
         SELECT {id}, 'user-' || n, 'user-' || n, 'user-' || n || '@example.org', 'user-' || n || '@example.org', '{hash}', 1, 'user', \
         1800000000000000 + n, 1800000000000000 + n {series}"
    ));
    // A tenth has an identity, so that reading all of those for each page would count too.
    server.sql(
        "INSERT INTO identities (provider, subject, account_id, linked_at) \
         SELECT 'google', username, id, 1800000000000000 FROM accounts WHERE username LIKE '%0'",
    );
    // Their sizes are known, as they are in any database that is some minutes old.
    server.sql("ANALYZE");
}

/// How many rows PostgreSQL has read by going through a whole table.
fn rows_read_in_vain(server: &Server) -> usize {
    let sum = "SELECT sum(seq_tup_read) FROM pg_stat_user_tables WHERE relname IN ('accounts', 'identities')";
    server.sql(sum).parse().unwrap()
}

/// The most memory that was resident at once since the server started or `resident_from_now_on`, in KiB.
fn peak(server: &Server) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", server.pid())).unwrap();
    let value = status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB"));
    value.unwrap().trim().parse().unwrap()
}

/// Forgets the peak of before, such as that of the hashes at the start: it is what is resident now, which is returned.
fn resident_from_now_on(server: &Server) -> u64 {
    std::fs::write(format!("/proc/{}/clear_refs", server.pid()), "5").unwrap();
    peak(server)
}

/// Asks for everything and reads nothing of it.
async fn stall(service: &Client) -> reqwest::Response {
    service.request(reqwest::Method::GET, "/auth").send().await.unwrap()
}

each_engine! {
    async fn a_hundred_thousand_credentials_stream_in_constant_memory(engine) {
        let server = Server::start(engine).await;
        fill(&server, engine);
        // A token lives for five minutes; on a busy machine a stream may take as long.
        let service = || server.client().bearer(&server.internal_token());
        let in_vain = (engine == Engine::Postgres).then(|| rows_read_in_vain(&server));
        let mut before = 0;
        for accept in ["application/json", "application/x-ndjson"] {
            let request = service().request(reqwest::Method::GET, "/auth").header("Accept", accept).timeout(Duration::from_secs(600));
            let mut chunks = request.send().await.unwrap().bytes_stream();
            let (mut credentials, mut bytes, mut last) = (0, 0, Vec::new());
            while let Some(chunk) = chunks.next().await {
                let chunk = chunk.unwrap();
                credentials += chunk.iter().filter(|byte| **byte == b'@').count();
                bytes += chunk.len();
                last = [&last[last.len().saturating_sub(40)..], &chunk].concat();
                last = last.split_off(last.len().saturating_sub(40));
            }
            assert_eq!(credentials, COUNT, "one @ each");
            assert!(String::from_utf8(last).unwrap().ends_with(if accept.ends_with("ndjson") { "}\n" } else { r#"],"next":null}}"# }));
            println!("{engine:?} {accept}: {bytes} bytes, {} KiB resident at most", peak(&server));
            if before == 0 {
                before = resident_from_now_on(&server);
            }
        }
        if let Some(before) = in_vain {
            let grown = rows_read_in_vain(&server) - before;
            assert!(grown < COUNT, "each page is read through its index, not by going through {grown} rows");
        }
        // Two readers that do not read hold what there is; a third is told so, and served once they are gone.
        let stalled = [stall(&service()).await, stall(&service()).await];
        service().get("/auth").await.expect(503, "OVERLOADED");
        drop(stalled);
        let deadline = Instant::now() + PATIENCE;
        while stall(&service()).await.status() != 200 {
            assert!(Instant::now() < deadline, "the readers that went away are still counted");
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        let grown = peak(&server) - before;
        println!("{engine:?}: grown by {grown} KiB after the first time");
        assert!(grown < GROWTH, "grown by {grown} KiB");
    }
}
