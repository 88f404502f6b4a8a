//! Recognises who may administer the service: another service with the scope, or a user with the role `admin` who has
//! logged in recently.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use crate::AccountId;
use crate::access_token::{TokenFault, TokenRejection};
use crate::account::Role;
use crate::error_code::{ErrorCode, Refusal};
use crate::internal::{Granted, InternalCaller};
use crate::services::{Environment, FreshLogin, ReauthenticationRequired, StepUp};

use super::all::Parts;
use super::operator::Operator;
use super::{Authenticate, AuthenticateError, AuthenticateService, AuthenticateServiceError, Authenticated};

/// Who administers the service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Administrator {
    /// Another service, by name.
    Service(String),
    /// A user with the role `admin`.
    User(AccountId),
    /// The operator, on the command line.
    Operator,
}

impl fmt::Display for Administrator {
    /// Writes the name by which records call them.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Service(name) => f.write_str(name),
            Self::User(id) => write!(f, "admin:{id}"),
            Self::Operator => f.write_str(Operator::NAME),
        }
    }
}

/// Proof that an administrator with scope `S` is calling; users and the operator have every scope. Only
/// [`AuthenticateAdmin`] and [`super::Operator`] create it.
#[derive(Debug)]
pub struct AdminCaller<S: Granted> {
    by: Administrator,
    scope: PhantomData<S>,
}

impl<S: Granted> AdminCaller<S> {
    pub(super) const fn new(by: Administrator) -> Self {
        Self { by, scope: PhantomData }
    }

    /// Returns who is calling.
    pub const fn by(&self) -> &Administrator {
        &self.by
    }
}

/// Why somebody may not administer the service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AuthenticateAdminError {
    /// The token of a service was refused, or lacks the scope.
    #[error(transparent)]
    Service(#[from] AuthenticateServiceError),
    /// The access token was refused.
    #[error(transparent)]
    User(#[from] AuthenticateError),
    /// The user lacks the role, or the token was issued before the user had it.
    #[error("the user does not have the role admin")]
    NotAdmin,
    /// The login is too old, or used no second factor although the account has one.
    #[error(transparent)]
    Stale(#[from] ReauthenticationRequired),
}

impl From<AuthenticateAdminError> for Refusal {
    fn from(error: AuthenticateAdminError) -> Self {
        match error {
            AuthenticateAdminError::Service(error) => error.into(),
            AuthenticateAdminError::User(error) => error.into(),
            AuthenticateAdminError::NotAdmin => ErrorCode::Forbidden.into(),
            AuthenticateAdminError::Stale(error) => error.into(),
        }
    }
}

/// Recognises administrators.
pub struct AuthenticateAdmin {
    env: Environment,
    authenticate: Arc<Authenticate>,
    authenticate_service: AuthenticateService,
    step_up: StepUp,
}

impl AuthenticateAdmin {
    pub(super) fn new(parts: &Parts, authenticate: Arc<Authenticate>) -> Self {
        let authenticate_service = AuthenticateService::new(parts);
        Self { env: parts.env.clone(), authenticate, authenticate_service, step_up: parts.policy.step_up }
    }

    /// Returns proof that the bearer of `token`, which is an internal token or an access token, may use scope `S`.
    pub async fn execute<S: Granted>(&self, token: &str) -> Result<AdminCaller<S>, AuthenticateAdminError> {
        match self.authenticate_service.execute::<S>(token) {
            Ok(service) => Ok(of_service(&service)),
            Err(AuthenticateServiceError::Token(rejection)) if is_no_internal_token(rejection) => {
                self.user(token).await
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Returns the same for a token that can only be an access token, such as that of a cookie.
    pub async fn user<S: Granted>(&self, token: &str) -> Result<AdminCaller<S>, AuthenticateAdminError> {
        let caller = self.authenticate.execute(token).await?;
        let user = self.admin(caller)?;
        Ok(AdminCaller::new(Administrator::User(user.caller().account().id)))
    }

    /// Requires the role now and when the token was issued, and a recent login, with a second factor if the account has
    /// one.
    fn admin(&self, caller: Authenticated) -> Result<FreshLogin, AuthenticateAdminError> {
        if !caller.account().is_active_admin() || !caller.claims().roles.contains(Role::ADMIN) {
            return Err(AuthenticateAdminError::NotAdmin);
        }
        Ok(FreshLogin::of(caller, self.step_up, self.env.now())?)
    }
}

fn of_service<S: Granted>(service: &InternalCaller<S>) -> AdminCaller<S> {
    AdminCaller::new(Administrator::Service(service.service().to_owned()))
}

/// Tells whether a service cannot have meant the token as its own, so that it may be an access token.
const fn is_no_internal_token(rejection: TokenRejection) -> bool {
    matches!(rejection, TokenRejection::Invalid(TokenFault::Malformed | TokenFault::Type | TokenFault::Issuer))
}
