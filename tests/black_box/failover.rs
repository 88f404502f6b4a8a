//! Two PostgreSQL servers, a primary and its streaming standby, both in the URL.

use std::time::{Duration, Instant};

use auth_black_box::{PASSWORD, PATIENCE, Server};
use auth_testkit::postgres::Cluster;

/// The standby first, so that taking the first that answers would be wrong.
async fn start() -> (Cluster, Cluster, Server) {
    let primary = Cluster::start();
    let database = primary.database();
    let standby = primary.standby();
    let both = format!("127.0.0.1:{},127.0.0.1:{}", standby.port(), primary.port());
    let url = database.replace(&format!("127.0.0.1:{}", primary.port()), &both);
    (primary, standby, Server::on(Some(url), &[]).await)
}

pub fn replay_everything(primary: &Cluster, standby: &Cluster) {
    let written = primary.query("x/postgres", "SELECT pg_current_wal_lsn()");
    let deadline = Instant::now() + PATIENCE;
    while standby.query("x/postgres", &format!("SELECT pg_last_wal_replay_lsn() >= '{written}'")) != "t" {
        assert!(Instant::now() < deadline, "the standby does not follow");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// Logs in until that works; answers how often it did not.
async fn log_in(server: &Server, name: &str) -> usize {
    let deadline = Instant::now() + PATIENCE;
    let mut refused = 0;
    loop {
        let reply = server.client().login(name, PASSWORD).await;
        if reply.status == 200 {
            return refused;
        }
        reply.expect(503, "UNAVAILABLE");
        assert!(Instant::now() < deadline, "it does not come back");
        refused += 1;
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_service_follows_the_primary() {
    let (mut primary, standby, mut server) = start().await;
    let client = server.client();
    let (access, refresh) = server.session("ann").await;
    replay_everything(&primary, &standby);

    primary.stop();
    for _ in 0..20 {
        server.me(&access).await.expect(503, "UNAVAILABLE");
        client.login("ann", PASSWORD).await.expect(503, "UNAVAILABLE");
    }
    assert_eq!(client.get("/health/ready").await.status, 503);
    assert_eq!(client.get("/health/live").await.status, 200);

    standby.promote();
    log_in(&server, "ann").await;
    server.me(&access).await.expect(200, "USER_FETCHED");
    client.refresh(&refresh).await.expect(200, "TOKEN_REFRESHED");
    assert_eq!(client.get("/health/ready").await.status, 200);
    assert!(!server.has_ended());
    let log = server.log();
    assert!(!log.contains("panicked"), "{log}");
}

/// Its connections stay open, and reads on them would go on to work.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_primary_that_became_read_only_is_left() {
    let (primary, standby, server) = start().await;
    server.register("ann").await;
    // Several connections, all to the one that is to become read-only.
    let logins: Vec<_> = (0..16)
        .map(|_| {
            let client = server.client();
            tokio::spawn(async move { client.login("ann", PASSWORD).await.expect(200, "USER_LOGGED_IN") })
        })
        .collect();
    for login in logins {
        login.await.unwrap();
    }
    replay_everything(&primary, &standby);
    primary.query("x/postgres", "ALTER SYSTEM SET default_transaction_read_only = on");
    primary.query("x/postgres", "SELECT pg_reload_conf()");
    standby.promote();

    let refused = log_in(&server, "ann").await;
    assert!(refused <= 8, "at most once for each connection of the pool, not {refused} times");
    for _ in 0..20 {
        let (access, refresh) = server.client().login("ann", PASSWORD).await.tokens();
        server.me(&access).await.expect(200, "USER_FETCHED");
        server.client().refresh(&refresh).await.expect(200, "TOKEN_REFRESHED");
    }
}
