//! Token introspection (RFC 7662) for the services beside this one.

use std::sync::Arc;
use std::time::Duration;

use crate::internal::{InternalCaller, TokensIntrospect};
use crate::ports::{Clock, RefreshTokenClaims, RefreshTokens, Store, StoreUnavailable};
use crate::session::Session;
use crate::session::refresh::{Presented, present};

use super::authenticate::{Authenticate, AuthenticateError, Authenticated};

/// A token that is good at this moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ActiveToken {
    /// An access token: what it says, and its account and session as they are now.
    Access(Box<Authenticated>),
    /// A refresh token that would be answered.
    Refresh(Box<Session>),
}

/// The use case.
pub struct Introspect {
    /// Recognises access tokens.
    pub authenticate: Arc<Authenticate>,
    /// Recognises refresh tokens.
    pub refresh_tokens: Arc<dyn RefreshTokens>,
    /// Where sessions are kept.
    pub store: Arc<dyn Store>,
    /// Tells what is alive.
    pub clock: Arc<dyn Clock>,
    /// That of [`crate::session::SessionLifetimes`].
    pub retry_window: Duration,
}

impl Introspect {
    /// What `token` stands for; `None` when it is not good, for whatever reason.
    pub async fn execute(
        &self,
        _caller: &InternalCaller<TokensIntrospect>,
        token: &str,
    ) -> Result<Option<ActiveToken>, StoreUnavailable> {
        if let Some(claims) = self.refresh_tokens.verify(token, self.clock.now()) {
            return self.refresh_token(claims).await;
        }
        match self.authenticate.execute(token).await {
            Ok(bearer) => Ok(Some(ActiveToken::Access(Box::new(bearer)))),
            Err(AuthenticateError::Unavailable(error)) => Err(error),
            Err(_) => Ok(None),
        }
    }

    async fn refresh_token(&self, claims: RefreshTokenClaims) -> Result<Option<ActiveToken>, StoreUnavailable> {
        let Some((session, _)) = self.store.find_session(claims.session_id).await? else { return Ok(None) };
        let (now, rotation) = (self.clock.now(), &session.rotation);
        // As if its own client presented it.
        let decision = present(rotation, claims.generation, &rotation.client, now, self.retry_window);
        let active = decision != Presented::Reused && session.is_alive(now);
        Ok(active.then(|| ActiveToken::Refresh(Box::new(session))))
    }
}
