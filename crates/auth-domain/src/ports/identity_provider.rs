//! Ports to identity providers, and to what makes the requests to them unforgeable.

use async_trait::async_trait;

use crate::Timestamp;
use crate::access_token::{BearerToken, TokenRejection};
use crate::authorization::{AuthorizationCode, AuthorizationState, BrowserBinding};
use crate::identity::ProviderIdentity;

/// The provider did not answer in time, or its answer makes no sense. The log says what happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the identity provider is unavailable")]
pub struct ProviderUnavailable;

/// Why a code did not identify anyone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IdentifyError {
    /// The provider refused the code, or its answer failed a check. The log says why.
    #[error("the code or the provider's answer was not accepted")]
    CodeRefused,
    /// The provider is unavailable.
    #[error(transparent)]
    Unavailable(#[from] ProviderUnavailable),
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
    async fn authorization_url(&self, request: &AuthorizationRequest) -> Result<String, ProviderUnavailable>;

    /// Exchanges the code and returns its owner.
    async fn identify(
        &self,
        code: &AuthorizationCode,
        secrets: &AuthorizationSecrets,
    ) -> Result<ProviderIdentity, IdentifyError>;
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
