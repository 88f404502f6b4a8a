//! Token exchange (RFC 8693): a service that was given a user's token gets one with which it can call another service for
//! that user.

use std::sync::Arc;
use std::time::Duration;

use crate::AccountId;
use crate::access_token::{AccessClaims, TokenRejection};
use crate::audience::{Audience, Audiences, InvalidTarget};
use crate::error_code::{Details, ErrorCode, Refusal};
use crate::internal::{InternalCaller, TokensExchange};
use crate::ports::{AccessTokens, NoSigningKey, StoreError};
use crate::services::{Environment, IssuedAccessToken};
use crate::token_exchange::ExchangeRules;

use super::all::Parts;
use super::authenticate::{Authenticate, AuthenticateError};

/// A token for another service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExchangedToken {
    /// The token.
    pub issued: IssuedAccessToken,
    /// The user on whose behalf it can be used.
    pub account_id: AccountId,
    /// For whom it is.
    pub target: Audience,
}

/// Why no token was issued.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ExchangeTokenError {
    /// The service may not exchange tokens for this audience.
    #[error(transparent)]
    InvalidTarget(#[from] InvalidTarget),
    /// The subject token does not verify, or has expired.
    #[error(transparent)]
    Token(TokenRejection),
    /// The subject token is not for the service that presents it.
    #[error("the token is for another service")]
    Audience,
    /// The session of the subject token has ended, or its account was deleted or suspended.
    #[error("the session has ended")]
    SessionGone,
    /// The token was passed on too often.
    #[error("the token was exchanged too often")]
    TooManyActors,
    /// No access token could be signed.
    #[error(transparent)]
    NoSigningKey(#[from] NoSigningKey),
    /// The database did not answer, or failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<AuthenticateError> for ExchangeTokenError {
    fn from(error: AuthenticateError) -> Self {
        match error {
            AuthenticateError::Token(rejection) => Self::Token(rejection),
            AuthenticateError::WrongAudience => Self::Audience,
            AuthenticateError::SessionGone | AuthenticateError::Blocked(_) => Self::SessionGone,
            AuthenticateError::Store(error) => Self::Store(error),
        }
    }
}

impl From<ExchangeTokenError> for Refusal {
    fn from(error: ExchangeTokenError) -> Self {
        let subject = |reason| Self { code: ErrorCode::SubjectTokenInvalid, details: Details::Reason(reason) };
        match error {
            ExchangeTokenError::InvalidTarget(error) => error.into(),
            ExchangeTokenError::Token(rejection) => subject(rejection.reason()),
            ExchangeTokenError::Audience => subject("audience"),
            ExchangeTokenError::SessionGone => subject("session_gone"),
            ExchangeTokenError::TooManyActors => subject("actors"),
            ExchangeTokenError::NoSigningKey(error) => error.into(),
            ExchangeTokenError::Store(error) => error.into(),
        }
    }
}

/// Exchanges tokens.
pub struct ExchangeToken {
    env: Environment,
    authenticate: Arc<Authenticate>,
    access_tokens: Arc<dyn AccessTokens>,
    audiences: Audiences,
    rules: ExchangeRules,
    lifetime: Duration,
}

impl ExchangeToken {
    pub(super) fn new(parts: &Parts, authenticate: Arc<Authenticate>) -> Self {
        Self {
            env: parts.env.clone(),
            authenticate,
            access_tokens: parts.ports.access_tokens.clone(),
            audiences: parts.policy.audiences.clone(),
            rules: parts.policy.exchange.clone(),
            lifetime: parts.policy.session_lifetimes.access,
        }
    }

    /// Returns a token for `resource` in exchange for one for the audience of the calling service. It says the same about the
    /// user and the login, expires no later, and names the service as the actor. The session is read from the store, so that an
    /// ended one gives nothing away.
    pub async fn execute(
        &self,
        caller: &InternalCaller<TokensExchange>,
        subject_token: &str,
        resource: &str,
    ) -> Result<ExchangedToken, ExchangeTokenError> {
        let rule = self.rules.get(caller.service()).ok_or(InvalidTarget)?;
        let target = match self.audiences.requested(Some(resource))? {
            Audience::Other(name) if rule.targets.contains(&name) => Audience::Other(name),
            _ => return Err(InvalidTarget.into()),
        };
        let subject = self.authenticate.checked_now(&rule.own, subject_token).await?;
        let (now, claims) = (self.env.now(), subject.claims());
        let actors = claims.actors.then(caller.service()).ok_or(ExchangeTokenError::TooManyActors)?;
        let expires_at = claims.expires_at.min(now + self.lifetime);
        let issued = AccessClaims {
            audience: target.clone(),
            nonce: AccessClaims::nonce_from(self.env.random()),
            // Those that the user has kept.
            roles: claims.roles.in_both(&subject.account().roles),
            issued_at: now,
            expires_at,
            actors,
            ..claims.clone()
        };
        let token = self.access_tokens.issue(&issued)?;
        let issued = IssuedAccessToken { token, expires_in: expires_at.since(now) };
        Ok(ExchangedToken { issued, account_id: claims.account_id, target })
    }
}
