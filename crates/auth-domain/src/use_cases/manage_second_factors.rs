//! The second factors that are set up: asking for one or not, which comes first, and fresh recovery codes.

use std::sync::Arc;

use crate::account::Account;
use crate::error_code::{ErrorCode, Refusal};
use crate::mail::NoticeKind;
use crate::ports::{Change, CommitError, RecoveryCode, StoreUnavailable};
use crate::session::Client;
use crate::two_factor::{Method, NotEnrolled, TwoFactor};

use super::MAX_ATTEMPTS;
use super::authenticate::Authenticated;
use super::notices::notice;
use super::second_factor::SecondFactors;
use super::step_up::{ReauthenticationRequired, StepUp};

/// Why nothing was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ManageError {
    /// The method is not enrolled, or not enabled.
    #[error(transparent)]
    NotEnrolled(#[from] NotEnrolled),
    /// The login is too long ago.
    #[error(transparent)]
    Stale(#[from] ReauthenticationRequired),
    /// The session has ended, or its account is gone.
    #[error("the session has ended")]
    SessionGone,
    /// The database is away.
    #[error(transparent)]
    Unavailable(#[from] StoreUnavailable),
}

impl From<ManageError> for Refusal {
    fn from(error: ManageError) -> Self {
        match error {
            ManageError::NotEnrolled(_) => ErrorCode::MethodsNotEnabled.into(),
            ManageError::Stale(error) => error.into(),
            ManageError::SessionGone => ErrorCode::Unauthorized.into(),
            ManageError::Unavailable(error) => error.into(),
        }
    }
}

/// The use case.
pub struct ManageSecondFactors {
    /// Makes recovery codes and notices; brings store, clock and entropy.
    pub second_factors: Arc<SecondFactors>,
    /// What weakens an account needs a fresh login.
    pub step_up: StepUp,
}

impl ManageSecondFactors {
    /// Asks for an enrolled method at login. One that is enabled already stays so.
    pub async fn enable(&self, caller: &Authenticated, method: Method, client: &Client) -> Result<(), ManageError> {
        let kind = NoticeKind::SecondFactorEnabled;
        self.change(caller, client, kind, |two_factor| {
            if two_factor.is_enabled(method) { Ok(None) } else { two_factor.enable(method).map(Some) }
        })
        .await
    }

    /// Asks for an enabled method no more.
    pub async fn disable(&self, caller: &Authenticated, method: Method, client: &Client) -> Result<(), ManageError> {
        self.require_fresh_login(caller)?;
        let kind = NoticeKind::SecondFactorDisabled;
        self.change(caller, client, kind, |two_factor| two_factor.disable(method).map(Some)).await
    }

    /// Offers an enabled method first. One that is first already stays so.
    pub async fn make_primary(
        &self,
        caller: &Authenticated,
        method: Method,
        client: &Client,
    ) -> Result<(), ManageError> {
        self.require_fresh_login(caller)?;
        let kind = NoticeKind::PrimaryFactorChanged;
        self.change(caller, client, kind, |two_factor| {
            if two_factor.primary() == Some(method) { Ok(None) } else { two_factor.make_primary(method).map(Some) }
        })
        .await
    }

    /// Ten new recovery codes, shown this once; those before are void.
    pub async fn renew_recovery_codes(
        &self,
        caller: &Authenticated,
        client: &Client,
    ) -> Result<Vec<RecoveryCode>, ManageError> {
        self.require_fresh_login(caller)?;
        let (codes, hashes) = self.second_factors.new_recovery_codes(caller.account().id);
        self.change(caller, client, NoticeKind::RecoveryCodesRenewed, |two_factor| {
            let renewed = two_factor.any_enrolled().then(|| two_factor.with_recovery_codes(hashes.clone()));
            renewed.map(Some).ok_or(NotEnrolled)
        })
        .await?;
        Ok(codes)
    }

    fn require_fresh_login(&self, caller: &Authenticated) -> Result<(), ReauthenticationRequired> {
        self.step_up.require(caller, self.second_factors.challenges.clock.now())
    }

    /// Commits what `change` makes of the second factors, with a notice; nothing, when it makes nothing.
    async fn change(
        &self,
        caller: &Authenticated,
        client: &Client,
        kind: NoticeKind,
        change: impl Fn(TwoFactor) -> Result<Option<TwoFactor>, NotEnrolled> + Send,
    ) -> Result<(), ManageError> {
        let challenges = &self.second_factors.challenges;
        let mut account: Account = caller.account().clone();
        for _ in 0..MAX_ATTEMPTS {
            let Some(two_factor) = change(account.two_factor.clone())? else { return Ok(()) };
            let put = Change::PutTwoFactor { account_id: account.id, two_factor };
            let told = notice(&*challenges.entropy, &account.email, kind, client, challenges.clock.now());
            match challenges.store.commit(vec![put, Change::RequireSession(caller.session().id), told]).await {
                Ok(()) => return Ok(()),
                Err(CommitError::Conflict { .. }) => {
                    let now = challenges.clock.now();
                    account = caller.still_there(&*challenges.store, now).await?.ok_or(ManageError::SessionGone)?;
                }
                Err(_) => break,
            }
        }
        Err(StoreUnavailable.into())
    }
}
