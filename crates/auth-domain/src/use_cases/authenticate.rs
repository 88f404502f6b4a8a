//! Who bears this access token?

use std::sync::Arc;

use crate::Timestamp;
use crate::access_token::{AccessClaims, TokenRejection};
use crate::account::Account;
use crate::error_code::{ErrorCode, Refusal};
use crate::ports::{AccessTokens, Change, Clock, CommitError, Store, StoreUnavailable};
use crate::session::Session;

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
}

impl Authenticated {
    /// The account as it is at `now`; `None` when the session has ended since.
    pub(super) async fn still_there(
        &self,
        store: &dyn Store,
        now: Timestamp,
    ) -> Result<Option<Account>, StoreUnavailable> {
        let found = store.find_session(self.session.id).await?;
        Ok(found.filter(|(session, _)| session.is_alive(now)).map(|(_, account)| account))
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
    /// The database is away.
    #[error(transparent)]
    Unavailable(#[from] StoreUnavailable),
}

impl From<AuthenticateError> for Refusal {
    fn from(error: AuthenticateError) -> Self {
        match error {
            AuthenticateError::Token(TokenRejection::Invalid) => ErrorCode::AccessTokenInvalid.into(),
            AuthenticateError::Token(TokenRejection::Expired) => ErrorCode::AccessTokenExpired.into(),
            AuthenticateError::SessionGone => ErrorCode::Unauthorized.into(),
            AuthenticateError::Unavailable(error) => error.into(),
        }
    }
}

/// The use case.
pub struct Authenticate {
    /// Where sessions are kept.
    pub store: Arc<dyn Store>,
    /// Verifies the token.
    pub access_tokens: Arc<dyn AccessTokens>,
    /// Tells whether it has expired.
    pub clock: Arc<dyn Clock>,
}

impl Authenticate {
    /// The account and session of whoever bears `token`.
    pub async fn execute(&self, token: &str) -> Result<Authenticated, AuthenticateError> {
        let now = self.clock.now();
        let claims = self.access_tokens.verify(token, now)?;
        let found = self.store.find_session(claims.session_id).await?;
        let (session, account) = found.ok_or(AuthenticateError::SessionGone)?;
        let belongs =
            session.account_id == claims.account_id && session.rotation.accepts_access_token_of(claims.generation);
        if !belongs || !session.is_alive(now) {
            return Err(AuthenticateError::SessionGone);
        }
        let current = session.rotation.generation;
        if claims.generation == current && !session.rotation.proved {
            let proof = Change::ProveSession { session_id: session.id, generation: current };
            match self.store.commit(vec![proof]).await {
                // A conflict: it was proved, rotated or revoked in this instant. This call came before.
                Ok(()) | Err(CommitError::Conflict { .. }) => {}
                Err(_) => return Err(StoreUnavailable.into()),
            }
        }
        Ok(Authenticated { account, session, claims })
    }
}
