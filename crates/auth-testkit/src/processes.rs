//! Throw-away servers: processes that never run as root, and end when the process that started them does.

use std::io::Write as _;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

/// A server in the background. It ends when this is dropped, or when this process ends: its supervisor waits for our
/// end of the pipe to close.
pub(crate) struct Supervised {
    shell: Child,
}

impl Supervised {
    /// Runs `server`, a line of shell, with its output in `log`; stops it with `signal` and then runs `afterwards`.
    pub(crate) fn start(server: &str, log: &Path, signal: &str, afterwards: &str) -> Self {
        let script = format!(
            "PATH=$PATH:/usr/sbin; exec 3<&0; {server} </dev/null >>{log} 2>&1 & pid=$!; cat <&3 >/dev/null; kill -{signal} $pid 2>/dev/null; wait $pid; \
             {afterwards}",
            log = log.display(),
        );
        Self { shell: unprivileged(&script).stdin(Stdio::piped()).spawn().expect("sh starts") }
    }

    /// Stops the server and waits for its end.
    pub(crate) fn stop(&mut self) {
        drop(self.shell.stdin.take());
        self.shell.wait().expect("its supervisor ends");
    }
}

/// Creates a folder that such a server may write to. Only its server removes it.
pub(crate) fn new_folder(name: &str) -> PathBuf {
    let prefix = format!("auth-test-{name}-");
    let dir = tempfile::Builder::new().prefix(&prefix).tempdir().expect("a temporary folder").keep();
    if is_root() {
        run(Command::new("chown").arg(account_to_run_as()).arg(&dir));
    }
    dir
}

/// Creates a file that such a server may read.
pub(crate) fn new_file(path: &Path, text: &str) {
    let mut file = std::fs::File::create(path).expect("a file");
    file.write_all(text.as_bytes()).expect("it is written");
}

/// Returns a loopback port on which nothing listens at the moment, and which the system assigns to nobody: it stays
/// free while a server that uses it is restarted.
pub fn free_port() -> u16 {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let first = std::process::id().wrapping_mul(61);
    loop {
        let number = first.wrapping_add(NEXT.fetch_add(1, Ordering::Relaxed)) % 20_000;
        let port = 10_000 + u16::try_from(number).expect("below 20000");
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}

fn is_root() -> bool {
    let output = Command::new("id").arg("-u").output().expect("id");
    output.stdout.trim_ascii() == b"0"
}

/// Returns the account to use: PostgreSQL and PgBouncer refuse to run as root.
fn account_to_run_as() -> &'static str {
    let known = Command::new("id").args(["-u", "postgres"]).stdout(Stdio::null()).stderr(Stdio::null()).status();
    if known.is_ok_and(|status| status.success()) { "postgres" } else { "nobody" }
}

pub(crate) fn unprivileged(script: &str) -> Command {
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

pub(crate) fn run(command: &mut Command) {
    let status = command.status().expect("the command starts");
    assert!(status.success(), "{command:?}: {status}");
}
