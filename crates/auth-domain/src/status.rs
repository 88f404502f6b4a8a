//! The state of the service at a glance, for those who look after it, and what in it deserves attention.

use std::time::Duration;

use crate::Timestamp;
use crate::load::{FileCheck, OutboxDepth};
use crate::mail::{ParkedMail, WaitingMail};
use crate::named::named;
use crate::retired_key::RetiredKey;
use crate::signing_key::{SigningKey, SigningKeyState, states_at};

/// Keys rotate every 30 days; if one has signed for longer than this, no node rotates them.
pub const OLD_SIGNING_KEY: Duration = Duration::from_secs(35 * 86_400);
/// How long a rehearsed restore shows that backups work.
pub const OLD_RESTORE: Duration = Duration::from_secs(35 * 86_400);
/// For how long a mail or an event may wait before something is wrong.
pub const LATE: Duration = Duration::from_secs(600);

named! {
    /// Something that deserves attention.
    pub enum Concern {
        /// Mails were given up.
        MailsFailed = "mails_failed",
        /// A mail has been waiting for more than ten minutes.
        MailsLate = "mails_late",
        /// An event has been waiting for more than ten minutes.
        EventsLate = "events_late",
        /// There is no signing key yet.
        NoSigningKey = "no_signing_key",
        /// The signing key has been in use for more than 35 days.
        SigningKeyOld = "signing_key_old",
        /// No restore has been rehearsed.
        RestoreNeverVerified = "restore_never_verified",
        /// The last rehearsed restore was more than 35 days ago.
        RestoreOld = "restore_old",
        /// The database's file is damaged.
        FileDamaged = "file_damaged",
    }
}

/// What is known of the service, over all nodes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceStatus {
    /// When it was read.
    pub at: Timestamp,
    /// How many mails and events are queued or were given up.
    pub outbox: OutboxDepth,
    /// The mails that wait, the longest due first.
    pub waiting_mails: Vec<WaitingMail>,
    /// The mails that were given up, latest first.
    pub parked_mails: Vec<ParkedMail>,
    /// The published signing keys, oldest first.
    pub signing_keys: Vec<SigningKey>,
    /// What is kept of retired master keys.
    pub retired_keys: Vec<RetiredKey>,
    /// When a restore was last rehearsed.
    pub verified_restore: Option<Timestamp>,
    /// The state of the file that holds an embedded database.
    pub file: FileCheck,
}

impl ServiceStatus {
    /// Returns what deserves attention, the most urgent first.
    pub fn concerns(&self) -> Vec<Concern> {
        let late = |since: Option<Timestamp>| since.is_some_and(|since| self.at.since(since) > LATE);
        let found = [
            (self.file == FileCheck::Damaged).then_some(Concern::FileDamaged),
            late(self.outbox.oldest_mail).then_some(Concern::MailsLate),
            (self.outbox.parked_mails > 0).then_some(Concern::MailsFailed),
            late(self.outbox.oldest_delivery).then_some(Concern::EventsLate),
            self.signing_key_concern(),
            self.restore_concern(),
        ];
        found.into_iter().flatten().collect()
    }

    fn signing_key_concern(&self) -> Option<Concern> {
        let mut states = states_at(&self.signing_keys, self.at);
        match states.find(|(_, state)| *state == SigningKeyState::Current) {
            None => Some(Concern::NoSigningKey),
            Some((key, _)) => (self.at.since(key.active_from) > OLD_SIGNING_KEY).then_some(Concern::SigningKeyOld),
        }
    }

    fn restore_concern(&self) -> Option<Concern> {
        match self.verified_restore {
            None => Some(Concern::RestoreNeverVerified),
            Some(at) => (self.at.since(at) > OLD_RESTORE).then_some(Concern::RestoreOld),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SigningKeyId;

    const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);
    const MOMENT: Duration = Duration::from_micros(1);

    fn ago(age: Duration) -> Timestamp {
        NOW - age
    }

    fn key(active_from: Timestamp) -> SigningKey {
        let id = SigningKeyId::generate(NOW, [1; 32]);
        SigningKey { id, sequence: 1, active_from, public_key: Vec::new(), sealed_private_key: Vec::new() }
    }

    fn healthy() -> ServiceStatus {
        ServiceStatus {
            at: NOW,
            outbox: OutboxDepth { mails: 1, oldest_mail: Some(ago(LATE)), ..OutboxDepth::default() },
            waiting_mails: Vec::new(),
            parked_mails: Vec::new(),
            signing_keys: vec![key(ago(OLD_SIGNING_KEY))],
            retired_keys: Vec::new(),
            verified_restore: Some(ago(OLD_RESTORE)),
            file: FileCheck::Sound,
        }
    }

    #[test]
    fn nothing_is_of_concern_up_to_each_limit() {
        assert_eq!(healthy().concerns(), []);
        assert_eq!(ServiceStatus { file: FileCheck::Unknown, ..healthy() }.concerns(), []);
    }

    #[test]
    fn each_limit_that_is_passed_is_a_concern() {
        let outbox = |outbox| ServiceStatus { outbox, ..healthy() };
        let late = Some(ago(LATE + MOMENT));
        for (status, concern) in [
            (outbox(OutboxDepth { oldest_mail: late, ..OutboxDepth::default() }), Concern::MailsLate),
            (outbox(OutboxDepth { oldest_delivery: late, ..OutboxDepth::default() }), Concern::EventsLate),
            (outbox(OutboxDepth { parked_mails: 1, ..OutboxDepth::default() }), Concern::MailsFailed),
            (ServiceStatus { signing_keys: Vec::new(), ..healthy() }, Concern::NoSigningKey),
            (
                ServiceStatus { signing_keys: vec![key(ago(OLD_SIGNING_KEY + MOMENT))], ..healthy() },
                Concern::SigningKeyOld,
            ),
            (ServiceStatus { verified_restore: None, ..healthy() }, Concern::RestoreNeverVerified),
            (ServiceStatus { verified_restore: Some(ago(OLD_RESTORE + MOMENT)), ..healthy() }, Concern::RestoreOld),
            (ServiceStatus { file: FileCheck::Damaged, ..healthy() }, Concern::FileDamaged),
        ] {
            assert_eq!(status.concerns(), [concern]);
        }
    }
}
