//! Proving an e-mail address by the code that was mailed to it, and having a code mailed again.

use std::sync::Arc;

use crate::ChallengeId;
use crate::account::Account;
use crate::budget::{AttemptSubject, Spent};
use crate::challenge::{Challenge, ChallengePurpose, ChallengeState, Challenged};
use crate::error_code::{ErrorCode, Refusal};
use crate::ports::{Change, CommitError, StoreUnavailable};
use crate::session::Client;
use crate::temp_token::{IssuedTempToken, TempClaims, TempStep};

use super::authenticate::Authenticated;
use super::challenges::{Challenges, GiveCodeError};
use super::{MAX_ATTEMPTS, mail_budgets};

/// Whose address is to be proved.
pub enum AddressOwner {
    /// The bearer of an access token.
    Session(Box<Authenticated>),
    /// The bearer of a temp token of a registration or a login.
    Temp(TempClaims),
}

/// Why an address was not proved, or no code mailed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VerifyEmailError {
    /// The token is good for another step, or used up.
    #[error("the token is good for another step, or used up")]
    WrongToken,
    /// The account is gone.
    #[error("the account is gone")]
    AccountGone,
    /// The code was not accepted.
    #[error(transparent)]
    Code(#[from] GiveCodeError),
    /// The budget for mails is spent.
    #[error("the budget for mails is spent for {:?}", .0.retry_after)]
    Spent(Spent),
    /// The database is away.
    #[error(transparent)]
    Unavailable(#[from] StoreUnavailable),
}

impl From<VerifyEmailError> for Refusal {
    fn from(error: VerifyEmailError) -> Self {
        match error {
            VerifyEmailError::WrongToken => ErrorCode::TempTokenInvalid.into(),
            VerifyEmailError::AccountGone => ErrorCode::Unauthorized.into(),
            VerifyEmailError::Code(error) => error.into(),
            VerifyEmailError::Spent(spent) => Self::retry_after(ErrorCode::RateLimited, spent.retry_after),
            VerifyEmailError::Unavailable(error) => error.into(),
        }
    }
}

/// What became of the wish for another code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Resent {
    /// It is owed; the token that it is to be given with, where it was asked for with one.
    CodeSent(Option<IssuedTempToken>),
    /// The address is proved already: no code is needed.
    AlreadyVerified(Box<Account>),
}

/// The use case.
pub struct VerifyEmail {
    /// Begins, repeats and answers the challenges.
    pub challenges: Arc<Challenges>,
}

impl VerifyEmail {
    /// Proves the address that `code` was mailed to; answers the account.
    pub async fn execute(&self, owner: &AddressOwner, code: &str) -> Result<Account, VerifyEmailError> {
        let challenge_id = match owner {
            AddressOwner::Temp(token) => step_of(token)?,
            AddressOwner::Session(caller) => {
                let newest = self.newest(caller.account()).await?;
                newest.ok_or(GiveCodeError::NoneOutstanding)?.id
            }
        };
        let account = self
            .challenges
            .give_code(challenge_id, ChallengePurpose::VerifyEmail, code, |challenge, account, now| {
                let at = account.next_change_at(now);
                vec![
                    Change::ProveEmail {
                        account_id: account.id,
                        email: account.email.clone(),
                        as_of: account.updated_at,
                        at,
                    },
                    Change::UseChallenge { challenge_id: challenge.id, version: challenge.version },
                ]
            })
            .await;
        let account = account.map_err(|error| match (error, owner) {
            // Used up.
            (GiveCodeError::ChallengeGone, AddressOwner::Temp(_)) => VerifyEmailError::WrongToken,
            (error, _) => error.into(),
        })?;
        Ok(Account { email_verified: true, ..account })
    }

    /// Mails another code, which replaces the one before.
    pub async fn resend(&self, owner: &AddressOwner, client: &Client) -> Result<Resent, VerifyEmailError> {
        let store = &*self.challenges.store;
        for _ in 0..MAX_ATTEMPTS {
            let (challenge, account) = self.challenge_of(owner).await?;
            if let Some(account) = account.as_ref().filter(|account| account.email_verified) {
                return match owner {
                    AddressOwner::Session(_) => Ok(Resent::AlreadyVerified(Box::new(account.clone()))),
                    AddressOwner::Temp(_) => Err(VerifyEmailError::WrongToken),
                };
            }
            let now = self.challenges.clock.now();
            let (id, subject, sent) = match (challenge, &account) {
                (Some(challenge), _) => {
                    (challenge.id, challenge.subject, self.challenges.send_again(challenge, client, now))
                }
                (None, Some(account)) => {
                    let purpose = ChallengePurpose::VerifyEmail;
                    let (challenge, begun) = self.challenges.begin_for(account, purpose, client, now);
                    (challenge.id, challenge.subject, begun)
                }
                (None, None) => return Err(VerifyEmailError::WrongToken),
            };
            let account_id = account.as_ref().map(|account| account.id);
            let budget = mail_budgets::for_strangers(store, subject, account_id, client.network()).await?;
            budget.check(now).map_err(VerifyEmailError::Spent)?;
            let counted = budget.after_mail(now).map(Change::PutTally);
            match store.commit(sent.into_iter().chain(counted).collect()).await {
                Ok(()) => {
                    let token = || self.challenges.temp_token(id, TempStep::GiveVerifyEmailCode, now);
                    return Ok(Resent::CodeSent(matches!(owner, AddressOwner::Temp(_)).then(token)));
                }
                Err(CommitError::Conflict { .. }) => {}
                Err(_) => break,
            }
        }
        Err(StoreUnavailable.into())
    }

    /// The challenge whose code is to be replaced, where it can be, and the account.
    async fn challenge_of(
        &self,
        owner: &AddressOwner,
    ) -> Result<(Option<Challenge>, Option<Account>), VerifyEmailError> {
        let store = &*self.challenges.store;
        let (challenge, account) = match owner {
            AddressOwner::Temp(token) => {
                let found = store.find_challenge(step_of(token)?).await?;
                let (challenge, account) = found.ok_or(VerifyEmailError::WrongToken)?;
                (Some(challenge), account)
            }
            AddressOwner::Session(caller) => {
                let account = store.find_account(caller.account().id).await?.ok_or(VerifyEmailError::AccountGone)?;
                (self.newest(&account).await?, Some(account))
            }
        };
        let of_this_address = |challenge: &Challenge| match &account {
            Some(account) => challenge.is_to(&account.email),
            None => challenge.challenged == Challenged::Nobody,
        };
        let repeatable = |challenge: &Challenge| {
            matches!(challenge.state, ChallengeState::CodeSent { .. }) && of_this_address(challenge)
        };
        Ok((challenge.filter(repeatable), account))
    }

    async fn newest(&self, account: &Account) -> Result<Option<Challenge>, StoreUnavailable> {
        self.challenges.store.find_challenge_of(account.id, ChallengePurpose::VerifyEmail).await
    }
}

/// Why no code was mailed that is to be given before there is a session.
pub(super) enum RequireVerificationError {
    MailsSpent(Spent),
    Unavailable(StoreUnavailable),
}

impl From<StoreUnavailable> for RequireVerificationError {
    fn from(error: StoreUnavailable) -> Self {
        Self::Unavailable(error)
    }
}

/// For a login that waits for the proof of its address: a token for the code that is outstanding; where there is none,
/// a code is mailed.
pub(super) async fn require_verification(
    challenges: &Challenges,
    account: &Account,
    client: &Client,
) -> Result<IssuedTempToken, RequireVerificationError> {
    let (store, purpose) = (&*challenges.store, ChallengePurpose::VerifyEmail);
    for _ in 0..MAX_ATTEMPTS {
        let now = challenges.clock.now();
        let token = |challenge: &Challenge| challenges.temp_token_for(challenge, TempStep::GiveVerifyEmailCode, now);
        let newest = store.find_challenge_of(account.id, purpose).await?;
        if let Some(challenge) = newest.filter(|challenge| challenge.outstanding_code(now).is_ok()) {
            return Ok(token(&challenge));
        }
        let mails = mail_budgets::for_owner(store, AttemptSubject::account(account.id)).await?;
        mails.check(now).map_err(RequireVerificationError::MailsSpent)?;
        let (challenge, begun) = challenges.begin_for(account, purpose, client, now);
        let counted = Change::PutTally(mails.after_one(now));
        match store.commit(begun.into_iter().chain([counted]).collect()).await {
            Ok(()) => return Ok(token(&challenge)),
            Err(CommitError::Conflict { .. }) => {}
            Err(_) => break,
        }
    }
    Err(StoreUnavailable.into())
}

fn step_of(token: &TempClaims) -> Result<ChallengeId, VerifyEmailError> {
    if token.step == TempStep::GiveVerifyEmailCode { Ok(token.challenge_id) } else { Err(VerifyEmailError::WrongToken) }
}
