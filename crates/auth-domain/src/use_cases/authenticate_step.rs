//! Recognises the pending step of a temp token.

use std::sync::Arc;

use crate::ChallengeId;
use crate::access_token::TokenRejection;
use crate::error_code::ErrorCode;
use crate::ports::{Clock, TempTokens};
use crate::temp_token::{TempClaims, TempStep};

use super::all::Parts;

/// Proof that the caller bears a temp token that has not expired. Only [`AuthenticateStep`] creates it. The use case
/// that takes it finds out whether the step is still pending.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PendingStep(TempClaims);

impl PendingStep {
    /// Returns the step for which the token is valid.
    pub const fn step(&self) -> TempStep {
        self.0.step
    }

    pub(super) const fn challenge_id(&self) -> ChallengeId {
        self.0.challenge_id
    }
}

/// Recognises the pending step of a temp token. It reads nothing from the store.
pub struct AuthenticateStep {
    temp_tokens: Arc<dyn TempTokens>,
    clock: Arc<dyn Clock>,
}

impl AuthenticateStep {
    pub(super) fn new(parts: &Parts) -> Self {
        Self { temp_tokens: parts.ports.temp_tokens.clone(), clock: parts.ports.clock.clone() }
    }

    /// Returns the error code for a refused token.
    pub const fn code_of(rejection: TokenRejection) -> ErrorCode {
        match rejection {
            TokenRejection::Invalid(_) => ErrorCode::TempTokenInvalid,
            TokenRejection::Expired => ErrorCode::TempTokenExpired,
        }
    }

    /// Returns the step for which `token` stands.
    pub fn execute(&self, token: &str) -> Result<PendingStep, TokenRejection> {
        self.temp_tokens.verify(token, self.clock.now()).map(PendingStep)
    }
}
