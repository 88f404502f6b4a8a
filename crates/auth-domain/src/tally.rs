//! Tallies: how often something happened to one subject within a window of time, and the budgets made of them.
//!
//! A tally is exact because each count is committed under the version that was read. A window begins with the first
//! thing that is counted, or that is guarded by the count, and does not slide.

use std::time::Duration;

use crate::Timestamp;
use crate::budget::{AttemptSubject, Spent};
use crate::session::Network;

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3_600);
const DAY: Duration = Duration::from_secs(24 * 3_600);

/// What is counted.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum TallyKind {
    /// Mails that a stranger can ask for, asked for from one network.
    MailsFrom(Network),
    /// The same from all networks where the owner has not succeeded before.
    MailsFromStrangers,
    /// Mails that somebody asked for who had proved to be the owner.
    MailsForOwner,
    /// Mails to an address that somebody merely named as theirs, at a registration or a change of address.
    MailsToNamedAddress,
    /// Wrong codes, for recovery and for proving an address together.
    MailedCodeMisses,
    /// Wrong codes of second factors, whatever they are for.
    SecondFactorMisses,
}

impl TallyKind {
    /// Its stored name and network; the network is empty where it is not one network's.
    pub fn as_stored(&self) -> (&'static str, &str) {
        match self {
            Self::MailsFrom(network) => ("mails_from", network.as_str()),
            Self::MailsFromStrangers => ("mails_from_strangers", ""),
            Self::MailsForOwner => ("mails_for_owner", ""),
            Self::MailsToNamedAddress => ("mails_to_named_address", ""),
            Self::MailedCodeMisses => ("mailed_code_misses", ""),
            Self::SecondFactorMisses => ("second_factor_misses", ""),
        }
    }

    /// How many in which window, and how far apart.
    const fn limit(&self) -> Limit {
        match self {
            Self::MailsFrom(_) => Limit { most: 5, window: HOUR, apart: MINUTE },
            Self::MailsFromStrangers => Limit { most: 5, window: HOUR, apart: Duration::ZERO },
            Self::MailsForOwner | Self::MailsToNamedAddress => Limit { most: 20, window: HOUR, apart: Duration::ZERO },
            Self::MailedCodeMisses | Self::SecondFactorMisses => Limit { most: 25, window: DAY, apart: Duration::ZERO },
        }
    }
}

struct Limit {
    most: u32,
    window: Duration,
    apart: Duration,
}

/// A count as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tally {
    /// Whose.
    pub subject: AttemptSubject,
    /// Of what.
    pub kind: TallyKind,
    /// How many in the window.
    pub count: u32,
    /// When the window began.
    pub began_at: Timestamp,
    /// The last one.
    pub last_at: Timestamp,
    /// 0 while nothing is stored; goes up with each write.
    pub version: i64,
}

impl Tally {
    /// Nothing was counted yet.
    pub const fn empty(subject: AttemptSubject, kind: TallyKind) -> Self {
        let never = Timestamp::from_micros(0);
        Self { subject, kind, count: 0, began_at: never, last_at: never, version: 0 }
    }

    /// Whether one more is allowed at `now`.
    pub fn check(&self, now: Timestamp) -> Result<(), Spent> {
        let limit = self.kind.limit();
        let far_enough_at = (!limit.apart.is_zero() && self.count > 0).then(|| self.last_at + limit.apart);
        let window_over_at = (self.count >= limit.most).then(|| self.began_at + limit.window);
        match far_enough_at.max(window_over_at) {
            Some(free_at) if now < free_at => Err(Spent { retry_after: free_at.since(now) }),
            _ => Ok(()),
        }
    }

    /// As it is, but for the version: a guard for what was decided on it.
    #[must_use]
    pub fn touched(self, now: Timestamp) -> Self {
        let never = self.version == 0;
        let (began_at, last_at) = if never { (now, now) } else { (self.began_at, self.last_at) };
        Self { began_at, last_at, version: self.version + 1, ..self }
    }

    /// After one more.
    #[must_use]
    pub fn after_one(self, now: Timestamp) -> Self {
        let same_window = self.version > 0 && now < self.began_at + self.kind.limit().window;
        let (began_at, count) = if same_window { (self.began_at, self.count.saturating_add(1)) } else { (now, 1) };
        Self { count, began_at, last_at: now, version: self.version + 1, ..self }
    }
}

/// The budget for mails that a stranger can ask for, about one subject from one network: one a minute, five an
/// hour; the networks where its owner has not succeeded before share the five.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MailBudget {
    /// That network's part.
    pub near: Tally,
    /// The part shared by all strange networks; `None` for one where the owner has succeeded.
    pub strangers: Option<Tally>,
}

impl MailBudget {
    /// Whether a mail may be asked for at `now`.
    pub fn check(&self, now: Timestamp) -> Result<(), Spent> {
        let waits = [Some(&self.near), self.strangers.as_ref()].into_iter().flatten();
        match waits.filter_map(|tally| tally.check(now).err()).max_by_key(|spent| spent.retry_after) {
            Some(spent) => Err(spent),
            None => Ok(()),
        }
    }

    /// The tallies after one more mail.
    pub fn after_mail(self, now: Timestamp) -> impl Iterator<Item = Tally> {
        [Some(self.near), self.strangers].into_iter().flatten().map(move |tally| tally.after_one(now))
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    const NOW: Timestamp = Timestamp::from_seconds(1_000_000);

    fn subject() -> AttemptSubject {
        AttemptSubject::unknown_name(Uuid::nil())
    }

    fn wait(budget: &MailBudget, now: Timestamp) -> u64 {
        budget.check(now).err().map_or(0, |spent| spent.retry_after.as_secs())
    }

    fn budget(strange: bool) -> MailBudget {
        let network = Network::from_stored("192.0.2.0/24".to_owned());
        MailBudget {
            near: Tally::empty(subject(), TallyKind::MailsFrom(network)),
            strangers: strange.then(|| Tally::empty(subject(), TallyKind::MailsFromStrangers)),
        }
    }

    fn after_mail(budget: MailBudget, now: Timestamp) -> MailBudget {
        let mut tallies = budget.after_mail(now);
        MailBudget { near: tallies.next().unwrap(), strangers: tallies.next() }
    }

    #[test]
    fn one_mail_a_minute_and_five_an_hour() {
        for strange in [false, true] {
            let (mut budget, mut now) = (budget(strange), NOW);
            for _ in 0..5 {
                assert_eq!(wait(&budget, now), 0);
                budget = after_mail(budget, now);
                assert_eq!(wait(&budget, now), if now.since(NOW).as_secs() == 240 { 3_360 } else { 60 });
                now = now + MINUTE;
            }
            assert_eq!(wait(&budget, now), 3_300, "the hour began with the first");
            assert_eq!(wait(&budget, NOW + HOUR), 0);
            assert_eq!(after_mail(budget, NOW + HOUR).near.count, 1);
        }
    }

    #[test]
    fn strangers_share_five_and_a_known_network_has_its_own() {
        let (mut spent, known) = (budget(true), budget(false));
        for minutes in 0..5 {
            spent = after_mail(spent, NOW + MINUTE * minutes);
        }
        let other = Network::from_stored("198.51.100.0/24".to_owned());
        let fresh = MailBudget { near: Tally::empty(subject(), TallyKind::MailsFrom(other)), ..spent };
        assert_eq!(wait(&fresh, NOW + MINUTE * 5), 3_300);
        assert_eq!(wait(&known, NOW + MINUTE * 5), 0);
    }

    #[test]
    fn a_clock_that_is_behind_blocks_nobody() {
        let tally = Tally::empty(subject(), TallyKind::MailedCodeMisses).touched(NOW).after_one(NOW + HOUR);
        assert_eq!((tally.count, tally.version, tally.check(NOW)), (1, 2, Ok(())));
    }

    #[test]
    fn twenty_five_misses_a_day() {
        let mut tally = Tally::empty(subject(), TallyKind::MailedCodeMisses);
        for _ in 0..25 {
            assert_eq!(tally.check(NOW), Ok(()));
            tally = tally.after_one(NOW);
        }
        assert_eq!(tally.check(NOW + HOUR), Err(Spent { retry_after: DAY - HOUR }));
        assert_eq!(tally.check(NOW + DAY), Ok(()));
        assert_eq!(tally.after_one(NOW + DAY).count, 1);
    }
}
