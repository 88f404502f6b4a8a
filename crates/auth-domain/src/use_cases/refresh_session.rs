//! Refreshing: a refresh token for its successor, by the rules of [`crate::session::refresh`].

use std::sync::Arc;

use crate::account::Account;
use crate::error_code::{ErrorCode, Refusal};
use crate::event::EventKind;
use crate::mail::NoticeKind;
use crate::ports::{Change, Clock, CommitError, Entropy, NoSigningKey, RefreshTokenClaims, Store, StoreUnavailable};
use crate::session::refresh::{Presented, present};
use crate::session::{Client, Revocation, RevocationReason, Session};
use crate::{AccountId, SessionId, Timestamp};

use super::MAX_ATTEMPTS;
use super::announcements::Announcements;
use super::notices::notice;
use super::session_tokens::{IssuedTokens, SessionTokens};

/// Why no tokens were handed out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RefreshError {
    /// Not a token of ours, its session is gone, or it is no longer good.
    #[error("the refresh token is not valid")]
    Invalid,
    /// It was good once and came back: the session was revoked.
    #[error("the refresh token of session {session_id} was used again")]
    Reused {
        /// The session that was revoked.
        session_id: SessionId,
        /// Whose it was.
        account_id: AccountId,
    },
    /// Its session has expired.
    #[error("the session has expired")]
    Expired,
    /// No access token could be signed.
    #[error(transparent)]
    NoSigningKey(#[from] NoSigningKey),
    /// The database is away.
    #[error(transparent)]
    Unavailable(#[from] StoreUnavailable),
}

impl From<RefreshError> for Refusal {
    fn from(error: RefreshError) -> Self {
        match error {
            RefreshError::Invalid | RefreshError::Reused { .. } => ErrorCode::RefreshTokenInvalid.into(),
            RefreshError::Expired => ErrorCode::RefreshTokenExpired.into(),
            RefreshError::NoSigningKey(error) => error.into(),
            RefreshError::Unavailable(error) => error.into(),
        }
    }
}

/// The use case.
pub struct RefreshSession {
    /// Where sessions are kept.
    pub store: Arc<dyn Store>,
    /// Checks the presented token and issues the next.
    pub session_tokens: Arc<SessionTokens>,
    /// Tells other services when a token comes back after its time.
    pub announcements: Arc<Announcements>,
    /// Dates the refresh.
    pub clock: Arc<dyn Clock>,
    /// Tells access tokens apart.
    pub entropy: Arc<dyn Entropy>,
}

impl RefreshSession {
    /// Hands out the successor of `token` to `client`. A forged token costs no database access.
    pub async fn execute(&self, token: &str, client: &Client) -> Result<IssuedTokens, RefreshError> {
        let claims = self.session_tokens.refresh.verify(token, self.clock.now()).ok_or(RefreshError::Invalid)?;
        for _ in 0..MAX_ATTEMPTS {
            match self.round(claims, client).await {
                Err(CommitError::Conflict { .. }) => {}
                Err(_) => break,
                Ok(outcome) => return outcome,
            }
        }
        Err(StoreUnavailable.into())
    }

    /// Reads, decides, commits. A conflict means that somebody else was first: go round again.
    async fn round(
        &self,
        claims: RefreshTokenClaims,
        client: &Client,
    ) -> Result<Result<IssuedTokens, RefreshError>, CommitError> {
        let Some((session, account)) = self.store.find_session(claims.session_id).await? else {
            return Ok(Err(RefreshError::Invalid));
        };
        let now = self.clock.now();
        if session.revocation.is_some() {
            return Ok(Err(RefreshError::Invalid));
        }
        if !session.is_alive(now) {
            return Ok(Err(RefreshError::Expired));
        }
        let lifetimes = &self.session_tokens.lifetimes;
        let decision = present(&session.rotation, claims.generation, client, now, lifetimes.retry_window);
        let (session, change) = match decision {
            Presented::Advanced(rotation) => self.advance(session, rotation, now),
            Presented::ServedAgain { at } => {
                let Session { id, ref rotation, .. } = session;
                let change = Change::NoteServedAgain { session_id: id, generation: rotation.generation, at };
                (session, Some(change))
            }
            Presented::Repeated => (session, None),
            Presented::Reused => return self.revoke(&session, &account, client, now).await.map(Err),
        };
        let tokens = match self.tokens_of(&session, &account, now) {
            Ok(tokens) => tokens,
            Err(error) => return Ok(Err(error.into())),
        };
        if let Some(change) = change {
            self.store.commit(vec![change]).await?;
        }
        Ok(Ok(tokens))
    }

    fn tokens_of(&self, session: &Session, account: &Account, now: Timestamp) -> Result<IssuedTokens, NoSigningKey> {
        self.session_tokens.issue(session, &account.roles, now, self.entropy.bytes())
    }

    fn advance(
        &self,
        session: Session,
        rotation: crate::session::Rotation,
        now: Timestamp,
    ) -> (Session, Option<Change>) {
        let key_id = self.session_tokens.refresh.current_key();
        let idle_expires_at = now + self.session_tokens.lifetimes.idle;
        let change = Change::AdvanceSession {
            session_id: session.id,
            from_generation: session.rotation.generation,
            from_proved: session.rotation.proved,
            rotation: rotation.clone(),
            key_id: key_id.clone(),
            idle_expires_at,
        };
        (Session { rotation, key_id, idle_expires_at, ..session }, Some(change))
    }

    /// Ends the session, tells other services and owes its owner a notice, in one commit.
    async fn revoke(
        &self,
        session: &Session,
        account: &Account,
        client: &Client,
        now: Timestamp,
    ) -> Result<RefreshError, CommitError> {
        let revocation = Revocation { at: now, reason: RevocationReason::TokenReused };
        let kind = NoticeKind::SessionReuseDetected;
        let event = EventKind::SessionReuseDetected(session.id);
        let changes = vec![
            Change::RevokeSession { account_id: session.account_id, session_id: session.id, revocation },
            self.announcements.announce(event, account.id, account.next_change_at(now)),
            notice(&*self.entropy, &account.email, kind, client, now),
        ];
        self.store.commit(changes).await?;
        Ok(RefreshError::Reused { session_id: session.id, account_id: session.account_id })
    }
}
