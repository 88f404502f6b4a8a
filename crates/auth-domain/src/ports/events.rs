//! The port to the services that receive events.

use async_trait::async_trait;

use crate::event::Event;

/// Why a service has not acknowledged an event: its answer, for the operator.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct DeliveryError(pub String);

/// Delivers events.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait EventSink: Send + Sync {
    /// Delivers one event to a configured service, always under the same id.
    async fn deliver(&self, service: &str, event: &Event) -> Result<(), DeliveryError>;
}
