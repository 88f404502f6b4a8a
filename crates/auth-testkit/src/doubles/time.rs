//! Time that tests move, and randomness that counts.

use std::sync::atomic::{AtomicI64, AtomicU32, Ordering};
use std::time::Duration;

use auth_domain::ports::{Clock, Entropy};
use auth_domain::{Randomness, Timestamp};

/// A clock that stands still until a test moves it.
#[derive(Debug)]
pub struct TestClock(AtomicI64);

impl TestClock {
    /// Creates a clock that shows this time.
    pub const fn at(now: Timestamp) -> Self {
        Self(AtomicI64::new(now.as_micros()))
    }

    /// Sets the time, even to an earlier one.
    pub fn set(&self, now: Timestamp) {
        self.0.store(now.as_micros(), Ordering::SeqCst);
    }

    /// Advances the time.
    pub fn advance(&self, by: Duration) {
        self.set(self.now() + by);
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.0.load(Ordering::SeqCst))
    }
}

/// Randomness that counts: each call returns different bytes, the same in each run. Ids made from it increase.
#[derive(Debug, Default)]
pub struct CountingEntropy(AtomicU32);

impl Entropy for CountingEntropy {
    fn bytes(&self) -> Randomness {
        let count = self.0.fetch_add(1, Ordering::SeqCst) + 1;
        let mut bytes = [0; 32];
        // Not in the first four bytes, some bits of which an id replaces.
        for part in bytes.chunks_exact_mut(4).skip(1) {
            part.copy_from_slice(&count.to_be_bytes());
        }
        bytes
    }
}
