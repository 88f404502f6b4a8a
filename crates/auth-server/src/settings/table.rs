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
    (
        "DATA_DIR",
        Kind::Text("a folder"),
        "data",
        "Folder for the service's own files: by default the SQLite database, the master key and mails.",
    ),
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
        "PostgreSQL only. Set to off behind a transaction pooler such as PgBouncer: no prepared statement, session setting or LISTEN then outlives a transaction.",
    ),
    (
        "DB_CONNECTIONS",
        Kind::Number(1, 1_000),
        "(4 × cores, 8 to 32)",
        "PostgreSQL only. Maximum number of connections; a quarter of them is reserved for reads. With 1, a blocked write also blocks reads. If the server allows fewer, requests wait for an open one.",
    ),
    (
        "SECRET_KEY",
        Kind::Secret("base64 of 32 bytes; separate several with commas: the first one encrypts"),
        "(generated with SQLite)",
        "The master key. Without it the database cannot be read.",
    ),
    (
        "PUBLIC_URL",
        Kind::Text("a URL without a user or query"),
        "(http://<listen>)",
        "Issuer of tokens, and base of the callback URLs for identity providers. Must use https, or a loopback address, when cookies are on or a provider is configured.",
    ),
    ("AUDIENCE", Kind::Text("text"), "(the public URL)", "Audience of access tokens."),
    ("BASE_PATHS", Kind::List("a path"), "/,/api", "Every endpoint is served under each of these paths."),
    (
        "TRUSTED_PROXIES",
        Kind::List("a network or an address"),
        "(none)",
        "Proxies whose X-Forwarded-For or Forwarded header is trusted.",
    ),
    (
        "NETWORK_RATE",
        Kind::NumberOrOff(1, 1_000_000),
        "20",
        "Requests per second from one network (/24, /64), without an access token, to endpoints that hash a password, send mail or write; those that send mail are limited to one per second and 60 at once. Callers on this machine are limited only if this is set. Off: no limit per network.",
    ),
    (
        "NETWORK_BURST",
        Kind::Number(1, 1_000_000),
        "200",
        "How many of the requests that AUTH_NETWORK_RATE limits one network may send at once.",
    ),
    (
        "METRICS_LISTEN",
        Kind::Text("address:port"),
        "(off)",
        "A separate address that serves only /metrics. Off: /metrics is served on the main address, to callers on this machine.",
    ),
    (
        "OTLP_ENDPOINT",
        Kind::Text("a URL such as http://127.0.0.1:4318"),
        "(off)",
        "An OpenTelemetry collector that accepts OTLP over HTTP. It receives one span per request, under /v1/traces.",
    ),
    (
        "DRAIN_NOTICE",
        Kind::Seconds(0, 300),
        "5",
        "How long a node keeps serving after SIGTERM while /health/ready answers 503, so that load balancers notice before it refuses connections. A second signal cuts this short.",
    ),
    (
        "MAIL_URL",
        Kind::Secret("file:<folder>, smtp://user:password@host:port or smtps://…"),
        "(file:<data dir>/mail)",
        "Where mails go: to a mail server, or to one file per mail in a folder. smtp:// requires STARTTLS unless the host is a loopback address.",
    ),
    (
        "MAIL_FROM",
        Kind::Text("Name <address>"),
        "Auth <no-reply@localhost>",
        "Sender of mails. Only ASCII before the @; the domain may contain any letters.",
    ),
    (
        "MAIL_HOSTNAME",
        Kind::Text("a host name"),
        "(host of the public URL)",
        "Name that this service gives to mail servers, in EHLO and in each Message-ID. If the public URL contains an IP address instead of a name, EHLO sends that address and the Message-ID uses the domain of AUTH_MAIL_FROM.",
    ),
    ("PASSWORD_MIN", Kind::Number(8, 128), "8", "Minimum length of a password, in characters."),
    (
        "DISCLOSURE",
        Kind::Choice(&["explicit", "concealed"]),
        "explicit",
        "Whether answers reveal to strangers who has an account.",
    ),
    ("REQUIRE_VERIFIED_EMAIL", Kind::Switch, "off", "Require a verified e-mail address before login."),
    (
        "STEP_UP_MAX_AGE",
        Kind::SecondsOrOff(1, 31_536_000),
        "900",
        "Maximum age of a login for actions that weaken an account: changing the address without the password; setting up, enabling, disabling or reordering second factors; creating new recovery codes; linking or unlinking a provider; deleting the account. If the account has a second factor, the login must have passed one in any case.",
    ),
    ("COOKIES", Kind::Switch, "off", "Also give browsers their tokens as cookies."),
    (
        "ALLOWED_ORIGINS",
        Kind::List("an origin such as https://app.example.org"),
        "(none)",
        "Origins whose pages may call this service with cookies, and to which a sign-in may return.",
    ),
    ("ACCESS_TTL", Kind::Seconds(1, DAY), "600", "Lifetime of an access token."),
    ("REFRESH_IDLE_TTL", Kind::Seconds(1, TEN_YEARS), "2592000", "Lifetime of a session that is not refreshed."),
    (
        "REFRESH_ABSOLUTE_TTL",
        Kind::Seconds(1, TEN_YEARS),
        "7776000",
        "Maximum lifetime of a session, however often it is refreshed.",
    ),
    (
        "RETRY_WINDOW",
        Kind::Seconds(0, 300),
        "10",
        "How long after the last answer a refresh may be repeated; 0 makes every refresh token strictly single-use.",
    ),
    (
        "REFRESH_STRICT",
        Kind::Switch,
        "off",
        "End a session if three of its refresh tokens in a row are each repeated later than AUTH_RETRY_WINDOW allows. Off: only notify the user.",
    ),
    (
        "SESSION_CACHE",
        Kind::Switch,
        "on",
        "Keep live sessions in memory. A revocation takes effect at once on the node that made it, and within a second on the others. Off: every request queries the database.",
    ),
    ("TEMP_TTL", Kind::Seconds(1, DAY), "600", "Lifetime of the token for a pending step."),
    ("CODE_TTL", Kind::Seconds(1, DAY), "600", "Lifetime of a mailed code."),
    (
        "HASH_MEMORY_KIB",
        Kind::Number(8_192, 4_194_304),
        "19456",
        "Memory per Argon2id hash, in KiB. A hash made with other parameters is replaced when its user logs in.",
    ),
    ("HASH_PASSES", Kind::Number(1, 100), "2", "Number of Argon2id passes over the memory of AUTH_HASH_MEMORY_KIB."),
    ("HASH_THREADS", Kind::Number(1, 1_024), "(cores)", "How many passwords are hashed at the same time."),
    ("HASH_QUEUE", Kind::Number(1, 100_000), "64", "How many passwords may wait per thread."),
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
                "HS256 secret of a service that may call internal endpoints.",
            ),
            ("PUBLIC_KEY", Kind::Secret("PEM"), "(none)", "Ed25519 public key of the service, instead of a secret."),
            ("SCOPES", Kind::List("a scope"), "(none)", "What the service may do."),
        ],
    },
    ServiceSettings {
        kind: "WEBHOOKS",
        fields: &[
            ("URL", Kind::Secret("an http:// or https:// URL"), "(none)", "Where to send events to a service."),
            (
                "SECRET",
                Kind::Secret("base64 of 24 to 64 bytes, with or without the prefix whsec_"),
                "(none)",
                "Secret that signs the deliveries (Standard Webhooks).",
            ),
            ("EVENTS", Kind::List("an event"), "(all)", "Which events to send."),
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
    let id = format!("Client id of this service at {}. Without it, sign-in with {} is off.", kind.name, kind.name);
    [
        Setting {
            name: format!("{prefix}CLIENT_ID"),
            kind: Kind::Text("text"),
            default: "(off)".to_owned(),
            meaning: id,
        },
        setting(&("CLIENT_SECRET", Kind::Secret("text"), "(off)", "The client secret for this client id."), &prefix),
        setting(&(kind.url_setting, Kind::Text("an https:// URL"), kind.default_url, "URL of the provider."), &prefix),
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
