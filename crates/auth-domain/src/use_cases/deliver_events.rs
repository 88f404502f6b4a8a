//! Tells one service of the events that it is owed, at least once each and in order per user, until it has
//! acknowledged.

use std::sync::Arc;
use std::time::Duration;

use crate::event::LeasedEvent;
use crate::mail::backoff;
use crate::ports::{Change, Clock, CommitError, DeliveryError, Entropy, EventSink, Store, StoreUnavailable};

/// How many events a worker takes at once.
const BATCH: u32 = 8;
/// How long a worker may take for them: more than when each one runs into the sink's deadline of 5 s.
const LEASE: Duration = Duration::from_secs(60);

/// What became of a batch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EventsDelivered {
    /// Acknowledged.
    pub acknowledged: usize,
    /// To be tried again.
    pub put_off: usize,
    /// What the service said last, where it has not acknowledged.
    pub last_error: Option<DeliveryError>,
}

/// The use case, for one service: one that is slow or away holds up no other.
pub struct DeliverEvents {
    /// The service.
    pub service: String,
    /// Where owed events are kept.
    pub store: Arc<dyn Store>,
    /// Delivers.
    pub sink: Arc<dyn EventSink>,
    /// Tells which are due.
    pub clock: Arc<dyn Clock>,
    /// Spreads the retries.
    pub entropy: Arc<dyn Entropy>,
}

impl DeliverEvents {
    /// Delivers up to a batch of the events that are due. Any number of workers may do so at once.
    pub async fn run_once(&self) -> Result<EventsDelivered, StoreUnavailable> {
        let now = self.clock.now();
        let mut delivered = EventsDelivered::default();
        for leased in self.store.lease_events(&self.service, now, now + LEASE, BATCH).await? {
            let change = match self.sink.deliver(&self.service, &leased.event).await {
                Ok(()) => {
                    delivered.acknowledged += 1;
                    self.acknowledged(&leased)
                }
                Err(error) => {
                    delivered.put_off += 1;
                    delivered.last_error = Some(error.clone());
                    self.put_off(&leased, error)
                }
            };
            match self.store.commit(vec![change]).await {
                // A conflict: the lease ran out, and another worker has the event now.
                Ok(()) | Err(CommitError::Conflict { .. }) => {}
                Err(_) => return Err(StoreUnavailable),
            }
        }
        Ok(delivered)
    }

    fn acknowledged(&self, leased: &LeasedEvent) -> Change {
        let LeasedEvent { event, attempt } = *leased;
        Change::EventAcknowledged { event_id: event.id, service: self.service.clone(), attempt, at: self.clock.now() }
    }

    /// Never given up: a service that comes back after a week is still told who was deleted.
    fn put_off(&self, leased: &LeasedEvent, error: DeliveryError) -> Change {
        let LeasedEvent { event, attempt } = *leased;
        let at = self.clock.now() + backoff(attempt, self.entropy.bytes());
        Change::RetryEvent { event_id: event.id, service: self.service.clone(), attempt, at, error: error.0 }
    }
}
