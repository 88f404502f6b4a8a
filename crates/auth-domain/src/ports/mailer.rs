//! The port to the mail server.

use async_trait::async_trait;

use crate::mail::OutgoingMail;

/// Why a mail was not sent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MailError {
    /// Worth another attempt: the server is away, busy, or said 4xx (RFC 5321 section 4.2.1).
    #[error("{0}")]
    Temporary(String),
    /// Not worth another attempt: the server said 5xx.
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
