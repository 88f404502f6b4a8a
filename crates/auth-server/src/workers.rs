//! What goes on in the background, as long as the service runs. A worker that is stopped in the middle loses nothing:
//! its lease runs out.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use actix_web::web::Data;
use auth_crypto::AccessTokenSigner;
use auth_domain::ports::StoreError;
use auth_domain::use_cases::{
    DeliverEvents, DeliverMails, Delivered, EventsDelivered, LearnNetworks, PublishSigningKeys, PurgeExpired, UseCases,
};
use auth_http::Edge;
use tokio::sync::Mutex;
use tokio::task::JoinSet;

use crate::Failure;

const PURGE_INTERVAL: Duration = Duration::from_secs(3_600);
/// How late a retry may be, and a mail of which no other node has told.
const POLL: Duration = Duration::from_secs(1);
/// When the queue itself cannot be read.
const RETRY: Duration = Duration::from_secs(10);
/// How long a key that was withdrawn may still be taken by a node that nobody told.
const KEY_CHECK: Duration = Duration::from_secs(5);
/// How long a network is remembered that has not asked for anything lately.
const FORGET_INTERVAL: Duration = Duration::from_secs(10);
/// How late a node learns of a network that has logged somebody in elsewhere.
const LEARN_INTERVAL: Duration = Duration::from_secs(120);
/// How many mails are sent at the same time.
const MAIL_WORKERS: usize = 4;

/// Starts all of them.
pub(crate) fn start(use_cases: &UseCases, signer: Arc<AccessTokenSigner>) -> JoinSet<()> {
    let mut background = JoinSet::new();
    background.spawn(keep_keys(use_cases.publish_signing_keys.clone(), signer));
    let looking = Arc::new(Mutex::new(()));
    for _ in 0..MAIL_WORKERS {
        background.spawn(mails(use_cases.deliver_mails.clone(), looking.clone()));
    }
    for deliver in &use_cases.deliver_events {
        background.spawn(events(deliver.clone()));
    }
    background.spawn(learn_networks(use_cases.learn_networks.clone()));
    background.spawn(purge_expired_hourly(use_cases.purge_expired.clone()));
    background
}

/// Rotates the keys when they are due and signs with what is then published.
pub(crate) async fn renew_keys(keys: &PublishSigningKeys, signer: &AccessTokenSigner) -> Result<(), Failure> {
    let published = keys.rotate().await?;
    Ok(signer.load(&published)?)
}

async fn keep_keys(keys: Arc<PublishSigningKeys>, signer: Arc<AccessTokenSigner>) {
    loop {
        tokio::time::sleep(KEY_CHECK).await;
        if let Err(error) = renew_keys(&keys, &signer).await {
            tracing::error!(%error, "the signing keys could not be checked; trying again");
        }
    }
}

/// Sends the mails that are owed, one after the other. Of all workers one at a time looks for the next mail; as soon as it
/// has one, another looks.
async fn mails(mails: Arc<DeliverMails>, looking: Arc<Mutex<()>>) {
    loop {
        let next = {
            let _looking = looking.lock().await;
            await_due(|| mails.wait(POLL), || mails.lease()).await
        };
        let delivered = match next {
            Ok(mail) => mails.deliver(&mail).await,
            Err(error) => Err(error),
        };
        match delivered {
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

/// Looks until something is found: at once, when somebody is owed something, and after each [`POLL`].
async fn await_due<T, W, L>(wait: impl Fn() -> W, look: impl Fn() -> L) -> Result<T, StoreError>
where
    W: Future<Output = ()>,
    L: Future<Output = Result<Option<T>, StoreError>>,
{
    loop {
        // Heard from before the look on: nothing is missed between the look and the wait.
        let mut told = pin!(wait());
        let told_already = poll_fn(|context| Poll::Ready(told.as_mut().poll(context).is_ready())).await;
        if let Some(found) = look().await? {
            return Ok(found);
        }
        if !told_already {
            told.await;
        }
    }
}

/// Tells one service what it is owed.
async fn events(events: Arc<DeliverEvents>) {
    let deliver = || async {
        let delivered = events.run_once().await?;
        Ok((delivered != EventsDelivered::default()).then_some(delivered))
    };
    loop {
        match await_due(|| events.wait(POLL), deliver).await {
            Ok(EventsDelivered { acknowledged, put_off, last_error }) => {
                if let Some(error) = last_error {
                    let service = events.service();
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

/// Keeps the table of networks that are limited short.
pub(crate) async fn forget_idle_networks(edge: Data<Edge>) {
    loop {
        tokio::time::sleep(FORGET_INTERVAL).await;
        edge.network_limits.forget_idle();
    }
}

/// Learns which networks have logged somebody in, at first those of 30 days.
async fn learn_networks(learn: Arc<LearnNetworks>) {
    let mut last = None;
    loop {
        match learn.run(last).await {
            Ok(now) => last = Some(now),
            Err(error) => tracing::error!(%error, "the networks of logins could not be read; trying again"),
        }
        tokio::time::sleep(if last.is_some() { LEARN_INTERVAL } else { RETRY }).await;
    }
}

/// Removes what is expired, once an hour.
async fn purge_expired_hourly(purge: Arc<PurgeExpired>) {
    loop {
        match purge.run().await {
            Ok(rows) => tracing::info!(rows, "expired rows were removed"),
            Err(error) => tracing::error!(%error, "expired rows could not be removed; trying again in an hour"),
        }
        tokio::time::sleep(PURGE_INTERVAL).await;
    }
}
