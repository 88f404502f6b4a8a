//! Somebody reads the file of SQLite for long: its log cannot be emptied meanwhile, and is once they have gone.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tokio::time::sleep;

use super::Effort;
use crate::report::Report;
use crate::scene::{Plan, Scene, database_file};

/// What the log keeps of its size when it begins anew (`journal_size_limit`), and what is being written.
const MOST: u64 = (16 + 4) << 20;
const BACK: Duration = Duration::from_secs(60);

/// Reads while clients write.
pub async fn run(effort: Effort) -> Report {
    let scene = Scene::start(Plan::default()).await;
    let file = database_file(&scene.servers[0]);
    let size = || std::fs::metadata(file.with_extension("db-wal")).map(|log| log.len()).unwrap_or_default();
    let mut reader = reader(&file);
    sleep(Duration::from_secs(if effort.is_long { 120 } else { 10 })).await;
    let grown = size();
    let _ended = reader.kill();
    let _ended = reader.wait();
    let gone = Instant::now();
    while size() > MOST && gone.elapsed() < BACK {
        sleep(Duration::from_millis(200)).await;
    }
    if size() > MOST {
        scene.world.violation(format!("the log still has {} MiB, {BACK:?} after its reader has gone", size() >> 20));
    }
    let report = scene.finish(None, 1, vec![gone.elapsed()]).await;
    report.noting(&format!("the log grew to {:.1} MiB", grown as f64 / f64::from(1 << 20)))
}

/// Has begun to read when this returns.
fn reader(file: &Path) -> Child {
    let script = "import sqlite3,sys,time\nc=sqlite3.connect(sys.argv[1],isolation_level=None)\nc.execute('BEGIN')\n\
                  c.execute('SELECT count(*) FROM accounts').fetchone()\nprint('reads',flush=True)\ntime.sleep(600)";
    let mut child =
        Command::new("python3").args(["-c", script]).arg(file).stdout(Stdio::piped()).spawn().expect("python3 starts");
    let mut line = String::new();
    BufReader::new(child.stdout.take().expect("a pipe")).read_line(&mut line).expect("python3 says something");
    assert_eq!(line, "reads\n");
    child
}
