//! What goes on beside the serving, as long as the service runs. A worker that is stopped in the middle loses nothing:
//! its lease runs out.

use std::sync::Arc;
use std::time::Duration;

use auth_domain::use_cases::{DeliverEvents, DeliverMails, Delivered, EventsDelivered, PurgeExpired};

const HOUSEKEEPING: Duration = Duration::from_secs(3_600);
/// How late a retry may be, and a mail of which no other node has told.
const POLL: Duration = Duration::from_secs(1);
/// When the queue itself cannot be read.
const RETRY: Duration = Duration::from_secs(10);

/// How many mails are sent at the same time.
pub(crate) const MAIL_WORKERS: usize = 4;

/// Sends the mails that are owed, one after the other.
pub(crate) async fn mails(mails: Arc<DeliverMails>) {
    loop {
        match mails.run_once().await {
            Ok(delivered) if delivered == Delivered::default() => mails.store.wait_for_outbox(POLL).await,
            Ok(Delivered { sent, put_off, parked, dropped }) => {
                if put_off + parked > 0 {
                    tracing::warn!(sent, put_off, parked, dropped, "not every mail could be sent");
                }
            }
            Err(error) => {
                tracing::error!(%error, "the mails that are owed could not be read; trying again");
                tokio::time::sleep(RETRY).await;
            }
        }
    }
}

/// Tells one service what it is owed.
pub(crate) async fn events(events: DeliverEvents) {
    loop {
        match events.run_once().await {
            Ok(delivered) if delivered == EventsDelivered::default() => events.store.wait_for_outbox(POLL).await,
            Ok(EventsDelivered { acknowledged, put_off, last_error }) => {
                if let Some(error) = last_error {
                    let service = &events.service;
                    tracing::warn!(%service, acknowledged, put_off, %error, "a service does not acknowledge its events");
                }
            }
            Err(error) => {
                tracing::error!(%error, "the events that are owed could not be read; trying again");
                tokio::time::sleep(RETRY).await;
            }
        }
    }
}

/// Removes what is expired, once an hour.
pub(crate) async fn keep_house(purge: PurgeExpired) {
    loop {
        match purge.run().await {
            Ok(rows) => tracing::info!(rows, "expired rows were removed"),
            Err(error) => tracing::error!(%error, "expired rows could not be removed; trying again in an hour"),
        }
        tokio::time::sleep(HOUSEKEEPING).await;
    }
}
