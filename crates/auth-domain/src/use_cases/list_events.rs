//! Lists events for a service that catches up with a cursor.

use std::sync::Arc;

use crate::EventId;
use crate::event::Event;
use crate::internal::{EventsRead, InternalCaller};
use crate::ports::{Store, StoreError};

use super::all::Parts;

/// Lists events.
pub struct ListEvents {
    store: Arc<dyn Store>,
}

/// A page of events, oldest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventsPage {
    /// The events.
    pub events: Vec<Event>,
    /// Whether there are more after them.
    pub more: bool,
}

impl ListEvents {
    pub(super) fn new(parts: &Parts) -> Self {
        Self { store: parts.ports.store.clone() }
    }

    /// The maximum number of events on a page.
    pub const MAX_LIMIT: u32 = 1_000;

    /// Returns up to `limit` events after this one, or from the first; `None` if the event is unknown or no longer
    /// kept.
    pub async fn execute(
        &self,
        _caller: &InternalCaller<EventsRead>,
        after: Option<EventId>,
        limit: u32,
    ) -> Result<Option<EventsPage>, StoreError> {
        let limit = limit.clamp(1, Self::MAX_LIMIT);
        let Some(mut events) = self.store.list_events(after, limit + 1).await? else { return Ok(None) };
        let most = usize::try_from(limit).unwrap_or(usize::MAX);
        let more = events.len() > most;
        events.truncate(most);
        Ok(Some(EventsPage { events, more }))
    }
}
