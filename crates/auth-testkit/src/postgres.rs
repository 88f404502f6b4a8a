//! A throw-away PostgreSQL: a cluster of its own on a free loopback port, without fsync, gone with
//! the process that started it.

use std::io::Read as _;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use crate::fixtures::unique;

/// The cluster of this process; started at the first call.
pub fn cluster() -> &'static Cluster {
    static CLUSTER: OnceLock<Cluster> = OnceLock::new();
    CLUSTER.get_or_init(Cluster::start)
}

/// A running PostgreSQL server.
pub struct Cluster {
    bin: PathBuf,
    port: u16,
    roots: PathBuf,
    /// The server ends when this process does: its supervisor waits for the end of our pipe.
    _supervisor: Child,
}

const USER: &str = "postgres";

impl Cluster {
    fn start() -> Self {
        let bin = binaries();
        let dir = tempfile::Builder::new().prefix("auth-test-postgres-").tempdir().expect("a temporary folder").keep();
        let data = dir.join("data");
        if is_root() {
            run(Command::new("chown").arg(account_to_run_as()).arg(&dir));
        }
        let initdb = format!(
            "{} -D {} -U {USER} -A trust -E UTF8 --locale=C --no-sync",
            bin.join("initdb").display(),
            data.display()
        );
        run(unprivileged(&initdb).stdout(Stdio::null()));
        run(unprivileged(&certificates(&dir)).stdout(Stdio::null()).stderr(Stdio::null()));

        let port = free_port();
        let server = format!(
            "{} -D {} -c listen_addresses=127.0.0.1 -c port={port} -c unix_socket_directories= -c fsync=off \
             -c synchronous_commit=off -c full_page_writes=off -c max_connections=500 -c shared_buffers=128MB \
             -c ssl=on -c ssl_cert_file={certificates}/server.pem -c ssl_key_file={certificates}/server.key",
            bin.join("postgres").display(),
            data.display(),
            certificates = dir.display(),
        );
        let supervised = format!(
            "exec 3<&0; {server} </dev/null >{log} 2>&1 & pid=$!; cat <&3 >/dev/null; kill -INT $pid; wait $pid; rm -rf {dir}",
            log = dir.join("log").display(),
            dir = dir.display(),
        );
        let supervisor = unprivileged(&supervised).stdin(Stdio::piped()).spawn().expect("sh starts");
        let cluster = Self { bin, port, roots: dir.join("ca.pem"), _supervisor: supervisor };
        cluster.wait_until_ready(&dir.join("log"));
        cluster
    }

    fn wait_until_ready(&self, log: &Path) {
        let deadline = Instant::now() + Duration::from_secs(60);
        while Instant::now() < deadline {
            let answers = TcpStream::connect(("127.0.0.1", self.port)).is_ok();
            if answers && self.psql("postgres", "SELECT 1").status().is_ok_and(|status| status.success()) {
                return;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        let mut text = String::new();
        let _ = std::fs::File::open(log).and_then(|mut file| file.read_to_string(&mut text));
        panic!("PostgreSQL does not start:\n{text}");
    }

    fn psql(&self, database: &str, sql: &str) -> Command {
        let mut psql = Command::new(self.bin.join("psql"));
        psql.args(["-h", "127.0.0.1", "-U", USER, "-v", "ON_ERROR_STOP=1", "-qAtX", "-d", database, "-c", sql]);
        psql.arg("-p").arg(self.port.to_string()).stdout(Stdio::null()).stderr(Stdio::null());
        psql
    }

    /// A new, empty database; answers its URL.
    pub fn database(&self) -> String {
        let name = format!("test_{}", unique());
        run(&mut self.psql("postgres", &format!("CREATE DATABASE {name} STRATEGY file_copy")));
        format!("postgres://{USER}@127.0.0.1:{}/{name}", self.port)
    }

    /// The certificate that the server's is signed with. That one names `localhost`, and no address.
    pub fn roots(&self) -> &Path {
        &self.roots
    }

    /// Runs `sql` in the database at `url` and answers what it prints, unaligned.
    pub fn query(&self, url: &str, sql: &str) -> String {
        let name = url.split('?').next().and_then(|url| url.rsplit('/').next()).expect("a database name");
        let output = self.psql(name, sql).stdout(Stdio::piped()).output().expect("psql starts");
        assert!(output.status.success(), "{sql}");
        String::from_utf8(output.stdout).expect("UTF-8").trim().to_owned()
    }
}

/// A shell script that makes a certificate for `localhost`, and the one that it is signed with.
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

/// A loopback port that nothing listens on at this moment.
pub fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("its address").port()
}

/// Where `initdb` is: Debian keeps it out of the PATH.
fn binaries() -> PathBuf {
    let mut candidates: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
        .map(|entries| entries.flatten().map(|entry| entry.path().join("bin")).collect())
        .unwrap_or_default();
    candidates.sort();
    candidates.reverse();
    candidates.extend(std::env::var_os("PATH").iter().flat_map(std::env::split_paths).collect::<Vec<_>>());
    let found = candidates.into_iter().find(|dir| dir.join("initdb").exists() && dir.join("psql").exists());
    found.expect("PostgreSQL's initdb is not installed: run tests/run, or install the package postgresql")
}

fn is_root() -> bool {
    let output = Command::new("id").arg("-u").output().expect("id");
    output.stdout.trim_ascii() == b"0"
}

/// PostgreSQL refuses to run as root.
fn account_to_run_as() -> &'static str {
    let known = Command::new("id").args(["-u", USER]).stdout(Stdio::null()).stderr(Stdio::null()).status();
    if known.is_ok_and(|status| status.success()) { USER } else { "nobody" }
}

fn unprivileged(script: &str) -> Command {
    if !is_root() {
        let mut shell = Command::new("sh");
        shell.args(["-c", script]);
        return shell;
    }
    let mut dropped = Command::new("setpriv");
    let account = account_to_run_as();
    dropped.args(["--reuid", account, "--regid", "nogroup", "--clear-groups", "sh", "-c", script]).current_dir("/");
    dropped
}

fn run(command: &mut Command) {
    let status = command.status().expect("the command starts");
    assert!(status.success(), "{command:?}: {status}");
}
