//! The connection to a host: a TCP or Unix socket, with limits on how long a silent peer is trusted.

use std::io;
use std::net::IpAddr;
use std::time::Duration;

use socket2::{SockRef, TcpKeepalive};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, UnixStream, lookup_host};
use tokio_postgres::Config;
use tokio_postgres::config::Host;

const KEEPALIVE: Duration = Duration::from_secs(30);
/// Data that is not acknowledged for this long ends the connection.
const USER_TIMEOUT: Duration = Duration::from_secs(10);

/// A stream of bytes in both directions.
pub(crate) trait Duplex: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Duplex for S {}

/// An address at which a server may listen.
pub(crate) enum Place {
    Tcp(std::net::SocketAddr),
    Unix(std::path::PathBuf),
}

/// Returns every address of the single host in `config`: a name may lead to several servers.
pub(crate) async fn places(config: &Config) -> io::Result<Vec<Place>> {
    let port = config.get_ports().first().copied().unwrap_or(5432);
    let tcp = |address: IpAddr| Place::Tcp((address, port).into());
    match (config.get_hostaddrs().first(), config.get_hosts().first()) {
        (Some(address), _) => Ok(vec![tcp(*address)]),
        (None, Some(Host::Unix(folder))) => Ok(vec![Place::Unix(folder.join(format!(".s.PGSQL.{port}")))]),
        (None, Some(Host::Tcp(name))) => {
            let found: Vec<_> = lookup_host((name.as_str(), port)).await?.map(Place::Tcp).collect();
            if found.is_empty() {
                return Err(io::Error::new(io::ErrorKind::NotFound, "the host name resolves to no address"));
            }
            Ok(found)
        }
        (None, None) => Err(io::Error::new(io::ErrorKind::InvalidInput, "no host is given")),
    }
}

/// Opens a socket to `place`.
pub(crate) async fn open(place: Place) -> io::Result<Box<dyn Duplex>> {
    Ok(match place {
        Place::Unix(path) => Box::new(UnixStream::connect(path).await?),
        Place::Tcp(address) => {
            let stream = TcpStream::connect(address).await?;
            stream.set_nodelay(true)?;
            let socket = SockRef::from(&stream);
            socket.set_tcp_keepalive(&TcpKeepalive::new().with_time(KEEPALIVE))?;
            #[cfg(target_os = "linux")]
            socket.set_tcp_user_timeout(Some(USER_TIMEOUT))?;
            Box::new(stream)
        }
    })
}
