//! The system gives no randomness now and then, and whatever needs it panics: requests, and workers in the background.

use std::time::{Duration, Instant};

use auth_black_box::Engine;
use tokio::time::sleep;

use super::Effort;
use crate::report::Report;
use crate::scene::{OwnDatabase, Plan, Scene};
use crate::shim::{Shim, borrowed};

/// One draw of so many fails.
const ONE_OF: i32 = 10;

/// Those panics are lost answers to clients, and nothing else.
pub async fn run(engine: Engine, effort: Effort) -> Report {
    let shim = Shim::build();
    let environment = shim.environment("-", None);
    let (own, settings) = (OwnDatabase::of(engine), borrowed(&environment));
    let (database, nodes) = (own.as_ref().map(|own| own.url.clone()), if own.is_some() { 2 } else { 1 });
    let plan = Plan { database, nodes, settings: &settings, may_panic: true, ..Plan::default() };
    let scene = Scene::start(plan).await;
    let (rounds, mut recoveries) = (effort.of(1, 5), Vec::new());
    for _ in 0..rounds {
        shim.refuse_randomness(ONE_OF);
        sleep(Duration::from_secs(6)).await;
        shim.refuse_randomness(0);
        recoveries.extend(scene.back_from(Instant::now(), "there is randomness again").await);
        sleep(Duration::from_secs(2)).await;
    }
    let panics = scene.servers.iter().map(|server| server.log().matches("panicked at").count()).sum::<usize>();
    if panics == 0 {
        scene.world.violation("nothing panicked");
    }
    let report = scene.finish(own.as_ref().and_then(OwnDatabase::here), rounds, recoveries).await;
    report.noting(&format!("{panics} panics"))
}
