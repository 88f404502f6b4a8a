//! A throw-away PgBouncer in front of a throw-away PostgreSQL.

use std::net::TcpStream;
use std::time::{Duration, Instant};

use crate::processes::{Supervised, free_port, new_file, new_folder};

/// A running PgBouncer in transaction mode, gone with the process that started it.
pub(crate) struct PgBouncer {
    pub(crate) port: u16,
    _server: Supervised,
}

/// How many connections to the server a database may have. There are few, so that transactions of different clients do
/// share them; snapshots hold two.
pub const SERVER_CONNECTIONS: usize = 5;

impl PgBouncer {
    /// Starts one in front of the server at `target`, for clients that log in as `user`.
    pub(crate) fn start(target: u16, user: &str) -> Self {
        let dir = new_folder("pgbouncer");
        let (port, settings) = (free_port(), dir.join("pgbouncer.ini"));
        let text = format!(
            "[databases]\n* = host=127.0.0.1 port={target} user={user}\n\
             [pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\nauth_type = any\n\
             pool_mode = transaction\ndefault_pool_size = {SERVER_CONNECTIONS}\nmax_client_conn = 5000\n\
             server_idle_timeout = 5\nadmin_users = {user}\n"
        );
        new_file(&settings, &text);
        let server = format!("pgbouncer {}", settings.display());
        let log = dir.join("log");
        let server = Supervised::start(&server, &log, "TERM", &format!("rm -rf {}", dir.display()));
        let deadline = Instant::now() + Duration::from_secs(180);
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            let said = || std::fs::read_to_string(&log).unwrap_or_default();
            assert!(Instant::now() < deadline, "PgBouncer does not start; is it installed?\n{}", said());
            std::thread::sleep(Duration::from_millis(20));
        }
        Self { port, _server: server }
    }
}
