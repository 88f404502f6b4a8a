//! Measures ratios, each pair side by side in this one run on this one machine, and prints the method as it goes.
//! The figures are as they are: these machines are shared and noisy, so only the ratios mean something.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a benchmark that cannot be set up is to fail")]

mod accounts;
mod archive;
mod argon2_rate;
mod bare;
mod commits;
mod instructions;
mod load;
mod peers;
mod pgbench;
mod processor;
mod rates;
mod start;
mod storm;
mod tails;
mod targets;

use std::net::SocketAddr;
use std::time::Duration;

use auth_black_box::{Engine, PASSWORD, Server};
use auth_testkit::postgres::Cluster;

/// What every server of a benchmark has: the hashes that the service has by default, unlike those of tests.
pub(crate) const DEFAULT_HASHES: [(&str, &str); 2] = [("AUTH_HASH_MEMORY_KIB", "19456"), ("AUTH_HASH_PASSES", "2")];

/// How long things are measured.
#[derive(Clone, Copy)]
pub(crate) struct Plan {
    /// Each side of a ratio.
    pub(crate) measured: Duration,
    /// How often each row is measured.
    pub(crate) rounds: usize,
}

impl Plan {
    const FULL: Self = Self { measured: Duration::from_secs(5), rounds: 3 };
    const QUICK: Self = Self { measured: Duration::from_secs(2), rounds: 1 };
}

/// A part of the comparison, which can also be measured alone.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Rates,
    Tails,
    Start,
}

impl Part {
    const ALL: [Self; 3] = [Self::Rates, Self::Tails, Self::Start];
}

#[tokio::main]
async fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    if arguments == ["storm"] {
        return storm::measure().await;
    }
    if cfg!(debug_assertions) {
        eprintln!("auth-bench: run it with --release");
        std::process::exit(1);
    }
    match arguments.as_slice() {
        ["accounts"] => accounts::measure(&Cluster::start_durable(), 1_000_000, Plan::FULL).await,
        ["accounts", many] => {
            let many = many.parse().expect("a number of accounts");
            accounts::measure(&Cluster::start_durable(), many, Plan::FULL).await;
        }
        ["archive"] => archive::measure(1_000_000).await,
        ["archive", accounts] => archive::measure(accounts.parse().expect("a number of accounts")).await,
        [] => measure(&Part::ALL, Plan::FULL).await,
        ["--quick"] => measure(&Part::ALL, Plan::QUICK).await,
        ["rates"] => measure(&[Part::Rates], Plan::FULL).await,
        ["commits"] => commits::measure(&Cluster::start_durable(), Plan::FULL).await,
        ["instructions"] => instructions::measure(),
        ["repeat", name, times] => instructions::repeat(name, times.parse().expect("a number")).await,
        ["tails"] => measure(&[Part::Tails], Plan::FULL).await,
        ["start"] => measure(&[Part::Start], Plan::FULL).await,
        ["--peers", "--quick", names @ ..] => peers::measure(names, Plan::QUICK).await,
        ["--peers", names @ ..] => peers::measure(names, Plan::FULL).await,
        _ => {
            eprintln!(
                "auth-bench: [--quick] | --peers [--quick] [NAME]... | rates | tails | start | commits | instructions | storm | \
                 accounts [COUNT] | archive [ACCOUNTS]"
            );
            std::process::exit(2);
        }
    }
}

async fn measure(parts: &[Part], plan: Plan) {
    let Plan { measured, rounds } = plan;
    let cores = std::thread::available_parallelism().unwrap();
    println!(
        "Method: {cores} cores, everything on this machine; {} s per side, {rounds} times, one after the other;",
        measured.as_secs()
    );
    println!(
        "PostgreSQL with its own settings (fsync on), SQLite with synchronous=FULL, default settings of the service."
    );
    println!(
        "CPU is microseconds per request: of the server, of the load generator, and of everything else (the database).\n"
    );
    let cluster = Cluster::start_durable();
    for part in parts {
        for engine in [Engine::Sqlite, Engine::Postgres] {
            match part {
                Part::Rates => rates::measure(engine, &cluster, plan).await,
                Part::Tails => tails::measure(engine, &cluster, plan).await,
                Part::Start => {}
            }
        }
        match part {
            Part::Rates => commits::measure(&cluster, plan).await,
            Part::Tails => {}
            Part::Start => start::measure(&cluster, plan).await,
        }
    }
}

/// A server with default hashes on that engine, and the URL of its database in PostgreSQL.
pub(crate) async fn server(engine: Engine, cluster: &Cluster, settings: &[(&str, &str)]) -> Server {
    let settings: Vec<(&str, &str)> = DEFAULT_HASHES.iter().chain(settings).copied().collect();
    let database = (engine == Engine::Postgres).then(|| cluster.database());
    Server::on(database, &settings).await
}

/// Where it listens.
pub(crate) fn address(server: &Server) -> SocketAddr {
    server.url.trim_start_matches("http://").parse().unwrap()
}

/// So many users, each with a session: access and refresh token.
pub(crate) async fn sessions(server: &Server, count: usize) -> Vec<(String, String)> {
    let mut sessions = Vec::new();
    for number in 0..count {
        server.register(&name(number)).await;
        sessions.push(server.client().login(&name(number), PASSWORD).await.tokens());
    }
    sessions
}

pub(crate) fn name(number: usize) -> String {
    format!("user-{number}")
}
