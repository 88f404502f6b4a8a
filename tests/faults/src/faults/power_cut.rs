//! The power goes. What was written to a file after its last sync is lost, kept, or torn by sector, at random.
//!
//! `shim.c`, preloaded, logs what the service writes and syncs; after a SIGKILL the files are put together again as a disk
//! could have kept them.

mod disk;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::{Effort, about};
use crate::report::Report;
use crate::scene::{Plan, Scene, database_file};

/// Whether what the disk acknowledges is so.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Disk {
    /// What was synced stays.
    Honest,
    /// Nothing stays that was not there at the start: the control.
    Lies,
}

const DAMAGED: &str = "the database is damaged";

/// Cuts the power again and again.
pub async fn run(disk: Disk, effort: Effort) -> Report {
    let tools = tempfile::tempdir().expect("a temporary folder");
    let (shim, log) = (build_shim(&tools), tools.path().join("writes"));
    let settings = [
        ("LD_PRELOAD", shim.to_str().expect("UTF-8")),
        ("SHIM_LOG", log.to_str().expect("UTF-8")),
        ("SHIM_MATCH", "auth.db"),
    ];
    let mut scene = Scene::start(Plan { database: None, nodes: 1, clients: 12, settings: &settings }).await;
    let rounds = match disk {
        Disk::Honest => effort.of(8, 50),
        Disk::Lies => 3,
    };
    // The first cut makes the state that a disk which lies falls back to.
    let mut base = cut(&mut scene, disk::Files::default(), &log, true);
    let mut recoveries = Vec::new();
    for _ in 0..rounds {
        about(Duration::from_secs(1)).await;
        let killed = Instant::now();
        base = cut(&mut scene, base, &log, disk == Disk::Honest);
        if scene.world.ledger().violations.iter().any(|violation| violation.starts_with(DAMAGED)) {
            break;
        }
        let back = scene.world.answered_after(Instant::now(), Duration::from_secs(30)).await;
        recoveries.extend(back.map(|_| killed.elapsed()));
    }
    scene.finish(None, rounds, recoveries).await
}

/// Kills the service, leaves what a disk could have kept since `base`, and starts it again; answers what it starts with.
fn cut(scene: &mut Scene, base: disk::Files, log: &Path, syncs_count: bool) -> disk::Files {
    scene.servers[0].kill();
    let file = database_file(&scene.servers[0]);
    disk::after_power_cut(base, &std::fs::read(log).expect("the shim's log"), syncs_count).write(&file);
    std::fs::remove_file(log).expect("the shim's log");
    let said = integrity(&file);
    if said != "ok" {
        scene.world.violation(format!("{DAMAGED}: {}", said.lines().next().unwrap_or_default()));
    }
    // To look into it recovers it, as the service would.
    let base = disk::Files::read(&file);
    scene.servers[0].restart();
    base
}

fn build_shim(folder: &TempDir) -> PathBuf {
    let library = folder.path().join("shim.so");
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/shim.c");
    let built =
        Command::new("cc").args(["-shared", "-fPIC", "-O2", "-w", "-o"]).arg(&library).arg(source).arg("-ldl").status();
    assert!(built.is_ok_and(|status| status.success()), "a C compiler is needed: cc");
    library
}

/// What SQLite says of it.
fn integrity(file: &Path) -> String {
    let script =
        "import sqlite3,sys\nprint(sqlite3.connect(sys.argv[1]).execute('PRAGMA integrity_check').fetchone()[0])";
    let output = Command::new("python3").args(["-c", script]).arg(file).output().expect("python3 starts");
    let text = if output.status.success() { output.stdout } else { output.stderr };
    String::from_utf8_lossy(&text).trim().to_owned()
}
