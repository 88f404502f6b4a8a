//! Token introspection (RFC 7662) for other services.

use std::sync::Arc;
use std::time::Duration;

use crate::internal::{InternalCaller, TokensIntrospect};
use crate::ports::{RefreshTokenClaims, RefreshTokens, StoreError};
use crate::services::{Environment, session_of};
use crate::session::Session;
use crate::session::refresh::{Presented, present};

use super::all::{Parts, SuspiciousSession};
use super::authenticate::{Authenticate, AuthenticateError, CheckedToken};

/// A token that is valid at this moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ActiveToken {
    /// An access token for any of our audiences, with its account and session as they are now.
    Access(Box<CheckedToken>),
    /// A refresh token that would be accepted.
    Refresh(Box<Session>),
}

/// Introspects tokens.
pub struct Introspect {
    env: Environment,
    authenticate: Arc<Authenticate>,
    refresh_tokens: Arc<dyn RefreshTokens>,
    retry_window: Duration,
    suspicious_session: SuspiciousSession,
}

impl Introspect {
    pub(super) fn new(parts: &Parts, authenticate: Arc<Authenticate>) -> Self {
        Self {
            env: parts.env.clone(),
            authenticate,
            refresh_tokens: parts.ports.refresh_tokens.clone(),
            retry_window: parts.policy.session_lifetimes.retry_window,
            suspicious_session: parts.policy.suspicious_session,
        }
    }

    /// Returns what `token` stands for; `None` if it is invalid for any reason.
    pub async fn execute(
        &self,
        _caller: &InternalCaller<TokensIntrospect>,
        token: &str,
    ) -> Result<Option<ActiveToken>, StoreError> {
        if let Some(claims) = self.refresh_tokens.verify(token, self.env.now()) {
            return self.refresh_token(claims).await;
        }
        match self.authenticate.recent_of_any(token).await {
            Ok(bearer) => Ok(Some(ActiveToken::Access(Box::new(bearer)))),
            Err(AuthenticateError::Store(error)) => Err(error),
            Err(_) => Ok(None),
        }
    }

    async fn refresh_token(&self, claims: RefreshTokenClaims) -> Result<Option<ActiveToken>, StoreError> {
        let Some((session, _)) = session_of(&*self.env.store, &claims).await? else { return Ok(None) };
        let (now, rotation) = (self.env.now(), &session.rotation);
        // Decided as if the token's own client presented it.
        let decision = present(rotation, claims.generation, &rotation.client, now, self.retry_window);
        let answered = match decision {
            Presented::Advanced(_) | Presented::ServedAgain(_) | Presented::Repeated => true,
            Presented::Suspicious(_) => self.suspicious_session == SuspiciousSession::GoesOn,
            Presented::Refused | Presented::Reused => false,
        };
        let active = answered && session.is_alive(now);
        Ok(active.then(|| ActiveToken::Refresh(Box::new(session))))
    }
}
