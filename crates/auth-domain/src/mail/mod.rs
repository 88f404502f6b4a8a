//! Mails that somebody is owed, and when to try again. What a mail says is written when it is sent, behind
//! [`crate::ports::Mailer`]: the queue holds no text and no secret.

mod notice;

use std::time::Duration;

use crate::account::EmailAddress;
use crate::challenge::{ChallengePurpose, OneTimeCode};
use crate::session::Client;
use crate::{AccountId, ChallengeId, MailId, Randomness, Timestamp};

pub use notice::{About, Notice, NoticeDetails, NoticeKind, Removed};

/// A mail that is owed to somebody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MailRequest {
    /// Its name.
    pub id: MailId,
    /// Whose account it is about; `None` where an address only pretends to have one.
    pub account_id: Option<AccountId>,
    /// To whom.
    pub to: EmailAddress,
    /// When what it is about happened.
    pub at: Timestamp,
    /// From which network and device.
    pub client: Client,
    /// What it is about.
    pub content: MailContent,
}

/// What a mail is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MailContent {
    /// Something that the owner of an account should know. It is sent whatever becomes of the account. When another one
    /// like it was sent to the address within [`QUIET`], it waits, and those that come meanwhile become one mail.
    Notice(Notice),
    /// A code of a challenge. When the mail is sent and that code is not outstanding any more, there is no mail.
    Code {
        /// The challenge.
        challenge_id: ChallengeId,
        /// What the code is good for.
        purpose: ChallengePurpose,
        /// Which of the challenge's codes.
        send_number: u32,
    },
}

impl MailContent {
    /// Returns the name of its kind, as stored.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Notice(notice) => notice.kind.as_str(),
            Self::Code { purpose, .. } => purpose.as_str(),
        }
    }
}

/// A mail that is about to be sent, with what it takes to write it.
#[derive(Clone, Debug)]
pub struct OutgoingMail {
    /// Its name: the same at every attempt.
    pub id: MailId,
    /// To whom.
    pub to: EmailAddress,
    /// When what it is about happened.
    pub at: Timestamp,
    /// From which network and device.
    pub client: Client,
    /// What it says.
    pub content: OutgoingContent,
}

/// What a mail says.
#[derive(Clone, Debug)]
pub enum OutgoingContent {
    /// What happened.
    Notice {
        /// The latest that happened, of those that the mail tells of.
        notice: Notice,
        /// How many they are, from 1.
        times: u32,
    },
    /// A code.
    Code {
        /// What it is good for.
        purpose: ChallengePurpose,
        /// The code.
        code: OneTimeCode,
        /// Until when.
        expires_at: Timestamp,
    },
}

/// A mail that one worker may try to send now. While it tries, no other one gets it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeasedMail {
    /// The mail; of several notices in one, the latest.
    pub request: MailRequest,
    /// How many notices it tells of, from 1; 1 for a code.
    pub times: u32,
    /// Which attempt this is, from 1: a worker that took too long no longer holds the lease.
    pub attempt: u32,
}

/// A mail that is not sent yet, for the operator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WaitingMail {
    /// Its name.
    pub id: MailId,
    /// To whom it goes, as stored.
    pub recipient: String,
    /// Its stored kind.
    pub kind: String,
    /// How often it was tried; one that is being tried counts.
    pub attempts: u32,
    /// When it is tried next, or may be if the worker that is trying it now dies.
    pub next_attempt_at: Timestamp,
    /// What the mail server said last; `None` before the first attempt has failed.
    pub error: Option<String>,
}

/// A mail that was given up, for the operator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParkedMail {
    /// Its name.
    pub id: MailId,
    /// To whom it should have gone, as stored.
    pub recipient: String,
    /// Its stored kind.
    pub kind: String,
    /// When it was given up.
    pub parked_at: Timestamp,
    /// What the mail server said last.
    pub error: String,
}

/// How long after a notice the next one like it is held back, so that nobody is buried in mail.
pub const QUIET: Duration = Duration::from_secs(3_600);

const FIRST_RETRY: Duration = Duration::from_secs(5);
const MAX_BACKOFF: Duration = Duration::from_secs(3_600);
/// With the waits between them these are up to 22 hours.
pub(crate) const MAX_ATTEMPTS: u32 = 32;
/// How long a worker may take for a mail: twice the mailer's deadline of 30 s, so that no other worker sends one that
/// is still being sent, and that of a worker that died still goes out while its code is good.
pub const LEASE: Duration = Duration::from_secs(60);

/// How long to wait after attempt number `attempt` failed: 5 s, doubling up to an hour, each shortened by up to a
/// quarter at random so that what an outage held up does not come back all at once.
pub(crate) fn backoff(attempt: u32, randomness: Randomness) -> Duration {
    let doublings = attempt.saturating_sub(1).min(20);
    let wait = FIRST_RETRY.saturating_mul(1 << doublings).min(MAX_BACKOFF);
    wait - wait.mul_f64(f64::from(randomness[0]) / 255.0 / 4.0)
}

/// Returns `text` with each e-mail address in it left out: what a mail server says often names the recipient, and the log
/// names nobody.
pub(crate) fn without_addresses(text: &str) -> String {
    let is_part = |letter: char| letter.is_alphanumeric() || "@.!#$%&'*+/=?^_`{|}~-\"".contains(letter);
    let (mut told, mut rest) = (String::new(), text);
    while let Some(start) = rest.find(is_part) {
        let word = &rest[start..];
        let end = word.find(|letter| !is_part(letter)).unwrap_or(word.len());
        told.push_str(&rest[..start]);
        told.push_str(if word[..end].contains('@') { "(address)" } else { &word[..end] });
        rest = &word[end..];
    }
    told + rest
}

/// When to try a mail again after attempt number `attempt` failed; `None` when enough was tried.
pub fn next_attempt(attempt: u32, now: Timestamp, randomness: Randomness) -> Option<Timestamp> {
    (attempt < MAX_ATTEMPTS).then(|| now + backoff(attempt, randomness))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_left_out_of_what_servers_say() {
        for (said, told) in [
            ("550 5.1.1 <ann@example.org>: unknown", "550 5.1.1 <(address)>: unknown"),
            ("535 5.7.8 authentication failed", "535 5.7.8 authentication failed"),
            ("Ann.Smith+x@bücher.example, bob@b.example.", "(address), (address)"),
            ("\"a b\"@x", "\"a (address)"),
            ("@", "(address)"),
            ("", ""),
        ] {
            assert_eq!(without_addresses(said), told);
        }
    }

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
