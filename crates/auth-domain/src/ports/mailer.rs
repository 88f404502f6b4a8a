//! The port to the mail server.

use async_trait::async_trait;

use crate::mail::OutgoingMail;

/// Why a mail was not sent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MailError {
    /// Worth another attempt: the server is away or busy, or refuses this service rather than this mail: its login, its
    /// sender, its network, its quota. An operator can mend that, and the mail is still owed.
    #[error("{0}")]
    Temporary(String),
    /// Not worth another attempt: the server refuses the recipient's mailbox or the content for good.
    #[error("{0}")]
    Permanent(String),
}

/// Writes and sends mails.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait Mailer: Send + Sync {
    /// Writes and sends one mail; its `Message-ID` is made of the mail's id.
    async fn send(&self, mail: &OutgoingMail) -> Result<(), MailError>;
}
