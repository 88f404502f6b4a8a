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

/// Crashes it, leaves it away for a moment, and starts it again.
pub async fn run(commit: Commit, effort: Effort) -> Report {
    let mut own = OwnDatabase::start(match commit {
        Commit::Durable => "",
        // The longest delay that there is, or what is lost would be little.
        Commit::Asynchronous => "-c synchronous_commit=off -c wal_writer_delay=10s",
    });
    // What was lost is never told.
    let told_within = if commit == Commit::Durable { Plan::default().told_within } else { Duration::from_secs(5) };
    let scene = Scene::start(Plan { database: Some(own.url.clone()), told_within, ..Plan::default() }).await;
    let rounds = match commit {
        Commit::Durable => effort.of(3, 20),
        Commit::Asynchronous => 3,
    };
    let mut recoveries = Vec::new();
    for _ in 0..rounds {
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
