//! What is owed waits no longer than it was meant to when the clock is put back: a lease, a retry. Limits see to that by
//! themselves, when they are asked ([`crate::Timestamp::measured_at`]).

use crate::ports::StoreError;
use crate::services::Environment;

use super::all::Parts;

/// The use case.
pub struct FollowClock {
    env: Environment,
}

impl FollowClock {
    pub(super) fn new(parts: &Parts) -> Self {
        Self { env: parts.env.clone() }
    }

    /// Has what began to wait in the future begin now; answers how many mails and events those are. Any number of nodes
    /// may do so at once, whose clocks are a minute apart at most.
    pub async fn run(&self) -> Result<u32, StoreError> {
        self.env.store.restamp_outbox(self.env.now()).await
    }
}
