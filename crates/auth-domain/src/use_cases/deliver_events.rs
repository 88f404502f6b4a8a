//! Tells one service of the events that it is owed, at least once each and in order per user, until it has
//! acknowledged.

use std::sync::Arc;
use std::time::Duration;

use crate::event::{LeasedEvent, Subscription};
use crate::mail::backoff;
use crate::ports::{Change, DeliveryError, EventSink, StoreError};
use crate::services::Environment;

use super::all::Parts;

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
    service: String,
    env: Environment,
    sink: Arc<dyn EventSink>,
}

impl DeliverEvents {
    pub(super) fn for_each_subscription(parts: &Parts) -> Vec<Arc<Self>> {
        let deliver = |subscription: &Subscription| {
            let (service, env) = (subscription.service.clone(), parts.env.clone());
            Arc::new(Self { service, env, sink: parts.ports.event_sink.clone() })
        };
        parts.policy.subscriptions.iter().map(deliver).collect()
    }

    /// Returns the name of the service that is told.
    pub fn service(&self) -> &str {
        &self.service
    }

    /// Waits until there may be something to deliver, but not longer than `at_most`.
    pub async fn wait(&self, at_most: Duration) {
        self.env.store.wait_for_outbox(at_most).await;
    }

    /// Delivers up to a batch of the events that are due. Any number of workers may do so at once.
    pub async fn run_once(&self) -> Result<EventsDelivered, StoreError> {
        let now = self.env.now();
        let mut delivered = EventsDelivered::default();
        for leased in self.env.store.lease_events(&self.service, now, now + LEASE, BATCH).await? {
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
            // When it is lost, the lease ran out, and another worker has the event now.
            self.env.commit_unless_lost(change).await?;
        }
        Ok(delivered)
    }

    fn acknowledged(&self, leased: &LeasedEvent) -> Change {
        let LeasedEvent { event, attempt } = *leased;
        Change::EventAcknowledged { event_id: event.id, service: self.service.clone(), attempt, at: self.env.now() }
    }

    /// Never given up: a service that comes back after a week is still told who was deleted.
    fn put_off(&self, leased: &LeasedEvent, error: DeliveryError) -> Change {
        let LeasedEvent { event, attempt } = *leased;
        let at = self.env.now() + backoff(attempt, self.env.random());
        Change::RetryEvent { event_id: event.id, service: self.service.clone(), attempt, at, error: error.0 }
    }
}
