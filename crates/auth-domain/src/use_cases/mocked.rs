//! Doubles for tests: a mockall double for every port, and the default policy.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use crate::Language;
use crate::account::PasswordPolicy;
use crate::audience::Audiences;
use crate::challenge::ChallengeLifetimes;
use crate::disclosure::Disclosure;
use crate::ports::{
    MockAccessTokens, MockAuditContextSource, MockAuthorizationStates, MockClock, MockCodes, MockEntropy,
    MockEventSink, MockHashingGauge, MockInternalTokens, MockInvitationTokens, MockKnownNetworks, MockMailer,
    MockNameDigest, MockPasswordHasher, MockRecoveryCodes, MockRefreshTokens, MockSigningKeyMaker, MockStore,
    MockTempTokens, MockTotp,
};
use crate::registration::RegistrationPolicy;
use crate::services::StepUp;
use crate::session::SessionLifetimes;
use crate::token_exchange::ExchangeRules;

use super::{EmailVerification, IdentityProviders, Policy, Ports, SuspiciousSession};

impl Ports {
    /// Returns ports whose doubles panic when they are called. A test replaces those that it expects to be called:
    /// `Ports { store: Arc::new(store), ..Ports::mocked() }`.
    pub fn mocked() -> Self {
        Self {
            store: Arc::new(MockStore::new()),
            kept_sessions: None,
            clock: Arc::new(MockClock::new()),
            entropy: Arc::new(MockEntropy::new()),
            password_hasher: Arc::new(MockPasswordHasher::new()),
            hashing_gauge: Arc::new(MockHashingGauge::new()),
            known_networks: Arc::new(MockKnownNetworks::new()),
            name_digest: Arc::new(MockNameDigest::new()),
            access_tokens: Arc::new(MockAccessTokens::new()),
            refresh_tokens: Arc::new(MockRefreshTokens::new()),
            temp_tokens: Arc::new(MockTempTokens::new()),
            internal_tokens: Arc::new(MockInternalTokens::new()),
            codes: Arc::new(MockCodes::new()),
            invitation_tokens: Arc::new(MockInvitationTokens::new()),
            totp: Arc::new(MockTotp::new()),
            recovery_codes: Arc::new(MockRecoveryCodes::new()),
            authorization_states: Arc::new(MockAuthorizationStates::new()),
            signing_key_maker: Arc::new(MockSigningKeyMaker::new()),
            audit_context: Arc::new(MockAuditContextSource::new()),
            mailer: Arc::new(MockMailer::new()),
            event_sink: Arc::new(MockEventSink::new()),
            identity_providers: IdentityProviders::new(),
        }
    }
}

impl Policy {
    /// Returns the default policy of the service.
    pub const fn for_tests() -> Self {
        Self {
            audiences: Audiences::new(String::new(), BTreeSet::new()),
            exchange: ExchangeRules::new(),
            session_lifetimes: SessionLifetimes {
                access: Duration::from_secs(600),
                idle: Duration::from_secs(30 * 24 * 3_600),
                absolute: Duration::from_secs(90 * 24 * 3_600),
                retry_window: Duration::from_secs(10),
            },
            suspicious_session: SuspiciousSession::GoesOn,
            challenge_lifetimes: ChallengeLifetimes { temp: Duration::from_secs(600), code: Duration::from_secs(600) },
            password: PasswordPolicy { min_characters: 8 },
            disclosure: Disclosure::Explicit,
            registration: RegistrationPolicy::open(),
            email_verification: EmailVerification::Optional,
            step_up: StepUp { max_age: Some(Duration::from_secs(900)) },
            deletion_grace: Duration::ZERO,
            default_language: Language::English,
            export_upload: None,
            subscriptions: Vec::new(),
        }
    }
}
