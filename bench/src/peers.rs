//! The same load on other servers, one after another: `bench/peers/targets.toml` describes them. Each has a database of its
//! own in the same PostgreSQL.

use std::fs::File;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use auth_black_box::binary;
use auth_testkit::postgres::{Cluster, free_port};

use crate::load::{Answer, Caller, Connection};
use crate::processor::{memory_mib, tree};
use crate::rates::{Side, of_process};
use crate::targets::{Request, Target, Targets, Values};
use crate::{Plan, name};

/// Users, each with a connection of its own.
const CLIENTS: usize = 16;
/// Until a server is ready, the first time with an empty database.
const PATIENCE: Duration = Duration::from_secs(600);

/// What is measured.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Load {
    Login,
    Me,
    Refresh,
}

impl Load {
    const ALL: [(Self, &str); 3] = [(Self::Login, "login"), (Self::Me, "me"), (Self::Refresh, "refresh")];

    fn request(self, target: &Target) -> Option<&Request> {
        match self {
            Self::Login => Some(&target.login),
            Self::Me => Some(&target.me),
            Self::Refresh => target.refresh.as_ref(),
        }
    }
}

/// A user who sends one kind of request again and again.
struct User {
    target: Arc<Target>,
    load: Load,
    values: Values,
    request: Vec<u8>,
}

impl User {
    fn new(target: Arc<Target>, load: Load, values: Values) -> Option<Self> {
        let request = load.request(&target)?.bytes(&values);
        Some(Self { target, load, values, request })
    }
}

impl Caller for User {
    fn next(&mut self) -> Vec<u8> {
        self.request.clone()
    }

    fn answered(&mut self, answer: &Answer) {
        demand_success(answer);
        match self.load {
            Load::Login => {}
            // Some answer 200 to nobody, too.
            Load::Me => assert!(answer.says(&self.values.0["email"]), "not the user: {}", answer.text()),
            Load::Refresh => {
                let before = self.values.0["rotating"].clone();
                self.values.keep_tokens(&self.target, answer);
                assert_ne!(self.values.0["rotating"], before, "the refresh token has not changed");
                self.request = self.load.request(&self.target).unwrap().bytes(&self.values);
            }
        }
    }
}

fn demand_success(answer: &Answer) {
    assert!((200..300).contains(&answer.status), "{}", answer.text());
}

async fn answer(to: SocketAddr, request: &Request, values: &Values) -> std::io::Result<Answer> {
    Connection::try_open(to).await?.exchange(&request.bytes(values)).await
}

/// A server that runs. Killed when dropped, with all that it started.
struct Running {
    child: Child,
    log: PathBuf,
}

impl Running {
    /// Starts it, and waits until it is ready.
    async fn start(target: &Target, values: &Values, to: SocketAddr, folder: &Path) -> (Self, Duration) {
        let log = folder.join("log");
        let output = File::options().create(true).append(true).open(&log).unwrap();
        let mut command = shell(&format!("exec {}", target.command), values);
        command.env_clear().current_dir(folder).stdin(Stdio::null()).stdout(output.try_clone().unwrap()).stderr(output);
        // What finds programs, and nothing that would be a setting.
        let kept =
            ["PATH", "HOME", "JAVA_HOME", "LANG"].into_iter().filter_map(|name| Some((name, std::env::var_os(name)?)));
        command.envs(kept).envs(target.environment.iter().map(|(name, value)| (name, values.fill(value))));
        let began = Instant::now();
        let mut running = Self { child: command.spawn().unwrap(), log };
        let ready = Request::get(&target.ready);
        while !answer(to, &ready, values).await.is_ok_and(|answer| (200..300).contains(&answer.status)) {
            let ended = running.child.try_wait().unwrap();
            assert!(ended.is_none() && began.elapsed() < PATIENCE, "{} does not start ({ended:?})", target.name);
            // Keycloak logs each question that comes too early.
            let wait = (began.elapsed() / 20).clamp(Duration::from_millis(2), Duration::from_millis(500));
            tokio::time::sleep(wait).await;
        }
        (running, began.elapsed())
    }

    /// Has it end in order.
    async fn stop(mut self) {
        signal("TERM", &[self.child.id()]);
        let began = Instant::now();
        while self.child.try_wait().unwrap().is_none() && began.elapsed() < Duration::from_secs(30) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let said = std::fs::read_to_string(&self.log).unwrap_or_default();
            let last: Vec<&str> = said.lines().rev().take(20).collect();
            eprintln!("The last lines of its log:\n{}", last.into_iter().rev().collect::<Vec<_>>().join("\n"));
        }
        if let Ok(None) = self.child.try_wait() {
            signal("KILL", &tree(self.child.id()));
            let _ = self.child.wait();
        }
    }
}

fn signal(name: &str, processes: &[u32]) {
    let _ = Command::new("kill").args(["-s", name]).args(processes.iter().map(u32::to_string)).status();
}

fn shell(line: &str, values: &Values) -> Command {
    let mut shell = Command::new("sh");
    shell.arg("-c").arg(values.fill(line));
    shell
}

fn output(line: &str, values: &Values) -> String {
    let output = shell(line, values).stderr(Stdio::inherit()).output().unwrap();
    assert!(output.status.success(), "{line}: {}", output.status);
    String::from_utf8_lossy(&output.stdout).trim().replace('\n', ", ")
}

/// Measures the targets of these names, or all of them.
pub(crate) async fn measure(names: &[&str], plan: Plan) {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().unwrap();
    let described: Targets =
        toml::from_str(&std::fs::read_to_string(root.join("bench/peers/targets.toml")).unwrap()).unwrap();
    let described: Vec<Arc<Target>> = described.target.into_iter().map(Arc::new).collect();
    if let Some(unknown) = names.iter().find(|name| described.iter().all(|target| target.name != **name)) {
        eprintln!("auth-bench: bench/peers/targets.toml has no target {unknown:?}");
        std::process::exit(2);
    }
    let targets: Vec<_> =
        described.into_iter().filter(|target| names.is_empty() || names.contains(&target.name.as_str())).collect();
    let all = [("root", root.display().to_string()), ("binary", binary().display().to_string())];
    let all = Values(all.into());
    for target in &targets {
        if let Some(install) = &target.install {
            let status = shell(install, &all).stdout(Stdio::null()).status().unwrap();
            if !status.success() {
                eprintln!("auth-bench: {} is not installed", target.name);
                std::process::exit(1);
            }
        }
    }
    let Plan { measured, rounds } = plan;
    println!("### Side by side with other servers\n");
    println!(
        "Method: {CLIENTS} users, each on a kept connection, send a request as soon as the last one is answered; {} s at a time, \
         once to warm up and then {rounds} times, the median (lowest to highest). One server after another, each on an empty \
         database of the same PostgreSQL with its own settings (fsync on, no TLS). CPU is microseconds per request of the \
         server's processes, and of everything else but the load (the database). Memory is resident.\n",
        measured.as_secs()
    );
    for target in &targets {
        println!("- **{}** ({}): {}.", target.name, output(&target.version, &all), target.about);
    }
    println!("\nPassword hashes differ in cost, so rates of logins say nothing by themselves.\n");
    let cluster = Cluster::start_durable();
    let mut columns = Vec::new();
    for target in &targets {
        eprintln!("auth-bench: {}", target.name);
        let column = column(target, &all, &cluster, plan).await;
        // So that they are not lost if the next target fails.
        column.iter().for_each(|(label, value)| eprintln!("  {label}: {value}"));
        columns.push(column);
    }
    println!("| | {} |", targets.iter().map(|target| target.name.as_str()).collect::<Vec<_>>().join(" | "));
    println!("| --- |{}", " --- |".repeat(targets.len()));
    for (row, (label, _)) in columns.first().into_iter().flatten().enumerate() {
        let cells: Vec<&str> = columns.iter().map(|column| column[row].1.as_str()).collect();
        println!("| {label} | {} |", cells.join(" | "));
    }
}

/// The rows of a target: what is measured, and the figure.
async fn column(target: &Arc<Target>, all: &Values, cluster: &Cluster, plan: Plan) -> Vec<(String, String)> {
    let (port, database, folder) = (free_port(), cluster.database(), tempfile::tempdir().unwrap());
    let to = SocketAddr::from(([127, 0, 0, 1], port));
    let mut values = all.clone();
    let database_name = database.rsplit('/').next().unwrap().to_owned();
    values.0.extend([("port", port.to_string()), ("database", database), ("database_name", database_name)]);
    values.0.insert("database_port", cluster.port().to_string());
    let (server, first_start) = Running::start(target, &values, to, folder.path()).await;
    let mut users: Vec<Values> = (0..CLIENTS).map(|number| values.of_user(name(number))).collect();
    for user in &users {
        if let Some(sign_up) = &target.sign_up {
            demand_success(&answer(to, sign_up, user).await.unwrap());
        }
    }
    server.stop().await;
    let (server, restart) = Running::start(target, &values, to, folder.path()).await;
    let pid = server.child.id();
    tokio::time::sleep(Duration::from_secs(2)).await;
    let (idle, _) = memory_mib(pid);
    let mut rows = Vec::new();
    for (load, what) in Load::ALL {
        let mut sides = Vec::new();
        for _ in 0..=plan.rounds {
            for user in users.iter_mut().filter(|_| load != Load::Login) {
                let answer = answer(to, &target.login, user).await.unwrap();
                demand_success(&answer);
                user.keep_tokens(target, &answer);
            }
            let callers = users.iter().filter_map(|user| User::new(Arc::clone(target), load, user.clone()));
            let callers: Vec<Box<dyn Caller>> = callers.map(|user| Box::new(user) as Box<dyn Caller>).collect();
            if !callers.is_empty() {
                sides.push(of_process(pid, to, callers, plan.measured));
            }
        }
        // The first one is to warm up.
        let (rate, used) = summary(sides.into_iter().skip(1).collect());
        rows.extend([(format!("{what}, per second"), rate), (format!("{what}, CPU: server, rest"), used)]);
    }
    let (after, peak) = memory_mib(pid);
    server.stop().await;
    rows.extend([
        ("memory when idle".to_owned(), format!("{idle:.0} MiB")),
        ("memory after the load".to_owned(), format!("{after:.0} MiB")),
        ("memory, peak".to_owned(), format!("{peak:.0} MiB")),
        ("first start to ready, on an empty database".to_owned(), seconds(first_start)),
        ("restart to ready".to_owned(), seconds(restart)),
    ]);
    rows
}

fn seconds(time: Duration) -> String {
    format!("{:.2} s", time.as_secs_f64())
}

/// The median by rate, and what it used.
fn summary(mut sides: Vec<Side>) -> (String, String) {
    sides.sort_by(|a, b| a.rate.total_cmp(&b.rate));
    let (Some(low), Some(high)) = (sides.first(), sides.last()) else { return ("–".to_owned(), "–".to_owned()) };
    let median = &sides[sides.len() / 2];
    let rate = format!("{:.0} ({:.0} to {:.0})", median.rate, low.rate, high.rate);
    (rate, format!("{:.0}, {:.0}", median.used.server, median.used.rest))
}
