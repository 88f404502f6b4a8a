//! Ports to identity providers, and to what makes a request to one unforgeable.

use async_trait::async_trait;

use crate::Timestamp;
use crate::access_token::{BearerToken, TokenRejection};
use crate::authorization::{AuthorizationCode, AuthorizationState, BrowserBinding};
use crate::identity::ProviderIdentity;

/// The provider did not answer, or not in time, or nothing that makes sense. What happened is in the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the identity provider is unavailable")]
pub struct ProviderUnavailable;

/// Why a code identifies nobody.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IdentifyError {
    /// The provider refuses the code, or what it says of the code's owner is not to be believed. Why is in the log.
    #[error("the code or the provider's answer was not accepted")]
    CodeRefused,
    /// The provider is away.
    #[error(transparent)]
    Unavailable(#[from] ProviderUnavailable),
}

/// What an authorization request carries (RFC 6749 section 4.1.1, RFC 7636 section 4.3, OpenID Connect Core section
/// 3.1.2.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthorizationRequest {
    /// `state`.
    pub state: BearerToken,
    /// `code_challenge`, by S256: 43 characters.
    pub code_challenge: String,
    /// `nonce`: 43 characters.
    pub nonce: String,
}

/// What its answer is exchanged and checked with.
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
    /// What it says.
    pub state: AuthorizationState,
    /// Who brought it back.
    pub browser: BrowserBinding,
    /// What belongs to it.
    pub secrets: AuthorizationSecrets,
}

/// An identity provider. Each call ends within five seconds, whatever the provider does, and keeps no other caller
/// from anything else.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait IdentityProvider: Send + Sync {
    /// Where to send the browser.
    async fn authorization_url(&self, request: &AuthorizationRequest) -> Result<String, ProviderUnavailable>;

    /// Exchanges the code and says who its owner is.
    async fn identify(
        &self,
        code: &AuthorizationCode,
        secrets: &AuthorizationSecrets,
    ) -> Result<ProviderIdentity, IdentifyError>;
}

/// Makes and recognises the `state` of authorization requests. What a request needs besides is derived from its id and
/// the master key, so that nothing of it is stored.
#[cfg_attr(feature = "mocks", mockall::automock)]
pub trait AuthorizationStates: Send + Sync {
    /// The request of that state; bound to the browser that holds this secret, where there is one.
    fn issue(&self, state: &AuthorizationState, browser: Option<BearerToken>) -> AuthorizationRequest;

    /// What a `state` says that came back, from a browser with this secret, if any.
    fn verify(
        &self,
        state: &str,
        browser: Option<BearerToken>,
        now: Timestamp,
    ) -> Result<VerifiedState, TokenRejection>;
}
