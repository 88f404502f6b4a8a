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
        "PostgreSQL only. Maximum number of connections; a quarter of them is reserved for reads. With 1, a blocked write also blocks reads. If the database server allows fewer connections, requests wait until one is free.",
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
    (
        "AUDIENCE",
        Kind::Text("text"),
        "(the public URL)",
        "Audience of access tokens for which none other is requested.",
    ),
    (
        "AUDIENCES",
        Kind::List("a URL without a fragment, or a name"),
        "(none)",
        "Further audiences, for which an access token can be requested with `resource` (RFC 8707): a token that was given to one service is then of no use at another.",
    ),
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
    (
        "MAIL_TEMPLATES",
        Kind::Text("a folder"),
        "(none)",
        "Templates that replace those of mails: files such as fr/invitation.txt, fr/invitation.html and layout.html. They are checked at start.",
    ),
    ("PASSWORD_MIN", Kind::Number(8, 128), "8", "Minimum length of a password, in characters."),
    (
        "DISCLOSURE",
        Kind::Choice(&["explicit", "concealed"]),
        "explicit",
        "Whether answers reveal to strangers who has an account.",
    ),
    (
        "REGISTRATION",
        Kind::Choice(&["open", "invited", "closed"]),
        "open",
        "Who may register, with a password or for the first time through an identity provider: anyone, those with an invitation, or nobody.",
    ),
    (
        "REGISTRATION_DOMAINS",
        Kind::List("a domain such as example.org, *.example.org or !example.com"),
        "(any)",
        "Domains of the e-mail addresses that may register. *.example.org matches every domain below example.org, but not example.org itself; an entry with ! refuses what it matches. An address may register if no entry with ! matches its domain and, if there are entries without !, one of them does.",
    ),
    ("REQUIRE_VERIFIED_EMAIL", Kind::Switch, "off", "Require a verified e-mail address before login."),
    (
        "STEP_UP_MAX_AGE",
        Kind::SecondsOrOff(1, 31_536_000),
        "900",
        "Maximum age of a login for sensitive actions: changing the address without the password; setting up, enabling, disabling or reordering second factors; creating new recovery codes; linking or unlinking a provider; exporting one's own data; deleting the account; administering other users. If the account has a second factor, the login must also have passed one, even if this is off.",
    ),
    (
        "COOKIES",
        Kind::Switch,
        "(off, on with AUTH_PAGES)",
        "Let browsers receive and send tokens in cookies as well as in JSON and headers.",
    ),
    (
        "DELETION_GRACE",
        Kind::Seconds(0, 31_536_000),
        "0",
        "How long an account can be restored after its user or an admin has deleted it. During this time nobody can log in to it, and its names stay taken; other services are told to delete their data only afterwards. 0: deleted for good at once.",
    ),
    (
        "EXPORT_UPLOAD_URL",
        Kind::Text("an http:// or https:// URL that contains {exportId}"),
        "(none)",
        "Where services upload what they store of a user who asks for all their data; {exportId} is replaced by the id of each export. The services that take part name user.export_requested in EVENTS. Without it, users get what this service stores.",
    ),
    (
        "PAGES",
        Kind::Switch,
        "(on if the database is SQLite, the address is a loopback address and AUTH_PUBLIC_URL is not set)",
        "Serve the sign-in and account pages, under /account/, and the administration pages, under /admin/. The pages need cookies: on turns on AUTH_COOKIES, and with AUTH_COOKIES=off the default is off.",
    ),
    (
        "PRODUCT_NAME",
        Kind::Text("1 to 64 characters without a colon"),
        "(host of the public URL)",
        "Name of the service on pages, in mails and in authenticator apps.",
    ),
    (
        "DEFAULT_LANGUAGE",
        Kind::Choice(&["en", "fr", "de", "es"]),
        "en",
        "Language of mails to users whose language is not known or not spoken here.",
    ),
    ("PAGES_ACCENT", Kind::Text("a colour such as #2f5bd0"), "#2f5bd0", "Colour of buttons and links on pages."),
    (
        "PAGES_LOGO",
        Kind::Text("an .svg, .png, .webp or .jpg file"),
        "(none)",
        "Picture next to the name on pages, of at most 256 KiB. Mails show a .png or .jpg too, if the public URL uses https.",
    ),
    ("PAGES_TERMS", Kind::Text("a URL or a path on this host"), "(none)", "Terms of service that pages link to."),
    ("PAGES_PRIVACY", Kind::Text("a URL or a path on this host"), "(none)", "Privacy policy that pages link to."),
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

/// A kind of setting with a name that operators choose: `INTERNAL__<SERVICE>__SECRET`.
pub(crate) struct NamedSettings {
    pub(crate) kind: &'static str,
    /// The placeholder for that name.
    placeholder: &'static str,
    fields: &'static [Row],
}

const CLIENT_ID: Row = ("CLIENT_ID", Kind::Text("text"), "(off)", "Client id of this service at the provider.");
const CLIENT_SECRET: Row = ("CLIENT_SECRET", Kind::Secret("text"), "(off)", "The client secret for this client id.");
const AUDIENCES: Row = (
    "AUDIENCES",
    Kind::List("a client id"),
    "(none)",
    "Client ids of native apps and pages at the provider, whose id_tokens are accepted in addition to those for CLIENT_ID.",
);
const RATE_MEANING: &str = "Maximum number of requests per second that a node sends to the provider. A sign-in that would wait longer than 3 s gets 503.";

/// The settings of providers with their own prefix.
const PROVIDERS: &[(&str, &[Row])] = &[
    (
        "GOOGLE__",
        &[
            (
                "CLIENT_ID",
                Kind::Text("text"),
                "(off)",
                "Client id of this service at Google. Without it, sign-in with Google is off.",
            ),
            CLIENT_SECRET,
            ("ISSUER", Kind::Text("an https:// URL"), "https://accounts.google.com", "URL of the provider."),
            AUDIENCES,
            ("RATE", Kind::NumberOrOff(1, 1_000), "off", RATE_MEANING),
        ],
    ),
    (
        "42__",
        &[
            (
                "CLIENT_ID",
                Kind::Text("text"),
                "(off)",
                "Client id of this service at 42. Without it, sign-in with 42 is off.",
            ),
            CLIENT_SECRET,
            ("BASE_URL", Kind::Text("an https:// URL"), "https://api.intra.42.fr", "URL of the provider."),
            ("RATE", Kind::NumberOrOff(1, 1_000), "2", RATE_MEANING),
        ],
    ),
];

/// The settings of any other identity provider, `/auth/<name>`.
const OIDC: &[Row] = &[
    (
        "PRESET",
        Kind::Choice(&["google", "42", "apple", "discord", "github", "gitlab", "microsoft"]),
        "(the name, if it is one of them)",
        "The kind of provider. Without it, any OpenID provider.",
    ),
    (
        "ISSUER",
        Kind::Text("an https:// URL"),
        "(that of the preset)",
        "Issuer of the OpenID provider, exactly as in its discovery document.",
    ),
    (
        "BASE_URL",
        Kind::Text("an https:// URL"),
        "(that of the preset)",
        "URL of a self-hosted provider without OpenID Connect (42, discord, github).",
    ),
    CLIENT_ID,
    CLIENT_SECRET,
    ("SCOPES", Kind::List("a scope"), "(openid, email or those of the preset)", "Scopes to request from the provider."),
    ("DISPLAY_NAME", Kind::Text("1 to 64 characters"), "(that of the preset, or the name)", "Name to show on pages."),
    ("ICON", Kind::Text("an https:// URL, a path or a data:image/… URL"), "(none)", "Icon to show on pages."),
    AUDIENCES,
    ("RATE", Kind::NumberOrOff(1, 1_000), "(off, or that of the preset)", RATE_MEANING),
    (
        "SUBJECT_CLAIM",
        Kind::Text("a claim"),
        "sub",
        "Claim with the permanent id of the user. Changing it unlinks everyone who has linked the provider.",
    ),
    ("EMAIL_CLAIM", Kind::Text("a claim"), "email", "Claim with the e-mail address."),
    (
        "EMAIL_VERIFIED_CLAIM",
        Kind::Text("a claim"),
        "email_verified",
        "Claim that says whether the address is verified.",
    ),
    (
        "EMAIL_VERIFIED",
        Kind::Choice(&["claim", "always", "never"]),
        "(claim, or that of the preset)",
        "When an address counts as verified: if that claim is true, always, or never. A verified address gives its owner at the provider access to the account with that address here.",
    ),
    (
        "TEAM_ID",
        Kind::Text("text"),
        "(none)",
        "Apple: the team whose key signs the client secret, instead of CLIENT_SECRET.",
    ),
    ("KEY_ID", Kind::Text("text"), "(none)", "Apple: the id of that key."),
    ("PRIVATE_KEY", Kind::Secret("PEM"), "(none)", "Apple: the key (the .p8 file)."),
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
                "HS256 secret of a service that may call internal endpoints.",
            ),
            ("PUBLIC_KEY", Kind::Secret("PEM"), "(none)", "Ed25519 public key of the service, instead of a secret."),
            ("SCOPES", Kind::List("a scope"), "(none)", "What the service may do."),
            (
                "AUDIENCE",
                Kind::Text("one of AUTH_AUDIENCES"),
                "(the default audience)",
                "Audience of the service itself: with the scope tokens:exchange it may exchange users' tokens for this audience.",
            ),
            (
                "TARGETS",
                Kind::List("one of AUTH_AUDIENCES"),
                "(none)",
                "Audiences of the services that it may call for a user: for these it may exchange users' tokens (RFC 8693).",
            ),
        ],
    },
    NamedSettings { kind: "OIDC", placeholder: "<NAME>", fields: OIDC },
    NamedSettings {
        kind: "WEBHOOKS",
        placeholder: "<SERVICE>",
        fields: &[
            ("URL", Kind::Secret("an http:// or https:// URL"), "(none)", "Where to send events to a service."),
            (
                "SECRET",
                Kind::Secret("base64 of 24 to 64 bytes, with or without the prefix whsec_"),
                "(none)",
                "Secret that signs the deliveries (Standard Webhooks).",
            ),
            ("EVENTS", Kind::List("an event"), "(all but user.export_requested)", "Which events to send."),
        ],
    },
];

fn setting((name, kind, default, meaning): &Row, prefix: &str) -> Setting {
    let (name, default) = (format!("{prefix}{name}"), (*default).to_owned());
    Setting { name, kind: *kind, default, meaning: (*meaning).to_owned() }
}

/// Lists every setting; a placeholder such as `<SERVICE>` stands for names that operators choose.
pub(crate) fn all() -> Vec<Setting> {
    let plain = SETTINGS.iter().map(|row| setting(row, ""));
    let providers = PROVIDERS.iter().flat_map(|(prefix, rows)| rows.iter().map(|row| setting(row, prefix)));
    let named = NAMED.iter().flat_map(|NamedSettings { kind, placeholder, fields }| {
        fields.iter().map(move |row| setting(row, &format!("{kind}__{placeholder}__")))
    });
    plain.chain(providers).chain(named).collect()
}

/// Lists the fields of such a kind.
pub(super) fn fields(kind: &str) -> Vec<&'static str> {
    let known = NAMED.iter().filter(|named| named.kind == kind);
    known.flat_map(|named| named.fields.iter().map(|(field, ..)| *field)).collect()
}

/// Tells whether the name of a setting contains a placeholder.
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

/// Returns kind, chosen name and field of such a setting.
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
