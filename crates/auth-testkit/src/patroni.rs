//! PostgreSQL under Patroni: an etcd and some nodes on loopback, synchronous, gone with the process that started them.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::fixtures::unique;
use crate::postgres::{Frozen, binaries, children, signal};
use crate::processes::{Supervised, free_port, new_file, new_folder, run, unprivileged};

/// How long a cluster may take to become whole.
const PATIENCE: Duration = Duration::from_secs(180);
/// How long Patroni may take to answer.
const ANSWER: Duration = Duration::from_secs(2);
/// Patroni's smallest: without its leader renewing it, the lock is free after so many seconds.
const TTL: u32 = 20;
const SUPERUSER: &str = "postgres";

/// The nodes, and the etcd that they agree in. Everything ends when this is dropped, at the latest with this process.
pub struct Patroni {
    dir: PathBuf,
    bin: PathBuf,
    program: String,
    nodes: Vec<Node>,
    etcd: Supervised,
}

/// How the nodes are configured.
#[derive(Clone, Copy, Debug)]
pub struct Setup {
    /// How many there are.
    pub nodes: usize,
    /// Whether nothing is acknowledged while there is no synchronous standby.
    pub is_strict: bool,
    /// Patroni's `watchdog.mode`.
    pub watchdog: &'static str,
}

struct Node {
    port: u16,
    api: u16,
    server: Supervised,
    /// Supervisors of those that were killed.
    gone: Vec<Supervised>,
}

impl Patroni {
    /// What is missing to run one, if anything: `PATRONI` and `ETCD` name the programs where they are not in the path.
    pub fn missing() -> Option<String> {
        let starts = |program: &str| {
            let mut tried = unprivileged(&format!("PATH=$PATH:/usr/sbin {program} --version"));
            tried.stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|status| status.success())
        };
        if !starts(&program("PATRONI", "patroni")) {
            return Some(
                "no Patroni (pip install 'patroni[etcd3]' psycopg2-binary; PATRONI names the program)".to_owned(),
            );
        }
        (!starts(&program("ETCD", "etcd"))).then(|| "no etcd (Debian's etcd-server; ETCD names the program)".to_owned())
    }

    /// Starts them. Not waited for: [`wait_until_whole`](Self::wait_until_whole) does that.
    pub fn start(setup: Setup) -> Self {
        let (dir, bin, [client, peer]) = (new_folder("patroni"), binaries(), [free_port(), free_port()]);
        let at = |port: u16| format!("http://127.0.0.1:{port}");
        let etcd = format!(
            "{etcd} --data-dir {dir}/etcd --listen-client-urls {client} --advertise-client-urls {client} \
             --listen-peer-urls {peer} --initial-advertise-peer-urls {peer} --initial-cluster default={peer}",
            etcd = program("ETCD", "etcd"),
            dir = dir.display(),
            client = at(client),
            peer = at(peer),
        );
        let etcd = Supervised::start(&etcd, &dir.join("etcd.log"), "TERM", &format!("rm -rf {}", dir.display()));
        let mut cluster = Self { dir, bin, program: program("PATRONI", "patroni"), nodes: Vec::new(), etcd };
        for number in 0..setup.nodes {
            let (port, api) = (free_port(), free_port());
            let text = configuration(setup, number, &cluster.dir, &cluster.bin, [port, api, client]);
            new_file(&cluster.dir.join(format!("n{number}.yml")), &text);
            run(&mut unprivileged(&format!("mkdir {}/n{number}", cluster.dir.display())));
            let server = cluster.supervised(number);
            cluster.nodes.push(Node { port, api, server, gone: Vec::new() });
        }
        cluster
    }

    fn supervised(&self, number: usize) -> Supervised {
        let command = format!("{} {}", self.program, self.configuration(number).display());
        Supervised::start(&command, &self.dir.join(format!("n{number}.log")), "TERM", ":")
    }

    fn configuration(&self, number: usize) -> PathBuf {
        self.dir.join(format!("n{number}.yml"))
    }

    /// Waits until one leads, one confirms what it writes, and the others follow; how long that took.
    pub fn wait_until_whole(&self) -> Duration {
        let began = Instant::now();
        loop {
            let count = |path: &str| self.nodes.iter().filter(|node| node.says(path)).count();
            if count("/leader") == 1 && count("/sync") == 1 && count("/replica") == self.nodes.len() - 1 {
                return began.elapsed();
            }
            assert!(began.elapsed() < PATIENCE, "Patroni's nodes do not find together: {}", self.last_words());
            std::thread::sleep(Duration::from_millis(200));
        }
    }

    /// The last that each node said.
    pub fn last_words(&self) -> String {
        let log = |number: usize| std::fs::read_to_string(self.dir.join(format!("n{number}.log"))).unwrap_or_default();
        let last = |number: usize| log(number).lines().last().unwrap_or_default().to_owned();
        (0..self.nodes.len()).map(last).collect::<Vec<_>>().join(" | ")
    }

    /// Which node says that it leads.
    pub fn leader(&self) -> Option<usize> {
        self.nodes.iter().position(|node| node.says("/leader"))
    }

    /// Waits until another node than `old` leads, for at most `limit`; answers which.
    pub fn leader_other_than(&self, old: usize, limit: Duration) -> Option<usize> {
        let began = Instant::now();
        while began.elapsed() < limit {
            let others = self.nodes.iter().enumerate().filter(|(number, _)| *number != old);
            if let Some((number, _)) = others.into_iter().find(|(_, node)| node.says("/leader")) {
                return Some(number);
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        None
    }

    /// A new, empty database; answers its URL, which names every node.
    pub fn database(&self) -> String {
        let name = format!("test_{}", unique());
        self.query("postgres", &format!("CREATE DATABASE {name}"));
        let hosts: Vec<String> = self.nodes.iter().map(|node| format!("127.0.0.1:{}", node.port)).collect();
        format!("postgres://{SUPERUSER}@{}/{name}", hosts.join(","))
    }

    /// Runs `sql` where the leader is and answers what it prints, unaligned. `database` is a name or the end of a URL.
    pub fn query(&self, database: &str, sql: &str) -> String {
        let leader = self.leader_other_than(usize::MAX, PATIENCE).expect("a leader");
        let output = self.psql(leader, database).args(["-c", sql]).output().expect("psql starts");
        assert!(output.status.success(), "{sql}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("UTF-8").trim().to_owned()
    }

    /// psql on that node, whoever leads; its statements are to follow.
    pub fn psql(&self, node: usize, database: &str) -> Command {
        let database = database.rsplit('/').next().unwrap_or(database);
        let mut psql = Command::new(self.bin.join("psql"));
        psql.env("PGCONNECT_TIMEOUT", "2").args(["-h", "127.0.0.1", "-U", SUPERUSER, "-qAtX", "-d", database, "-p"]);
        psql.arg(self.nodes[node].port.to_string());
        psql
    }

    /// Every process of that node: Patroni and what it started, PostgreSQL and what that started.
    fn processes(&self, node: usize) -> Vec<u32> {
        let pid_file = self.dir.join(format!("n{node}/data/postmaster.pid"));
        let read = std::fs::read_to_string(pid_file).ok();
        let postmaster: Option<u32> = read.and_then(|text| text.lines().next()?.parse().ok());
        let mut found: Vec<u32> = running(&self.configuration(node));
        found.extend(postmaster);
        for parent in found.clone() {
            found.extend(children(parent));
        }
        found
    }

    /// Ends that node at once: the machine is gone.
    pub fn kill(&self, node: usize) {
        let mut processes = self.processes(node);
        // None of them starts another meanwhile.
        signal("STOP", &processes);
        processes.extend(self.processes(node));
        signal("KILL", &processes);
    }

    /// Starts again what was killed.
    pub fn start_again(&mut self, node: usize) {
        let server = self.supervised(node);
        let old = std::mem::replace(&mut self.nodes[node].server, server);
        self.nodes[node].gone.push(old);
    }

    /// Stops every process of that node in the middle of what it does, until the answer is dropped.
    pub fn freeze(&self, node: usize) -> Frozen {
        signal("STOP", &self.processes(node));
        // With those that were started meanwhile.
        Frozen::new(self.processes(node))
    }
}

impl Drop for Patroni {
    /// Not one after the other in good order: that would take each of them seconds.
    fn drop(&mut self) {
        for node in 0..self.nodes.len() {
            self.kill(node);
        }
        for node in &mut self.nodes {
            node.server.stop();
            node.gone.iter_mut().for_each(Supervised::stop);
        }
        self.etcd.stop();
    }
}

impl Node {
    /// Whether Patroni answers 200 there (its REST API, "Health check endpoints").
    fn says(&self, path: &str) -> bool {
        let address = SocketAddr::from(([127, 0, 0, 1], self.api));
        let asked = || -> std::io::Result<bool> {
            let mut stream = TcpStream::connect_timeout(&address, ANSWER)?;
            stream.set_read_timeout(Some(ANSWER))?;
            write!(stream, "GET {path} HTTP/1.0\r\n\r\n")?;
            let mut head = [0; 12];
            stream.read_exact(&mut head)?;
            Ok(head.ends_with(b" 200"))
        };
        asked().unwrap_or(false)
    }
}

fn program(variable: &str, name: &str) -> String {
    std::env::var(variable).unwrap_or_else(|_| name.to_owned())
}

/// The processes that run Patroni with that configuration; not the shell that looks after it.
fn running(configuration: &Path) -> Vec<u32> {
    let wanted = configuration.as_os_str().as_encoded_bytes();
    let is_it = |process: &u32| {
        let line = std::fs::read(format!("/proc/{process}/cmdline")).unwrap_or_default();
        line.split(|byte| *byte == 0).any(|argument| argument == wanted)
    };
    let entries = std::fs::read_dir("/proc").expect("there is /proc");
    entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok()).filter(is_it).collect()
}

fn configuration(setup: Setup, number: usize, dir: &Path, bin: &Path, [port, api, etcd]: [u16; 3]) -> String {
    let Setup { is_strict, watchdog, .. } = setup;
    let (dir, bin) = (dir.display(), bin.display());
    format!(
        r#"scope: auth
name: n{number}
restapi: {{listen: "127.0.0.1:{api}", connect_address: "127.0.0.1:{api}"}}
etcd3: {{host: "127.0.0.1:{etcd}"}}
bootstrap:
  dcs:
    ttl: {TTL}
    loop_wait: 5
    retry_timeout: 5
    synchronous_mode: true
    synchronous_mode_strict: {is_strict}
    postgresql:
      use_pg_rewind: true
      parameters: {{synchronous_commit: "on", wal_log_hints: "on", max_connections: 200, shared_buffers: 64MB}}
  initdb: [{{encoding: UTF8}}, {{locale: C}}, data-checksums]
postgresql:
  listen: "127.0.0.1:{port}"
  connect_address: "127.0.0.1:{port}"
  data_dir: "{dir}/n{number}/data"
  bin_dir: "{bin}"
  pgpass: "{dir}/n{number}/pgpass"
  parameters: {{unix_socket_directories: "{dir}/n{number}"}}
  pg_hba: ["local all all trust", "host all all 127.0.0.1/32 trust", "host replication all 127.0.0.1/32 trust"]
  authentication:
    superuser: {{username: {SUPERUSER}, password: none}}
    replication: {{username: replicator, password: none}}
    rewind: {{username: {SUPERUSER}, password: none}}
watchdog: {{mode: "{watchdog}"}}
"#
    )
}
