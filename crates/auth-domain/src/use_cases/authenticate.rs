//! Recognises the bearer of an access token.

use std::sync::Arc;

use crate::Timestamp;
use crate::access_token::{AccessClaims, TokenRejection};
use crate::account::{Account, Blocked};
use crate::audience::Audience;
use crate::disclosure::Disclosure;
use crate::error_code::{ErrorCode, Refusal};
use crate::ports::{AccessTokens, Change, KeptSessions, StoreError};
use crate::services::Environment;
use crate::session::Session;

use super::all::Parts;

/// Proof that the bearer of a live session is calling. Only [`Authenticate`] creates it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authenticated {
    account: Account,
    session: Session,
    claims: AccessClaims,
}

impl Authenticated {
    /// Returns the account of the session.
    pub const fn account(&self) -> &Account {
        &self.account
    }

    /// Returns the session.
    pub const fn session(&self) -> &Session {
        &self.session
    }

    /// Returns the claims of the access token; the account may have changed since.
    pub const fn claims(&self) -> &AccessClaims {
        &self.claims
    }

    /// Returns the account as it is now; `None` if the session has ended meanwhile.
    pub(super) async fn still_there(&self, env: &Environment) -> Result<Option<Account>, StoreError> {
        let found = env.store.find_session(self.account.id, self.session.id).await?;
        let now = env.now();
        Ok(found.filter(|(session, _)| session.is_alive(now)).map(|(_, account)| account.as_of(now)))
    }
}

/// An access token that was checked, whatever its audience, with its account and session. It permits nothing here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckedToken(Authenticated);

impl CheckedToken {
    /// Returns the account of the session.
    pub const fn account(&self) -> &Account {
        &self.0.account
    }

    /// Returns the session.
    pub const fn session(&self) -> &Session {
        &self.0.session
    }

    /// Returns the claims of the access token; the account may have changed since.
    pub const fn claims(&self) -> &AccessClaims {
        &self.0.claims
    }
}

/// Why the bearer was not recognised.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AuthenticateError {
    /// The token itself was refused.
    #[error(transparent)]
    Token(#[from] TokenRejection),
    /// The token verifies, but is for another audience.
    #[error("the access token is for another audience")]
    WrongAudience,
    /// The token verifies, but its session has ended or its account was deleted.
    #[error("the session has ended")]
    SessionGone,
    /// The token verifies, but the account of its session was blocked, and its bearer may know.
    #[error(transparent)]
    Blocked(#[from] Blocked),
    /// The database did not answer, or failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<AuthenticateError> for Refusal {
    fn from(error: AuthenticateError) -> Self {
        match error {
            AuthenticateError::Token(TokenRejection::Invalid(_)) => ErrorCode::AccessTokenInvalid.into(),
            AuthenticateError::Token(TokenRejection::Expired) => ErrorCode::AccessTokenExpired.into(),
            AuthenticateError::WrongAudience => ErrorCode::WrongAudience.into(),
            AuthenticateError::SessionGone => ErrorCode::Unauthorized.into(),
            AuthenticateError::Blocked(blocked) => blocked.into(),
            AuthenticateError::Store(error) => error.into(),
        }
    }
}

/// Recognises the bearer of an access token.
pub struct Authenticate {
    env: Environment,
    access_tokens: Arc<dyn AccessTokens>,
    kept_sessions: Option<Arc<dyn KeptSessions>>,
    disclosure: Disclosure,
}

impl Authenticate {
    pub(super) fn new(parts: &Parts) -> Self {
        let (access_tokens, kept_sessions) = (parts.ports.access_tokens.clone(), parts.ports.kept_sessions.clone());
        Self { env: parts.env.clone(), access_tokens, kept_sessions, disclosure: parts.policy.disclosure }
    }

    /// Returns the account and session of the bearer of `token`, as they are now. The token must be for the default
    /// audience, to which this service belongs.
    pub async fn execute(&self, token: &str) -> Result<Authenticated, AuthenticateError> {
        let now = self.env.now();
        let claims = self.claims_for(&Audience::Default, token, now)?;
        self.by_store(claims, now).await
    }

    /// Returns the same for a caller that only reads: as they were within the last second ([`KeptSessions`]). A caller
    /// that writes uses [`Self::execute`], so that a session which was ended elsewhere can weaken nothing.
    pub async fn recent(&self, token: &str) -> Result<Authenticated, AuthenticateError> {
        let now = self.env.now();
        let claims = self.claims_for(&Audience::Default, token, now)?;
        self.by_cache(claims, now).await
    }

    /// Returns what a gateway in front of the services with this audience may let through, as of the last second.
    pub async fn recent_for(&self, audience: &Audience, token: &str) -> Result<CheckedToken, AuthenticateError> {
        let now = self.env.now();
        let claims = self.claims_for(audience, token, now)?;
        self.by_cache(claims, now).await.map(CheckedToken)
    }

    /// Returns the same for a token of any of our audiences.
    pub(super) async fn recent_of_any(&self, token: &str) -> Result<CheckedToken, AuthenticateError> {
        let now = self.env.now();
        let claims = self.access_tokens.verify(token, now)?;
        self.by_cache(claims, now).await.map(CheckedToken)
    }

    /// Returns a token for this audience with account and session as they are now.
    pub(super) async fn checked_now(
        &self,
        audience: &Audience,
        token: &str,
    ) -> Result<CheckedToken, AuthenticateError> {
        let now = self.env.now();
        let claims = self.claims_for(audience, token, now)?;
        self.by_store(claims, now).await.map(CheckedToken)
    }

    fn claims_for(&self, audience: &Audience, token: &str, now: Timestamp) -> Result<AccessClaims, AuthenticateError> {
        let claims = self.access_tokens.verify(token, now)?;
        // A service gets no tokens for the default audience, whatever was the default when it got them.
        let passed_on_to_us = *audience == Audience::Default && !claims.actors.names().is_empty();
        if claims.audience != *audience || passed_on_to_us {
            return Err(AuthenticateError::WrongAudience);
        }
        Ok(claims)
    }

    async fn by_cache(&self, claims: AccessClaims, now: Timestamp) -> Result<Authenticated, AuthenticateError> {
        let kept = self.kept_sessions.as_ref().and_then(|kept| kept.recall(claims.session_id));
        if let Some((session, account)) = kept.filter(|(session, _)| is_good(session, &claims, now))
            && is_no_older(&session, &claims)
            && let Ok(true) | Err(StoreError::Unavailable | StoreError::Refused) = self.prove(&session, &claims).await
        {
            return Ok(Authenticated { account: account.as_of(now), session, claims });
        }
        // The cache refuses nobody: the session may have advanced elsewhere. A proof that cannot be written is
        // postponed.
        self.by_store(claims, now).await
    }

    async fn by_store(&self, claims: AccessClaims, now: Timestamp) -> Result<Authenticated, AuthenticateError> {
        let found = self.env.store.find_session(claims.account_id, claims.session_id).await?;
        let (session, account) = found.ok_or(AuthenticateError::SessionGone)?;
        if let Some(blocked) = account.blocked() {
            return Err(match self.disclosure {
                Disclosure::Explicit => blocked.into(),
                Disclosure::Concealed => AuthenticateError::SessionGone,
            });
        }
        if !is_good(&session, &claims, now) {
            return Err(AuthenticateError::SessionGone);
        }
        match self.prove(&session, &claims).await {
            // If it was lost, the session was proved, rotated or revoked in this instant. This call came before.
            Ok(_) => {}
            // The database was read, but accepts no writes now: the proof is left to the next call.
            Err(StoreError::Unavailable | StoreError::Refused) => {}
            Err(error) => return Err(error.into()),
        }
        Ok(Authenticated { account: account.as_of(now), session, claims })
    }

    /// Records, once, that the current generation arrived. Returns whether the session is still as it was read.
    async fn prove(&self, session: &Session, claims: &AccessClaims) -> Result<bool, StoreError> {
        let current = session.rotation.generation;
        if claims.generation != current || session.rotation.proved {
            return Ok(true);
        }
        let (account_id, session_id) = (session.account_id, session.id);
        self.env.commit_unless_lost(Change::ProveSession { account_id, session_id, generation: current }).await
    }
}

fn is_good(session: &Session, claims: &AccessClaims, now: Timestamp) -> bool {
    session.account_id == claims.account_id
        && session.rotation.accepts_access_token_of(claims.generation)
        && session.is_alive(now)
}

/// Tells whether the session was read after the token was made: a reauthentication elsewhere issues a token that says
/// more.
fn is_no_older(session: &Session, claims: &AccessClaims) -> bool {
    session.method == claims.method && session.authenticated_at >= claims.authenticated_at
}
