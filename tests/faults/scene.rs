//! A service under load, ready to have something broken under it.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use auth_black_box::{Engine, Server, WEBHOOK_SECRET, WebhookReceiver};
use auth_testkit::postgres::{Cluster, free_port};
use serde_json::Value;
use tempfile::TempDir;
use tokio::task::JoinSet;

use crate::check::check;
use crate::client::{Account, Client};
use crate::report::Report;
use crate::world::{World, say};

/// Whether nobody waits, at the end, for what workers had leased that were killed: a minute.
static HURRIES: AtomicBool = AtomicBool::new(false);
/// Makes the events due that are owed.
const HURRY: &str = "UPDATE event_deliveries SET next_attempt_at = 0 WHERE acknowledged_at IS NULL";

/// Has every scene of the short form hurry.
pub fn hurry() {
    HURRIES.store(true, Ordering::Relaxed);
}

/// How long a client may take for what it is doing when the run ends.
const END: Duration = Duration::from_secs(90);
/// How many errors of logs are told.
const MOST_ERRORS: usize = 6;
/// How long the service may take to be back.
const BACK: Duration = Duration::from_secs(30);

/// What is to be set up.
pub struct Plan<'a> {
    /// The database's URL; none is SQLite.
    pub database: Option<String>,
    /// How many nodes.
    pub nodes: usize,
    /// How many clients.
    pub clients: usize,
    /// Further settings of each node.
    pub settings: &'a [(&'a str, &'a str)],
    /// On which loopback port webhooks are received; none is any, and the nodes are told of it.
    pub hook: Option<u16>,
    /// Whether a panic is what is to be got over.
    pub may_panic: bool,
    /// How long webhooks may take at the end.
    pub told_within: Duration,
}

impl Default for Plan<'_> {
    /// One node on SQLite.
    fn default() -> Self {
        let told_within = Duration::from_secs(150);
        Self { database: None, nodes: 1, clients: 12, settings: &[], hook: None, may_panic: false, told_within }
    }
}

/// Answers what a statement finds in the database, as text; none is the file of the first node.
pub type Database<'a> = Option<Box<dyn Fn(&str) -> String + 'a>>;

/// A running service, its clients, and the service beside it.
pub struct Scene {
    /// The nodes.
    pub servers: Vec<Server>,
    /// What the clients know.
    pub world: Arc<World>,
    clients: JoinSet<Option<(usize, Account)>>,
    hook: WebhookReceiver,
    may_panic: bool,
    told_within: Duration,
    _folder: TempDir,
}

impl Scene {
    /// Starts all of it, and waits until each client has begun.
    pub async fn start(plan: Plan<'_>) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mails: PathBuf = folder.path().join("mail");
        let hook_port = plan.hook.unwrap_or_else(free_port);
        let hook = WebhookReceiver::start(hook_port, "ok");
        let mail_url = format!("file:{}", mails.display());
        let hook_url = format!("http://127.0.0.1:{hook_port}/hook");
        let ports: Vec<u16> = (0..plan.nodes).map(|_| free_port()).collect();
        let public_url = format!("http://127.0.0.1:{}", ports[0]);
        let mut servers = Vec::new();
        for port in &ports {
            let listen = format!("127.0.0.1:{port}");
            let mut settings = vec![
                ("AUTH_LISTEN", listen.as_str()),
                ("AUTH_PUBLIC_URL", &public_url),
                ("AUTH_TRUSTED_PROXIES", "127.0.0.1"),
                ("AUTH_MAIL_URL", &mail_url),
                ("AUTH_WEBHOOKS__LEDGER__URL", &hook_url),
                ("AUTH_WEBHOOKS__LEDGER__SECRET", WEBHOOK_SECRET),
                ("RUST_LOG", "warn"),
            ];
            settings.extend(plan.settings);
            servers.push(Server::on(plan.database.clone(), &settings).await);
        }
        let world = Arc::new(World::new(ports, mails));
        let Plan { may_panic, told_within, .. } = plan;
        let mut scene = Self { servers, world, clients: JoinSet::new(), hook, may_panic, told_within, _folder: folder };
        scene.add_clients(plan.clients);
        scene.grow().await;
        scene
    }

    /// On that engine, where it is PostgreSQL with two nodes on a server of its own.
    pub async fn on(engine: Engine) -> (Option<OwnDatabase>, Self) {
        let own = OwnDatabase::of(engine);
        let (database, nodes) = (own.as_ref().map(|own| own.url.clone()), if own.is_some() { 2 } else { 1 });
        (own, Self::start(Plan { database, nodes, ..Plan::default() }).await)
    }

    /// Lets so many more begin.
    pub fn add_clients(&mut self, count: usize) {
        let first = self.clients.len();
        for number in first..first + count {
            self.clients.spawn(Client::new(&self.world, number).live());
        }
    }

    /// How many clients there are.
    pub fn clients(&self) -> usize {
        self.clients.len()
    }

    /// Waits until every client has done a few things.
    async fn grow(&self) {
        let began = Instant::now();
        while self.acknowledged() < 5 * self.clients.len() as u64 && began.elapsed() < END {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// How many things were acknowledged so far.
    pub fn acknowledged(&self) -> u64 {
        self.world.ledger().acknowledged.values().sum()
    }

    /// Waits until something is written again after `moment`, at which whatever was broken `works`; answers how long after.
    pub async fn back_from(&self, moment: Instant, works: &str) -> Option<Duration> {
        let back = self.world.written_after(moment, BACK).await;
        if back.is_none() {
            self.world.violation(format!("nothing is written within {BACK:?} after {works}"));
        }
        back
    }

    /// Ends the load and compares; `database` is where the data is now, none the file of the first node.
    pub async fn finish(mut self, database: Database<'_>, rounds: usize, recoveries: Vec<Duration>) -> Report {
        self.world.end();
        let (mut accounts, ended) = (Vec::new(), Instant::now());
        let clients = async {
            while let Some(ended) = self.clients.join_next().await {
                accounts.extend(ended.expect("a client does not panic"));
            }
        };
        if tokio::time::timeout(END, clients).await.is_err() {
            self.world.violation(format!("clients still wait {END:?} after the end"));
        }
        for (at, server) in self.servers.iter_mut().enumerate() {
            if server.has_ended() {
                self.world.violation(format!("node {at} has ended by itself: {}", last_words(server)));
            } else if !self.may_panic && server.log().contains("panicked") {
                self.world.violation(format!("node {at} panicked"));
            }
        }
        if self.world.ledger().answers.keys().any(|answer| answer.starts_with("500")) {
            self.servers.iter().flat_map(errors).take(MOST_ERRORS).for_each(|line| say(&line));
        }
        let (took, comparing) = (ended.elapsed(), Instant::now());
        let sql = database.unwrap_or_else(|| Box::new(|statement| self.servers[0].sql(statement)));
        if HURRIES.load(Ordering::Relaxed) {
            sql(HURRY);
        }
        let checked =
            check(&self.world, || self.servers[0].internal_token(), (&self.hook, self.told_within), &accounts, sql)
                .await;
        let compared = comparing.elapsed().as_secs_f64();
        say(&format!("the clients ended after {:.1} s, to compare took {compared:.1} s", took.as_secs_f64()));
        let report = Report::of(&self.world, rounds, checked, recoveries);
        if !report.violations.is_empty() && !is_control() {
            self.servers.iter().enumerate().for_each(|(at, server)| keep_log(at, server));
        }
        report
    }
}

/// A control has violations each time, so that its logs explain nothing.
fn is_control() -> bool {
    thread::current().name().is_some_and(|name| name.starts_with("control-"))
}

/// Copies the log of a node to where it outlives the run.
fn keep_log(at: usize, server: &Server) {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("faults");
    let name = format!("{}-node-{at}-{}.log", thread::current().name().unwrap_or("fault"), std::process::id());
    let kept = std::fs::create_dir_all(&folder).and_then(|()| std::fs::write(folder.join(&name), server.log()));
    say(&match kept {
        Ok(()) => format!("the log of node {at} is {}", folder.join(&name).display()),
        Err(error) => format!("the log of node {at} could not be kept: {error}"),
    });
}

/// The errors in a node's log, each once.
fn errors(server: &Server) -> BTreeSet<String> {
    let log = server.log();
    let lines = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    lines
        .filter(|line| line["level"] == "ERROR")
        .map(|line| format!("{} {} {}", line["message"], line["error"], line["sqlstate"]))
        .collect()
}

fn last_words(server: &Server) -> String {
    let log = server.log();
    let last: Vec<&str> = log.lines().rev().take(3).collect();
    last.join(" | ")
}

/// The file of a node on SQLite.
pub fn database_file(server: &Server) -> PathBuf {
    data_folder(server).join("auth.db")
}

/// The folder of a node's files.
pub fn data_folder(server: &Server) -> PathBuf {
    Path::new(server.dir.path()).join("data")
}

/// A durable PostgreSQL with one database in it.
pub struct OwnDatabase {
    /// The server.
    pub cluster: Cluster,
    /// The URL of the database.
    pub url: String,
}

impl OwnDatabase {
    /// On a server with these settings besides those it has by itself.
    pub fn start(settings: &str) -> Self {
        Self::start_in("", settings)
    }

    /// The same in an environment of one's own.
    pub fn start_in(environment: &str, settings: &str) -> Self {
        let cluster = Cluster::start_in(environment, settings);
        let url = cluster.database();
        Self { cluster, url }
    }

    /// On a server where the engine asks for one.
    pub fn of(engine: Engine) -> Option<Self> {
        (engine == Engine::Postgres).then(|| Self::start(""))
    }

    /// To compare with.
    pub fn here(&self) -> Database<'_> {
        Some(Box::new(|statement| self.query(statement)))
    }

    /// Answers what a statement finds in it, as text.
    pub fn query(&self, sql: &str) -> String {
        self.cluster.query(&self.url, sql)
    }

    /// Runs SQL in it.
    pub fn sql(&self, sql: &str) {
        self.query(sql);
    }
}
