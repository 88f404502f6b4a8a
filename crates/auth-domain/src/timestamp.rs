//! Points in time as values. Calendars and clocks live elsewhere: [`crate::ports::Clock`] reads the time.

use std::ops::{Add, Sub};
use std::time::Duration;

/// How far the clocks of two nodes may be apart. A stamp that lies farther ahead of a clock was made before that clock was
/// put back.
const CLOCKS_APART: Duration = Duration::from_secs(60);

/// A point in time: whole microseconds since 1970-01-01T00:00:00Z, without leap seconds.
///
/// Microseconds because both database engines keep them exactly.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

impl Timestamp {
    /// From microseconds since the Unix epoch.
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// From seconds since the Unix epoch, as JWTs carry them (RFC 7519 section 2, NumericDate).
    pub const fn from_seconds(seconds: i64) -> Self {
        Self(seconds.saturating_mul(1_000_000))
    }

    /// Microseconds since the Unix epoch.
    pub const fn as_micros(self) -> i64 {
        self.0
    }

    /// Whole seconds since the Unix epoch, rounded down.
    pub const fn as_seconds(self) -> i64 {
        self.0.div_euclid(1_000_000)
    }

    /// Milliseconds since the Unix epoch, rounded down; 0 before it.
    pub fn as_millis(self) -> u64 {
        u64::try_from(self.0.div_euclid(1_000)).unwrap_or(0)
    }

    /// This stamp for whoever measures from it by a clock that shows `now`. One that lies a little ahead is of a node whose
    /// clock is a little ahead: it counts as now, so that nothing takes longer than it should. One that lies farther ahead
    /// was made before the clock was put back, and how long ago that was nobody knows: `None`.
    pub fn measured_at(self, now: Self) -> Option<Self> {
        (self <= now.latest_believed()).then(|| self.min(now))
    }

    /// The latest stamp that a clock which shows this time takes for one of another node.
    pub fn latest_believed(self) -> Self {
        self + CLOCKS_APART
    }

    /// How long after `earlier` this is; zero when it is not after it.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_micros(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }
}

fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}

impl Add<Duration> for Timestamp {
    type Output = Self;

    /// Saturates at the end of representable time.
    fn add(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(micros(duration)))
    }
}

impl Sub<Duration> for Timestamp {
    type Output = Self;

    /// Saturates at the beginning of representable time.
    fn sub(self, duration: Duration) -> Self {
        Self(self.0.saturating_sub(micros(duration)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stamp_ahead_counts_as_now_or_was_made_before_the_clock_was_put_back() {
        let now = Timestamp::from_seconds(1_000_000);
        let measured = |ahead: i64| Timestamp::from_seconds(1_000_000 + ahead).measured_at(now);
        assert_eq!(measured(-5), Some(now - Duration::from_secs(5)));
        for ahead in [0, 30, 60] {
            assert_eq!(measured(ahead), Some(now), "{ahead}");
        }
        assert_eq!([measured(61), measured(3_600)], [None, None]);
    }
}
