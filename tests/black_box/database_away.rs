//! The database goes away and comes back, or does not get on.

use std::time::{Duration, Instant};

use auth_black_box::{Engine, PASSWORD, PATIENCE, Server, StandIn, id_token};
use auth_testkit::postgres::cluster;
use reqwest::Method;
use serde_json::json;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use crate::operations::{Tokens, operations};
use crate::sign_in::{begin, claims, come_back};

/// Forwards to the cluster while `up`; cuts every connection when not.
async fn proxy(listener: TcpListener, target: u16, up: watch::Receiver<bool>) {
    loop {
        let (mut near, _) = listener.accept().await.unwrap();
        let mut up = up.clone();
        tokio::spawn(async move {
            if !*up.borrow() {
                return;
            }
            let mut far = TcpStream::connect(("127.0.0.1", target)).await.unwrap();
            tokio::select! {
                _ = tokio::io::copy_bidirectional(&mut near, &mut far) => {}
                _ = up.wait_for(|up| !up) => {}
            }
        });
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everything_but_live_answers_503_and_recovers_by_itself() {
    let (database, stand_in) = (cluster().database(), StandIn::start());
    let target: u16 = database.rsplit(':').next().unwrap().split('/').next().unwrap().parse().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let (switch, up) = watch::channel(true);
    tokio::spawn(proxy(listener, target, up));
    let server = Server::on(Some(database.replace(&target.to_string(), &port.to_string())), &stand_in.settings()).await;
    let tokens = Tokens::of(&server, "ann").await;
    let client = server.client();
    let specification = client.get("/auth/doc/openapi.json").await.body;
    let states = [("google", begin(&client, "google").await.state), ("42", begin(&client, "42").await.state)];

    switch.send(false).unwrap();
    // Each connection watches it, and so does the proxy.
    while switch.receiver_count() > 1 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    for _ in 0..2 {
        let began = Instant::now();
        for operation in operations(&specification) {
            let callback = states.iter().find(|(provider, _)| operation.path == format!("/auth/{provider}"));
            if let Some((provider, state)) = callback {
                come_back(&client, provider, "x", state).await.expect(503, "UNAVAILABLE");
            } else if operation.path == "/auth/google/token" {
                let mut claims = claims(&stand_in, "1");
                claims["nonce"] = json!("n");
                let body = json!({ "idToken": id_token(&claims, 1, "key-1"), "nonce": "n" });
                client.post(&operation.path, body).await.expect(503, "UNAVAILABLE");
            } else if operation.path == "/auth/token/exchange" {
                let body = json!({ "subjectToken": tokens.access, "resource": "mail" });
                operation.caller(&client, &tokens).post(&operation.path, body).await.expect(503, "UNAVAILABLE");
            } else if operation.codes.contains("UNAVAILABLE") {
                let caller = operation.caller(&client, &tokens);
                operation.send(&caller, &tokens.refresh).await.expect(503, "UNAVAILABLE");
            } else {
                let path = operation.path.as_str();
                assert!(
                    ["/auth/providers", "/health/live", "/health/client", "/metrics"].contains(&path),
                    "{path}: everything else needs the database"
                );
            }
        }
        assert_eq!(client.get("/health/live").await.status, 200);
        let metrics = client.request(Method::GET, "/metrics").send().await.unwrap().text().await.unwrap();
        assert!(metrics.contains("\nauth_database_up 0\n"), "{metrics}");
        assert!(began.elapsed() < PATIENCE, "nobody waits for long: {:?}", began.elapsed());
    }

    switch.send(true).unwrap();
    server.me(&tokens.access).await.expect(200, "USER_FETCHED");
    client.refresh(&tokens.refresh).await.expect(200, "TOKEN_REFRESHED");
    client.login("ann", PASSWORD).await.expect(200, "USER_LOGGED_IN");
    assert_eq!(client.get("/health/ready").await.status, 200);
}

/// How many rows `sql` finds in the database of `server`, once that is `expected`, or after a while.
async fn count(server: &Server, sql: &str, expected: &str) -> String {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let found = server.sql(&format!("SELECT count(*) FROM {sql}"));
        if found == expected || Instant::now() > deadline {
            return found;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// More requests than the pool has connections: some wait for the lock, the others for a connection.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_stuck_on_a_lock_answers_503_and_leaves_nothing() {
    let server = Server::start(Engine::Postgres).await;
    let (access, refresh) = server.session("ann").await;
    let locks = "pg_locks WHERE relation = 'sessions'::regclass AND mode = 'AccessExclusiveLock' AND granted";
    let locked = cluster().session(server.database.as_deref().unwrap(), "BEGIN; LOCK TABLE sessions;");
    assert_eq!(count(&server, locks, "1").await, "1");

    let began = Instant::now();
    let stuck: Vec<_> = (0..64)
        .map(|_| {
            let client = server.client().bearer(&access);
            tokio::spawn(async move { client.get("/auth/me").await.expect(503, "UNAVAILABLE") })
        })
        .collect();
    for request in stuck {
        request.await.unwrap();
    }
    assert!(began.elapsed() < PATIENCE, "all at the same time: {:?}", began.elapsed());
    let blocked = "pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
    assert_eq!(count(&server, blocked, "0").await, "0", "the last one gave up too");
    assert_eq!(server.client().get("/health/ready").await.status, 200, "what needs no lock is served");

    drop(locked);
    assert_eq!(count(&server, locks, "0").await, "0");
    server.me(&access).await.expect(200, "USER_FETCHED");
    server.client().refresh(&refresh).await.expect(200, "TOKEN_REFRESHED");
    let open = "pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in transaction%'";
    assert_eq!(count(&server, open, "0").await, "0");
    let all = "pg_stat_activity WHERE datname = current_database() AND backend_type = 'client backend'";
    let connections: u32 = server.sql(&format!("SELECT count(*) FROM {all}")).parse().unwrap();
    assert!(connections <= 32 + 2, "a pool, the one that listens and the one that asks, not {connections}");
}
