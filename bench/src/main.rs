//! Measures ratios, each pair side by side in this one run on this one machine, and prints the method.
//! The figures are as they are: these machines are shared and noisy, so only the ratios mean something.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a benchmark that cannot be set up is to fail")]

mod archive;
mod argon2_rate;
mod pgbench;
mod storm;

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use auth_black_box::{Client, Engine, PASSWORD, Server};
use tokio::sync::Mutex;

/// How long each thing is measured.
const MEASURED: Duration = Duration::from_secs(10);
/// Connections to the database, in the service and in pgbench, and clients that ask at once.
const CLIENTS: usize = 8;
const MEMORY_KIB: u32 = 19_456;
const PASSES: u32 = 2;

#[tokio::main]
async fn main() {
    if std::env::args().nth(1).as_deref() == Some("storm") {
        return storm::measure().await;
    }
    if cfg!(debug_assertions) {
        eprintln!("auth-bench: run it with --release");
        std::process::exit(1);
    }
    let mut arguments = std::env::args().skip(1);
    if arguments.next().as_deref() == Some("archive") {
        let accounts = arguments.next().map_or(Ok(1_000_000), |text| text.parse());
        return archive::measure(accounts.expect("a number of accounts")).await;
    }
    let threads = std::thread::available_parallelism().unwrap().get();
    println!(
        "Method: {threads} cores, {CLIENTS} clients, {} s each, one after the other, everything on this machine.",
        MEASURED.as_secs()
    );
    println!("PostgreSQL is a throw-away cluster without fsync, the same for the service and for pgbench.\n");
    let (memory, passes) = (MEMORY_KIB.to_string(), PASSES.to_string());
    let server =
        Server::with(Engine::Postgres, &[("AUTH_HASH_MEMORY_KIB", &memory), ("AUTH_HASH_PASSES", &passes)]).await;
    let url = server.database.clone().unwrap();
    for number in 0..CLIENTS {
        server.register(&format!("user-{number}")).await;
    }

    println!("| what | a second | against | a second | ratio |");
    println!("| --- | --- | --- | --- | --- |");
    let bare = argon2_rate::hashes_a_second(threads, MEMORY_KIB, PASSES, MEASURED);
    let logins = rate(
        |client, number| async move {
            client.login(&format!("user-{number}"), PASSWORD).await.expect(200, "USER_LOGGED_IN");
        },
        &server,
    )
    .await;
    row("POST /auth/login", logins, &format!("bare Argon2id, {threads} threads, same parameters"), bare);

    let sessions = sessions(&server).await;
    let me = {
        let sessions = sessions.clone();
        rate(
            move |client, number| {
                let session = sessions[number].clone();
                async move {
                    let access = session.lock().await.0.clone();
                    client.bearer(&access).get("/auth/me").await.expect(200, "USER_FETCHED");
                }
            },
            &server,
        )
        .await
    };
    row("GET /auth/me", me, "pgbench, the same statement", pgbench::run(&url, pgbench::ME, CLIENTS, MEASURED));
    let refreshes = rate(
        {
            let sessions = sessions.clone();
            move |client, number| refresh(client, sessions[number].clone())
        },
        &server,
    )
    .await;
    row(
        "POST /auth/refresh",
        refreshes,
        "pgbench, the same statements",
        pgbench::run(&url, pgbench::REFRESH, CLIENTS, MEASURED),
    );

    println!("\nA refresh by itself and during a storm of logins ({} at once):\n", 4 * CLIENTS);
    println!("| refresh | median | 99 of 100 |\n| --- | --- | --- |");
    let (median, p99) = latency(&server, &sessions[0]).await;
    println!("| alone | {median:.1?} | {p99:.1?} |");
    let storm: Vec<_> = (0..4 * CLIENTS)
        .map(|number| {
            let client = server.client();
            tokio::spawn(async move {
                loop {
                    client.login(&format!("user-{}", number % CLIENTS), PASSWORD).await;
                }
            })
        })
        .collect();
    let (median, p99) = latency(&server, &sessions[0]).await;
    storm.iter().for_each(|task| task.abort());
    println!("| during the storm | {median:.1?} | {p99:.1?} |");
}

fn row(what: &str, rate: f64, against: &str, other: f64) {
    println!("| {what} | {rate:.0} | {against} | {other:.0} | {:.2} |", rate / other);
}

/// Access and refresh token of a client; each client refreshes its own.
type Session = Arc<Mutex<(String, String)>>;

async fn sessions(server: &Server) -> Vec<Session> {
    let mut sessions = Vec::new();
    for number in 0..CLIENTS {
        let tokens = server.client().login(&format!("user-{number}"), PASSWORD).await.tokens();
        sessions.push(Arc::new(Mutex::new(tokens)));
    }
    sessions
}

async fn refresh(client: Client, session: Session) {
    let mut session = session.lock().await;
    *session = client.refresh(&session.1).await.tokens();
}

/// How often a second `CLIENTS` clients get `work` done, each on a connection of its own.
async fn rate<F, W>(work: F, server: &Server) -> f64
where
    F: Fn(Client, usize) -> W + Clone + Send + 'static,
    W: Future<Output = ()> + Send,
{
    let done = Arc::new(AtomicU64::new(0));
    let began = Instant::now();
    let tasks: Vec<_> = (0..CLIENTS)
        .map(|number| {
            let (client, done, work) = (server.client(), Arc::clone(&done), work.clone());
            tokio::spawn(async move {
                while began.elapsed() < MEASURED {
                    work(client.clone(), number).await;
                    done.fetch_add(1, Ordering::Relaxed);
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    done.load(Ordering::Relaxed) as f64 / began.elapsed().as_secs_f64()
}

async fn latency(server: &Server, session: &Session) -> (Duration, Duration) {
    let client = server.client();
    let began = Instant::now();
    let mut times = Vec::new();
    while began.elapsed() < MEASURED {
        let one = Instant::now();
        refresh(client.clone(), Arc::clone(session)).await;
        times.push(one.elapsed());
    }
    times.sort_unstable();
    (times[times.len() / 2], times[times.len() * 99 / 100])
}
