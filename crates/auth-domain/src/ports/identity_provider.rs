//! Ports to identity providers, and to what makes a request to one unforgeable.

use std::any::Any;
use std::fmt;
use std::time::Duration;

use async_trait::async_trait;

use crate::Timestamp;
use crate::access_token::{BearerToken, TokenRejection};
use crate::authorization::{AuthorizationCode, AuthorizationState, BrowserBinding, IdToken};
use crate::identity::ProviderIdentity;

/// The provider did not answer, or not in time, or nothing that makes sense. What happened is in the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the identity provider is unavailable")]
pub struct ProviderUnavailable;

/// The provider is asked as often as it allows already, or as many people wait for it as may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the identity provider is asked too often for {retry_after:?}")]
pub struct ProviderBusy {
    /// When to try again.
    pub retry_after: Duration,
}

/// Why nobody can be sent to a provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProviderError {
    /// The provider is away.
    #[error(transparent)]
    Unavailable(#[from] ProviderUnavailable),
    /// Too many want to.
    #[error(transparent)]
    Busy(#[from] ProviderBusy),
}

/// Why a code or a token identifies nobody.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IdentifyError {
    /// The provider refuses the code, or what it says of the code's owner is not to be believed. Why is in the log.
    #[error("the code, or what came for it, is not acceptable")]
    CodeRefused,
    /// The provider is away.
    #[error(transparent)]
    Unavailable(#[from] ProviderUnavailable),
    /// Too many ask it at once.
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

/// A place in the line of those who are to ask a provider; what it is made of is the adapter's. Dropped unused, it is
/// given back.
pub struct Turn(Option<Box<dyn Any + Send>>);

impl Turn {
    /// Returns the place that the adapter knows by this.
    pub fn new(place: impl Any + Send) -> Self {
        Self(Some(Box::new(place)))
    }

    /// Returns that of a provider which has no line.
    pub const fn at_once() -> Self {
        Self(None)
    }

    /// Returns what the adapter knows it by.
    pub fn into_place<P: Any>(self) -> Option<P> {
        self.0.and_then(|place| place.downcast().ok()).map(|place| *place)
    }
}

impl fmt::Debug for Turn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Turn(…)")
    }
}

/// Whom an id_token is of that a client brought, and what keeps it from being used twice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VouchedIdentity {
    /// Whom.
    pub identity: ProviderIdentity,
    /// The same for every copy of the token, however it is encoded, and for no other token.
    pub digest: [u8; 16],
    /// Until when a copy of it would be accepted.
    pub expires_at: Timestamp,
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
    async fn authorization_url(&self, request: &AuthorizationRequest) -> Result<String, ProviderError>;

    /// Takes a place in the line of those who ask this provider. Whoever gets none is told when to come back, before
    /// anything of theirs is used up.
    fn turn(&self) -> Result<Turn, ProviderBusy>;

    /// Exchanges the code, in that turn, and says who its owner is.
    async fn identify(
        &self,
        turn: Turn,
        code: &AuthorizationCode,
        secrets: &AuthorizationSecrets,
    ) -> Result<ProviderIdentity, IdentifyError>;

    /// Says whom an id_token is of that a client got from the provider itself, for this `nonce`. A provider that makes
    /// none refuses all.
    async fn identify_by_token(&self, _token: &IdToken, _nonce: &str) -> Result<VouchedIdentity, IdentifyError> {
        Err(IdentifyError::CodeRefused)
    }
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
