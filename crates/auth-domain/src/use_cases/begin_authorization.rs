//! Sends users to an identity provider, to sign in, to reauthenticate or to link an identity.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use crate::AuthorizationId;
use crate::access_token::BearerToken;
use crate::audience::Audience;
use crate::authorization::{AuthorizationPurpose, AuthorizationState};
use crate::error_code::{ErrorCode, Refusal};
use crate::identity::ProviderName;
use crate::invitation::{GivenInvitation, InvitationClaims};
use crate::ports::{AuthorizationStates, IdentityProvider, ProviderError, StoreError};
use crate::registration::RegistrationRefused;
use crate::services::{Admission, Environment, FreshLogin};

use super::all::Parts;
use super::authenticate::Authenticated;

/// The configured identity providers.
pub type IdentityProviders = BTreeMap<ProviderName, Arc<dyn IdentityProvider>>;

/// The browser that is sent there, and where it ends.
#[derive(Clone, Debug, Default)]
pub struct BrowserContext {
    /// The secret of the browser's cookie; the answer is then accepted only from this browser.
    pub browser: Option<BearerToken>,
    /// The page on which the browser ends. The caller checks that it is allowed.
    pub redirect: Option<String>,
    /// For whom the access token at the end of a sign-in is.
    pub audience: Audience,
}

/// Why the user was not sent to the provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BeginAuthorizationError {
    /// The provider is not configured.
    #[error("the provider is not configured")]
    UnknownProvider,
    /// The invitation is not one of this service.
    #[error(transparent)]
    Refused(RegistrationRefused),
    /// The provider is unavailable.
    #[error(transparent)]
    Provider(#[from] ProviderError),
    /// The database did not answer, or failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<BeginAuthorizationError> for Refusal {
    fn from(error: BeginAuthorizationError) -> Self {
        match error {
            BeginAuthorizationError::UnknownProvider => ErrorCode::NotFound.into(),
            BeginAuthorizationError::Refused(refused) => refused.into(),
            BeginAuthorizationError::Provider(error) => error.into(),
            BeginAuthorizationError::Store(error) => error.into(),
        }
    }
}

/// Begins an authorization at an identity provider. It writes nothing: until an answer comes back, there is only what
/// the browser carries.
pub struct BeginAuthorization {
    env: Environment,
    providers: Arc<IdentityProviders>,
    states: Arc<dyn AuthorizationStates>,
    admission: Arc<Admission>,
}

impl BeginAuthorization {
    pub(super) fn new(parts: &Parts) -> Self {
        Self {
            env: parts.env.clone(),
            providers: parts.identity_providers.clone(),
            states: parts.ports.authorization_states.clone(),
            admission: parts.admission.clone(),
        }
    }

    /// How long a user may take at the provider.
    pub const LIFETIME: Duration = Duration::from_secs(600);

    /// Returns where to send a user who wants to sign in, or to register with this invitation. Whether the invitation can
    /// be used is decided on the way back.
    pub async fn sign_in(
        &self,
        provider: &ProviderName,
        invitation: Option<&str>,
        browser_context: BrowserContext,
    ) -> Result<String, BeginAuthorizationError> {
        let invitation = match self.admission.read(invitation) {
            GivenInvitation::None => None,
            GivenInvitation::Genuine(claims) => Some(claims),
            GivenInvitation::Forged => {
                let refused = self.admission.told(RegistrationRefused::InvitationInvalid);
                return Err(BeginAuthorizationError::Refused(refused));
            }
        };
        self.begin(provider, AuthorizationPurpose::SignIn, invitation, browser_context).await
    }

    /// Returns where to send a user who has to reauthenticate.
    pub async fn reauthenticate(
        &self,
        caller: &Authenticated,
        provider: &ProviderName,
        browser_context: BrowserContext,
    ) -> Result<String, BeginAuthorizationError> {
        self.begin(provider, AuthorizationPurpose::Reauthenticate(caller.session().id), None, browser_context).await
    }

    /// Returns where to send a user who wants to link an identity, as another way to log in.
    pub async fn link(
        &self,
        caller: &FreshLogin,
        provider: &ProviderName,
        browser_context: BrowserContext,
    ) -> Result<String, BeginAuthorizationError> {
        self.begin(provider, AuthorizationPurpose::Link(caller.caller().session().id), None, browser_context).await
    }

    async fn begin(
        &self,
        name: &ProviderName,
        purpose: AuthorizationPurpose,
        invitation: Option<InvitationClaims>,
        BrowserContext { browser, redirect, audience }: BrowserContext,
    ) -> Result<String, BeginAuthorizationError> {
        // Nobody is sent away while the way back does not work.
        self.env.store.ping().await?;
        let provider = self.providers.get(name).ok_or(BeginAuthorizationError::UnknownProvider)?;
        let now = self.env.now();
        let state = AuthorizationState {
            id: AuthorizationId::generate(now, self.env.random()),
            provider: name.clone(),
            purpose,
            redirect,
            audience,
            invitation,
            issued_at: now,
            expires_at: now + Self::LIFETIME,
        };
        Ok(provider.authorization_url(&self.states.issue(&state, browser)).await?)
    }
}
