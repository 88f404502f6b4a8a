//! How a connection is made: where to, over what, and what holds on it from then on.

use std::net::IpAddr;
use std::str::FromStr as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use diesel::connection::CacheSize;
use diesel_async::{AsyncConnection as _, SimpleAsyncConnection as _};
use tokio_postgres::config::{Host, SslMode, TargetSessionAttrs};
use tokio_postgres::tls::MakeTlsConnect;
use tokio_postgres::{Config, NoTls, Socket};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::ConnectError;
use crate::dialect::Connection;
use crate::tls::{self, Mode};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// No statement of a request takes long; one that does is stuck.
const LIMITS: [(&str, &str); 3] =
    [("statement_timeout", "10s"), ("lock_timeout", "5s"), ("idle_in_transaction_session_timeout", "60s")];

/// Where the database is, and how it is spoken to.
#[derive(Clone)]
pub(crate) struct Target {
    /// One a host.
    hosts: Vec<Config>,
    /// The index of the host that answered last.
    answered: Arc<AtomicUsize>,
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
        let mode = asked.mode.unwrap_or(if is_local(&config) { Mode::Disable } else { Mode::VerifyFull });
        let tls = match mode {
            Mode::Disable => None,
            mode => {
                let client = tls::client(mode, asked.roots.as_deref()).map_err(ConnectError::Tls)?;
                Some(MakeRustlsConnect::new(client))
            }
        };
        config.ssl_mode(if tls.is_some() { SslMode::Require } else { SslMode::Disable });
        if prepared {
            let limits = LIMITS.map(|(name, value)| format!("-c {name}={value}")).join(" ");
            let options = config.get_options().map_or_else(|| limits.clone(), |own| format!("{limits} {own}"));
            config.options(options);
        }
        let hosts = each_host(&config)?;
        Ok(Self { hosts, answered: Arc::default(), tls, prepared })
    }

    /// How long [`Target::connect`] may take: at least a second for each host, since the last one may be the primary.
    pub(crate) fn patience(&self) -> Duration {
        self.patience_with_one() * u32::try_from(self.hosts.len()).unwrap_or(u32::MAX)
    }

    fn patience_with_one(&self) -> Duration {
        (CONNECT_TIMEOUT / u32::try_from(self.hosts.len()).unwrap_or(u32::MAX)).max(Duration::from_secs(1))
    }

    /// To the host that takes writes.
    pub(crate) async fn connect(&self) -> Result<Connection, ConnectError> {
        let (mut refusals, first) = (Vec::new(), self.answered.load(Ordering::Relaxed));
        for index in (first..self.hosts.len()).chain(0..first) {
            let config = &self.hosts[index];
            let spoken = async {
                match &self.tls {
                    Some(tls) => self.speak(config, tls.clone()).await,
                    None => self.speak(config, NoTls).await,
                }
            };
            let in_time = tokio::time::timeout(self.patience_with_one(), spoken).await;
            match in_time.unwrap_or_else(|_| Err("no answer in time".to_owned())) {
                Ok(conn) => {
                    self.answered.store(index, Ordering::Relaxed);
                    return Ok(conn);
                }
                Err(reason) => refusals.push(format!("{}: {reason}", place(config))),
            }
        }
        Err(ConnectError::Connect(refusals.join("; ")))
    }

    async fn speak<T>(&self, config: &Config, tls: T) -> Result<Connection, String>
    where
        T: MakeTlsConnect<Socket, Stream: Send + 'static>,
    {
        let refused = |error: tokio_postgres::Error| chain(&error);
        let (client, mut driver) = config.connect(tls).await.map_err(|error| hint(refused(error)))?;
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

fn is_local(config: &Config) -> bool {
    let local = |host: &Host| match host {
        Host::Unix(_) => true,
        Host::Tcp(name) => name == "localhost" || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback()),
    };
    config.get_hosts().iter().all(local) && config.get_hostaddrs().iter().all(IpAddr::is_loopback)
}

/// The same for each host alone: given several, the driver waits without end for one that accepts and then says nothing.
fn each_host(config: &Config) -> Result<Vec<Config>, ConnectError> {
    let (hosts, addresses, ports) = (config.get_hosts(), config.get_hostaddrs(), config.get_ports());
    let count = hosts.len().max(addresses.len());
    let fits = |length: usize| length <= 1 || length == count;
    if count == 0 || !fits(ports.len()) || !(hosts.is_empty() || addresses.is_empty() || hosts.len() == addresses.len())
    {
        return Err(ConnectError::Url("it must name a host, and none or one port, or a port for each".to_owned()));
    }
    Ok((0..count)
        .map(|index| {
            let mut one = Config::new();
            match hosts.get(index) {
                Some(Host::Tcp(name)) => drop(one.host(name)),
                Some(Host::Unix(path)) => drop(one.host_path(path)),
                None => {}
            }
            addresses.get(index).map(|address| one.hostaddr(*address));
            ports.get(index).or(ports.first()).map(|port| one.port(*port));
            config.get_user().map(|user| one.user(user));
            config.get_password().map(|password| one.password(password));
            config.get_dbname().map(|name| one.dbname(name));
            config.get_options().map(|options| one.options(options));
            one.application_name(config.get_application_name().unwrap_or("auth-server"));
            one.ssl_mode(config.get_ssl_mode()).ssl_negotiation(config.get_ssl_negotiation());
            one.channel_binding(config.get_channel_binding());
            one.connect_timeout(CONNECT_TIMEOUT);
            one.tcp_user_timeout(Duration::from_secs(10));
            one.keepalives_idle(Duration::from_secs(30));
            // A standby answers too, and even a single name may lead to several servers.
            one.target_session_attrs(TargetSessionAttrs::ReadWrite);
            one
        })
        .collect())
}

fn place(config: &Config) -> String {
    let names = config.get_hosts().iter().map(|host| match host {
        Host::Tcp(name) => name.clone(),
        Host::Unix(path) => path.display().to_string(),
    });
    let host = names.chain(config.get_hostaddrs().iter().map(IpAddr::to_string)).next().unwrap_or_default();
    let port = config.get_ports().first().copied().unwrap_or(5432);
    format!("{host} port {port} database {:?}", config.get_dbname().unwrap_or_default())
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
        assert!(tls("postgres://u:p@localhost/d?hostaddr=192.0.2.1"), "the name is not where it goes");
        for away in ["db.example.org", "192.0.2.1", "localhost:1,192.0.2.1:2"] {
            assert!(tls(&format!("postgres://u:p@{away}/d")), "{away}");
            assert!(!tls(&format!("postgres://u:p@{away}/d?sslmode=disable")), "{away}");
        }
    }

    #[test]
    fn each_host_has_its_port_and_the_rest_of_the_url() {
        let hosts = |url: &str| Target::parse(url, true).map(|target| target.hosts);
        let two = hosts("postgres://u:p@a:1,b:2/d?options=-c%20work_mem%3D1MB").unwrap();
        for (config, name, port) in [(&two[0], "a", 1), (&two[1], "b", 2)] {
            assert_eq!((config.get_hosts(), config.get_ports()), (&[Host::Tcp(name.to_owned())][..], &[port][..]));
            assert_eq!(
                (config.get_user(), config.get_password(), config.get_dbname()),
                (Some("u"), Some(&b"p"[..]), Some("d"))
            );
            assert!(config.get_options().unwrap().ends_with("-c work_mem=1MB"));
            assert_eq!(config.get_target_session_attrs(), TargetSessionAttrs::ReadWrite);
        }
        let socket = hosts("postgres:///d?user=u&host=/run/postgresql").unwrap();
        assert_eq!(socket[0].get_hosts(), [Host::Unix("/run/postgresql".into())]);
        assert!(hosts("postgres:///d").is_err() && hosts("postgres://a,b,c/d?port=1,2").is_err());
    }
}
