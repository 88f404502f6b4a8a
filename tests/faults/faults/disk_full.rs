//! No file of the database can grow. What was acknowledged stays, and writes work again once there is space.

use std::time::{Duration, Instant};

use auth_black_box::Engine;
use tokio::time::sleep;

use super::Effort;
use super::stuck_writes::token_of_a_reader;
use crate::report::Report;
use crate::scene::{OwnDatabase, Plan, Scene};
use crate::shim::{Shim, borrowed, for_shell};

const FULL: Duration = Duration::from_secs(15);

/// Fills the disk of SQLite or PostgreSQL, and frees it.
pub async fn run(engine: Engine, effort: Effort) -> Report {
    let shim = Shim::build();
    let environment = shim.environment(if engine == Engine::Sqlite { "auth.db" } else { "/data/" }, None);
    let own = (engine == Engine::Postgres).then(|| OwnDatabase::start_in(&for_shell(&environment), ""));
    let settings = if own.is_some() { Vec::new() } else { borrowed(&environment) };
    let database = own.as_ref().map(|own| own.url.clone());
    let scene = Scene::start(Plan { database, settings: &settings, ..Plan::default() }).await;
    let token = token_of_a_reader(&scene.servers[0]).await;
    let (rounds, mut recoveries) = (effort.of(1, 3), Vec::new());
    let refused = || scene.world.ledger().answers.get("503 UNAVAILABLE").copied().unwrap_or_default();
    for _ in 0..rounds {
        let before = refused();
        shim.fill_disk(true);
        let began = Instant::now();
        while began.elapsed() < FULL {
            // PostgreSQL ends when its log cannot grow, and then there is nothing to read.
            let reply = scene.servers[0].me(&token).await;
            if reply.status != 200 && (engine == Engine::Sqlite || reply.status != 503) {
                scene.world.violation(format!("a read is answered {} {} by a full disk", reply.status, reply.code()));
            }
            sleep(Duration::from_millis(200)).await;
        }
        if refused() == before {
            scene.world.violation("the disk was full, and no write was refused");
        }
        shim.fill_disk(false);
        recoveries.extend(scene.back_from(Instant::now(), "there is space again").await);
        sleep(Duration::from_secs(2)).await;
    }
    scene.finish(own.as_ref().and_then(OwnDatabase::here), rounds, recoveries).await
}
