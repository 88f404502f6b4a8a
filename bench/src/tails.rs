//! How long it takes while many log in: requests by schedule, with and without a storm of logins beside them; and what is
//! left of the service when ten times as many log in as it can hash.

use std::net::SocketAddr;
use std::thread::JoinHandle;
use std::time::Duration;

use auth_black_box::Engine;
use auth_testkit::postgres::Cluster;

use crate::load::{Answer, Caller, Refreshing, Same, closed_loop, open_loop, request};
use crate::processor::memory_mib;
use crate::rates::{logging_in, login};
use crate::{Plan, address, server, sessions};

/// Requests a second whose time is measured.
const RATE: f64 = 100.0;
const USERS: usize = 64;
/// How many clients log in at once. The queue of the default settings has room for 128 of them.
const STORMS: [(usize, Refused); 3] = [(64, Refused::Waits), (200, Refused::Waits), (200, Refused::TriesAtOnce)];

pub(crate) async fn measure(engine: Engine, cluster: &Cluster, plan: Plan) {
    println!("### {engine:?}: {RATE:.0} requests per second on a schedule, alone and during a storm of logins\n");
    println!("| what | storm | median alone | 99 of 100 alone | median | 99 of 100 | ratio of the latter |");
    println!("| --- | --- | --- | --- | --- | --- | --- |");
    let server = server(engine, cluster, &[]).await;
    let tokens = sessions(&server, USERS).await;
    let to = address(&server);
    let mut refreshing: Vec<String> = tokens.iter().map(|(_, refresh)| refresh.clone()).collect();
    for what in ["GET /auth/me", "POST /auth/refresh"] {
        let callers = |refreshing: &mut Vec<String>| -> Vec<Box<dyn Caller>> {
            if what == "GET /auth/me" {
                let caller = |(access, _): &(String, String)| {
                    let request = request("GET", "/auth/me", Some(access), None);
                    Box::new(Same { request, expected: 200 }) as Box<dyn Caller>
                };
                return tokens.iter().take(8).map(caller).collect();
            }
            refreshing.drain(..8).map(|token| Box::new(Refreshing { token }) as Box<dyn Caller>).collect()
        };
        let alone = open_loop(to, callers(&mut refreshing), RATE, plan.measured * 2);
        for (storm, refused) in STORMS {
            let storming = storming(to, (storm, refused), plan.measured * 2 + Duration::from_secs(1));
            tokio::time::sleep(Duration::from_millis(500)).await;
            let during = open_loop(to, callers(&mut refreshing), RATE, plan.measured * 2);
            storming.join().unwrap();
            let [quiet, loud] = [&alone, &during].map(|times| times.quantile(990, |_| true));
            let [median, loud_median] = [&alone, &during].map(|times| times.quantile(500, |_| true));
            let ratio = loud.as_secs_f64() / quiet.as_secs_f64();
            println!(
                "| {what} | {storm} logins at once{} | {median:.1?} | {quiet:.1?} | {loud_median:.1?} | {loud:.1?} | {ratio:.1} |",
                refused.words()
            );
        }
    }
    println!();
    overload(engine, cluster, plan).await;
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
