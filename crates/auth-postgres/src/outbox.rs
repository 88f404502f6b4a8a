//! How a node tells the others that there is something to send: a hint, by NOTIFY. Whoever misses it looks now and then.

use std::sync::Arc;
use std::time::{Duration, Instant};

use auth_domain::ports::CommitError;
use auth_store::{Pool, Purpose, work_on};
use futures_util::FutureExt as _;
use tokio::sync::mpsc;

use crate::listener::OUTBOX_CHANNEL;

/// However much is owed, a node tells no more often. A transaction that notifies takes a lock of the whole cluster when it
/// commits, so what requests commit notifies nobody.
const TELL_INTERVAL: Duration = Duration::from_millis(50);
/// How long it may take. It needs no synchronous standby: nothing is written.
const TELL_TIMEOUT: Duration = Duration::from_secs(3);

/// Tells the other nodes, a moment after it was asked to.
pub(crate) struct Teller(mpsc::Sender<()>);

impl Teller {
    /// Starts the task that tells; it ends with the teller.
    pub(crate) fn start(pool: Arc<Pool>) -> Self {
        let (asked, asking) = mpsc::channel(1);
        tokio::spawn(tell_when_asked(pool, asking));
        Self(asked)
    }

    /// Nothing waits for it.
    pub(crate) fn tell(&self) {
        // Full: it is about to tell anyway.
        let _: Result<(), mpsc::error::TrySendError<()>> = self.0.try_send(());
    }
}

async fn tell_when_asked(pool: Arc<Pool>, mut asking: mpsc::Receiver<()>) {
    while asking.recv().await.is_some() {
        // Its error is in the log; the others look by themselves.
        if let Ok(lent) = pool.lend(Purpose::WriteIfFree).await {
            let notify = format!("NOTIFY {OUTBOX_CHANNEL}");
            let by = Instant::now() + TELL_TIMEOUT;
            let told = work_on(lent, None, by, |conn| async move { Ok(conn.batch(&notify).await?) }.boxed());
            let _: Result<(), CommitError> = told.await;
        }
        tokio::time::sleep(TELL_INTERVAL).await;
    }
}
