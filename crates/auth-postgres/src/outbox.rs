//! How nodes tell each other that there is something to send: a hint, by NOTIFY. Whoever misses it looks now and then.

use std::sync::{Arc, Weak};
use std::time::Duration;

use auth_store::Pool;
use diesel_async::SimpleAsyncConnection as _;
use futures_util::FutureExt as _;
use tokio::sync::{Notify, mpsc};

use crate::connection::Target;

const LISTEN: &str = "LISTEN auth_outbox";
const NOTIFY: &str = "NOTIFY auth_outbox";
/// How long a node goes without hearing of the others after its listening connection broke.
const LISTEN_RETRY: Duration = Duration::from_secs(5);
/// However much is owed, a node tells no more often. A transaction that notifies takes a lock of the whole cluster when it
/// commits, so what requests commit notifies nobody.
const TELL_INTERVAL: Duration = Duration::from_millis(50);

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
        if let Ok(mut conn) = pool.lend().await {
            let _: Result<(), auth_domain::ports::StoreError> = conn.batch(NOTIFY).await;
        }
        tokio::time::sleep(TELL_INTERVAL).await;
    }
}

/// Passes on what other nodes notify, on a connection of its own, until the store is dropped. While that connection
/// is away, and without it, workers find what is due a little later by looking.
pub(crate) async fn listen(target: Target, outbox: Weak<Notify>) {
    loop {
        // Told by the connection's task. The store's own hold on it ends with the store, and then this task does too.
        let told = Arc::new(Notify::new());
        if let Ok((mut conn, driving)) = target.listen(told.clone()).await
            && conn.driver.batch_execute(LISTEN).boxed().await.is_ok()
        {
            pass_on(&told, driving, &outbox).await;
        }
        if outbox.strong_count() == 0 {
            return;
        }
        tokio::time::sleep(LISTEN_RETRY).await;
    }
}

/// Until the connection ends, or the store is gone.
async fn pass_on(told: &Notify, mut driving: tokio::task::JoinHandle<()>, outbox: &Weak<Notify>) {
    loop {
        tokio::select! {
            () = told.notified() => {}
            _ = &mut driving => return,
            // Looks now and then whether there is anybody to tell.
            () = tokio::time::sleep(LISTEN_RETRY) => {}
        }
        let Some(outbox) = outbox.upgrade() else { return };
        outbox.notify_waiters();
    }
}
