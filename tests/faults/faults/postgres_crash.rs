//! PostgreSQL ends at once, in the middle of everything, and recovers from its log.

use std::time::{Duration, Instant};

use tokio::time::sleep;

use super::{Effort, about};
use crate::report::Report;
use crate::scene::{OwnDatabase, Plan, Scene};

/// When PostgreSQL acknowledges a commit.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Commit {
    /// When it is on the disk.
    Durable,
    /// Before that: the control.
    Asynchronous,
}

/// How many crashes may go by before a client of the control meets what was lost.
const MOST: usize = 12;

/// Crashes it, leaves it away for a moment, and starts it again.
pub async fn run(commit: Commit, effort: Effort) -> Report {
    let mut own = OwnDatabase::start(match commit {
        Commit::Durable => "",
        // Nothing is synced before the crash but by a checkpoint, or what is lost would be little.
        Commit::Asynchronous => {
            "-c synchronous_commit=off -c wal_writer_delay=10s -c wal_writer_flush_after=1GB -c wal_buffers=64MB"
        }
    });
    // What was lost is never told.
    let told_within = if commit == Commit::Durable { Plan::default().told_within } else { Duration::from_secs(5) };
    let scene = Scene::start(Plan { database: Some(own.url.clone()), told_within, ..Plan::default() }).await;
    let least = if commit == Commit::Durable { effort.of(3, 20) } else { 3 };
    let is_unnoticed = || commit == Commit::Asynchronous && scene.world.ledger().violations.is_empty();
    let (mut rounds, mut recoveries) = (0, Vec::new());
    while rounds < least || rounds < MOST && is_unnoticed() {
        rounds += 1;
        about(Duration::from_secs(2)).await;
        own.cluster.crash();
        sleep(Duration::from_millis(300 + fastrand::u64(0..1_500))).await;
        own.cluster.start_again();
        match scene.world.answered_after(Instant::now(), Duration::from_secs(30)).await {
            Some(after) => recoveries.push(after),
            None => scene.world.violation("nobody is answered within 30 s after PostgreSQL is back"),
        }
    }
    about(Duration::from_secs(2)).await;
    scene.finish(own.here(), rounds, recoveries).await
}
