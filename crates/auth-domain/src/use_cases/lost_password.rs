//! Recovery, first step: somebody asks for a code to reset a password.

use std::sync::Arc;

use crate::Timestamp;
use crate::account::{Account, EmailAddress, LoginName};
use crate::budget::{AttemptSubject, Spent};
use crate::challenge::{ChallengePurpose, Challenged};
use crate::disclosure::Disclosure;
use crate::error_code::{ErrorCode, Refusal};
use crate::mail::NoticeKind;
use crate::ports::{Change, CommitError, StoreUnavailable};
use crate::session::Client;
use crate::tally::MailBudget;
use crate::temp_token::{IssuedTempToken, TempStep};

use super::challenges::Challenges;
use super::notices::notice;
use super::{MAX_ATTEMPTS, mail_budgets};

/// Why no code was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LostPasswordError {
    /// The address is malformed, or nobody has it and that may be told.
    #[error("the address is malformed, or nobody has it")]
    InvalidEmail,
    /// The account has no password, and that may be told.
    #[error("the account has no password")]
    NoPassword,
    /// The budget for mails is spent.
    #[error("the budget for mails is spent for {:?}", .0.retry_after)]
    Spent(Spent),
    /// The database is away.
    #[error(transparent)]
    Unavailable(#[from] StoreUnavailable),
}

impl From<LostPasswordError> for Refusal {
    fn from(error: LostPasswordError) -> Self {
        match error {
            LostPasswordError::InvalidEmail => ErrorCode::InvalidEmail.into(),
            LostPasswordError::NoPassword => ErrorCode::UserLinked.into(),
            LostPasswordError::Spent(spent) => Self::retry_after(ErrorCode::RateLimited, spent.retry_after),
            LostPasswordError::Unavailable(error) => error.into(),
        }
    }
}

/// The use case.
pub struct LostPassword {
    /// Begins the challenge.
    pub challenges: Arc<Challenges>,
    /// Whether strangers are told who has an account.
    pub disclosure: Disclosure,
}

impl LostPassword {
    /// Owes whoever has that address a code, and answers the token to give it with. Where accounts are concealed,
    /// the answer and the work are the same for an address that nobody has.
    pub async fn execute(&self, email: &str, client: &Client) -> Result<IssuedTempToken, LostPasswordError> {
        let email = EmailAddress::parse(email).map_err(|_| LostPasswordError::InvalidEmail)?;
        let subject = self.challenges.subject(&email);
        let name = LoginName::Email(email);
        let store = &*self.challenges.store;
        for _ in 0..MAX_ATTEMPTS {
            let account = store.find_account_by_name(&name).await?;
            let owner = account.as_ref().map(|account| account.id);
            let budget = mail_budgets::for_strangers(store, subject, owner, client.network()).await?;
            let now = self.challenges.clock.now();
            budget.check(now).map_err(LostPasswordError::Spent)?;
            let (token, changes) = self.decide(subject, account, budget, client, now);
            match store.commit(changes).await {
                Ok(()) => return token,
                Err(CommitError::Conflict { .. }) => {}
                Err(_) => break,
            }
        }
        Err(StoreUnavailable.into())
    }

    /// The answer, and what is to be committed before it is told: a refusal counts too.
    fn decide(
        &self,
        subject: AttemptSubject,
        account: Option<Account>,
        budget: MailBudget,
        client: &Client,
        now: Timestamp,
    ) -> (Result<IssuedTempToken, LostPasswordError>, Vec<Change>) {
        let counted = budget.after_mail(now).map(Change::PutTally);
        let refusal = match &account {
            None => Some(LostPasswordError::InvalidEmail),
            Some(account) if account.password_hash.is_none() => Some(LostPasswordError::NoPassword),
            Some(_) => None,
        };
        if let (Some(refusal), Disclosure::Explicit) = (refusal, self.disclosure) {
            return (Err(refusal), counted.collect());
        }
        let purpose = ChallengePurpose::PasswordReset;
        let challenged = match (&account, refusal) {
            (Some(account), None) => Challenged::of(account),
            _ => Challenged::Nobody,
        };
        let (challenge, begun) = self.challenges.begin(subject, challenged, purpose, client, now);
        let mut changes: Vec<Change> = begun.into();
        // Asked again from the same network: the code before is void. From elsewhere it is not, or anybody could
        // keep an owner from recovering.
        let network = client.network().clone();
        changes.push(Change::ReplaceChallenges { subject, purpose, network, by: challenge.id });
        changes.extend(counted);
        if let (Some(account), Some(LostPasswordError::NoPassword)) = (account, refusal) {
            let kind = NoticeKind::ResetWithoutPassword;
            changes.push(notice(&*self.challenges.entropy, &account.email, kind, client, now));
        }
        (Ok(self.challenges.temp_token(challenge.id, TempStep::GivePasswordResetCode, now)), changes)
    }
}
