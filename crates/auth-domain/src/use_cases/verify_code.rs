//! Second step of recovery: exchanges the mailed code for a token that may set the password.

use std::sync::Arc;

use crate::challenge::ChallengePurpose;
use crate::error_code::{ErrorCode, Refusal};
use crate::ports::Change;
use crate::services::{Challenges, Environment, GiveCodeError};
use crate::temp_token::{IssuedTempToken, TempStep};

use super::PendingStep;
use super::all::Parts;

/// Why the code was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VerifyCodeError {
    /// The token belongs to another step.
    #[error("the token is for another step")]
    WrongToken,
    /// The code was not accepted.
    #[error(transparent)]
    Code(#[from] GiveCodeError),
}

impl From<VerifyCodeError> for Refusal {
    fn from(error: VerifyCodeError) -> Self {
        match error {
            VerifyCodeError::WrongToken => ErrorCode::TempTokenInvalid.into(),
            VerifyCodeError::Code(error) => error.into(),
        }
    }
}

/// Verifies password reset codes.
pub struct VerifyCode {
    env: Environment,
    challenges: Arc<Challenges>,
}

impl VerifyCode {
    pub(super) fn new(parts: &Parts) -> Self {
        Self { env: parts.env.clone(), challenges: parts.challenges.clone() }
    }

    /// Returns a new token, which may set the password.
    pub async fn execute(&self, step: &PendingStep, code: &str) -> Result<IssuedTempToken, VerifyCodeError> {
        if step.step() != TempStep::GivePasswordResetCode {
            return Err(VerifyCodeError::WrongToken);
        }
        let (id, lifetimes) = (step.challenge_id(), self.challenges.lifetimes);
        self.challenges
            .give_code(id, ChallengePurpose::PasswordReset, code, None, |challenge, _, now| {
                vec![Change::PutChallenge(challenge.after_code_given(now, lifetimes))]
            })
            .await?;
        Ok(self.challenges.temp_token(id, TempStep::SetPassword, self.env.now()))
    }
}
