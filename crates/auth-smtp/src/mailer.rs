//! Sends mails to an SMTP server, or writes an `.eml` file each into a folder.

use std::path::{Path, PathBuf};
use std::time::Duration;

use async_trait::async_trait;
use auth_domain::Language;
use auth_domain::account::EmailAddress;
use auth_domain::mail::OutgoingMail;
use auth_domain::ports::{MailError, Mailer};
use lettre::Message;
use lettre::message::Mailbox;
use tokio::io::AsyncWriteExt as _;

use crate::kind::MailKind;
use crate::message::{self, BuildError, Sender};
use crate::refusal::{Refusal, Stage};
use crate::samples;
use crate::server::Server;
use crate::settings::{MailSettings, Place};
use crate::templates::Rendered;

/// How long one mail may take in all, on which `DeliverMails` relies.
const SEND_TIMEOUT: Duration = Duration::from_secs(30);

enum Destination {
    Folder(PathBuf),
    Server(Server),
}

/// Sends mails as the settings say.
pub struct ConfiguredMailer {
    sender: Sender,
    destination: Destination,
}

/// What a mail would say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MailPreview {
    /// The subject.
    pub subject: String,
    /// The plain text.
    pub text: String,
    /// The HTML document.
    pub html: String,
}

/// How far a test mail would get.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MailCheck {
    /// Files can be written.
    Folder,
    /// The server accepts a mail to this recipient.
    Accepted {
        /// The recipient.
        recipient: String,
    },
    /// The server accepts mails, but not for this recipient's mailbox.
    NoSuchMailbox {
        /// The recipient.
        recipient: String,
        /// What the server answered.
        error: String,
    },
}

impl ConfiguredMailer {
    /// Creates a mailer with these settings.
    pub fn new(settings: MailSettings) -> Self {
        let (hello, message_id_domain) = (settings.hello(), settings.message_id_domain());
        let destination = match settings.place {
            Place::Folder(folder) => Destination::Folder(folder),
            Place::Server(address) => Destination::Server(Server::new(address, hello)),
        };
        let sender = Sender {
            from: settings.from,
            message_id_domain,
            register_page: settings.register_page,
            product_name: settings.product_name,
            logo_url: settings.logo_url,
            templates: settings.templates,
        };
        Self { sender, destination }
    }

    /// Returns what would be sent of this kind in this language, with sample values.
    pub fn preview(&self, kind: MailKind, language: Language) -> Result<MailPreview, String> {
        let mail = samples::usual(kind, language);
        let Rendered { subject, text, html } =
            self.sender.templates.render(&mail, &self.sender).map_err(|error| error.to_string())?;
        Ok(MailPreview { subject, text, html })
    }

    /// Checks whether mail could be sent. With a server, it goes as far as the recipient, which is `recipient` or the
    /// sender's own address, and takes the mail back; with a folder, it tries to write there. Sends nothing. The error
    /// says what is wrong.
    pub async fn check(&self, recipient: Option<&EmailAddress>) -> Result<MailCheck, String> {
        match &self.destination {
            Destination::Folder(folder) => check_folder(folder).await.map(|()| MailCheck::Folder),
            Destination::Server(server) => {
                let from = &self.sender.from;
                let to = match recipient {
                    Some(recipient) => message::recipient(recipient).ok_or("no mail can be addressed to it")?,
                    None => Mailbox::new(None, from.email.clone()),
                };
                let tried = tokio::time::timeout(SEND_TIMEOUT, server.try_recipient(&from.email, &to.email)).await;
                let recipient = to.email.to_string();
                match tried.unwrap_or_else(|_| Err(Refusal::silence(Stage::Connect))) {
                    Ok(()) => Ok(MailCheck::Accepted { recipient }),
                    Err(refusal) => match refusal.into_error(server.host()) {
                        MailError::Permanent(error) => Ok(MailCheck::NoSuchMailbox { recipient, error }),
                        MailError::Temporary(error) => Err(error),
                    },
                }
            }
        }
    }
}

async fn check_folder(folder: &Path) -> Result<(), String> {
    let failed = |error: std::io::Error| format!("{}: {error}", folder.display());
    let file = folder.join(".check");
    // The first mail creates it.
    if !folder.exists() {
        return Ok(());
    }
    tokio::fs::write(&file, []).await.map_err(failed)?;
    tokio::fs::remove_file(&file).await.map_err(failed)
}

#[async_trait]
impl Mailer for ConfiguredMailer {
    async fn send(&self, mail: &OutgoingMail) -> Result<(), MailError> {
        let message = message::build(mail, &self.sender).map_err(|error| match error {
            BuildError::Address(error) => MailError::Permanent(error.to_string()),
            BuildError::Template(error) => MailError::Temporary(error.to_string()),
        })?;
        match &self.destination {
            Destination::Folder(folder) => write_file(folder, mail, &message).await,
            Destination::Server(server) => submit(server, &message).await,
        }
    }
}

/// Writes a file named after the mail's id, so that a second attempt replaces the first.
async fn write_file(folder: &Path, mail: &OutgoingMail, message: &Message) -> Result<(), MailError> {
    let failed = |error: std::io::Error| MailError::Temporary(format!("{}: {error}", folder.display()));
    // The folder contains codes, so only its owner may read it.
    tokio::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder).await.map_err(failed)?;
    let draft = folder.join(format!(".{}.tmp", mail.id));
    let mut options = tokio::fs::OpenOptions::new();
    let mut file = options.write(true).create(true).truncate(true).mode(0o600).open(&draft).await.map_err(failed)?;
    file.write_all(&message.formatted()).await.map_err(failed)?;
    file.flush().await.map_err(failed)?;
    tokio::fs::rename(&draft, folder.join(format!("{}.eml", mail.id))).await.map_err(failed)
}

async fn submit(server: &Server, message: &Message) -> Result<(), MailError> {
    let text = message.formatted();
    match tokio::time::timeout(SEND_TIMEOUT, server.submit(message.envelope(), &text)).await {
        Ok(done) => done.map_err(|refusal| refusal.into_error(server.host())),
        Err(_) => Err(MailError::Temporary(format!("the mail server took too long ({})", server.host()))),
    }
}
