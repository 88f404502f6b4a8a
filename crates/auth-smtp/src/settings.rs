//! Where mails are sent, who sends them, and how this service introduces itself to mail servers.

use std::net::IpAddr;
use std::path::{Path, PathBuf};

use lettre::message::Mailbox;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::TlsParameters;
use lettre::transport::smtp::extension::ClientId;
use percent_encoding::percent_decode_str;
use url::Url;

use crate::server::{Security, ServerAddress};
use crate::templates::MailTemplates;

/// Why mail cannot be sent with these settings. The URL may contain a password, so it is not repeated.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidMailSettings {
    /// It is neither a folder nor an SMTP URL.
    #[error("must be file:<folder>, smtp://user:password@host:port or smtps://user:password@host:port")]
    Url,
    /// The sender is not a mailbox.
    #[error("must be a mailbox such as: Auth <no-reply@example.org>")]
    From,
    /// The sender's local part is not ASCII, which few mail servers accept.
    #[error("must contain only ASCII before the @: many mail servers refuse other addresses")]
    FromLocalPart,
    /// It is not a host name.
    #[error("must be a host name such as auth.example.org")]
    Hostname,
}

/// How this service introduces itself to mail servers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MailHostname {
    /// With a host name, in ASCII.
    Name(String),
    /// With an address, if it has no name.
    Address(IpAddr),
}

impl MailHostname {
    /// Parses a host name. One with non-ASCII letters is converted to its ASCII form (IDNA).
    pub fn parse(text: &str) -> Result<Self, InvalidMailSettings> {
        match idna::domain_to_ascii_strict(text) {
            Ok(name) if !name.is_empty() && name.parse::<IpAddr>().is_err() => Ok(Self::Name(name)),
            _ => Err(InvalidMailSettings::Hostname),
        }
    }

    /// Returns the form that EHLO sends (RFC 5321 section 4.1.3).
    fn hello(&self) -> ClientId {
        match self {
            Self::Name(name) => ClientId::Domain(name.clone()),
            Self::Address(IpAddr::V4(address)) => ClientId::Ipv4(*address),
            Self::Address(IpAddr::V6(address)) => ClientId::Ipv6(*address),
        }
    }
}

/// Where mails are sent, and who sends them.
#[derive(Clone)]
pub struct MailSettings {
    pub(crate) from: Mailbox,
    pub(crate) place: Place,
    hostname: MailHostname,
    pub(crate) register_page: Option<String>,
    pub(crate) product_name: String,
    pub(crate) logo_url: Option<String>,
    pub(crate) templates: MailTemplates,
}

#[derive(Clone)]
pub(crate) enum Place {
    Folder(PathBuf),
    Server(ServerAddress),
}

impl MailSettings {
    /// Parses the settings: `url` is `file:<folder>`, `smtp://…` (STARTTLS, required unless the host is loopback) or
    /// `smtps://…` (TLS from the first byte); `from` is the sender's mailbox. Connects to nothing.
    pub fn parse(url: &str, from: &str) -> Result<Self, InvalidMailSettings> {
        let place = match url.strip_prefix("file:") {
            Some("") => return Err(InvalidMailSettings::Url),
            Some(folder) => Place::Folder(PathBuf::from(folder)),
            None => Place::Server(server(url)?),
        };
        let from = sender(from)?;
        Ok(Self {
            product_name: from.name.clone().unwrap_or_else(|| from.email.domain().to_owned()),
            from,
            place,
            hostname: MailHostname::Name("localhost".to_owned()),
            register_page: None,
            logo_url: None,
            templates: MailTemplates::default(),
        })
    }

    /// Sets the name with which this service introduces itself.
    #[must_use]
    pub fn named(self, hostname: MailHostname) -> Self {
        Self { hostname, ..self }
    }

    /// Sets the URL of the page that fills an invitation in.
    #[must_use]
    pub fn with_register_page(self, url: String) -> Self {
        Self { register_page: Some(url), ..self }
    }

    /// Sets the name of the service, which mails show; by default, that of the sender.
    #[must_use]
    pub fn with_product_name(self, product_name: String) -> Self {
        Self { product_name, ..self }
    }

    /// Sets the `https` URL of a logo, which mails show instead of the name.
    #[must_use]
    pub fn with_logo(self, url: String) -> Self {
        Self { logo_url: Some(url), ..self }
    }

    /// Sets the templates that mails are written with.
    #[must_use]
    pub fn with_templates(self, templates: MailTemplates) -> Self {
        Self { templates, ..self }
    }

    /// Returns the folder that mails are written to, if they do not go to a server.
    pub fn folder(&self) -> Option<&Path> {
        match &self.place {
            Place::Folder(folder) => Some(folder),
            Place::Server(_) => None,
        }
    }

    /// Says where mails go, for the operator; without the password.
    pub fn destination(&self) -> String {
        match &self.place {
            Place::Folder(folder) => format!("files in {}", folder.display()),
            Place::Server(server) => format!("SMTP, {}:{}", server.host, server.port),
        }
    }

    pub(crate) fn hello(&self) -> ClientId {
        self.hostname.hello()
    }

    /// Returns the right side of each Message-ID: the host name if it is a public one, otherwise the sender's domain.
    pub(crate) fn message_id_domain(&self) -> String {
        match &self.hostname {
            MailHostname::Name(name) if name.contains('.') => name.clone(),
            _ => self.from.email.domain().to_owned(),
        }
    }
}

/// Parses a mailbox, with its domain in ASCII, which every server understands.
fn sender(text: &str) -> Result<Mailbox, InvalidMailSettings> {
    let (before, after) = text.rsplit_once('@').ok_or(InvalidMailSettings::From)?;
    let local = before.rsplit(['<', ' ']).next().unwrap_or_default();
    if !local.is_ascii() {
        return Err(InvalidMailSettings::FromLocalPart);
    }
    let (domain, rest) = after.split_at(after.find('>').unwrap_or(after.len()));
    let domain = if domain.is_ascii() {
        domain.to_owned()
    } else {
        idna::domain_to_ascii(domain.trim()).map_err(|_| InvalidMailSettings::From)?
    };
    let mailbox: Mailbox = format!("{before}@{domain}{rest}").parse().map_err(|_| InvalidMailSettings::From)?;
    if mailbox.email.user().is_ascii() { Ok(mailbox) } else { Err(InvalidMailSettings::FromLocalPart) }
}

fn server(text: &str) -> Result<ServerAddress, InvalidMailSettings> {
    if !["smtp://", "smtps://"].iter().any(|scheme| text.starts_with(scheme)) {
        return Err(InvalidMailSettings::Url);
    }
    let url = Url::parse(text).map_err(|_| InvalidMailSettings::Url)?;
    let host = url.host_str().map(|host| host.trim_start_matches('[').trim_end_matches(']')).unwrap_or_default();
    if host.is_empty() {
        return Err(InvalidMailSettings::Url);
    }
    let loopback = host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
    let tls = || TlsParameters::new(host.to_owned()).map_err(|_| InvalidMailSettings::Url);
    let asked = url.query_pairs().find(|(name, _)| name == "tls").map(|(_, value)| value.into_owned());
    let (security, port) = match (url.scheme(), asked.as_deref()) {
        ("smtps", _) => (Security::Tls(tls()?), 465),
        ("smtp", Some("required")) => (Security::StartTls(tls()?), 587),
        ("smtp", Some("opportunistic")) if loopback => (Security::StartTlsIfOffered(tls()?), 587),
        ("smtp", Some("opportunistic")) => (Security::StartTls(tls()?), 587),
        ("smtp", None) if loopback => (Security::Plain, 25),
        ("smtp", None) => (Security::StartTls(tls()?), 25),
        _ => return Err(InvalidMailSettings::Url),
    };
    let decoded = |part: &str| percent_decode_str(part).decode_utf8().map(|text| text.into_owned());
    let credentials = match url.password() {
        Some(password) => {
            let pair = (decoded(url.username()), decoded(password));
            let (Ok(user), Ok(password)) = pair else { return Err(InvalidMailSettings::Url) };
            Some(Credentials::new(user, password))
        }
        None => None,
    };
    Ok(ServerAddress { host: host.to_owned(), port: url.port().unwrap_or(port), security, credentials })
}

#[cfg(test)]
mod tests {
    use super::*;

    const FROM: &str = "Auth <no-reply@example.org>";

    #[test]
    fn settings_are_checked_and_hosts_found() {
        for (url, expected) in [
            ("smtp://127.0.0.1:2525", ("127.0.0.1", 2525)),
            ("smtp://u:p%40ss@mail.example.org:587", ("mail.example.org", 587)),
            ("smtp://mail.example.org", ("mail.example.org", 25)),
            ("smtp://mail.example.org?tls=required", ("mail.example.org", 587)),
            ("smtps://u:p@[::1]:465", ("::1", 465)),
            ("smtps://mail.example.org", ("mail.example.org", 465)),
        ] {
            let ServerAddress { host, port, .. } = server(url).ok().unwrap();
            assert_eq!((host.as_str(), port), expected, "{url}");
        }
        assert!(MailSettings::parse("file:data/mail", FROM).is_ok());
        for url in ["", "file:", "http://x", "smtp://", "mail.example.org", "smtp://x?tls=maybe", "smtp://u:%ff@x"] {
            assert_eq!(MailSettings::parse(url, FROM).err(), Some(InvalidMailSettings::Url), "{url}");
        }
    }

    #[test]
    fn only_a_loopback_server_is_spoken_to_in_the_clear() {
        let security = |url: &str| match server(url).ok().unwrap().security {
            Security::Plain => "plain",
            Security::Tls(_) => "tls",
            Security::StartTls(_) => "starttls",
            Security::StartTlsIfOffered(_) => "if offered",
        };
        assert_eq!(security("smtp://localhost"), "plain");
        assert_eq!(security("smtp://localhost?tls=opportunistic"), "if offered");
        for url in ["smtp://mail.example.org", "smtp://mail.example.org?tls=opportunistic", "smtp://[::1]?tls=required"]
        {
            assert_eq!(security(url), "starttls", "{url}");
        }
        assert_eq!(security("smtps://localhost"), "tls");
    }

    #[test]
    fn a_senders_domain_may_have_any_letters_and_its_local_part_may_not() {
        let sender = |text| sender(text).map(|mailbox| (mailbox.name, mailbox.email.to_string()));
        let named = Ok((Some("Müller & Söhne".to_owned()), "no-reply@xn--bcher-kva.example".to_owned()));
        assert_eq!(sender("\"Müller & Söhne\" <no-reply@bücher.example>"), named);
        assert_eq!(sender("a@bücher.example"), Ok((None, "a@xn--bcher-kva.example".to_owned())));
        assert_eq!(sender(FROM), Ok((Some("Auth".to_owned()), "no-reply@example.org".to_owned())));
        for text in ["Auth <nö-reply@example.org>", "nö@example.org", "Auth <пошта@bücher.example>"] {
            assert_eq!(sender(text), Err(InvalidMailSettings::FromLocalPart), "{text}");
        }
        for text in ["nobody", "", "a@", "@b", "a@b@", "a@bü cher"] {
            assert_eq!(sender(text), Err(InvalidMailSettings::From), "{text}");
        }
    }

    #[test]
    fn the_service_names_itself_by_its_host_or_by_its_address() {
        let settings = MailSettings::parse("file:mail", FROM).unwrap();
        let names = |hostname| {
            let settings = settings.clone().named(hostname);
            (settings.hello().to_string(), settings.message_id_domain())
        };
        let pair = |one: &str, two: &str| (one.to_owned(), two.to_owned());
        let name = MailHostname::parse("auth.bücher.example").unwrap();
        assert_eq!(names(name), pair("auth.xn--bcher-kva.example", "auth.xn--bcher-kva.example"));
        assert_eq!(names(MailHostname::parse("localhost").unwrap()), pair("localhost", "example.org"));
        assert_eq!(names(MailHostname::Address([127, 0, 0, 1].into())), pair("[127.0.0.1]", "example.org"));
        assert_eq!(names(MailHostname::Address("::1".parse().unwrap())), pair("[IPv6:::1]", "example.org"));
        for text in ["", "a b", "https://x", "auth.example.org:25", "192.0.2.1", "a\r\nb", "-.example.org"] {
            assert_eq!(MailHostname::parse(text), Err(InvalidMailSettings::Hostname), "{text:?}");
        }
    }
}
