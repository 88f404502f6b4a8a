//! What a commit does to the cache: collected before the commit begins, and applied when it has ended.

use auth_domain::account::Account;
use auth_domain::ports::{Change, CommitError, SessionsTouched};
use auth_domain::session::{Generation, KeyId, Rotation, RotationVersion, Session};
use auth_domain::version::AccountRevision;
use auth_domain::{AccountId, SessionId, Timestamp};

use crate::sessions::{Moment, SessionCache};

/// The state on which a refresh was decided, and which its guard compared.
struct Read {
    revision: AccountRevision,
    rotation: RotationVersion,
}

/// How a session advances.
enum Move {
    Advance {
        from: Read,
        rotation: Rotation,
        key_id: KeyId,
        idle_expires_at: Timestamp,
    },
    ServeAgain {
        from: Read,
        rotation: Rotation,
    },
    Prove(Generation),
    /// In a way that is unknown here, so that it is read again.
    Other,
}

impl Move {
    fn of(change: &Change) -> Self {
        match change {
            Change::AdvanceSession { revision, from, rotation, key_id, idle_expires_at, .. } => {
                let (from, rotation) = (Read { revision: *revision, rotation: *from }, rotation.clone());
                Self::Advance { from, rotation, key_id: key_id.clone(), idle_expires_at: *idle_expires_at }
            }
            Change::NoteServedAgain { revision, from, rotation, .. } => {
                let (from, rotation) = (Read { revision: *revision, rotation: *from }, rotation.clone());
                Self::ServeAgain { from, rotation }
            }
            Change::ProveSession { generation, .. } => Self::Prove(*generation),
            _ => Self::Other,
        }
    }

    /// Tells whether the commit found session and account as they were read.
    const fn confirms(&self) -> bool {
        matches!(self, Self::Advance { .. } | Self::ServeAgain { .. })
    }

    /// Returns the advanced session; `None` if the cached one is not the one on which this was decided.
    fn apply(self, session: &Session, account: &Account) -> Option<Session> {
        let is_same = |from: Read| {
            let same = session.rotation.version() == from.rotation && account.revision() == from.revision;
            same && session.revocation.is_none()
        };
        match self {
            Self::Advance { from, rotation, key_id, idle_expires_at } => {
                is_same(from).then(|| Session { rotation, key_id, idle_expires_at, ..session.clone() })
            }
            Self::ServeAgain { from, rotation } => is_same(from).then(|| {
                let Rotation { served_at, joins, late, notes, .. } = rotation;
                let rotation = Rotation { served_at, joins, late, notes, ..session.rotation.clone() };
                Session { rotation, ..session.clone() }
            }),
            Self::Prove(generation) => (session.rotation.generation == generation).then(|| {
                let rotation = Rotation { proved: true, ..session.rotation.clone() };
                Session { rotation, ..session.clone() }
            }),
            Self::Other => None,
        }
    }
}

/// A commit under way. If it is dropped unsettled, for example because the caller went away, nobody knows whether the
/// commit happened.
pub(crate) struct UnderWay<'a> {
    cache: &'a SessionCache,
    began: Moment,
    accounts: Vec<AccountId>,
    sessions: Vec<(SessionId, Move)>,
}

impl<'a> UnderWay<'a> {
    pub(crate) fn new(cache: &'a SessionCache, changes: &[Change]) -> Self {
        let (mut accounts, mut sessions) = (Vec::new(), Vec::new());
        for change in changes {
            match change.sessions_touched() {
                SessionsTouched::Nothing => {}
                SessionsTouched::Of(account_id) => accounts.push(account_id),
                SessionsTouched::Moved(session_id) => sessions.push((session_id, Move::of(change))),
            }
        }
        Self { cache, began: cache.now(), accounts, sessions }
    }

    /// Applies the commit to the cache. A commit that lost shows that the state on which it was decided is outdated, so
    /// that is removed too.
    pub(crate) fn settle(mut self, outcome: &Result<(), CommitError>) {
        match outcome {
            Ok(()) => {
                self.accounts.drain(..).for_each(|account_id| self.cache.void(account_id));
                for (session_id, moved) in self.sessions.drain(..) {
                    let confirmed = moved.confirms().then_some(self.began);
                    self.cache.update(session_id, confirmed, |session, account| moved.apply(session, account));
                }
            }
            Err(CommitError::Conflict(_) | CommitError::Duplicate(_)) => {
                self.accounts.drain(..).for_each(|account_id| self.cache.void(account_id));
                self.sessions.drain(..).for_each(|(session_id, _)| self.cache.forget(session_id));
            }
            // It may have happened, or happen yet, as if this had been dropped.
            Err(CommitError::Store(_)) => {}
        }
    }
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.accounts.drain(..).for_each(|account_id| self.cache.void_for_a_while(account_id));
        self.sessions.drain(..).for_each(|(session_id, _)| self.cache.forget(session_id));
    }
}
