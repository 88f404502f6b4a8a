//! What many accounts cost: the processor time of a request beside that with a thousand of them, and how fast all of
//! them are read.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Command, Stdio};
use std::time::Instant;

use auth_black_box::{Engine, PASSWORD, Server};
use auth_testkit::postgres::Cluster;

use crate::archive::export_of_many;
use crate::load::{Caller, Refreshing, Same, request};
use crate::rates::{login_as, of_server};
use crate::{Plan, address, name, server};

/// Few accounts.
const FEW: u64 = 1_000;
const CLIENTS: usize = 16;

pub(crate) async fn measure(cluster: &Cluster, many: u64, plan: Plan) {
    println!("### {many} accounts, each with a session, beside {FEW}\n");
    println!(
        "Microseconds of the processor per request, of the server and of everything but the load: {CLIENTS} clients.\n"
    );
    println!("| what | engine | server, {FEW} | server, {many} | ratio | with the database, {FEW} | {many} | ratio |");
    println!("| --- | --- | --- | --- | --- | --- | --- | --- |");
    let [few, many] = [export_of_many(FEW).await, export_of_many(many).await];
    let mut read = Vec::new();
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let servers = [restored(engine, cluster, &few.1).await, restored(engine, cluster, &many.1).await];
        let tokens = [logged_in(&servers[0]).await, logged_in(&servers[1]).await];
        for what in ["GET /auth/me", "POST /auth/refresh", "POST /auth/login"] {
            let costs = [0, 1].map(|number| {
                let callers = callers(what, &tokens[number]);
                of_server(&servers[number], callers, plan.measured).used
            });
            let [few, many] = costs.map(|used| [used.server, used.server + used.rest]);
            println!(
                "| {what} | {engine:?} | {:.0} | {:.0} | {:.2} | {:.0} | {:.0} | {:.2} |",
                few[0],
                many[0],
                many[0] / few[0],
                few[1],
                many[1],
                many[1] / few[1]
            );
        }
        read.push(every_account(&servers[1], engine));
    }
    println!("\n| all accounts | engine | rows a second | `COPY` of the table, in order | ratio |");
    println!("| --- | --- | --- | --- | --- |");
    read.iter().for_each(|row| println!("{row}"));
}

/// A server that has what the export has.
async fn restored(engine: Engine, cluster: &Cluster, export: &str) -> Server {
    let mut server = server(engine, cluster, &[]).await;
    server.kill();
    server.command(&["restore", "--keep-sessions", export]);
    if let Some(url) = &server.database {
        cluster.query(url, "ANALYZE");
    }
    server.restart();
    server
}

/// Access and refresh tokens of accounts of the export, which all have the password of the first.
async fn logged_in(server: &Server) -> Vec<(String, String)> {
    let mut tokens = Vec::new();
    for number in 0..CLIENTS {
        tokens.push(server.client().login(&address_of(number), PASSWORD).await.tokens());
    }
    tokens
}

/// The address of an account of the export.
fn address_of(number: usize) -> String {
    format!("{}@example.org", name(number))
}

fn callers(what: &str, tokens: &[(String, String)]) -> Vec<Box<dyn Caller>> {
    let caller = |(number, (access, refresh)): (usize, &(String, String))| match what {
        "POST /auth/refresh" => Box::new(Refreshing { token: refresh.clone() }) as Box<dyn Caller>,
        "POST /auth/login" => Box::new(Same { request: login_as(&address_of(number)), expected: 200 }),
        _ => Box::new(Same { request: request("GET", "/auth/me", Some(access), None), expected: 200 }),
    };
    tokens.iter().enumerate().map(caller).collect()
}

/// Reads all accounts from the server, and from PostgreSQL itself; a row of the table.
fn every_account(server: &Server, engine: Engine) -> String {
    let began = Instant::now();
    let rows = rows_of(server);
    let rate = rows as f64 / began.elapsed().as_secs_f64();
    let Some(url) = &server.database else {
        return format!("| `GET /auth` | {engine:?} | {rate:.0} | | |");
    };
    let began = Instant::now();
    let copy = "COPY (SELECT * FROM accounts ORDER BY id) TO STDOUT";
    let mut psql = Command::new("psql");
    psql.args(["--no-psqlrc", "--quiet", "--command", copy, url]).stdout(Stdio::null());
    assert!(psql.status().unwrap().success());
    let copied = rows as f64 / began.elapsed().as_secs_f64();
    format!("| `GET /auth` | {engine:?} | {rate:.0} | {copied:.0} | {:.2} |", rate / copied)
}

/// How many accounts `GET /auth` answers, without keeping them: each has one @, and nothing else has any.
fn rows_of(server: &Server) -> usize {
    let token = server.internal_token();
    let mut stream = TcpStream::connect(address(server)).unwrap();
    let close = "Host: bench\r\nConnection: close";
    write!(stream, "GET /auth HTTP/1.1\r\n{close}\r\nAuthorization: Bearer {token}\r\n\r\n").unwrap();
    let (mut buffer, mut rows, mut end) = (vec![0; 1 << 20], 0, Vec::new());
    loop {
        let read = stream.read(&mut buffer).unwrap();
        if read == 0 {
            break;
        }
        let seen = &buffer[..read];
        rows += seen.iter().filter(|byte| **byte == b'@').count();
        end.extend_from_slice(&seen[read.saturating_sub(5)..]);
        end.drain(..end.len().saturating_sub(5));
    }
    assert_eq!(end, b"0\r\n\r\n", "the answer is complete");
    rows
}
