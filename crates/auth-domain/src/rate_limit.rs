//! Rate limits: how often something may happen to one subject within a window of time.
//!
//! A rate limit is exact because each count is committed under the version that was read. A window begins with the
//! first thing that is counted or guarded by the count, and does not slide. A window that began in the future, because
//! the clock was set back, is over, so nobody waits longer than one window ([`Timestamp::measured_at`]).

use std::time::Duration;

use uuid::Uuid;

use crate::session::Network;
use crate::version::RowVersion;
use crate::{AccountId, Timestamp};

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3_600);
const DAY: Duration = Duration::from_secs(24 * 3_600);

/// The subject for which attempts are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AttemptSubject {
    /// An account, whichever of its names was used.
    Account(AccountId),
    /// A name that no account has, as a keyed digest.
    UnknownName(Uuid),
    /// An e-mail address, whether or not an account has it, as a keyed digest.
    Address(Uuid),
}

impl AttemptSubject {
    /// Returns the key under which the counts are stored. For an account this is its id, so that what belongs to an
    /// account can be found.
    pub const fn as_uuid(self) -> Uuid {
        match self {
            Self::Account(id) => id.as_uuid(),
            Self::UnknownName(digest) | Self::Address(digest) => digest,
        }
    }

    /// Returns the account, if the subject is one.
    pub const fn account_id(self) -> Option<AccountId> {
        match self {
            Self::Account(id) => Some(id),
            Self::UnknownName(_) | Self::Address(_) => None,
        }
    }
}

/// The limit is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateLimited {
    /// How long to wait before the next try.
    pub retry_after: Duration,
}

/// What one write of a rate limit counts. The audit trail records it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Counted {
    /// Nothing: the write guards a decision that was made under the limit.
    Nothing,
    /// A mail.
    Mail,
    /// A wrong code. The write of its challenge in the same commit says which.
    WrongMailedCode,
    /// A wrong code from an app, a wrong recovery code, or a code where none was outstanding: no other change records
    /// it.
    WrongCode,
}

/// What is counted.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum RateLimitKind {
    /// Mails that a stranger can request, requested from one network.
    MailsFrom(Network),
    /// The same mails, from all networks from which the owner has not logged in before.
    MailsFromStrangers,
    /// Mails requested by someone who proved to be the owner.
    MailsForOwner,
    /// Mails to an address that someone merely claimed, at a registration or a change of address.
    MailsToNamedAddress,
    /// Codes to an address that is to replace a verified one, or that sets up a second factor at an unverified one.
    MailsToPendingAddress,
    /// Mails other than codes to an address that was never verified, counted per address.
    NoticesToUnprovedAddress,
    /// Wrong codes for recovery and for verifying an address, from all networks from which the owner has not logged in
    /// before.
    MailedCodeMisses,
    /// The same codes, from one network from which the owner has logged in before.
    MailedCodeMissesFrom(Network),
    /// Wrong codes of second factors for any purpose, from all networks from which the owner has not logged in before.
    SecondFactorMisses,
    /// The same codes, from one network from which the owner has logged in before.
    SecondFactorMissesFrom(Network),
    /// Wrong recovery codes, from anywhere.
    RecoveryCodeMisses,
}

impl RateLimitKind {
    /// Returns the stored name and the network; the network is empty where the limit is not tied to one.
    pub fn as_stored(&self) -> (&'static str, &str) {
        match self {
            Self::MailsFrom(network) => ("mails_from", network.as_str()),
            Self::MailsFromStrangers => ("mails_from_strangers", ""),
            Self::MailsForOwner => ("mails_for_owner", ""),
            Self::MailsToNamedAddress => ("mails_to_named_address", ""),
            Self::MailsToPendingAddress => ("mails_to_pending_address", ""),
            Self::NoticesToUnprovedAddress => ("notices_to_unproved_address", ""),
            Self::MailedCodeMisses => ("mailed_code_misses", ""),
            Self::MailedCodeMissesFrom(network) => ("mailed_code_misses_from", network.as_str()),
            Self::SecondFactorMisses => ("second_factor_misses", ""),
            Self::SecondFactorMissesFrom(network) => ("second_factor_misses_from", network.as_str()),
            Self::RecoveryCodeMisses => ("recovery_code_misses", ""),
        }
    }

    /// Returns how many are allowed in which window, and how far apart they must be.
    const fn limit(&self) -> Limit {
        match self {
            Self::MailsFrom(_) => Limit { most: 5, window: HOUR, apart: MINUTE },
            Self::MailsFromStrangers | Self::MailsToPendingAddress => {
                Limit { most: 5, window: HOUR, apart: Duration::ZERO }
            }
            Self::MailsForOwner | Self::MailsToNamedAddress => Limit { most: 20, window: HOUR, apart: Duration::ZERO },
            Self::NoticesToUnprovedAddress => Limit { most: 3, window: DAY, apart: Duration::ZERO },
            Self::MailedCodeMisses
            | Self::MailedCodeMissesFrom(_)
            | Self::SecondFactorMisses
            | Self::SecondFactorMissesFrom(_)
            | Self::RecoveryCodeMisses => Limit { most: 25, window: DAY, apart: Duration::ZERO },
        }
    }
}

struct Limit {
    most: u32,
    window: Duration,
    apart: Duration,
}

/// A count, as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RateLimit {
    /// The subject.
    pub subject: AttemptSubject,
    /// What is counted.
    pub kind: RateLimitKind,
    /// How many were counted in the window.
    pub count: u32,
    /// When the window began.
    pub began_at: Timestamp,
    /// When the last one was counted.
    pub last_at: Timestamp,
    /// Increases with each write.
    pub version: RowVersion,
}

impl RateLimit {
    /// Creates a count of zero.
    pub const fn empty(subject: AttemptSubject, kind: RateLimitKind) -> Self {
        let never = Timestamp::from_micros(0);
        Self { subject, kind, count: 0, began_at: never, last_at: never, version: RowVersion::NONE }
    }

    /// Tells whether one more is allowed at `now`.
    pub fn check(&self, now: Timestamp) -> Result<(), RateLimited> {
        self.check_up_to(self.kind.limit().most, now)
    }

    /// Tells whether one more is allowed at `now` that must be among the first `most` of the window; `most` is at most
    /// the limit.
    pub fn check_up_to(&self, most: u32, now: Timestamp) -> Result<(), RateLimited> {
        let limit = Limit { most: most.min(self.kind.limit().most), ..self.kind.limit() };
        let (last_at, began_at) = (self.last_at.measured_at(now), self.began_at.measured_at(now));
        let far_enough_at = last_at.filter(|_| !limit.apart.is_zero() && self.count > 0).map(|at| at + limit.apart);
        let window_over_at = began_at.filter(|_| self.count >= limit.most).map(|at| at + limit.window);
        match far_enough_at.max(window_over_at) {
            Some(free_at) if now < free_at => Err(RateLimited { retry_after: free_at.since(now) }),
            _ => Ok(()),
        }
    }

    /// Returns the count unchanged but for its version, as a guard for a decision that relied on it.
    #[must_use]
    pub fn touched(self, now: Timestamp) -> Self {
        let never = self.version == RowVersion::NONE;
        let (began_at, last_at) = if never { (now, now) } else { (self.began_at, self.last_at) };
        Self { began_at, last_at, version: self.version.next(), ..self }
    }

    /// Counts one more.
    #[must_use]
    pub fn after_one(self, now: Timestamp) -> Self {
        let window = self.kind.limit().window;
        let same_window = self.began_at.measured_at(now).is_some_and(|began_at| now < began_at + window);
        let (began_at, count) = if same_window { (self.began_at, self.count.saturating_add(1)) } else { (now, 1) };
        Self { count, began_at, last_at: now, version: self.version.next(), ..self }
    }
}

/// The limit for mails that a stranger can request about one subject from one network: one a minute, five an hour.
/// Networks from which the owner has not logged in before share the five.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MailLimit {
    /// The part that belongs to this network.
    pub near: RateLimit,
    /// The part that all unknown networks share; `None` for a network from which the owner has logged in.
    pub strangers: Option<RateLimit>,
}

impl MailLimit {
    /// Tells whether a mail may be requested at `now`.
    pub fn check(&self, now: Timestamp) -> Result<(), RateLimited> {
        let waits = [Some(&self.near), self.strangers.as_ref()].into_iter().flatten();
        match waits.filter_map(|rate_limit| rate_limit.check(now).err()).max_by_key(|limited| limited.retry_after) {
            Some(limited) => Err(limited),
            None => Ok(()),
        }
    }

    /// Returns the rate limits after one more mail.
    pub fn after_mail(self, now: Timestamp) -> impl Iterator<Item = RateLimit> {
        [Some(self.near), self.strangers].into_iter().flatten().map(move |rate_limit| rate_limit.after_one(now))
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    const NOW: Timestamp = Timestamp::from_seconds(1_000_000);

    fn subject() -> AttemptSubject {
        AttemptSubject::UnknownName(Uuid::nil())
    }

    fn wait(limit: &MailLimit, now: Timestamp) -> u64 {
        limit.check(now).err().map_or(0, |limited| limited.retry_after.as_secs())
    }

    fn limit(strange: bool) -> MailLimit {
        let network = Network::from_stored("192.0.2.0/24".to_owned());
        MailLimit {
            near: RateLimit::empty(subject(), RateLimitKind::MailsFrom(network)),
            strangers: strange.then(|| RateLimit::empty(subject(), RateLimitKind::MailsFromStrangers)),
        }
    }

    fn after_mail(limit: MailLimit, now: Timestamp) -> MailLimit {
        let mut rate_limits = limit.after_mail(now);
        MailLimit { near: rate_limits.next().unwrap(), strangers: rate_limits.next() }
    }

    #[test]
    fn one_mail_a_minute_and_five_an_hour() {
        for strange in [false, true] {
            let (mut limit, mut now) = (limit(strange), NOW);
            for _ in 0..5 {
                assert_eq!(wait(&limit, now), 0);
                limit = after_mail(limit, now);
                assert_eq!(wait(&limit, now), if now.since(NOW).as_secs() == 240 { 3_360 } else { 60 });
                now = now + MINUTE;
            }
            assert_eq!(wait(&limit, now), 3_300, "the hour began with the first");
            assert_eq!(wait(&limit, NOW + HOUR), 0);
            assert_eq!(after_mail(limit, NOW + HOUR).near.count, 1);
        }
    }

    #[test]
    fn strangers_share_five_and_a_known_network_has_its_own() {
        let (mut limited, known) = (limit(true), limit(false));
        for minutes in 0..5 {
            limited = after_mail(limited, NOW + MINUTE * minutes);
        }
        let other = Network::from_stored("198.51.100.0/24".to_owned());
        let fresh = MailLimit { near: RateLimit::empty(subject(), RateLimitKind::MailsFrom(other)), ..limited };
        assert_eq!(wait(&fresh, NOW + MINUTE * 5), 3_300);
        assert_eq!(wait(&known, NOW + MINUTE * 5), 0);
    }

    #[test]
    fn a_guard_begins_the_window_and_counts_nothing() {
        let guarded = limit(false).near.touched(NOW);
        assert_eq!((guarded.count, guarded.began_at, guarded.last_at), (0, NOW, NOW));
        assert_eq!(guarded.check(NOW), Ok(()), "nothing that the next one must be apart from");
        let counted = guarded.after_one(NOW + MINUTE);
        assert_eq!((counted.count, counted.began_at), (1, NOW));
        let guarded = counted.touched(NOW + HOUR);
        assert_eq!((guarded.count, guarded.began_at, guarded.last_at), (1, NOW, NOW + MINUTE));
    }

    #[test]
    fn a_clock_that_is_behind_blocks_nobody() {
        let rate_limit =
            RateLimit::empty(subject(), RateLimitKind::MailedCodeMisses).touched(NOW).after_one(NOW + HOUR);
        assert_eq!((rate_limit.count, rate_limit.version.as_number(), rate_limit.check(NOW)), (1, 2, Ok(())));
    }

    #[test]
    fn a_clock_that_was_put_back_keeps_nobody_waiting_longer_than_a_window() {
        let mut limit = RateLimit::empty(subject(), RateLimitKind::SecondFactorMisses);
        for _ in 0..25 {
            limit = limit.after_one(NOW);
        }
        assert!(limit.check(NOW).is_err());
        assert_eq!(limit.check(NOW - HOUR), Ok(()), "when it began is not known any more");
        let anew = limit.after_one(NOW - HOUR);
        assert_eq!((anew.count, anew.began_at), (1, NOW - HOUR));
        let mails = after_mail(super::tests::limit(true), NOW);
        assert_eq!(wait(&mails, NOW - HOUR), 0);
        assert_eq!(wait(&after_mail(mails, NOW - HOUR), NOW - HOUR), 60);
    }

    #[test]
    fn a_node_whose_clock_is_behind_counts_in_the_same_window() {
        let behind = NOW - Duration::from_secs(30);
        let mut limit = RateLimit::empty(subject(), RateLimitKind::SecondFactorMisses).after_one(NOW);
        for _ in 1..25 {
            limit = limit.after_one(behind);
        }
        assert_eq!(limit.check(behind), Err(RateLimited { retry_after: DAY }), "no longer than the window");
        assert!(limit.check(NOW).is_err());
        let mails = after_mail(super::tests::limit(false), NOW);
        assert_eq!(wait(&mails, behind), 60);
    }

    #[test]
    fn twenty_five_misses_a_day() {
        let mut rate_limit = RateLimit::empty(subject(), RateLimitKind::MailedCodeMisses);
        for _ in 0..25 {
            assert_eq!(rate_limit.check(NOW), Ok(()));
            rate_limit = rate_limit.after_one(NOW);
        }
        assert_eq!(rate_limit.check(NOW + HOUR), Err(RateLimited { retry_after: DAY - HOUR }));
        assert_eq!(rate_limit.check(NOW + DAY), Ok(()));
        assert_eq!(rate_limit.after_one(NOW + DAY).count, 1);
    }
}
