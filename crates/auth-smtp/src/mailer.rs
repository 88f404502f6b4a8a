//! Where mails go: an SMTP server, or a folder with an `.eml` file each.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use auth_domain::mail::OutgoingMail;
use auth_domain::ports::{MailError, Mailer};
use lettre::message::Mailbox;
use lettre::transport::smtp::client::{Tls, TlsParameters};
use lettre::transport::smtp::{AsyncSmtpTransportBuilder, PoolConfig};
use lettre::{AsyncSmtpTransport, AsyncTransport as _, Message, Tokio1Executor};
use tokio::io::AsyncWriteExt as _;

use crate::message;

/// How long one command to the server may take, connecting included.
const COMMAND_TIMEOUT: Duration = Duration::from_secs(10);
/// How long one mail may take in all. `DeliverMails` relies on it.
const SEND_TIMEOUT: Duration = Duration::from_secs(30);
const CONNECTIONS: u32 = 4;

/// Why mail cannot be sent with these settings. The URL may hold a password, so it is not repeated.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidMailSettings {
    /// It is neither a folder nor an SMTP URL.
    #[error("must be file:<folder>, smtp://user:password@host:port or smtps://user:password@host:port")]
    Url,
    /// The sender is not a mailbox.
    #[error("must be a mailbox such as: Auth <no-reply@example.org>")]
    From,
}

/// Where mails go and whom they come from.
#[derive(Clone)]
pub struct MailSettings {
    pub(crate) from: Mailbox,
    place: Place,
}

#[derive(Clone)]
enum Place {
    Folder(PathBuf),
    Server(AsyncSmtpTransportBuilder),
}

impl MailSettings {
    /// `url` is `file:<folder>`, `smtp://…` (STARTTLS, required unless the host is loopback) or
    /// `smtps://…` (TLS from the first byte); `from` is the sender's mailbox. Connects to nothing.
    pub fn parse(url: &str, from: &str) -> Result<Self, InvalidMailSettings> {
        let from = from.parse().map_err(|_| InvalidMailSettings::From)?;
        let place = match url.strip_prefix("file:") {
            Some("") => return Err(InvalidMailSettings::Url),
            Some(folder) => Place::Folder(PathBuf::from(folder)),
            None => Place::Server(server(url)?),
        };
        Ok(Self { from, place })
    }
}

fn server(url: &str) -> Result<AsyncSmtpTransportBuilder, InvalidMailSettings> {
    let rest = url.strip_prefix("smtp://").or_else(|| url.strip_prefix("smtps://")).ok_or(InvalidMailSettings::Url)?;
    let host = host(rest);
    if host.is_empty() {
        return Err(InvalidMailSettings::Url);
    }
    let builder = AsyncSmtpTransport::<Tokio1Executor>::from_url(url).map_err(|_| InvalidMailSettings::Url)?;
    let loopback = host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback());
    let builder = match (url.starts_with("smtps://"), loopback) {
        (true, _) => builder.tls(Tls::Wrapper(tls_parameters(host)?)),
        (false, true) => builder,
        (false, false) => builder.tls(Tls::Required(tls_parameters(host)?)),
    };
    let pool = PoolConfig::new().max_size(CONNECTIONS).idle_timeout(Duration::from_secs(60));
    Ok(builder.timeout(Some(COMMAND_TIMEOUT)).pool_config(pool))
}

enum Destination {
    Folder(PathBuf),
    Server(Server),
}

/// A mail server, and the connections to it.
struct Server {
    builder: AsyncSmtpTransportBuilder,
    transport: Mutex<AsyncSmtpTransport<Tokio1Executor>>,
}

impl Server {
    fn new(builder: AsyncSmtpTransportBuilder) -> Self {
        Self { transport: Mutex::new(builder.clone().build()), builder }
    }

    fn transport(&self) -> AsyncSmtpTransport<Tokio1Executor> {
        self.transport.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Lets all connections go: one that was given up in the middle of a mail would be handed to the next mail, which
    /// would wait for the same silence.
    fn start_over(&self) {
        *self.transport.lock().unwrap_or_else(PoisonError::into_inner) = self.builder.clone().build();
    }
}

/// Sends mails the way that the settings say.
pub struct ConfiguredMailer {
    from: Mailbox,
    destination: Destination,
}

impl ConfiguredMailer {
    /// Makes one with these settings. Needs a tokio runtime, for the pool of connections.
    pub fn new(settings: MailSettings) -> Self {
        let destination = match settings.place {
            Place::Folder(folder) => Destination::Folder(folder),
            Place::Server(builder) => Destination::Server(Server::new(builder)),
        };
        Self { from: settings.from, destination }
    }
}

impl ConfiguredMailer {
    /// Whether mail could be sent: greets the server and logs in, or writes to the folder. Sends nothing. The error says
    /// what is wrong.
    pub async fn check(&self) -> Result<(), String> {
        match &self.destination {
            Destination::Folder(folder) => {
                let failed = |error: std::io::Error| format!("{}: {error}", folder.display());
                let file = folder.join(".check");
                // It is made with the first mail.
                if !folder.exists() {
                    return Ok(());
                }
                tokio::fs::write(&file, []).await.map_err(failed)?;
                tokio::fs::remove_file(&file).await.map_err(failed)
            }
            Destination::Server(server) => {
                match tokio::time::timeout(SEND_TIMEOUT, server.transport().test_connection()).await {
                    Ok(Ok(true)) => Ok(()),
                    Ok(Ok(false)) => Err("the mail server does not answer NOOP with yes".to_owned()),
                    Ok(Err(error)) => Err(error.to_string()),
                    Err(_) => Err("the mail server took too long".to_owned()),
                }
            }
        }
    }
}

fn tls_parameters(host: &str) -> Result<TlsParameters, InvalidMailSettings> {
    TlsParameters::new(host.to_owned()).map_err(|_| InvalidMailSettings::Url)
}

/// `user:password@host:port/…` without all but the host.
fn host(rest: &str) -> &str {
    let authority = rest.split(['/', '?']).next().unwrap_or_default();
    let place = authority.rsplit('@').next().unwrap_or_default();
    match place.strip_prefix('[').and_then(|bracketed| bracketed.split_once(']')) {
        Some((address, _)) => address,
        None => place.split(':').next().unwrap_or_default(),
    }
}

#[async_trait]
impl Mailer for ConfiguredMailer {
    async fn send(&self, mail: &OutgoingMail) -> Result<(), MailError> {
        let message = message::build(mail, &self.from).map_err(|error| MailError::Permanent(error.to_string()))?;
        match &self.destination {
            Destination::Folder(folder) => write_file(folder, mail, &message).await,
            Destination::Server(server) => submit(server, message).await,
        }
    }
}

/// Under the mail's id: a second attempt replaces the first.
async fn write_file(folder: &Path, mail: &OutgoingMail, message: &Message) -> Result<(), MailError> {
    let failed = |error: std::io::Error| MailError::Temporary(format!("{}: {error}", folder.display()));
    // Codes are in there: for the owner alone.
    tokio::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder).await.map_err(failed)?;
    let draft = folder.join(format!(".{}.tmp", mail.id));
    let mut options = tokio::fs::OpenOptions::new();
    let mut file = options.write(true).create(true).truncate(true).mode(0o600).open(&draft).await.map_err(failed)?;
    file.write_all(&message.formatted()).await.map_err(failed)?;
    file.flush().await.map_err(failed)?;
    tokio::fs::rename(&draft, folder.join(format!("{}.eml", mail.id))).await.map_err(failed)
}

async fn submit(server: &Server, message: Message) -> Result<(), MailError> {
    match tokio::time::timeout(SEND_TIMEOUT, server.transport().send(message)).await {
        Ok(Ok(_)) => Ok(()),
        Ok(Err(error)) if error.is_permanent() => Err(MailError::Permanent(error.to_string())),
        Ok(Err(error)) => Err(MailError::Temporary(error.to_string())),
        Err(_) => {
            server.start_over();
            Err(MailError::Temporary("the mail server took too long".to_owned()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_checked_and_hosts_found() {
        let from = "Auth <no-reply@example.org>";
        for url in
            ["file:data/mail", "smtp://127.0.0.1:2525", "smtp://u:p%40ss@mail.example.org:587", "smtps://u:p@[::1]:465"]
        {
            assert!(MailSettings::parse(url, from).is_ok(), "{url}");
        }
        for url in ["", "file:", "http://x", "smtp://", "mail.example.org"] {
            assert_eq!(MailSettings::parse(url, from).err(), Some(InvalidMailSettings::Url), "{url}");
        }
        assert_eq!(MailSettings::parse("file:x", "nobody").err(), Some(InvalidMailSettings::From));
        assert_eq!(host("u:p@h:1/x"), "h");
        assert_eq!(host("[::1]:25"), "::1");
    }
}
