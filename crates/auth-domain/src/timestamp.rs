//! Points in time, as values. [`crate::ports::Clock`] reads the time; calendars are not needed here.

use std::ops::{Add, Sub};
use std::time::Duration;

/// How far apart the clocks of two nodes may be. A timestamp further ahead was made before the clock was set back.
const CLOCKS_APART: Duration = Duration::from_secs(60);

/// A point in time: whole microseconds since 1970-01-01T00:00:00Z, without leap seconds.
///
/// Both database engines keep microseconds exactly.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

impl Timestamp {
    /// Creates a timestamp from microseconds since the Unix epoch.
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// Creates a timestamp from seconds since the Unix epoch, as JWTs carry them (RFC 7519 section 2, NumericDate).
    pub const fn from_seconds(seconds: i64) -> Self {
        Self(seconds.saturating_mul(1_000_000))
    }

    /// Returns microseconds since the Unix epoch.
    pub const fn as_micros(self) -> i64 {
        self.0
    }

    /// Returns whole seconds since the Unix epoch, rounded down.
    pub const fn as_seconds(self) -> i64 {
        self.0.div_euclid(1_000_000)
    }

    /// Returns milliseconds since the Unix epoch, rounded down; 0 before it.
    pub fn as_millis(self) -> u64 {
        u64::try_from(self.0.div_euclid(1_000)).unwrap_or(0)
    }

    /// Returns this timestamp as seen by a clock that shows `now`. One that lies slightly ahead comes from a node whose
    /// clock is slightly ahead and counts as now, so that nothing takes longer than it should. One that lies further
    /// ahead was made before the clock was set back, and its age is unknown: `None`.
    pub fn measured_at(self, now: Self) -> Option<Self> {
        (self <= now.latest_believed()).then(|| self.min(now))
    }

    /// Returns the latest timestamp that a clock showing this time accepts from another node.
    pub fn latest_believed(self) -> Self {
        self + CLOCKS_APART
    }

    /// Returns the time from `earlier` to this; zero if this is not later.
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
