//! What needs a fresh login (RFC 9470).

use std::time::Duration;

use crate::Timestamp;
use crate::error_code::{ErrorCode, Refusal};

use crate::use_cases::Authenticated;

/// The login is too long ago for this.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the login is more than {:?} ago", .max_age)]
pub struct ReauthenticationRequired {
    /// How long ago it may be.
    pub max_age: Duration,
}

impl From<ReauthenticationRequired> for Refusal {
    fn from(error: ReauthenticationRequired) -> Self {
        Self::max_age(ErrorCode::ReauthenticationRequired, error.max_age)
    }
}

/// How old a login may be for what weakens an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StepUp {
    /// `None`: as old as it likes.
    pub max_age: Option<Duration>,
}

impl StepUp {
    /// Demands a login that is young enough.
    pub fn require(self, caller: &Authenticated, now: Timestamp) -> Result<(), ReauthenticationRequired> {
        match self.max_age {
            Some(max_age) if now > caller.session().created_at + max_age => Err(ReauthenticationRequired { max_age }),
            _ => Ok(()),
        }
    }
}
