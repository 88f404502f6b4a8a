//! `healthcheck`: checks whether the server on this machine is ready.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use crate::Failure;
use crate::output::print;
use crate::settings::Settings;

/// How long an answer may take: orchestrators ask every few seconds.
const HEALTH_TIMEOUT: Duration = Duration::from_secs(5);

/// Asks at the address on which the server listens, as seen from this machine.
pub(crate) fn run(settings: &Settings) -> Result<(), Failure> {
    let address = settings.own_address();
    let away = |error: std::io::Error| format!("no answer from {address}: {error}");
    let mut connection = TcpStream::connect_timeout(&address, HEALTH_TIMEOUT).map_err(away)?;
    connection.set_read_timeout(Some(HEALTH_TIMEOUT))?;
    let path = format!("{}health/ready", settings.shortest_base_path());
    write!(connection, "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n")?;
    let mut answer = [0; 12];
    connection.read_exact(&mut answer).map_err(away)?;
    match answer.strip_prefix(b"HTTP/1.1 ") {
        Some(b"200") => print("ready"),
        status => {
            Err(format!("not ready: {address} answered {}", String::from_utf8_lossy(status.unwrap_or(&answer))).into())
        }
    }
}
