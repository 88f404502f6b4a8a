//! The thread that writes. Work that arrives while it waits for the disk shares the next transaction, and so one sync.
//!
//! Each piece of work has a savepoint of its own in that transaction, so that undoing one leaves the others alone. No
//! caller is answered before the transaction has ended, since a piece that failed may have failed because of what
//! another one wrote, such as a name that was taken. If the whole transaction is rolled back (a panic, a full disk, a
//! COMMIT that fails), its verdicts are void. A piece of work can only be done once, so those that merely shared the
//! transaction are told that they were undone in favour of another one, and their use cases read and decide again.

mod log;

use std::iter;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Mutex, PoisonError};
use std::thread::JoinHandle;
use std::vec;

use auth_domain::ports::{CommitError, Guard, StoreError};
use auth_store::{Connection, Write};
use futures_util::FutureExt as _;
use supervisor::Worker;
use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tracing::Span;

use self::log::Log;
use crate::connect::connect_here;
use crate::{POOL_TIMEOUT, unavailable};

/// How many pieces of work may wait: far more than a working disk lets wait within [`POOL_TIMEOUT`].
const QUEUE: usize = 1_024;
/// How many share a transaction. A sync takes as long as a few tens of them; more would only make the first one wait.
const BATCH: usize = 128;

type Verdict = Result<(), CommitError>;

/// The handle of the thread that writes.
pub(crate) struct Writer {
    /// `None` once it was told to stop.
    queue: Mutex<Option<SyncSender<Queued>>>,
    thread: Mutex<Option<JoinHandle<Option<Connection>>>>,
    /// How many connections were opened so far.
    opened: Arc<AtomicU64>,
}

/// A piece of work that waits.
struct Queued {
    write: Write,
    /// Set by whichever comes first: the thread that begins, or the caller that gives up.
    taken: Arc<AtomicBool>,
    caller: Caller,
}

/// The caller that waits for a piece of work.
struct Caller {
    /// The request that is answered, and the span, for the log.
    request: Option<Arc<str>>,
    span: Span,
    answer: oneshot::Sender<Verdict>,
}

impl Writer {
    /// Starts the thread on `conn`, whose statements run inline.
    pub(crate) fn start(path: PathBuf, conn: Connection, worker: Worker) -> std::io::Result<Self> {
        let (sender, receiver) = sync_channel(QUEUE);
        let opened = Arc::<AtomicU64>::default();
        let mut thread = WriterThread {
            log: Log::of(&path),
            path,
            conn: Some(conn),
            runtime: Handle::current(),
            opened: Arc::clone(&opened),
            worker: worker.clone(),
        };
        let thread = std::thread::Builder::new().name("sqlite-writer".to_owned()).spawn(move || {
            worker.run_here(|| thread.run(&receiver));
            thread.conn
        })?;
        Ok(Self { queue: Mutex::new(Some(sender)), thread: Mutex::new(Some(thread)), opened })
    }

    /// Does `write` and waits until it is on the disk. Work that has not begun within [`POOL_TIMEOUT`], or when the
    /// caller goes away, never begins; what has begun runs to its end.
    pub(crate) async fn write(&self, write: Write) -> Verdict {
        let (answer, mut told) = oneshot::channel();
        let taken = Arc::<AtomicBool>::default();
        let caller = Caller { request: request_scope::current(), span: Span::current(), answer };
        self.enqueue(Queued { write, taken: Arc::clone(&taken), caller })?;
        let told = match tokio::time::timeout(POOL_TIMEOUT, &mut told).await {
            Ok(told) => told,
            Err(_) if !taken.swap(true, Ordering::AcqRel) => {
                tracing::error!("the write connection is not available");
                return Err(StoreError::Unavailable.into());
            }
            Err(_) => told.await,
        };
        // Dropped unanswered: the thread is gone.
        told.unwrap_or(Err(StoreError::Unavailable.into()))
    }

    fn enqueue(&self, queued: Queued) -> Result<(), StoreError> {
        let queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        let sent = queue.as_ref().map(|queue| queue.try_send(queued));
        let reason = match sent {
            Some(Ok(())) => return Ok(()),
            Some(Err(TrySendError::Full(_))) => "too many writes are waiting",
            Some(Err(TrySendError::Disconnected(_))) => "its thread has ended",
            None => "the database is closed",
        };
        tracing::error!(reason, "the write connection is not available");
        Err(StoreError::Unavailable)
    }

    /// Returns a pair that changes when someone else commits or when the connection is replaced; `None` if it cannot be
    /// determined. Its turn comes after the writes that were queued before.
    pub(crate) async fn version(&self) -> Option<(u64, i64)> {
        let (opened, (tell, told)) = (Arc::clone(&self.opened), oneshot::channel());
        let ask = self.write(Box::new(move |conn| {
            async move {
                let version = conn.data_version().await?;
                // Nobody waits any more, so nobody is told.
                let _: Result<(), _> = tell.send((opened.load(Ordering::SeqCst), version));
                Ok(())
            }
            .boxed()
        }));
        ask.await.ok()?;
        told.await.ok()
    }

    /// Accepts no more work. The thread does what is queued, then ends with the connection. Returns `None` the second
    /// time.
    pub(crate) fn stop(&self) -> Option<JoinHandle<Option<Connection>>> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner).take();
        self.thread.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl Drop for Writer {
    /// Stops the thread: a process that exits while a connection is open leaves everything in the log beside the file.
    fn drop(&mut self) {
        if let Some(thread) = self.stop() {
            drop(thread.join());
        }
    }
}

impl Queued {
    /// Tells whether the caller is still waiting. From then on the work is done even if the caller goes away.
    fn begin(&self) -> bool {
        !self.caller.answer.is_closed() && !self.taken.swap(true, Ordering::AcqRel)
    }
}

impl Caller {
    fn tell(self, verdict: Verdict) {
        // A caller that went away is told nothing.
        let _ = self.answer.send(verdict);
    }
}

/// A transaction was rolled back as a whole, and why.
struct Undone(CommitError);

impl Undone {
    /// In favour of another one: it may be tried again.
    const BY_ANOTHER: Self = Self(CommitError::Conflict(Guard::Alone));

    /// Returns what that means for a piece of work whose own verdict was `own`.
    fn verdict(&self, own: Verdict) -> Verdict {
        match own {
            Err(CommitError::Store(error)) => Err(error.into()),
            // What it saw may never have existed.
            Ok(()) | Err(CommitError::Conflict(_) | CommitError::Duplicate(_)) => Err(self.0),
        }
    }
}

/// The work panicked; the connection is gone.
struct Panicked;

struct WriterThread {
    path: PathBuf,
    /// `None` after something that makes it unusable; it is opened again when there is work.
    conn: Option<Connection>,
    runtime: Handle,
    opened: Arc<AtomicU64>,
    log: Log,
    /// Its own state, for monitoring.
    worker: Worker,
}

impl WriterThread {
    /// Works until no more work can come. A panic that escapes, for example from a piece of work that is dropped, costs
    /// the callers that wait for the batch: they are told that the outcome is unknown. The thread continues with the
    /// next batch.
    fn run(&mut self, queue: &Receiver<Queued>) {
        while let Ok(first) = queue.recv() {
            let waiting = iter::once(first).chain(queue.try_iter());
            let batch: Vec<Queued> = waiting.filter(Queued::begin).take(BATCH).collect();
            // diesel panics if a connection cannot be closed; the callers are then told that the outcome is unknown.
            if catch_unwind(AssertUnwindSafe(|| self.write(batch))).is_err() {
                tracing::error!("a batch of writes panicked");
                self.worker.count_failure();
                self.conn = None;
            }
            // The callers have been answered by now.
            if let Some(conn) = &mut self.conn {
                self.log.keep_short(conn, &self.runtime);
            }
        }
        self.log.close(&self.runtime);
    }

    fn write(&mut self, mut batch: Vec<Queued>) {
        if batch.len() > 1 {
            self.write_together(batch.into_iter());
        } else if let Some(queued) = batch.pop() {
            self.write_alone(queued);
        }
    }

    /// Does a single piece of work as it is: one statement needs no transaction around it.
    fn write_alone(&mut self, Queued { write, caller, .. }: Queued) {
        let done = match self.connection() {
            Ok(_) => self.work(write, &caller).unwrap_or(Err(StoreError::Failed.into())),
            Err(error) => Err(error.into()),
        };
        self.conn.take_if(|conn| !conn.is_reusable());
        caller.tell(done);
    }

    fn write_together(&mut self, mut batch: vec::IntoIter<Queued>) {
        while batch.len() > 0 {
            let mut verdicts = Vec::with_capacity(batch.len());
            let ended = self.transaction(&mut batch, &mut verdicts);
            if ended.is_err() {
                // Closing it rolls back whatever SQLite has not rolled back by itself.
                self.conn = None;
            }
            for (caller, verdict) in verdicts {
                caller.tell(match &ended {
                    Ok(()) => verdict,
                    Err(undone) => undone.verdict(verdict),
                });
            }
        }
    }

    /// Does what it can of `batch` in one transaction, and commits it.
    fn transaction(
        &mut self,
        batch: &mut vec::IntoIter<Queued>,
        verdicts: &mut Vec<(Caller, Verdict)>,
    ) -> Result<(), Undone> {
        if let Err(error) = self.begin() {
            verdicts.extend(batch.map(|queued| (queued.caller, Err(error.into()))));
            return Err(Undone(error.into()));
        }
        for Queued { write, caller, .. } in batch {
            let (verdict, kept) = self.piece(write, &caller);
            verdicts.push((caller, verdict));
            kept?;
        }
        self.commit()
    }

    /// Does one piece of work under a savepoint. Returns its verdict, and whether the transaction still exists.
    fn piece(&mut self, write: Write, caller: &Caller) -> (Verdict, Result<(), Undone>) {
        if self.batch("SAVEPOINT piece").is_err() {
            return (Err(Undone::BY_ANOTHER.0), Err(Undone::BY_ANOTHER));
        }
        match self.work(write, caller) {
            Err(Panicked) => (Err(StoreError::Failed.into()), Err(Undone::BY_ANOTHER)),
            Ok(verdict) => {
                let end = if verdict.is_ok() { "RELEASE piece" } else { "ROLLBACK TO piece; RELEASE piece" };
                // An error that made SQLite roll back the transaction by itself also removed the savepoint. What came
                // after would be committed by itself.
                (verdict, self.batch(end).map_err(|_| Undone::BY_ANOTHER))
            }
        }
    }

    fn begin(&mut self) -> Result<(), StoreError> {
        let runtime = self.runtime.clone();
        let conn = self.connection()?;
        let begun = runtime.block_on(conn.begin_with("BEGIN IMMEDIATE"));
        begun.inspect_err(|_| self.conn = None)
    }

    fn commit(&mut self) -> Result<(), Undone> {
        let conn = self.conn.as_mut().ok_or(Undone::BY_ANOTHER)?;
        self.runtime.block_on(conn.commit()).map_err(|error| match error {
            CommitError::Store(_) => Undone(error),
            // A constraint that is only checked at the end; the schema has none, and the culprit is not known.
            CommitError::Conflict(_) | CommitError::Duplicate(_) => Undone(StoreError::Failed.into()),
        })
    }

    fn batch(&mut self, statements: &str) -> Result<(), StoreError> {
        let conn = self.conn.as_mut().ok_or(StoreError::Unavailable)?;
        self.runtime.block_on(conn.batch(statements))
    }

    fn work(&mut self, write: Write, caller: &Caller) -> Result<Verdict, Panicked> {
        let Some(conn) = self.conn.as_mut() else { return Ok(Err(StoreError::Unavailable.into())) };
        let work = || caller.span.in_scope(|| self.runtime.block_on(write(conn)));
        let work = AssertUnwindSafe(|| match &caller.request {
            Some(request) => request_scope::within(Arc::clone(request), work),
            None => work(),
        });
        catch_unwind(work).map_err(|_| {
            tracing::error!("a write panicked");
            self.worker.count_failure();
            self.conn = None;
            Panicked
        })
    }

    /// Returns the connection, opened again if the last one may not be used any more.
    fn connection(&mut self) -> Result<&mut Connection, StoreError> {
        let conn = match self.conn.take() {
            Some(conn) => conn,
            None => {
                let conn = connect_here(&self.path).map_err(|error| unavailable(&error))?;
                self.opened.fetch_add(1, Ordering::SeqCst);
                conn
            }
        };
        Ok(self.conn.insert(conn))
    }
}

#[cfg(test)]
mod tests;
