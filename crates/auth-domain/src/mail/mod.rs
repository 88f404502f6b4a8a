//! Mails that are to be sent, and when to retry. The text of a mail is written when it is sent, behind
//! [`crate::ports::Mailer`]: the queue contains no text and no secret.

mod notice;

use std::time::Duration;

use crate::access_token::BearerToken;
use crate::account::EmailAddress;
use crate::challenge::{ChallengePurpose, OneTimeCode};
use crate::session::Client;
use crate::{AccountId, ChallengeId, InvitationId, Language, MailId, Randomness, Timestamp};

pub use notice::{About, Notice, NoticeDetails, NoticeKind, Removed};

/// A mail to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MailRequest {
    /// The id of the mail.
    pub id: MailId,
    /// The account it concerns; `None` for an address that only seems to have one.
    pub account_id: Option<AccountId>,
    /// The recipient.
    pub to: EmailAddress,
    /// When the event happened that it reports.
    pub at: Timestamp,
    /// The network and device that caused it.
    pub client: Client,
    /// The language of a notice or an invitation: a notice outlives its account. A code is in the language that its account
    /// has when it is sent. `None` for the default language.
    pub language: Option<Language>,
    /// The content.
    pub content: MailContent,
}

/// The content of a mail, without its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MailContent {
    /// Something that the owner of an account should know. It is sent even if the account is deleted meanwhile. If a
    /// similar notice was sent to the address within [`QUIET`], it waits, and all that arrive meanwhile become one
    /// mail.
    Notice(Notice),
    /// An invitation to register. If it can no longer be used when the mail is due, no mail is sent.
    Invitation(InvitationId),
    /// A code of a challenge. If the code is no longer outstanding when the mail is due, no mail is sent.
    Code {
        /// The challenge.
        challenge_id: ChallengeId,
        /// What the code may be used for.
        purpose: ChallengePurpose,
        /// The number of the code.
        send_number: u32,
    },
}

impl MailContent {
    /// The name of the kind of an invitation.
    pub const INVITATION: &'static str = "invitation";

    /// Returns the name of the kind, as stored.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Notice(notice) => notice.kind.as_str(),
            Self::Invitation(_) => Self::INVITATION,
            Self::Code { purpose, .. } => purpose.as_str(),
        }
    }
}

/// A mail that is about to be sent, with everything needed to write it.
#[derive(Clone, Debug)]
pub struct OutgoingMail {
    /// The id of the mail, the same at every attempt.
    pub id: MailId,
    /// The recipient.
    pub to: EmailAddress,
    /// When the event happened that it reports.
    pub at: Timestamp,
    /// The network and device that caused it.
    pub client: Client,
    /// The language of its text.
    pub language: Language,
    /// The content.
    pub content: OutgoingContent,
}

/// The content of a mail that is about to be sent.
#[derive(Clone, Debug)]
pub enum OutgoingContent {
    /// A notice.
    Notice {
        /// The latest of the notices that the mail reports.
        notice: Notice,
        /// The number of notices that it reports, from 1.
        times: u32,
    },
    /// An invitation.
    Invitation {
        /// The text to enter.
        token: BearerToken,
        /// When it expires.
        expires_at: Timestamp,
    },
    /// A code.
    Code {
        /// What the code may be used for.
        purpose: ChallengePurpose,
        /// The code.
        code: OneTimeCode,
        /// When the code expires.
        expires_at: Timestamp,
    },
}

/// A mail that was written to a file, as its reader would see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SentMail {
    /// The id of the mail.
    pub id: MailId,
    /// The recipient.
    pub to: String,
    /// The subject.
    pub subject: String,
    /// When the event happened that it reports, as in its header.
    pub date: String,
    /// The plain text.
    pub text: String,
    /// The HTML document.
    pub html: String,
}

/// A mail that one worker may try to send. No other worker gets it meanwhile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeasedMail {
    /// The mail; if it stands for several notices, the latest.
    pub request: MailRequest,
    /// The number of notices that it reports, from 1; 1 for a code.
    pub times: u32,
    /// The number of the attempt, from 1. A worker that took too long no longer holds the lease.
    pub attempt: u32,
}

/// A mail that was not sent yet, as the operator sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WaitingMail {
    /// The id of the mail.
    pub id: MailId,
    /// The recipient, as stored.
    pub recipient: String,
    /// The kind, as stored.
    pub kind: String,
    /// The number of attempts, including one that is under way.
    pub attempts: u32,
    /// When it is tried next, or tried again if the worker that is trying it now dies.
    pub next_attempt_at: Timestamp,
    /// What the mail server last answered; `None` before the first attempt has failed.
    pub error: Option<String>,
}

/// A mail that was given up, as the operator sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParkedMail {
    /// The id of the mail.
    pub id: MailId,
    /// The recipient, as stored.
    pub recipient: String,
    /// The kind, as stored.
    pub kind: String,
    /// When it was given up.
    pub parked_at: Timestamp,
    /// What the mail server last answered.
    pub error: String,
}

/// How long similar notices are held back after one was sent, so that nobody is flooded with mail.
pub const QUIET: Duration = Duration::from_secs(3_600);

const FIRST_RETRY: Duration = Duration::from_secs(5);
const MAX_BACKOFF: Duration = Duration::from_secs(3_600);
/// The number of attempts, which with the waits between them take up to 22 hours.
pub(crate) const MAX_ATTEMPTS: u32 = 32;
/// How long a worker may take for a mail: twice the mailer's deadline of 30 s, so that no other worker sends a mail
/// that is still being sent, and a mail whose worker died still goes out while its code is valid.
pub const LEASE: Duration = Duration::from_secs(60);

/// Returns how long to wait after attempt number `attempt` failed: 5 s, doubling up to an hour, each shortened at
/// random by up to a quarter, so that mails delayed by an outage do not all return at once.
pub(crate) fn backoff(attempt: u32, randomness: Randomness) -> Duration {
    let doublings = attempt.saturating_sub(1).min(20);
    let wait = FIRST_RETRY.saturating_mul(1 << doublings).min(MAX_BACKOFF);
    wait - wait.mul_f64(f64::from(randomness[0]) / 255.0 / 4.0)
}

/// Returns `text` without the e-mail addresses in it: mail servers often repeat the recipient, and the log must not
/// contain addresses.
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

/// Returns when to retry a mail after attempt number `attempt` failed; `None` after the last one.
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
