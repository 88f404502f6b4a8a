//! The settings: what there is, what is allowed, what is the default.
//!
//! `source.rs` gathers the raw texts from the environment and `auth.toml`; here they get a meaning.
//! Every mistake is reported at once, each with the place that it came from.

mod source;
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

use source::{Raw, gather};
use value::{base_paths, database, list, networks, number, public_url, seconds, socket_address, switch};

pub(crate) use value::Database;

/// The names there are, without `AUTH_`; in `auth.toml` they are in lower case.
const NAMES: &[&str] = &[
    "ACCESS_TTL",
    "AUDIENCE",
    "BASE_PATHS",
    "CODE_TTL",
    "DATABASE_URL",
    "DATA_DIR",
    "DISCLOSURE",
    "HASH_MEMORY_KIB",
    "HASH_PASSES",
    "HASH_QUEUE",
    "HASH_THREADS",
    "LISTEN",
    "MAIL_FROM",
    "MAIL_URL",
    "PASSWORD_MIN",
    "PUBLIC_URL",
    "REFRESH_ABSOLUTE_TTL",
    "REFRESH_IDLE_TTL",
    "REQUIRE_VERIFIED_EMAIL",
    "RETRY_WINDOW",
    "SECRET_KEY",
    "STEP_UP_MAX_AGE",
    "TEMP_TTL",
    "TRUSTED_PROXIES",
];
/// The names that have a service in them, as `INTERNAL__<SERVICE>__SECRET`: each kind, its fields, and which of
/// those may also come from a file.
const SERVICES: &[ServiceSettings] = &[
    ServiceSettings {
        kind: "INTERNAL",
        fields: &["SECRET", "PUBLIC_KEY", "SCOPES"],
        secrets: &["SECRET", "PUBLIC_KEY"],
    },
    ServiceSettings { kind: "WEBHOOKS", fields: &["URL", "SECRET", "EVENTS"], secrets: &["SECRET", "URL"] },
];
/// Those that may also come from a file, as `…_FILE`.
const SECRETS: &[&str] = &["SECRET_KEY", "DATABASE_URL", "MAIL_URL"];

struct ServiceSettings {
    kind: &'static str,
    fields: &'static [&'static str],
    secrets: &'static [&'static str],
}

/// Everything that can be set.
pub(crate) struct Settings {
    pub(crate) listen: SocketAddr,
    pub(crate) data_dir: PathBuf,
    pub(crate) database: Database,
    pub(crate) secret_key: Option<Zeroizing<String>>,
    pub(crate) public_url: Option<String>,
    pub(crate) audience: Option<String>,
    pub(crate) base_paths: Vec<String>,
    pub(crate) password_min: usize,
    pub(crate) lifetimes: SessionLifetimes,
    pub(crate) hashing: HashParameters,
    pub(crate) services: Vec<ServiceRegistration>,
    pub(crate) trusted_proxies: Vec<IpNet>,
    pub(crate) mail: MailSettings,
    pub(crate) challenges: ChallengeLifetimes,
    pub(crate) disclosure: Disclosure,
    pub(crate) require_verified_email: bool,
    pub(crate) step_up_max_age: Option<Duration>,
    pub(crate) webhooks: Vec<WebhookRegistration>,
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

impl Settings {
    /// Reads the environment and the configuration file: `file`, or `auth.toml` where there is one.
    pub(crate) fn load(file: Option<&Path>) -> Result<Self, SettingsError> {
        gather(file, std::env::vars_os()).and_then(Self::from_raw)
    }

    fn from_raw(raw: BTreeMap<String, Raw>) -> Result<Self, SettingsError> {
        let mut reader = Reader { raw, mistakes: Vec::new() };
        let data_dir = reader.parse("DATA_DIR", PathBuf::from("data"), |text| Ok(PathBuf::from(text)));
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let default_database = Database::Sqlite(data_dir.join("auth.db"));
        let mail = reader.mail(&data_dir)?;
        let settings = Self {
            mail,
            listen: reader.parse("LISTEN", SocketAddr::from(([127, 0, 0, 1], 8080)), socket_address),
            database: reader.parse("DATABASE_URL", default_database, database),
            secret_key: reader.parse("SECRET_KEY", None, |text| Ok(Some(Zeroizing::new(text.to_owned())))),
            public_url: reader.parse("PUBLIC_URL", None, |text| public_url(text).map(Some)),
            audience: reader.parse("AUDIENCE", None, |text| Ok(Some(text.to_owned()))),
            base_paths: reader.parse("BASE_PATHS", vec!["/".to_owned(), "/api/".to_owned()], base_paths),
            password_min: reader.parse("PASSWORD_MIN", 8, |text| number(text, 8..=128)),
            lifetimes: SessionLifetimes {
                access: reader.parse("ACCESS_TTL", value::duration(600), |text| seconds(text, 1..=86_400)),
                idle: reader
                    .parse("REFRESH_IDLE_TTL", value::duration(2_592_000), |text| seconds(text, 1..=315_360_000)),
                absolute: reader
                    .parse("REFRESH_ABSOLUTE_TTL", value::duration(7_776_000), |text| seconds(text, 1..=315_360_000)),
                retry_window: reader.parse("RETRY_WINDOW", value::duration(10), |text| seconds(text, 0..=300)),
            },
            hashing: HashParameters {
                memory_kib: reader.parse("HASH_MEMORY_KIB", 19_456, |text| number(text, 8_192..=4_194_304)),
                passes: reader.parse("HASH_PASSES", 2, |text| number(text, 1..=100)),
                threads: reader.parse("HASH_THREADS", cores, |text| number(text, 1..=1_024)),
                queue_per_thread: reader.parse("HASH_QUEUE", 64, |text| number(text, 1..=100_000)),
            },
            services: reader.services(),
            trusted_proxies: reader.parse("TRUSTED_PROXIES", Vec::new(), networks),
            challenges: ChallengeLifetimes {
                temp: reader.parse("TEMP_TTL", value::duration(600), |text| seconds(text, 1..=86_400)),
                code: reader.parse("CODE_TTL", value::duration(600), |text| seconds(text, 1..=86_400)),
            },
            disclosure: reader.parse("DISCLOSURE", Disclosure::Explicit, disclosure),
            require_verified_email: reader.parse("REQUIRE_VERIFIED_EMAIL", false, switch),
            step_up_max_age: reader.parse("STEP_UP_MAX_AGE", None, step_up_max_age),
            webhooks: reader.webhooks(),
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

    fn finish(self, settings: Settings) -> Result<Settings, SettingsError> {
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

fn step_up_max_age(text: &str) -> Result<Option<Duration>, String> {
    if text == "off" { Ok(None) } else { seconds(text, 1..=31_536_000).map(Some) }
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
mod tests {
    use super::*;

    fn load(variables: &[(&str, &str)]) -> Result<Settings, String> {
        let dir = tempfile::tempdir().unwrap();
        let none = dir.path().join("none.toml");
        std::fs::write(&none, "").unwrap();
        let variables = variables.iter().map(|(name, value)| (name.into(), value.into()));
        gather(Some(&none), variables).and_then(Settings::from_raw).map_err(|error| error.to_string())
    }

    #[test]
    fn without_any_setting_the_embedded_default() {
        let settings = load(&[("PATH", "/bin")]).unwrap();
        assert_eq!(settings.listen.to_string(), "127.0.0.1:8080");
        assert!(matches!(settings.database, Database::Sqlite(path) if path == Path::new("data/auth.db")));
        assert_eq!(settings.base_paths, ["/", "/api/"]);
    }

    #[test]
    fn every_mistake_is_told_with_its_place() {
        let mistakes = load(&[
            ("AUTH_LISTEN", "here"),
            ("AUTH_ACCESS_TTL", "0"),
            ("AUTH_DATABASE_URL", "mysql://u:hunter2@h/d"),
            ("AUTH_INTERNAL__A__SECRET", "short"),
            ("AUTH_INTERNAL__B__SCOPES", "credentials:read"),
            ("AUTH_INTERNAL__C__SECRET", "0123456789012345678901234567890123"),
            ("AUTH_INTERNAL__C__SCOPES", "all"),
            ("AUTH_DISCLOSURE", "off"),
            ("AUTH_REQUIRE_VERIFIED_EMAIL", "maybe"),
            ("AUTH_WEBHOOKS__A__URL", "http://127.0.0.1/"),
            ("AUTH_WEBHOOKS__B__URL", "ftp://u:hunter2@h/"),
            ("AUTH_WEBHOOKS__B__SECRET", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),
            ("AUTH_WEBHOOKS__B__EVENTS", "user.deleted,user.died"),
        ])
        .err()
        .unwrap();
        assert_eq!(mistakes.lines().count(), 11, "{mistakes}");
        for name in [
            "AUTH_LISTEN",
            "AUTH_ACCESS_TTL",
            "AUTH_DATABASE_URL",
            "AUTH_INTERNAL__A__SECRET",
            "AUTH_INTERNAL__B__",
            "AUTH_INTERNAL__C__SCOPES",
            "AUTH_DISCLOSURE",
            "AUTH_REQUIRE_VERIFIED_EMAIL",
            "AUTH_WEBHOOKS__A__",
            "AUTH_WEBHOOKS__B__URL",
            "AUTH_WEBHOOKS__B__EVENTS",
        ] {
            assert!(mistakes.contains(name), "{name} in {mistakes}");
        }
        assert!(!mistakes.contains("hunter2") && !mistakes.contains("short"));
    }

    #[test]
    fn an_unknown_name_is_refused_with_the_nearest_known_one() {
        let mistake = |name: &str| load(&[(name, "1")]).err().unwrap();
        assert!(mistake("AUTH_LISTN").contains("AUTH_LISTEN"));
        assert!(mistake("AUTH_RETRY_WINDOWS").contains("AUTH_RETRY_WINDOW "));
        assert!(mistake("AUTH_INTERNAL__BACKUPS__SCOPE").contains("SCOPES"));
        assert!(mistake("AUTH_WEBHOOKS__USERS__EVENT").contains("AUTH_WEBHOOKS__USERS__EVENTS"));
        assert!(mistake("AUTH_LISTEN_FILE").contains("AUTH_LISTEN_FILE"));
    }

    #[test]
    fn a_file_gives_way_to_the_environment_and_secrets_come_from_files() {
        let dir = tempfile::tempdir().unwrap();
        let (toml, secret) = (dir.path().join("auth.toml"), dir.path().join("secret"));
        std::fs::write(&secret, "0123456789abcdef0123456789abcdef\n").unwrap();
        let text = "listen = '127.0.0.1:1'\naccess_ttl = 5\nbase_paths = ['/', '/x']\n[internal.backups-service]\nscopes = ['credentials:read']\n";
        std::fs::write(&toml, text).unwrap();
        let variables =
            [("AUTH_LISTEN", "127.0.0.1:2"), ("AUTH_INTERNAL__BACKUPS_SERVICE__SECRET_FILE", secret.to_str().unwrap())];
        let variables = variables.iter().map(|(name, value)| (name.into(), value.into()));
        let settings = gather(Some(&toml), variables).and_then(Settings::from_raw).unwrap();
        assert_eq!(settings.listen.port(), 2);
        assert_eq!(settings.lifetimes.access.as_secs(), 5);
        assert_eq!(settings.base_paths, ["/", "/x/"]);
        assert_eq!(settings.services[0].name, "backups-service");
        assert!(matches!(&settings.services[0].key, ServiceKey::Secret(bytes) if bytes.len() == 32));
    }

    #[test]
    fn a_mistake_in_the_file_names_the_file() {
        let dir = tempfile::tempdir().unwrap();
        let toml = dir.path().join("auth.toml");
        let mistake = |text: &str| {
            std::fs::write(&toml, text).unwrap();
            gather(Some(&toml), std::iter::empty()).and_then(Settings::from_raw).err().unwrap().to_string()
        };
        assert!(mistake("lisen = 'x'").contains("listen"));
        assert!(mistake("listen = ").contains("auth.toml"));
        assert!(mistake("access_ttl = 'soon'").contains("auth.toml"));
        assert!(gather(Some(&dir.path().join("absent.toml")), std::iter::empty()).is_err());
    }
}
