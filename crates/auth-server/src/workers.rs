//! The background workers, which run as long as the service. Stopping one in the middle loses nothing, because its
//! lease expires. A supervisor restarts workers that fail or panic.

use std::convert::Infallible;
use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use actix_web::web::Data;
use auth_crypto::{AccessTokenSigner, SystemClock};
use auth_domain::ports::{Clock, StoreError};
use auth_domain::use_cases::{
    DeliverEvents, DeliverMails, EventsDelivered, FollowClock, LearnNetworks, MailNotSent, PublishSigningKeys,
    PurgeExpired, Purged, UseCases,
};
use auth_http::Edge;
use supervisor::Supervisor;
use tokio::sync::Mutex;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::Failure;

const PURGE_INTERVAL: Duration = Duration::from_secs(3_600);
/// How far the purge may lag behind the clock without a log line.
const PURGE_LAG: Duration = Duration::from_secs(24 * 3_600);
/// How late a retry may be, and a mail of which no other node gave a hint.
const POLL: Duration = Duration::from_secs(1);
/// How long a node that was not told may still accept a withdrawn key.
const KEY_CHECK: Duration = Duration::from_secs(5);
/// How often networks are forgotten that have sent no requests recently.
const FORGET_INTERVAL: Duration = Duration::from_secs(10);
/// How late a node learns of networks from which someone has logged in elsewhere.
const LEARN_INTERVAL: Duration = Duration::from_secs(120);
/// How late a clock that was set back is noticed.
const CLOCK_CHECK: Duration = Duration::from_secs(10);
/// How late it is noticed of a node that is gone. To look reads all that is owed.
const OUTBOX_CHECK: Duration = Duration::from_secs(600);
/// What clocks are corrected by all the time, and is nothing to speak of.
const CLOCK_STEP: Duration = Duration::from_secs(1);
/// How many mails are sent at the same time.
const MAIL_WORKERS: usize = 4;

/// Starts all workers.
pub(crate) fn start(use_cases: &UseCases, signer: Arc<AccessTokenSigner>, edge: &Data<Edge>) -> JoinSet<()> {
    let (mut background, workers) = (JoinSet::new(), &edge.workers);
    let keys = use_cases.publish_signing_keys.clone();
    background.spawn(workers.worker("keys").run(move || keep_keys(keys.clone(), signer.clone())));
    start_mails(&mut background, &use_cases.deliver_mails, workers);
    for deliver in &use_cases.deliver_events {
        let (deliver, name) = (deliver.clone(), format!("events for {}", deliver.service()));
        background.spawn(workers.worker(name).run(move || events(deliver.clone())));
    }
    let learn = use_cases.learn_networks.clone();
    background.spawn(workers.worker("networks").run(move || learn_networks(learn.clone())));
    let purge = use_cases.purge_expired.clone();
    background.spawn(workers.worker("purge").run(move || purge_expired_hourly(purge.clone())));
    let follow = use_cases.follow_clock.clone();
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    background.spawn(workers.worker("clock").run(move || follow_clock(follow.clone(), clock.clone())));
    let edge = edge.clone();
    background.spawn(workers.worker("limits").run_forever(move || forget_idle_networks(edge.clone())));
    background
}

/// One worker at a time looks for the next mail; as soon as it has one, another one looks.
fn start_mails(background: &mut JoinSet<()>, mails: &Arc<DeliverMails>, workers: &Supervisor) {
    let looking = Arc::new(Mutex::new(()));
    for _ in 0..MAIL_WORKERS {
        let (mails, looking) = (mails.clone(), looking.clone());
        background.spawn(workers.worker("mail").run(move || send_mails(mails.clone(), looking.clone())));
    }
}

/// Rotates the keys when they are due, and signs with those that are published then.
pub(crate) async fn renew_keys(keys: &PublishSigningKeys, signer: &AccessTokenSigner) -> Result<(), Failure> {
    let published = keys.rotate().await?;
    Ok(signer.load(&published)?)
}

async fn keep_keys(keys: Arc<PublishSigningKeys>, signer: Arc<AccessTokenSigner>) -> Result<(), Failure> {
    loop {
        tokio::time::sleep(KEY_CHECK).await;
        renew_keys(&keys, &signer).await?;
    }
}

/// Sends the queued mails, one after the other.
async fn send_mails(mails: Arc<DeliverMails>, looking: Arc<Mutex<()>>) -> Result<(), StoreError> {
    loop {
        let mail = {
            let _looking = looking.lock().await;
            await_due(|| mails.wait(POLL), || mails.lease()).await?
        };
        if let Some(not_sent) = mails.deliver(&mail).await?.not_sent {
            tell_of(&not_sent);
        }
    }
}

fn tell_of(MailNotSent { id, kind, error, next_attempt_at }: &MailNotSent) {
    match next_attempt_at {
        Some(at) => {
            let next_try_in = Duration::from_secs(at.since(SystemClock.now()).as_secs());
            tracing::warn!(%id, kind, error, ?next_try_in, "mail not sent; the service will try again");
        }
        None => tracing::warn!(%id, kind, error, "mail not sent; the service has stopped trying: `auth-server mails` \
                                                  lists it"),
    }
}

/// Looks until something is found: at once when something is queued, and after each [`POLL`].
async fn await_due<T, W, L>(wait: impl Fn() -> W, look: impl Fn() -> L) -> Result<T, StoreError>
where
    W: Future<Output = ()>,
    L: Future<Output = Result<Option<T>, StoreError>>,
{
    loop {
        // Created before the look, so that nothing is missed between the look and the wait.
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

/// Delivers events to one service.
async fn events(events: Arc<DeliverEvents>) -> Result<(), StoreError> {
    let deliver = || async {
        let delivered = events.run_once().await?;
        Ok((delivered != EventsDelivered::default()).then_some(delivered))
    };
    loop {
        let EventsDelivered { acknowledged, put_off, last_error } = await_due(|| events.wait(POLL), deliver).await?;
        if let Some(error) = last_error {
            let service = events.service();
            tracing::warn!(%service, acknowledged, put_off, %error, "events could not be delivered to a service");
        }
    }
}

/// Keeps the table of limited networks small.
async fn forget_idle_networks(edge: Data<Edge>) -> Infallible {
    loop {
        tokio::time::sleep(FORGET_INTERVAL).await;
        edge.network_limits.forget_idle();
    }
}

/// Learns which networks have logged someone in, at first those of the last 30 days.
async fn learn_networks(learn: Arc<LearnNetworks>) -> Result<(), StoreError> {
    let mut last = None;
    loop {
        last = Some(learn.run(last).await?);
        tokio::time::sleep(LEARN_INTERVAL).await;
    }
}

/// Has what is owed wait no longer than it was meant to after the clock was put back: at the start, whenever this
/// machine's clock was put back, and now and then.
async fn follow_clock(follow: Arc<FollowClock>, clock: Arc<dyn Clock>) -> Result<(), StoreError> {
    loop {
        let moved = follow.run().await?;
        if moved > 0 {
            tracing::warn!(moved, "the clock was set back: waiting mails and events were rescheduled");
        }
        let (looked_at, began) = (clock.now(), Instant::now());
        loop {
            tokio::time::sleep(CLOCK_CHECK).await;
            let elapsed = began.elapsed();
            if elapsed >= OUTBOX_CHECK || clock.now() + CLOCK_STEP < looked_at + elapsed {
                break;
            }
        }
    }
}

/// Deletes expired rows, once an hour.
async fn purge_expired_hourly(purge: Arc<PurgeExpired>) -> Result<(), StoreError> {
    loop {
        let Purged { rows, behind } = purge.run().await?;
        tracing::info!(rows, "expired rows were removed");
        if behind > PURGE_LAG {
            let days = behind.as_secs() / 86_400;
            tracing::warn!(
                days,
                "the service was stopped for a long time, or the clock was set forward: each hour removes one day's \
                 worth of expired rows"
            );
        }
        tokio::time::sleep(PURGE_INTERVAL).await;
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use async_trait::async_trait;
    use auth_domain::mail::{LEASE, OutgoingMail};
    use auth_domain::ports::{MailError, Mailer};
    use auth_domain::use_cases::Ports;
    use auth_testkit::test_service::TestService;

    use super::*;

    /// Panics this many times, then sends.
    struct Panics {
        left: AtomicU32,
        mailer: Arc<dyn Mailer>,
    }

    #[async_trait]
    impl Mailer for Panics {
        async fn send(&self, mail: &OutgoingMail) -> Result<(), MailError> {
            let left = self.left.fetch_sub(1, Ordering::SeqCst);
            assert!(left == 0, "{left} to go");
            self.left.store(0, Ordering::SeqCst);
            self.mailer.send(mail).await
        }
    }

    /// More panics than there are workers: without restarts, none of them would be left.
    #[tokio::test(start_paused = true)]
    async fn mails_go_on_after_their_workers_panicked() {
        const PANICS: u32 = 6;
        let service = TestService::new();
        service.register("ann@example.org").await;
        let mailer = Arc::new(Panics { left: AtomicU32::new(PANICS), mailer: service.mailer.clone() });
        let use_cases = UseCases::new(Ports { mailer, ..service.ports() }, service.policy.clone());
        let (mut background, workers) = (JoinSet::new(), Supervisor::default());
        start_mails(&mut background, &use_cases.deliver_mails, &workers);
        let failures = || workers.reports().iter().map(|report| report.failures).sum::<u64>();
        let sent = async {
            while service.mailer.sent().is_empty() {
                let before = failures();
                while failures() == before && service.mailer.sent().is_empty() {
                    tokio::time::sleep(Duration::from_millis(10)).await;
                }
                // The worker that had it is gone; its lease expires.
                service.clock.advance(LEASE);
            }
        };
        tokio::time::timeout(Duration::from_secs(600), sent).await.expect("the mail");
        assert_eq!(failures(), u64::from(PANICS));
        assert_eq!(service.store.owed_mails(), []);
    }
}
