//! Verifies an e-mail address with the code that was mailed to it, and mails another code on request.

use std::sync::Arc;

use crate::account::{Account, EmailAddress};
use crate::challenge::{Challenge, ChallengePurpose, ChallengeState, Challenged};
use crate::disclosure::Disclosure;
use crate::error_code::{ErrorCode, Refusal};
use crate::event::EventKind;
use crate::mail::{Notice, NoticeKind};
use crate::ports::{Change, StoreError};
use crate::rate_limit::{AttemptSubject, RateLimited};
use crate::services::{Announcements, Challenges, Decision, Environment, GiveCodeError, notice_to};
use crate::session::Client;
use crate::temp_token::{IssuedTempToken, TempStep};
use crate::{ChallengeId, Timestamp};

use super::PendingStep;
use super::all::Parts;
use super::authenticate::Authenticated;

/// The owner of the address that is to be verified.
pub enum AddressOwner {
    /// The bearer of an access token.
    Session(Box<Authenticated>),
    /// The bearer of a temp token of a registration or a login.
    Temp(PendingStep),
}

/// Why an address was not verified, or no code mailed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VerifyEmailError {
    /// The token belongs to another step, or was used.
    #[error("the token is for another step, or was already used")]
    WrongToken,
    /// The account was deleted.
    #[error("the account no longer exists")]
    AccountGone,
    /// The code was not accepted.
    #[error(transparent)]
    Code(#[from] GiveCodeError),
    /// The limit for mails is reached.
    #[error("too many mails: try again in {} s", .0.retry_after.as_secs())]
    RateLimited(RateLimited),
    /// The database did not answer, or failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<VerifyEmailError> for Refusal {
    fn from(error: VerifyEmailError) -> Self {
        match error {
            VerifyEmailError::WrongToken => ErrorCode::TempTokenInvalid.into(),
            VerifyEmailError::AccountGone => ErrorCode::Unauthorized.into(),
            VerifyEmailError::Code(error) => error.into(),
            VerifyEmailError::RateLimited(limited) => Self::retry_after(ErrorCode::RateLimited, limited.retry_after),
            VerifyEmailError::Store(error) => error.into(),
        }
    }
}

/// The outcome of a request for another code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Resent {
    /// It is queued; the token to enter it with, if the request had a temp token.
    CodeSent(Option<IssuedTempToken>),
    /// The address is already verified, so no code is needed.
    AlreadyVerified(Box<Account>),
}

/// Verifies e-mail addresses.
pub struct VerifyEmail {
    env: Environment,
    challenges: Arc<Challenges>,
    announcements: Arc<Announcements>,
}

impl VerifyEmail {
    pub(super) fn new(parts: &Parts) -> Self {
        Self {
            env: parts.env.clone(),
            challenges: parts.challenges.clone(),
            announcements: parts.announcements.clone(),
        }
    }

    /// Verifies the address to which `code` was mailed, which also makes a pending change of address, and returns the
    /// account.
    pub async fn execute(
        &self,
        owner: &AddressOwner,
        code: &str,
        client: &Client,
    ) -> Result<Account, VerifyEmailError> {
        // A session guesses from its own network, whoever requested the code.
        let (challenge_id, from, session) = match owner {
            AddressOwner::Temp(token) => (step_of(token)?, None, None),
            AddressOwner::Session(caller) => {
                let newest = self.newest(caller.account()).await?;
                let challenge_id = newest.ok_or(GiveCodeError::NoneOutstanding)?.id;
                (challenge_id, Some(client.network()), Some(caller.session()))
            }
        };
        let account = self
            .challenges
            .give_code(challenge_id, ChallengePurpose::VerifyEmail, code, from, |challenge, account, now| {
                let mut changes = match account.pending_email(now).filter(|pending| challenge.is_to(pending)) {
                    Some(pending) => self.change_address(account, pending, client, now),
                    None => vec![prove(account, now)],
                };
                changes.push(Change::UseChallenge { challenge_id: challenge.id, version: challenge.version });
                changes.extend(session.map(Change::require));
                changes
            })
            .await;
        let account = account.map_err(|error| match (error, owner) {
            // It was used up.
            (GiveCodeError::ChallengeGone, AddressOwner::Temp(_)) => VerifyEmailError::WrongToken,
            (error, _) => error.into(),
        })?;
        Ok(proved(account, self.env.now()))
    }

    /// Changes the address and notifies both. Codes that went to the old one are void.
    fn change_address(&self, account: &Account, to: &EmailAddress, client: &Client, now: Timestamp) -> Vec<Change> {
        let (account_id, from, at) = (account.id, account.email.clone(), account.next_change_at(now));
        let told = |address, kind| {
            let notice = Notice::new(kind, true);
            notice_to(&*self.env.entropy, (account, address), notice, client, now)
        };
        vec![
            Change::ChangeEmail { account_id, from, revision: account.revision(), to: to.clone(), verified: true, at },
            Change::ForgetChallengesOf(account_id),
            self.announcements.announce(EventKind::EmailChanged, account_id, at),
            told(&account.email, NoticeKind::EmailChanged),
            told(to, NoticeKind::EmailNowUsed),
        ]
    }

    /// Mails another code, which replaces the one before.
    pub async fn resend(&self, owner: &AddressOwner, client: &Client) -> Result<Resent, VerifyEmailError> {
        self.env
            .decide(async |_| {
                let (challenge, account) = self.challenge_of(owner).await?;
                let now = self.env.now();
                let pending = account.as_ref().and_then(|account| Some((account, account.pending_email(now)?)));
                if let Some((account, pending)) = pending {
                    return self.resend_to_pending(challenge, account, pending, client, now).await;
                }
                if let Some(account) = account.as_ref().filter(|account| account.email_verified) {
                    return match owner {
                        AddressOwner::Session(_) => {
                            Ok(Decision::nothing(Resent::AlreadyVerified(Box::new(account.clone()))))
                        }
                        AddressOwner::Temp(_) => Err(VerifyEmailError::WrongToken),
                    };
                }
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
                let limit = self.challenges.mails_for_strangers(subject, account.as_ref(), client.network()).await?;
                limit.check(now).map_err(VerifyEmailError::RateLimited)?;
                let counted = Change::count_strangers_mail(limit, now);
                let token = || self.challenges.temp_token(id, TempStep::GiveVerifyEmailCode, now);
                let resent = Resent::CodeSent(matches!(owner, AddressOwner::Temp(_)).then(token));
                Ok(Decision::commit(resent, sent.into_iter().chain(counted).collect()))
            })
            .await
    }

    /// Mails another code to the address that is to replace the account's. Only a session gets here: a login waits for
    /// the account's own address.
    async fn resend_to_pending(
        &self,
        challenge: Option<Challenge>,
        account: &Account,
        pending: &EmailAddress,
        client: &Client,
        now: Timestamp,
    ) -> Result<Decision<Resent, VerifyEmailError>, VerifyEmailError> {
        let sent = match challenge {
            Some(challenge) => self.challenges.send_again(challenge, client, now),
            None => self.challenges.begin_for_pending(account, pending, client, now).1,
        };
        let of_owner = self.challenges.mails_for_owner(AttemptSubject::Account(account.id)).await?;
        let of_address = self.challenges.mails_to_pending_address(self.challenges.subject(pending)).await?;
        for limit in [&of_owner, &of_address] {
            limit.check(now).map_err(VerifyEmailError::RateLimited)?;
        }
        let counted = [of_owner, of_address].map(|limit| Change::count_mail(limit, now));
        Ok(Decision::commit(Resent::CodeSent(None), sent.into_iter().chain(counted).collect()))
    }

    /// Returns the challenge whose code is to be replaced, if there is one, and the account.
    async fn challenge_of(
        &self,
        owner: &AddressOwner,
    ) -> Result<(Option<Challenge>, Option<Account>), VerifyEmailError> {
        let store = &*self.env.store;
        let (challenge, account) = match owner {
            AddressOwner::Temp(token) => {
                let found = store.find_challenge(step_of(token)?).await?;
                let (challenge, account) = found.ok_or(VerifyEmailError::WrongToken)?;
                if let Some(blocked) = account.as_ref().and_then(Account::blocked) {
                    return Err(match self.challenges.disclosure {
                        Disclosure::Explicit => GiveCodeError::from(blocked).into(),
                        Disclosure::Concealed => VerifyEmailError::WrongToken,
                    });
                }
                (Some(challenge), account)
            }
            AddressOwner::Session(caller) => {
                let account = store.find_account(caller.account().id).await?.ok_or(VerifyEmailError::AccountGone)?;
                (self.newest(&account).await?, Some(account))
            }
        };
        let of_this_address = |challenge: &Challenge| match &account {
            Some(account) => challenge.is_to(account.pending_email(self.env.now()).unwrap_or(&account.email)),
            None => challenge.challenged == Challenged::Nobody,
        };
        let repeatable = |challenge: &Challenge| {
            matches!(challenge.state, ChallengeState::CodeSent { .. }) && of_this_address(challenge)
        };
        Ok((challenge.filter(repeatable), account))
    }

    async fn newest(&self, account: &Account) -> Result<Option<Challenge>, StoreError> {
        self.env.store.find_challenge_of(account.id, ChallengePurpose::VerifyEmail).await
    }
}

fn prove(account: &Account, now: Timestamp) -> Change {
    let (email, revision, at) = (account.email.clone(), account.revision(), account.next_change_at(now));
    Change::ProveEmail { account_id: account.id, email, revision, at }
}

/// Returns the account after its address was verified: the pending one, if the current one was already verified.
fn proved(account: Account, now: Timestamp) -> Account {
    let email = account.pending_email(now).filter(|_| account.email_verified).unwrap_or(&account.email).clone();
    Account { email, email_verified: true, ever_proved: true, pending_email: None, ..account }
}

fn step_of(step: &PendingStep) -> Result<ChallengeId, VerifyEmailError> {
    if step.step() == TempStep::GiveVerifyEmailCode {
        Ok(step.challenge_id())
    } else {
        Err(VerifyEmailError::WrongToken)
    }
}
