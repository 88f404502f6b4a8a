//! The power goes. What was written to a file after its last sync is lost, kept, or torn by sector, at random.
//!
//! `shim.c`, preloaded, logs what the service or PostgreSQL writes and syncs; after a SIGKILL the files are put together again
//! as a disk could have kept them.

mod disk;
mod segments;

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use super::{Effort, about};
use crate::report::Report;
use crate::scene::{OwnDatabase, Plan, Scene, database_file};
use crate::shim::{Shim, borrowed, for_shell};

/// Whether what the disk acknowledges is so.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Disk {
    /// What was synced stays.
    Honest,
    /// Nothing stays that was not there at the start: the control.
    Lies,
}

const DAMAGED: &str = "the database is damaged";

/// Cuts the power of SQLite again and again.
pub async fn sqlite(disk: Disk, effort: Effort) -> Report {
    let shim = Shim::build();
    let environment = shim.environment("-", Some("auth.db"));
    // What was lost is never told.
    let told_within = if disk == Disk::Honest { Plan::default().told_within } else { Duration::from_secs(5) };
    let plan = Plan { settings: &borrowed(&environment), told_within, ..Plan::default() };
    let mut scene = Scene::start(plan).await;
    let rounds = match disk {
        Disk::Honest => effort.of(5, 50),
        Disk::Lies => 3,
    };
    // The first cut makes the state that a disk which lies falls back to.
    let mut base = cut(&mut scene, disk::Files::default(), &shim, true);
    let mut recoveries = Vec::new();
    for _ in 0..rounds {
        about(Duration::from_secs(1)).await;
        let killed = Instant::now();
        base = cut(&mut scene, base, &shim, disk == Disk::Honest);
        if scene.world.ledger().violations.iter().any(|violation| violation.starts_with(DAMAGED)) {
            break;
        }
        let back = scene.world.answered_after(Instant::now(), Duration::from_secs(30)).await;
        recoveries.extend(back.map(|_| killed.elapsed()));
    }
    scene.finish(None, rounds, recoveries).await
}

/// Cuts the power of PostgreSQL again and again. Of its files only the log can lose anything: PostgreSQL writes nothing to
/// another one before the log that says so is on the disk.
pub async fn postgres(effort: Effort) -> Report {
    let shim = Shim::build();
    let environment = for_shell(&shim.environment("-", Some("pg_wal/")));
    let mut own = OwnDatabase::start_in(&environment, "");
    let scene = Scene::start(Plan { database: Some(own.url.clone()), ..Plan::default() }).await;
    let (rounds, mut recoveries, mut lost) = (effort.of(4, 50), Vec::new(), 0);
    for _ in 0..rounds {
        about(Duration::from_secs(1)).await;
        let folder = own.cluster.kill();
        lost += segments::after_power_cut(&shim.take_log(), &folder.join("pg_wal"));
        own.cluster.start_again();
        recoveries.extend(scene.back_from(Instant::now(), "PostgreSQL is back").await);
    }
    about(Duration::from_secs(1)).await;
    let report = scene.finish(own.here(), rounds, recoveries).await;
    report.noting(&format!("{lost} writes were not synced"))
}

/// Kills the service, leaves what a disk could have kept since `base`, and starts it again; answers what it starts with.
fn cut(scene: &mut Scene, base: disk::Files, shim: &Shim, syncs_count: bool) -> disk::Files {
    scene.servers[0].kill();
    let file = database_file(&scene.servers[0]);
    disk::after_power_cut(base, &shim.take_log(), syncs_count).write(&file);
    let said = integrity(&file);
    if said != "ok" {
        scene.world.violation(format!("{DAMAGED}: {}", said.lines().next().unwrap_or_default()));
    }
    // To look into it recovers it, as the service would.
    let base = disk::Files::read(&file);
    scene.servers[0].restart();
    base
}

/// What SQLite says of it.
fn integrity(file: &Path) -> String {
    let script =
        "import sqlite3,sys\nprint(sqlite3.connect(sys.argv[1]).execute('PRAGMA integrity_check').fetchone()[0])";
    let output = Command::new("python3").args(["-c", script]).arg(file).output().expect("python3 starts");
    let text = if output.status.success() { output.stdout } else { output.stderr };
    String::from_utf8_lossy(&text).trim().to_owned()
}
