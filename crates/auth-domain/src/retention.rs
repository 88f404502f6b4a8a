//! How long rows are kept that nothing needs any more. `docs/retention.md` gives each table's rule and size.

use std::time::Duration;

use crate::Timestamp;

const DAY: Duration = Duration::from_secs(24 * 3_600);
/// An ended session can still be asked about for a week.
const ENDED_SESSIONS: Duration = Duration::from_secs(7 * 24 * 3_600);
/// How long a network counts as one where the owner has succeeded before.
const PAST_SUCCESSES: Duration = Duration::from_secs(90 * 24 * 3_600);
/// A mail that was given up stays for the operator to see.
const PARKED_MAILS: Duration = Duration::from_secs(30 * 24 * 3_600);

/// Long enough to look into what is noticed late.
const AUDIT_RECORDS: Duration = Duration::from_secs(90 * 24 * 3_600);

/// How long a service may stay away and still catch up by cursor.
const EVENTS: Duration = Duration::from_secs(30 * 24 * 3_600);

/// No two nodes' clocks differ by as much: what is used up is known to be for a node that is behind, too.
const CLOCKS_APART: Duration = Duration::from_secs(3_600);

/// Rows that nothing needs any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expired {
    /// Sessions that expired or were revoked before this time.
    Sessions {
        /// That time.
        ended_before: Timestamp,
    },
    /// What networks did to a subject, where neither the last miss nor the last success still counts.
    NetworkAttempts {
        /// The last miss was before this time, if there was one.
        missed_before: Timestamp,
        /// The last success was before this time, if there was one.
        succeeded_before: Timestamp,
    },
    /// Misses of a day that is over.
    DailyMisses {
        /// It began before this time.
        began_before: Timestamp,
    },
    /// Mails that were given up.
    ParkedMails {
        /// Before this time.
        parked_before: Timestamp,
    },
    /// Notices that were sent, with none like it since.
    QuietNotices {
        /// The next one may go at once since this time.
        quiet_until: Timestamp,
    },
    /// Challenges that nothing can be done with any more.
    Challenges {
        /// They expired before this time.
        expired_before: Timestamp,
    },
    /// Tallies whose window, a day at the longest, is over.
    RateLimits {
        /// It began before this time.
        began_before: Timestamp,
    },
    /// TOTP steps that nobody can be asked for any more.
    TotpSteps {
        /// They were used before this time.
        used_before: Timestamp,
    },
    /// Used authorization requests that have expired anyway.
    UsedAuthorizations {
        /// They expired before this time.
        expired_before: Timestamp,
    },
    /// Records of the audit trail.
    AuditRecords {
        /// They happened before this time.
        occurred_before: Timestamp,
    },
    /// Events, acknowledged or not; those of deletions stay, and so does the last one.
    Events {
        /// They happened before this time.
        occurred_before: Timestamp,
    },
}

impl Expired {
    /// Everything that is expired at `now`.
    pub fn all_at(now: Timestamp) -> [Self; 11] {
        [
            Self::Sessions { ended_before: now - ENDED_SESSIONS },
            Self::NetworkAttempts { missed_before: now - DAY, succeeded_before: now - PAST_SUCCESSES },
            Self::DailyMisses { began_before: now - DAY },
            Self::ParkedMails { parked_before: now - PARKED_MAILS },
            Self::QuietNotices { quiet_until: now },
            Self::Challenges { expired_before: now },
            Self::RateLimits { began_before: now - DAY },
            Self::TotpSteps { used_before: now - DAY },
            Self::UsedAuthorizations { expired_before: now - CLOCKS_APART },
            Self::AuditRecords { occurred_before: now - AUDIT_RECORDS },
            Self::Events { occurred_before: now - EVENTS },
        ]
    }
}
