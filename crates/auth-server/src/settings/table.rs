//! The table of settings: every name there is, what it may be, and what it means. Parsing, `config print`,
//! `config reference` and the suggestion for a typo are all made from it.

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

/// A kind of setting that has a name in it: `INTERNAL__<SERVICE>__SECRET`.
pub(crate) struct NamedSettings {
    pub(crate) kind: &'static str,
    /// Stands for the name.
    placeholder: &'static str,
    fields: &'static [Row],
}

const CLIENT_ID: Row = ("CLIENT_ID", Kind::Text("a text"), "(off)", "The client id of this service at the provider.");
const CLIENT_SECRET: Row = ("CLIENT_SECRET", Kind::Secret("a text"), "(off)", "The secret that belongs to it.");
const AUDIENCES: Row = (
    "AUDIENCES",
    Kind::List("a client id"),
    "(none)",
    "Client ids, at that provider, of native apps and pages: whose id_tokens sign in too, beside those for CLIENT_ID.",
);
const RATE_MEANING: &str =
    "Most requests a second that a node sends there; whoever would wait too long is told to come back.";

/// The settings of the providers that have a prefix of their own.
const PROVIDERS: &[(&str, &[Row])] = &[
    (
        "GOOGLE__",
        &[
            (
                "CLIENT_ID",
                Kind::Text("a text"),
                "(off)",
                "The client id of this service at google. Sign-in with it is off without.",
            ),
            CLIENT_SECRET,
            ("ISSUER", Kind::Text("an https:// URL"), "https://accounts.google.com", "Where the provider is."),
            AUDIENCES,
            ("RATE", Kind::NumberOrOff(1, 1_000), "off", RATE_MEANING),
        ],
    ),
    (
        "42__",
        &[
            (
                "CLIENT_ID",
                Kind::Text("a text"),
                "(off)",
                "The client id of this service at 42. Sign-in with it is off without.",
            ),
            CLIENT_SECRET,
            ("BASE_URL", Kind::Text("an https:// URL"), "https://api.intra.42.fr", "Where the provider is."),
            ("RATE", Kind::NumberOrOff(1, 1_000), "2", RATE_MEANING),
        ],
    ),
];

/// The settings of any other identity provider, `/auth/<name>`.
const OIDC: &[Row] = &[
    (
        "PRESET",
        Kind::Choice(&["google", "42", "apple", "discord", "github", "gitlab", "microsoft"]),
        "(the name, where it is one of them)",
        "What kind of provider it is; without, any OpenID provider.",
    ),
    (
        "ISSUER",
        Kind::Text("an https:// URL"),
        "(that of the preset)",
        "The issuer of an OpenID provider, exactly as it names itself.",
    ),
    (
        "BASE_URL",
        Kind::Text("an https:// URL"),
        "(that of the preset)",
        "Where a provider is that is no OpenID provider (42, discord, github), if somebody runs it themselves.",
    ),
    CLIENT_ID,
    CLIENT_SECRET,
    ("SCOPES", Kind::List("a scope"), "(openid, email or those of the preset)", "What the provider is asked for."),
    ("DISPLAY_NAME", Kind::Text("1 to 64 characters"), "(that of the preset, or the name)", "What pages call it."),
    (
        "ICON",
        Kind::Text("an https:// URL, a path or a data:image/… URL"),
        "(none)",
        "The picture that pages show for it.",
    ),
    AUDIENCES,
    ("RATE", Kind::NumberOrOff(1, 1_000), "(off, or that of the preset)", RATE_MEANING),
    (
        "SUBJECT_CLAIM",
        Kind::Text("a claim"),
        "sub",
        "The claim that says who it is, for good. Changing it loses who has linked the provider.",
    ),
    ("EMAIL_CLAIM", Kind::Text("a claim"), "email", "The claim that has the e-mail address."),
    (
        "EMAIL_VERIFIED_CLAIM",
        Kind::Text("a claim"),
        "email_verified",
        "The claim that says whether the address is proved.",
    ),
    (
        "EMAIL_PROVED",
        Kind::Choice(&["claim", "always", "never"]),
        "(claim, or that of the preset)",
        "Whether an address counts as proved: where that claim is true, always, or never. A proved address lets whoever has it there into the account with that address here.",
    ),
    (
        "TEAM_ID",
        Kind::Text("a text"),
        "(none)",
        "Apple: the team whose key signs the client secret, in place of CLIENT_SECRET.",
    ),
    ("KEY_ID", Kind::Text("a text"), "(none)", "Apple: the id of that key."),
    ("PRIVATE_KEY", Kind::Secret("PEM"), "(none)", "Apple: the key, the .p8 file."),
];

/// Every kind of them.
const NAMED: &[NamedSettings] = &[
    NamedSettings {
        kind: "INTERNAL",
        placeholder: "<SERVICE>",
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
    NamedSettings { kind: "OIDC", placeholder: "<NAME>", fields: OIDC },
    NamedSettings {
        kind: "WEBHOOKS",
        placeholder: "<SERVICE>",
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

/// Lists every setting; those that have a name in them with a placeholder for it.
pub(crate) fn all() -> Vec<Setting> {
    let plain = SETTINGS.iter().map(|row| setting(row, ""));
    let providers = PROVIDERS.iter().flat_map(|(prefix, rows)| rows.iter().map(|row| setting(row, prefix)));
    let named = NAMED.iter().flat_map(|NamedSettings { kind, placeholder, fields }| {
        fields.iter().map(move |row| setting(row, &format!("{kind}__{placeholder}__")))
    });
    plain.chain(providers).chain(named).collect()
}

/// Lists the fields of a kind of setting that has a name in it.
pub(super) fn fields(kind: &str) -> Vec<&'static str> {
    let known = NAMED.iter().filter(|named| named.kind == kind);
    known.flat_map(|named| named.fields.iter().map(|(field, ..)| *field)).collect()
}

/// Tells whether it stands for settings with any name in them.
pub(crate) fn has_placeholder(name: &str) -> bool {
    name.contains('<')
}

/// Finds the setting of that name, where `INTERNAL__BACKUPS__SECRET` is one too.
pub(super) fn find(name: &str) -> Option<Setting> {
    let generic = named_in(name).map_or_else(
        || name.to_owned(),
        |(NamedSettings { kind, placeholder, .. }, _, field)| format!("{kind}__{placeholder}__{field}"),
    );
    all().into_iter().find(|setting| setting.name == generic)
}

/// Returns kind, name and field of a setting that has a name in it.
fn named_in(name: &str) -> Option<(&'static NamedSettings, &str, &str)> {
    let (kind, rest) = name.split_once("__")?;
    let known = NAMED.iter().find(|settings| settings.kind == kind)?;
    let (within, field) = rest.split_once("__").filter(|(within, _)| !within.is_empty())?;
    Some((known, within, field))
}

/// Returns the known name that is nearest to one that is not.
pub(super) fn nearest(name: &str) -> String {
    let within = named_in(name).map(|(known, within, _)| (known.placeholder, within));
    let known = all().into_iter().map(|setting| match within {
        Some((placeholder, within)) => setting.name.replace(placeholder, within),
        None => setting.name,
    });
    known.min_by_key(|known| strsim::damerau_levenshtein(known, name)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_knows_every_preset() {
        let preset = find("OIDC__X__PRESET").unwrap();
        let Kind::Choice(names) = preset.kind else { panic!("a choice") };
        assert_eq!(names, super::super::providers::preset_names());
    }
}
