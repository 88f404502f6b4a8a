//! Turns at rows that many requests of this node change at once. Without them, of n requests that decide on the same state
//! one wins each round, and n of them cost n² reads and commits. Guards still decide: turns know nothing of other nodes.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_lock::MutexGuardArc;

use crate::ports::{Contended, StoreError};

/// How many requests may have or wait for the turn at one row. Beyond this number, the row is under attack and the answer
/// is 503.
const MAX_PLACES: usize = 256;

/// The queues of this node, one for each row that somebody is changing.
#[derive(Default)]
pub(crate) struct Turns {
    queues: Mutex<HashMap<Contended, Queue>>,
}

#[derive(Default)]
struct Queue {
    lock: Arc<async_lock::Mutex<()>>,
    places: usize,
}

/// The turn at a row: nobody else of this node commits to it until this is dropped.
pub(crate) struct Turn {
    waited: bool,
    // Dropped in this order: the queue goes with its last place.
    _held: MutexGuardArc<()>,
    _place: Place,
}

/// A place in a queue, also that of a caller who gives up waiting.
struct Place {
    turns: Arc<Turns>,
    row: Contended,
}

impl Turns {
    /// Waits for the turn at `row`, about in the order of the calls.
    pub(crate) async fn take(self: &Arc<Self>, row: Contended) -> Result<Turn, StoreError> {
        let (lock, place) = self.line_up(row)?;
        Ok(match lock.try_lock_arc() {
            Some(held) => Turn { waited: false, _held: held, _place: place },
            None => Turn { waited: true, _held: lock.lock_arc().await, _place: place },
        })
    }

    fn line_up(self: &Arc<Self>, row: Contended) -> Result<(Arc<async_lock::Mutex<()>>, Place), StoreError> {
        let mut queues = self.queues();
        let queue = queues.entry(row).or_default();
        if queue.places == MAX_PLACES {
            return Err(StoreError::Unavailable);
        }
        queue.places += 1;
        Ok((queue.lock.clone(), Place { turns: self.clone(), row }))
    }

    fn queues(&self) -> MutexGuard<'_, HashMap<Contended, Queue>> {
        self.queues.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Turn {
    /// Tells whether somebody else had the turn in between, so that what was read before may have changed.
    pub(crate) const fn waited(&self) -> bool {
        self.waited
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut queues = self.turns.queues();
        if let Some(queue) = queues.get_mut(&self.row) {
            queue.places -= 1;
            if queue.places == 0 {
                queues.remove(&self.row);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;
    use uuid::Uuid;

    use super::*;
    use crate::SessionId;

    fn row(number: u128) -> Contended {
        Contended::Session(SessionId::from(Uuid::from_u128(number)))
    }

    #[tokio::test]
    async fn one_at_a_time_has_the_turn_at_a_row_and_others_elsewhere() {
        let turns = Arc::new(Turns::default());
        let first = turns.take(row(1)).await.unwrap();
        assert!(!first.waited());
        assert!(!turns.take(row(2)).await.unwrap().waited());
        let mut second = Box::pin(turns.take(row(1)));
        assert!(second.as_mut().now_or_never().is_none());
        drop(first);
        let second = second.await.unwrap();
        assert!(second.waited());
        assert!(
            turns.take(row(1)).now_or_never().is_none(),
            "whoever waited has the turn, and those after wait for it"
        );
    }

    #[tokio::test]
    async fn queues_are_bounded_and_forgotten_even_if_callers_give_up() {
        let turns = Arc::new(Turns::default());
        let first = turns.take(row(1)).await.unwrap();
        let mut waiting: Vec<_> = (1..MAX_PLACES).map(|_| Box::pin(turns.take(row(1)))).collect();
        for place in &mut waiting {
            assert!(place.as_mut().now_or_never().is_none());
        }
        assert!(matches!(turns.take(row(1)).await, Err(StoreError::Unavailable)));
        waiting.truncate(10);
        drop(first);
        for place in waiting {
            assert!(place.await.unwrap().waited());
        }
        assert!(turns.queues().is_empty());
    }
}
