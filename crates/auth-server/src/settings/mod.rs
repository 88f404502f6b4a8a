//! The settings: what there is, what is allowed, what is the default.
//!
//! `source.rs` gathers the raw texts from the environment and `auth.toml`; `reader.rs` takes them one by one, and here
//! they get a meaning. Every mistake is reported at once, each with the place that it came from.

mod pages;
mod providers;
mod reader;
mod services;
mod source;
mod table;
mod value;

use std::collections::BTreeSet;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::time::Duration;

use auth_crypto::{HashParameters, ServiceRegistration};
use auth_domain::Language;
use auth_domain::account::HashCost;
use auth_domain::audience::{AudienceName, Audiences};
use auth_domain::challenge::ChallengeLifetimes;
use auth_domain::data_export::UploadAddress;
use auth_domain::disclosure::Disclosure;
use auth_domain::event::{EventName, Subscription};
use auth_domain::registration::{EmailDomains, RegistrationMode, RegistrationPolicy};
use auth_domain::session::SessionLifetimes;
use auth_domain::token_exchange::ExchangeRules;
use auth_domain::use_cases::{EmailVerification, SuspiciousSession};
use auth_http::NetworkQuota;
use auth_smtp::{MailHostname, MailSettings, MailTemplates};
use ipnet::IpNet;
use url::{Host, Url};
use zeroize::Zeroizing;

use pages::{pages, product_name};
use providers::origins;
use reader::Reader;
use source::{Gathered, Raw, gather};
use value::{
    audience, audiences, base_paths, collector_url, disclosure, email_domains, is_confidential, is_loopback, language,
    proxies, public_url, registration, socket_address, switch, upload_address,
};

pub(crate) use pages::PageSettings;
pub(crate) use providers::ProviderRegistration;
pub(crate) use services::WebhookRegistration;
pub(crate) use source::SettingsError;
pub(crate) use table::{Kind, Setting, all as all_settings};
pub(crate) use value::{Database, PostgresOptions};

/// Everything that can be set.
pub(crate) struct Settings {
    pub(crate) listen: SocketAddr,
    pub(crate) data_dir: PathBuf,
    pub(crate) database: Database,
    pub(crate) postgres: PostgresOptions,
    pub(crate) secret_key: Option<Zeroizing<String>>,
    pub(crate) public_url: Option<String>,
    pub(crate) audience: Option<String>,
    pub(crate) audiences: BTreeSet<AudienceName>,
    pub(crate) base_paths: Vec<String>,
    pub(crate) password_min: usize,
    pub(crate) lifetimes: SessionLifetimes,
    pub(crate) suspicious_session: SuspiciousSession,
    pub(crate) session_cache: bool,
    pub(crate) hashing: HashParameters,
    pub(crate) services: Vec<ServiceRegistration>,
    /// Which of them may exchange tokens.
    pub(crate) exchange: ExchangeRules,
    pub(crate) trusted_proxies: Vec<IpNet>,
    pub(crate) network_limits: Option<NetworkLimit>,
    pub(crate) otlp_endpoint: Option<String>,
    pub(crate) mail: MailSettings,
    /// Whether somebody decided where mails go.
    pub(crate) mail_is_set: bool,
    pub(crate) challenges: ChallengeLifetimes,
    pub(crate) disclosure: Disclosure,
    pub(crate) registration: RegistrationPolicy,
    pub(crate) email_verification: EmailVerification,
    pub(crate) step_up_max_age: Option<Duration>,
    pub(crate) deletion_grace: Duration,
    pub(crate) webhooks: Vec<WebhookRegistration>,
    /// Where they upload what users ask for.
    pub(crate) export_upload: Option<UploadAddress>,
    pub(crate) metrics_listen: Option<SocketAddr>,
    pub(crate) drain_notice: Duration,
    pub(crate) cookies: bool,
    /// If the pages are on.
    pub(crate) pages: Option<PageSettings>,
    pub(crate) product_name: Option<String>,
    pub(crate) default_language: Language,
    pub(crate) allowed_origins: Vec<String>,
    pub(crate) providers: Vec<ProviderRegistration>,
}

/// What the strangers of one network may ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NetworkLimit {
    pub(crate) quota: NetworkQuota,
    /// Whether callers on this machine are limited too.
    pub(crate) loopback: bool,
}

/// Lists each setting there is, those of services that are set included, with its text and where that comes from.
pub(crate) fn what_is_set(file: Option<&Path>) -> Result<Vec<(Setting, Option<Raw>)>, SettingsError> {
    let Gathered { mut raw, mistakes } = gather(file, std::env::vars_os());
    if !mistakes.is_empty() {
        return Err(SettingsError(mistakes));
    }
    let mut all = Vec::new();
    for setting in all_settings().into_iter().filter(|setting| !table::has_placeholder(&setting.name)) {
        let set = raw.remove(&setting.name);
        all.push((setting, set));
    }
    for (name, raw) in raw {
        if let Some(setting) = table::find(&name) {
            all.push((Setting { name, ..setting }, Some(raw)));
        }
    }
    Ok(all)
}

impl Settings {
    /// Reads the environment and the configuration file: `file`, or `auth.toml` where there is one.
    pub(crate) fn load(file: Option<&Path>) -> Result<Self, SettingsError> {
        Self::read(gather(file, std::env::vars_os()))
    }

    /// Returns the base path that the callbacks of providers are under.
    pub(crate) fn shortest_base_path(&self) -> &str {
        self.base_paths.iter().min_by_key(|path| path.len()).map_or("/", String::as_str)
    }

    /// Returns where the server of this machine answers.
    pub(crate) fn own_address(&self) -> SocketAddr {
        let mut address = self.listen;
        if address.ip().is_unspecified() {
            address.set_ip(if address.is_ipv4() { Ipv4Addr::LOCALHOST.into() } else { Ipv6Addr::LOCALHOST.into() });
        }
        address
    }

    /// Returns the host of the public URL.
    fn public_hostname(&self) -> MailHostname {
        let url = self.public_url.as_deref().and_then(|url| Url::parse(url).ok());
        match url.as_ref().and_then(Url::host) {
            Some(Host::Domain(name)) => {
                MailHostname::parse(name).unwrap_or_else(|_| MailHostname::Address(self.own_address().ip()))
            }
            Some(Host::Ipv4(address)) => MailHostname::Address(address.into()),
            Some(Host::Ipv6(address)) => MailHostname::Address(address.into()),
            None => MailHostname::Address(self.own_address().ip()),
        }
    }

    /// Returns the URL of the page on which people register, if the pages are on.
    pub(crate) fn register_page(&self, public_url: &str) -> Option<String> {
        self.pages.as_ref().map(|_| format!("{public_url}{}account/register", self.shortest_base_path()))
    }

    /// Returns the folder of mails that a page shows: only this machine reaches the service, and no proxy before it does
    /// so for others.
    pub(crate) fn shown_mails(&self) -> Option<&Path> {
        let public_url = self.public_url.as_deref().and_then(|url| Url::parse(url).ok());
        let is_for_others = public_url.is_some_and(|url| !is_loopback(&url)) || !self.trusted_proxies.is_empty();
        let is_shown = self.pages.is_some() && self.listen.ip().is_loopback() && !is_for_others;
        self.mail.folder().filter(|_| is_shown)
    }

    /// Says that mails reach nobody, where the settings look like those of a service for others.
    pub(crate) fn mail_warning(&self) -> Option<String> {
        let public_url = self.public_url.as_deref().and_then(|url| Url::parse(url).ok());
        let is_public = public_url.as_ref().is_some_and(|url| !is_loopback(url));
        let is_for_others = is_public || matches!(self.database, Database::Postgres { .. });
        (is_for_others && !self.mail_is_set).then(|| {
            format!("no mail server is set, so nobody receives mails ({}): set AUTH_MAIL_URL", self.mail.destination())
        })
    }

    /// Returns what hashing a password costs.
    pub(crate) const fn hash_cost(&self) -> HashCost {
        HashCost { memory_kib: self.hashing.memory_kib, passes: self.hashing.passes }
    }

    /// Returns which services are told of which events.
    pub(crate) fn subscriptions(&self) -> Vec<Subscription> {
        self.webhooks.iter().map(|registration| registration.subscription.clone()).collect()
    }

    /// Tells whether browsers take `Secure` cookies from the public URL.
    fn is_secure_for_browsers(&self) -> bool {
        let public_url = self.public_url.clone().unwrap_or_else(|| format!("http://{}", self.listen));
        is_confidential(&public_url)
    }

    fn read(gathered: Gathered) -> Result<Self, SettingsError> {
        let mut reader = Reader::new(gathered);
        let data_dir = reader.parse("DATA_DIR", PathBuf::from("data"), |text| Ok(PathBuf::from(text)));
        let default_database = Database::Sqlite(data_dir.join("auth.db"));
        let mail_is_set = reader.is_set("MAIL_URL");
        let mail = mail(&mut reader, &data_dir)?;
        let postgres = postgres_options(&mut reader);
        let mut settings = Self {
            mail,
            mail_is_set,
            listen: reader.parse("LISTEN", SocketAddr::from(([127, 0, 0, 1], 8080)), socket_address),
            database: reader.parse("DATABASE_URL", default_database, |text| Database::parse(text, postgres)),
            postgres,
            secret_key: reader.parse("SECRET_KEY", None, |text| Ok(Some(Zeroizing::new(text.to_owned())))),
            public_url: reader.parse("PUBLIC_URL", None, |text| public_url(text).map(Some)),
            otlp_endpoint: reader.parse("OTLP_ENDPOINT", None, |text| collector_url(text).map(Some)),
            audience: reader.parse("AUDIENCE", None, |text| audience(text).map(Some)),
            audiences: reader.parse("AUDIENCES", BTreeSet::new(), audiences),
            base_paths: reader.parse("BASE_PATHS", vec!["/".to_owned(), "/api/".to_owned()], base_paths),
            password_min: reader.number("PASSWORD_MIN"),
            lifetimes: session_lifetimes(&mut reader),
            suspicious_session: suspicious_session(&mut reader),
            session_cache: reader.switch("SESSION_CACHE"),
            hashing: hashing(&mut reader),
            services: Vec::new(),
            exchange: ExchangeRules::new(),
            trusted_proxies: reader.parse("TRUSTED_PROXIES", Vec::new(), proxies),
            network_limits: network_limits(&mut reader),
            challenges: ChallengeLifetimes { temp: reader.seconds("TEMP_TTL"), code: reader.seconds("CODE_TTL") },
            disclosure: reader.parse("DISCLOSURE", Disclosure::Explicit, disclosure),
            registration: RegistrationPolicy {
                mode: reader.parse("REGISTRATION", RegistrationMode::Open, registration),
                domains: reader.parse("REGISTRATION_DOMAINS", EmailDomains::default(), email_domains),
            },
            email_verification: email_verification(&mut reader),
            step_up_max_age: reader.seconds_or_off("STEP_UP_MAX_AGE"),
            deletion_grace: reader.seconds("DELETION_GRACE"),
            webhooks: reader.webhooks(),
            export_upload: reader.parse("EXPORT_UPLOAD_URL", None, |text| upload_address(text).map(Some)),
            metrics_listen: reader.parse("METRICS_LISTEN", None, |text| socket_address(text).map(Some)),
            drain_notice: reader.seconds("DRAIN_NOTICE"),
            cookies: false,
            pages: None,
            default_language: reader.parse("DEFAULT_LANGUAGE", Language::default(), language),
            product_name: reader.parse("PRODUCT_NAME", None, |text| product_name(text).map(Some)),
            allowed_origins: reader.parse("ALLOWED_ORIGINS", Vec::new(), origins),
            providers: reader.providers(),
            data_dir,
        };
        settings.check_audiences(&mut reader);
        settings.check_exports(&mut reader);
        let audiences = Audiences::new(settings.default_audience(settings.listen), settings.audiences.clone());
        (settings.services, settings.exchange) = reader.services(&audiences);
        settings.decide_on_pages(&mut reader);
        let hostname = reader.parse("MAIL_HOSTNAME", None, |text| {
            MailHostname::parse(text).map(Some).map_err(|mistake| mistake.to_string())
        });
        settings.mail = settings.mail.clone().named(hostname.unwrap_or_else(|| settings.public_hostname()));
        if settings.needs_secure_cookies() && !settings.is_secure_for_browsers() {
            reader.mistake(
                "AUTH_PUBLIC_URL must use https, or a loopback address, when cookies are on or an identity provider \
                 is configured: browsers store secure cookies from no other address",
            );
        }
        reader.finish(settings)
    }

    /// Returns the audience of tokens for which none other is requested, of a server that listens at this address.
    pub(crate) fn default_audience(&self, listening: SocketAddr) -> String {
        let public_url = || self.public_url.clone().unwrap_or_else(|| format!("http://{listening}"));
        self.audience.clone().unwrap_or_else(public_url)
    }

    fn check_audiences(&self, reader: &mut Reader) {
        let default = self.default_audience(self.listen);
        if self.audiences.iter().any(|name| name.as_str() == default) {
            reader.mistake(format!("AUTH_AUDIENCES must not contain {default}, which is the default audience"));
        }
    }

    fn check_exports(&self, reader: &mut Reader) {
        let name = EventName::UserExportRequested;
        let takes_part = |webhook: &WebhookRegistration| webhook.subscription.events.contains(&name);
        if self.webhooks.iter().any(takes_part) != self.export_upload.is_some() {
            reader.mistake(format!(
                "needs both or neither: AUTH_EXPORT_UPLOAD_URL, and {} in AUTH_WEBHOOKS__<SERVICE>__EVENTS of the services that upload",
                name.as_str()
            ));
        }
    }

    /// Decides about pages and cookies together: the pages need cookies. They are on by default where they work at once.
    fn decide_on_pages(&mut self, reader: &mut Reader) {
        let cookies = reader.parse("COOKIES", None, |text| switch(text).map(Some));
        let (asked, looks) = pages(reader);
        let is_embedded_default = matches!(self.database, Database::Sqlite(_)) && self.public_url.is_none();
        let by_default = is_embedded_default && self.is_secure_for_browsers() && cookies != Some(false);
        self.pages = looks.filter(|_| asked.unwrap_or(by_default));
        self.cookies = cookies.unwrap_or(self.pages.is_some());
        if self.pages.is_some() && !self.cookies {
            reader.mistake("AUTH_PAGES is on, but AUTH_COOKIES is off: the pages keep users signed in with cookies");
        }
    }

    fn needs_secure_cookies(&self) -> bool {
        self.cookies || !self.providers.is_empty()
    }
}

fn postgres_options(reader: &mut Reader) -> PostgresOptions {
    let by_cores = || std::thread::available_parallelism().map_or(8, |cores| (4 * cores.get()).clamp(8, 32));
    PostgresOptions {
        prepared: reader.switch("DB_PREPARED"),
        connections: reader.number_if_set("DB_CONNECTIONS").unwrap_or_else(by_cores),
    }
}

/// Whoever writes the rate down means everybody.
fn network_limits(reader: &mut Reader) -> Option<NetworkLimit> {
    let loopback = reader.is_set("NETWORK_RATE");
    let (rate, burst): (Option<u32>, Option<u32>) =
        (reader.number_or_off("NETWORK_RATE"), reader.number_if_set("NETWORK_BURST"));
    let (rate, burst) = (rate.and_then(NonZeroU32::new)?, burst.and_then(NonZeroU32::new)?);
    Some(NetworkLimit { quota: NetworkQuota { rate, burst }, loopback })
}

fn session_lifetimes(reader: &mut Reader) -> SessionLifetimes {
    SessionLifetimes {
        access: reader.seconds("ACCESS_TTL"),
        idle: reader.seconds("REFRESH_IDLE_TTL"),
        absolute: reader.seconds("REFRESH_ABSOLUTE_TTL"),
        retry_window: reader.seconds("RETRY_WINDOW"),
    }
}

fn suspicious_session(reader: &mut Reader) -> SuspiciousSession {
    if reader.switch("REFRESH_STRICT") { SuspiciousSession::Ends } else { SuspiciousSession::GoesOn }
}

fn hashing(reader: &mut Reader) -> HashParameters {
    let cores = || std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    HashParameters {
        memory_kib: reader.number("HASH_MEMORY_KIB"),
        passes: reader.number("HASH_PASSES"),
        threads: reader.number_if_set("HASH_THREADS").unwrap_or_else(cores),
        queue_per_thread: reader.number("HASH_QUEUE"),
    }
}

fn email_verification(reader: &mut Reader) -> EmailVerification {
    if reader.switch("REQUIRE_VERIFIED_EMAIL") { EmailVerification::BeforeLogin } else { EmailVerification::Optional }
}

/// By default files in the data folder.
fn mail(reader: &mut Reader, data_dir: &Path) -> Result<MailSettings, SettingsError> {
    const FROM: &str = "Auth <no-reply@localhost>";
    let folder = format!("file:{}", data_dir.join("mail").display());
    let check = |url: &str, from: &str, text: &str| match MailSettings::parse(url, from) {
        Ok(_) => Ok(text.to_owned()),
        Err(mistake) => Err(mistake.to_string()),
    };
    let url = reader.parse("MAIL_URL", folder.clone(), |text| check(text, FROM, text));
    let from = reader.parse("MAIL_FROM", FROM.to_owned(), |text| check(&folder, text, text));
    let settings = MailSettings::parse(&url, &from);
    let settings = settings.map_err(|mistake| SettingsError(vec![format!("AUTH_MAIL_URL {mistake}")]))?;
    Ok(settings.with_templates(mail_templates(reader)))
}

/// Every mistake is told, not only the first.
fn mail_templates(reader: &mut Reader) -> MailTemplates {
    let Some(raw) = reader.take("MAIL_TEMPLATES") else { return MailTemplates::default() };
    MailTemplates::load(Path::new(raw.text.as_str())).unwrap_or_else(|mistakes| {
        for mistake in mistakes {
            reader.mistake(format!("{}: {mistake}", raw.place));
        }
        MailTemplates::default()
    })
}

#[cfg(test)]
mod fuzz;
#[cfg(test)]
mod tests;
#[cfg(test)]
pub(crate) use tests::load as load_for_tests;
