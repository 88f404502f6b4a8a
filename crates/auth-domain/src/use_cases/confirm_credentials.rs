//! A second factor confirms the change of credentials that was asked for: exactly that one, from that session.

use std::sync::Arc;

use crate::access_token::BearerToken;
use crate::account::Account;
use crate::budget::{AttemptSubject, Spent};
use crate::challenge::{Challenge, ChallengePurpose, Challenged};
use crate::error_code::{ErrorCode, Refusal};
use crate::pending_credentials::PendingCredentials;
use crate::ports::{Change, CommitError, StoreUnavailable, UniqueKey};
use crate::session::Client;
use crate::tally::TallyKind;
use crate::two_factor::Method;

use super::MAX_ATTEMPTS;
use super::authenticate::Authenticated;
use super::second_factor::{MethodUnusable, SecondFactor, SecondFactors, is_replay};
use super::update_credentials::{UpdateCredentials, UpdateCredentialsError};

/// Why nothing was changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConfirmCredentialsError {
    /// Nothing waits for this session's code.
    #[error("no change of credentials is pending")]
    NothingPending,
    /// The method cannot be used any more.
    #[error(transparent)]
    Unusable(#[from] MethodUnusable),
    /// The code is wrong, or was used before.
    #[error("the code is wrong")]
    WrongCode,
    /// The budget for wrong codes is spent.
    #[error("the budget for codes is spent for {:?}", .0.retry_after)]
    Spent(Spent),
    /// The change itself cannot be made any more.
    #[error(transparent)]
    Update(#[from] UpdateCredentialsError),
    /// The database is away.
    #[error(transparent)]
    Unavailable(#[from] StoreUnavailable),
}

impl From<ConfirmCredentialsError> for Refusal {
    fn from(error: ConfirmCredentialsError) -> Self {
        match error {
            ConfirmCredentialsError::NothingPending => ErrorCode::NoPendingCredentials.into(),
            ConfirmCredentialsError::Unusable(error) => error.into(),
            ConfirmCredentialsError::WrongCode => ErrorCode::OtpInvalid.into(),
            ConfirmCredentialsError::Spent(spent) => Self::retry_after(ErrorCode::RateLimited, spent.retry_after),
            ConfirmCredentialsError::Update(error) => error.into(),
            ConfirmCredentialsError::Unavailable(error) => error.into(),
        }
    }
}

/// The use case.
pub struct ConfirmCredentials {
    /// Makes the change.
    pub update: Arc<UpdateCredentials>,
    /// Judges the code.
    pub second_factors: Arc<SecondFactors>,
}

impl ConfirmCredentials {
    /// Makes the change that this session asked for; answers the account.
    pub async fn execute(
        &self,
        caller: &Authenticated,
        code: &BearerToken,
        client: &Client,
    ) -> Result<Account, ConfirmCredentialsError> {
        let challenges = &self.second_factors.challenges;
        let mut replayed = false;
        for _ in 0..MAX_ATTEMPTS {
            let account = self.update.still_there(caller).await?;
            let (challenge, pending) = self.pending(caller, &account).await?;
            let now = challenges.clock.now();
            let subject = AttemptSubject::account(account.id);
            let misses = challenges.store.find_tally(subject, &TallyKind::SecondFactorMisses).await?;
            misses.check(now).map_err(ConfirmCredentialsError::Spent)?;
            let given = match pending.method {
                Method::App => SecondFactor::App(code.clone()),
                Method::Email => SecondFactor::Email(code.clone()),
            };
            // Before the code is judged, so that what is in the way is told whether it is right or not.
            let PendingCredentials { email, password_hash, .. } = &pending;
            let (changed, mut confirmed) =
                self.update.changes(&account, caller.session(), email, password_hash, client).await?;
            let verdict = self.second_factors.judge(&account, &challenge, &given, client, now)?;
            let (outcome, changes) = match verdict.settle(replayed, misses, now) {
                Ok(used) => {
                    // Before the change of address forgets it with all others.
                    let used_up = Change::UseChallenge { challenge_id: challenge.id, version: challenge.version };
                    confirmed.insert(confirmed.len().min(1), used_up);
                    confirmed.extend(used);
                    (Ok(changed), confirmed)
                }
                Err(counted) => (Err(ConfirmCredentialsError::WrongCode), counted),
            };
            match challenges.store.commit(changes.clone()).await {
                Ok(()) => return outcome,
                Err(CommitError::Conflict { change }) => {
                    replayed |= is_replay(&changes, change);
                }
                // Taken in this moment: the next round tells so, within the budget.
                Err(CommitError::Duplicate(UniqueKey::Email)) => {}
                Err(_) => break,
            }
        }
        Err(StoreUnavailable.into())
    }

    async fn pending(
        &self,
        caller: &Authenticated,
        account: &Account,
    ) -> Result<(Challenge, PendingCredentials), ConfirmCredentialsError> {
        let challenges = &self.second_factors.challenges;
        let newest = challenges.store.find_challenge_of(account.id, ChallengePurpose::ChangeCredentials).await?;
        let now = challenges.clock.now();
        let current = |challenge: &Challenge| match &challenge.challenged {
            Challenged::Account { credential_version, .. } => {
                *credential_version == account.credential_version
                    && now < challenge.expires_at
                    && challenge.is_to(&account.email)
            }
            Challenged::Nobody => false,
        };
        let challenge = newest.filter(current).ok_or(ConfirmCredentialsError::NothingPending)?;
        let pending = challenges.store.find_pending_credentials(challenge.id).await?;
        let own = pending.filter(|pending| pending.session_id == caller.session().id);
        Ok((challenge, own.ok_or(ConfirmCredentialsError::NothingPending)?))
    }
}
