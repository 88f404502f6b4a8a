//! Checks that the caller has logged in recently.

use crate::services::{Environment, FreshLogin, ReauthenticationRequired, StepUp};

use super::all::Parts;
use super::authenticate::Authenticated;

/// Checks that the caller has logged in recently. It reads nothing from the store.
pub struct RequireFreshLogin {
    env: Environment,
    step_up: StepUp,
}

impl RequireFreshLogin {
    pub(super) fn new(parts: &Parts) -> Self {
        Self { env: parts.env.clone(), step_up: parts.policy.step_up }
    }

    /// Requires a recent login that used a second factor if the account has one.
    pub fn execute(&self, caller: Authenticated) -> Result<FreshLogin, ReauthenticationRequired> {
        FreshLogin::of(caller, self.step_up, self.env.now())
    }
}
