//! The `EventSink` port: deliveries to other services, signed as the Standard Webhooks specification requires.
//! `auth-domain` decides when an event is delivered and retried.

mod signature;
mod sink;

pub use signature::{InvalidWebhookSecret, WebhookSecret};
pub use sink::{InvalidWebhookUrl, Webhook, WebhookSink};
