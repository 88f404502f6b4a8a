//! A changing number of places that are taken and returned. Requests that have begun go first, so that under more load than
//! the database bears they are finished, and what it did for them is not wasted.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::oneshot;

/// A number of places.
pub(crate) struct Places(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    count: usize,
    /// More than `count` while the number of places was reduced and not yet returned.
    taken: usize,
    begun: VecDeque<oneshot::Sender<Place>>,
    new: VecDeque<oneshot::Sender<Place>>,
}

/// A place that is taken. Dropping this returns it.
pub(crate) struct Place(Option<Arc<Mutex<State>>>);

impl Places {
    pub(crate) fn new(count: usize) -> Self {
        Self(Arc::new(Mutex::new(State { count, ..State::default() })))
    }

    /// Takes a place; `None` if none becomes free in time.
    pub(crate) async fn take(&self, within: Duration) -> Option<Place> {
        let granted = {
            let mut state = lock(&self.0);
            if state.taken < state.count {
                state.taken += 1;
                return Some(Place(Some(Arc::clone(&self.0))));
            }
            let (grant, granted) = oneshot::channel();
            let queue = if request_scope::has_begun() { &mut state.begun } else { &mut state.new };
            // Otherwise callers who gave up would stay queued until a place is returned.
            while queue.front().is_some_and(oneshot::Sender::is_closed) {
                queue.pop_front();
            }
            queue.push_back(grant);
            granted
        };
        tokio::time::timeout(within, granted).await.ok()?.ok()
    }

    /// Returns the number of places.
    pub(crate) fn count(&self) -> usize {
        lock(&self.0).count
    }

    /// Changes the number of places. Those that are taken stay taken.
    pub(crate) fn resize(&self, to: usize) {
        let mut state = lock(&self.0);
        state.count = to;
        grant(&self.0, state);
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Gives what is free to those who wait.
fn grant(places: &Arc<Mutex<State>>, mut state: MutexGuard<'_, State>) {
    while state.taken < state.count
        && let Some(waiting) = state.begun.pop_front().or_else(|| state.new.pop_front())
    {
        // To those who no longer wait it cannot be sent. Its drop would take this lock again.
        match waiting.send(Place(Some(Arc::clone(places)))) {
            Ok(()) => state.taken += 1,
            Err(mut unused) => unused.0 = None,
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Some(places) = self.0.take() {
            let mut state = lock(&places);
            state.taken -= 1;
            grant(&places, state);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOON: Duration = Duration::from_millis(1);

    #[tokio::test]
    async fn fewer_places_are_fewer_once_those_that_are_taken_came_back() {
        let places = Places::new(2);
        let (first, second) = (places.take(SOON).await.unwrap(), places.take(SOON).await.unwrap());
        assert!(places.take(SOON).await.is_none());
        places.resize(1);
        drop(first);
        assert!(places.take(SOON).await.is_none(), "the second one is the only one now");
        drop(second);
        let only = places.take(SOON).await.unwrap();
        assert!(places.take(SOON).await.is_none());
        places.resize(2);
        let _second = places.take(SOON).await.unwrap();
        drop(only);
        assert!(places.take(SOON).await.is_some());
    }

    /// Waits for a place, for a request that has begun or a new one.
    fn waiting(places: &Arc<Places>, has_begun: bool) -> tokio::task::JoinHandle<Option<Place>> {
        let places = Arc::clone(places);
        tokio::spawn(request_scope::scope("id".into(), async move {
            if has_begun {
                request_scope::begin();
            }
            places.take(Duration::from_secs(60)).await
        }))
    }

    #[tokio::test]
    async fn who_has_begun_goes_first_and_others_come_in_order() {
        let places = Arc::new(Places::new(1));
        let mut taken = places.take(SOON).await;
        let mut order = Vec::new();
        for (name, has_begun) in [("new", false), ("later", false), ("begun", true)] {
            order.push((name, waiting(&places, has_begun)));
            tokio::task::yield_now().await;
        }
        for expected in ["begun", "new", "later"] {
            drop(taken);
            tokio::task::yield_now().await;
            tokio::time::sleep(SOON).await;
            let index = order.iter().position(|(_, waiting)| waiting.is_finished()).unwrap();
            let (name, granted) = order.remove(index);
            assert_eq!(name, expected);
            taken = granted.await.unwrap();
            assert!(taken.is_some() && order.iter().all(|(_, waiting)| !waiting.is_finished()));
        }
    }

    #[tokio::test]
    async fn a_place_is_not_lost_with_who_waited_for_it() {
        let places = Arc::new(Places::new(1));
        for _ in 0..100 {
            let taken = places.take(SOON).await.unwrap();
            let (gone, waits) = (waiting(&places, true), waiting(&places, false));
            tokio::task::yield_now().await;
            gone.abort();
            drop(taken);
            gone.abort();
            drop(gone.await);
            assert!(waits.await.unwrap().is_some());
        }
        assert!(places.take(SOON).await.is_some());
    }
}
