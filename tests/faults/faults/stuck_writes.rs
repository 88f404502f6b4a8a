//! Writes wait: for a synchronous standby that is away, or for what somebody locked. What only reads must not wait with them.

use std::time::{Duration, Instant};

use auth_black_box::{PASSWORD, Reply, Server};
use serde_json::json;
use tokio::time::sleep;

use super::Effort;
use crate::report::Report;
use crate::scene::{OwnDatabase, Plan, Scene};

/// What the writes wait for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// A standby that does not exist.
    StandbyAway,
    /// Somebody who holds every account and session, until each connection that may write waits.
    PoolFull,
}

/// Keeps them waiting, and asks who somebody is all the while.
pub async fn run(fault: Fault, effort: Effort) -> Report {
    let own = OwnDatabase::start("");
    let settings = [("AUTH_DB_CONNECTIONS", "4")];
    let settings = if fault == Fault::PoolFull { &settings[..] } else { &[] };
    let scene = Scene::start(Plan { database: Some(own.url.clone()), settings, ..Plan::default() }).await;
    let token = token_of_a_reader(&scene.servers[0]).await;
    let (mut asked, mut slowest, mut recoveries) = (0, Duration::ZERO, Vec::new());
    let rounds = effort.of(1, 3);
    for _ in 0..rounds {
        let lock = "BEGIN; LOCK TABLE accounts, sessions IN EXCLUSIVE MODE;";
        let holder = (fault == Fault::PoolFull).then(|| own.cluster.session(&own.url, lock));
        if fault == Fault::StandbyAway {
            own.sql("ALTER SYSTEM SET synchronous_standby_names = 'nobody'");
            own.sql("SELECT pg_reload_conf()");
        }
        let began = Instant::now();
        while began.elapsed() < Duration::from_secs(if effort.is_long { 20 } else { 10 }) {
            slowest = slowest.max(read(&scene, &token).await);
            asked += 1;
            sleep(Duration::from_millis(200)).await;
        }
        drop(holder);
        if fault == Fault::StandbyAway {
            let stop_waiting = "SET synchronous_commit = off; ALTER SYSTEM RESET synchronous_standby_names";
            own.cluster.session(&own.url, &format!("{stop_waiting};\nSELECT pg_reload_conf();"));
        }
        recoveries.extend(scene.back_from(Instant::now(), "writes wait for nothing any more").await);
        sleep(Duration::from_secs(2)).await;
    }
    let report = scene.finish(own.here(), rounds, recoveries).await;
    report.noting(&format!("{asked} reads, the slowest {:.2} s", slowest.as_secs_f64()))
}

/// Asks who somebody is; answers how long that took.
async fn read(scene: &Scene, token: &str) -> Duration {
    let sent = Instant::now();
    let reply = scene.servers[0].me(token).await;
    if reply.status != 200 {
        scene.world.violation(format!("a read is answered {} {} while writes wait", reply.status, reply.code()));
    }
    sent.elapsed()
}

/// An access token that was used already, so that to use it only reads. The load may leave no room at first.
pub async fn token_of_a_reader(server: &Server) -> String {
    let client = server.client();
    let body = json!({ "username": "reader", "email": "reader@example.org", "password": PASSWORD });
    insist(async || client.post("/auth/register", body.clone()).await).await;
    let (token, _) = insist(async || client.login("reader", PASSWORD).await).await.tokens();
    insist(async || server.me(&token).await).await.expect(200, "USER_FETCHED");
    token
}

/// Asks again while the service is overloaded.
pub async fn insist(ask: impl AsyncFn() -> Reply) -> Reply {
    for _ in 0..100 {
        let reply = ask().await;
        if reply.status != 503 {
            return reply;
        }
        sleep(Duration::from_millis(300)).await;
    }
    panic!("the service is overloaded all the time");
}
