//! A proxy between service and PostgreSQL goes silent, forgets its old connections, or is slow.

use std::time::{Duration, Instant};

use tokio::time::sleep;

use super::Effort;
use crate::proxy::{Mode, Proxy};
use crate::report::Report;
use crate::scene::{OwnDatabase, Plan, Scene};

/// How the connections fail.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// All are silent for a while, then all go on.
    Silent,
    /// The old ones stay silent for good.
    HalfDead,
}

/// What the service may take, from when new connections work.
const LIMIT: Duration = Duration::from_secs(15);

/// Silence, and then the first answer.
pub async fn run(fault: Fault, effort: Effort) -> Report {
    let own = OwnDatabase::start("");
    let proxy = Proxy::start(own.cluster.port()).await;
    let url = proxy.url(&own.url);
    let scene = Scene::start(Plan { database: Some(url), nodes: 1, clients: 12, settings: &[] }).await;
    let rounds = match fault {
        Fault::Silent => effort.of(1, 3),
        Fault::HalfDead => effort.of(1, 5),
    };
    let mut recoveries = Vec::new();
    for _ in 0..rounds {
        if fault == Fault::Silent {
            proxy.set(Mode::Silent);
            sleep(Duration::from_secs(25)).await;
            proxy.set(Mode::Forward);
        } else {
            proxy.set(Mode::HalfDead);
        }
        let back = scene.world.answered_after(Instant::now() + Duration::from_millis(100), 4 * LIMIT).await;
        if back.is_none_or(|back| back > LIMIT) {
            scene.world.violation(format!("the first answer came after {back:.1?}, not within {LIMIT:?}"));
        }
        recoveries.extend(back);
        sleep(Duration::from_secs(10)).await;
    }
    scene.finish(own.here(), rounds, recoveries).await
}

/// Each way takes half of `round_trip`, for twenty seconds.
pub async fn slow(round_trip: Duration) -> Report {
    let own = OwnDatabase::start("");
    let proxy = Proxy::start(own.cluster.port()).await;
    let url = proxy.url(&own.url);
    let scene = Scene::start(Plan { database: Some(url), nodes: 1, clients: 12, settings: &[] }).await;
    proxy.delay(round_trip / 2);
    let before = scene.acknowledged();
    sleep(Duration::from_secs(20)).await;
    let during = scene.acknowledged() - before;
    proxy.delay(Duration::ZERO);
    if during == 0 {
        scene.world.violation(format!("nothing is acknowledged on a database {round_trip:?} away"));
    }
    let report = scene.finish(own.here(), 1, Vec::new()).await;
    report.noting(&format!("{:.1} acknowledgements a second", during as f64 / 20.0))
}
