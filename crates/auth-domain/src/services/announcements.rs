//! Which services are told of which events.

use std::sync::Arc;

use crate::event::{Event, EventKind, Subscription};
use crate::ports::{Change, Entropy};
use crate::{AccountId, EventId, Timestamp};

/// Creates the change that announces an event to the services that subscribe to it.
pub(crate) struct Announcements {
    pub(crate) subscriptions: Vec<Subscription>,
    pub(crate) entropy: Arc<dyn Entropy>,
}

impl Announcements {
    /// Announces that `kind` happened to the account.
    pub(crate) fn announce(&self, kind: EventKind, account_id: AccountId, occurred_at: Timestamp) -> Change {
        let (event, services) = self.event(kind, account_id, occurred_at);
        Change::Announce { event, services }
    }

    /// Returns the event and the services that subscribe to it, by name.
    pub(crate) fn event(&self, kind: EventKind, account_id: AccountId, occurred_at: Timestamp) -> (Event, Vec<String>) {
        let id = EventId::generate(occurred_at, self.entropy.bytes());
        let wants = |subscription: &&Subscription| subscription.events.contains(&kind.name());
        let mut services: Vec<String> =
            self.subscriptions.iter().filter(wants).map(|wanting| wanting.service.clone()).collect();
        services.sort();
        (Event { id, kind, account_id, occurred_at }, services)
    }
}
