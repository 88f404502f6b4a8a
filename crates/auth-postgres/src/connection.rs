//! How a connection is made: where to, over what, and what holds on it from then on.

use std::net::IpAddr;
use std::str::FromStr as _;
use std::time::Duration;

use diesel::connection::CacheSize;
use diesel_async::{AsyncConnection as _, SimpleAsyncConnection as _};
use tokio_postgres::config::{Host, SslMode};
use tokio_postgres::tls::MakeTlsConnect;
use tokio_postgres::{Config, NoTls, Socket};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::ConnectError;
use crate::dialect::Connection;
use crate::tls::{self, Mode};

pub(crate) const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// No statement of a request takes long; one that does is stuck.
const LIMITS: [(&str, &str); 3] =
    [("statement_timeout", "10s"), ("lock_timeout", "5s"), ("idle_in_transaction_session_timeout", "60s")];

/// Where the database is, and how it is spoken to.
#[derive(Clone)]
pub(crate) struct Target {
    config: Config,
    /// `None`: in clear.
    tls: Option<MakeRustlsConnect>,
    /// Whether what is set or prepared in one transaction is there in the next. Behind a transaction pooler it is not,
    /// and worse: it is there for somebody else.
    pub(crate) prepared: bool,
}

impl Target {
    /// Never in clear over a network by default, and never to whoever answers there.
    pub(crate) fn parse(url: &str, prepared: bool) -> Result<Self, ConnectError> {
        let asked = tls::asked(url).map_err(ConnectError::Tls)?;
        let mut config = Config::from_str(&asked.url).map_err(|error| ConnectError::Url(chain(&error)))?;
        let local = config.get_hosts().iter().all(is_local);
        let mode = asked.mode.unwrap_or(if local { Mode::Disable } else { Mode::VerifyFull });
        let tls = match mode {
            Mode::Disable => None,
            mode => {
                let client = tls::client(mode, asked.roots.as_deref()).map_err(ConnectError::Tls)?;
                Some(MakeRustlsConnect::new(client))
            }
        };
        config.ssl_mode(if tls.is_some() { SslMode::Require } else { SslMode::Disable });
        config.connect_timeout(CONNECT_TIMEOUT);
        config.tcp_user_timeout(Duration::from_secs(10));
        config.keepalives_idle(Duration::from_secs(30));
        if config.get_application_name().is_none() {
            config.application_name("auth-server");
        }
        if prepared {
            let limits = LIMITS.map(|(name, value)| format!("-c {name}={value}")).join(" ");
            let options = config.get_options().map_or_else(|| limits.clone(), |own| format!("{limits} {own}"));
            config.options(options);
        }
        Ok(Self { config, tls, prepared })
    }

    pub(crate) async fn connect(&self) -> Result<Connection, ConnectError> {
        let connected = match &self.tls {
            Some(tls) => self.speak(tls.clone()).await,
            None => self.speak(NoTls).await,
        };
        connected.map_err(|reason| ConnectError::Connect { place: place(&self.config), reason })
    }

    async fn speak<T>(&self, tls: T) -> Result<Connection, String>
    where
        T: MakeTlsConnect<Socket, Stream: Send + 'static>,
    {
        let refused = |error: tokio_postgres::Error| chain(&error);
        let (client, mut driver) = self.config.connect(tls).await.map_err(|error| hint(refused(error)))?;
        if self.prepared {
            let connected = Connection::try_from_client_and_connection(client, driver).await;
            return connected.map_err(|error| error.to_string());
        }
        // Diesel prepares two `SET` on each new connection. In a transaction that is undone they neither meet two
        // servers nor stay behind on one.
        tokio::select! {
            begun = client.batch_execute("BEGIN") => begun.map_err(refused)?,
            ended = &mut driver => return Err(ended.err().map_or_else(|| "it closed the connection".to_owned(), refused)),
        }
        let connected = Connection::try_from_client_and_connection(client, driver).await;
        let mut conn = connected.map_err(|error| error.to_string())?;
        conn.set_prepared_statement_cache_size(CacheSize::Disabled);
        conn.batch_execute("ROLLBACK").await.map_err(|error| error.to_string())?;
        Ok(conn)
    }

    /// Begins a transaction that the limits hold in, whatever was said when connecting. `how` may follow `BEGIN`.
    pub(crate) fn begin(how: &str) -> String {
        let limits = LIMITS.map(|(name, value)| format!("SET LOCAL {name} = '{value}'")).join("; ");
        format!("BEGIN {how}; {limits}")
    }
}

fn is_local(host: &Host) -> bool {
    match host {
        Host::Unix(_) => true,
        Host::Tcp(name) => name == "localhost" || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback()),
    }
}

fn place(config: &Config) -> String {
    let hosts: Vec<String> = config.get_hosts().iter().map(|host| format!("{host:?}")).collect();
    let ports: Vec<String> = config.get_ports().iter().map(u16::to_string).collect();
    format!("{} port {} database {:?}", hosts.join(","), ports.join(","), config.get_dbname().unwrap_or_default())
}

/// A pooler refuses parameters that it could not keep apart for its clients.
fn hint(reason: String) -> String {
    let pooler = reason.contains("unsupported startup parameter");
    if pooler { format!("{reason}; behind a transaction pooler set AUTH_DB_PREPARED=off") } else { reason }
}

/// The driver hides the cause ("connection refused") behind "error connecting to server".
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn over_a_network_tls_is_spoken_unasked() {
        let tls = |url: &str| Target::parse(url, true).unwrap().tls.is_some();
        for here in ["localhost", "127.0.0.1", "%2Frun%2Fpostgresql", "localhost:1,127.0.0.1:2"] {
            assert!(!tls(&format!("postgres://u:p@{here}/d")), "{here}");
            assert!(tls(&format!("postgres://u:p@{here}/d?sslmode=require")), "{here}");
        }
        for away in ["db.example.org", "192.0.2.1", "localhost:1,192.0.2.1:2"] {
            assert!(tls(&format!("postgres://u:p@{away}/d")), "{away}");
            assert!(!tls(&format!("postgres://u:p@{away}/d?sslmode=disable")), "{away}");
        }
    }
}
