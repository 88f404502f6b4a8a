//! A mail server and the dialogue with it (RFC 5321). A few connections are kept open for a while; after any problem a
//! connection is not used again.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use lettre::Address;
use lettre::address::Envelope;
use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS};
use lettre::transport::smtp::client::{AsyncSmtpConnection, TlsParameters};
use lettre::transport::smtp::commands::{Data, Mail, Rcpt, Rset};
use lettre::transport::smtp::extension::ClientId;
use lettre::transport::smtp::response::Response;
use tokio::time::{Instant, timeout};

use crate::refusal::{Refusal, Stage};

/// How long one command may take, including connecting.
const COMMAND_TIMEOUT: Duration = Duration::from_secs(10);
/// How long the server may examine a message. With a longer deadline, fewer mails are sent twice.
const MESSAGE_TIMEOUT: Duration = Duration::from_secs(20);
/// How long the QUIT may take.
const QUIT_TIMEOUT: Duration = Duration::from_secs(1);
const KEPT: usize = 4;
const KEPT_FOR: Duration = Duration::from_secs(60);

/// Whether, and how, the connection is encrypted.
#[derive(Clone)]
pub(crate) enum Security {
    Plain,
    /// From the first byte.
    Tls(TlsParameters),
    /// STARTTLS, which the server must offer.
    StartTls(TlsParameters),
    /// STARTTLS where the server offers it.
    StartTlsIfOffered(TlsParameters),
}

/// The address of a mail server, and how to talk to it.
#[derive(Clone)]
pub(crate) struct ServerAddress {
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) security: Security,
    pub(crate) credentials: Option<Credentials>,
}

struct Idle {
    connection: AsyncSmtpConnection,
    since: Instant,
}

pub(crate) struct Server {
    address: ServerAddress,
    /// The name with which this service introduces itself.
    hello: ClientId,
    idle: Arc<Mutex<Vec<Idle>>>,
}

/// Waits for the server within a deadline.
async fn step<T>(stage: Stage, deadline: Duration, work: impl Future<Output = Result<T, Error>>) -> Result<T, Refusal> {
    match timeout(deadline, work).await {
        Ok(done) => done.map_err(|error| Refusal::new(stage, &error)),
        Err(_) => Err(Refusal::silence(stage)),
    }
}

async fn command(
    connection: &mut AsyncSmtpConnection,
    stage: Stage,
    command: impl std::fmt::Display,
) -> Result<Response, Refusal> {
    step(stage, COMMAND_TIMEOUT, connection.command(command)).await
}

impl Server {
    pub(crate) fn new(address: ServerAddress, hello: ClientId) -> Self {
        Self { address, hello, idle: Arc::default() }
    }

    pub(crate) fn host(&self) -> &str {
        &self.address.host
    }

    /// Submits a message.
    pub(crate) async fn submit(&self, envelope: &Envelope, message: &[u8]) -> Result<(), Refusal> {
        let mut connection = match self.kept().await {
            Some(connection) => connection,
            None => self.connect().await?,
        };
        match deliver(&mut connection, envelope, message).await {
            Ok(()) => {
                self.keep(connection);
                Ok(())
            }
            Err(refusal) => {
                leave(connection, &refusal).await;
                Err(refusal)
            }
        }
    }

    /// Goes as far as the recipient, over a separate connection, and sends nothing.
    pub(crate) async fn try_recipient(&self, from: &Address, to: &Address) -> Result<(), Refusal> {
        let mut connection = self.connect().await?;
        let told = address_mail(&mut connection, Some(from), std::slice::from_ref(to)).await;
        // Whether it accepts RSET and QUIT is not tested.
        let _: Result<Response, Refusal> = command(&mut connection, Stage::Recipient, Rset).await;
        let _: Result<_, tokio::time::error::Elapsed> = timeout(QUIT_TIMEOUT, connection.quit()).await;
        told
    }

    async fn connect(&self) -> Result<AsyncSmtpConnection, Refusal> {
        let ServerAddress { host, port, security, credentials } = &self.address;
        let wrapper = match security {
            Security::Tls(parameters) => Some(parameters.clone()),
            _ => None,
        };
        let open = async {
            let place = (host.as_str(), *port);
            let mut connection =
                AsyncSmtpConnection::connect_tokio1(place, Some(COMMAND_TIMEOUT), &self.hello, wrapper, None).await?;
            match security {
                Security::StartTls(parameters) => connection.starttls(parameters.clone(), &self.hello).await?,
                Security::StartTlsIfOffered(parameters) if connection.can_starttls() => {
                    connection.starttls(parameters.clone(), &self.hello).await?;
                }
                _ => {}
            }
            Ok(connection)
        };
        let mut connection = step(Stage::Connect, COMMAND_TIMEOUT, open).await?;
        if let Some(credentials) = credentials {
            let login = connection.auth(DEFAULT_MECHANISMS, credentials);
            if let Err(refusal) = step(Stage::Login, COMMAND_TIMEOUT, login).await {
                leave(connection, &refusal).await;
                return Err(refusal);
            }
        }
        Ok(connection)
    }

    /// Returns a connection that was kept open and still answers.
    async fn kept(&self) -> Option<AsyncSmtpConnection> {
        loop {
            let Idle { mut connection, since } = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop()?;
            let answers = async { since.elapsed() < KEPT_FOR && connection.test_connected().await };
            if timeout(QUIT_TIMEOUT, answers).await == Ok(true) {
                return Some(connection);
            }
        }
    }

    fn keep(&self, connection: AsyncSmtpConnection) {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() >= KEPT {
            return;
        }
        idle.push(Idle { connection, since: Instant::now() });
        drop(idle);
        let idle = Arc::downgrade(&self.idle);
        tokio::spawn(async move {
            tokio::time::sleep(KEPT_FOR).await;
            let Some(idle) = idle.upgrade() else { return };
            idle.lock().unwrap_or_else(PoisonError::into_inner).retain(|kept| kept.since.elapsed() < KEPT_FOR);
        });
    }
}

/// Sends MAIL FROM and RCPT TO.
async fn address_mail(
    connection: &mut AsyncSmtpConnection,
    from: Option<&Address>,
    to: &[Address],
) -> Result<(), Refusal> {
    command(connection, Stage::Sender, Mail::new(from.cloned(), Vec::new())).await?;
    for recipient in to {
        command(connection, Stage::Recipient, Rcpt::new(recipient.clone(), Vec::new())).await?;
    }
    Ok(())
}

/// Sends the message, which is plain ASCII, so no extension is needed.
async fn deliver(connection: &mut AsyncSmtpConnection, envelope: &Envelope, message: &[u8]) -> Result<(), Refusal> {
    address_mail(connection, envelope.from(), envelope.to()).await?;
    command(connection, Stage::Data, Data).await?;
    step(Stage::Message, MESSAGE_TIMEOUT, connection.message(message)).await?;
    Ok(())
}

/// Sends QUIT to a server that still answers.
async fn leave(mut connection: AsyncSmtpConnection, refusal: &Refusal) {
    if refusal.code.is_some() {
        let _: Result<_, tokio::time::error::Elapsed> = timeout(QUIT_TIMEOUT, connection.quit()).await;
    }
}
