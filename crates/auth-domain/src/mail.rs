//! Mails that somebody is owed, and when to try again. What a mail says is written when it is sent, behind
//! [`crate::ports::Mailer`]: the queue holds no text and no secret.

use std::time::Duration;

use crate::account::EmailAddress;
use crate::session::Client;
use crate::{MailId, Randomness, Timestamp};

/// A mail that is owed to somebody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MailRequest {
    /// Its name.
    pub id: MailId,
    /// To whom.
    pub to: EmailAddress,
    /// What it is about.
    pub notice: Notice,
}

/// Something that the owner of an account should know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// What happened.
    pub kind: NoticeKind,
    /// When.
    pub at: Timestamp,
    /// From which network and device.
    pub client: Client,
}

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NoticeKind {
    /// A refresh token came back after its time, and its session was ended.
    SessionReuseDetected,
    /// The account was deleted, by its owner or by another service.
    AccountDeleted,
}

impl NoticeKind {
    const ALL: [Self; 2] = [Self::SessionReuseDetected, Self::AccountDeleted];

    /// Its stored name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SessionReuseDetected => "session_reuse_detected",
            Self::AccountDeleted => "account_deleted",
        }
    }

    /// From its stored name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}

/// A mail that one worker may try to send now. While it tries, no other one gets it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeasedMail {
    /// The mail.
    pub request: MailRequest,
    /// Which attempt this is, from 1: a worker that took too long no longer holds the lease.
    pub attempt: u32,
}

const FIRST_RETRY: Duration = Duration::from_secs(5);
const MAX_BACKOFF: Duration = Duration::from_secs(3_600);
/// With the waits between them this is a little over a day.
const MAX_ATTEMPTS: u32 = 32;

/// When to try again after attempt number `attempt` failed: 5 s, doubling up to an hour, each shortened by
/// up to a quarter at random so that the mails of an outage do not come back all at once. `None` when
/// enough was tried.
pub fn next_attempt(attempt: u32, now: Timestamp, randomness: Randomness) -> Option<Timestamp> {
    if attempt >= MAX_ATTEMPTS {
        return None;
    }
    let doublings = attempt.saturating_sub(1).min(20);
    let wait = FIRST_RETRY.saturating_mul(1 << doublings).min(MAX_BACKOFF);
    Some(now + wait - wait.mul_f64(f64::from(randomness[0]) / 255.0 / 4.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_an_hour_and_end_after_a_day() {
        let now = Timestamp::from_seconds(1_000_000);
        let wait = |attempt, random| next_attempt(attempt, now, [random; 32]).map(|at| at.since(now).as_secs());
        assert_eq!(
            (1..=12).map(|attempt| wait(attempt, 0).unwrap()).collect::<Vec<_>>(),
            [5, 10, 20, 40, 80, 160, 320, 640, 1_280, 2_560, 3_600, 3_600]
        );
        assert_eq!(wait(12, 255), Some(2_700));
        assert_eq!(wait(MAX_ATTEMPTS, 0), None);
        let total: u64 = (1..MAX_ATTEMPTS).map(|attempt| wait(attempt, 255).unwrap()).sum();
        assert!(total > 15 * 3_600, "{total}");
    }
}
