//! Connections to PostgreSQL that are open and dead.

use std::time::{Duration, Instant};

use tokio::time::sleep;

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
/// How long all are silent: longer than a call may take, and a sign of life.
const SILENCE: Duration = Duration::from_secs(12);

/// Each of them in turn, and then the first answer.
pub async fn run(faults: &[Fault]) -> Report {
    let own = OwnDatabase::start("");
    let proxy = Proxy::start(own.cluster.port()).await;
    let url = proxy.url(&own.url);
    let scene = Scene::start(Plan { database: Some(url), ..Plan::default() }).await;
    let mut recoveries = Vec::new();
    for fault in faults {
        if *fault == Fault::Silent {
            proxy.set(Mode::Silent);
            sleep(SILENCE).await;
            proxy.set(Mode::Forward);
        } else {
            proxy.set(Mode::HalfDead);
        }
        let back = scene.world.answered_after(Instant::now() + Duration::from_millis(100), 4 * LIMIT).await;
        if back.is_none_or(|back| back > LIMIT) {
            scene.world.violation(format!("the first answer came after {back:.1?}, not within {LIMIT:?}"));
        }
        recoveries.extend(back);
        sleep(Duration::from_secs(3)).await;
    }
    scene.finish(own.here(), faults.len(), recoveries).await
}
