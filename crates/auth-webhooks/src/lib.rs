//! The `EventSink` port: deliveries to the services beside this one, signed as the Standard Webhooks specification
//! says. When an event is delivered, and when again, is `auth-domain`'s.

mod signature;
mod sink;

pub use signature::{InvalidWebhookSecret, WebhookSecret};
pub use sink::{InvalidWebhookUrl, Webhook, WebhookSink};
