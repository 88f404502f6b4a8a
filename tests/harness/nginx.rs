//! A gateway, configured as a page of the docs has it.

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::PATIENCE;

/// A running nginx with one server. Stopped when dropped.
pub struct Nginx {
    child: Child,
    _dir: TempDir,
    /// Where it listens.
    pub address: SocketAddr,
}

impl Nginx {
    /// Runs a server of these directives.
    pub async fn start(directives: &str) -> Self {
        Self::at(TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap(), directives).await
    }

    /// Runs it at this address.
    pub async fn at(address: SocketAddr, directives: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let paths: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .map(|name| format!("{name}_temp_path {};\n", dir.path().join(name).display()))
            .concat();
        let configuration = format!(
            "daemon off; worker_processes 1; pid {0}/pid; error_log {0}/log;\nevents {{}}\nhttp {{\naccess_log off;\n{paths}server {{\nlisten {address};\n{directives}}}\n}}\n",
            dir.path().display()
        );
        let file = dir.path().join("nginx.conf");
        std::fs::write(&file, configuration).unwrap();
        let program = std::env::var_os("BLACK_BOX_NGINX").unwrap_or_else(|| "/usr/sbin/nginx".into());
        let mut command = Command::new(program);
        let child = command.arg("-p").arg(dir.path()).arg("-c").arg(file).arg("-e").arg(dir.path().join("log")).spawn();
        let mut started = Self { child: child.unwrap(), _dir: dir, address };
        let deadline = Instant::now() + PATIENCE;
        while TcpStream::connect(address).is_err() {
            let ended = started.child.try_wait().unwrap().is_some();
            assert!(!ended && Instant::now() < deadline, "nginx does not listen");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        started
    }
}

/// With a signal that it can see: its worker ends with its master.
impl Drop for Nginx {
    fn drop(&mut self) {
        let _ = Command::new("kill").args(["-s", "TERM", &self.child.id().to_string()]).status();
        let _ = self.child.wait();
    }
}
