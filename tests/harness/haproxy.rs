//! A load balancer in front of two nodes.

use std::io::{Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::PATIENCE;

/// A running HAProxy. Killed when dropped.
pub struct HaProxy {
    dir: TempDir,
    child: Child,
}

impl HaProxy {
    /// Runs `configuration`, with the text of each first of `places` replaced by its second, and its control socket here.
    pub fn start(configuration: &str, places: &[(&str, &str)]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let socket = dir.path().join("admin.sock");
        let own = [("/run/haproxy/admin.sock", socket.to_str().unwrap())];
        let text = places.iter().chain(&own).fold(configuration.to_owned(), |text, (from, to)| {
            assert_eq!(text.matches(from).count(), 1, "{from}");
            text.replace(from, to)
        });
        let file = dir.path().join("haproxy.cfg");
        std::fs::write(&file, text).unwrap();
        let path = format!("{}:/usr/sbin", std::env::var("PATH").unwrap_or_default());
        let log = std::fs::File::create(dir.path().join("log")).unwrap();
        let mut command = Command::new("sh");
        command.args(["-c", "exec haproxy -db -f \"$0\""]).arg(&file).env("PATH", path);
        let child = command.stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log).spawn().unwrap();
        let mut started = Self { dir, child };
        let deadline = Instant::now() + PATIENCE;
        while UnixStream::connect(&socket).is_err() {
            let ended = started.child.try_wait().unwrap().is_some();
            let said = || std::fs::read_to_string(started.dir.path().join("log")).unwrap_or_default();
            assert!(!ended && Instant::now() < deadline, "HAProxy does not start; is it installed?\n{}", said());
            std::thread::sleep(Duration::from_millis(20));
        }
        started
    }

    /// The state of that server as HAProxy sees it: `UP`, `DOWN`, or on the way.
    pub fn state(&self, server: &str) -> String {
        self.statistic(server, "status")
    }

    /// What HAProxy knows of that server under that name.
    pub fn statistic(&self, server: &str, name: &str) -> String {
        let mut control = UnixStream::connect(self.dir.path().join("admin.sock")).unwrap();
        control.write_all(b"show stat -1 4 -1\n").unwrap();
        let mut table = String::new();
        control.read_to_string(&mut table).unwrap();
        let mut rows = table.lines().map(|line| line.split(',').collect::<Vec<_>>());
        let column = rows.next().and_then(|names| names.iter().position(|known| *known == name));
        let row = rows.find(|row| row.get(1) == Some(&server)).expect("that server");
        row[column.expect("that name")].to_owned()
    }

    /// Waits until it sees that server in that state.
    pub async fn wait_until(&self, server: &str, state: &str) {
        let deadline = Instant::now() + PATIENCE;
        while self.state(server) != state {
            assert!(Instant::now() < deadline, "{server} is {}, not {state}", self.state(server));
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

impl Drop for HaProxy {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
