//! Confirms a pending change of credentials with a second factor: exactly the change that was requested, from the
//! session that requested it.

use std::sync::Arc;

use crate::access_token::BearerToken;
use crate::account::Account;
use crate::challenge::{Challenge, ChallengePurpose};
use crate::error_code::{ErrorCode, Refusal};
use crate::pending_credentials::PendingCredentials;
use crate::ports::{Change, StoreError};
use crate::rate_limit::RateLimited;
use crate::services::{Decision, Environment, MethodUnusable, SecondFactor, SecondFactors};
use crate::session::Client;
use crate::two_factor::Method;

use super::all::Parts;
use super::authenticate::Authenticated;
use super::update_credentials::{NewCredentials, UpdateCredentials, UpdateCredentialsError};

/// Why nothing was changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConfirmCredentialsError {
    /// No change of this session is waiting for a code.
    #[error("no change of credentials is pending")]
    NothingPending,
    /// The method cannot be used any more.
    #[error(transparent)]
    Unusable(#[from] MethodUnusable),
    /// The code is wrong, or was used before.
    #[error("the code is wrong")]
    WrongCode,
    /// The limit for wrong codes is reached.
    #[error("too many wrong codes: try again in {} s", .0.retry_after.as_secs())]
    RateLimited(RateLimited),
    /// The change itself is no longer possible.
    #[error(transparent)]
    Update(#[from] UpdateCredentialsError),
    /// The database did not answer, or failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<ConfirmCredentialsError> for Refusal {
    fn from(error: ConfirmCredentialsError) -> Self {
        match error {
            ConfirmCredentialsError::NothingPending => ErrorCode::NoPendingCredentials.into(),
            ConfirmCredentialsError::Unusable(error) => error.into(),
            ConfirmCredentialsError::WrongCode => ErrorCode::OtpInvalid.into(),
            ConfirmCredentialsError::RateLimited(limited) => {
                Self::retry_after(ErrorCode::RateLimited, limited.retry_after)
            }
            ConfirmCredentialsError::Update(error) => error.into(),
            ConfirmCredentialsError::Store(error) => error.into(),
        }
    }
}

/// Confirms a pending change of credentials.
pub struct ConfirmCredentials {
    env: Environment,
    update: Arc<UpdateCredentials>,
    second_factors: Arc<SecondFactors>,
}

impl ConfirmCredentials {
    pub(super) fn new(parts: &Parts, update: Arc<UpdateCredentials>) -> Self {
        Self { env: parts.env.clone(), update, second_factors: parts.second_factors.clone() }
    }

    /// Makes the change that this session requested, and returns the account.
    pub async fn execute(
        &self,
        caller: &Authenticated,
        code: &BearerToken,
        client: &Client,
    ) -> Result<Account, ConfirmCredentialsError> {
        // An address that is taken in this moment is a lost round: the next one reports it, within the limit.
        self.env
            .decide(async |lost| {
                let account = self.update.still_there(caller).await?;
                let (challenge, pending) = self.pending(caller, &account).await?;
                let now = self.env.now();
                let passwords = self.env.password_limit(account.id, client.network()).await?;
                let misses = self.env.second_factor_misses(&passwords, None).await?;
                misses.check(now).map_err(ConfirmCredentialsError::RateLimited)?;
                let given = match pending.method {
                    Method::App => SecondFactor::App(code.clone()),
                    Method::Email => SecondFactor::Email(code.clone()),
                };
                // Done before the code is judged, so that an obstacle is reported whether the code is right or not.
                let PendingCredentials { email, password_hash, locale, .. } = pending;
                let wanted = NewCredentials { email, password_hash, locale };
                let (changed, mut confirmed) = self.update.changes(&account, caller.session(), &wanted, client).await?;
                let verdict = self.second_factors.judge(&account, &challenge, &given, client, now)?;
                Ok(match verdict.settle(lost, misses, now) {
                    Ok(used) => {
                        confirmed.push(Change::UseChallenge { challenge_id: challenge.id, version: challenge.version });
                        confirmed.extend(used);
                        Decision::commit(changed, confirmed)
                    }
                    Err(counted) => Decision::refuse(ConfirmCredentialsError::WrongCode, counted),
                })
            })
            .await
    }

    async fn pending(
        &self,
        caller: &Authenticated,
        account: &Account,
    ) -> Result<(Challenge, PendingCredentials), ConfirmCredentialsError> {
        let newest = self.env.store.find_challenge_of(account.id, ChallengePurpose::ChangeCredentials).await?;
        let now = self.env.now();
        let current = |challenge: &Challenge| now < challenge.expires_at && challenge.stands_for(account);
        let challenge = newest.filter(current).ok_or(ConfirmCredentialsError::NothingPending)?;
        let pending = self.env.store.find_pending_credentials(challenge.id).await?;
        let own = pending.filter(|pending| pending.session_id == caller.session().id);
        Ok((challenge, own.ok_or(ConfirmCredentialsError::NothingPending)?))
    }
}
