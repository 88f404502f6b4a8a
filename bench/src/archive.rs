//! Exports, restores, rehearses and moves a million accounts, with the built binary; prints rows a second and the peak of
//! its memory (VmHWM), each command in a process of its own.

use std::io::{BufWriter, Read as _, Write as _};
use std::path::Path;
use std::process::Child;
use std::time::{Duration, Instant};

use auth_black_box::{Engine, Server};
use tempfile::TempDir;

pub async fn measure(accounts: u64) {
    println!(
        "Method: an export of {accounts} accounts, each with a session, is created from that of one account; then each"
    );
    println!(
        "command runs once, on an empty service of that engine. PostgreSQL is a temporary cluster without fsync.\n"
    );
    let (_folder, path) = export_of_many(accounts).await;
    let megabytes = std::fs::metadata(&path).unwrap().len() / 1_000_000;
    println!("| command | engine | rows | seconds | rows/s | peak memory |");
    println!("| --- | --- | --- | --- | --- | --- |");
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let other = if engine == Engine::Sqlite { Engine::Postgres } else { Engine::Sqlite };
        let (source, target) = (empty(engine).await, empty(other).await);
        run(&source, engine, "restore", &["restore", "--keep-sessions", &path]);
        let again = source.dir.path().join("again.ndjson");
        run(&source, engine, "export", &["export", "--to", again.to_str().unwrap()]);
        run(&source, engine, "restore --drill", &["restore", "--keep-sessions", "--drill", &path]);
        let sqlite = format!("sqlite:{}", target.dir.path().join("data/auth.db").display());
        let url = target.database.clone().unwrap_or(sqlite);
        run(&source, engine, "move (from)", &["move", "--stopped", "--to", &url]);
    }
    println!("\nThe export is {megabytes} MB.");
}

/// Writes an export of so many accounts, each with a session; returns its path, and the folder that it goes with.
pub(crate) async fn export_of_many(accounts: u64) -> (TempDir, String) {
    let template = Server::start(Engine::Sqlite).await;
    template.session("ann").await;
    let small = template.command(&["export", "--to", "-"]);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("many.ndjson");
    multiply(&small, accounts, &file);
    (folder, file.to_str().unwrap().to_owned())
}

async fn empty(engine: Engine) -> Server {
    let mut server = Server::start(engine).await;
    server.kill();
    server
}

/// Many accounts out of one: other ids and addresses, the same hash.
fn multiply(small: &str, accounts: u64, file: &Path) {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/src/multiply.py");
    let mut python = std::process::Command::new("python3");
    let mut child =
        python.arg(script).arg(accounts.to_string()).arg(file).stdin(std::process::Stdio::piped()).spawn().unwrap();
    let mut input = BufWriter::new(child.stdin.take().unwrap());
    input.write_all(small.as_bytes()).unwrap();
    drop(input);
    assert!(child.wait().unwrap().success());
}

fn run(server: &Server, engine: Engine, name: &str, arguments: &[&str]) {
    let began = Instant::now();
    let mut child = server.spawn_command(arguments);
    let peak = peak_of(&mut child);
    let (mut told, mut error) = (String::new(), String::new());
    child.stdout.take().unwrap().read_to_string(&mut told).unwrap();
    child.stderr.take().unwrap().read_to_string(&mut error).unwrap();
    assert!(child.wait().unwrap().success(), "{name}: {error}");
    let seconds = began.elapsed().as_secs_f64();
    let rows = told.split(" rows in ").next().and_then(|text| text.rsplit(' ').next()).unwrap_or("?");
    let rate = rows.parse::<f64>().map_or(0.0, |rows| rows / seconds);
    println!("| {name} | {engine:?} | {rows} | {seconds:.1} | {rate:.0} | {peak} MB |");
}

/// Watches it until it ends; megabytes.
fn peak_of(child: &mut Child) -> u64 {
    let mut peak = 0;
    while child.try_wait().unwrap().is_none() {
        let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        peak = line.and_then(|line| line.trim().split(' ').next()?.parse().ok()).unwrap_or(peak);
        std::thread::sleep(Duration::from_millis(50));
    }
    peak / 1_000
}
