//! The `Mailer` port on lettre, with the texts of the mails: sends to an SMTP server, or writes files for the embedded
//! default. `auth-domain` decides when a mail is sent and retried.

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
pub use texts::invitation_link;
