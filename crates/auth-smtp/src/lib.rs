//! The `Mailer` port on lettre: to an SMTP server, or to files for the embedded default; and the texts
//! of the mails. When a mail is sent, and when again, is `auth-domain`'s.

#[cfg(test)]
mod fuzz;
mod mailer;
mod message;
mod refusal;
mod server;
mod settings;
mod texts;

pub use mailer::{ConfiguredMailer, MailCheck};
pub use settings::{InvalidMailSettings, MailHostname, MailSettings};
