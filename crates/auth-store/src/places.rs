//! A changing number of places that are taken, first come first served, and returned.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// A number of places.
pub(crate) struct Places {
    free: Arc<Semaphore>,
    count: Mutex<usize>,
    /// How many will not be returned, because the number of places was reduced.
    surplus: Arc<AtomicUsize>,
}

/// A place that is taken. Dropping this returns it.
pub(crate) struct Place {
    permit: Option<OwnedSemaphorePermit>,
    surplus: Arc<AtomicUsize>,
}

impl Places {
    pub(crate) fn new(count: usize) -> Self {
        Self { free: Arc::new(Semaphore::new(count)), count: Mutex::new(count), surplus: Arc::default() }
    }

    /// Takes a place; `None` if none becomes free in time.
    pub(crate) async fn take(&self, within: Duration) -> Option<Place> {
        let permit = tokio::time::timeout(within, Arc::clone(&self.free).acquire_owned()).await.ok()?.ok()?;
        Some(Place { permit: Some(permit), surplus: Arc::clone(&self.surplus) })
    }

    /// Returns the number of places.
    pub(crate) fn count(&self) -> usize {
        *self.count.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the number of places. Those that are taken stay taken.
    pub(crate) fn resize(&self, to: usize) {
        let mut count = self.count.lock().unwrap_or_else(PoisonError::into_inner);
        for _ in *count..to {
            if !take_one(&self.surplus) {
                self.free.add_permits(1);
            }
        }
        let fewer = count.saturating_sub(to);
        self.surplus.fetch_add(fewer - self.free.forget_permits(fewer), Ordering::SeqCst);
        *count = to;
    }
}

fn take_one(count: &AtomicUsize) -> bool {
    count.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |count| count.checked_sub(1)).is_ok()
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Some(permit) = self.permit.take()
            && take_one(&self.surplus)
        {
            permit.forget();
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
}
