//! The synchronous standby is away: a commit waits for it, and what only reads must not wait for the commit.

use std::time::{Duration, Instant};

use auth_black_box::{PASSWORD, Server};
use tokio::time::sleep;

use crate::report::Report;
use crate::scene::{OwnDatabase, Plan, Scene};

const AWAY: Duration = Duration::from_secs(20);

/// Names a standby that does not exist, and asks who somebody is all the while.
pub async fn run() -> Report {
    let own = OwnDatabase::start("");
    let scene = Scene::start(Plan { database: Some(own.url.clone()), nodes: 1, clients: 12, settings: &[] }).await;
    let token = token_of_a_reader(&scene.servers[0]).await;
    own.sql("ALTER SYSTEM SET synchronous_standby_names = 'nobody'");
    own.sql("SELECT pg_reload_conf()");
    let began = Instant::now();
    let (mut asked, mut slowest) = (0, Duration::ZERO);
    while began.elapsed() < AWAY {
        let sent = Instant::now();
        let reply = scene.servers[0].me(&token).await;
        slowest = slowest.max(sent.elapsed());
        asked += 1;
        if reply.status != 200 {
            scene.world.violation(format!("a read is answered {} {} while writes wait", reply.status, reply.code()));
        }
        sleep(Duration::from_millis(200)).await;
    }
    let stop_waiting = "SET synchronous_commit = off; ALTER SYSTEM RESET synchronous_standby_names";
    own.cluster.session(&own.url, &format!("{stop_waiting};\nSELECT pg_reload_conf();"));
    let back = scene.world.answered_after(Instant::now(), Duration::from_secs(30)).await;
    if back.is_none() {
        scene.world.violation("nobody is answered within 30 s after the standby is not asked for any more");
    }
    sleep(Duration::from_secs(2)).await;
    let report = scene.finish(own.here(), 1, back.into_iter().collect()).await;
    report.noting(&format!("{asked} reads, the slowest {:.2} s", slowest.as_secs_f64()))
}

/// An access token that was used already, so that to use it only reads.
async fn token_of_a_reader(server: &Server) -> String {
    let client = server.client();
    server.register("reader").await;
    let (token, _) = client.login("reader", PASSWORD).await.tokens();
    server.me(&token).await.expect(200, "USER_FETCHED");
    token
}
