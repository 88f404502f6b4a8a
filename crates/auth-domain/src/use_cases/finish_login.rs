//! Finishing a login with a second factor, and having its code mailed.

use std::sync::Arc;

use crate::Timestamp;
use crate::account::Account;
use crate::budget::{AttemptSubject, Spent};
use crate::challenge::{Challenge, ChallengePurpose, Challenged};
use crate::error_code::{ErrorCode, Refusal};
use crate::ports::{Change, CommitError, NoSigningKey, StoreUnavailable};
use crate::session::{AuthenticationMethod, Client};
use crate::tally::TallyKind;
use crate::temp_token::{TempClaims, TempStep};
use crate::two_factor::Method;

use super::second_factor::{MethodUnusable, SecondFactor, SecondFactors, is_replay};
use super::session_tokens::{LoggedIn, SessionTokens};
use super::{MAX_ATTEMPTS, mail_budgets};

/// Codes for one login are mailed at most once in so long.
const MAILS_APART: std::time::Duration = std::time::Duration::from_secs(60);

/// Why the login is not finished.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FinishLoginError {
    /// The token is good for another step, used up, or overtaken by a change of password.
    #[error("the token is good for another step, or used up")]
    WrongToken,
    /// The method cannot be used.
    #[error(transparent)]
    Unusable(#[from] MethodUnusable),
    /// The code is wrong, or was used before.
    #[error("the code is wrong")]
    WrongCode,
    /// A budget is spent: for wrong codes, or for mails.
    #[error("the budget is spent for {:?}", .0.retry_after)]
    Spent(Spent),
    /// No access token could be signed.
    #[error(transparent)]
    NoSigningKey(#[from] NoSigningKey),
    /// The database is away.
    #[error(transparent)]
    Unavailable(#[from] StoreUnavailable),
}

impl From<FinishLoginError> for Refusal {
    fn from(error: FinishLoginError) -> Self {
        match error {
            FinishLoginError::WrongToken => ErrorCode::TempTokenInvalid.into(),
            FinishLoginError::Unusable(error) => error.into(),
            FinishLoginError::WrongCode => ErrorCode::OtpInvalid.into(),
            FinishLoginError::Spent(spent) => Self::retry_after(ErrorCode::RateLimited, spent.retry_after),
            FinishLoginError::NoSigningKey(error) => error.into(),
            FinishLoginError::Unavailable(error) => error.into(),
        }
    }
}

/// The use case.
pub struct FinishLogin {
    /// Judges what is given; brings challenges, store, clock and entropy.
    pub second_factors: Arc<SecondFactors>,
    /// Issues the tokens.
    pub session_tokens: Arc<SessionTokens>,
}

impl FinishLogin {
    /// Opens the session that `token` waits for. Each verdict is committed before it is told, under the account's
    /// budget, which all purposes and all tokens share.
    pub async fn execute(
        &self,
        token: &TempClaims,
        given: &SecondFactor,
        client: &Client,
    ) -> Result<LoggedIn, FinishLoginError> {
        let store = &self.second_factors.challenges.store;
        // A step of the app that another login used up in this moment is a wrong code.
        let mut replayed = false;
        for _ in 0..MAX_ATTEMPTS {
            let (challenge, account, first) = self.pending(token).await?;
            let now = self.second_factors.challenges.clock.now();
            let subject = AttemptSubject::account(account.id);
            let misses = store.find_tally(subject, &TallyKind::SecondFactorMisses).await?;
            misses.check(now).map_err(FinishLoginError::Spent)?;
            let verdict = self.second_factors.judge(&account, &challenge, given, client, now)?;
            let (outcome, changes) = match verdict.settle(replayed, misses, now) {
                Ok(used) => {
                    let use_challenge = Change::UseChallenge { challenge_id: challenge.id, version: challenge.version };
                    let (logged_in, changes) = self.open(account, used, first, client, now)?;
                    (Ok(logged_in), changes.into_iter().chain([use_challenge]).collect())
                }
                Err(counted) => (Err(FinishLoginError::WrongCode), counted),
            };
            match store.commit(changes.clone()).await {
                Ok(()) => return outcome,
                Err(CommitError::Conflict { change }) => {
                    replayed |= is_replay(&changes, change);
                }
                Err(_) => break,
            }
        }
        Err(StoreUnavailable.into())
    }

    /// Mails the code of this login.
    pub async fn send_code(&self, token: &TempClaims, client: &Client) -> Result<(), FinishLoginError> {
        let challenges = &self.second_factors.challenges;
        for _ in 0..MAX_ATTEMPTS {
            let (challenge, account, _) = self.pending(token).await?;
            let now = challenges.clock.now();
            if !account.two_factor.is_enabled(Method::Email) {
                let enrolled = account.two_factor.is_enrolled(Method::Email);
                return Err(if enrolled { MethodUnusable::Disabled } else { MethodUnusable::NotSet }.into());
            }
            if let Some(free_at) = challenge.sent_at(challenges.lifetimes).map(|at| at + MAILS_APART)
                && now < free_at
            {
                return Err(FinishLoginError::Spent(Spent { retry_after: free_at.since(now) }));
            }
            let mails = mail_budgets::for_owner(&*challenges.store, AttemptSubject::account(account.id)).await?;
            mails.check(now).map_err(FinishLoginError::Spent)?;
            let sent = challenges.send_again(challenge, client, now);
            let counted = Change::PutTally(mails.after_one(now));
            match challenges.store.commit(sent.into_iter().chain([counted]).collect()).await {
                Ok(()) => return Ok(()),
                Err(CommitError::Conflict { .. }) => {}
                Err(_) => break,
            }
        }
        Err(StoreUnavailable.into())
    }

    /// The pending login that a token stands for, its account, and how its owner began it.
    async fn pending(
        &self,
        token: &TempClaims,
    ) -> Result<(Challenge, Account, AuthenticationMethod), FinishLoginError> {
        let first = match token.step {
            TempStep::GiveSecondFactor => AuthenticationMethod::Password,
            TempStep::GiveSecondFactorAfterReset => AuthenticationMethod::MailedCode,
            TempStep::GiveSecondFactorAfterProvider => AuthenticationMethod::IdentityProvider,
            TempStep::GivePasswordResetCode | TempStep::SetPassword | TempStep::GiveVerifyEmailCode => {
                return Err(FinishLoginError::WrongToken);
            }
        };
        let found = self.second_factors.challenges.store.find_challenge(token.challenge_id).await?;
        let Some((challenge, Some(account))) = found else { return Err(FinishLoginError::WrongToken) };
        let current = match &challenge.challenged {
            Challenged::Account { credential_version, .. } => *credential_version == account.credential_version,
            Challenged::Nobody => false,
        };
        if !current || !challenge.is_to(&account.email) || challenge.purpose != ChallengePurpose::TwoFactorLogin {
            return Err(FinishLoginError::WrongToken);
        }
        Ok((challenge, account, first))
    }

    /// The session, and the changes that open it and use up what was given. What locks the account for itself comes
    /// first: a lock that is shared before cannot be had alone after.
    fn open(
        &self,
        mut account: Account,
        used: Vec<Change>,
        first: AuthenticationMethod,
        client: &Client,
        now: Timestamp,
    ) -> Result<(LoggedIn, Vec<Change>), NoSigningKey> {
        let (mut changes, rest): (Vec<_>, Vec<_>) =
            used.into_iter().partition(|change| matches!(change, Change::PutTwoFactor { .. }));
        if let Some(Change::PutTwoFactor { two_factor, .. }) = changes.first() {
            account.two_factor = two_factor.clone();
        }
        let entropy = &*self.second_factors.challenges.entropy;
        let method = first.and_second_factor();
        let (logged_in, open) = self.session_tokens.open(account, method, client, now, entropy)?;
        changes.push(open);
        changes.extend(rest);
        Ok((logged_in, changes))
    }
}
