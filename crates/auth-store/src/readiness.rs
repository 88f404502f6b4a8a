//! Tells whether requests can be answered: reads something, and checks that writing works by what was written recently
//! or by trying.

use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use auth_domain::Randomness;
use auth_domain::ports::{CommitError, StoreError};
use diesel::prelude::*;
use futures_util::FutureExt as _;
use futures_util::future::join;

use crate::connection::{Connection, Done, as_store_error};
use crate::engine::Engine;
use crate::outbox;
use crate::pool::Purpose;
use crate::schema::maintenance;
use crate::store::SqlStore;

/// How long a caller waits at most: a load balancer asks about every second.
const READY_WITHIN: Duration = Duration::from_secs(3);
/// How long a successful write counts.
const LATELY: Duration = Duration::from_secs(1);
/// The number of rows for test writes. Nodes seldom share one, so a node that hangs blocks few others.
const ROWS: u8 = 64;

/// What is known about writing.
#[derive(Default)]
pub(crate) struct Writing {
    seen: Mutex<Seen>,
    /// Held by the caller that tries; the others wait for the result.
    trying: tokio::sync::Mutex<()>,
    /// Which row this node writes, drawn at the first try.
    row: OnceLock<u8>,
}

#[derive(Default)]
struct Seen {
    /// When something was last written.
    worked_at: Option<Instant>,
    /// Whether the database refused to write, for example because its disk is full. Then a write that needs no room
    /// proves nothing.
    refused: bool,
}

impl Writing {
    /// Learns from each write.
    pub(crate) fn note<T>(&self, done: &Result<T, CommitError>) {
        match done {
            Ok(_) => self.seen().worked_at = Some(Instant::now()),
            Err(CommitError::Store(StoreError::Refused)) => *self.seen() = Seen { worked_at: None, refused: true },
            Err(_) => {}
        }
    }

    fn worked_lately(&self) -> bool {
        let seen = self.seen();
        !seen.refused && seen.worked_at.is_some_and(|at| at.elapsed() < LATELY)
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<E: Engine> SqlStore<E> {
    /// Reads, and writes if nothing was written recently, both as requests do.
    pub(crate) async fn read_and_write(&self, drawn: Randomness) -> Result<(), StoreError> {
        // Under too much load a node is still ready: the others would get what is taken from it.
        request_scope::begin();
        let both = join(self.read(|conn| outbox::ping(conn).boxed()), self.write_something(drawn));
        match tokio::time::timeout(READY_WITHIN, both).await {
            Ok((read, written)) => read.and(written),
            Err(_) => {
                tracing::error!("not ready: the database does not answer in time or does not confirm writes");
                Err(StoreError::Unavailable)
            }
        }
    }

    async fn write_something(&self, drawn: Randomness) -> Result<(), StoreError> {
        let writing = &self.inner.writing;
        if writing.worked_lately() {
            return Ok(());
        }
        let _alone = writing.trying.lock().await;
        if writing.worked_lately() {
            return Ok(());
        }
        let room = if writing.seen().refused { self.inner.engine.take_room() } else { None };
        let row = *writing.row.get_or_init(|| drawn[0] % ROWS);
        let tried = self.write_for(Purpose::TryWriting, move |conn| write(conn, row, room).boxed()).await;
        if tried.is_ok() {
            writing.seen().refused = false;
        }
        tried.map_err(as_store_error)
    }
}

/// Writes a row that nobody reads.
async fn write(conn: &mut Connection, row: u8, room: Option<&str>) -> Done<()> {
    let row = format!("tried_writing_{row}");
    let tried = diesel::insert_into(maintenance::table)
        .values((maintenance::name.eq(row), maintenance::at.eq(0)))
        .on_conflict(maintenance::name)
        .do_update()
        .set(maintenance::at.eq(maintenance::at + 1));
    conn.execute(tried).await?;
    match room {
        None => Ok(()),
        // A role that may not do this only knows what the row shows.
        Some(room) => match conn.batch(room).await {
            Ok(()) | Err(StoreError::Failed) => Ok(()),
            Err(error) => Err(error.into()),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_counts_until_writing_was_tried() {
        let writing = Writing::default();
        assert!(!writing.worked_lately());
        writing.note(&Ok(()));
        assert!(writing.worked_lately());
        writing.note::<()>(&Err(StoreError::Unavailable.into()));
        assert!(writing.worked_lately(), "it may have been stuck on what somebody locked");
        writing.note::<()>(&Err(StoreError::Refused.into()));
        writing.note(&Ok(()));
        assert!(!writing.worked_lately(), "what needs no room is written to a full disk too");
        writing.seen().refused = false;
        assert!(writing.worked_lately());
    }
}
