//! A throw-away PostgreSQL: a separate cluster on a free loopback port, without fsync, gone with the process that
//! started it.

use std::io::Write as _;
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use crate::citus::Workers;
use crate::fixtures::unique;
use crate::pgbouncer::PgBouncer;
pub use crate::processes::free_port;
use crate::processes::{Supervised, new_folder, run, unprivileged};

/// Returns the cluster of this process, which the first call starts.
pub fn cluster() -> &'static Cluster {
    static CLUSTER: OnceLock<Cluster> = OnceLock::new();
    CLUSTER.get_or_init(|| match Workers::start() {
        Some((coordinator, workers)) => Cluster { workers: Some(workers), ..coordinator },
        None => Cluster::start(),
    })
}

/// A running PostgreSQL server. It ends when this is dropped, and at the latest with this process.
pub struct Cluster {
    bin: PathBuf,
    port: u16,
    dir: PathBuf,
    roots: PathBuf,
    pooler: OnceLock<PgBouncer>,
    command: String,
    server: Supervised,
    /// The servers that crashed: dropping them would remove the folder.
    crashed: Vec<Supervised>,
    /// Where its databases are spread over servers by Citus.
    workers: Option<Workers>,
}

const USER: &str = "postgres";
/// Durability is off: tests need no data after a crash of the machine.
pub(crate) const NOT_DURABLE: &str = "-c fsync=off -c synchronous_commit=off -c full_page_writes=off";

/// A value of `lc_messages` with which a [`Cluster`] speaks German.
pub const GERMAN: &str = "de_DE.UTF-8";

impl Cluster {
    /// Starts a cluster that nobody else uses, for example to stop it.
    pub fn start() -> Self {
        Self::start_with(NOT_DURABLE)
    }

    /// Starts one with the default settings of PostgreSQL, for benchmarks: what it acknowledges is on the disk.
    pub fn start_durable() -> Self {
        Self::start_with("")
    }

    /// Starts one with additional settings, as on the server's command line: `-c name=value …`.
    pub fn start_with(settings: &str) -> Self {
        Self::start_in("", settings)
    }

    /// The same in an environment of one's own, as a shell takes it: `NAME=value …`.
    pub fn start_in(environment: &str, settings: &str) -> Self {
        let (bin, dir) = (binaries(), new_folder("postgres"));
        let initdb = bin.join("initdb");
        let initdb =
            format!("{} -D {}/data -U {USER} -A trust -E UTF8 --locale=C --no-sync", initdb.display(), dir.display());
        run(unprivileged(&initdb).stdout(Stdio::null()));
        Self::serve(bin, dir, environment, settings)
    }

    /// Starts a streaming standby of this cluster, ready for reads.
    pub fn standby(&self) -> Self {
        let (bin, dir) = (self.bin.clone(), new_folder("standby"));
        let copy = bin.join("pg_basebackup");
        let port = self.port;
        let copy = format!("{} -h 127.0.0.1 -p {port} -U {USER} -D {}/data -R -c fast", copy.display(), dir.display());
        run(&mut unprivileged(&copy));
        Self::serve(bin, dir, "", NOT_DURABLE)
    }

    /// Makes a standby accept writes.
    pub fn promote(&self) {
        run(self.psql("postgres").args(["-c", "SELECT pg_promote()"]));
    }

    /// Serves the folder `data` in `dir`.
    fn serve(bin: PathBuf, dir: PathBuf, environment: &str, settings: &str) -> Self {
        run(unprivileged(&certificates(&dir)).stdout(Stdio::null()).stderr(Stdio::null()));
        run(&mut unprivileged(&german_locale(&dir)));
        let port = free_port();
        let server = format!(
            "{environment} LOCPATH={dir}/locale {} -D {dir}/data -c listen_addresses=127.0.0.1 -c port={port} -c unix_socket_directories={dir} \
             -c max_connections=500 -c shared_buffers=128MB {settings} -c ssl=on -c ssl_cert_file={dir}/server.pem -c ssl_key_file={dir}/server.key",
            bin.join("postgres").display(),
            dir = dir.display(),
        );
        let (command, roots) = (server, dir.join("ca.pem"));
        let server = supervised(&command, &dir);
        let cluster = Self {
            bin,
            port,
            roots,
            dir,
            pooler: OnceLock::new(),
            command,
            server,
            crashed: Vec::new(),
            workers: None,
        };
        cluster.wait_until_ready();
        cluster
    }

    /// Ends it at once, as a crash does: nothing more is written, and the next start recovers from the log.
    pub fn crash(&self) {
        signal("QUIT", &[self.main_process()]);
        let deadline = Instant::now() + Duration::from_secs(60);
        while self.dir.join("data/postmaster.pid").exists() {
            assert!(Instant::now() < deadline, "PostgreSQL does not end");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Starts it after a [`crash`](Self::crash), and waits until it answers.
    pub fn start_again(&mut self) {
        let server = supervised(&self.command, &self.dir);
        self.crashed.push(std::mem::replace(&mut self.server, server));
        self.wait_until_ready();
    }

    fn main_process(&self) -> u32 {
        let text = std::fs::read_to_string(self.dir.join("data/postmaster.pid")).expect("it runs");
        text.lines().next().and_then(|line| line.parse().ok()).expect("a process id")
    }

    fn wait_until_ready(&self) {
        let deadline = Instant::now() + Duration::from_secs(180);
        while Instant::now() < deadline {
            let answers = TcpStream::connect(("127.0.0.1", self.port)).is_ok();
            if answers && self.psql("postgres").args(["-c", "SELECT 1"]).status().is_ok_and(|status| status.success()) {
                return;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        let said = std::fs::read_to_string(self.dir.join("log")).unwrap_or_default();
        panic!("PostgreSQL does not start:\n{said}");
    }

    /// Stops all its processes until the returned value is dropped: its kernel continues to accept connections and
    /// bytes, but nobody answers them.
    pub fn freeze(&self) -> Frozen {
        let postmaster = self.main_process();
        // The process that starts the others comes first.
        signal("STOP", &[postmaster]);
        Frozen::new([vec![postmaster], children(postmaster)].concat())
    }

    /// Ends every process of it in the middle of what it does, as the machine does whose power is cut, and answers the folder
    /// of its data. What the kernel was told is in the files.
    pub fn kill(&self) -> PathBuf {
        let frozen = self.freeze();
        signal("KILL", &frozen.processes);
        frozen.processes.iter().for_each(|process| wait_until_ended(*process));
        let data = self.dir.join("data");
        // It may name a process that nobody has collected yet, which PostgreSQL would take for a live one.
        std::fs::remove_file(data.join("postmaster.pid")).expect("it ran");
        data
    }

    /// Stops it and removes its files. Connections are cut, without waiting for running statements.
    pub fn stop(&mut self) {
        self.server.stop();
    }

    /// Returns a `psql` command, to which `-c` and statements are added, or statements on stdin.
    fn psql(&self, database: &str) -> Command {
        let mut psql = Command::new(self.bin.join("psql"));
        psql.args(["-h", "127.0.0.1", "-U", USER, "-v", "ON_ERROR_STOP=1", "-qAtX", "-d", database]);
        psql.arg("-p").arg(self.port.to_string()).stdout(Stdio::null()).stderr(Stdio::null());
        psql
    }

    /// Runs `sql` in the database at `url`, on a connection that stays open until the returned value is dropped.
    pub fn session(&self, url: &str, sql: &str) -> Session {
        let mut psql = self.psql(name_of(url)).stdin(Stdio::piped()).spawn().expect("psql starts");
        writeln!(psql.stdin.as_mut().expect("a pipe"), "{sql}").expect("psql reads");
        Session { psql }
    }

    /// Creates an empty database and returns its URL.
    pub fn database(&self) -> String {
        let name = format!("test_{}", unique());
        run(self.psql("postgres").args(["-c", &format!("CREATE DATABASE {name} STRATEGY file_copy")]));
        let url = format!("postgres://{USER}@127.0.0.1:{}/{name}", self.port);
        if let Some(workers) = &self.workers {
            workers.spread(self, &url, &name);
        }
        url
    }

    /// Returns the loopback port on which it listens.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Returns the folder of its Unix socket.
    pub fn socket_folder(&self) -> &Path {
        &self.dir
    }

    /// Returns the URL of the same database through a PgBouncer in transaction mode, which the first call starts. A URL
    /// that does not lead directly to this cluster is returned unchanged.
    pub fn pooled(&self, url: &str) -> String {
        let pooler = self.pooler.get_or_init(|| PgBouncer::start(self.port, USER));
        url.replacen(&format!("127.0.0.1:{}/", self.port), &format!("127.0.0.1:{}/", pooler.port), 1)
    }

    /// Returns the certificate that signed the server's, which names `localhost` and no address.
    pub fn roots(&self) -> &Path {
        &self.roots
    }

    /// Runs `sql` in the database at `url` and returns its output, unaligned.
    pub fn query(&self, url: &str, sql: &str) -> String {
        let output = self.psql(name_of(url)).args(["-c", sql]).stdout(Stdio::piped()).output().expect("psql starts");
        assert!(output.status.success(), "{sql}");
        String::from_utf8(output.stdout).expect("UTF-8").trim().to_owned()
    }
}

fn supervised(command: &str, dir: &Path) -> Supervised {
    Supervised::start(command, &dir.join("log"), "INT", &format!("rm -rf {}", dir.display()))
}

/// Returns the name of the database at `url`.
fn name_of(url: &str) -> &str {
    url.split('?').next().and_then(|url| url.rsplit('/').next()).expect("a database name")
}

/// An open connection to a database.
pub struct Session {
    psql: Child,
}

impl Drop for Session {
    /// Undoes what it began.
    fn drop(&mut self) {
        drop(self.psql.stdin.take());
        let _ = self.psql.wait();
    }
}

/// A server whose processes are stopped.
pub struct Frozen {
    processes: Vec<u32>,
}

impl Frozen {
    pub(crate) fn new(processes: Vec<u32>) -> Self {
        signal("STOP", &processes);
        Self { processes }
    }
}

impl Drop for Frozen {
    /// Continues the processes.
    fn drop(&mut self) {
        signal("CONT", &self.processes);
    }
}

/// Sends a signal. A process that has ended meanwhile does not matter.
pub(crate) fn signal(name: &str, processes: &[u32]) {
    let processes = processes.iter().map(u32::to_string);
    let _ = Command::new("kill").args(["-s", name]).args(processes).stderr(Stdio::null()).status();
}

/// One that nobody has collected yet has ended.
fn wait_until_ended(process: u32) {
    let deadline = Instant::now() + Duration::from_secs(60);
    let runs = || {
        let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
        status.lines().any(|line| line.starts_with("State:") && !line.contains('Z'))
    };
    while runs() {
        assert!(Instant::now() < deadline, "PostgreSQL does not end");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Returns the child processes of a process (proc(5)).
pub(crate) fn children(parent: u32) -> Vec<u32> {
    let is_child = |process: &u32| {
        let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
        status.lines().any(|line| line.strip_prefix("PPid:").is_some_and(|id| id.trim() == parent.to_string()))
    };
    let entries = std::fs::read_dir("/proc").expect("there is /proc");
    entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok()).filter(is_child).collect()
}

/// Returns a shell script that creates a certificate for `localhost`, and the one that signs it.
fn certificates(dir: &Path) -> String {
    let new = "openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2";
    format!(
        "cd {} && {new} -x509 -subj /CN=tests -keyout ca.key -out ca.pem \
         && {new} -subj /CN=localhost -keyout server.key -out server.csr && chmod 600 server.key \
         && echo subjectAltName=DNS:localhost > names \
         && openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile names -out server.pem",
        dir.display()
    )
}

/// Returns a shell script that creates [`GERMAN`]: messages are found by the name of a locale, so a copy of the plain
/// one under another name is enough, and no machine needs a German one.
fn german_locale(dir: &Path) -> String {
    let dir = dir.join("locale");
    format!("mkdir {dir} && cp -r /usr/lib/locale/C.utf8 {dir}/{GERMAN}", dir = dir.display())
}

/// Returns the folder of `initdb`, which Debian does not have in the PATH.
pub(crate) fn binaries() -> PathBuf {
    let mut candidates: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
        .map(|entries| entries.flatten().map(|entry| entry.path().join("bin")).collect())
        .unwrap_or_default();
    candidates.sort();
    candidates.reverse();
    candidates.extend(std::env::var_os("PATH").iter().flat_map(std::env::split_paths).collect::<Vec<_>>());
    let found = candidates.into_iter().find(|dir| dir.join("initdb").exists() && dir.join("psql").exists());
    found.expect("PostgreSQL's initdb is not installed: run tests/run, or install the package postgresql")
}
