//! The `Mailer` port on lettre, with the templates of the mails: sends to an SMTP server, or writes files for the embedded
//! default, and reads those. `auth-domain` decides when a mail is sent and retried.

mod device;
#[cfg(test)]
mod fuzz;
mod kind;
mod mailer;
mod message;
mod refusal;
mod samples;
mod sent_mails;
mod server;
mod settings;
mod templates;
mod text;
mod values;

pub use kind::MailKind;
pub use mailer::{ConfiguredMailer, MailCheck, MailPreview};
pub use sent_mails::MailFolder;
pub use settings::{InvalidMailSettings, MailHostname, MailSettings};
pub use templates::MailTemplates;
pub use values::invitation_link;
