//! How long it takes while many log in: requests by schedule, with and without a storm of logins beside them, and the
//! same of a sync of the disk, which each refresh waits for; and what is left of the service when ten times as many log
//! in as it can hash.

use std::io::{Seek as _, Write as _};
use std::net::SocketAddr;
use std::thread::JoinHandle;
use std::time::Duration;

use auth_black_box::Engine;
use auth_testkit::postgres::Cluster;

use crate::load::{Answer, Caller, Refreshing, Same, Scheduled, at_rate, closed_loop, open_loop, request};
use crate::processor::memory_mib;
use crate::rates::{logging_in, login};
use crate::{Plan, address, server, sessions};

/// Requests a second whose time is measured.
const RATE: f64 = 100.0;
/// Over so many connections, each with its own session.
const CALLERS: usize = 8;
/// The users who log in, in turn.
const USERS: usize = 64;
/// How many clients log in at once. The queue of the default settings has room for 128 of them.
const STORMS: [(usize, Refused); 3] = [(64, Refused::Waits), (200, Refused::Waits), (200, Refused::TriesAtOnce)];

pub(crate) async fn measure(engine: Engine, cluster: &Cluster, plan: Plan) {
    println!("### {engine:?}: {RATE:.0} requests per second on a schedule, alone and during a storm of logins\n");
    println!("Medians of {} rounds; of the ratio also the lowest and the highest.\n", plan.rounds);
    println!("| what | storm | median alone | 99 of 100 alone | median | 99 of 100 | ratio of the latter |");
    println!("| --- | --- | --- | --- | --- | --- | --- |");
    let server = server(engine, cluster, &[]).await;
    let sessions = sessions(&server, USERS.max(CALLERS * (1 + STORMS.len()) * plan.rounds)).await;
    let to = address(&server);
    let mut refresh_tokens = sessions.iter().map(|(_, refresh)| refresh.clone());
    let all = [What::Me, What::Refresh, What::Sync];
    // The disk is the same for both engines.
    let measured = if engine == Engine::Sqlite { &all[..] } else { &all[..2] };
    for &what in measured {
        let mut once = || {
            let callers: Vec<Box<dyn Caller>> = match what {
                What::Me => sessions.iter().take(CALLERS).map(|(access, _)| asking(access)).collect(),
                What::Refresh => refresh_tokens.by_ref().take(CALLERS).map(refreshing).collect(),
                What::Sync => return syncs(plan.measured),
            };
            open_loop(to, callers, RATE, plan.measured)
        };
        let mut rows = STORMS.map(|_| Vec::new());
        for _ in 0..plan.rounds {
            let alone = once();
            for (storm, measured) in STORMS.into_iter().zip(&mut rows) {
                let storming = storming(to, storm, plan.measured + Duration::from_secs(1));
                tokio::time::sleep(Duration::from_millis(500)).await;
                measured.push(Compared::new(&alone, &once()));
                storming.join().unwrap();
            }
        }
        for ((clients, refused), measured) in STORMS.into_iter().zip(&rows) {
            println!("| {} | {clients} logins at once{} | {}", what.words(), refused.words(), Compared::row(measured));
        }
    }
    println!();
    overload(engine, cluster, plan).await;
}

/// What is done on a schedule.
#[derive(Clone, Copy)]
enum What {
    Me,
    Refresh,
    /// What the disk does to a refresh, without the service.
    Sync,
}

impl What {
    const fn words(self) -> &'static str {
        match self {
            Self::Me => "GET /auth/me",
            Self::Refresh => "POST /auth/refresh",
            Self::Sync => "a sync of 4 KiB, without the service",
        }
    }
}

fn asking(access: &str) -> Box<dyn Caller> {
    Box::new(Same { request: request("GET", "/auth/me", Some(access), None), expected: 200 })
}

fn refreshing(token: String) -> Box<dyn Caller> {
    Box::new(Refreshing { token })
}

/// Writes 4 KiB to a file and syncs it, on a schedule.
fn syncs(measured: Duration) -> Scheduled {
    let mut file = tempfile::tempfile().unwrap();
    let mut times = Vec::new();
    at_rate(RATE, measured, |due| {
        file.rewind().unwrap();
        file.write_all(&[0; 4_096]).unwrap();
        file.sync_data().unwrap();
        times.push((due.elapsed(), 200));
    });
    times.sort_unstable();
    Scheduled { times, without_retry_after: 0 }
}

/// How long requests took in one round: the median and the 99th percentile, alone and during a storm.
struct Compared {
    alone: [Duration; 2],
    during: [Duration; 2],
}

impl Compared {
    fn new(alone: &Scheduled, during: &Scheduled) -> Self {
        let [alone, during] =
            [alone, during].map(|times| [500, 990].map(|per_mille| times.quantile(per_mille, |_| true)));
        Self { alone, during }
    }

    fn ratio(&self) -> f64 {
        self.during[1].as_secs_f64() / self.alone[1].as_secs_f64()
    }

    /// The end of a row of the table.
    fn row(rounds: &[Self]) -> String {
        let time = |of: fn(&Self) -> Duration| format!("{:.1?}", median(rounds.iter().map(of)));
        let ratios = || rounds.iter().map(Self::ratio);
        let (lowest, highest) = (ratios().fold(f64::MAX, f64::min), ratios().fold(0.0, f64::max));
        format!(
            "{} | {} | {} | {} | {:.1} ({lowest:.1} to {highest:.1}) |",
            time(|round| round.alone[0]),
            time(|round| round.alone[1]),
            time(|round| round.during[0]),
            time(|round| round.during[1]),
            median(ratios())
        )
    }
}

fn median<T: PartialOrd + Copy>(values: impl Iterator<Item = T>) -> T {
    let mut values: Vec<T> = values.collect();
    values.sort_by(|one, other| one.partial_cmp(other).unwrap());
    values[values.len() / 2]
}

/// So many clients that log in again and again.
fn storming(to: SocketAddr, (clients, refused): (usize, Refused), lasts: Duration) -> JoinHandle<f64> {
    std::thread::spawn(move || closed_loop(to, patient(clients, refused), lasts))
}

/// So many clients that log in, users in turn, and may be refused.
fn patient(clients: usize, refused: Refused) -> Vec<Box<dyn Caller>> {
    let caller = |number| Box::new(Patient { request: login(number % USERS), refused }) as Box<dyn Caller>;
    (0..clients).map(caller).collect()
}

/// What a client does that is refused.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Refused {
    /// It waits as long as `Retry-After` says.
    Waits,
    /// It ignores that.
    TriesAtOnce,
}

impl Refused {
    const fn words(self) -> &'static str {
        match self {
            Self::Waits => "",
            Self::TriesAtOnce => ", which ignore `Retry-After`",
        }
    }
}

/// Takes a refusal for an answer.
struct Patient {
    request: Vec<u8>,
    refused: Refused,
}

impl Caller for Patient {
    fn next(&mut self) -> Vec<u8> {
        self.request.clone()
    }

    fn answered(&mut self, answer: &Answer) {
        assert!([200, 503].contains(&answer.status), "{}", answer.status);
    }

    fn pause(&self, answer: &Answer) -> Duration {
        answer.retry_after().filter(|_| self.refused == Refused::Waits).unwrap_or_default()
    }
}

async fn overload(engine: Engine, cluster: &Cluster, plan: Plan) {
    let server = server(engine, cluster, &[]).await;
    sessions(&server, USERS).await;
    let to = address(&server);
    let (idle, _) = memory_mib(server.pid());
    let capacity = closed_loop(to, logging_in(16), plan.measured);
    let offered = open_loop(to, patient(2_000, Refused::TriesAtOnce), capacity * 10.0, plan.measured * 2);
    let seconds = (plan.measured * 2).as_secs_f64();
    let (good, refused) = (offered.count(|status| status == 200), offered.count(|status| status == 503));
    let (_, most) = memory_mib(server.pid());
    println!("Logins at ten times the capacity ({capacity:.0} per second), {engine:?}, on a schedule:\n");
    println!("| goodput | of the capacity | refused | 99 of 100 refusals within | without Retry-After | memory |");
    println!("| --- | --- | --- | --- | --- | --- |");
    println!(
        "| {:.0} per second | {:.2} | {refused} | {:.1?} | {} | {idle:.0} MiB before, at most {most:.0} |\n",
        good as f64 / seconds,
        good as f64 / seconds / capacity,
        offered.quantile(990, |status| status == 503),
        offered.without_retry_after,
    );
}
