//! Ports to identity providers, and to what makes the requests to them unforgeable.

use std::any::Any;
use std::fmt;
use std::time::Duration;

use async_trait::async_trait;

use crate::Timestamp;
use crate::access_token::{BearerToken, TokenRejection};
use crate::authorization::{AuthorizationCode, AuthorizationState, BrowserBinding, IdToken};
use crate::identity::ProviderIdentity;

/// The provider did not answer in time, or its answer makes no sense. The log says what happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the identity provider is unavailable")]
pub struct ProviderUnavailable;

/// The provider already receives as many requests as it allows, or too many sign-ins are waiting for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("too many sign-ins are waiting for the identity provider; try again in {retry_after:?}")]
pub struct ProviderBusy {
    /// When to try again.
    pub retry_after: Duration,
}

/// Why a browser cannot be sent to a provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProviderError {
    /// The provider is unavailable.
    #[error(transparent)]
    Unavailable(#[from] ProviderUnavailable),
    /// Too many sign-ins are waiting for the provider.
    #[error(transparent)]
    Busy(#[from] ProviderBusy),
}

/// Why a code or a token did not identify anyone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IdentifyError {
    /// The provider refused the code, or its answer failed a check. The log says why.
    #[error("the code or the provider's answer was not accepted")]
    CodeRefused,
    /// The provider is unavailable.
    #[error(transparent)]
    Unavailable(#[from] ProviderUnavailable),
    /// Too many sign-ins are waiting for the provider.
    #[error(transparent)]
    Busy(#[from] ProviderBusy),
}

impl From<ProviderError> for IdentifyError {
    fn from(error: ProviderError) -> Self {
        match error {
            ProviderError::Unavailable(error) => error.into(),
            ProviderError::Busy(error) => error.into(),
        }
    }
}

/// A place in the line of requests to a provider; the adapter decides what it contains. It is given back when it is
/// dropped unused.
pub struct Turn(Option<Box<dyn Any + Send>>);

impl Turn {
    /// Creates a turn from the adapter's own value.
    pub fn new(place: impl Any + Send) -> Self {
        Self(Some(Box::new(place)))
    }

    /// Returns the turn of a provider without a line.
    pub const fn at_once() -> Self {
        Self(None)
    }

    /// Returns the adapter's own value.
    pub fn into_place<P: Any>(self) -> Option<P> {
        self.0.and_then(|place| place.downcast().ok()).map(|place| *place)
    }
}

impl fmt::Debug for Turn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Turn(…)")
    }
}

/// The owner of an id_token that a client sent, and what prevents its reuse.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VouchedIdentity {
    /// The owner.
    pub identity: ProviderIdentity,
    /// A digest that is the same for every copy of the token, however it is encoded, and differs for other tokens.
    pub digest: [u8; 16],
    /// Until when a copy of it would be accepted.
    pub expires_at: Timestamp,
}

/// The parameters of an authorization request (RFC 6749 section 4.1.1, RFC 7636 section 4.3, OpenID Connect Core
/// section 3.1.2.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthorizationRequest {
    /// `state`.
    pub state: BearerToken,
    /// `code_challenge`, by S256: 43 characters.
    pub code_challenge: String,
    /// `nonce`: 43 characters.
    pub nonce: String,
}

/// The secrets with which the answer is exchanged and checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthorizationSecrets {
    /// `code_verifier` (RFC 7636 section 4.1): 43 characters, which no browser ever sees.
    pub code_verifier: BearerToken,
    /// The `nonce` that an id_token must repeat.
    pub nonce: String,
}

/// A `state` that this service made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifiedState {
    /// The content of the `state`.
    pub state: AuthorizationState,
    /// The browser that returned with it.
    pub browser: BrowserBinding,
    /// The secrets of the request.
    pub secrets: AuthorizationSecrets,
}

/// An identity provider. Each call ends within five seconds, whatever the provider does, and delays no other caller.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait IdentityProvider: Send + Sync {
    /// Returns the URL to which the browser is sent.
    async fn authorization_url(&self, request: &AuthorizationRequest) -> Result<String, ProviderError>;

    /// Reserves a place in the line of requests to this provider. If there is none, the client can try again later with
    /// the same code and state, since neither has been used up.
    fn turn(&self) -> Result<Turn, ProviderBusy>;

    /// Exchanges the code and returns its owner.
    async fn identify(
        &self,
        turn: Turn,
        code: &AuthorizationCode,
        secrets: &AuthorizationSecrets,
    ) -> Result<ProviderIdentity, IdentifyError>;

    /// Verifies an id_token that a client obtained from the provider with this `nonce`, and returns its owner. A provider
    /// that issues no id_tokens refuses all.
    async fn identify_by_token(&self, _token: &IdToken, _nonce: &str) -> Result<VouchedIdentity, IdentifyError> {
        Err(IdentifyError::CodeRefused)
    }
}

/// Creates and recognises the `state` of authorization requests. The other parts of a request are derived from its id
/// and the master key, so that nothing is stored.
#[cfg_attr(feature = "mocks", mockall::automock)]
pub trait AuthorizationStates: Send + Sync {
    /// Creates the request of a state, bound to the browser that holds this secret, if there is one.
    fn issue(&self, state: &AuthorizationState, browser: Option<BearerToken>) -> AuthorizationRequest;

    /// Verifies a `state` that a browser with this secret, if any, returned with.
    fn verify(
        &self,
        state: &str,
        browser: Option<BearerToken>,
        now: Timestamp,
    ) -> Result<VerifiedState, TokenRejection>;
}
