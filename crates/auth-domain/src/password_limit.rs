//! How many wrong passwords an account tolerates, and from where. This code is pure; the store keeps the rows.
//!
//! The limit is exact because each verdict is committed under the version that was read: of fifty guesses that are
//! checked at once, each is judged again after the one that committed before it, so no more verdicts get out than would
//! have one after the other. The owner is never locked out: networks from which a login succeeded before keep a limit
//! of their own.

use std::time::Duration;

use crate::Timestamp;
use crate::rate_limit::{AttemptSubject, RateLimited};
use crate::session::Network;
use crate::version::RowVersion;

/// How many misses in a row one network may make before it has to wait.
const MISSES_BEFORE_BACKOFF: u32 = 5;
const MAX_BACKOFF: Duration = Duration::from_secs(15 * 60);
/// How many misses a day an account tolerates before only networks with a past success may still try.
const DAILY_MISSES: u32 = 100;
const DAY: Duration = Duration::from_secs(24 * 3_600);

/// What one network did to one subject.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NetworkAttempts {
    /// Misses since the last success from there. The count starts over a day after the last miss.
    pub misses: u32,
    /// When the last miss happened.
    pub last_miss_at: Option<Timestamp>,
    /// When a login from there last succeeded.
    pub last_success_at: Option<Timestamp>,
    /// Increases with each write.
    pub version: RowVersion,
}

/// The misses on one subject from anywhere within the 24 hours that begin with the first of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DailyMisses {
    /// The number of misses.
    pub misses: u32,
    /// When those 24 hours began.
    pub day_began_at: Option<Timestamp>,
    /// Increases with each write.
    pub version: RowVersion,
}

/// The limit for passwords of one subject from one network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PasswordLimit {
    /// The subject.
    pub subject: AttemptSubject,
    /// The network.
    pub network: Network,
    /// The part that belongs to this network.
    pub attempts: NetworkAttempts,
    /// The part shared by all networks.
    pub daily: DailyMisses,
}

impl PasswordLimit {
    /// Creates a limit against which nothing was tried yet.
    pub fn empty(subject: AttemptSubject, network: Network) -> Self {
        Self { subject, network, attempts: NetworkAttempts::default(), daily: DailyMisses::default() }
    }

    /// Tells whether a password may be tried at `now`.
    pub fn check(&self, now: Timestamp) -> Result<(), RateLimited> {
        // A time from before the clock was set back does not tell how long ago that was.
        let measured = |at: Option<Timestamp>| at.and_then(|at| at.measured_at(now));
        let network_free_at = measured(self.attempts.last_miss_at).map(|at| at + wait_after(self.attempts.misses));
        let day_over_at = measured(self.daily.day_began_at).map(|at| at + DAY);
        let day_spent = self.daily.misses >= DAILY_MISSES && self.attempts.last_success_at.is_none();
        let free_at = network_free_at.max(day_over_at.filter(|_| day_spent));
        match free_at {
            Some(at) if now < at => Err(RateLimited { retry_after: at.since(now) }),
            _ => Ok(()),
        }
    }

    /// Counts a wrong password.
    #[must_use]
    pub fn after_miss(&self, now: Timestamp) -> Self {
        let in_a_row = match self.attempts.last_miss_at {
            Some(at) if now.since(at) < DAY => self.attempts.misses,
            _ => 0,
        };
        let (day_began_at, today) = match self.daily.day_began_at.filter(|began| began.measured_at(now).is_some()) {
            Some(began) if now.since(began) < DAY => (began, self.daily.misses),
            _ => (now, 0),
        };
        let attempts = NetworkAttempts {
            misses: in_a_row.saturating_add(1),
            last_miss_at: Some(now),
            last_success_at: self.attempts.last_success_at,
            version: self.attempts.version.next(),
        };
        let daily = DailyMisses {
            misses: today.saturating_add(1),
            day_began_at: Some(day_began_at),
            version: self.daily.version.next(),
        };
        Self { attempts, daily, ..self.clone() }
    }

    /// Records a completed login, with a second factor where the account has one.
    #[must_use]
    pub fn after_success(&self, now: Timestamp) -> Self {
        self.after_right_password(Some(now))
    }

    /// Records a right password that a second factor must follow: someone who only knows the password may not be the
    /// owner, so their network does not become known.
    #[must_use]
    pub fn after_first_factor(&self) -> Self {
        self.after_right_password(self.attempts.last_success_at)
    }

    /// Records a right password. What an unknown network may do depends on the day's misses, so their version moves on
    /// too, as a guard.
    fn after_right_password(&self, last_success_at: Option<Timestamp>) -> Self {
        let first_from_there = self.attempts.last_success_at.is_none();
        let attempts =
            NetworkAttempts { misses: 0, last_miss_at: None, last_success_at, version: self.attempts.version.next() };
        let daily = DailyMisses {
            version: if first_from_there { self.daily.version.next() } else { self.daily.version },
            ..self.daily
        };
        Self { attempts, daily, ..self.clone() }
    }
}

/// Returns the wait: 1 s after five misses in a row, doubling with each further one.
fn wait_after(misses: u32) -> Duration {
    match misses.checked_sub(MISSES_BEFORE_BACKOFF) {
        None => Duration::ZERO,
        Some(doublings) => Duration::from_secs(1_u64 << doublings.min(32)).min(MAX_BACKOFF),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limit(network: &str) -> PasswordLimit {
        PasswordLimit {
            subject: AttemptSubject::UnknownName(uuid::Uuid::nil()),
            network: Network::from_stored(network.to_owned()),
            attempts: NetworkAttempts::default(),
            daily: DailyMisses::default(),
        }
    }

    #[test]
    fn five_free_misses_then_waits_that_double_to_a_quarter_of_an_hour() {
        let mut now = Timestamp::from_seconds(1_000_000);
        let mut limit = limit("192.0.2.0/24");
        let mut waits = Vec::new();
        for _ in 0..20 {
            limit = limit.after_miss(now);
            let wait = limit.check(now).err().map_or(0, |limited| limited.retry_after.as_secs());
            waits.push(wait);
            now = now + Duration::from_secs(wait);
            assert_eq!(limit.check(now), Ok(()), "free again when the wait is over");
        }
        assert_eq!(waits, [0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900, 900, 900, 900]);
        assert_eq!(limit.after_success(now).after_miss(now).check(now), Ok(()), "a success ends the row");
    }

    #[test]
    fn a_row_of_misses_is_forgotten_a_day_after_its_last_one() {
        let now = Timestamp::from_seconds(1_000_000);
        let missed = limit("192.0.2.0/24").after_miss(now).after_miss(now);
        let in_a_row = |pause| missed.after_miss(now + pause).attempts.misses;
        assert_eq!([DAY - Duration::from_micros(1), DAY].map(in_a_row), [3, 1]);
    }

    #[test]
    fn past_a_hundred_misses_a_day_only_networks_with_a_success_may_try() {
        let now = Timestamp::from_seconds(1_000_000);
        let mut stranger = limit("198.51.100.0/24");
        stranger.daily = DailyMisses { misses: 99, day_began_at: Some(now), version: RowVersion::from_number(99) };
        assert_eq!(stranger.check(now), Ok(()));
        stranger.daily.misses = 100;
        let later = now + Duration::from_secs(3_600);
        assert_eq!(stranger.check(later), Err(RateLimited { retry_after: DAY - Duration::from_secs(3_600) }));
        assert_eq!(stranger.check(now + DAY), Ok(()), "the next day");
        assert_eq!(stranger.after_miss(now + DAY).daily.misses, 1);

        let mut owner = stranger.clone();
        owner.attempts.last_success_at = Some(now);
        assert_eq!(owner.check(later), Ok(()));
    }

    #[test]
    fn a_clock_that_was_put_back_keeps_nobody_waiting_longer_and_forgets_no_misses_in_a_row() {
        let now = Timestamp::from_seconds(1_000_000);
        let back = now - Duration::from_secs(3_600);
        let mut guesser = limit("198.51.100.0/24");
        for _ in 0..8 {
            guesser = guesser.after_miss(now);
        }
        let wait = |limit: &PasswordLimit, at| limit.check(at).err().map_or(0, |limited| limited.retry_after.as_secs());
        assert_eq!((wait(&guesser, now), wait(&guesser, back)), (8, 0));
        assert_eq!(wait(&guesser.after_miss(back), back), 16, "the ninth in a row, and its wait is measured from now");
        assert_eq!(wait(&guesser, now - Duration::from_secs(30)), 8, "a node that is behind");

        guesser.daily.misses = 100;
        guesser.attempts = NetworkAttempts::default();
        assert_eq!((wait(&guesser, now), wait(&guesser, back)), (86_400, 0));
        assert_eq!(guesser.after_miss(back).daily.misses, 1);
    }

    #[test]
    fn the_first_success_of_a_network_is_guarded_by_the_days_misses() {
        let now = Timestamp::from_seconds(1_000_000);
        let first = limit("192.0.2.0/24").after_success(now);
        assert_eq!([first.attempts.version, first.daily.version], [1, 1].map(RowVersion::from_number));
        let second = first.after_success(now);
        assert_eq!([second.attempts.version, second.daily.version], [2, 1].map(RowVersion::from_number));
    }
}
