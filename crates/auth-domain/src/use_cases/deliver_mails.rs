//! Sends the queued mails, at least once each: if a worker dies after the server has accepted a mail and before its own
//! commit, the mail is sent again, with the same id and the same code. After a notice, similar ones are held back for a
//! while, and an address that was never verified receives few of them a day.

use std::sync::Arc;
use std::time::Duration;

use crate::account::Account;
use crate::challenge::{Challenge, ChallengePurpose};
use crate::invitation::{Invitation, InvitationChannel, InvitationClaims};
use crate::mail::{
    LEASE, LeasedMail, MAX_ATTEMPTS, MailContent, Notice, OutgoingContent, OutgoingMail, QUIET, next_attempt,
    without_addresses,
};
use crate::ports::{Change, CodeClaims, Codes, InvitationTokens, MailError, Mailer, StoreError};
use crate::rate_limit::RateLimited;
use crate::services::{Challenges, Environment};

use crate::{Language, MailId, Timestamp};

use super::all::Parts;

/// The outcome of the mails that were due.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Delivered {
    /// How many were sent.
    pub sent: usize,
    /// How many are to be retried.
    pub put_off: usize,
    /// How many were given up.
    pub parked: usize,
    /// How many were dropped because what they would say is no longer of use.
    pub dropped: usize,
    /// The mail that was not sent, if the mail server refused one.
    pub not_sent: Option<MailNotSent>,
}

/// A mail that was not sent, for the log, without addresses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MailNotSent {
    /// The id of the mail.
    pub id: MailId,
    /// Its kind.
    pub kind: &'static str,
    /// What the mail server answered, without addresses.
    pub error: String,
    /// When it is retried; `None` if it was given up.
    pub next_attempt_at: Option<Timestamp>,
}

/// Sends the queued mails.
pub struct DeliverMails {
    env: Environment,
    challenges: Arc<Challenges>,
    codes: Arc<dyn Codes>,
    invitation_tokens: Arc<dyn InvitationTokens>,
    mailer: Arc<dyn Mailer>,
    default_language: Language,
}

impl DeliverMails {
    pub(super) fn new(parts: &Parts) -> Self {
        Self {
            env: parts.env.clone(),
            challenges: parts.challenges.clone(),
            codes: parts.ports.codes.clone(),
            invitation_tokens: parts.ports.invitation_tokens.clone(),
            mailer: parts.ports.mailer.clone(),
            default_language: parts.policy.default_language,
        }
    }

    /// Waits until there may be something to send, but no longer than `at_most`.
    pub async fn wait(&self, at_most: Duration) {
        self.env.store.wait_for_outbox(at_most).await;
    }

    /// Sends the mail that has been due longest, if any. Any number of workers may do so at once.
    pub async fn run_once(&self) -> Result<Delivered, StoreError> {
        match self.lease().await? {
            Some(mail) => self.deliver(&mail).await,
            None => Ok(Delivered::default()),
        }
    }

    /// Leases the mail that has been due longest, if any, for a minute in which no other worker gets it.
    pub async fn lease(&self) -> Result<Option<LeasedMail>, StoreError> {
        let now = self.env.now();
        Ok(self.env.store.lease_mails(now, now + LEASE, 1).await?.pop())
    }

    /// Sends a mail that was just leased.
    pub async fn deliver(&self, mail: &LeasedMail) -> Result<Delivered, StoreError> {
        let mut delivered = Delivered::default();
        let change = match &mail.request.content {
            // No worker was left to count the last attempt. Without this, a mail that crashes every worker would be
            // tried for ever.
            _ if mail.attempt > MAX_ATTEMPTS => {
                let error = MailError::Permanent("every attempt to send it was broken off".to_owned());
                self.failed(mail, error, &mut delivered)
            }
            MailContent::Notice(notice) => self.deliver_notice(mail, notice, &mut delivered).await?,
            MailContent::Invitation(id) => {
                let found = self.env.store.find_invitation(*id).await?;
                let invitation = found.and_then(|invitation| self.invitation(&invitation));
                self.deliver_secret(mail, invitation, mail.request.language, &mut delivered).await
            }
            MailContent::Code { challenge_id, purpose, send_number } => {
                let found = self.env.store.find_challenge(*challenge_id).await?;
                // That of the owner as it is now, whoever asked for the code.
                let language = found.as_ref().and_then(|(_, account)| account.as_ref()?.language());
                let code =
                    found.and_then(|(challenge, account)| self.code(&challenge, account?, *purpose, *send_number));
                self.deliver_secret(mail, code, language, &mut delivered).await
            }
        };
        // If it was lost, the lease has expired and another worker has the mail now.
        self.env.commit_unless_lost(change).await?;
        Ok(delivered)
    }

    async fn deliver_notice(
        &self,
        mail: &LeasedMail,
        notice: &Notice,
        delivered: &mut Delivered,
    ) -> Result<Change, StoreError> {
        if let Err(limited) = self.count(mail, notice).await? {
            delivered.put_off += 1;
            return Ok(self.hold(mail, 0, limited.retry_after));
        }
        let content = OutgoingContent::Notice { notice: notice.clone(), times: mail.times };
        Ok(match self.send(mail, content, mail.request.language).await {
            Ok(()) => {
                delivered.sent += 1;
                self.hold(mail, mail.times, QUIET)
            }
            Err(error) => self.failed(mail, error, delivered),
        })
    }

    /// Counts a mail to a never verified address at its first attempt, so that a retry is not counted again.
    async fn count(&self, mail: &LeasedMail, notice: &Notice) -> Result<Result<(), RateLimited>, StoreError> {
        if notice.address_proved || mail.attempt > 1 {
            return Ok(Ok(()));
        }
        let subject = self.challenges.subject(&mail.request.to);
        // A round is lost only to one more counted mail, so the limit ends the loop.
        loop {
            let (limit, now) = (self.challenges.notices_to_unproved_address(subject).await?, self.env.now());
            if let Err(limited) = limit.check_up_to(notice.kind.most_unproved(), now) {
                return Ok(Err(limited));
            }
            if self.env.commit_unless_lost(Change::count_mail(limit, now)).await? {
                return Ok(Ok(()));
            }
        }
    }

    fn hold(&self, mail: &LeasedMail, told: u32, wait: Duration) -> Change {
        let now = self.env.now();
        Change::HoldNotice {
            mail_id: mail.request.id,
            attempt: mail.attempt,
            told,
            next_id: MailId::generate(now, self.env.random()),
            until: now + wait,
        }
    }

    /// Sends a code or an invitation; drops the mail if there is none any more.
    async fn deliver_secret(
        &self,
        mail: &LeasedMail,
        secret: Option<OutgoingContent>,
        language: Option<Language>,
        delivered: &mut Delivered,
    ) -> Change {
        let outcome = match secret {
            Some(secret) => self.send(mail, secret, language).await.map(|()| &mut delivered.sent),
            None => Ok(&mut delivered.dropped),
        };
        match outcome {
            Ok(counter) => {
                *counter += 1;
                Change::ForgetMail { mail_id: mail.request.id, attempt: mail.attempt }
            }
            Err(error) => self.failed(mail, error, delivered),
        }
    }

    async fn send(
        &self,
        mail: &LeasedMail,
        content: OutgoingContent,
        language: Option<Language>,
    ) -> Result<(), MailError> {
        let (id, at) = (mail.request.id, mail.request.at);
        let (to, client) = (mail.request.to.clone(), mail.request.client.clone());
        let language = language.unwrap_or(self.default_language);
        self.mailer.send(&OutgoingMail { id, to, at, client, language, content }).await
    }

    /// Returns the content of an invitation's mail; `None` if it can no longer be used.
    fn invitation(&self, invitation: &Invitation) -> Option<OutgoingContent> {
        let claims = InvitationClaims { id: invitation.id, channel: InvitationChannel::Mailed };
        let token = self.invitation_tokens.issue(&claims, &invitation.key_id)?;
        let content = OutgoingContent::Invitation { token, expires_at: invitation.expires_at };
        invitation.is_usable(self.env.now()).then_some(content)
    }

    /// Returns the content of a code's mail; `None` if the code is no longer outstanding.
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

    fn failed(&self, mail: &LeasedMail, error: MailError, delivered: &mut Delivered) -> Change {
        let (mail_id, attempt, now) = (mail.request.id, mail.attempt, self.env.now());
        let (retry, error) = match error {
            MailError::Permanent(error) => (None, error),
            MailError::Temporary(error) => (next_attempt(attempt, now, self.env.random()), error),
        };
        delivered.not_sent = Some(MailNotSent {
            id: mail_id,
            kind: mail.request.content.kind(),
            error: without_addresses(&error),
            next_attempt_at: retry,
        });
        match retry {
            Some(at) => {
                delivered.put_off += 1;
                Change::RetryMail { mail_id, attempt, at, error }
            }
            None => {
                delivered.parked += 1;
                Change::ParkMail { mail_id, attempt, at: now, error }
            }
        }
    }
}
