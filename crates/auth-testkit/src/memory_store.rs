//! A [`Store`](auth_domain::ports::Store) in memory: plain collections behind one lock. It passes the whole store contract, so
//! a use case that is tried on it meets the guards, the unique keys and the cascades of a real database, in microseconds.
//!
//! Besides it lets a test look at every row ([`MemoryStore::sessions`], [`MemoryStore::owed_mails`] and so on) and make
//! trouble: a call that fails ([`MemoryStore::fail_next`]), a commit that loses ([`MemoryStore::lose_next_commit`]), and
//! something that happens between what a use case reads and what it commits ([`MemoryStore::before_next_commit`]).

mod apply;
mod inspect;
mod outbox;
mod purge;
mod reads;
mod store;
mod tables;
mod trouble;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use auth_domain::audit::Auditor;
use auth_domain::ports::{Change, CommitError};
use tokio::sync::{Notify, Semaphore};

use tables::Tables;
use trouble::Trouble;

/// As many as the real stores allow on one node.
const SNAPSHOTS: usize = 2;

/// The store. A clone is the same store.
#[derive(Clone)]
pub struct MemoryStore {
    shared: Arc<Shared>,
    auditor: Option<Arc<Auditor>>,
}

struct Shared {
    tables: Mutex<Tables>,
    /// Every commit that happened, as it was handed over, the auditor's records included.
    commits: Mutex<Vec<Vec<Change>>>,
    trouble: Mutex<Trouble>,
    outbox: Notify,
    snapshots: Arc<Semaphore>,
}

impl Default for MemoryStore {
    fn default() -> Self {
        Self::new()
    }
}

impl MemoryStore {
    /// Returns an empty store that keeps no audit trail of its own.
    pub fn new() -> Self {
        let shared = Shared {
            tables: Mutex::default(),
            commits: Mutex::default(),
            trouble: Mutex::default(),
            outbox: Notify::new(),
            snapshots: Arc::new(Semaphore::new(SNAPSHOTS)),
        };
        Self { shared: Arc::new(shared), auditor: None }
    }

    /// Returns the same store, with a record in the audit trail of each commit that matters to security.
    #[must_use]
    pub fn audited(self, auditor: Arc<Auditor>) -> Self {
        Self { auditor: Some(auditor), ..self }
    }

    /// Commits at once, past whatever trouble is waiting and past the auditor: what a test prepares.
    pub fn commit_now(&self, changes: Vec<Change>) -> Result<(), CommitError> {
        let wakes = changes.iter().any(Change::fills_outbox);
        {
            let mut tables = self.tables();
            let mut changed = tables.clone();
            apply::apply_all(&mut changed, &changes)?;
            *tables = changed;
            lock(&self.shared.commits).push(changes);
        }
        if wakes {
            self.shared.outbox.notify_waiters();
        }
        Ok(())
    }

    fn tables(&self) -> MutexGuard<'_, Tables> {
        lock(&self.shared.tables)
    }
}

/// A test that panicked with the lock in hand has failed already; those beside it go on.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
