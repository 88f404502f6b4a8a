//! Learns which networks have logged someone in recently from the database, which knows of other nodes and of the time
//! before a restart. A node learns of its own logins at once.

use std::sync::Arc;
use std::time::Duration;

use crate::Timestamp;
use crate::ports::{Clock, KnownNetworks, Store, StoreError};

use super::all::Parts;

/// How long a login makes a network known.
const KNOWN_FOR: Duration = Duration::from_secs(30 * 24 * 3_600);
/// How many logins are read at once: the latest ones.
const MOST: u32 = 50_000;
/// A login is committed slightly after its time, and dated by the clock of its node.
const OVERLAP: Duration = Duration::from_secs(5 * 60);

/// Learns which networks have logged someone in recently.
pub struct LearnNetworks {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    known_networks: Arc<dyn KnownNetworks>,
}

impl LearnNetworks {
    pub(super) fn new(parts: &Parts) -> Self {
        Self {
            store: parts.ports.store.clone(),
            clock: parts.ports.clock.clone(),
            known_networks: parts.ports.known_networks.clone(),
        }
    }

    /// Learns of the logins since the `last` run, or of those of 30 days, and forgets older ones. Returns the time of
    /// this run.
    pub async fn run(&self, last: Option<Timestamp>) -> Result<Timestamp, StoreError> {
        let now = self.clock.now();
        let forgotten = now - KNOWN_FOR;
        // If the clock was set back, what was forgotten while it was ahead is read again.
        let last = last.and_then(|last| last.measured_at(now));
        let since = last.map_or(forgotten, |last| forgotten.max(last - OVERLAP));
        for (network, at) in self.store.list_login_networks(since, MOST).await? {
            self.known_networks.learn(&network, at);
        }
        self.known_networks.forget_before(forgotten);
        Ok(now)
    }
}
