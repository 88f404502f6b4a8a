//! The time between the signal to stop and refusing connections.

use std::sync::atomic::{AtomicBool, Ordering};

/// Whether this node is about to stop. Until it does, it answers everything as usual; but load balancers are told that
/// it is not ready, and each answer closes its connection, so that clients move to another node.
#[derive(Debug, Default)]
pub struct Draining(AtomicBool);

impl Draining {
    /// Begins draining.
    pub fn begin(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    pub(crate) fn has_begun(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}
