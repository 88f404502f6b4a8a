//! An hour at 70 % of what the clients get at most, with one answer of a thousand lost and a kill every ten minutes: nothing
//! grows.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

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

/// Of what the clients get at most.
const LOAD: f64 = 0.7;
/// How many mails and deliveries may be late at any moment, and from when on they are. Notices that are collected for an
/// hour are not.
const OVERDUE: u64 = 50;
const LATE: Duration = Duration::from_secs(60);

/// What must stay as it is.
#[derive(Clone, Copy, Debug)]
struct Held {
    memory_mib: u64,
    descriptors: usize,
    log_mib: u64,
    overdue_rows: u64,
}

/// After each kill memory may grow anew, so that what counts is one life.
pub async fn run(engine: Engine, effort: Effort) -> Report {
    let own = OwnDatabase::of(engine);
    let mut scene = Scene::start(Plan { database: own.as_ref().map(|own| own.url.clone()), ..Plan::default() }).await;
    let at_most = slow_down(&scene).await;
    scene.world.lose_answers();
    let before = scene.acknowledged();
    let (began, mut kills, mut note, mut memory) = (Instant::now(), 0, String::new(), Vec::new());
    while began.elapsed() < effort.soak {
        sleep(WARM_UP).await;
        let first = held(&scene.servers[0], own.as_ref());
        sleep(BETWEEN_KILLS - WARM_UP).await;
        let last = held(&scene.servers[0], own.as_ref());
        let load = (scene.acknowledged() - before) as f64 / began.elapsed().as_secs_f64();
        note = format!(
            "{load:.0} of {at_most:.0} acknowledgements a second; memory {} to {} MiB, descriptors {} to {}, {} rows overdue, \
             {} MiB of log",
            first.memory_mib, last.memory_mib, first.descriptors, last.descriptors, last.overdue_rows, last.log_mib
        );
        if last.memory_mib > first.memory_mib + CACHES_MIB
            || last.descriptors > first.descriptors + 16
            || last.log_mib > 64
            || last.overdue_rows > OVERDUE
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

/// Has the clients ask for `LOAD` of what they got in a minute; answers that, in acknowledgements a second.
async fn slow_down(scene: &Scene) -> f64 {
    let before = scene.acknowledged();
    sleep(WARM_UP).await;
    let at_most = (scene.acknowledged() - before) as f64 / WARM_UP.as_secs_f64();
    let seconds_each = scene.clients() as f64 / at_most.max(1.0);
    scene.world.slow_down(Duration::from_secs_f64(seconds_each * (1.0 / LOAD - 1.0)));
    at_most
}

fn held(server: &Server, own: Option<&OwnDatabase>) -> Held {
    let process = format!("/proc/{}", server.pid());
    let status = std::fs::read_to_string(format!("{process}/status")).unwrap_or_default();
    let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = resident.and_then(|text| text.trim().trim_end_matches(" kB").parse::<u64>().ok()).unwrap_or_default();
    let descriptors = descriptors(server);
    let log = std::fs::metadata(data_folder(server).join("auth.db-wal")).map(|file| file.len()).unwrap_or_default();
    let overdue = overdue();
    let overdue = own.map_or_else(|| server.sql(&overdue), |own| own.query(&overdue));
    let overdue_rows = overdue.trim().parse().expect("a number of rows");
    Held { memory_mib: kib / 1_024, descriptors, log_mib: log / 1_048_576, overdue_rows }
}

/// Counts what should have been sent a while ago. A row without times is a notice that was sent, and collects others like it
/// until the purge of the hour finds it empty.
#[expect(clippy::disallowed_methods, reason = "a test has no ports of ours")]
fn overdue() -> String {
    let due = (SystemTime::now() - LATE).duration_since(UNIX_EPOCH).expect("a clock that is right").as_micros();
    format!(
        "SELECT (SELECT count(*) FROM mails WHERE times > 0 AND parked_at IS NULL AND next_attempt_at < {due}) + (SELECT count(*) FROM event_deliveries \
         WHERE acknowledged_at IS NULL AND next_attempt_at < {due})"
    )
}
