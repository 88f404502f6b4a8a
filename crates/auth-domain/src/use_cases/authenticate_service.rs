//! Which service bears this internal token, and may it do what it asks for?

use std::sync::Arc;

use crate::access_token::TokenRejection;
use crate::error_code::{ErrorCode, Refusal};
use crate::internal::{Granted, InternalCaller};
use crate::ports::{Clock, InternalTokens};

use super::all::Parts;

/// Why a service was not let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AuthenticateServiceError {
    /// The token itself is refused.
    #[error(transparent)]
    Token(#[from] TokenRejection),
    /// It verifies, but the service lacks the scope.
    #[error("the service lacks the scope")]
    ScopeMissing,
}

impl From<AuthenticateServiceError> for Refusal {
    fn from(error: AuthenticateServiceError) -> Self {
        match error {
            AuthenticateServiceError::Token(TokenRejection::Invalid) => ErrorCode::InternalTokenInvalid.into(),
            AuthenticateServiceError::Token(TokenRejection::Expired) => ErrorCode::InternalTokenExpired.into(),
            AuthenticateServiceError::ScopeMissing => ErrorCode::Forbidden.into(),
        }
    }
}

/// The use case. It reads nothing.
pub struct AuthenticateService {
    internal_tokens: Arc<dyn InternalTokens>,
    clock: Arc<dyn Clock>,
}

impl AuthenticateService {
    pub(super) fn new(parts: &Parts) -> Self {
        Self { internal_tokens: parts.ports.internal_tokens.clone(), clock: parts.ports.clock.clone() }
    }

    /// Returns the proof that the bearer of `token` is a service that holds scope `S`.
    pub fn execute<S: Granted>(&self, token: &str) -> Result<InternalCaller<S>, AuthenticateServiceError> {
        let service = self.internal_tokens.verify(token, self.clock.now())?;
        service.authorize().ok_or(AuthenticateServiceError::ScopeMissing)
    }
}
