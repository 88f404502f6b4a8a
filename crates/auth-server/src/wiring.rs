//! Puts adapters behind ports, and ports into use cases.

use std::net::SocketAddr;
use std::sync::Arc;

use auth_crypto::{
    AccessTokenSigner, DerivedRefreshTokens, HashingLane, InternalTokenVerifier, KeyRing, KeyedNameDigest,
    SealedSigningKeys, SystemClock, SystemEntropy,
};
use auth_domain::account::PasswordPolicy;
use auth_domain::ports::{AccessTokens, Clock, Entropy, NameDigest, PasswordHasher, RefreshTokens, Store};
use auth_domain::use_cases::{
    Authenticate, DeleteAccount, Introspect, ListCredentials, Login, Logout, PasswordCheck, PublishSigningKeys,
    RefreshSession, Register, SessionTokens, Sessions, SetRoles,
};
use auth_http::{App, TrustedProxies};
use auth_postgres::PostgresStore;
use auth_sqlite::SqliteStore;

use crate::Failure;
use crate::secret_key::make_dir;
use crate::settings::{Database, Settings};

/// What runs: the use cases, and the signer whose keys are kept current beside them.
pub(crate) struct Wired {
    pub(crate) app: App,
    pub(crate) signer: Arc<AccessTokenSigner>,
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

/// Opens the database, starts the hashing lane and builds every use case. `listening` is the address
/// that was bound, which names the service where no public URL is set.
pub(crate) async fn wire(settings: &Settings, ring: &KeyRing, listening: SocketAddr) -> Result<Wired, Failure> {
    migrate_database(settings).await?;
    let store = open_store(settings).await?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let entropy: Arc<dyn Entropy> = Arc::new(SystemEntropy);
    let hasher: Arc<dyn PasswordHasher> = Arc::new(HashingLane::start(ring, settings.hashing)?);
    let name_digest: Arc<dyn NameDigest> = Arc::new(KeyedNameDigest::new(ring.clone()));
    let refresh_tokens: Arc<dyn RefreshTokens> = Arc::new(DerivedRefreshTokens::new(ring.clone()));
    let issuer = settings.public_url.clone().unwrap_or_else(|| format!("http://{listening}"));
    let audience = settings.audience.clone().unwrap_or_else(|| issuer.clone());
    let signer = Arc::new(AccessTokenSigner::new(ring.clone(), issuer.clone(), audience.clone()));
    let access_tokens: Arc<dyn AccessTokens> = signer.clone();

    let session_tokens = Arc::new(SessionTokens {
        access: access_tokens.clone(),
        refresh: refresh_tokens.clone(),
        lifetimes: settings.lifetimes,
    });
    let password_check =
        PasswordCheck { store: store.clone(), hasher: hasher.clone(), name_digest, clock: clock.clone() };
    let authenticate =
        Arc::new(Authenticate { store: store.clone(), access_tokens: access_tokens.clone(), clock: clock.clone() });
    let app = App {
        register: Register {
            store: store.clone(),
            hasher: hasher.clone(),
            clock: clock.clone(),
            entropy: entropy.clone(),
            policy: PasswordPolicy { min_characters: settings.password_min },
        },
        login: Login {
            password_check,
            session_tokens: session_tokens.clone(),
            store: store.clone(),
            hasher,
            clock: clock.clone(),
            entropy: entropy.clone(),
        },
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
            access_tokens,
            refresh_tokens,
            store: store.clone(),
            clock: clock.clone(),
            retry_window: settings.lifetimes.retry_window,
        },
        publish_signing_keys: Arc::new(PublishSigningKeys {
            store: store.clone(),
            maker: Arc::new(SealedSigningKeys::new(ring.clone())),
            clock: clock.clone(),
            entropy: entropy.clone(),
        }),
        internal_tokens: Arc::new(InternalTokenVerifier::new(&settings.services)?),
        store,
        clock,
        entropy,
        trusted_proxies: TrustedProxies::new(settings.trusted_proxies.clone()),
        issuer,
        audience,
        base_paths: settings.base_paths.clone(),
    };
    Ok(Wired { app, signer })
}
