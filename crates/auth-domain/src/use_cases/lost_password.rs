//! First step of recovery: requests a code to reset a password.

use std::sync::Arc;

use crate::Timestamp;
use crate::account::{Account, Blocked, EmailAddress, LoginName};
use crate::challenge::{ChallengePurpose, Challenged};
use crate::disclosure::Disclosure;
use crate::error_code::{ErrorCode, Refusal};
use crate::mail::NoticeKind;
use crate::ports::{Change, StoreError};
use crate::rate_limit::{AttemptSubject, MailLimit, RateLimited};
use crate::services::{Challenges, Decision, Environment, notice};
use crate::session::Client;
use crate::temp_token::{IssuedTempToken, TempStep};

use super::all::Parts;

/// Why no code was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LostPasswordError {
    /// The address is malformed, or no account has it and the caller may know.
    #[error("the address is malformed, or no account has it")]
    InvalidEmail,
    /// The account has no password, and the caller may know.
    #[error("the account has no password")]
    NoPassword,
    /// The account is suspended, and the caller may know.
    #[error(transparent)]
    Blocked(#[from] Blocked),
    /// The limit for mails is reached.
    #[error("too many mails: try again in {} s", .0.retry_after.as_secs())]
    RateLimited(RateLimited),
    /// The database did not answer, or failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<LostPasswordError> for Refusal {
    fn from(error: LostPasswordError) -> Self {
        match error {
            LostPasswordError::InvalidEmail => ErrorCode::InvalidEmail.into(),
            LostPasswordError::NoPassword => ErrorCode::UserLinked.into(),
            LostPasswordError::Blocked(blocked) => blocked.into(),
            LostPasswordError::RateLimited(limited) => Self::retry_after(ErrorCode::RateLimited, limited.retry_after),
            LostPasswordError::Store(error) => error.into(),
        }
    }
}

/// Mails password reset codes.
pub struct LostPassword {
    env: Environment,
    challenges: Arc<Challenges>,
    disclosure: Disclosure,
}

impl LostPassword {
    pub(super) fn new(parts: &Parts) -> Self {
        let (env, challenges) = (parts.env.clone(), parts.challenges.clone());
        Self { env, challenges, disclosure: parts.policy.disclosure }
    }

    /// Queues a code for the owner of the address, and returns the token to enter it with. If accounts are concealed,
    /// the answer and the work are the same for an address that no account has.
    pub async fn execute(&self, email: &str, client: &Client) -> Result<IssuedTempToken, LostPasswordError> {
        let email = EmailAddress::parse(email).map_err(|_| LostPasswordError::InvalidEmail)?;
        let subject = self.challenges.subject(&email);
        let name = LoginName::Email(email);
        self.env
            .decide(async |_| {
                let account = self.env.store.find_account_by_name(&name).await?;
                let limit = self.challenges.mails_for_strangers(subject, account.as_ref(), client.network()).await?;
                let now = self.env.now();
                limit.check(now).map_err(LostPasswordError::RateLimited)?;
                Ok(self.decision(subject, account, limit, client, now))
            })
            .await
    }

    /// Returns the answer, and what to commit before it is given: a refusal is counted, too.
    fn decision(
        &self,
        subject: AttemptSubject,
        account: Option<Account>,
        limit: MailLimit,
        client: &Client,
        now: Timestamp,
    ) -> Decision<IssuedTempToken, LostPasswordError> {
        let counted = Change::count_strangers_mail(limit, now);
        let refusal = match &account {
            None => Some(LostPasswordError::InvalidEmail),
            Some(account) if account.blocked().is_some() => account.blocked().map(LostPasswordError::Blocked),
            Some(account) if !account.is_recoverable() => Some(LostPasswordError::NoPassword),
            Some(_) => None,
        };
        if let (Some(refusal), Disclosure::Explicit) = (refusal, self.disclosure) {
            return Decision::refuse(refusal, counted.collect());
        }
        let purpose = ChallengePurpose::PasswordReset;
        let challenged = match (&account, refusal) {
            (Some(account), None) => Challenged::of(account),
            _ => Challenged::Nobody,
        };
        let (challenge, begun) = self.challenges.begin(subject, challenged, purpose, client, now);
        let mut changes: Vec<Change> = begun.into();
        // A second request from the same network voids the code before. One from elsewhere does not, or anyone could
        // keep an owner from recovering.
        let network = client.network().clone();
        changes.push(Change::ReplaceChallenges { subject, purpose, network, by: challenge.id });
        changes.extend(counted);
        if let (Some(account), Some(LostPasswordError::NoPassword)) = (account, refusal) {
            let kind = NoticeKind::ResetWithoutPassword;
            changes.push(notice(&*self.env.entropy, &account, kind, client, now));
        }
        Decision::commit(self.challenges.temp_token(challenge.id, TempStep::GivePasswordResetCode, now), changes)
    }
}
