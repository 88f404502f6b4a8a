//! Going to an identity provider: to sign in, or to link an identity.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use crate::AuthorizationId;
use crate::access_token::BearerToken;
use crate::authorization::{AuthorizationPurpose, AuthorizationState};
use crate::error_code::{ErrorCode, Refusal};
use crate::identity::ProviderName;
use crate::ports::{
    AuthorizationStates, Clock, Entropy, IdentityProvider, ProviderUnavailable, Store, StoreUnavailable,
};

use super::authenticate::Authenticated;
use super::step_up::{ReauthenticationRequired, StepUp};

/// The identity providers that are configured.
pub type IdentityProviders = BTreeMap<ProviderName, Arc<dyn IdentityProvider>>;

/// Which browser goes there, and where it ends.
#[derive(Clone, Debug, Default)]
pub struct Journey {
    /// The secret of its cookie: the answer is then accepted from this browser only.
    pub browser: Option<BearerToken>,
    /// Where it goes in the end. The caller makes sure that it may.
    pub redirect: Option<String>,
}

/// Why nobody is sent anywhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BeginAuthorizationError {
    /// That provider is not configured.
    #[error("the provider is not configured")]
    UnknownProvider,
    /// The login is too long ago.
    #[error(transparent)]
    Stale(#[from] ReauthenticationRequired),
    /// The provider is away.
    #[error(transparent)]
    ProviderUnavailable(#[from] ProviderUnavailable),
    /// The database is away.
    #[error(transparent)]
    Unavailable(#[from] StoreUnavailable),
}

impl From<BeginAuthorizationError> for Refusal {
    fn from(error: BeginAuthorizationError) -> Self {
        match error {
            BeginAuthorizationError::UnknownProvider => ErrorCode::NotFound.into(),
            BeginAuthorizationError::Stale(error) => error.into(),
            BeginAuthorizationError::ProviderUnavailable(_) => ErrorCode::ProviderUnavailable.into(),
            BeginAuthorizationError::Unavailable(error) => error.into(),
        }
    }
}

/// The use case. It writes nothing: until an answer comes back, there is only what the browser carries.
pub struct BeginAuthorization {
    /// Whom to send to.
    pub providers: Arc<IdentityProviders>,
    /// Nobody is sent away while what they come back for does not work.
    pub store: Arc<dyn Store>,
    /// Makes the `state`.
    pub states: Arc<dyn AuthorizationStates>,
    /// Dates it.
    pub clock: Arc<dyn Clock>,
    /// Names it.
    pub entropy: Arc<dyn Entropy>,
    /// Another way into an account needs a fresh login.
    pub step_up: StepUp,
}

impl BeginAuthorization {
    /// How long somebody may take at the provider.
    pub const LIFETIME: Duration = Duration::from_secs(600);

    /// Where to send somebody who wants to sign in.
    pub async fn sign_in(&self, provider: &ProviderName, journey: Journey) -> Result<String, BeginAuthorizationError> {
        self.begin(provider, AuthorizationPurpose::SignIn, journey).await
    }

    /// Where to send somebody who wants to link an identity to their account.
    pub async fn link(
        &self,
        caller: &Authenticated,
        provider: &ProviderName,
        journey: Journey,
    ) -> Result<String, BeginAuthorizationError> {
        self.step_up.require(caller, self.clock.now())?;
        self.begin(provider, AuthorizationPurpose::Link(caller.session().id), journey).await
    }

    async fn begin(
        &self,
        name: &ProviderName,
        purpose: AuthorizationPurpose,
        Journey { browser, redirect }: Journey,
    ) -> Result<String, BeginAuthorizationError> {
        self.store.ping().await?;
        let provider = self.providers.get(name).ok_or(BeginAuthorizationError::UnknownProvider)?;
        let now = self.clock.now();
        let state = AuthorizationState {
            id: AuthorizationId::generate(now, self.entropy.bytes()),
            provider: name.clone(),
            purpose,
            redirect,
            issued_at: now,
            expires_at: now + Self::LIFETIME,
        };
        Ok(provider.authorization_url(&self.states.issue(&state, browser)).await?)
    }
}
