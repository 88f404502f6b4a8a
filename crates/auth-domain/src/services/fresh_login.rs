//! What requires a fresh login (RFC 9470): everything that weakens an account or takes it over.

use std::time::Duration;

use crate::Timestamp;
use crate::account::Account;
use crate::error_code::{ErrorCode, Refusal};
use crate::ports::StoreError;
use crate::session::Session;
use crate::use_cases::Authenticated;

use super::{Environment, Lost};

/// The login is too old for this, or used no second factor although the account has one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a more recent login is required")]
pub struct ReauthenticationRequired {
    /// How old a login may be; `None` if its age does not matter.
    pub max_age: Option<Duration>,
}

impl From<ReauthenticationRequired> for Refusal {
    fn from(error: ReauthenticationRequired) -> Self {
        match error.max_age {
            Some(max_age) => Self::max_age(ErrorCode::ReauthenticationRequired, max_age),
            None => ErrorCode::ReauthenticationRequired.into(),
        }
    }
}

/// How old a login may be for changes that weaken an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StepUp {
    /// The greatest age; `None` for any.
    pub max_age: Option<Duration>,
}

impl StepUp {
    /// Requires that the user of `session` logged in recently enough by `authenticated_at`, and with a second factor if
    /// `account` requires one. The session that set up the factor counts as having used it.
    pub(crate) fn require(
        self,
        authenticated_at: Timestamp,
        session: &Session,
        account: &Account,
        now: Timestamp,
    ) -> Result<(), ReauthenticationRequired> {
        let stale = self.max_age.is_some_and(|max_age| now > authenticated_at + max_age);
        let factor_missing = account.two_factor.primary().is_some() && !session.method.passed_second_factor();
        if stale || factor_missing { Err(ReauthenticationRequired { max_age: self.max_age }) } else { Ok(()) }
    }
}

/// Proof that the caller logged in recently, with a second factor if the account has one. Only
/// [`crate::use_cases::RequireFreshLogin`] creates it, and everything that weakens an account takes one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FreshLogin {
    caller: Authenticated,
    step_up: StepUp,
}

/// Why a fresh login no longer counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FreshLoginError {
    /// The login is too old, or used no second factor.
    #[error(transparent)]
    Stale(#[from] ReauthenticationRequired),
    /// The session has ended, or its account was deleted.
    #[error("the session has ended")]
    SessionGone,
}

impl From<FreshLoginError> for Refusal {
    fn from(error: FreshLoginError) -> Self {
        match error {
            FreshLoginError::Stale(error) => error.into(),
            FreshLoginError::SessionGone => ErrorCode::Unauthorized.into(),
        }
    }
}

impl FreshLogin {
    /// Judges the age of the login by the access token, so that a token copied before a reauthentication gains nothing
    /// from it. A token that claims a later login than the session had, which a stolen signing key could produce, gains
    /// nothing either.
    pub(crate) fn of(caller: Authenticated, step_up: StepUp, now: Timestamp) -> Result<Self, ReauthenticationRequired> {
        step_up.require(authenticated_at(&caller, caller.session()), caller.session(), caller.account(), now)?;
        Ok(Self { caller, step_up })
    }

    /// Returns the caller.
    pub const fn caller(&self) -> &Authenticated {
        &self.caller
    }

    /// Returns the account as it was when the caller was let in; after a lost round, as it is now, if the login still
    /// counts.
    pub(crate) async fn account<E: From<FreshLoginError> + From<StoreError>>(
        &self,
        env: &Environment,
        lost: Option<Lost>,
    ) -> Result<Account, E> {
        if lost.is_none() { Ok(self.caller.account().clone()) } else { self.account_now(env).await }
    }

    /// Returns the account as it is now, if the login still counts.
    pub(crate) async fn account_now<E: From<FreshLoginError> + From<StoreError>>(
        &self,
        env: &Environment,
    ) -> Result<Account, E> {
        let found = env.store.find_session(self.caller.account().id, self.caller.session().id).await?;
        let now = env.now();
        let alive = found.filter(|(session, _)| session.is_alive(now));
        let (session, account) = alive.ok_or(FreshLoginError::SessionGone)?;
        let fresh = self.step_up.require(authenticated_at(&self.caller, &session), &session, &account, now);
        fresh.map_err(FreshLoginError::from)?;
        Ok(account)
    }
}

fn authenticated_at(caller: &Authenticated, session: &Session) -> Timestamp {
    caller.claims().authenticated_at.min(session.authenticated_at)
}
