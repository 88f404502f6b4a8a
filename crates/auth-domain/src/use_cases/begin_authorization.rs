//! Going to an identity provider: to sign in, or to link an identity.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use crate::AuthorizationId;
use crate::access_token::BearerToken;
use crate::authorization::{AuthorizationPurpose, AuthorizationState};
use crate::error_code::{ErrorCode, Refusal};
use crate::identity::ProviderName;
use crate::ports::{AuthorizationStates, IdentityProvider, ProviderError, StoreError};
use crate::services::{Environment, FreshLogin};

use super::all::Parts;
use super::authenticate::Authenticated;

/// The identity providers that are configured.
pub type IdentityProviders = BTreeMap<ProviderName, Arc<dyn IdentityProvider>>;

/// Which browser goes there, and where it ends.
#[derive(Clone, Debug, Default)]
pub struct BrowserContext {
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
    /// The provider is away, or too many ask it.
    #[error(transparent)]
    Provider(#[from] ProviderError),
    /// The database did not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<BeginAuthorizationError> for Refusal {
    fn from(error: BeginAuthorizationError) -> Self {
        match error {
            BeginAuthorizationError::UnknownProvider => ErrorCode::NotFound.into(),
            BeginAuthorizationError::Provider(error) => error.into(),
            BeginAuthorizationError::Store(error) => error.into(),
        }
    }
}

/// The use case. It writes nothing: until an answer comes back, there is only what the browser carries.
pub struct BeginAuthorization {
    env: Environment,
    providers: Arc<IdentityProviders>,
    states: Arc<dyn AuthorizationStates>,
}

impl BeginAuthorization {
    pub(super) fn new(parts: &Parts) -> Self {
        Self {
            env: parts.env.clone(),
            providers: parts.identity_providers.clone(),
            states: parts.ports.authorization_states.clone(),
        }
    }

    /// How long somebody may take at the provider.
    pub const LIFETIME: Duration = Duration::from_secs(600);

    /// Where to send somebody who wants to sign in.
    pub async fn sign_in(
        &self,
        provider: &ProviderName,
        browser_context: BrowserContext,
    ) -> Result<String, BeginAuthorizationError> {
        self.begin(provider, AuthorizationPurpose::SignIn, browser_context).await
    }

    /// Where to send somebody who is to prove again who they are.
    pub async fn reauthenticate(
        &self,
        caller: &Authenticated,
        provider: &ProviderName,
        browser_context: BrowserContext,
    ) -> Result<String, BeginAuthorizationError> {
        self.begin(provider, AuthorizationPurpose::Reauthenticate(caller.session().id), browser_context).await
    }

    /// Where to send somebody who wants to link an identity to their account: another way into it.
    pub async fn link(
        &self,
        caller: &FreshLogin,
        provider: &ProviderName,
        browser_context: BrowserContext,
    ) -> Result<String, BeginAuthorizationError> {
        self.begin(provider, AuthorizationPurpose::Link(caller.caller().session().id), browser_context).await
    }

    async fn begin(
        &self,
        name: &ProviderName,
        purpose: AuthorizationPurpose,
        BrowserContext { browser, redirect }: BrowserContext,
    ) -> Result<String, BeginAuthorizationError> {
        // Nobody is sent away while what they come back for does not work.
        self.env.store.ping().await?;
        let provider = self.providers.get(name).ok_or(BeginAuthorizationError::UnknownProvider)?;
        let now = self.env.now();
        let state = AuthorizationState {
            id: AuthorizationId::generate(now, self.env.random()),
            provider: name.clone(),
            purpose,
            redirect,
            issued_at: now,
            expires_at: now + Self::LIFETIME,
        };
        Ok(provider.authorization_url(&self.states.issue(&state, browser)).await?)
    }
}
