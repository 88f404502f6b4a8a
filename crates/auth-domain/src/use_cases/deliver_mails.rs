//! Sends the mails that are owed, at least once each: a worker that dies between the server's yes and its
//! own mark leaves a mail that is sent again, under the same name.

use std::sync::Arc;
use std::time::Duration;

use crate::mail::{LeasedMail, next_attempt};
use crate::ports::{Change, Clock, CommitError, Entropy, MailError, Mailer, Store, StoreUnavailable};

/// How many mails a worker takes at once.
const BATCH: u32 = 5;
/// How long a worker may take for them: twice what it takes when each one runs into the mailer's deadline
/// of 30 s, so that no other worker sends one that is still being sent.
const LEASE: Duration = Duration::from_secs(300);

/// What became of a batch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Delivered {
    /// Sent.
    pub sent: usize,
    /// To be tried again.
    pub put_off: usize,
    /// Given up.
    pub parked: usize,
}

/// The use case.
pub struct DeliverMails {
    /// Where owed mails are kept.
    pub store: Arc<dyn Store>,
    /// Sends.
    pub mailer: Arc<dyn Mailer>,
    /// Tells which are due.
    pub clock: Arc<dyn Clock>,
    /// Spreads the retries.
    pub entropy: Arc<dyn Entropy>,
}

impl DeliverMails {
    /// Sends up to a batch of the mails that are due. Any number of workers may do so at once.
    pub async fn run_once(&self) -> Result<Delivered, StoreUnavailable> {
        let now = self.clock.now();
        let mut delivered = Delivered::default();
        for mail in self.store.lease_mails(now, now + LEASE, BATCH).await? {
            let outcome = self.mailer.send(&mail.request).await;
            let change = self.after(&mail, outcome);
            match change {
                Change::MailSent { .. } => delivered.sent += 1,
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

    fn after(&self, mail: &LeasedMail, outcome: Result<(), MailError>) -> Change {
        let (mail_id, attempt) = (mail.request.id, mail.attempt);
        let at = self.clock.now();
        match outcome {
            Ok(()) => Change::MailSent { mail_id, attempt },
            Err(MailError::Permanent(error)) => Change::ParkMail { mail_id, attempt, at, error },
            Err(MailError::Temporary(error)) => match next_attempt(attempt, at, self.entropy.bytes()) {
                Some(at) => Change::RetryMail { mail_id, attempt, at, error },
                None => Change::ParkMail { mail_id, attempt, at, error },
            },
        }
    }
}
