//! Finishing a login with a second factor, and having its code mailed.

use std::sync::Arc;

use crate::Timestamp;
use crate::account::Account;
use crate::challenge::{Challenge, ChallengePurpose};
use crate::error_code::{ErrorCode, Refusal};
use crate::ports::{Change, NoSigningKey, StoreError};
use crate::rate_limit::{AttemptSubject, RateLimitKind, RateLimited};
use crate::services::{
    Challenges, Decision, Environment, LoggedIn, MethodUnusable, SecondFactor, SecondFactors, SessionTokens,
};
use crate::session::{AuthenticationMethod, Client};
use crate::temp_token::TempStep;
use crate::two_factor::Method;

use super::PendingStep;
use super::all::Parts;

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
    /// A limit is reached: for wrong codes, or for mails.
    #[error("the limit is reached for {:?}", .0.retry_after)]
    RateLimited(RateLimited),
    /// No access token could be signed.
    #[error(transparent)]
    NoSigningKey(#[from] NoSigningKey),
    /// The database did not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<FinishLoginError> for Refusal {
    fn from(error: FinishLoginError) -> Self {
        match error {
            FinishLoginError::WrongToken => ErrorCode::TempTokenInvalid.into(),
            FinishLoginError::Unusable(error) => error.into(),
            FinishLoginError::WrongCode => ErrorCode::OtpInvalid.into(),
            FinishLoginError::RateLimited(limited) => Self::retry_after(ErrorCode::RateLimited, limited.retry_after),
            FinishLoginError::NoSigningKey(error) => error.into(),
            FinishLoginError::Store(error) => error.into(),
        }
    }
}

/// The use case.
pub struct FinishLogin {
    env: Environment,
    challenges: Arc<Challenges>,
    second_factors: Arc<SecondFactors>,
    session_tokens: Arc<SessionTokens>,
}

impl FinishLogin {
    pub(super) fn new(parts: &Parts) -> Self {
        Self {
            env: parts.env.clone(),
            challenges: parts.challenges.clone(),
            second_factors: parts.second_factors.clone(),
            session_tokens: parts.session_tokens.clone(),
        }
    }

    /// Opens the session that `step` waits for. Each verdict is committed before it is told, under the account's
    /// limit, which all purposes and all tokens share.
    pub async fn execute(
        &self,
        step: &PendingStep,
        given: &SecondFactor,
        client: &Client,
    ) -> Result<LoggedIn, FinishLoginError> {
        self.env
            .decide(async |lost| {
                let (challenge, account, first) = self.pending(step).await?;
                let now = self.env.now();
                let subject = AttemptSubject::Account(account.id);
                let misses = self.env.store.find_rate_limit(subject, &RateLimitKind::SecondFactorMisses).await?;
                misses.check(now).map_err(FinishLoginError::RateLimited)?;
                let verdict = self.second_factors.judge(&account, &challenge, given, client, now)?;
                Ok(match verdict.settle(lost, misses, now) {
                    Ok(used) => {
                        let use_challenge =
                            Change::UseChallenge { challenge_id: challenge.id, version: challenge.version };
                        let (logged_in, open) = self.open(account, &used, first, client, now)?;
                        Decision::commit(logged_in, used.into_iter().chain([open, use_challenge]).collect())
                    }
                    Err(counted) => Decision::refuse(FinishLoginError::WrongCode, counted),
                })
            })
            .await
    }

    /// Mails the code of this login.
    pub async fn send_code(&self, step: &PendingStep, client: &Client) -> Result<(), FinishLoginError> {
        self.env
            .decide(async |_| {
                let (challenge, account, _) = self.pending(step).await?;
                let now = self.env.now();
                if !account.two_factor.is_enabled(Method::Email) {
                    let enrolled = account.two_factor.is_enrolled(Method::Email);
                    return Err(if enrolled { MethodUnusable::Disabled } else { MethodUnusable::NotSet }.into());
                }
                if let Some(free_at) = challenge.sent_at(self.challenges.lifetimes).map(|at| at + MAILS_APART)
                    && now < free_at
                {
                    return Err(FinishLoginError::RateLimited(RateLimited { retry_after: free_at.since(now) }));
                }
                let mails = self.challenges.mails_for_owner(AttemptSubject::Account(account.id)).await?;
                mails.check(now).map_err(FinishLoginError::RateLimited)?;
                let sent = self.challenges.send_again(challenge, client, now);
                let counted = Change::count_mail(mails, now);
                Ok(Decision::commit((), sent.into_iter().chain([counted]).collect()))
            })
            .await
    }

    /// The pending login that a token stands for, its account, and how its owner began it.
    async fn pending(
        &self,
        step: &PendingStep,
    ) -> Result<(Challenge, Account, AuthenticationMethod), FinishLoginError> {
        let first = match step.step() {
            TempStep::GiveSecondFactor => AuthenticationMethod::Password,
            TempStep::GiveSecondFactorAfterReset => AuthenticationMethod::MailedCode,
            TempStep::GiveSecondFactorAfterProvider => AuthenticationMethod::IdentityProvider,
            TempStep::GivePasswordResetCode | TempStep::SetPassword | TempStep::GiveVerifyEmailCode => {
                return Err(FinishLoginError::WrongToken);
            }
        };
        let found = self.env.store.find_challenge(step.challenge_id()).await?;
        let Some((challenge, Some(account))) = found else { return Err(FinishLoginError::WrongToken) };
        if !challenge.stands_for(&account) || challenge.purpose != ChallengePurpose::TwoFactorLogin {
            return Err(FinishLoginError::WrongToken);
        }
        Ok((challenge, account, first))
    }

    /// The session as of what was used up, and the change that opens it.
    fn open(
        &self,
        mut account: Account,
        used: &[Change],
        first: AuthenticationMethod,
        client: &Client,
        now: Timestamp,
    ) -> Result<(LoggedIn, Change), NoSigningKey> {
        for change in used {
            if let Change::PutTwoFactor { two_factor, .. } = change {
                account.two_factor = two_factor.clone();
            }
        }
        self.session_tokens.open(account, first.and_second_factor(), client, now)
    }
}
