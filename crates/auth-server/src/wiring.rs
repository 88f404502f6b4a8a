//! Puts adapters behind ports, and ports into use cases.

use std::net::SocketAddr;
use std::sync::Arc;

use auth_crypto::{
    AccessTokenSigner, AuthorizationStateSigner, DerivedCodes, DerivedRefreshTokens, HashedRecoveryCodes, HashingLane,
    InternalTokenVerifier, KeyRing, KeyedNameDigest, SealedSigningKeys, SealedTotp, SystemClock, SystemEntropy,
    TempTokenSigner,
};
use auth_domain::account::PasswordPolicy;
use auth_domain::identity::ProviderName;
use auth_domain::mark::Mark;
use auth_domain::ports::{
    AccessTokens, Clock, Codes, Entropy, HashingGauge, NameDigest, PasswordHasher, RefreshTokens, Store, TempTokens,
};
use auth_domain::use_cases::{
    Announcements, Authenticate, BeginAuthorization, Challenges, ConfirmCredentials, DeleteAccount, DeliverEvents,
    DeliverMails, FinishAuthorization, FinishLogin, IdentityProviders, Introspect, LinkIdentity, ListCredentials,
    ListEvents, Login, Logout, LostPassword, ManageSecondFactors, PasswordCheck, ProviderSignIn, PublishSigningKeys,
    PurgeExpired, ReadDeletion, RefreshSession, Register, SecondFactors, SessionTokens, Sessions, SetRoles,
    SetUpSecondFactor, StepUp, UnlinkIdentity, UpdateCredentials, UpdatePassword, VerifyCode, VerifyEmail,
};
use auth_http::{App, Draining, HttpOrigin, Metrics, Origins, TrustedProxies};
use auth_oauth::{PROVIDERS, ProviderClient, Registration};
use auth_smtp::ConfiguredMailer;
use auth_webhooks::WebhookSink;

use crate::Failure;
use crate::database::auditor;
use crate::settings::{ProviderRegistration, Settings};

/// What runs: the use cases behind the endpoints, and what goes on beside them.
pub(crate) struct Wired {
    pub(crate) app: App,
    pub(crate) signer: Arc<AccessTokenSigner>,
    pub(crate) deliver_mails: DeliverMails,
    pub(crate) deliver_events: Vec<DeliverEvents>,
    pub(crate) purge_expired: PurgeExpired,
}

/// The adapters behind their ports, and what several use cases share.
struct Parts {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    hasher: Arc<dyn PasswordHasher>,
    refresh_tokens: Arc<dyn RefreshTokens>,
    access_tokens: Arc<dyn AccessTokens>,
    temp_tokens: Arc<dyn TempTokens>,
    codes: Arc<dyn Codes>,
    session_tokens: Arc<SessionTokens>,
    password_check: Arc<PasswordCheck>,
    challenges: Arc<Challenges>,
    announcements: Arc<Announcements>,
    policy: PasswordPolicy,
}

/// Opens the database, starts the hashing lane and builds every use case. `listening` is the address
/// that was bound, which names the service where no public URL is set.
pub(crate) async fn wire(settings: &Settings, ring: &KeyRing, listening: SocketAddr) -> Result<Wired, Failure> {
    settings.database.migrate_to(None).await?;
    let store = settings.database.open_for(Arc::new(HttpOrigin)).await?.store;
    if store.find_mark(Mark::UnfinishedMove).await?.is_some() {
        return Err(
            "a move into this database has not ended: run `auth-server move` again, with the settings of the old one"
                .into(),
        );
    }
    let ring = &ring.clone().with_retired(&store.list_retired_keys().await?, settings.lifetimes.absolute)?;
    let issuer = settings.public_url.clone().unwrap_or_else(|| format!("http://{listening}"));
    let audience = settings.audience.clone().unwrap_or_else(|| issuer.clone());
    let signer = Arc::new(AccessTokenSigner::new(ring.clone(), issuer.clone(), audience.clone()));
    let hasher = Arc::new(HashingLane::start(ring, settings.hashing)?);
    let temp_tokens = Arc::new(TempTokenSigner::new(ring.clone(), issuer.clone()));
    let parts = Parts::new(settings, ring, store, hasher.clone(), signer.clone(), temp_tokens);
    Ok(Wired {
        deliver_mails: parts.deliver_mails(settings),
        deliver_events: parts.deliver_events(settings)?,
        purge_expired: PurgeExpired { store: parts.store.clone(), clock: parts.clock.clone() },
        app: parts.app(settings, ring, hasher, issuer, audience)?,
        signer,
    })
}

impl Parts {
    fn new(
        settings: &Settings,
        ring: &KeyRing,
        store: Arc<dyn Store>,
        hasher: Arc<dyn PasswordHasher>,
        access_tokens: Arc<dyn AccessTokens>,
        temp_tokens: Arc<dyn TempTokens>,
    ) -> Self {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let entropy: Arc<dyn Entropy> = Arc::new(SystemEntropy);
        let refresh_tokens: Arc<dyn RefreshTokens> = Arc::new(DerivedRefreshTokens::new(ring.clone()));
        let codes: Arc<dyn Codes> = Arc::new(DerivedCodes::new(ring.clone()));
        let name_digest: Arc<dyn NameDigest> = Arc::new(KeyedNameDigest::new(ring.clone()));
        let session_tokens = Arc::new(SessionTokens {
            access: access_tokens.clone(),
            refresh: refresh_tokens.clone(),
            lifetimes: settings.lifetimes,
        });
        let password_check = Arc::new(PasswordCheck {
            store: store.clone(),
            hasher: hasher.clone(),
            name_digest: name_digest.clone(),
            clock: clock.clone(),
        });
        let challenges = Arc::new(Challenges {
            store: store.clone(),
            codes: codes.clone(),
            temp_tokens: temp_tokens.clone(),
            name_digest: name_digest.clone(),
            clock: clock.clone(),
            entropy: entropy.clone(),
            lifetimes: settings.challenges,
        });
        let subscriptions = settings.webhooks.iter().map(|webhook| webhook.subscription.clone()).collect();
        let announcements = Arc::new(Announcements { subscriptions, entropy: entropy.clone() });
        let policy = PasswordPolicy { min_characters: settings.password_min };
        Self {
            store,
            clock,
            entropy,
            hasher,
            refresh_tokens,
            access_tokens,
            temp_tokens,
            codes,
            session_tokens,
            password_check,
            challenges,
            announcements,
            policy,
        }
    }

    fn deliver_mails(&self, settings: &Settings) -> DeliverMails {
        DeliverMails {
            store: self.store.clone(),
            codes: self.codes.clone(),
            mailer: Arc::new(ConfiguredMailer::new(settings.mail.clone())),
            clock: self.clock.clone(),
            entropy: self.entropy.clone(),
        }
    }

    /// One worker a service: none waits for another.
    fn deliver_events(&self, settings: &Settings) -> Result<Vec<DeliverEvents>, Failure> {
        let webhooks: Vec<_> = settings.webhooks.iter().map(|webhook| webhook.webhook.clone()).collect();
        let services: Vec<String> = webhooks.iter().map(|webhook| webhook.service.clone()).collect();
        if services.is_empty() {
            return Ok(Vec::new());
        }
        let sink = Arc::new(WebhookSink::new(webhooks, self.clock.clone())?);
        let worker = |service| DeliverEvents {
            service,
            store: self.store.clone(),
            sink: sink.clone(),
            clock: self.clock.clone(),
            entropy: self.entropy.clone(),
        };
        Ok(services.into_iter().map(worker).collect())
    }

    /// Each is asked nothing before somebody goes there.
    fn identity_providers(&self, settings: &Settings, public_url: &str) -> Result<IdentityProviders, Failure> {
        let mut providers = IdentityProviders::new();
        for ProviderRegistration { kind, client_id, client_secret, url } in &settings.providers {
            let provider = provider_name(kind.name)?;
            let client = ProviderClient::new(provider.clone(), self.clock.clone())?;
            let registration = Registration {
                provider: provider.clone(),
                client_id: client_id.clone(),
                client_secret: client_secret.clone(),
                url: url.clone(),
                redirect_uri: format!("{public_url}{}auth/{provider}", settings.shortest_base_path()),
            };
            providers.insert(provider, (kind.connect)(registration, client));
        }
        Ok(providers)
    }

    fn app(
        self,
        settings: &Settings,
        ring: &KeyRing,
        hashing: Arc<dyn HashingGauge>,
        issuer: String,
        audience: String,
    ) -> Result<App, Failure> {
        let Self { store, clock, entropy, hasher, .. } = &self;
        let authenticate = Arc::new(Authenticate {
            store: store.clone(),
            access_tokens: self.access_tokens.clone(),
            clock: clock.clone(),
        });
        let second_factors = Arc::new(SecondFactors {
            challenges: self.challenges.clone(),
            totp: Arc::new(SealedTotp::new(ring.clone(), host(&issuer).to_owned())),
            recovery_codes: Arc::new(HashedRecoveryCodes::new(ring.clone())),
        });
        let providers = Arc::new(self.identity_providers(settings, &issuer)?);
        let states = Arc::new(AuthorizationStateSigner::new(ring.clone(), issuer.clone()));
        let step_up = StepUp { max_age: settings.step_up_max_age };
        let update_credentials = Arc::new(UpdateCredentials {
            password_check: self.password_check.clone(),
            hasher: hasher.clone(),
            challenges: self.challenges.clone(),
            announcements: self.announcements.clone(),
            policy: self.policy,
            step_up,
        });
        Ok(App {
            register: Register {
                hasher: hasher.clone(),
                challenges: self.challenges.clone(),
                announcements: self.announcements.clone(),
                policy: self.policy,
                disclosure: settings.disclosure,
                require_verified_email: settings.require_verified_email,
            },
            login: Login {
                password_check: self.password_check.clone(),
                session_tokens: self.session_tokens.clone(),
                challenges: self.challenges.clone(),
                hasher: hasher.clone(),
                disclosure: settings.disclosure,
                require_verified_email: settings.require_verified_email,
            },
            refresh_session: RefreshSession {
                store: store.clone(),
                session_tokens: self.session_tokens.clone(),
                announcements: self.announcements.clone(),
                clock: clock.clone(),
                entropy: entropy.clone(),
            },
            authenticate: authenticate.clone(),
            logout: Logout { store: store.clone(), refresh_tokens: self.refresh_tokens.clone(), clock: clock.clone() },
            sessions: Sessions { store: store.clone(), clock: clock.clone() },
            lost_password: LostPassword { challenges: self.challenges.clone(), disclosure: settings.disclosure },
            verify_code: VerifyCode { challenges: self.challenges.clone() },
            update_password: UpdatePassword {
                challenges: self.challenges.clone(),
                hasher: hasher.clone(),
                session_tokens: self.session_tokens.clone(),
                announcements: self.announcements.clone(),
                policy: self.policy,
            },
            confirm_credentials: ConfirmCredentials {
                update: update_credentials.clone(),
                second_factors: second_factors.clone(),
            },
            update_credentials,
            set_up_second_factor: SetUpSecondFactor { second_factors: second_factors.clone() },
            manage_second_factors: ManageSecondFactors { second_factors: second_factors.clone(), step_up },
            finish_login: FinishLogin { second_factors, session_tokens: self.session_tokens.clone() },
            begin_authorization: BeginAuthorization {
                providers: providers.clone(),
                store: store.clone(),
                states: states.clone(),
                clock: clock.clone(),
                entropy: entropy.clone(),
                step_up,
            },
            unlink_identity: UnlinkIdentity {
                providers: providers.clone(),
                store: store.clone(),
                clock: clock.clone(),
                entropy: entropy.clone(),
                step_up,
            },
            finish_authorization: FinishAuthorization {
                providers,
                states,
                store: store.clone(),
                clock: clock.clone(),
                sign_in: ProviderSignIn {
                    challenges: self.challenges.clone(),
                    session_tokens: self.session_tokens.clone(),
                    announcements: self.announcements.clone(),
                    require_verified_email: settings.require_verified_email,
                },
                link: LinkIdentity { store: store.clone(), clock: clock.clone(), entropy: entropy.clone() },
            },
            verify_email: VerifyEmail { challenges: self.challenges.clone() },
            list_credentials: ListCredentials {
                store: store.clone(),
                auditor: Arc::new(auditor(Arc::new(HttpOrigin))),
            },
            delete_account: DeleteAccount {
                store: store.clone(),
                announcements: self.announcements.clone(),
                clock: clock.clone(),
                entropy: entropy.clone(),
            },
            read_deletion: ReadDeletion { store: store.clone() },
            list_events: ListEvents { store: store.clone() },
            set_roles: SetRoles { store: store.clone(), clock: clock.clone() },
            introspect: Introspect {
                authenticate,
                refresh_tokens: self.refresh_tokens.clone(),
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
            temp_tokens: self.temp_tokens,
            challenge_lifetimes: settings.challenges,
            trusted_proxies: TrustedProxies::new(settings.trusted_proxies.clone()),
            cookies: settings.cookies,
            hashing,
            metrics: Metrics::new()?,
            draining: Draining::default(),
            metrics_elsewhere: settings.metrics_listen.is_some(),
            origins: Origins::new(&issuer, settings.allowed_origins.clone()),
            providers: known_providers(),
            issuer,
            audience,
            base_paths: settings.base_paths.clone(),
            store: self.store,
            clock: self.clock,
            entropy: self.entropy,
        })
    }
}

fn provider_name(text: &str) -> Result<ProviderName, Failure> {
    ProviderName::parse(text).ok_or_else(|| format!("{text:?} is no name of a provider").into())
}

/// Every provider that can be configured, for the documents.
pub(crate) fn known_providers() -> Vec<ProviderName> {
    PROVIDERS.iter().filter_map(|kind| ProviderName::parse(kind.name)).collect()
}

/// The part of a URL that authenticator apps show.
fn host(url: &str) -> &str {
    url.split_once("://").map_or(url, |(_, rest)| rest.split('/').next().unwrap_or(rest))
}
