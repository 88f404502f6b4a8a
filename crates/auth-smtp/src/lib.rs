//! The `Mailer` port on lettre: to an SMTP server, or to files for the embedded default; and the words of
//! the mails. When a mail is sent, and when again, is `auth-domain`'s.

#[cfg(test)]
mod fuzz;
mod letter;
mod mailer;
mod words;

pub use mailer::{ConfiguredMailer, InvalidMailSettings, MailSettings};
