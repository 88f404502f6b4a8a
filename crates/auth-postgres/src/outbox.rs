//! How a node tells the others that there is something to send: a hint, by NOTIFY. Whoever misses it looks now and then.

use std::sync::Arc;
use std::time::{Duration, Instant};

use auth_domain::ports::CommitError;
use auth_store::{Pool, Purpose, work_on};
use futures_util::FutureExt as _;
use supervisor::Worker;
use tokio::sync::{Mutex, mpsc};

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
    pub(crate) fn start(pool: Arc<Pool>, worker: Worker) -> Self {
        let (asked, asking) = mpsc::channel(1);
        let asking = Arc::new(Mutex::new(asking));
        tokio::spawn(worker.run(move || tell_when_asked(Arc::clone(&pool), Arc::clone(&asking))));
        Self(asked)
    }

    /// Nothing waits for it.
    pub(crate) fn tell(&self) {
        // Full: it is about to tell anyway.
        let _: Result<(), mpsc::error::TrySendError<()>> = self.0.try_send(());
    }
}

async fn tell_when_asked(pool: Arc<Pool>, asking: Arc<Mutex<mpsc::Receiver<()>>>) -> Result<(), CommitError> {
    let mut asking = asking.lock().await;
    while asking.recv().await.is_some() {
        // Whoever is not told looks by itself.
        let (lent, by) = (pool.lend(Purpose::WriteIfFree).await?, Instant::now() + TELL_TIMEOUT);
        let notify = format!("NOTIFY {OUTBOX_CHANNEL}");
        work_on(lent, None, by, |conn| async move { Ok(conn.batch(&notify).await?) }.boxed()).await?;
        tokio::time::sleep(TELL_INTERVAL).await;
    }
    Ok(())
}
