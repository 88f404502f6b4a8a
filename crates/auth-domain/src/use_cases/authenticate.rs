//! Who bears this access token?

use std::sync::Arc;

use crate::access_token::{AccessClaims, TokenRejection};
use crate::account::Account;
use crate::error_code::{ErrorCode, Refusal};
use crate::ports::{AccessTokens, Change, StoreError};
use crate::services::Environment;
use crate::session::Session;

use super::all::Parts;

/// Proof that the bearer of a live session is calling. Only [`Authenticate`] makes one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authenticated {
    account: Account,
    session: Session,
    claims: AccessClaims,
}

impl Authenticated {
    /// Whose session it is.
    pub const fn account(&self) -> &Account {
        &self.account
    }

    /// The session.
    pub const fn session(&self) -> &Session {
        &self.session
    }

    /// What the access token says; the account may say something else by now.
    pub const fn claims(&self) -> &AccessClaims {
        &self.claims
    }

    /// The account as it is now; `None` when the session has ended since.
    pub(super) async fn still_there(&self, env: &Environment) -> Result<Option<Account>, StoreError> {
        let found = env.store.find_session(self.session.id).await?;
        let now = env.now();
        Ok(found.filter(|(session, _)| session.is_alive(now)).map(|(_, account)| account.as_of(now)))
    }
}

/// Why nobody was recognised.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AuthenticateError {
    /// The token itself is refused.
    #[error(transparent)]
    Token(#[from] TokenRejection),
    /// It verifies, but its session or account is gone.
    #[error("the session is gone")]
    SessionGone,
    /// The database did not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<AuthenticateError> for Refusal {
    fn from(error: AuthenticateError) -> Self {
        match error {
            AuthenticateError::Token(TokenRejection::Invalid(_)) => ErrorCode::AccessTokenInvalid.into(),
            AuthenticateError::Token(TokenRejection::Expired) => ErrorCode::AccessTokenExpired.into(),
            AuthenticateError::SessionGone => ErrorCode::Unauthorized.into(),
            AuthenticateError::Store(error) => error.into(),
        }
    }
}

/// The use case.
pub struct Authenticate {
    env: Environment,
    access_tokens: Arc<dyn AccessTokens>,
}

impl Authenticate {
    pub(super) fn new(parts: &Parts) -> Self {
        Self { env: parts.env.clone(), access_tokens: parts.ports.access_tokens.clone() }
    }

    /// Returns the account and session of whoever bears `token`.
    pub async fn execute(&self, token: &str) -> Result<Authenticated, AuthenticateError> {
        let now = self.env.now();
        let claims = self.access_tokens.verify(token, now)?;
        let found = self.env.store.find_session(claims.session_id).await?;
        let (session, account) = found.ok_or(AuthenticateError::SessionGone)?;
        let belongs =
            session.account_id == claims.account_id && session.rotation.accepts_access_token_of(claims.generation);
        if !belongs || !session.is_alive(now) {
            return Err(AuthenticateError::SessionGone);
        }
        let current = session.rotation.generation;
        if claims.generation == current && !session.rotation.proved {
            // When it is lost, it was proved, rotated or revoked in this instant. This call came before.
            let proof = Change::ProveSession { session_id: session.id, generation: current };
            self.env.commit_unless_lost(proof).await?;
        }
        Ok(Authenticated { account: account.as_of(now), session, claims })
    }
}
