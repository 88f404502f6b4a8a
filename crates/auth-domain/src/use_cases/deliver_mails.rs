//! Sends the mails that are owed, at least once each: a worker that dies between the server's yes and its
//! own commit leaves a mail that is sent again, under the same name and with the same code.

use std::sync::Arc;
use std::time::Duration;

use crate::account::Account;
use crate::challenge::{Challenge, ChallengePurpose};
use crate::mail::{LeasedMail, MailContent, MailRequest, OutgoingContent, OutgoingMail, next_attempt};
use crate::ports::{Change, CodeClaims, Codes, MailError, Mailer, StoreError};
use crate::services::Environment;

use super::all::Parts;

/// How long a worker may take for a mail: twice the mailer's deadline of 30 s, so that no other worker sends one that
/// is still being sent, and that of a worker that died still goes out while its code is good.
const LEASE: Duration = Duration::from_secs(60);

/// What became of the mails that were due.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Delivered {
    /// Sent.
    pub sent: usize,
    /// To be tried again.
    pub put_off: usize,
    /// Given up.
    pub parked: usize,
    /// Not sent, since what they would say is of no use any more.
    pub dropped: usize,
}

/// The use case.
pub struct DeliverMails {
    env: Environment,
    codes: Arc<dyn Codes>,
    mailer: Arc<dyn Mailer>,
}

impl DeliverMails {
    pub(super) fn new(parts: &Parts) -> Self {
        let (codes, mailer) = (parts.ports.codes.clone(), parts.ports.mailer.clone());
        Self { env: parts.env.clone(), codes, mailer }
    }

    /// Waits until there may be something to send, but not longer than `at_most`.
    pub async fn wait(&self, at_most: Duration) {
        self.env.store.wait_for_outbox(at_most).await;
    }

    /// Sends the mail that has been due longest, if any. Any number of workers may do so at once.
    pub async fn run_once(&self) -> Result<Delivered, StoreError> {
        let now = self.env.now();
        let mut delivered = Delivered::default();
        for mail in self.env.store.lease_mails(now, now + LEASE, 1).await? {
            let outgoing = self.outgoing(&mail.request).await?;
            let written = outgoing.is_some();
            let change = match outgoing {
                Some(outgoing) => self.after(&mail, self.mailer.send(&outgoing).await),
                None => Change::ForgetMail { mail_id: mail.request.id, attempt: mail.attempt },
            };
            match change {
                Change::ForgetMail { .. } if written => delivered.sent += 1,
                Change::ForgetMail { .. } => delivered.dropped += 1,
                Change::ParkMail { .. } => delivered.parked += 1,
                _ => delivered.put_off += 1,
            }
            // When it is lost, the lease ran out, and another worker has the mail now.
            self.env.commit_unless_lost(change).await?;
        }
        Ok(delivered)
    }

    /// The mail with what it says; `None` when its code is not outstanding any more, or is nobody's.
    async fn outgoing(&self, request: &MailRequest) -> Result<Option<OutgoingMail>, StoreError> {
        let content = match request.content {
            MailContent::Notice(kind) => Some(OutgoingContent::Notice(kind)),
            MailContent::Code { challenge_id, purpose, send_number } => {
                let found = self.env.store.find_challenge(challenge_id).await?;
                found.and_then(|(challenge, account)| self.code(&challenge, account?, purpose, send_number))
            }
        };
        let MailRequest { id, to, at, client, .. } = request.clone();
        Ok(content.map(|content| OutgoingMail { id, to, at, client, content }))
    }

    fn code(
        &self,
        challenge: &Challenge,
        account: Account,
        purpose: ChallengePurpose,
        send_number: u32,
    ) -> Option<OutgoingContent> {
        let now = self.env.now();
        let outstanding = challenge.outstanding_code(now).ok()?;
        let overtaken =
            purpose == ChallengePurpose::PasswordReset && !challenge.is_of_version(account.credential_version);
        if outstanding.send_number != send_number || overtaken || !challenge.is_to_address_of(&account, now) {
            return None;
        }
        let claims = CodeClaims { challenge_id: challenge.id, purpose, send_number };
        let code = self.codes.derive(&claims, &challenge.key_id)?;
        Some(OutgoingContent::Code { purpose, code, expires_at: outstanding.expires_at })
    }

    fn after(&self, mail: &LeasedMail, outcome: Result<(), MailError>) -> Change {
        let (mail_id, attempt) = (mail.request.id, mail.attempt);
        let at = self.env.now();
        match outcome {
            Ok(()) => Change::ForgetMail { mail_id, attempt },
            Err(MailError::Permanent(error)) => Change::ParkMail { mail_id, attempt, at, error },
            Err(MailError::Temporary(error)) => match next_attempt(attempt, at, self.env.random()) {
                Some(at) => Change::RetryMail { mail_id, attempt, at, error },
                None => Change::ParkMail { mail_id, attempt, at, error },
            },
        }
    }
}
