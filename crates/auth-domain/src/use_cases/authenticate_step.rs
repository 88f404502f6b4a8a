//! Which pending step does the bearer of this temp token take?

use std::sync::Arc;

use crate::ChallengeId;
use crate::access_token::TokenRejection;
use crate::error_code::ErrorCode;
use crate::ports::{Clock, TempTokens};
use crate::temp_token::{TempClaims, TempStep};

use super::all::Parts;

/// Proof that somebody bears a temp token that has not expired. Only [`AuthenticateStep`] makes one. Whether its step is
/// still pending is for the use case to find out that takes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PendingStep(TempClaims);

impl PendingStep {
    /// Returns the step that the token is good for.
    pub const fn step(&self) -> TempStep {
        self.0.step
    }

    pub(super) const fn challenge_id(&self) -> ChallengeId {
        self.0.challenge_id
    }
}

/// The use case. It reads nothing.
pub struct AuthenticateStep {
    temp_tokens: Arc<dyn TempTokens>,
    clock: Arc<dyn Clock>,
}

impl AuthenticateStep {
    pub(super) fn new(parts: &Parts) -> Self {
        Self { temp_tokens: parts.ports.temp_tokens.clone(), clock: parts.ports.clock.clone() }
    }

    /// Returns the code of a refused token.
    pub const fn code_of(rejection: TokenRejection) -> ErrorCode {
        match rejection {
            TokenRejection::Invalid(_) => ErrorCode::TempTokenInvalid,
            TokenRejection::Expired => ErrorCode::TempTokenExpired,
        }
    }

    /// Returns the step that `token` stands for.
    pub fn execute(&self, token: &str) -> Result<PendingStep, TokenRejection> {
        self.temp_tokens.verify(token, self.clock.now()).map(PendingStep)
    }
}
