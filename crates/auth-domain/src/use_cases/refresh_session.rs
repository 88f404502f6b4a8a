//! Refreshing: a refresh token for its successor, by the rules of [`crate::session::refresh`].

use std::sync::Arc;

use crate::account::Account;
use crate::error_code::{ErrorCode, Refusal};
use crate::event::EventKind;
use crate::mail::NoticeKind;
use crate::ports::{Change, NoSigningKey, RefreshTokenClaims, StoreError};
use crate::services::{Announcements, Decision, Environment, IssuedTokens, SessionTokens, notice};
use crate::session::refresh::{Presented, present};
use crate::session::{Client, Revocation, RevocationReason, Rotation, Session};
use crate::{AccountId, SessionId, Timestamp};

use super::all::Parts;

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
    /// The database did not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<RefreshError> for Refusal {
    fn from(error: RefreshError) -> Self {
        match error {
            RefreshError::Invalid | RefreshError::Reused { .. } => ErrorCode::RefreshTokenInvalid.into(),
            RefreshError::Expired => ErrorCode::RefreshTokenExpired.into(),
            RefreshError::NoSigningKey(error) => error.into(),
            RefreshError::Store(error) => error.into(),
        }
    }
}

/// The use case.
pub struct RefreshSession {
    env: Environment,
    session_tokens: Arc<SessionTokens>,
    announcements: Arc<Announcements>,
}

type Refreshed = Decision<IssuedTokens, RefreshError>;

impl RefreshSession {
    pub(super) fn new(parts: &Parts) -> Self {
        Self {
            env: parts.env.clone(),
            session_tokens: parts.session_tokens.clone(),
            announcements: parts.announcements.clone(),
        }
    }

    /// Hands out the successor of `token` to `client`. A forged token costs no database access.
    pub async fn execute(&self, token: &str, client: &Client) -> Result<IssuedTokens, RefreshError> {
        let claims = self.session_tokens.refresh.verify(token, self.env.now()).ok_or(RefreshError::Invalid)?;
        self.env
            .decide(async |_| {
                let found = self.env.store.find_session(claims.session_id).await?;
                let (session, account) = found.ok_or(RefreshError::Invalid)?;
                self.decision(claims, session, &account, client)
            })
            .await
    }

    fn decision(
        &self,
        claims: RefreshTokenClaims,
        session: Session,
        account: &Account,
        client: &Client,
    ) -> Result<Refreshed, RefreshError> {
        let now = self.env.now();
        if session.revocation.is_some() {
            return Err(RefreshError::Invalid);
        }
        if !session.is_alive(now) {
            return Err(RefreshError::Expired);
        }
        let retry_window = self.session_tokens.lifetimes.retry_window;
        let (session, changes) = match present(&session.rotation, claims.generation, client, now, retry_window) {
            Presented::Advanced(rotation) => {
                let (session, advance) = self.advance(session, rotation, now);
                (session, vec![advance])
            }
            Presented::ServedAgain { at } => {
                let (session_id, generation) = (session.id, session.rotation.generation);
                (session, vec![Change::NoteServedAgain { session_id, generation, at }])
            }
            Presented::Repeated => (session, Vec::new()),
            Presented::Reused => return Ok(self.revoke(&session, account, client, now)),
        };
        let tokens = self.session_tokens.issue(&session, &account.roles, now)?;
        Ok(Decision::commit(tokens, changes))
    }

    fn advance(&self, session: Session, rotation: Rotation, now: Timestamp) -> (Session, Change) {
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
        (Session { rotation, key_id, idle_expires_at, ..session }, change)
    }

    /// Ends the session, tells other services and owes its owner a notice, in one commit.
    fn revoke(&self, session: &Session, account: &Account, client: &Client, now: Timestamp) -> Refreshed {
        let (session_id, account_id) = (session.id, session.account_id);
        let revocation = Revocation { at: now, reason: RevocationReason::TokenReused };
        let kind = NoticeKind::SessionReuseDetected;
        let event = EventKind::SessionReuseDetected(session_id);
        let changes = vec![
            Change::RevokeSession { account_id, session_id, revocation },
            self.announcements.announce(event, account_id, account.next_change_at(now)),
            notice(&*self.env.entropy, &account.email, kind, client, now),
        ];
        Decision::refuse(RefreshError::Reused { session_id, account_id }, changes)
    }
}
