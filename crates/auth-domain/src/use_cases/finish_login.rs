//! Finishes a login with a second factor, and mails its code.

use std::sync::Arc;

use crate::account::{Account, Blocked};
use crate::audience::Audience;
use crate::challenge::{Challenge, ChallengePurpose};
use crate::disclosure::Disclosure;
use crate::error_code::{ErrorCode, Refusal};
use crate::ports::{Change, NoSigningKey, StoreError};
use crate::rate_limit::{AttemptSubject, RateLimited};
use crate::services::{
    Challenges, Decision, Environment, IssuedAccessToken, LoggedIn, MethodUnusable, SecondFactor, SecondFactors,
    SessionTokens, Success, Verdict, counts_after, rests_on_mail,
};
use crate::session::{AuthenticationMethod, Client};
use crate::temp_token::{Reauthentication, TempStep};
use crate::two_factor::Method;
use crate::{SessionId, Timestamp};

use super::PendingStep;
use super::all::Parts;

/// The minimum time between two mails with a code for one login.
const MAILS_APART: std::time::Duration = std::time::Duration::from_secs(60);

/// Why the login is not finished.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FinishLoginError {
    /// The token belongs to another step, was used, or was voided by a change of the password.
    #[error("the token is for another step, or was already used")]
    WrongToken,
    /// The account was blocked, and the caller may know.
    #[error(transparent)]
    Blocked(#[from] Blocked),
    /// The method cannot be used.
    #[error(transparent)]
    Unusable(#[from] MethodUnusable),
    /// The code is wrong, or was used before.
    #[error("the code is wrong")]
    WrongCode,
    /// A limit is reached, for wrong codes or for mails.
    #[error("too many wrong codes: try again in {} s", .0.retry_after.as_secs())]
    RateLimited(RateLimited),
    /// No access token could be signed.
    #[error(transparent)]
    NoSigningKey(#[from] NoSigningKey),
    /// The database did not answer, or failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<FinishLoginError> for Refusal {
    fn from(error: FinishLoginError) -> Self {
        match error {
            FinishLoginError::WrongToken => ErrorCode::TempTokenInvalid.into(),
            FinishLoginError::Blocked(blocked) => blocked.into(),
            FinishLoginError::Unusable(error) => error.into(),
            FinishLoginError::WrongCode => ErrorCode::OtpInvalid.into(),
            FinishLoginError::RateLimited(limited) => Self::retry_after(ErrorCode::RateLimited, limited.retry_after),
            FinishLoginError::NoSigningKey(error) => error.into(),
            FinishLoginError::Store(error) => error.into(),
        }
    }
}

/// What the right code leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LoginFinished {
    /// A session was opened.
    LoggedIn(Box<LoggedIn>),
    /// The user of an existing session has reauthenticated.
    Reauthenticated(IssuedAccessToken),
}

/// Finishes logins with a second factor.
pub struct FinishLogin {
    env: Environment,
    challenges: Arc<Challenges>,
    second_factors: Arc<SecondFactors>,
    session_tokens: Arc<SessionTokens>,
    disclosure: Disclosure,
}

impl FinishLogin {
    pub(super) fn new(parts: &Parts) -> Self {
        Self {
            env: parts.env.clone(),
            challenges: parts.challenges.clone(),
            second_factors: parts.second_factors.clone(),
            session_tokens: parts.session_tokens.clone(),
            disclosure: parts.policy.disclosure,
        }
    }

    /// Opens the session that `step` waits for, or reauthenticates the user of one. Each verdict is committed before it
    /// is returned, under the account's limit, which all purposes and tokens share. The access token is for `audience`.
    pub async fn execute(
        &self,
        step: &PendingStep,
        given: &SecondFactor,
        audience: &Audience,
        client: &Client,
    ) -> Result<LoginFinished, FinishLoginError> {
        let finished = self.settle(step, given, audience, client).await?;
        self.session_tokens.opened(client, self.env.now());
        Ok(finished)
    }

    async fn settle(
        &self,
        step: &PendingStep,
        given: &SecondFactor,
        audience: &Audience,
        client: &Client,
    ) -> Result<LoginFinished, FinishLoginError> {
        self.env
            .decide(async |lost| {
                let (challenge, account) = self.pending(step).await?;
                let now = self.env.now();
                let passwords = self.env.password_limit(account.id, client.network()).await?;
                let misses = self.env.second_factor_misses(&passwords, Some(given)).await?;
                misses.check(now).map_err(FinishLoginError::RateLimited)?;
                let verdict = self.judge(step.step(), &account, &challenge, given, client, now)?;
                Ok(match verdict.settle(lost, misses, now) {
                    Ok(mut used) => {
                        used.push(Change::UseChallenge { challenge_id: challenge.id, version: challenge.version });
                        used.extend(Success::Login.changes(&passwords, now));
                        if !matches!(step.step(), TempStep::Reauthenticate(..)) {
                            let known = passwords.attempts.last_success_at.is_some();
                            used.extend(self.env.tell_of_login(&account, known, client, now).await?);
                        }
                        let (finished, finish) =
                            self.finish(step.step(), account, &used, given, (client, audience)).await?;
                        used.push(finish);
                        Decision::commit(finished, used)
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
                let (challenge, account) = self.pending(step).await?;
                let now = self.env.now();
                let by_mail = is_by_mailed_code(step.step());
                if !by_mail && !counts_after(Method::Email, step.step(), &account) {
                    return Err(MethodUnusable::Disabled.into());
                }
                if !by_mail && !account.two_factor.is_enabled(Method::Email) {
                    let enrolled = account.two_factor.is_enrolled(Method::Email);
                    return Err(if enrolled { MethodUnusable::Disabled } else { MethodUnusable::NotSet }.into());
                }
                if let Some(free_at) = challenge
                    .sent_at(self.challenges.lifetimes)
                    .and_then(|at| at.measured_at(now))
                    .map(|at| at + MAILS_APART)
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

    /// Returns the pending login that a token stands for, with its account.
    async fn pending(&self, step: &PendingStep) -> Result<(Challenge, Account), FinishLoginError> {
        match step.step() {
            TempStep::GiveSecondFactor
            | TempStep::GiveSecondFactorAfterReset
            | TempStep::GiveSecondFactorAfterProvider
            | TempStep::GiveSecondFactorAfterAddress
            | TempStep::Reauthenticate(..) => {}
            TempStep::GivePasswordResetCode | TempStep::SetPassword | TempStep::GiveVerifyEmailCode => {
                return Err(FinishLoginError::WrongToken);
            }
        }
        let found = self.env.store.find_challenge(step.challenge_id()).await?;
        let Some((challenge, Some(account))) = found else { return Err(FinishLoginError::WrongToken) };
        if let (Some(blocked), Disclosure::Explicit) = (account.blocked(), self.disclosure) {
            return Err(blocked.into());
        }
        // A suspension, or a deletion that is to come, has increased the version of the credentials.
        if !challenge.stands_for(&account) || challenge.purpose != ChallengePurpose::TwoFactorLogin {
            return Err(FinishLoginError::WrongToken);
        }
        Ok((challenge, account))
    }

    fn judge(
        &self,
        step: TempStep,
        account: &Account,
        challenge: &Challenge,
        given: &SecondFactor,
        client: &Client,
        now: Timestamp,
    ) -> Result<Verdict, MethodUnusable> {
        match given {
            SecondFactor::Email(code) if is_by_mailed_code(step) => {
                Ok(self.second_factors.judge_mailed(challenge, code, now))
            }
            SecondFactor::Email(_) if !counts_after(Method::Email, step, account) => Err(MethodUnusable::Disabled),
            _ => self.second_factors.judge(account, challenge, given, client, now),
        }
    }

    /// Returns the session, and the change that opens it or records the reauthentication, based on what was used up.
    async fn finish(
        &self,
        step: TempStep,
        mut account: Account,
        used: &[Change],
        given: &SecondFactor,
        (client, audience): (&Client, &Audience),
    ) -> Result<(LoginFinished, Change), FinishLoginError> {
        for change in used {
            if let Change::PutTwoFactor { two_factor, .. } = change {
                account.two_factor = two_factor.clone();
            }
        }
        let first = match step {
            TempStep::Reauthenticate(reauthentication, session_id) => {
                return self.reauthenticate(reauthentication, session_id, &account, audience).await;
            }
            TempStep::GiveSecondFactorAfterReset => AuthenticationMethod::MailedCode,
            TempStep::GiveSecondFactorAfterProvider | TempStep::GiveSecondFactorAfterAddress => {
                AuthenticationMethod::IdentityProvider
            }
            _ => AuthenticationMethod::Password,
        };
        let mailed_twice = rests_on_mail(step) && matches!(given, SecondFactor::Email(_));
        let method = if mailed_twice { first } else { first.and_second_factor() };
        let (logged_in, open) = self.session_tokens.open(account, method, (client, audience), self.env.now())?;
        Ok((LoginFinished::LoggedIn(Box::new(logged_in)), open))
    }

    async fn reauthenticate(
        &self,
        reauthentication: Reauthentication,
        session_id: SessionId,
        account: &Account,
        audience: &Audience,
    ) -> Result<(LoginFinished, Change), FinishLoginError> {
        let now = self.env.now();
        let found = self.env.store.find_session(account.id, session_id).await?;
        let alive = found.filter(|(session, _)| session.is_alive(now));
        let (session, _) = alive.ok_or(FinishLoginError::WrongToken)?;
        let method = match reauthentication {
            Reauthentication::AfterPassword => AuthenticationMethod::PasswordAndSecondFactor,
            Reauthentication::AfterProvider => AuthenticationMethod::IdentityProviderAndSecondFactor,
            Reauthentication::BySecondFactor => session.method.and_second_factor(),
            Reauthentication::ByMailedCode => AuthenticationMethod::MailedCode,
        };
        let (token, change) = self.session_tokens.reauthenticated(session, account, (method, audience), now)?;
        Ok((LoginFinished::Reauthenticated(token), change))
    }
}

/// Tells whether the mailed code replaces a password that the account does not have.
fn is_by_mailed_code(step: TempStep) -> bool {
    matches!(step, TempStep::Reauthenticate(Reauthentication::ByMailedCode, _))
}
