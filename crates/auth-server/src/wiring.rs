//! Connects adapters to ports, and passes them to the use cases with the policy of the settings.

use std::net::SocketAddr;
use std::sync::Arc;

use auth_crypto::{
    AccessTokenSigner, AuthorizationStateSigner, DerivedCodes, DerivedInvitations, DerivedRefreshTokens,
    HashedRecoveryCodes, HashingLane, InternalTokenVerifier, KeyRing, KeyedNameDigest, SealedSigningKeys, SealedTotp,
    SystemClock, SystemEntropy, TempTokenSigner,
};
use auth_domain::account::PasswordPolicy;
use auth_domain::audience::Audiences;
use auth_domain::identity::ProviderName;
use auth_domain::maintenance::Maintenance;
use auth_domain::ports::{KeptSessions, RefreshTokens, SentMails, SessionNews, Store};
use auth_domain::use_cases::{IdentityProviders, Policy, Ports, StepUp, UseCases};
use auth_http::{
    Connections, DocumentCache, Draining, Edge, HttpAuditContext, ListedProvider, Metrics, NetworkLimits, Origins,
    Pages, PagesOptions, TrustedProxies,
};
use auth_oauth::{Dialect, FORTYTWO, GOOGLE, OpenIdOptions, ProviderClient, Registration, connect};
use auth_session_cache::{CachedStore, SessionCache};
use auth_smtp::{ConfiguredMailer, MailFolder, MailSettings};
use auth_sqlite::Claim;
use auth_webhooks::WebhookSink;
use supervisor::Supervisor;
use url::Url;

use crate::Failure;
use crate::database::Opened;
use crate::settings::{Database, NetworkLimit, PageSettings, PostgresOptions, ProviderRegistration, Settings};

/// A server that is ready to serve.
pub(crate) struct Wired {
    pub(crate) use_cases: UseCases,
    pub(crate) edge: Edge,
    /// Signs nothing before it has loaded the published keys.
    pub(crate) signer: Arc<AccessTokenSigner>,
    /// Must be closed last.
    pub(crate) database: Opened,
    /// Must be held until the database is closed.
    pub(crate) claim: Option<Claim>,
}

/// The names of the service in its tokens.
struct Names {
    issuer: String,
    audiences: Audiences,
}

impl Names {
    /// Without a public URL, the bound address names the service.
    fn new(settings: &Settings, listening: SocketAddr) -> Self {
        let issuer = settings.public_url.clone().unwrap_or_else(|| format!("http://{listening}"));
        let default = settings.default_audience(listening);
        Self { audiences: Audiences::new(default, settings.audiences.clone()), issuer }
    }
}

/// Opens the database, starts the hashing lane and builds every use case of a server that listens at `listening` for
/// this many connections.
pub(crate) async fn wire(
    settings: &Settings,
    ring: &KeyRing,
    listening: SocketAddr,
    connections: usize,
) -> Result<Wired, Failure> {
    let claim = settings.database.claim()?;
    let (database, kept_sessions) = open_to_serve(settings).await?;
    database.watch_file();
    let store = database.store.clone();
    let ring = ring.clone().with_retired(&store.list_retired_keys().await?, settings.lifetimes.absolute)?;
    let names = Names::new(settings, listening);
    let signer = Arc::new(AccessTokenSigner::new(ring.clone(), names.issuer.clone(), names.audiences.clone()));
    let refresh_tokens = refresh_tokens(&*store, &ring).await?;
    let ports =
        Ports { kept_sessions, refresh_tokens, ..ports(settings, &ring, store, &names.issuer, signer.clone())? };
    let policy = Policy { audiences: names.audiences.clone(), ..policy(settings) };
    let use_cases = UseCases::new(ports, policy);
    let edge = Edge { workers: database.workers.clone(), ..edge(settings, names.issuer, connections)? };
    Ok(Wired { use_cases, edge, signer, database, claim })
}

/// Brings the database up to date and opens it, with the cache of its sessions. A database into which a move has not
/// finished is refused.
async fn open_to_serve(settings: &Settings) -> Result<(Opened, Option<Arc<dyn KeptSessions>>), Failure> {
    if matches!(settings.database, Database::Postgres { options: PostgresOptions { connections: 1, .. }, .. }) {
        tracing::warn!("AUTH_DB_CONNECTIONS is 1: one blocked write blocks every request; with 2, reads continue");
    }
    settings.database.migrate_to(None).await?;
    let cache = settings.session_cache.then(|| Arc::new(SessionCache::new()));
    let news = cache.clone().map(|cache| cache as Arc<dyn SessionNews>);
    let mut opened = settings.database.open_for(Arc::new(HttpAuditContext), news).await?;
    if opened.store.find_maintenance(Maintenance::UnfinishedMove).await?.is_some() {
        return Err(
            "a move into this database has not finished: run `auth-server move` again with the settings of the old \
             database"
                .into(),
        );
    }
    let Some(cache) = cache else { return Ok((opened, None)) };
    opened.store = Arc::new(CachedStore::new(opened.store, cache.clone()));
    Ok((opened, Some(cache)))
}

/// Tokens that name their account are for databases that no older node serves.
async fn refresh_tokens(store: &dyn Store, ring: &KeyRing) -> Result<Arc<dyn RefreshTokens>, Failure> {
    let tokens = DerivedRefreshTokens::new(ring.clone());
    let known = store.find_maintenance(Maintenance::AccountsInRefreshTokens).await?.is_some();
    Ok(Arc::new(if known { tokens } else { tokens.without_accounts() }))
}

fn ports(
    settings: &Settings,
    ring: &KeyRing,
    store: Arc<dyn Store>,
    issuer: &str,
    signer: Arc<AccessTokenSigner>,
) -> Result<Ports, Failure> {
    let hashing = Arc::new(HashingLane::start(ring, settings.hashing)?);
    let webhooks = settings.webhooks.iter().map(|registration| registration.webhook.clone()).collect();
    Ok(Ports {
        store,
        kept_sessions: None,
        clock: Arc::new(SystemClock),
        entropy: Arc::new(SystemEntropy),
        password_hasher: hashing.clone(),
        hashing_gauge: hashing.clone(),
        known_networks: hashing,
        name_digest: Arc::new(KeyedNameDigest::new(ring.clone())),
        access_tokens: signer,
        refresh_tokens: Arc::new(DerivedRefreshTokens::new(ring.clone())),
        temp_tokens: Arc::new(TempTokenSigner::new(ring.clone(), issuer.to_owned())),
        internal_tokens: Arc::new(InternalTokenVerifier::new(&settings.services)?),
        codes: Arc::new(DerivedCodes::new(ring.clone())),
        invitation_tokens: Arc::new(DerivedInvitations::new(ring.clone())),
        totp: Arc::new(SealedTotp::new(ring.clone(), product_name(settings, issuer))),
        recovery_codes: Arc::new(HashedRecoveryCodes::new(ring.clone())),
        authorization_states: Arc::new(AuthorizationStateSigner::new(ring.clone(), issuer.to_owned())),
        signing_key_maker: Arc::new(SealedSigningKeys::new(ring.clone())),
        audit_context: Arc::new(HttpAuditContext),
        mailer: Arc::new(ConfiguredMailer::new(mail(settings, issuer))),
        event_sink: Arc::new(WebhookSink::new(webhooks, settings.export_upload.clone(), Arc::new(SystemClock))?),
        identity_providers: identity_providers(settings, issuer)?,
    })
}

/// Providers are not contacted before a user goes there.
fn identity_providers(settings: &Settings, public_url: &str) -> Result<IdentityProviders, Failure> {
    let provider = |registration: &ProviderRegistration| {
        let ProviderRegistration { name, dialect, client_id, client_secret, scope, url, rate, .. } = registration;
        let client = ProviderClient::new(name.clone(), Arc::new(SystemClock), *rate)?;
        let registration = Registration {
            provider: name.clone(),
            client_id: client_id.clone(),
            client_secret: client_secret.clone(),
            scope: scope.clone(),
            url: url.clone(),
            redirect_uri: format!("{public_url}{}auth/{name}", settings.shortest_base_path()),
        };
        Ok((name.clone(), connect(dialect.clone(), registration, client)))
    };
    settings.providers.iter().map(provider).collect()
}

fn policy(settings: &Settings) -> Policy {
    Policy {
        audiences: Audiences::default(),
        exchange: settings.exchange.clone(),
        session_lifetimes: settings.lifetimes,
        suspicious_session: settings.suspicious_session,
        challenge_lifetimes: settings.challenges,
        password: PasswordPolicy { min_characters: settings.password_min },
        disclosure: settings.disclosure,
        registration: settings.registration.clone(),
        email_verification: settings.email_verification,
        step_up: StepUp { max_age: settings.step_up_max_age },
        deletion_grace: settings.deletion_grace,
        default_language: settings.default_language,
        export_upload: settings.export_upload.clone(),
        subscriptions: settings.subscriptions(),
    }
}

fn edge(settings: &Settings, issuer: String, connections: usize) -> Result<Edge, Failure> {
    let trusted_proxies = TrustedProxies::new(settings.trusted_proxies.clone());
    Ok(Edge {
        metrics: Metrics::new()?,
        log_lines_dropped: Arc::default(),
        workers: Supervisor::default(),
        draining: Draining::default(),
        metrics_elsewhere: settings.metrics_listen.is_some(),
        entropy: Arc::new(SystemEntropy),
        connections: Connections::new(connections, trusted_proxies.clone()),
        trusted_proxies,
        network_limits: network_limits(settings.network_limits),
        cookies: settings.cookies,
        origins: Origins::new(&issuer, settings.allowed_origins.clone()),
        pages: pages(settings, &issuer),
        sent_mails: settings.shown_mails().map(|folder| Arc::new(MailFolder::new(folder)) as Arc<dyn SentMails>),
        documents: DocumentCache::default(),
        providers: listed_providers(&settings.providers),
        issuer,
        base_paths: settings.base_paths.clone(),
    })
}

fn network_limits(limit: Option<NetworkLimit>) -> NetworkLimits {
    limit.map_or_else(NetworkLimits::off, |limit| NetworkLimits::new(limit.quota, limit.loopback))
}

/// Lists the providers that are documented in any case: those of the contract.
pub(crate) fn known_providers() -> Vec<ListedProvider> {
    let listed = |(preset, takes_id_tokens): (auth_oauth::Preset, bool)| {
        Some(ListedProvider {
            name: ProviderName::parse(preset.name)?,
            display_name: preset.display_name.to_owned(),
            icon: None,
            takes_id_tokens,
            answers_by_post: false,
            is_configured: false,
        })
    };
    [(GOOGLE, true), (FORTYTWO, false)].into_iter().filter_map(listed).collect()
}

/// Lists the configured providers, and those that are documented in any case.
fn listed_providers(configured: &[ProviderRegistration]) -> Vec<ListedProvider> {
    let listed = |registration: &ProviderRegistration| {
        let (takes_id_tokens, answers_by_post) = match &registration.dialect {
            Dialect::OpenId(OpenIdOptions { answers_by_post, .. }) => (true, *answers_by_post),
            Dialect::Profile(..) => (false, false),
        };
        ListedProvider {
            name: registration.name.clone(),
            display_name: registration.display_name.clone(),
            icon: registration.icon.clone(),
            takes_id_tokens,
            answers_by_post,
            is_configured: true,
        }
    };
    let mut all = known_providers();
    for provider in configured.iter().map(listed) {
        match all.iter_mut().find(|known| known.name == provider.name) {
            Some(known) => *known = provider,
            None => all.push(provider),
        }
    }
    all
}

/// Returns the settings of the mails, which look like the pages, and link to them if these are on.
pub(crate) fn mail(settings: &Settings, issuer: &str) -> MailSettings {
    let mut mail = settings.mail.clone().with_product_name(product_name(settings, issuer));
    if let Some(url) = settings.register_page(issuer) {
        mail = mail.with_register_page(url);
    }
    if let Some(url) = logo_url(settings, issuer) {
        mail = mail.with_logo(url);
    }
    mail
}

/// Returns where mail programs find the logo: at the pages, if these are on and everybody can reach them.
fn logo_url(settings: &Settings, issuer: &str) -> Option<String> {
    let path = settings.pages.as_ref()?.logo.as_ref()?.path_for_mail()?;
    issuer.starts_with("https://").then(|| format!("{issuer}{}{path}", settings.shortest_base_path()))
}

fn pages(settings: &Settings, issuer: &str) -> Option<Pages> {
    let PageSettings { accent, logo, terms, privacy } = settings.pages.as_ref()?;
    Some(Pages::new(PagesOptions {
        product_name: product_name(settings, issuer),
        accent: *accent,
        logo: logo.clone(),
        terms: terms.clone(),
        privacy: privacy.clone(),
        password_min: settings.password_min,
        requests_exports: settings.export_upload.is_some(),
    }))
}

/// Returns the name that pages and authenticator apps show.
fn product_name(settings: &Settings, issuer: &str) -> String {
    settings.product_name.clone().unwrap_or_else(|| host(issuer))
}

/// Returns the part of a URL that stands for the service: the host without the port.
fn host(url: &str) -> String {
    let host = Url::parse(url).ok().and_then(|url| url.host_str().map(str::to_owned));
    host.unwrap_or_else(|| url.to_owned())
}

#[cfg(test)]
mod tests {
    use auth_domain::Language;
    use auth_smtp::{ConfiguredMailer, MailKind};

    use super::{host, mail};
    use crate::settings::load_for_tests;

    #[test]
    fn mails_show_the_logo_where_mail_programs_can_load_it() {
        let dir = tempfile::tempdir().unwrap();
        let html = |logo: &str, url: &str| {
            let path = dir.path().join(logo);
            std::fs::write(&path, "a picture").unwrap();
            let settings = load_for_tests(&[
                ("AUTH_PAGES", "on"),
                ("AUTH_PAGES_LOGO", path.to_str().unwrap()),
                ("AUTH_PRODUCT_NAME", "Example"),
                ("AUTH_PUBLIC_URL", url),
            ])
            .unwrap();
            let mailer = ConfiguredMailer::new(mail(&settings, url));
            mailer.preview(MailKind::Invitation, Language::English).unwrap().html.replace("&#x2f;", "/")
        };
        let shown = html("logo.png", "https://auth.example.org");
        let start = "<img src=\"https://auth.example.org/account/assets/logo.";
        assert!(shown.contains(start) && shown.contains(".png\" alt=\"Example\""), "{shown}");
        for (logo, url) in [("logo.svg", "https://auth.example.org"), ("logo.png", "http://localhost:8080")] {
            let hidden = html(logo, url);
            assert!(hidden.contains("\nExample\n") && !hidden.contains("<img"), "{hidden}");
        }
    }

    #[test]
    fn an_app_shows_the_host_without_its_port() {
        for (url, shown) in [
            ("https://auth.example.org", "auth.example.org"),
            ("https://auth.example.org:8443/id", "auth.example.org"),
            ("http://127.0.0.1:8080", "127.0.0.1"),
            ("http://[::1]:8080", "[::1]"),
        ] {
            assert_eq!(host(url), shown);
        }
    }
}
