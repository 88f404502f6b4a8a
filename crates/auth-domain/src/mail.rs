//! Mails that somebody is owed, and when to try again. What a mail says is written when it is sent, behind
//! [`crate::ports::Mailer`]: the queue holds no text and no secret.

use std::time::Duration;

use crate::account::EmailAddress;
use crate::challenge::{ChallengePurpose, OneTimeCode};
use crate::named::named;
use crate::session::Client;
use crate::{ChallengeId, MailId, Randomness, Timestamp};

/// A mail that is owed to somebody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MailRequest {
    /// Its name.
    pub id: MailId,
    /// To whom.
    pub to: EmailAddress,
    /// When what it is about happened.
    pub at: Timestamp,
    /// From which network and device.
    pub client: Client,
    /// What it is about.
    pub content: MailContent,
}

impl MailRequest {
    /// A notice to the owner of an account.
    pub const fn notice(id: MailId, to: EmailAddress, kind: NoticeKind, at: Timestamp, client: Client) -> Self {
        Self { id, to, at, client, content: MailContent::Notice(kind) }
    }
}

/// What a mail is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MailContent {
    /// Something that the owner of an account should know.
    Notice(NoticeKind),
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

named! {
    /// What happened.
    pub enum NoticeKind {
        /// A refresh token came back after its time, and its session was ended.
        SessionReuseDetected = "session_reuse_detected",
        /// The account was deleted, by its owner or by another service.
        AccountDeleted = "account_deleted",
        /// The password was changed by somebody who knew the old one.
        PasswordChanged = "password_changed",
        /// The password was set anew with a mailed code.
        PasswordReset = "password_reset_done",
        /// Another address was named in place of a proved one; goes to that one.
        EmailChangeBegun = "email_change_begun",
        /// The e-mail address was changed; goes to the old one, and to the new one where that was proved first.
        EmailChanged = "email_changed",
        /// Somebody tried to register with the address of an account and was not told so.
        RegistrationAttempted = "registration_attempted",
        /// Somebody asked for a password reset of an account that has no password and was not told so.
        ResetWithoutPassword = "reset_without_password",
        /// A second factor was set up, or is asked for again.
        SecondFactorEnabled = "second_factor_enabled",
        /// A second factor is asked for no more.
        SecondFactorDisabled = "second_factor_disabled",
        /// Another second factor is offered first.
        PrimaryFactorChanged = "primary_factor_changed",
        /// Somebody logged in with a recovery code.
        RecoveryCodeUsed = "recovery_code_used",
        /// New recovery codes were made; those before are void.
        RecoveryCodesRenewed = "recovery_codes_renewed",
        /// An identity of a provider logs in to the account from now on.
        IdentityLinked = "identity_linked",
        /// An identity of a provider does so no more.
        IdentityUnlinked = "identity_unlinked",
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
    Notice(NoticeKind),
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
    /// The mail.
    pub request: MailRequest,
    /// Which attempt this is, from 1: a worker that took too long no longer holds the lease.
    pub attempt: u32,
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

const FIRST_RETRY: Duration = Duration::from_secs(5);
const MAX_BACKOFF: Duration = Duration::from_secs(3_600);
/// With the waits between them these are up to 22 hours.
const MAX_ATTEMPTS: u32 = 32;

/// How long to wait after attempt number `attempt` failed: 5 s, doubling up to an hour, each shortened by up to a
/// quarter at random so that what an outage held up does not come back all at once.
pub(crate) fn backoff(attempt: u32, randomness: Randomness) -> Duration {
    let doublings = attempt.saturating_sub(1).min(20);
    let wait = FIRST_RETRY.saturating_mul(1 << doublings).min(MAX_BACKOFF);
    wait - wait.mul_f64(f64::from(randomness[0]) / 255.0 / 4.0)
}

/// When to try a mail again after attempt number `attempt` failed; `None` when enough was tried.
pub fn next_attempt(attempt: u32, now: Timestamp, randomness: Randomness) -> Option<Timestamp> {
    (attempt < MAX_ATTEMPTS).then(|| now + backoff(attempt, randomness))
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
