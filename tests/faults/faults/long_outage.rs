//! PostgreSQL is away for minutes. When it is back, everybody's access token has run out, and everybody refreshes.

use std::time::{Duration, Instant};

use auth_black_box::{PASSWORD, Server};
use futures_util::stream::{self, StreamExt as _};
use tokio::time::sleep;

use super::stuck_writes::insist;
use crate::report::Report;
use crate::scene::{OwnDatabase, Plan, Scene};

const AWAY: Duration = Duration::from_secs(300);
const SESSIONS: usize = 5_000;
const AT_ONCE: usize = 500;

/// Five minutes, then five thousand refreshes.
pub async fn run() -> Report {
    let mut own = OwnDatabase::start("");
    let scene = Scene::start(Plan { database: Some(own.url.clone()), ..Plan::default() }).await;
    let tokens = sessions(&scene.servers[0]).await;
    own.cluster.crash();
    sleep(AWAY).await;
    own.cluster.start_again();
    let back = Instant::now();
    let client = scene.servers[0].client();
    let outcomes: Vec<bool> = stream::iter(tokens)
        .map(async |token| {
            for _ in 0..200 {
                match client.refresh(&token).await.status {
                    200 => return true,
                    503 => sleep(Duration::from_millis(200)).await,
                    _ => return false,
                }
            }
            false
        })
        .buffer_unordered(AT_ONCE)
        .collect()
        .await;
    let took = back.elapsed();
    let lost = outcomes.iter().filter(|is_good| !**is_good).count();
    if lost > 0 {
        scene.world.violation(format!("{lost} of {SESSIONS} sessions did not come through the outage"));
    }
    let note = format!("{SESSIONS} refreshes in {:.1} s", took.as_secs_f64());
    scene.finish(own.here(), 1, vec![took]).await.noting(&note)
}

/// Sessions of fifty users, a hundred each.
async fn sessions(server: &Server) -> Vec<String> {
    let client = server.client();
    for number in 0..50 {
        server.register(&format!("waiting-{number}")).await;
    }
    let logins = stream::iter(0..SESSIONS).map(async |number| {
        let name = format!("waiting-{}", number % 50);
        insist(async || client.login(&name, PASSWORD).await).await.tokens().1
    });
    logins.buffer_unordered(16).collect().await
}
