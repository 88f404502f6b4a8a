//! `mail preview`: prints what a mail says.

use auth_domain::Language;
use auth_smtp::{ConfiguredMailer, MailKind};

use crate::Failure;
use crate::output::print;
use crate::settings::{Settings, SettingsError};
use crate::wiring;

/// Which mail to print, and how.
#[derive(clap::Args)]
pub(crate) struct PreviewOptions {
    /// The kind of mail, as `mails` and --list name it, for example verify_email
    #[arg(required_unless_present = "list", value_parser = kind)]
    kind: Option<MailKind>,
    /// The language: en, fr, de or es
    #[arg(long, default_value = Language::English.as_str(), value_parser = language)]
    lang: Language,
    /// Print the HTML document instead of subject and plain text
    #[arg(long)]
    html: bool,
    /// List the kinds instead
    #[arg(long, exclusive = true)]
    list: bool,
}

fn kind(text: &str) -> Result<MailKind, String> {
    MailKind::parse(text).ok_or_else(|| "there is no such kind: --list names them".to_owned())
}

fn language(text: &str) -> Result<Language, String> {
    Language::parse(text).ok_or_else(|| format!("must be one of {}", Language::ALL.map(Language::as_str).join(", ")))
}

pub(crate) fn run(
    settings: impl FnOnce() -> Result<Settings, SettingsError>,
    options: &PreviewOptions,
) -> Result<(), Failure> {
    let Some(kind) = options.kind else {
        return MailKind::all().try_for_each(|kind| print(kind.as_str()));
    };
    let settings = settings()?;
    let issuer = settings.public_url.clone().unwrap_or_else(|| format!("http://{}", settings.own_address()));
    let mail = ConfiguredMailer::new(wiring::mail(&settings, &issuer)).preview(kind, options.lang)?;
    print(&if options.html { mail.html } else { format!("Subject: {}\n\n{}", mail.subject, mail.text.trim_end()) })
}
