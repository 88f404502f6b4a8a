//! The listening connection: what other nodes notify, and how it is known that nothing was missed.
//!
//! # Why a round trip shows that everything was reported
//!
//! A node caches sessions in memory and may use them as long as the last answered round trip of this connection *began*
//! less than a second ago ([`SessionNews::in_step`]). This is safe because the notification of a commit that was
//! answered before that round trip began was handled before the round trip's answer:
//!
//! - A commit that notifies puts the notification into the server's queue before it commits. After it has committed,
//!   but before it answers, it signals every listening backend that has not read so far (`PreCommit_Notify` and
//!   `AtCommit_Notify` in async.c; the latter runs in `CommitTransaction` once the transaction is visible to all).
//! - So when the backend of this connection receives the statement of the round trip, that signal is pending or was
//!   handled: a signal is delivered before the system call returns that reads the statement. `PostgresMain` sends what
//!   is pending (`ProcessNotifyInterrupt`) before it sends the `ReadyForQuery` that ends the statement. It reads the
//!   queue up to the first transaction that is not visible yet, and commits that notify come one after the other, in
//!   the order of the queue, so that nothing that was answered is behind something that was not.
//! - The driver passes on the messages of a connection in the order of their arrival, and the statement counts as
//!   answered at `ReadyForQuery`.
//!
//! `tests/session_news.rs` tests this, with commits and round trips at full speed.

use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use auth_domain::ports::SessionNews;
use auth_store::PostgresConnection;
use diesel_async::{AsyncPgConnection, SimpleAsyncConnection as _};
use futures_util::FutureExt as _;
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;
use tokio_postgres::Notification;
use uuid::Uuid;

use crate::connection::{Target, Told};

/// The channel on which nodes tell each other that there is something to send.
pub(crate) const OUTBOX_CHANNEL: &str = "auth_outbox";
/// The channel on which triggers report an account whose sessions must be read again; the payload is its id.
const SESSIONS_CHANNEL: &str = "auth_sessions";
/// How often it checks whether there is still a receiver.
const LOOK: Duration = Duration::from_secs(5);
/// How often a round trip is made while requests come.
const BEAT: Duration = Duration::from_millis(250);
/// Fails on a server that does not accept writes: a connection to a primary that was replaced hears nothing of what is
/// committed at the new one.
const ROUND_TRIP: &str = "SELECT 1 / (current_setting('transaction_read_only') = 'off')::int";
/// How long a round trip may take before another connection is tried.
const PATIENCE: Duration = Duration::from_secs(5);

/// Where news of sessions goes, once there is a cache.
pub(crate) type News = watch::Receiver<Option<Arc<dyn SessionNews>>>;

/// Passes on what other nodes notify, on a separate connection, until the store is dropped or the connection fails;
/// then it must be started again. Without it, workers find what is due slightly later by looking, and sessions are read
/// from the database.
pub(crate) async fn listen(target: Target, outbox: Weak<Notify>, news: News) -> Result<(), String> {
    if outbox.strong_count() == 0 {
        return Ok(());
    }
    // Notified by the connection's task. The store's own reference ends with the store, and then this task ends, too.
    let told = Arc::new(Notify::new());
    let listening = target.listen(hear(told.clone(), news.clone())).await;
    let (conn, driving) = listening.map_err(|error| error.to_string())?;
    stay(conn, driving, (&told, &outbox), news).await;
    if outbox.strong_count() == 0 { Ok(()) } else { Err("the connection for notifications was closed".to_owned()) }
}

/// Returns the function that handles a notification at once.
fn hear(told: Arc<Notify>, news: News) -> Told {
    Arc::new(move |notification: &Notification| {
        if notification.channel() != SESSIONS_CHANNEL {
            return told.notify_waiters();
        }
        let Some(news) = news.borrow().clone() else { return };
        match Uuid::try_parse(notification.payload()) {
            Ok(account_id) => news.account_changed(account_id.into()),
            Err(_) => news.start_anew(),
        }
    })
}

/// Stays until the connection ends, a round trip is not answered, or the store is gone.
async fn stay(
    PostgresConnection { mut driver, spread, .. }: PostgresConnection,
    driving: JoinHandle<()>,
    (told, outbox): (&Notify, &Weak<Notify>),
    news: News,
) {
    let listen = format!("LISTEN {OUTBOX_CHANNEL}; LISTEN {SESSIONS_CHANNEL}");
    if !matches!(tokio::time::timeout(PATIENCE, driver.batch_execute(&listen).boxed()).await, Ok(Ok(()))) {
        return;
    }
    tokio::select! {
        () = pass_on(told, driving, outbox) => {}
        () = keep_in_step(&mut driver, spread, news.clone()) => {}
    }
    // From here on nothing is heard. While the database is unreachable, the cache must not hide that.
    if let Some(news) = news.borrow().clone() {
        news.start_anew();
    }
}

async fn pass_on(told: &Notify, mut driving: JoinHandle<()>, outbox: &Weak<Notify>) {
    loop {
        tokio::select! {
            () = told.notified() => {}
            _ = &mut driving => return,
            () = tokio::time::sleep(LOOK) => {}
        }
        let Some(outbox) = outbox.upgrade() else { return };
        outbox.notify_waiters();
    }
}

/// If rows are spread over servers, their triggers notify nobody here, and sessions are read from the database each time.
async fn keep_in_step(driver: &mut AsyncPgConnection, spread: bool, news: News) {
    if spread {
        tracing::info!("sessions are not kept in memory, since Citus spreads them over servers");
        return std::future::pending().await;
    }
    beat(driver, news).await;
}

/// Makes a round trip from time to time, as long as someone asks for sessions and each is answered.
async fn beat(driver: &mut AsyncPgConnection, mut news: News) {
    let there = news.wait_for(Option::is_some).await.map(|news| news.clone());
    let Ok(Some(news)) = there else {
        // The store is gone, which is noticed elsewhere.
        return std::future::pending().await;
    };
    // What was notified before this connection listened was missed.
    news.start_anew();
    loop {
        news.wanted().await;
        let since = Instant::now();
        match tokio::time::timeout(PATIENCE, driver.batch_execute(ROUND_TRIP).boxed()).await {
            Ok(Ok(())) => news.in_step(since),
            Ok(Err(_)) | Err(_) => return,
        }
        tokio::time::sleep(BEAT.saturating_sub(since.elapsed())).await;
    }
}
