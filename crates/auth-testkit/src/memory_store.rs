//! A [`Store`](auth_domain::ports::Store) in memory: plain collections behind one lock. It passes the whole store
//! contract, so a use case that is tested on it meets the guards, unique keys and cascades of a real database, in
//! microseconds.
//!
//! It also lets a test look at every row ([`MemoryStore::sessions`], [`MemoryStore::owed_mails`] and so on) and cause
//! trouble: a call that fails ([`MemoryStore::fail_next`]), a commit that loses ([`MemoryStore::lose_next_commit`]),
//! and something that happens between what a use case reads and what it commits ([`MemoryStore::before_next_commit`]).

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

/// The store. Clones are the same store.
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
    /// Creates an empty store without an audit trail.
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

    /// Adds an auditor, which records each commit that matters to security.
    #[must_use]
    pub fn audited(self, auditor: Arc<Auditor>) -> Self {
        Self { auditor: Some(auditor), ..self }
    }

    /// Commits at once, bypassing any trouble and the auditor, to prepare a test.
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

/// Locks, even after a panic: a test that panicked with the lock has failed already, and the others continue.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
