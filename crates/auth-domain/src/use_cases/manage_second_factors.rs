//! Manages the second factors that are set up: enables and disables them, chooses the primary one, and renews recovery
//! codes.

use std::sync::Arc;

use crate::error_code::{ErrorCode, Refusal};
use crate::mail::{About, Notice, NoticeKind};
use crate::ports::{Change, RecoveryCode, StoreError};
use crate::services::{
    Decision, Environment, FreshLogin, FreshLoginError, SecondFactors, after_first_factor, notice_to,
};
use crate::session::Client;
use crate::two_factor::{Method, MethodOverview, NotEnrolled, TwoFactor};

use super::all::Parts;
use super::authenticate::Authenticated;

/// Why nothing was changed or listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ManageError {
    /// The method is not enrolled, or not enabled.
    #[error(transparent)]
    NotEnrolled(#[from] NotEnrolled),
    /// No method is set up or being set up.
    #[error("no method is set up")]
    NothingSetUp,
    /// The login is no longer fresh, or its session has ended.
    #[error(transparent)]
    Login(#[from] FreshLoginError),
    /// The database did not answer, or failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<ManageError> for Refusal {
    fn from(error: ManageError) -> Self {
        match error {
            ManageError::NotEnrolled(_) => ErrorCode::MethodsNotEnabled.into(),
            ManageError::NothingSetUp => ErrorCode::NoMethodsFound.into(),
            ManageError::Login(error) => error.into(),
            ManageError::Store(error) => error.into(),
        }
    }
}

/// The second factors of an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecondFactorsListed {
    /// The methods that are set up or being set up.
    pub methods: Vec<MethodOverview>,
    /// How many recovery codes have not been used yet.
    pub recovery_codes_left: usize,
}

/// Manages second factors.
pub struct ManageSecondFactors {
    env: Environment,
    second_factors: Arc<SecondFactors>,
}

impl ManageSecondFactors {
    pub(super) fn new(parts: &Parts) -> Self {
        Self { env: parts.env.clone(), second_factors: parts.second_factors.clone() }
    }

    /// Lists the second factors of the caller.
    pub fn list(&self, caller: &Authenticated) -> Result<SecondFactorsListed, ManageError> {
        let two_factor = &caller.account().two_factor;
        let methods = two_factor.overview(self.env.now());
        if methods.is_empty() {
            return Err(ManageError::NothingSetUp);
        }
        Ok(SecondFactorsListed { methods, recovery_codes_left: two_factor.recovery_codes.len() })
    }

    /// Enables an enrolled method, so that it is required at login. Enabling the first one ends the sessions that used
    /// none.
    pub async fn enable(&self, caller: &FreshLogin, method: Method, client: &Client) -> Result<(), ManageError> {
        let told = (NoticeKind::SecondFactorEnabled, Some(About::SecondFactor(method)));
        self.change(caller, client, told, |two_factor| {
            if two_factor.is_enabled(method) { Ok(None) } else { two_factor.enable(method).map(Some) }
        })
        .await
    }

    /// Disables an enabled method.
    pub async fn disable(&self, caller: &FreshLogin, method: Method, client: &Client) -> Result<(), ManageError> {
        let told = (NoticeKind::SecondFactorDisabled, Some(About::SecondFactor(method)));
        self.change(caller, client, told, |two_factor| two_factor.disable(method).map(Some)).await
    }

    /// Makes an enabled method the primary one.
    pub async fn make_primary(&self, caller: &FreshLogin, method: Method, client: &Client) -> Result<(), ManageError> {
        let told = (NoticeKind::PrimaryFactorChanged, None);
        self.change(caller, client, told, |two_factor| {
            if two_factor.primary() == Some(method) { Ok(None) } else { two_factor.make_primary(method).map(Some) }
        })
        .await
    }

    /// Creates ten recovery codes, which are shown once and replace the old ones.
    pub async fn renew_recovery_codes(
        &self,
        caller: &FreshLogin,
        client: &Client,
    ) -> Result<Vec<RecoveryCode>, ManageError> {
        let (codes, hashes) = self.second_factors.new_recovery_codes(caller.caller().account().id);
        self.change(caller, client, (NoticeKind::RecoveryCodesRenewed, None), |two_factor| {
            let renewed = two_factor.any_enrolled().then(|| two_factor.with_recovery_codes(hashes.clone()));
            renewed.map(Some).ok_or(NotEnrolled)
        })
        .await?;
        Ok(codes)
    }

    /// Commits what `change` returns for the second factors, with a notice; does nothing if it returns nothing.
    async fn change(
        &self,
        caller: &FreshLogin,
        client: &Client,
        (kind, about): (NoticeKind, Option<About>),
        change: impl Fn(TwoFactor) -> Result<Option<TwoFactor>, NotEnrolled>,
    ) -> Result<(), ManageError> {
        self.env
            .decide(async |lost| {
                let account = caller.account::<ManageError>(&self.env, lost).await?;
                let (account_id, now) = (account.id, self.env.now());
                let Some(two_factor) = change(account.two_factor.clone())? else { return Ok(Decision::nothing(())) };
                let session_id = caller.caller().session().id;
                let told = Notice::new(kind, account.email_verified);
                let told = about.iter().cloned().fold(told, Notice::about);
                let told = notice_to(&*self.env.entropy, (&account, &account.email), told, client, now);
                let mut changes = vec![Change::RequireSession { account_id, session_id }, told];
                changes.extend(after_first_factor(&account, &two_factor, session_id, now));
                changes.push(Change::PutTwoFactor { account_id, two_factor });
                Ok(Decision::commit((), changes))
            })
            .await
    }
}
