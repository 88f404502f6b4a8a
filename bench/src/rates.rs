//! How much there can be: requests a second in closed loops, against what does the same without the service.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use auth_black_box::{DatabaseProxy, Engine, PASSWORD, Server};
use auth_testkit::postgres::Cluster;

use crate::load::{Caller, Refreshing, Same, closed_loop, request};
use crate::processor::{PerRequest, Used};
use crate::{Plan, address, argon2_rate, bare, name, pgbench, server, sessions};

/// Clients, and connections to the database in the service and in pgbench.
const CLIENTS: usize = 16;

pub(crate) async fn measure(engine: Engine, cluster: &Cluster, plan: Plan) {
    println!("### {engine:?}, {CLIENTS} clients unless the row says otherwise\n");
    println!(
        "| what | per second | compared with | per second | ratio, lowest to highest | CPU: server | load | rest |"
    );
    println!("| --- | --- | --- | --- | --- | --- | --- | --- |");
    logins(engine, cluster, plan).await;
    for cache in ["on", "off"] {
        reads(engine, cluster, plan, cache).await;
    }
    refreshes(engine, cluster, plan).await;
    println!();
}

pub(crate) struct Side {
    pub(crate) rate: f64,
    pub(crate) used: PerRequest,
}

pub(crate) fn of_server(server: &Server, callers: Vec<Box<dyn Caller>>, measured: Duration) -> Side {
    of_process(server.pid(), address(server), callers, measured)
}

/// The same of a server that is any process.
pub(crate) fn of_process(pid: u32, to: SocketAddr, callers: Vec<Box<dyn Caller>>, measured: Duration) -> Side {
    let (began, before) = (Instant::now(), Used::now(Some(pid)));
    let rate = closed_loop(to, callers, measured);
    // The last answers come after the time is over, slow ones long after.
    let used = Used::now(Some(pid)).since(before, rate * began.elapsed().as_secs_f64());
    Side { rate, used }
}

/// Prints a row of as many measurements of both sides, in turn.
fn row(what: &str, against: &str, plan: Plan, mut one: impl FnMut() -> Side, mut other: impl FnMut() -> f64) {
    let mut measured: Vec<(Side, f64)> = (0..plan.rounds).map(|_| (one(), other())).collect();
    measured.sort_by(|a, b| (a.0.rate / a.1).total_cmp(&(b.0.rate / b.1)));
    let ratio = |(side, other): &(Side, f64)| side.rate / other;
    let (low, high) = (ratio(&measured[0]), ratio(&measured[measured.len() - 1]));
    let (side, other) = &measured[measured.len() / 2];
    println!(
        "| {what} | {:.0} | {against} | {other:.0} | {:.2} ({low:.2} to {high:.2}) | {:.0} | {:.0} | {:.0} |",
        side.rate,
        side.rate / other,
        side.used.server,
        side.used.load,
        side.used.rest
    );
}

/// The login of a user.
pub(crate) fn login(number: usize) -> Vec<u8> {
    login_as(&name(number))
}

/// The login of whoever has that username or address.
pub(crate) fn login_as(name: &str) -> Vec<u8> {
    let body = format!("{{\"username\":\"{name}\",\"password\":\"{PASSWORD}\"}}");
    request("POST", "/auth/login", None, Some(&body))
}

pub(crate) fn logging_in(clients: usize) -> Vec<Box<dyn Caller>> {
    let caller = |number| Box::new(Same { request: login(number), expected: 200 }) as Box<dyn Caller>;
    (0..clients).map(caller).collect()
}

async fn logins(engine: Engine, cluster: &Cluster, plan: Plan) {
    let server = server(engine, cluster, &[]).await;
    sessions(&server, 64).await;
    let threads = std::thread::available_parallelism().unwrap().get();
    for clients in [16, 64] {
        row(
            &format!("POST /auth/login, {clients} clients"),
            &format!("bare Argon2id, {threads} threads, same parameters"),
            plan,
            || of_server(&server, logging_in(clients), plan.measured),
            || argon2_rate::hashes_a_second(threads, 19_456, 2, plan.measured),
        );
    }
}

async fn reads(engine: Engine, cluster: &Cluster, plan: Plan, cache: &str) {
    let server = server(engine, cluster, &[("AUTH_SESSION_CACHE", cache)]).await;
    let tokens = sessions(&server, CLIENTS).await;
    for (access, _) in &tokens {
        server.me(access).await.expect(200, "USER_FETCHED");
    }
    let asking = |path: &'static str| -> Vec<Box<dyn Caller>> {
        let caller = |(access, _): &(String, String)| {
            Box::new(Same { request: request("GET", path, Some(access), None), expected: 200 }) as Box<dyn Caller>
        };
        tokens.iter().map(caller).collect()
    };
    let handler = bare::handler();
    let bare = || {
        let caller = |_| Box::new(Same { request: request("GET", "/", None, None), expected: 200 }) as Box<dyn Caller>;
        closed_loop(handler, (0..CLIENTS).map(caller).collect(), plan.measured)
    };
    let against = "an actix handler, same headers";
    if cache == "on" {
        row("GET /auth/verify", against, plan, || of_server(&server, asking("/auth/verify"), plan.measured), bare);
    }
    let what = format!("GET /auth/me, cache {cache}");
    match engine {
        Engine::Sqlite => row(&what, against, plan, || of_server(&server, asking("/auth/me"), plan.measured), bare),
        Engine::Postgres => {
            let url = server.database.clone().unwrap();
            let select = script(&server, cluster, "SELECT \"sessions\"").await;
            row(
                &what,
                "pgbench, the SELECT",
                plan,
                || of_server(&server, asking("/auth/me"), plan.measured),
                || pgbench::run(&url, &select, CLIENTS, plan.measured),
            );
        }
    }
}

/// What pgbench runs: the statement that begins so, taken from what the service sends for `GET /auth/me` and
/// `POST /auth/refresh`.
async fn script(server: &Server, cluster: &Cluster, begins: &str) -> String {
    let database = server.database.as_deref().unwrap();
    let proxy = DatabaseProxy::start(database).await;
    let other = Server::on(Some(proxy.url.clone()), &[("AUTH_SESSION_CACHE", "off")]).await;
    let (access, refresh) = other.client().login(&name(0), PASSWORD).await.tokens();
    let before = proxy.count();
    other.me(&access).await.expect(200, "USER_FETCHED");
    other.client().refresh(&refresh).await.tokens();
    let mut texts = proxy.after(before).into_iter().flatten();
    let statement = texts.find(|text| text.starts_with(begins)).expect("the statement");
    pgbench::script(cluster, database, &statement)
}

async fn refreshes(engine: Engine, cluster: &Cluster, plan: Plan) {
    let clients = if engine == Engine::Sqlite { 64 } else { CLIENTS };
    let server = server(engine, cluster, &[]).await;
    let tokens = std::cell::RefCell::new(sessions(&server, clients).await);
    let refreshing = || {
        // Those of the round before are used up.
        let caller = |(_, token): &(String, String)| Box::new(Refreshing { token: token.clone() }) as Box<dyn Caller>;
        tokens.borrow().iter().map(caller).collect::<Vec<_>>()
    };
    let what = format!("POST /auth/refresh, {clients} clients");
    for _ in 0..plan.rounds {
        let plan = Plan { rounds: 1, ..plan };
        match engine {
            Engine::Sqlite => {
                let folder = tempfile::tempdir().unwrap();
                row(
                    &what,
                    "one SQLite thread, one commit each",
                    plan,
                    || of_server(&server, refreshing(), plan.measured),
                    || bare::sqlite_commits_a_second(folder.path(), plan.measured),
                );
            }
            Engine::Postgres => {
                let url = server.database.clone().unwrap();
                let update = script(&server, cluster, "UPDATE \"sessions\"").await;
                row(
                    &what,
                    "pgbench, the UPDATE",
                    plan,
                    || of_server(&server, refreshing(), plan.measured),
                    || pgbench::run(&url, &update, clients, plan.measured),
                );
            }
        }
        let mut fresh = Vec::new();
        for number in 0..clients {
            fresh.push(server.client().login(&name(number), PASSWORD).await.tokens());
        }
        *tokens.borrow_mut() = fresh;
    }
}
