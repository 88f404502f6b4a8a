//! Sends the mails that are owed, at least once each: a worker that dies between the server's yes and its
//! own mark leaves a mail that is sent again, under the same name and with the same code.

use std::sync::Arc;
use std::time::Duration;

use crate::account::Account;
use crate::challenge::{Challenge, ChallengePurpose, ChallengeState, Challenged};
use crate::mail::{LeasedMail, Letter, MailContent, MailRequest, Words, next_attempt};
use crate::ports::{
    Change, Clock, CodeClaims, Codes, CommitError, Entropy, MailError, Mailer, Store, StoreUnavailable,
};

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
    /// Where owed mails are kept.
    pub store: Arc<dyn Store>,
    /// Derives the codes that some carry.
    pub codes: Arc<dyn Codes>,
    /// Sends.
    pub mailer: Arc<dyn Mailer>,
    /// Tells which are due.
    pub clock: Arc<dyn Clock>,
    /// Spreads the retries.
    pub entropy: Arc<dyn Entropy>,
}

impl DeliverMails {
    /// Sends the mail that has been due longest, if any. Any number of workers may do so at once.
    pub async fn run_once(&self) -> Result<Delivered, StoreUnavailable> {
        let now = self.clock.now();
        let mut delivered = Delivered::default();
        for mail in self.store.lease_mails(now, now + LEASE, 1).await? {
            let letter = self.letter(&mail.request).await?;
            let written = letter.is_some();
            let change = match letter {
                Some(letter) => self.after(&mail, self.mailer.send(&letter).await),
                None => Change::ForgetMail { mail_id: mail.request.id, attempt: mail.attempt },
            };
            match change {
                Change::ForgetMail { .. } if written => delivered.sent += 1,
                Change::ForgetMail { .. } => delivered.dropped += 1,
                Change::ParkMail { .. } => delivered.parked += 1,
                _ => delivered.put_off += 1,
            }
            match self.store.commit(vec![change]).await {
                // A conflict: the lease ran out, and another worker has the mail now.
                Ok(()) | Err(CommitError::Conflict { .. }) => {}
                Err(_) => return Err(StoreUnavailable),
            }
        }
        Ok(delivered)
    }

    /// The mail with what it says; `None` when its code is not outstanding any more, or is nobody's.
    async fn letter(&self, request: &MailRequest) -> Result<Option<Letter>, StoreUnavailable> {
        let words = match request.content {
            MailContent::Notice(kind) => Some(Words::Notice(kind)),
            MailContent::Code { challenge_id, purpose, send_number } => {
                let found = self.store.find_challenge(challenge_id).await?;
                found.and_then(|(challenge, account)| self.code(&challenge, account?, purpose, send_number))
            }
        };
        let MailRequest { id, to, at, client, .. } = request.clone();
        Ok(words.map(|words| Letter { id, to, at, client, words }))
    }

    fn code(
        &self,
        challenge: &Challenge,
        account: Account,
        purpose: ChallengePurpose,
        send_number: u32,
    ) -> Option<Words> {
        let outstanding = challenge.outstanding_code(self.clock.now()).ok()?;
        let ChallengeState::CodeSent { code_expires_at, .. } = challenge.state else { return None };
        let Challenged::Account { credential_version, .. } = &challenge.challenged else { return None };
        let overtaken = purpose == ChallengePurpose::PasswordReset && *credential_version != account.credential_version;
        if outstanding != send_number || overtaken || !challenge.is_to(&account.email) {
            return None;
        }
        let claims = CodeClaims { challenge_id: challenge.id, purpose, send_number };
        let code = self.codes.derive(&claims, &challenge.key_id)?;
        Some(Words::Code { purpose, code, expires_at: code_expires_at })
    }

    fn after(&self, mail: &LeasedMail, outcome: Result<(), MailError>) -> Change {
        let (mail_id, attempt) = (mail.request.id, mail.attempt);
        let at = self.clock.now();
        match outcome {
            Ok(()) => Change::ForgetMail { mail_id, attempt },
            Err(MailError::Permanent(error)) => Change::ParkMail { mail_id, attempt, at, error },
            Err(MailError::Temporary(error)) => match next_attempt(attempt, at, self.entropy.bytes()) {
                Some(at) => Change::RetryMail { mail_id, attempt, at, error },
                None => Change::ParkMail { mail_id, attempt, at, error },
            },
        }
    }
}
