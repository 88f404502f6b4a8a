//! The time between being told to stop and refusing connections.

use std::sync::atomic::{AtomicBool, Ordering};

/// Whether this node is about to stop. Until it does it answers everything as ever; load balancers are told that it is not
/// ready, and each answer closes its connection, so that whoever keeps one open goes elsewhere too.
#[derive(Debug, Default)]
pub struct Draining(AtomicBool);

impl Draining {
    /// Tells everybody from now on.
    pub fn begin(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    pub(crate) fn has_begun(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}
