//! How long rows that nothing needs any more are kept. `docs/retention.md` gives the rule and the size of each table.

use std::time::Duration;

use crate::Timestamp;

const DAY: Duration = Duration::from_secs(24 * 3_600);
/// How long an ended session can still be queried.
const ENDED_SESSIONS: Duration = Duration::from_secs(7 * 24 * 3_600);
/// How long a network counts as one from which the owner has logged in.
const PAST_SUCCESSES: Duration = Duration::from_secs(90 * 24 * 3_600);
/// How long a mail that was given up stays visible to the operator.
const PARKED_MAILS: Duration = Duration::from_secs(30 * 24 * 3_600);

/// How long audit records are kept: long enough to investigate what is noticed late.
const AUDIT_RECORDS: Duration = Duration::from_secs(90 * 24 * 3_600);

/// How long a service may be down and still catch up with the cursor.
const EVENTS: Duration = Duration::from_secs(30 * 24 * 3_600);

/// The most that the clocks of two nodes may differ: what has expired here has expired on a node that is behind, too.
const CLOCKS_APART: Duration = Duration::from_secs(3_600);

/// Rows that nothing needs any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expired {
    /// Sessions that expired or were revoked before this time.
    Sessions {
        /// The time.
        ended_before: Timestamp,
    },
    /// What networks did to a subject, where neither the last miss nor the last success counts any more.
    NetworkAttempts {
        /// The last miss was before this time, if there was one.
        missed_before: Timestamp,
        /// The last success was before this time, if there was one.
        succeeded_before: Timestamp,
    },
    /// Misses of a day that is over.
    DailyMisses {
        /// The day began before this time.
        began_before: Timestamp,
    },
    /// Mails that were given up.
    ParkedMails {
        /// They were given up before this time.
        parked_before: Timestamp,
    },
    /// Notices that were sent and not followed by a similar one.
    QuietNotices {
        /// The quiet period ended before this time, so the next notice goes at once.
        quiet_until: Timestamp,
    },
    /// Challenges that have expired.
    Challenges {
        /// They expired before this time.
        expired_before: Timestamp,
    },
    /// Invitations that have expired, used up or not.
    Invitations {
        /// They expired before this time.
        expired_before: Timestamp,
    },
    /// Counts whose window, a day at most, is over.
    RateLimits {
        /// The window began before this time.
        began_before: Timestamp,
    },
    /// TOTP steps that can no longer be used.
    TotpSteps {
        /// They were used before this time.
        used_before: Timestamp,
    },
    /// Used authorization requests that have expired.
    UsedAuthorizations {
        /// They expired before this time.
        expired_before: Timestamp,
    },
    /// Records of the audit trail.
    AuditRecords {
        /// They happened before this time.
        occurred_before: Timestamp,
    },
    /// Events, acknowledged or not, except those of deletions and the last one.
    Events {
        /// They happened before this time.
        occurred_before: Timestamp,
    },
}

impl Expired {
    /// Returns everything that has expired at `now`.
    pub fn all_at(now: Timestamp) -> [Self; 12] {
        [
            Self::Sessions { ended_before: now - ENDED_SESSIONS },
            Self::NetworkAttempts { missed_before: now - DAY, succeeded_before: now - PAST_SUCCESSES },
            Self::DailyMisses { began_before: now - DAY },
            Self::ParkedMails { parked_before: now - PARKED_MAILS },
            Self::QuietNotices { quiet_until: now },
            Self::Challenges { expired_before: now },
            Self::Invitations { expired_before: now - CLOCKS_APART },
            Self::RateLimits { began_before: now - DAY },
            Self::TotpSteps { used_before: now - DAY },
            Self::UsedAuthorizations { expired_before: now - CLOCKS_APART },
            Self::AuditRecords { occurred_before: now - AUDIT_RECORDS },
            Self::Events { occurred_before: now - EVENTS },
        ]
    }
}
