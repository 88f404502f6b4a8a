//! Keeps leases and retries from waiting longer than intended when the clock is set back. Limits handle this themselves
//! when they are read ([`crate::Timestamp::measured_at`]).

use crate::ports::StoreError;
use crate::services::Environment;

use super::all::Parts;

/// Adjusts leases and retries to a clock that was set back.
pub struct FollowClock {
    env: Environment,
}

impl FollowClock {
    pub(super) fn new(parts: &Parts) -> Self {
        Self { env: parts.env.clone() }
    }

    /// Restarts now whatever began to wait in the future, and returns how many mails and events that were. Any number
    /// of nodes may do so at once if their clocks are at most a minute apart.
    pub async fn run(&self) -> Result<u32, StoreError> {
        self.env.store.restamp_outbox(self.env.now()).await
    }
}
