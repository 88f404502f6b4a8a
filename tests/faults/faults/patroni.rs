//! The primary of a cluster under Patroni in synchronous mode is killed, or freezes and thaws.
//!
//! A primary that thaws does not know yet that another was promoted. So somebody writes to it directly all the while, on a
//! connection from before and on new ones, and whatever it acknowledges has to be there in the end.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use auth_testkit::patroni::{Patroni, Setup};
use tokio::time::sleep;

use super::{Effort, about};
use crate::report::Report;
use crate::scene::{Plan, Scene};
use crate::world::say;

/// What happens to the primary.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Every process of its node ends at once.
    Kill,
    /// Every process of its node stops, and goes on after another was promoted.
    Freeze,
}

/// How long Patroni and the service may take together: its lock is free after 20 s.
const LIMIT: Duration = Duration::from_secs(75);
/// How long a primary that thaws is watched.
const THAWED: Duration = Duration::from_secs(20);

/// Three nodes, of which one confirms what the primary writes.
pub async fn run(fault: Fault, effort: Effort) -> Report {
    if let Some(missing) = Patroni::missing() {
        return Report::not_run(missing);
    }
    let mut patroni = Patroni::start(Setup { nodes: 3, is_strict: true, watchdog: "off" });
    patroni.wait_until_whole();
    let database = patroni.database();
    patroni.query(&database, "CREATE TABLE direct (n bigint PRIMARY KEY)");
    let scene = Scene::start(Plan { database: Some(database.clone()), nodes: 2, ..Plan::default() }).await;
    let (rounds, mut recoveries, mut notes) = (effort.of(1, 5), Vec::new(), Vec::new());
    let direct = Direct::default();
    for _ in 0..rounds {
        about(Duration::from_secs(3)).await;
        let old = patroni.leader().expect("a leader");
        let writers = direct.write_to(&patroni, old, &database);
        let frozen = (fault == Fault::Freeze).then(|| patroni.freeze(old));
        if frozen.is_none() {
            patroni.kill(old);
        }
        let broken = Instant::now();
        if patroni.leader_other_than(old, LIMIT).is_none() {
            scene
                .world
                .violation(format!("nobody leads {LIMIT:?} after the primary is gone: {}", patroni.last_words()));
        }
        let promoted = broken.elapsed();
        let back = scene.back_from(Instant::now(), "another leads").await;
        // From the first write that is known to be on the new primary.
        let away = promoted + back.unwrap_or_default();
        recoveries.extend(back.map(|_| away));
        scene.world.begin_gap();
        match frozen {
            Some(frozen) => drop(frozen),
            None => patroni.start_again(old),
        }
        sleep(THAWED).await;
        let after = scene.world.gap();
        let whole = patroni.wait_until_whole();
        writers.into_iter().for_each(Writer::stop);
        notes.push(format!(
            "promoted after {:.1} s, whole again after {:.1} s, {:.1} s without a write meanwhile",
            promoted.as_secs_f64(),
            (THAWED + whole).as_secs_f64(),
            after.as_secs_f64()
        ));
        say(&format!("writes again after {:.1} s; {}", away.as_secs_f64(), notes.last().expect("one")));
    }
    let acknowledged = direct.lost(&scene, |sql| patroni.query(&database, sql));
    let sql = |statement: &str| patroni.query(&database, statement);
    let report = scene.finish(Some(Box::new(sql)), rounds, recoveries).await;
    let last = notes.pop().unwrap_or_default();
    report.noting(&format!("{acknowledged} rows written to the old primary directly; {last}"))
}

/// Rows that somebody writes to one node, whoever leads, and those that it acknowledged.
#[derive(Default)]
struct Direct {
    next: Arc<AtomicU64>,
    acknowledged: Arc<Mutex<Vec<u64>>>,
}

/// Writes in the background until it is stopped.
struct Writer {
    is_over: Arc<AtomicBool>,
    thread: JoinHandle<()>,
}

impl Direct {
    /// On a connection that is there now, and on a new one for each row.
    fn write_to(&self, patroni: &Patroni, node: usize, database: &str) -> Vec<Writer> {
        let kept = patroni.psql(node, database);
        let anew = format!("{:?}", patroni.psql(node, database));
        let (next, acknowledged) = (Arc::clone(&self.next), Arc::clone(&self.acknowledged));
        let first = Writer::start(move |is_over| keep_writing(kept, &next, &acknowledged, is_over));
        let (next, acknowledged) = (Arc::clone(&self.next), Arc::clone(&self.acknowledged));
        let second = Writer::start(move |is_over| {
            while !is_over.load(Ordering::Relaxed) {
                let insert = insert(next.fetch_add(1, Ordering::Relaxed));
                // The node may be frozen: nobody waits for long.
                let script = format!("echo '{insert}' | timeout 3 env {anew} 2>/dev/null");
                let output = Command::new("sh").args(["-c", &script]).output().expect("sh starts");
                note(&acknowledged, &String::from_utf8_lossy(&output.stdout));
                std::thread::sleep(Duration::from_millis(100));
            }
        });
        vec![first, second]
    }

    /// Compares with the primary that there is; answers how many were acknowledged.
    fn lost(&self, scene: &Scene, sql: impl Fn(&str) -> String) -> usize {
        let there: Vec<u64> = sql("SELECT n FROM direct").lines().filter_map(|line| line.parse().ok()).collect();
        let acknowledged = self.acknowledged.lock().expect("no writer panics with it");
        let lost = acknowledged.iter().filter(|number| !there.contains(number)).count();
        if lost > 0 {
            scene.world.violation(format!("{lost} rows are gone that the old primary acknowledged"));
        }
        acknowledged.len()
    }
}

impl Writer {
    fn start(write: impl FnOnce(&AtomicBool) + Send + 'static) -> Self {
        let is_over = Arc::<AtomicBool>::default();
        let told = Arc::clone(&is_over);
        Self { is_over, thread: std::thread::spawn(move || write(&told)) }
    }

    fn stop(self) {
        self.is_over.store(true, Ordering::Relaxed);
        self.thread.join().expect("a writer does not panic");
    }
}

fn insert(number: u64) -> String {
    format!("INSERT INTO direct VALUES ({number}) RETURNING n;")
}

fn note(acknowledged: &Mutex<Vec<u64>>, told: &str) {
    acknowledged
        .lock()
        .expect("no writer panics with it")
        .extend(told.lines().filter_map(|line| line.parse::<u64>().ok()));
}

/// One statement after the other on one connection, as long as that lives.
fn keep_writing(mut psql: Command, next: &AtomicU64, acknowledged: &Arc<Mutex<Vec<u64>>>, is_over: &AtomicBool) {
    let psql = psql.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn();
    let mut psql = psql.expect("psql starts");
    let (mut input, output) = (psql.stdin.take().expect("a pipe"), psql.stdout.take().expect("a pipe"));
    let told = Arc::clone(acknowledged);
    let reader = std::thread::spawn(move || {
        BufReader::new(output).lines().map_while(Result::ok).for_each(|line| note(&told, &line));
    });
    while !is_over.load(Ordering::Relaxed) {
        // Its connection was cut, and it has ended.
        if writeln!(input, "{}", insert(next.fetch_add(1, Ordering::Relaxed))).is_err() {
            break;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    drop(input);
    let _ended = psql.kill();
    let _ended = psql.wait();
    reader.join().expect("a reader does not panic");
}
