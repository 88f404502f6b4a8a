//! An hour under load with a fault now and then: nothing grows.

use std::time::{Duration, Instant};

use auth_black_box::{Engine, Server};
use tokio::time::sleep;

use super::Effort;
use super::descriptors::descriptors;
use crate::report::Report;
use crate::scene::{OwnDatabase, Plan, Scene, data_folder};

const BETWEEN_KILLS: Duration = Duration::from_secs(600);
const WARM_UP: Duration = Duration::from_secs(60);
/// What caches may take: 16 MiB of sessions, and 2 MiB of pages for each connection to SQLite.
const CACHES_MIB: u64 = 32;

/// What must stay as it is.
#[derive(Clone, Copy, Debug)]
struct Held {
    memory_mib: u64,
    descriptors: usize,
    log_mib: u64,
}

/// Looks every ten seconds; after each kill memory may grow anew, so that what counts is one life.
pub async fn run(engine: Engine, effort: Effort) -> Report {
    let own = OwnDatabase::of(engine);
    let mut scene = Scene::start(Plan { database: own.as_ref().map(|own| own.url.clone()), ..Plan::default() }).await;
    let (began, mut kills, mut note, mut memory) = (Instant::now(), 0, String::new(), Vec::new());
    while began.elapsed() < effort.soak {
        sleep(WARM_UP).await;
        let first = held(&scene.servers[0]);
        sleep(BETWEEN_KILLS - WARM_UP).await;
        let last = held(&scene.servers[0]);
        note = format!(
            "memory {} to {} MiB, descriptors {} to {}",
            first.memory_mib, last.memory_mib, first.descriptors, last.descriptors
        );
        if last.memory_mib > first.memory_mib + CACHES_MIB
            || last.descriptors > first.descriptors + 16
            || last.log_mib > 64
        {
            scene.world.violation(format!("something grows: {first:?}, ten minutes later {last:?}"));
        }
        memory.push(last.memory_mib);
        scene.servers[0].restart();
        kills += 1;
    }
    // Ten minutes take as much of it after an hour as at first, however many rows there are by then.
    if let (Some(first), Some(last)) = (memory.first(), memory.last())
        && *last > first + 16
    {
        scene.world.violation(format!("memory grows with the rows: after each ten minutes it is {memory:?} MiB"));
    }
    scene.finish(own.as_ref().and_then(OwnDatabase::here), kills, Vec::new()).await.noting(&note)
}

fn held(server: &Server) -> Held {
    let process = format!("/proc/{}", server.pid());
    let status = std::fs::read_to_string(format!("{process}/status")).unwrap_or_default();
    let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = resident.and_then(|text| text.trim().trim_end_matches(" kB").parse::<u64>().ok()).unwrap_or_default();
    let descriptors = descriptors(server);
    let log = std::fs::metadata(data_folder(server).join("auth.db-wal")).map(|file| file.len()).unwrap_or_default();
    Held { memory_mib: kib / 1_024, descriptors, log_mib: log / 1_048_576 }
}
