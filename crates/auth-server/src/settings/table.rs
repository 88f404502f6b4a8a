//! The table of settings: every name there is, what it may be, and what it means. Parsing, `config print`,
//! `config reference` and the suggestion for a typo are all made from it.

use auth_oauth::{PROVIDERS, ProviderKind};

/// What a setting may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A text of that form.
    Text(&'static str),
    /// The same, never shown; may also come from a file, by `…_FILE`.
    Secret(&'static str),
    /// It is `on` or `off`.
    Switch,
    /// A whole number from the first to the second.
    Number(u64, u64),
    /// The same, or it is `off`.
    NumberOrOff(u64, u64),
    /// A whole number of seconds, from the first to the second.
    Seconds(u64, u64),
    /// The same, or it is `off`.
    SecondsOrOff(u64, u64),
    /// One of these texts.
    Choice(&'static [&'static str]),
    /// Texts of that form, separated by commas.
    List(&'static str),
}

/// A setting: what it is called, and what may be written there.
#[derive(Clone, Debug)]
pub(crate) struct Setting {
    /// Without `AUTH_`; in `auth.toml` in lower case, each `__` a dot.
    pub(crate) name: String,
    pub(crate) kind: Kind,
    /// As one would write it; in brackets where it is none that could be written.
    pub(crate) default: String,
    pub(crate) meaning: String,
}

type Row = (&'static str, Kind, &'static str, &'static str);

const DAY: u64 = 86_400;
const TEN_YEARS: u64 = 315_360_000;

const SETTINGS: &[Row] = &[
    ("LISTEN", Kind::Text("address:port"), "127.0.0.1:8080", "Where to listen; port 0 picks a free one."),
    ("DATA_DIR", Kind::Text("a folder"), "data", "Where the embedded default keeps its files."),
    (
        "DATABASE_URL",
        Kind::Secret("sqlite:<file> or postgres://user:password@host:port/name"),
        "(sqlite:<data dir>/auth.db)",
        "The database.",
    ),
    (
        "DB_PREPARED",
        Kind::Switch,
        "on",
        "PostgreSQL only. Off behind a transaction pooler such as PgBouncer: nothing is then prepared, set or listened for beyond a transaction.",
    ),
    (
        "DB_CONNECTIONS",
        Kind::Number(1, 1_000),
        "(4 × cores, 8 to 32)",
        "PostgreSQL only. Most connections to it, a quarter of them for reads alone: with 1, a stuck write also blocks reads. When the server grants fewer, requests wait for one that is open.",
    ),
    (
        "SECRET_KEY",
        Kind::Secret("base64 of 32 bytes; several separated by commas, newest first"),
        "(made on the embedded default)",
        "The master key. Without it the database is of no use.",
    ),
    (
        "PUBLIC_URL",
        Kind::Text("a URL without user and query"),
        "(http://<listen>)",
        "Issuer of tokens, base of the callbacks of identity providers. Must be https, or a loopback address, where cookies are on or a provider is configured.",
    ),
    ("AUDIENCE", Kind::Text("a text"), "(the public URL)", "Audience of access tokens."),
    ("BASE_PATHS", Kind::List("a path"), "/,/api", "Everything is served under each."),
    (
        "TRUSTED_PROXIES",
        Kind::List("a network or an address"),
        "(none)",
        "Networks whose X-Forwarded-For or Forwarded is believed.",
    ),
    (
        "NETWORK_RATE",
        Kind::NumberOrOff(1, 1_000_000),
        "20",
        "How many requests a second the strangers of one network (/24, /64) may send that hash, mail or write; of those that mail one a second, 60 at once. Callers on this machine are limited only where this is set. Off: no limit a network.",
    ),
    ("NETWORK_BURST", Kind::Number(1, 1_000_000), "200", "How many such requests a network may send at once."),
    (
        "METRICS_LISTEN",
        Kind::Text("address:port"),
        "(off)",
        "A second address for /metrics and nothing else; off: served on the main one to callers on this machine.",
    ),
    (
        "OTLP_ENDPOINT",
        Kind::Text("a URL such as http://127.0.0.1:4318"),
        "(off)",
        "An OpenTelemetry collector that takes OTLP over HTTP: it gets a span a request, under /v1/traces.",
    ),
    (
        "DRAIN_NOTICE",
        Kind::Seconds(0, 300),
        "5",
        "For how long a node that got SIGTERM goes on to serve while /health/ready says 503, so that load balancers notice before it refuses connections. A second signal ends it.",
    ),
    (
        "MAIL_URL",
        Kind::Secret("file:<folder>, smtp://user:password@host:port or smtps://…"),
        "(file:<data dir>/mail)",
        "Where mails go: a file each in that folder, or a mail server. With smtp STARTTLS is required unless the host is loopback.",
    ),
    (
        "MAIL_FROM",
        Kind::Text("Name <address>"),
        "Auth <no-reply@localhost>",
        "The sender of mails: ASCII before the @; the domain may have any letters.",
    ),
    (
        "MAIL_HOSTNAME",
        Kind::Text("a host name"),
        "(host of the public URL)",
        "How this service names itself to mail servers, in EHLO and in each Message-ID. Where the public URL has an address instead of a name, EHLO tells that, and the Message-ID has the domain of AUTH_MAIL_FROM.",
    ),
    ("PASSWORD_MIN", Kind::Number(8, 128), "8", "Least characters of a password."),
    (
        "DISCLOSURE",
        Kind::Choice(&["explicit", "concealed"]),
        "explicit",
        "Whether strangers are told who has an account.",
    ),
    ("REQUIRE_VERIFIED_EMAIL", Kind::Switch, "off", "Nobody logs in before they have proved their address."),
    (
        "STEP_UP_MAX_AGE",
        Kind::SecondsOrOff(1, 31_536_000),
        "900",
        "How old a login may be for what weakens an account: a change of address without the password, setting up, enabling, disabling or ordering second factors, new recovery codes, linking and unlinking a provider, deletion. A second factor, where there is one, must have been given in any case.",
    ),
    ("COOKIES", Kind::Switch, "off", "Browsers get tokens as cookies too."),
    (
        "ALLOWED_ORIGINS",
        Kind::List("an origin such as https://app.example.org"),
        "(none)",
        "Origins whose pages may call us with cookies, and where a sign-in may end.",
    ),
    ("ACCESS_TTL", Kind::Seconds(1, DAY), "600", "How long an access token lives."),
    ("REFRESH_IDLE_TTL", Kind::Seconds(1, TEN_YEARS), "2592000", "How long a session lives that is not refreshed."),
    (
        "REFRESH_ABSOLUTE_TTL",
        Kind::Seconds(1, TEN_YEARS),
        "7776000",
        "How long a session lives, however often refreshed.",
    ),
    (
        "RETRY_WINDOW",
        Kind::Seconds(0, 300),
        "10",
        "How long after the last answer a refresh may be asked for again; 0 is strict single use.",
    ),
    (
        "REFRESH_STRICT",
        Kind::Switch,
        "off",
        "Ends a session whose refresh token is asked for again later than that in three generations running; else its owner is only told.",
    ),
    (
        "SESSION_CACHE",
        Kind::Switch,
        "on",
        "Whether a node keeps live sessions in memory: a revocation is then obeyed at once on the node that made it, and within a second on the others. Off: every request asks the database.",
    ),
    ("TEMP_TTL", Kind::Seconds(1, DAY), "600", "How long the token of a pending step is good for."),
    ("CODE_TTL", Kind::Seconds(1, DAY), "600", "How long a mailed code is good for."),
    (
        "HASH_MEMORY_KIB",
        Kind::Number(8_192, 4_194_304),
        "19456",
        "Memory of an Argon2id hash, in KiB. A login makes older hashes anew.",
    ),
    ("HASH_PASSES", Kind::Number(1, 100), "2", "Passes of Argon2id over that memory."),
    ("HASH_THREADS", Kind::Number(1, 1_024), "(cores)", "How many passwords are hashed at once."),
    ("HASH_QUEUE", Kind::Number(1, 100_000), "64", "How many passwords may wait, a thread."),
];

/// A kind of setting that has the name of a service in it: `INTERNAL__<SERVICE>__SECRET`.
pub(crate) struct ServiceSettings {
    pub(crate) kind: &'static str,
    fields: &'static [Row],
}

/// Every kind of them.
const SERVICES: &[ServiceSettings] = &[
    ServiceSettings {
        kind: "INTERNAL",
        fields: &[
            (
                "SECRET",
                Kind::Secret("32 bytes or more"),
                "(none)",
                "The HS256 secret of a service that may call internal endpoints.",
            ),
            ("PUBLIC_KEY", Kind::Secret("PEM"), "(none)", "Its Ed25519 public key, in place of a secret."),
            ("SCOPES", Kind::List("a scope"), "(none)", "What it may do."),
        ],
    },
    ServiceSettings {
        kind: "WEBHOOKS",
        fields: &[
            ("URL", Kind::Secret("an http:// or https:// URL"), "(none)", "Where a service is told of events."),
            (
                "SECRET",
                Kind::Secret("base64 of 24 to 64 bytes, perhaps with whsec_ before it"),
                "(none)",
                "What deliveries are signed with (Standard Webhooks).",
            ),
            ("EVENTS", Kind::List("an event"), "(all)", "Which events it is told of."),
        ],
    },
];

fn setting((name, kind, default, meaning): &Row, prefix: &str) -> Setting {
    let (name, default) = (format!("{prefix}{name}"), (*default).to_owned());
    Setting { name, kind: *kind, default, meaning: (*meaning).to_owned() }
}

/// Returns the settings of an identity provider.
fn of_provider(kind: &ProviderKind) -> [Setting; 3] {
    let prefix = format!("{}__", kind.name.to_uppercase().replace('-', "_"));
    let id = format!("The client id of this service at {}. Sign-in with it is off without.", kind.name);
    [
        Setting {
            name: format!("{prefix}CLIENT_ID"),
            kind: Kind::Text("a text"),
            default: "(off)".to_owned(),
            meaning: id,
        },
        setting(&("CLIENT_SECRET", Kind::Secret("a text"), "(off)", "The secret that belongs to it."), &prefix),
        setting(
            &(kind.url_setting, Kind::Text("an https:// URL"), kind.default_url, "Where the provider is."),
            &prefix,
        ),
    ]
}

/// Lists every setting; those of services with `<SERVICE>` in their names.
pub(crate) fn all() -> Vec<Setting> {
    let plain = SETTINGS.iter().map(|row| setting(row, ""));
    let services = SERVICES
        .iter()
        .flat_map(|kind| kind.fields.iter().map(|row| setting(row, &format!("{}__<SERVICE>__", kind.kind))));
    plain.chain(PROVIDERS.iter().flat_map(of_provider)).chain(services).collect()
}

/// Finds the setting of that name, where `INTERNAL__BACKUPS__SECRET` is one too.
pub(super) fn find(name: &str) -> Option<Setting> {
    let generic =
        service_of(name).map_or_else(|| name.to_owned(), |(kind, _, field)| format!("{kind}__<SERVICE>__{field}"));
    all().into_iter().find(|setting| setting.name == generic)
}

/// Returns kind, service and field of a name that has a service in it.
fn service_of(name: &str) -> Option<(&'static str, &str, &str)> {
    let (kind, rest) = name.split_once("__")?;
    let known = SERVICES.iter().find(|settings| settings.kind == kind)?;
    let (service, field) = rest.split_once("__").filter(|(service, _)| !service.is_empty())?;
    Some((known.kind, service, field))
}

/// Returns the known name that is nearest to one that is not.
pub(super) fn nearest(name: &str) -> String {
    let service = service_of(name).map_or("<SERVICE>", |(_, service, _)| service);
    let known = all().into_iter().map(|setting| setting.name.replace("<SERVICE>", service));
    known.min_by_key(|known| strsim::damerau_levenshtein(known, name)).unwrap_or_default()
}
