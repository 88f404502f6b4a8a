//! Puts adapters behind ports, and ports into use cases.

use std::net::SocketAddr;
use std::sync::Arc;

use auth_crypto::{
    AccessTokenSigner, DerivedRefreshTokens, HashingLane, InternalTokenVerifier, KeyRing, KeyedNameDigest,
    SealedSigningKeys, SystemClock, SystemEntropy,
};
use auth_domain::account::PasswordPolicy;
use auth_domain::ports::{AccessTokens, Clock, Entropy, PasswordHasher, RefreshTokens, Store};
use auth_domain::use_cases::{
    Authenticate, DeleteAccount, DeliverMails, Introspect, ListCredentials, Login, Logout, PasswordCheck,
    PublishSigningKeys, PurgeExpired, RefreshSession, Register, SessionTokens, Sessions, SetRoles,
};
use auth_http::{App, TrustedProxies};
use auth_postgres::PostgresStore;
use auth_smtp::ConfiguredMailer;
use auth_sqlite::SqliteStore;

use crate::Failure;
use crate::secret_key::make_dir;
use crate::settings::{Database, Settings};

/// What runs: the use cases behind the endpoints, and what goes on beside them.
pub(crate) struct Wired {
    pub(crate) app: App,
    pub(crate) signer: Arc<AccessTokenSigner>,
    pub(crate) deliver_mails: DeliverMails,
    pub(crate) purge_expired: PurgeExpired,
}

/// Runs the migrations that have not run; answers how many did.
pub(crate) async fn migrate_database(settings: &Settings) -> Result<usize, Failure> {
    match &settings.database {
        Database::Sqlite(path) => {
            if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
                make_dir(folder)?;
            }
            Ok(auth_sqlite::migrate(path).await?)
        }
        Database::Postgres(url) => Ok(auth_postgres::migrate(url).await.map_err(database_url_hint)?),
    }
}

async fn open_store(settings: &Settings) -> Result<Arc<dyn Store>, Failure> {
    Ok(match &settings.database {
        Database::Sqlite(path) => Arc::new(SqliteStore::open(path).await?),
        Database::Postgres(url) => {
            let connections = std::thread::available_parallelism().map_or(8, |cores| (4 * cores.get()).clamp(8, 32));
            Arc::new(PostgresStore::connect(url, connections).await.map_err(database_url_hint)?)
        }
    })
}

fn database_url_hint(error: auth_postgres::ConnectError) -> Failure {
    format!("AUTH_DATABASE_URL: {error}").into()
}

/// The adapters behind their ports, shared by the use cases.
struct Ports {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    hasher: Arc<dyn PasswordHasher>,
    refresh_tokens: Arc<dyn RefreshTokens>,
    access_tokens: Arc<dyn AccessTokens>,
}

/// Opens the database, starts the hashing lane and builds every use case. `listening` is the address
/// that was bound, which names the service where no public URL is set.
pub(crate) async fn wire(settings: &Settings, ring: &KeyRing, listening: SocketAddr) -> Result<Wired, Failure> {
    migrate_database(settings).await?;
    let issuer = settings.public_url.clone().unwrap_or_else(|| format!("http://{listening}"));
    let audience = settings.audience.clone().unwrap_or_else(|| issuer.clone());
    let signer = Arc::new(AccessTokenSigner::new(ring.clone(), issuer.clone(), audience.clone()));
    let ports = Ports {
        store: open_store(settings).await?,
        clock: Arc::new(SystemClock),
        entropy: Arc::new(SystemEntropy),
        hasher: Arc::new(HashingLane::start(ring, settings.hashing)?),
        refresh_tokens: Arc::new(DerivedRefreshTokens::new(ring.clone())),
        access_tokens: signer.clone(),
    };
    let internal_tokens = Arc::new(InternalTokenVerifier::new(&settings.services)?);
    let Ports { store, clock, entropy, hasher, refresh_tokens, access_tokens } = &ports;
    let session_tokens = Arc::new(SessionTokens {
        access: access_tokens.clone(),
        refresh: refresh_tokens.clone(),
        lifetimes: settings.lifetimes,
    });
    let authenticate =
        Arc::new(Authenticate { store: store.clone(), access_tokens: access_tokens.clone(), clock: clock.clone() });
    let deliver_mails = DeliverMails {
        store: store.clone(),
        mailer: Arc::new(ConfiguredMailer::new(settings.mail.clone())),
        clock: clock.clone(),
        entropy: entropy.clone(),
    };
    let purge_expired = PurgeExpired { store: store.clone(), clock: clock.clone() };
    let app = App {
        register: Register {
            store: store.clone(),
            hasher: hasher.clone(),
            clock: clock.clone(),
            entropy: entropy.clone(),
            policy: PasswordPolicy { min_characters: settings.password_min },
        },
        login: login(&ports, ring, session_tokens.clone()),
        refresh_session: RefreshSession {
            store: store.clone(),
            session_tokens,
            clock: clock.clone(),
            entropy: entropy.clone(),
        },
        authenticate: authenticate.clone(),
        logout: Logout { store: store.clone(), refresh_tokens: refresh_tokens.clone(), clock: clock.clone() },
        sessions: Sessions { store: store.clone(), clock: clock.clone() },
        list_credentials: ListCredentials { store: store.clone() },
        delete_account: DeleteAccount { store: store.clone(), clock: clock.clone(), entropy: entropy.clone() },
        set_roles: SetRoles { store: store.clone(), clock: clock.clone() },
        introspect: Introspect {
            authenticate,
            refresh_tokens: refresh_tokens.clone(),
            store: store.clone(),
            clock: clock.clone(),
            retry_window: settings.lifetimes.retry_window,
        },
        publish_signing_keys: publish_signing_keys(&ports, ring),
        internal_tokens,
        trusted_proxies: TrustedProxies::new(settings.trusted_proxies.clone()),
        issuer,
        audience,
        base_paths: settings.base_paths.clone(),
        store: ports.store,
        clock: ports.clock,
        entropy: ports.entropy,
    };
    Ok(Wired { app, signer, deliver_mails, purge_expired })
}

fn login(ports: &Ports, ring: &KeyRing, session_tokens: Arc<SessionTokens>) -> Login {
    let password_check = PasswordCheck {
        store: ports.store.clone(),
        hasher: ports.hasher.clone(),
        name_digest: Arc::new(KeyedNameDigest::new(ring.clone())),
        clock: ports.clock.clone(),
    };
    Login {
        password_check,
        session_tokens,
        store: ports.store.clone(),
        hasher: ports.hasher.clone(),
        clock: ports.clock.clone(),
        entropy: ports.entropy.clone(),
    }
}

fn publish_signing_keys(ports: &Ports, ring: &KeyRing) -> Arc<PublishSigningKeys> {
    Arc::new(PublishSigningKeys {
        store: ports.store.clone(),
        maker: Arc::new(SealedSigningKeys::new(ring.clone())),
        clock: ports.clock.clone(),
        entropy: ports.entropy.clone(),
    })
}
