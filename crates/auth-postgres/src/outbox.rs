//! How a node tells the others that there is something to send: with a hint through NOTIFY. A node that misses it looks
//! from time to time.

use std::sync::Arc;
use std::time::{Duration, Instant};

use auth_domain::ports::CommitError;
use auth_store::{Pool, Purpose, work_on};
use futures_util::FutureExt as _;
use supervisor::Worker;
use tokio::sync::{Mutex, mpsc};

use crate::listener::OUTBOX_CHANNEL;

/// The minimum time between two hints of a node. A transaction that notifies takes a cluster-wide lock when it commits,
/// so the commits of requests do not notify.
const TELL_INTERVAL: Duration = Duration::from_millis(50);
/// How long a hint may take. It needs no synchronous standby, because nothing is written.
const TELL_TIMEOUT: Duration = Duration::from_secs(3);

/// Sends the hint, a moment after it was requested.
pub(crate) struct Teller(mpsc::Sender<()>);

impl Teller {
    /// Starts the task that sends hints; it ends with the teller.
    pub(crate) fn start(pool: Arc<Pool>, worker: Worker) -> Self {
        let (asked, asking) = mpsc::channel(1);
        let asking = Arc::new(Mutex::new(asking));
        tokio::spawn(worker.run(move || tell_when_asked(Arc::clone(&pool), Arc::clone(&asking))));
        Self(asked)
    }

    /// Requests a hint. Nothing waits for it.
    pub(crate) fn tell(&self) {
        // Full: a hint is about to be sent anyway.
        let _: Result<(), mpsc::error::TrySendError<()>> = self.0.try_send(());
    }
}

async fn tell_when_asked(pool: Arc<Pool>, asking: Arc<Mutex<mpsc::Receiver<()>>>) -> Result<(), CommitError> {
    let mut asking = asking.lock().await;
    while asking.recv().await.is_some() {
        // A node that is not told looks by itself.
        let (lent, by) = (pool.lend(Purpose::WriteIfFree).await?, Instant::now() + TELL_TIMEOUT);
        let notify = format!("NOTIFY {OUTBOX_CHANNEL}");
        work_on(lent, None, by, |conn| async move { Ok(conn.batch(&notify).await?) }.boxed()).await?;
        tokio::time::sleep(TELL_INTERVAL).await;
    }
    Ok(())
}
