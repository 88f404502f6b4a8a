//! What a setting's text may be. Each function answers what is wrong and what is allowed; none
//! repeats a text that may be secret.

use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs as _};
use std::ops::RangeInclusive;
use std::path::PathBuf;

use auth_domain::Language;
use auth_domain::audience::AudienceName;
use auth_domain::data_export::UploadAddress;
use auth_domain::disclosure::Disclosure;
use auth_domain::internal::INTERNAL_AUDIENCE;
use auth_domain::registration::{EmailDomains, RegistrationMode};
use ipnet::IpNet;
use url::{Host, Url};

/// Where the database is.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Database {
    /// The embedded one, in this file.
    Sqlite(PathBuf),
    /// The one at this URL, which may hold a password.
    Postgres { url: String, options: PostgresOptions },
}

/// How PostgreSQL is spoken to.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct PostgresOptions {
    /// Whether statements are prepared: not behind a transaction pooler.
    pub(crate) prepared: bool,
    /// How many connections there may be at most.
    pub(crate) connections: usize,
}

pub(super) fn number(text: &str, range: RangeInclusive<u64>, what: &str) -> Result<u64, String> {
    let parsed = text.trim().parse().ok().filter(|number| range.contains(number));
    parsed.ok_or_else(|| format!("must be a {what} from {} to {}, not {text:?}", range.start(), range.end()))
}

pub(super) fn switch(text: &str) -> Result<bool, String> {
    match text {
        "on" => Ok(true),
        "off" => Ok(false),
        _ => Err(format!("must be on or off, not {text:?}")),
    }
}

/// Returns the parts between commas, without white space, none of them empty.
pub(super) fn list(text: &str) -> impl Iterator<Item = &str> {
    text.split(',').map(str::trim).filter(|part| !part.is_empty())
}

pub(super) fn socket_address(text: &str) -> Result<SocketAddr, String> {
    let resolved = text.to_socket_addrs().ok().and_then(|mut addresses| addresses.next());
    resolved.ok_or_else(|| format!("must be an address and a port such as 127.0.0.1:8080, not {text:?}"))
}

impl Database {
    /// Reads `sqlite:<file>` or `postgres://…`. The error says what is allowed, and not what it was.
    pub(crate) fn parse(text: &str, options: PostgresOptions) -> Result<Self, String> {
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            return Ok(Self::Postgres { url: text.to_owned(), options });
        }
        let path = text.strip_prefix("sqlite:").map(|path| path.strip_prefix("//").unwrap_or(path));
        let path = path.filter(|path| !path.is_empty() && !path.starts_with("file:") && *path != ":memory:");
        let path = path.ok_or("must be sqlite:<file> or postgres://user:password@host:port/name")?;
        // It would be part of the file's name, and whoever wrote it would get something else than they asked for.
        if path.contains('?') {
            return Err("must be sqlite:<file> without parameters: a question mark is not allowed".to_owned());
        }
        Ok(Self::Sqlite(PathBuf::from(path)))
    }
}

/// A token without an audience is one that anybody may take for theirs.
pub(super) fn audience(text: &str) -> Result<String, String> {
    if text.trim().is_empty() {
        Err("must not be blank: leave it out for the public URL".to_owned())
    } else {
        Ok(text.to_owned())
    }
}

/// Reads the further audiences, each of them once.
pub(super) fn audiences(text: &str) -> Result<BTreeSet<AudienceName>, String> {
    let mut names = BTreeSet::new();
    for part in text.split(',').map(str::trim) {
        let name = AudienceName::parse(part).ok_or_else(|| {
            format!("must be names or URLs without a fragment, of 1 to 255 visible ASCII characters, not {part:?}")
        })?;
        if part == INTERNAL_AUDIENCE {
            return Err(format!("must not contain {part}, which is for internal tokens"));
        }
        if !names.insert(name) {
            return Err(format!("contains {part} twice"));
        }
    }
    Ok(names)
}

pub(super) fn collector_url(text: &str) -> Result<String, String> {
    let plain = |url: &Url| {
        matches!(url.scheme(), "http" | "https") && url.has_host() && url.query().is_none() && url.username().is_empty()
    };
    match Url::parse(text).ok().filter(plain) {
        Some(_) => Ok(text.trim_end_matches('/').to_owned()),
        None => Err(format!("must be a URL such as http://127.0.0.1:4318, without a user or query, not {text:?}")),
    }
}

/// It may be private and unencrypted, as webhooks may: the operator sets it.
pub(super) fn upload_address(text: &str) -> Result<UploadAddress, String> {
    let is_plain = |url: &Url| {
        matches!(url.scheme(), "http" | "https")
            && url.has_host()
            && url.fragment().is_none()
            && url.username().is_empty()
            && url.password().is_none()
    };
    match Url::parse(text).ok().filter(is_plain) {
        Some(_) => UploadAddress::new(text.to_owned()).map_err(|mistake| mistake.to_string()),
        None => Err("must be an http:// or https:// URL without a user or fragment".to_owned()),
    }
}

pub(super) fn public_url(text: &str) -> Result<String, String> {
    let url = text.trim_end_matches('/');
    let plain = |parsed: &Url| {
        let bare = parsed.query().is_none() && parsed.fragment().is_none() && parsed.username().is_empty();
        matches!(parsed.scheme(), "http" | "https") && bare && parsed.password().is_none()
    };
    match Url::parse(url).ok().filter(plain) {
        Some(_) if url.is_ascii() => Ok(url.to_owned()),
        _ => Err(format!("must be a URL such as https://auth.example.org, without a user or query, not {text:?}")),
    }
}

/// Tells whether nobody on the way can read what goes there: https, or a loopback address.
pub(super) fn is_confidential(url: &str) -> bool {
    Url::parse(url).is_ok_and(|url| url.scheme() == "https" || is_loopback(&url))
}

/// Tells whether only this machine gets there.
pub(super) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// Returns the paths, each beginning and ending with `/`.
pub(super) fn base_paths(text: &str) -> Result<Vec<String>, String> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"/_.-".contains(&byte);
    let base = |part: &str| {
        let well_formed = part.starts_with('/') && !part.contains("//") && part.bytes().all(allowed);
        well_formed.then(|| format!("{}/", part.trim_end_matches('/')))
    };
    let mut paths = list(text).map(base).collect::<Option<Vec<_>>>().unwrap_or_default();
    paths.sort();
    paths.dedup();
    if paths.is_empty() {
        return Err(format!("must be paths such as /,/api, not {text:?}"));
    }
    Ok(paths)
}

pub(super) fn disclosure(text: &str) -> Result<Disclosure, String> {
    match text {
        "explicit" => Ok(Disclosure::Explicit),
        "concealed" => Ok(Disclosure::Concealed),
        _ => Err(format!("must be explicit or concealed, not {text:?}")),
    }
}

pub(super) fn language(text: &str) -> Result<Language, String> {
    let named = Language::ALL.map(Language::as_str).join(", ");
    Language::parse(text).ok_or_else(|| format!("must be one of {named}, not {text:?}"))
}

pub(super) fn registration(text: &str) -> Result<RegistrationMode, String> {
    RegistrationMode::parse(text).ok_or_else(|| format!("must be open, invited or closed, not {text:?}"))
}

pub(super) fn email_domains(text: &str) -> Result<EmailDomains, String> {
    list(text).try_fold(EmailDomains::default(), |domains, entry| {
        let wrong = |_| format!("must be domains such as example.org, *.example.org or !example.com, not {entry:?}");
        domains.with(entry).map_err(wrong)
    })
}

/// Reads the networks of proxies. Whoever is in one is believed about the address of its clients, so one that holds
/// everybody is refused, and one that holds somebody else than it seems to, or nobody.
pub(super) fn proxies(text: &str) -> Result<Vec<IpNet>, String> {
    let networks = list(text).map(proxy).collect::<Result<Vec<_>, _>>()?;
    if networks.is_empty() && !text.is_empty() {
        return Err(format!("names no network: {text:?}"));
    }
    match IpNet::aggregate(&networks).iter().find(|network| network.prefix_len() == 0) {
        Some(everybody) => Err(format!(
            "must not contain {everybody}, which is every address: any client could then claim any address. List only \
             your proxies"
        )),
        None => Ok(networks),
    }
}

fn proxy(part: &str) -> Result<IpNet, String> {
    let parsed = part.parse::<IpNet>().ok().or_else(|| part.parse::<IpAddr>().ok().map(IpNet::from));
    let network =
        parsed.ok_or_else(|| format!("must be networks or addresses such as 10.0.0.0/8,::1, not {part:?}"))?;
    let address = network.addr();
    if network != network.trunc() {
        let (whole, one) = (network.trunc(), IpNet::from(address));
        return Err(format!("must be a network, {whole}, or an address, {one}, not {part:?}"));
    }
    if let IpAddr::V6(six) = address
        && let Some(four) = six.to_ipv4_mapped()
    {
        let four =
            IpNet::new(four.into(), network.prefix_len().saturating_sub(96)).unwrap_or_else(|_| IpNet::from(address));
        return Err(format!(
            "contains {part:?}, which never matches: write {four}, because IPv4 clients appear with their IPv4 address"
        ));
    }
    let of_nobody =
        address.is_multicast() || (address.is_unspecified() && network.prefix_len() == network.max_prefix_len());
    if of_nobody || part == "255.255.255.255" {
        return Err(format!("contains {part:?}, which never matches: no client has such an address"));
    }
    Ok(network)
}
