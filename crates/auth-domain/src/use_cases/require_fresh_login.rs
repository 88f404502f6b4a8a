//! Did the caller log in a short time ago?

use crate::services::{Environment, FreshLogin, ReauthenticationRequired, StepUp};

use super::all::Parts;
use super::authenticate::Authenticated;

/// The use case. It reads nothing.
pub struct RequireFreshLogin {
    env: Environment,
    step_up: StepUp,
}

impl RequireFreshLogin {
    pub(super) fn new(parts: &Parts) -> Self {
        Self { env: parts.env.clone(), step_up: parts.policy.step_up }
    }

    /// Demands a login that is young enough, and passed a second factor where the account has one.
    pub fn execute(&self, caller: Authenticated) -> Result<FreshLogin, ReauthenticationRequired> {
        FreshLogin::of(caller, self.step_up, self.env.now())
    }
}
