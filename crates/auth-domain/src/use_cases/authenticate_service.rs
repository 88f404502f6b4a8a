//! Recognises the service that bears an internal token, and checks its scope.

use std::sync::Arc;

use crate::access_token::TokenRejection;
use crate::error_code::{Details, ErrorCode, Refusal};
use crate::internal::{Granted, InternalCaller, Scope};
use crate::ports::{Clock, InternalTokens};

use super::all::Parts;

/// Why a service was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AuthenticateServiceError {
    /// The token itself was refused.
    #[error(transparent)]
    Token(#[from] TokenRejection),
    /// The token verifies, but the service lacks this scope: the configuration does not grant it, or the token leaves
    /// it out.
    #[error("the service lacks the scope {}", .0.as_str())]
    ScopeMissing(Scope),
}

impl AuthenticateServiceError {
    /// Returns a stable word for the reason.
    pub const fn reason(self) -> &'static str {
        match self {
            Self::Token(rejection) => rejection.reason(),
            Self::ScopeMissing(_) => "scope",
        }
    }
}

impl From<AuthenticateServiceError> for Refusal {
    fn from(error: AuthenticateServiceError) -> Self {
        let reason = error.reason();
        match error {
            AuthenticateServiceError::Token(TokenRejection::Invalid(_)) => {
                Self { code: ErrorCode::InternalTokenInvalid, details: Details::Reason(reason) }
            }
            AuthenticateServiceError::Token(TokenRejection::Expired) => {
                Self { code: ErrorCode::InternalTokenExpired, details: Details::Reason(reason) }
            }
            AuthenticateServiceError::ScopeMissing(scope) => {
                Self { code: ErrorCode::Forbidden, details: Details::MissingScope(scope) }
            }
        }
    }
}

/// Recognises the service that bears an internal token. It reads nothing from the store.
pub struct AuthenticateService {
    internal_tokens: Arc<dyn InternalTokens>,
    clock: Arc<dyn Clock>,
}

impl AuthenticateService {
    pub(super) fn new(parts: &Parts) -> Self {
        Self { internal_tokens: parts.ports.internal_tokens.clone(), clock: parts.ports.clock.clone() }
    }

    /// Returns proof that the bearer of `token` is a service that holds scope `S`.
    pub fn execute<S: Granted>(&self, token: &str) -> Result<InternalCaller<S>, AuthenticateServiceError> {
        let service = self.internal_tokens.verify(token, self.clock.now())?;
        service.authorize().ok_or(AuthenticateServiceError::ScopeMissing(S::SCOPE))
    }
}
