//! Exchanges a refresh token for its successor, by the rules of [`crate::session::refresh`].

use std::sync::Arc;

use crate::account::{Account, Blocked};
use crate::audience::Audience;
use crate::disclosure::Disclosure;
use crate::error_code::{ErrorCode, Refusal};
use crate::event::EventKind;
use crate::mail::NoticeKind;
use crate::ports::{Change, KeptSessions, NoSigningKey, RefreshTokenClaims, StoreError};
use crate::services::{Announcements, Decision, Environment, IssuedTokens, SessionTokens, notice, session_of};
use crate::session::refresh::{Presented, is_current, present};
use crate::session::{Client, LateRepeats, Revocation, RevocationReason, Rotation, Session};
use crate::{AccountId, SessionId, Timestamp};

use super::all::{Parts, SuspiciousSession};

/// Why no tokens were issued.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RefreshError {
    /// The token was not issued here, its session is gone, or it is no longer valid.
    #[error("the refresh token is not valid")]
    Invalid,
    /// The token was valid once and came back: the session was revoked.
    #[error("the refresh token of session {session_id} was reused")]
    Reused {
        /// The session that was revoked.
        session_id: SessionId,
        /// The account of the session.
        account_id: AccountId,
    },
    /// The token was presented late so often that two clients may share the session, which was revoked.
    #[error("the refresh of session {session_id} was repeated too late too often")]
    Suspicious {
        /// The session that was revoked.
        session_id: SessionId,
        /// The account of the session.
        account_id: AccountId,
    },
    /// Its session has expired.
    #[error("the session has expired")]
    Expired,
    /// Its account was blocked, and the caller may know.
    #[error(transparent)]
    Blocked(#[from] Blocked),
    /// No access token could be signed.
    #[error(transparent)]
    NoSigningKey(#[from] NoSigningKey),
    /// The database did not answer, or failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<RefreshError> for Refusal {
    fn from(error: RefreshError) -> Self {
        match error {
            RefreshError::Invalid | RefreshError::Reused { .. } | RefreshError::Suspicious { .. } => {
                ErrorCode::RefreshTokenInvalid.into()
            }
            RefreshError::Expired => ErrorCode::RefreshTokenExpired.into(),
            RefreshError::Blocked(blocked) => blocked.into(),
            RefreshError::NoSigningKey(error) => error.into(),
            RefreshError::Store(error) => error.into(),
        }
    }
}

/// Refreshes sessions.
pub struct RefreshSession {
    env: Environment,
    kept_sessions: Option<Arc<dyn KeptSessions>>,
    session_tokens: Arc<SessionTokens>,
    announcements: Arc<Announcements>,
    suspicious_session: SuspiciousSession,
    disclosure: Disclosure,
}

type Refreshed = Decision<IssuedTokens, RefreshError>;

impl RefreshSession {
    pub(super) fn new(parts: &Parts) -> Self {
        Self {
            env: parts.env.clone(),
            kept_sessions: parts.ports.kept_sessions.clone(),
            session_tokens: parts.session_tokens.clone(),
            announcements: parts.announcements.clone(),
            suspicious_session: parts.policy.suspicious_session,
            disclosure: parts.policy.disclosure,
        }
    }

    /// Issues the successor of `token` to `client`, with an access token for `audience`. The session does not remember the
    /// audience: each refresh names its own. A forged token costs no database access.
    pub async fn execute(
        &self,
        token: &str,
        audience: &Audience,
        client: &Client,
    ) -> Result<IssuedTokens, RefreshError> {
        let claims = self.session_tokens.refresh.verify(token, self.env.now()).ok_or(RefreshError::Invalid)?;
        self.env
            .decide(async |lost| {
                let kept = if lost.is_none() { self.kept(claims) } else { None };
                let found = match kept {
                    Some(kept) => Some(kept),
                    None => session_of(&*self.env.store, &claims).await?,
                };
                let (session, account) = found.ok_or(RefreshError::Invalid)?;
                self.decision(claims, session, &account, (client, audience))
            })
            .await
    }

    /// Returns the cached session if it would advance to its next generation, and nothing else: the guard of that
    /// change finds out whether the session and its account are still as they were. Everything else, such as a refusal
    /// or the end of the session, is decided on what the store returns.
    fn kept(&self, claims: RefreshTokenClaims) -> Option<(Session, Account)> {
        let kept = self.kept_sessions.as_ref()?.recall(claims.session_id);
        let now = self.env.now();
        kept.filter(|(session, _)| session.is_alive(now) && is_current(&session.rotation, claims.generation))
    }

    fn decision(
        &self,
        claims: RefreshTokenClaims,
        session: Session,
        account: &Account,
        (client, audience): (&Client, &Audience),
    ) -> Result<Refreshed, RefreshError> {
        let now = self.env.now();
        if let Some(blocked) = account.blocked() {
            return Err(match self.disclosure {
                Disclosure::Explicit => blocked.into(),
                Disclosure::Concealed => RefreshError::Invalid,
            });
        }
        if session.revocation.is_some() {
            return Err(RefreshError::Invalid);
        }
        if !session.is_alive(now) {
            return Err(RefreshError::Expired);
        }
        let retry_window = self.session_tokens.lifetimes.retry_window;
        let (session, changes) = match present(&session.rotation, claims.generation, client, now, retry_window) {
            Presented::Advanced(rotation) => {
                let (session, advance) = self.advance(session, account, rotation, now);
                (session, vec![advance])
            }
            Presented::ServedAgain(rotation) => {
                let note = note_served_again(&session, account, rotation, false);
                (session, vec![note])
            }
            Presented::Suspicious(rotation) if self.suspicious_session == SuspiciousSession::Ends => {
                return Ok(self.end_suspicious(&session, rotation, account, client, now));
            }
            Presented::Suspicious(rotation) => {
                let changes = self.serve_suspicious(&session, rotation, account, client, now);
                (session, changes)
            }
            Presented::Repeated => (session, Vec::new()),
            // A request that lost a race to its own second exit, for example. Nothing is committed.
            Presented::Refused => return Err(RefreshError::Invalid),
            Presented::Reused => {
                let (session_id, account_id) = (session.id, session.account_id);
                let changes = self.revoke(&session, account, client, now);
                return Ok(Decision::refuse(RefreshError::Reused { session_id, account_id }, changes));
            }
        };
        let tokens = self.session_tokens.issue(&session, &account.roles, audience, now)?;
        Ok(Decision::commit(tokens, changes))
    }

    fn advance(&self, session: Session, account: &Account, rotation: Rotation, now: Timestamp) -> (Session, Change) {
        let key_id = self.session_tokens.refresh.current_key();
        let idle_expires_at = now + self.session_tokens.lifetimes.idle;
        let change = Change::AdvanceSession {
            account_id: account.id,
            revision: account.revision(),
            session_id: session.id,
            from: session.rotation.version(),
            rotation: rotation.clone(),
            key_id: key_id.clone(),
            idle_expires_at,
        };
        (Session { rotation, key_id, idle_expires_at, ..session }, change)
    }

    /// Answers as usual, and queues a notice to the owner: one, however many consecutive generations there are.
    fn serve_suspicious(
        &self,
        session: &Session,
        rotation: Rotation,
        account: &Account,
        client: &Client,
        now: Timestamp,
    ) -> Vec<Change> {
        let news = rotation.late.is_some_and(|late| late.running == LateRepeats::SUSPICIOUS);
        let note = note_served_again(session, account, rotation, news);
        let notice = news.then(|| notice(&*self.env.entropy, account, NoticeKind::SessionSuspicious, client, now));
        std::iter::once(note).chain(notice).collect()
    }

    fn end_suspicious(
        &self,
        session: &Session,
        rotation: Rotation,
        account: &Account,
        client: &Client,
        now: Timestamp,
    ) -> Refreshed {
        let note = note_served_again(session, account, rotation, true);
        let (session_id, account_id) = (session.id, session.account_id);
        let ending = self.revoke(session, account, client, now);
        let changes = std::iter::once(note).chain(ending).collect();
        Decision::refuse(RefreshError::Suspicious { session_id, account_id }, changes)
    }

    /// Ends the session, announces it to other services and queues a notice to its owner, in one commit.
    fn revoke(&self, session: &Session, account: &Account, client: &Client, now: Timestamp) -> Vec<Change> {
        let (session_id, account_id) = (session.id, session.account_id);
        let revocation = Revocation { at: now, reason: RevocationReason::TokenReused };
        let kind = NoticeKind::SessionReuseDetected;
        let event = EventKind::SessionReuseDetected(session_id);
        vec![
            Change::RevokeSession { account_id, session_id, revocation },
            self.announcements.announce(event, account_id, account.next_change_at(now)),
            notice(&*self.env.entropy, account, kind, client, now),
        ]
    }
}

/// Returns the change that records that the current generation was issued again. What the tokens are made of stays the
/// same.
fn note_served_again(session: &Session, account: &Account, rotation: Rotation, suspicious: bool) -> Change {
    Change::NoteServedAgain {
        account_id: account.id,
        revision: account.revision(),
        session_id: session.id,
        from: session.rotation.version(),
        rotation,
        suspicious,
    }
}
