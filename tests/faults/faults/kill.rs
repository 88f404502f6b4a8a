//! SIGKILL in the middle of everything.

use std::time::{Duration, Instant};

use auth_black_box::Engine;

use super::{Effort, about};
use crate::report::Report;
use crate::scene::{OwnDatabase, Scene};

/// Kills one node after the other and starts it again at once.
pub async fn run(engine: Engine, effort: Effort) -> Report {
    let (own, mut scene) = Scene::on(engine).await;
    let (rounds, nodes) = (effort.of(5, 200), scene.servers.len());
    let mut recoveries = Vec::new();
    for round in 0..rounds {
        about(Duration::from_millis(700)).await;
        let killed = Instant::now();
        scene.servers[round % nodes].restart();
        let started = Instant::now();
        match scene.world.answered_after(started, Duration::from_secs(30)).await {
            Some(after) => recoveries.push(started.duration_since(killed) + after),
            None => scene.world.violation("nobody is answered within 30 s after a kill"),
        }
    }
    scene.finish(own.as_ref().and_then(OwnDatabase::here), rounds, recoveries).await
}
