//! How connections are made: to which server, over what, and with which limits.

use std::convert::Infallible;
use std::net::IpAddr;
use std::str::FromStr as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use auth_store::{Heard, HeardStream, PostgresConnection, SqlStates};
use diesel::connection::CacheSize;
use diesel_async::{AsyncConnection as _, AsyncPgConnection};
use futures_util::FutureExt as _;
use futures_util::future::poll_fn;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::Instant;
use tokio_postgres::config::{Host, SslMode};
use tokio_postgres::error::SqlState;
use tokio_postgres::tls::MakeTlsConnect;
use tokio_postgres::{AsyncMessage, Client, Config, NoTls, Notification, SimpleQueryMessage};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::ConnectError;
use crate::socket::{self, Duplex, Place};
use crate::tls::{self, Mode};
use crate::wire::{Observed, ObservedTls};

/// How long a server may be silent while a connection to it is opened; several hosts share this.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// How long opening one may take with a server that answers, since each of several round trips to a distant one takes long.
const CONNECT_AT_MOST: Duration = Duration::from_secs(15);
/// A statement of a request that takes long is stuck. The server ends it before the call is given up, and so reports
/// that nothing happened. A transaction whose connection went silent keeps its locks no longer than a call lasts.
const LIMITS: [(&str, &str); 3] =
    [("statement_timeout", "7s"), ("lock_timeout", "5s"), ("idle_in_transaction_session_timeout", "5s")];
/// How long a connection that is no longer used may wait for the server's goodbye.
const FAREWELL: Duration = Duration::from_secs(1);
/// Set whatever the defaults of the database or the role are. Every change carries its own guard, so a stricter
/// isolation would only roll back commits; and a pool keeps idle connections.
const DEFAULTS: [&str; 6] = [
    "-c default_transaction_isolation=read\\ committed",
    "-c default_transaction_deferrable=off",
    "-c idle_session_timeout=0",
    "-c TimeZone=UTC",
    "-c DateStyle=ISO",
    "-c bytea_output=hex",
];
/// Asks which process serves the connection, whether the server accepts writes, and whether it is a standby.
macro_rules! introduction {
    ($more:literal) => {
        concat!(
            "SELECT pg_backend_pid(), current_setting('transaction_read_only'), pg_catalog.pg_is_in_recovery(), \
             pg_catalog.to_regclass('pg_catalog.pg_dist_partition') IS NOT NULL",
            $more
        )
    };
}
const INTRODUCTION: &str = introduction!("");
/// Asks the same where settings persist. It also sets a parameter of PostgreSQL 17 that older servers do not know.
const INTRODUCTION_AND_DEFAULTS: &str = introduction!(
    ", (SELECT set_config(name, '0', false) FROM pg_catalog.pg_settings WHERE name = 'transaction_timeout')"
);

/// Where the database is, and how to talk to it.
#[derive(Clone)]
pub(crate) struct Target {
    /// One configuration per host.
    hosts: Vec<Config>,
    /// The index of the host that answered last.
    answered: Arc<AtomicUsize>,
    /// `None` for an unencrypted connection.
    tls: Option<MakeRustlsConnect>,
    /// Whether what is set or prepared in one transaction still exists in the next. Behind a transaction pooler it does
    /// not; worse, it exists for someone else.
    pub(crate) prepared: bool,
    /// Whether the URL names the schema.
    pub(crate) names_search_path: bool,
}

impl Target {
    /// Parses the URL. By default a connection over a network is always encrypted, and the server authenticated.
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
        let names_search_path = config.get_options().is_some_and(|options| options.contains("search_path"));
        if prepared {
            let limits = LIMITS.map(|(name, value)| format!("-c {name}={value}")).join(" ");
            let limits = format!("{} {limits}", DEFAULTS.join(" "));
            let options = config.get_options().map_or_else(|| limits.clone(), |own| format!("{limits} {own}"));
            config.options(options);
        }
        let hosts = each_host(&config)?;
        Ok(Self { hosts, answered: Arc::default(), tls, prepared, names_search_path })
    }

    /// Returns how long a host may be silent: at least a second, since the last one may be the primary.
    fn patience(&self) -> Duration {
        (CONNECT_TIMEOUT / u32::try_from(self.hosts.len()).unwrap_or(u32::MAX)).max(Duration::from_secs(1))
    }

    /// Connects to the host that accepts writes.
    pub(crate) async fn connect(&self) -> Result<PostgresConnection, ConnectError> {
        Ok(self.open(None).await?.connection)
    }

    /// Connects likewise to listen: `told` is called with each notification until the task ends with the connection,
    /// and before any later statement is known to be answered.
    pub(crate) async fn listen(&self, told: Told) -> Result<(PostgresConnection, JoinHandle<()>), ConnectError> {
        let Open { connection, driving } = self.open(Some(told)).await?;
        Ok((connection, driving))
    }

    async fn open(&self, told: Option<Told>) -> Result<Open, ConnectError> {
        let (mut refusals, mut limit_reached) = (Vec::new(), false);
        let first = self.answered.load(Ordering::Relaxed);
        for index in (first..self.hosts.len()).chain(0..first) {
            let config = &self.hosts[index];
            let heard = Heard::default();
            let spoken = self.speak(config, told.clone(), &heard);
            let spoken = heard.wait_for(spoken, self.patience(), Instant::now() + CONNECT_AT_MOST).await;
            match spoken.unwrap_or_else(|| Err(Refused::because("no answer in time"))) {
                Ok(open) => {
                    self.answered.store(index, Ordering::Relaxed);
                    return Ok(open);
                }
                Err(Refused { reason, no_more_granted }) => {
                    limit_reached |= no_more_granted;
                    refusals.push(format!("{}: {reason}", place(config)));
                }
            }
        }
        let refusals = refusals.join("; ");
        Err(if limit_reached { ConnectError::NoMoreGranted(refusals) } else { ConnectError::Connect(refusals) })
    }

    /// Tries every address of the host: of several servers, one may be read-only.
    async fn speak(&self, config: &Config, told: Option<Told>, heard: &Heard) -> Result<Open, Refused> {
        let places = socket::places(config).await.map_err(|error| Refused::because(&chain(&error)))?;
        let mut last = None;
        for place in places {
            match self.speak_at(config, place, told.clone(), heard.clone()).await {
                Ok(open) => return Ok(open),
                Err(refused) => last = Some(refused),
            }
        }
        Err(last.unwrap_or_else(|| Refused::because("no address to connect to")))
    }

    async fn speak_at(&self, config: &Config, place: Place, told: Option<Told>, heard: Heard) -> Result<Open, Refused> {
        let stream = socket::open(place).await;
        let stream = stream.map_err(|error| Refused::because(&format!("error connecting to server: {error}")))?;
        let stream: Box<dyn Duplex> = Box::new(HeardStream::new(stream, heard.clone()));
        let sqlstates = SqlStates::default();
        let (in_use, used) = oneshot::channel();
        let (client, driving) = match &self.tls {
            None => {
                let stream = Observed::new(stream, sqlstates.clone());
                let (client, connection) = config.connect_raw(stream, NoTls).boxed().await?;
                (client, drive(connection, told, used))
            }
            Some(make) => {
                let tls = MakeTlsConnect::<Box<dyn Duplex>>::make_tls_connect(&mut make.clone(), name(config));
                let tls = tls.map_err(|error| Refused::because(&error.to_string()))?;
                let tls = ObservedTls { tls, sqlstates: sqlstates.clone() };
                let (client, connection) = config.connect_raw(stream, tls).boxed().await?;
                (client, drive(connection, told, used))
            }
        };
        let Introduced { backend, spread } = demand_writable(&client, self.prepared).await?;
        let driver = self.set_up(client).await?;
        Ok(Open { connection: PostgresConnection { driver, sqlstates, heard, backend, spread, in_use }, driving })
    }

    async fn set_up(&self, client: Client) -> Result<AsyncPgConnection, Refused> {
        let failed = |error: diesel::ConnectionError| Refused::because(&error.to_string());
        if self.prepared {
            return AsyncPgConnection::try_from(client).boxed().await.map_err(failed);
        }
        // Diesel prepares two `SET` on each new connection. In a transaction that is rolled back they neither reach two
        // servers nor persist on one.
        client.batch_execute("BEGIN").await?;
        let mut driver = AsyncPgConnection::try_from(client).boxed().await.map_err(failed)?;
        driver.set_prepared_statement_cache_size(CacheSize::Disabled);
        let undone = diesel_async::SimpleAsyncConnection::batch_execute(&mut driver, "ROLLBACK").boxed().await;
        undone.map_err(|error| Refused::because(&error.to_string()))?;
        Ok(driver)
    }

    /// Returns the statement that begins a transaction in which the limits apply, whatever was set when connecting.
    /// `how` may follow `BEGIN`.
    pub(crate) fn begin(how: &str) -> String {
        let limits = LIMITS.map(|(name, value)| format!("SET LOCAL {name} = '{value}'")).join("; ");
        format!("BEGIN ISOLATION LEVEL {how}; {limits}")
    }
}

/// A connection, and the task that moves its bytes.
struct Open {
    connection: PostgresConnection,
    driving: JoinHandle<()>,
}

/// Why a server cannot be used.
struct Refused {
    reason: String,
    /// Whether the server grants no more connections to this role or in all.
    no_more_granted: bool,
}

impl Refused {
    fn because(reason: &str) -> Self {
        Self { reason: reason.to_owned(), no_more_granted: false }
    }
}

impl From<tokio_postgres::Error> for Refused {
    fn from(error: tokio_postgres::Error) -> Self {
        let no_more_granted = error.code() == Some(&SqlState::TOO_MANY_CONNECTIONS);
        Self { reason: hint(chain(&error)), no_more_granted }
    }
}

/// The function that is called with each notification.
pub(crate) type Told = Arc<dyn Fn(&Notification) + Send + Sync>;

/// Moves the bytes of a connection until it ends, in a separate task. The driver would wait for ever for the answer of
/// a silent server; here the wait ends when the connection is no longer used.
fn drive<S, T>(
    mut connection: tokio_postgres::Connection<S, T>,
    told: Option<Told>,
    used: oneshot::Receiver<Infallible>,
) -> JoinHandle<()>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let moving = async move {
        // An error ends the loop; callers that wait for an answer learn that the connection is closed.
        while let Some(Ok(message)) = poll_fn(|cx| connection.poll_message(cx)).await {
            if let (AsyncMessage::Notification(notification), Some(told)) = (message, &told) {
                told(&notification);
            }
        }
    };
    tokio::spawn(async move {
        tokio::select! {
            () = moving => {}
            () = used.map(drop).then(|()| tokio::time::sleep(FAREWELL)) => {}
        }
    })
}

/// What a server says about itself.
#[derive(Default)]
struct Introduced {
    /// The process that serves the connection, if that does not change.
    backend: Option<i32>,
    spread: bool,
}

/// Requires a server that accepts writes, since a standby answers too.
async fn demand_writable(client: &Client, stays: bool) -> Result<Introduced, Refused> {
    let introduction = if stays { INTRODUCTION_AND_DEFAULTS } else { INTRODUCTION };
    let mut introduced = Introduced::default();
    for message in client.simple_query(introduction).await? {
        let SimpleQueryMessage::Row(row) = message else { continue };
        if row.get(1) == Some("on") {
            let why = if row.get(2) == Some("t") { A_STANDBY } else { READ_ONLY };
            return Err(Refused::because(&format!("database does not allow writes: {why}")));
        }
        introduced.backend = row.get(0).and_then(|backend| backend.parse().ok()).filter(|_| stays);
        introduced.spread = row.get(3) == Some("t");
    }
    Ok(introduced)
}

const A_STANDBY: &str = "it is a standby; add the primary to the URL";
const READ_ONLY: &str = "default_transaction_read_only is on for the server, the database or the role; turn it off there \
                         (ALTER DATABASE … or ALTER ROLE … RESET default_transaction_read_only)";

/// Returns the name that the certificate must contain.
fn name(config: &Config) -> &str {
    match config.get_hosts().first() {
        Some(Host::Tcp(name)) => name,
        _ => "",
    }
}

fn is_local(config: &Config) -> bool {
    let local = |host: &Host| match host {
        Host::Unix(_) => true,
        Host::Tcp(name) => name == "localhost" || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback()),
    };
    config.get_hosts().iter().all(local) && config.get_hostaddrs().iter().all(IpAddr::is_loopback)
}

/// Returns a configuration for each host alone: given several, the driver waits for ever for one that accepts and then
/// says nothing.
fn each_host(config: &Config) -> Result<Vec<Config>, ConnectError> {
    let (hosts, addresses, ports) = (config.get_hosts(), config.get_hostaddrs(), config.get_ports());
    let count = hosts.len().max(addresses.len());
    let fits = |length: usize| length <= 1 || length == count;
    if count == 0 || !fits(ports.len()) || !(hosts.is_empty() || addresses.is_empty() || hosts.len() == addresses.len())
    {
        return Err(ConnectError::Url(
            "it must name at least one host, and either no port, one port, or one port per host".to_owned(),
        ));
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

/// Adds a hint: a pooler refuses parameters that it could not keep apart for its clients.
fn hint(reason: String) -> String {
    let pooler = reason.contains("unsupported startup parameter");
    if pooler { format!("{reason}; behind a transaction pooler set AUTH_DB_PREPARED=off") } else { reason }
}

/// Returns the error with its causes: the driver hides "connection refused" behind "error connecting to server".
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
        }
        let socket = hosts("postgres:///d?user=u&host=/run/postgresql").unwrap();
        assert_eq!(socket[0].get_hosts(), [Host::Unix("/run/postgresql".into())]);
        assert!(hosts("postgres:///d").is_err() && hosts("postgres://a,b,c/d?port=1,2").is_err());
    }
}
