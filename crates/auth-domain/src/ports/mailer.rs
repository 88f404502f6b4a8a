//! The port to the mail server.

use async_trait::async_trait;

use crate::MailId;
use crate::mail::{OutgoingMail, SentMail};

/// Why a mail was not sent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MailError {
    /// Another attempt is worthwhile: the server is unavailable or busy, or refuses this service rather than this mail
    /// because of its login, sender, network or quota. An operator can fix that, and the mail is still owed.
    #[error("{0}")]
    Temporary(String),
    /// Another attempt is pointless: the server permanently refuses the recipient's mailbox or the content.
    #[error("{0}")]
    Permanent(String),
}

/// Writes and sends mails.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait Mailer: Send + Sync {
    /// Writes and sends one mail. Its `Message-ID` is made from the id of the mail.
    async fn send(&self, mail: &OutgoingMail) -> Result<(), MailError>;
}

/// Why sent mails cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct SentMailsError(pub String);

/// Reads the mails that were written to files instead of being sent.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait SentMails: Send + Sync {
    /// Returns at most `most` mails, the newest first.
    async fn latest(&self, most: usize) -> Result<Vec<SentMail>, SentMailsError>;

    /// Returns the mail with this id.
    async fn find(&self, id: MailId) -> Result<Option<SentMail>, SentMailsError>;
}
