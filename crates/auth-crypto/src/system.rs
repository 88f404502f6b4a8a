//! The operating system's clock and entropy. Nothing else reads them.

use std::time::UNIX_EPOCH;

use auth_domain::ports::{Clock, Entropy};
use auth_domain::{Randomness, Timestamp};

/// The system's wall clock.
#[derive(Debug)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this adapter is the one place that reads the clock")]
    fn now(&self) -> Timestamp {
        let since_epoch = std::time::SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Timestamp::from_micros(i64::try_from(since_epoch.as_micros()).unwrap_or(i64::MAX))
    }
}

/// The system's cryptographically secure random source.
#[derive(Debug)]
pub struct SystemEntropy;

impl Entropy for SystemEntropy {
    /// # Panics
    /// If the system has no entropy, since nothing safe can be done then.
    #[expect(clippy::disallowed_methods, reason = "this adapter is the one place that reads entropy")]
    #[expect(clippy::expect_used, reason = "without entropy no secret may be made")]
    fn bytes(&self) -> Randomness {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes).expect("the operating system provides no entropy");
        bytes
    }
}
