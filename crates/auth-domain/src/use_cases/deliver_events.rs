//! Delivers the events that one service should receive, at least once each and in order per user, until it has
//! acknowledged them.

use std::sync::Arc;
use std::time::Duration;

use crate::event::{LeasedEvent, Subscription};
use crate::mail::backoff;
use crate::ports::{Change, DeliveryError, EventSink, StoreError};
use crate::services::Environment;

use super::all::Parts;

/// How many events a worker takes at once.
const BATCH: u32 = 8;
/// How long a worker may take for a batch: longer than if each event ran into the sink's deadline of 5 s.
const LEASE: Duration = Duration::from_secs(60);

/// The outcome of a batch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EventsDelivered {
    /// How many events were acknowledged.
    pub acknowledged: usize,
    /// How many are to be retried.
    pub put_off: usize,
    /// What the service last answered, if it has not acknowledged an event.
    pub last_error: Option<DeliveryError>,
}

/// Delivers events to one service. A service that is slow or unavailable delays no other.
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

    /// Returns the name of the service.
    pub fn service(&self) -> &str {
        &self.service
    }

    /// Waits until there may be something to deliver, but no longer than `at_most`.
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
            // If it was lost, the lease has expired and another worker has the event now.
            self.env.commit_unless_lost(change).await?;
        }
        Ok(delivered)
    }

    fn acknowledged(&self, leased: &LeasedEvent) -> Change {
        let LeasedEvent { event, attempt } = *leased;
        Change::EventAcknowledged { event_id: event.id, service: self.service.clone(), attempt, at: self.env.now() }
    }

    /// Retries without end: a service that comes back after a week must still learn who was deleted.
    fn put_off(&self, leased: &LeasedEvent, error: DeliveryError) -> Change {
        let LeasedEvent { event, attempt } = *leased;
        let at = self.env.now() + backoff(attempt, self.env.random());
        Change::RetryEvent { event_id: event.id, service: self.service.clone(), attempt, at, error: error.0 }
    }
}
