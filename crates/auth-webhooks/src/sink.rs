//! Deliveries: a POST with the event as JSON. Any 2xx acknowledges it; nothing else of the answer is read.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use auth_domain::Timestamp;
use auth_domain::data_export::{DataExport, UploadAddress};
use auth_domain::event::{Event, EventKind};
use auth_domain::ports::{Clock, DeliveryError, EventSink};
use reqwest::header::CONTENT_TYPE;
use reqwest::{Client, Url};
use serde_json::json;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::signature::WebhookSecret;
use outbound_http::{client, with_causes};

/// How long one delivery may take in all, on which `DeliverEvents` relies.
const DEADLINE: Duration = Duration::from_secs(5);

/// The endpoint at which one service receives events.
#[derive(Clone)]
pub struct Webhook {
    /// Its name in the configuration.
    pub service: String,
    url: Url,
    secret: WebhookSecret,
}

/// Leaves out the URL, which may contain a password.
impl fmt::Debug for Webhook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Webhook({})", self.service)
    }
}

/// The text is not a URL to which events can be sent. It may contain a password, so it is not repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be an http:// or https:// URL")]
pub struct InvalidWebhookUrl;

impl Webhook {
    /// Creates a webhook. `url` may be private and unencrypted, since the operator set it.
    pub fn new(service: String, url: &str, secret: WebhookSecret) -> Result<Self, InvalidWebhookUrl> {
        let url = Url::parse(url).map_err(|_| InvalidWebhookUrl)?;
        if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
            return Err(InvalidWebhookUrl);
        }
        Ok(Self { service, url, secret })
    }
}

/// Delivers events to the configured services.
pub struct WebhookSink {
    webhooks: BTreeMap<String, (Webhook, Client)>,
    upload: Option<UploadAddress>,
    clock: Arc<dyn Clock>,
}

impl WebhookSink {
    /// Creates a sink for these webhooks. `upload` is where services upload what users ask for; `clock` dates each attempt,
    /// so that a receiver can refuse old ones. Fails if the HTTP client cannot be built.
    pub fn new(webhooks: Vec<Webhook>, upload: Option<UploadAddress>, clock: Arc<dyn Clock>) -> Result<Self, String> {
        // It reads the certificates of the system, which is not needed without webhooks.
        let client = if webhooks.is_empty() { None } else { Some(client(DEADLINE)?) };
        let webhooks = webhooks.into_iter().zip(client.into_iter().cycle());
        Ok(Self {
            webhooks: webhooks.map(|(webhook, client)| (webhook.service.clone(), (webhook, client))).collect(),
            upload,
            clock,
        })
    }
}

#[async_trait]
impl EventSink for WebhookSink {
    async fn deliver(&self, service: &str, event: &Event) -> Result<(), DeliveryError> {
        let failed = |reason: String| DeliveryError(reason);
        let (webhook, client) =
            self.webhooks.get(service).ok_or_else(|| failed("the service is not configured".to_owned()))?;
        let body = payload(event, self.upload.as_ref());
        let (id, timestamp) = (event.id.to_string(), self.clock.now().as_seconds());
        let request = client
            .post(webhook.url.clone())
            .header(CONTENT_TYPE, "application/json")
            .header("webhook-id", &id)
            .header("webhook-timestamp", timestamp)
            .header("webhook-signature", webhook.secret.sign(&id, timestamp, &body))
            .body(body);
        // The URL may contain a password, and the operator needs only the reason.
        let response = request.send().await.map_err(|error| failed(with_causes(&error.without_url())))?;
        let status = response.status();
        if status.is_success() { Ok(()) } else { Err(failed(format!("it answered {status}"))) }
    }
}

/// Returns the body: `{"type", "timestamp", "data": {"userId", …}}`. It has no name and no address: a service that
/// needs them asks, and one that must forget a user should not be told them once more.
fn payload(event: &Event, upload: Option<&UploadAddress>) -> String {
    let mut data = json!({ "userId": event.account_id.to_string() });
    match event.kind {
        EventKind::UserDeleted(id) => data["deletionId"] = json!(id.to_string()),
        EventKind::SessionReuseDetected(id) => data["sessionId"] = json!(id.to_string()),
        EventKind::UserExportRequested => {
            data["exportId"] = json!(event.id.to_string());
            data["until"] = json!(rfc3339(DataExport::until(event.occurred_at)));
            if let Some(address) = upload {
                data["uploadUrl"] = json!(address.of(event));
            }
        }
        EventKind::UserRegistered
        | EventKind::PasswordChanged
        | EventKind::EmailChanged
        | EventKind::UserSuspended
        | EventKind::UserDeletionScheduled
        | EventKind::UserRestored
        | EventKind::UserResumed
        | EventKind::UserRolesChanged => {}
    }
    json!({ "type": event.kind.as_str(), "timestamp": rfc3339(event.occurred_at), "data": data }).to_string()
}

fn rfc3339(time: Timestamp) -> String {
    let nanos = i128::from(time.as_micros()) * 1_000;
    let time = OffsetDateTime::from_unix_timestamp_nanos(nanos).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    time.format(&Rfc3339).unwrap_or_default()
}
