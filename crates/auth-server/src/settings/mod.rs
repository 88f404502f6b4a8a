//! The settings: what there is, what is allowed, what is the default.
//!
//! `source.rs` gathers the raw texts from the environment and `auth.toml`; here they get a meaning.
//! Every mistake is reported at once, each with the place that it came from.

mod providers;
mod source;
mod table;
mod value;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use auth_crypto::{HashParameters, InternalTokenVerifier, ServiceKey, ServiceRegistration};
use auth_domain::challenge::ChallengeLifetimes;
use auth_domain::disclosure::Disclosure;
use auth_domain::event::{EventKind, Subscription};
use auth_domain::internal::Scope;
use auth_domain::session::SessionLifetimes;
use auth_smtp::MailSettings;
use auth_webhooks::{Webhook, WebhookSecret};
use ipnet::IpNet;
use zeroize::Zeroizing;

use providers::origins;
use source::{Raw, gather};
use value::{base_paths, collector_url, is_confidential, list, networks, number, public_url, socket_address, switch};

pub(crate) use providers::ProviderRegistration;
pub(crate) use table::{Kind, Setting, all as all_settings};
pub(crate) use value::Database;

/// Everything that can be set.
pub(crate) struct Settings {
    pub(crate) listen: SocketAddr,
    pub(crate) data_dir: PathBuf,
    pub(crate) database: Database,
    pub(crate) db_prepared: bool,
    pub(crate) secret_key: Option<Zeroizing<String>>,
    pub(crate) public_url: Option<String>,
    pub(crate) audience: Option<String>,
    pub(crate) base_paths: Vec<String>,
    pub(crate) password_min: usize,
    pub(crate) lifetimes: SessionLifetimes,
    pub(crate) hashing: HashParameters,
    pub(crate) services: Vec<ServiceRegistration>,
    pub(crate) trusted_proxies: Vec<IpNet>,
    pub(crate) otlp_endpoint: Option<String>,
    pub(crate) mail: MailSettings,
    pub(crate) challenges: ChallengeLifetimes,
    pub(crate) disclosure: Disclosure,
    pub(crate) require_verified_email: bool,
    pub(crate) step_up_max_age: Option<Duration>,
    pub(crate) webhooks: Vec<WebhookRegistration>,
    pub(crate) metrics_listen: Option<SocketAddr>,
    pub(crate) drain_notice: Duration,
    pub(crate) cookies: bool,
    pub(crate) allowed_origins: Vec<String>,
    pub(crate) providers: Vec<ProviderRegistration>,
}

/// A service that is told of events.
pub(crate) struct WebhookRegistration {
    pub(crate) webhook: Webhook,
    pub(crate) subscription: Subscription,
}

/// Every mistake in the settings, one a line.
#[derive(Debug)]
pub(crate) struct SettingsError(Vec<String>);

impl fmt::Display for SettingsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join("\nauth-server: "))
    }
}

impl std::error::Error for SettingsError {}

/// Each setting there is, those of services that are set included, with its text and where that comes from.
pub(crate) fn what_is_set(file: Option<&Path>) -> Result<Vec<(Setting, Option<Raw>)>, SettingsError> {
    let mut raw = gather(file, std::env::vars_os())?;
    let mut all = Vec::new();
    for setting in all_settings().into_iter().filter(|setting| !setting.name.contains("<SERVICE>")) {
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
        gather(file, std::env::vars_os()).and_then(Self::from_raw)
    }

    /// The base path that the callbacks of providers are under.
    pub(crate) fn shortest_base_path(&self) -> &str {
        self.base_paths.iter().min_by_key(|path| path.len()).map_or("/", String::as_str)
    }

    /// Whether browsers take `Secure` cookies from the public URL.
    fn is_secure_for_browsers(&self) -> bool {
        let public_url = self.public_url.clone().unwrap_or_else(|| format!("http://{}", self.listen));
        is_confidential(&public_url)
    }

    fn from_raw(raw: BTreeMap<String, Raw>) -> Result<Self, SettingsError> {
        let mut reader = Reader { raw, mistakes: Vec::new() };
        let data_dir = reader.parse("DATA_DIR", PathBuf::from("data"), |text| Ok(PathBuf::from(text)));
        let default_database = Database::Sqlite(data_dir.join("auth.db"));
        let mail = reader.mail(&data_dir)?;
        let db_prepared = reader.switch("DB_PREPARED");
        let settings = Self {
            mail,
            listen: reader.parse("LISTEN", SocketAddr::from(([127, 0, 0, 1], 8080)), socket_address),
            database: reader.parse("DATABASE_URL", default_database, |text| Database::parse(text, db_prepared)),
            db_prepared,
            secret_key: reader.parse("SECRET_KEY", None, |text| Ok(Some(Zeroizing::new(text.to_owned())))),
            public_url: reader.parse("PUBLIC_URL", None, |text| public_url(text).map(Some)),
            otlp_endpoint: reader.parse("OTLP_ENDPOINT", None, |text| collector_url(text).map(Some)),
            audience: reader.parse("AUDIENCE", None, |text| Ok(Some(text.to_owned()))),
            base_paths: reader.parse("BASE_PATHS", vec!["/".to_owned(), "/api/".to_owned()], base_paths),
            password_min: reader.number("PASSWORD_MIN"),
            lifetimes: SessionLifetimes {
                access: reader.seconds("ACCESS_TTL"),
                idle: reader.seconds("REFRESH_IDLE_TTL"),
                absolute: reader.seconds("REFRESH_ABSOLUTE_TTL"),
                retry_window: reader.seconds("RETRY_WINDOW"),
            },
            hashing: HashParameters {
                memory_kib: reader.number("HASH_MEMORY_KIB"),
                passes: reader.number("HASH_PASSES"),
                threads: match reader.number("HASH_THREADS") {
                    0 => std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
                    threads => threads,
                },
                queue_per_thread: reader.number("HASH_QUEUE"),
            },
            services: reader.services(),
            trusted_proxies: reader.parse("TRUSTED_PROXIES", Vec::new(), networks),
            challenges: ChallengeLifetimes { temp: reader.seconds("TEMP_TTL"), code: reader.seconds("CODE_TTL") },
            disclosure: reader.parse("DISCLOSURE", Disclosure::Explicit, disclosure),
            require_verified_email: reader.switch("REQUIRE_VERIFIED_EMAIL"),
            step_up_max_age: reader.seconds_or_off("STEP_UP_MAX_AGE"),
            webhooks: reader.webhooks(),
            metrics_listen: reader.parse("METRICS_LISTEN", None, |text| socket_address(text).map(Some)),
            drain_notice: reader.seconds("DRAIN_NOTICE"),
            cookies: reader.switch("COOKIES"),
            allowed_origins: reader.parse("ALLOWED_ORIGINS", Vec::new(), origins),
            providers: reader.providers(),
            data_dir,
        };
        reader.finish(settings)
    }
}

/// Takes raw values out one by one and keeps the mistakes.
struct Reader {
    raw: BTreeMap<String, Raw>,
    mistakes: Vec<String>,
}

impl Reader {
    fn parse<T>(&mut self, name: &str, default: T, parse: impl FnOnce(&str) -> Result<T, String>) -> T {
        let Some(raw) = self.raw.remove(name) else { return default };
        match parse(&raw.text) {
            Ok(value) => value,
            Err(mistake) => {
                self.mistakes.push(format!("{} {mistake}", raw.place));
                default
            }
        }
    }

    /// A number within the range of the table; 0 where nothing is set and the default is none.
    fn number<N: TryFrom<u64> + Default>(&mut self, name: &str) -> N {
        let (kind, default) = table::find(name)
            .map_or((Kind::Number(0, 0), None), |setting| (setting.kind, setting.default.parse().ok()));
        let range = match kind {
            Kind::Number(least, most) | Kind::Seconds(least, most) | Kind::SecondsOrOff(least, most) => least..=most,
            _ => 0..=0,
        };
        let what = if matches!(kind, Kind::Number(..)) { "whole number" } else { "whole number of seconds" };
        let parse = |text: &str| number(text, range, what).map(Some);
        let parsed = self.parse(name, default, parse);
        parsed.and_then(|number| N::try_from(number).ok()).unwrap_or_default()
    }

    fn seconds(&mut self, name: &str) -> Duration {
        Duration::from_secs(self.number(name))
    }

    fn seconds_or_off(&mut self, name: &str) -> Option<Duration> {
        if self.raw.get(name).is_none_or(|raw| *raw.text == "off") {
            self.raw.remove(name);
            return None;
        }
        // 0 is out of range: a mistake that was noted.
        Some(self.seconds(name))
    }

    fn switch(&mut self, name: &str) -> bool {
        let default = table::find(name).is_some_and(|setting| setting.default == "on");
        self.parse(name, default, switch)
    }

    /// By default files in the data folder.
    fn mail(&mut self, data_dir: &Path) -> Result<MailSettings, SettingsError> {
        const FROM: &str = "Auth <no-reply@localhost>";
        let folder = format!("file:{}", data_dir.join("mail").display());
        let check = |url: &str, from: &str, text: &str| match MailSettings::parse(url, from) {
            Ok(_) => Ok(text.to_owned()),
            Err(mistake) => Err(mistake.to_string()),
        };
        let url = self.parse("MAIL_URL", folder.clone(), |text| check(text, FROM, text));
        let from = self.parse("MAIL_FROM", FROM.to_owned(), |text| check(&folder, text, text));
        MailSettings::parse(&url, &from).map_err(|mistake| SettingsError(vec![format!("AUTH_MAIL_URL {mistake}")]))
    }

    /// `INTERNAL__BACKUPS_SERVICE__…` is the service `backups-service`.
    fn services(&mut self) -> Vec<ServiceRegistration> {
        self.service_names("INTERNAL__").iter().filter_map(|name| self.service(name)).collect()
    }

    fn service_names(&self, prefix: &str) -> BTreeSet<String> {
        let of_service = |name: &String| Some(name.strip_prefix(prefix)?.split_once("__")?.0.to_owned());
        self.raw.keys().filter_map(of_service).collect()
    }

    fn webhooks(&mut self) -> Vec<WebhookRegistration> {
        self.service_names("WEBHOOKS__").iter().filter_map(|name| self.webhook(name)).collect()
    }

    fn webhook(&mut self, name: &str) -> Option<WebhookRegistration> {
        let field = |field: &str| format!("WEBHOOKS__{name}__{field}");
        let all = || EventKind::NAMES.map(str::to_owned).to_vec();
        let events = self.parse(&field("EVENTS"), all(), events);
        let secret = self.parse(&field("SECRET"), None, |text| {
            WebhookSecret::parse(text).map(Some).map_err(|mistake| mistake.to_string())
        });
        let (Some(url), Some(secret)) = (self.raw.remove(&field("URL")), secret) else {
            self.mistakes.push(format!("AUTH_WEBHOOKS__{name}__… needs both, …__URL and …__SECRET"));
            return None;
        };
        let service = service_name(name);
        match Webhook::new(service.clone(), &url.text, secret) {
            Ok(webhook) => Some(WebhookRegistration { webhook, subscription: Subscription { service, events } }),
            Err(mistake) => {
                self.mistakes.push(format!("{} {mistake}", url.place));
                None
            }
        }
    }

    fn service(&mut self, name: &str) -> Option<ServiceRegistration> {
        let field = |field: &str| format!("INTERNAL__{name}__{field}");
        let secret = self.raw.remove(&field("SECRET"));
        let public_key = self.raw.remove(&field("PUBLIC_KEY"));
        let scopes = self.parse(&field("SCOPES"), BTreeSet::new(), scopes);
        let (key, place) = match (secret, public_key) {
            (Some(secret), None) => (ServiceKey::Secret(Zeroizing::new(secret.text.as_bytes().to_vec())), secret.place),
            (None, Some(pem)) => (ServiceKey::PublicKey(pem.text.to_string()), pem.place),
            (secret, _) => {
                let problem = if secret.is_some() {
                    "has both, a secret and a public key"
                } else {
                    "has neither a secret nor a public key"
                };
                self.mistakes
                    .push(format!("AUTH_INTERNAL__{name}__… {problem}: set one of …__SECRET and …__PUBLIC_KEY"));
                return None;
            }
        };
        let registration = ServiceRegistration { name: service_name(name), key, scopes };
        if let Err(error) = InternalTokenVerifier::new(std::slice::from_ref(&registration)) {
            self.mistakes.push(format!("{place}: {error}"));
            return None;
        }
        Some(registration)
    }

    fn finish(mut self, settings: Settings) -> Result<Settings, SettingsError> {
        if (settings.cookies || !settings.providers.is_empty()) && !settings.is_secure_for_browsers() {
            let mistake = "AUTH_PUBLIC_URL must be https, or on a loopback address, where cookies are on or an identity \
                           provider is configured: browsers keep no secure cookie of any other";
            self.mistakes.push(mistake.to_owned());
        }
        if self.mistakes.is_empty() { Ok(settings) } else { Err(SettingsError(self.mistakes)) }
    }
}

fn service_name(name: &str) -> String {
    name.to_lowercase().replace('_', "-")
}

fn events(text: &str) -> Result<Vec<String>, String> {
    let known = |name: &str| match EventKind::NAMES.contains(&name) {
        true => Ok(name.to_owned()),
        false => Err(format!("has no event {name:?}; there are {}", EventKind::NAMES.join(", "))),
    };
    list(text).map(known).collect()
}

fn disclosure(text: &str) -> Result<Disclosure, String> {
    match text {
        "explicit" => Ok(Disclosure::Explicit),
        "concealed" => Ok(Disclosure::Concealed),
        _ => Err(format!("must be explicit or concealed, not {text:?}")),
    }
}

fn scopes(text: &str) -> Result<BTreeSet<Scope>, String> {
    let all = || Scope::ALL.map(Scope::as_str).join(", ");
    let parse = |name: &str| Scope::parse(name).ok_or_else(|| format!("has no scope {name:?}; there are {}", all()));
    list(text).map(parse).collect()
}

#[cfg(test)]
mod fuzz;
#[cfg(test)]
mod tests;
