//! The node may open no file and no connection any more, while strangers hold what they can get.

use std::time::{Duration, Instant};

use auth_black_box::{Engine, Server};
use rustix::process::{Pid, Resource, Rlimit, prlimit};
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};

use super::Effort;
use crate::report::Report;
use crate::scene::{OwnDatabase, Plan, Scene};

const EXHAUSTED: Duration = Duration::from_secs(12);
/// Connections of strangers, who ask for nothing.
const IDLE: usize = 50;

/// Takes them away, and gives them back.
pub async fn run(engine: Engine, effort: Effort) -> Report {
    let own = OwnDatabase::of(engine);
    let database = own.as_ref().map(|own| own.url.clone());
    let scene = Scene::start(Plan { database, ..Plan::default() }).await;
    let (server, rounds, mut recoveries) = (&scene.servers[0], effort.of(1, 3), Vec::new());
    for _ in 0..rounds {
        let before = limit_to(server, Some(descriptors(server) as u64 + 1));
        let mut strangers = Vec::new();
        for _ in 0..IDLE {
            let stranger = TcpStream::connect(("127.0.0.1", scene.world.ports[0]));
            strangers.extend(timeout(Duration::from_secs(1), stranger).await);
        }
        sleep(EXHAUSTED).await;
        drop(strangers);
        limit_to(server, before);
        recoveries.extend(scene.back_from(Instant::now(), "there are descriptors again").await);
        sleep(Duration::from_secs(2)).await;
    }
    scene.finish(own.as_ref().and_then(OwnDatabase::here), rounds, recoveries).await
}

/// Changes the limit that holds; answers what it was.
fn limit_to(server: &Server, current: Option<u64>) -> Option<u64> {
    let process = Pid::from_raw(i32::try_from(server.pid()).expect("a process id"));
    let change = |current, maximum| {
        prlimit(process, Resource::Nofile, Rlimit { current, maximum }).expect("a process of our own")
    };
    // The hard limit is told only with a change of both; a lower soft one is always allowed.
    let known = hard_limit(server);
    change(current, known).current
}

/// How many there may be at most (proc(5)).
fn hard_limit(server: &Server) -> Option<u64> {
    let limits = std::fs::read_to_string(format!("/proc/{}/limits", server.pid())).unwrap_or_default();
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

/// How many it has open.
pub fn descriptors(server: &Server) -> usize {
    std::fs::read_dir(format!("/proc/{}/fd", server.pid())).map(Iterator::count).unwrap_or_default()
}
