//! SIGTERM under load: what is being served is answered, and the next start finds all of it.

use std::time::{Duration, Instant};

use auth_black_box::Engine;

use super::{Effort, about};
use crate::report::Report;
use crate::scene::{OwnDatabase, Scene, database_file};

/// Stops one node after the other and starts it again at once.
pub async fn run(engine: Engine, effort: Effort) -> Report {
    let (own, mut scene) = Scene::on(engine).await;
    let (rounds, nodes) = (effort.of(5, 50), scene.servers.len());
    let mut recoveries = Vec::new();
    for round in 0..rounds {
        about(Duration::from_secs(1)).await;
        let server = &mut scene.servers[round % nodes];
        server.signal("TERM");
        let code = server.exit_code();
        if code != Some(0) {
            scene.world.violation(format!("a node that was told to stop ended with {code:?}"));
        }
        let server = &mut scene.servers[round % nodes];
        if engine == Engine::Sqlite && database_file(server).with_extension("db-wal").exists() {
            scene.world.violation("a stop leaves a write-ahead log beside the database");
        }
        server.restart();
        recoveries.extend(scene.world.answered_after(Instant::now(), Duration::from_secs(30)).await);
    }
    scene.finish(own.as_ref().and_then(OwnDatabase::here), rounds, recoveries).await
}
