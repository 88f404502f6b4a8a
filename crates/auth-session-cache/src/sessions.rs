//! The cached sessions, and since when each counts.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use auth_domain::account::Account;
use auth_domain::ports::{KeptSessions, STALENESS, SessionNews};
use auth_domain::session::Session;
use auth_domain::{AccountId, SessionId};
use quick_cache::Weighter;
use quick_cache::sync::Cache;
use tokio::sync::Notify;

/// The maximum size of the cache, in bytes: about 16,000 sessions.
const MOST_BYTES: u64 = 16 * 1024 * 1024;
/// The size of a session besides its texts.
const SESSION_BYTES: u64 = 1_024;
/// The number of times before which nothing counts, shared by all accounts. If two accounts share one, each is read
/// again a little more often.
const TIMES: usize = 16_384;
/// How long after it was read, or last found unchanged by a refresh, a session is read again in any case: nobody
/// reports what is changed in the database by hand. This is longer than the time between two refreshes.
const OLDEST: Duration = Duration::from_secs(15 * 60);
/// How long nothing of an account is cached after a commit whose outcome is unknown. It may happen after it was given
/// up, but no statement runs for that long.
const UNKNOWN_FOR: Duration = Duration::from_secs(30);

/// A session as it was read, and when the read began.
pub(crate) struct Kept {
    pub(crate) session: Session,
    pub(crate) account: Account,
    read_at: Moment,
}

/// Nanoseconds since the cache was created, by a clock that nobody sets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Moment(u64);

#[derive(Clone)]
struct Weight;

impl Weighter<SessionId, Arc<Kept>> for Weight {
    fn weight(&self, _: &SessionId, kept: &Arc<Kept>) -> u64 {
        let Kept { session, account, .. } = &**kept;
        let client = session.rotation.client.user_agent().len();
        let joins = session.rotation.joins.as_slice().iter().map(|join| 64 + join.client.user_agent().len());
        let hash = account.password_hash.as_ref().map_or(0, |hash| hash.as_phc().len());
        let roles = account.roles.iter().map(|role| size_of::<String>() + role.len());
        let codes = account.two_factor.recovery_codes.iter().map(|code| size_of::<String>() + code.as_str().len());
        let identities = account.identities.iter().map(|identity| 64 + identity.subject.as_str().len());
        let texts = client + hash + joins.chain(roles).chain(codes).chain(identities).sum::<usize>();
        SESSION_BYTES + u64::try_from(texts).unwrap_or(u64::MAX / 2)
    }
}

/// Sessions that this node read or advanced, with their accounts, while they may be used.
///
/// Nothing is removed when it becomes void. Each entry says when its read began, and counts only if that was after
/// everything that made it void: the last change of its account, here or elsewhere, and the last time that something
/// may have been missed. Therefore a read that was under way during a commit cannot bring the old state back, however
/// late it ends, and there is no index that could miss a session of an account.
pub struct SessionCache {
    began: Instant,
    sessions: Cache<SessionId, Arc<Kept>, Weight>,
    /// For accounts that share a place: nothing counts that was read at or before this moment.
    void_until: Box<[AtomicU64]>,
    /// The same for all accounts.
    all_void_until: AtomicU64,
    /// Before this moment the cache may be used.
    usable_until: AtomicU64,
    /// Whether someone has asked since the engine last looked.
    wanted: AtomicBool,
    wanting: Notify,
}

impl Default for SessionCache {
    fn default() -> Self {
        Self::new()
    }
}

impl SessionCache {
    /// Creates an empty cache, which is not used before an engine reports.
    pub fn new() -> Self {
        Self::of_most(MOST_BYTES)
    }

    pub(crate) fn of_most(bytes: u64) -> Self {
        let entries = usize::try_from(bytes / SESSION_BYTES).unwrap_or(usize::MAX);
        Self {
            began: Instant::now(),
            sessions: Cache::with_weighter(entries, bytes, Weight),
            void_until: (0..TIMES).map(|_| AtomicU64::new(0)).collect(),
            all_void_until: AtomicU64::new(0),
            usable_until: AtomicU64::new(0),
            wanted: AtomicBool::new(false),
            wanting: Notify::new(),
        }
    }

    pub(crate) fn moment(&self, at: Instant) -> Moment {
        let nanos = at.saturating_duration_since(self.began).as_nanos();
        Moment(u64::try_from(nanos).unwrap_or(u64::MAX))
    }

    pub(crate) fn now(&self) -> Moment {
        self.moment(Instant::now())
    }

    pub(crate) fn void_until(&self, account_id: AccountId) -> &AtomicU64 {
        let (high, low) = account_id.as_uuid().as_u64_pair();
        // Fibonacci hashing: the upper bits depend on all of them.
        let mixed = (high ^ low.rotate_left(32)).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (64 - TIMES.ilog2());
        let place = usize::try_from(mixed).unwrap_or(0);
        &self.void_until[place]
    }

    /// Makes everything void that was read of this account until now.
    pub(crate) fn void(&self, account_id: AccountId) {
        self.void_until(account_id).fetch_max(self.now().0, Ordering::SeqCst);
    }

    /// Makes everything void that is read of this account for a while from now on: something may still happen to it.
    pub(crate) fn void_for_a_while(&self, account_id: AccountId) {
        let until = self.moment(Instant::now() + UNKNOWN_FOR);
        self.void_until(account_id).fetch_max(until.0, Ordering::SeqCst);
    }

    /// Tells whether an entry still counts.
    fn counts(&self, kept: &Kept) -> bool {
        let of_account = self.void_until(kept.account.id).load(Ordering::SeqCst);
        kept.read_at.0 > of_account.max(self.all_void_until.load(Ordering::SeqCst))
    }

    fn is_too_old(&self, kept: &Kept, now: Instant) -> bool {
        self.moment(now).0.saturating_sub(kept.read_at.0) > u64::try_from(OLDEST.as_nanos()).unwrap_or(u64::MAX)
    }

    /// Stores what a read found that began at `read_at`.
    pub(crate) fn keep(&self, read_at: Moment, session: &Session, account: &Account) {
        let kept = Kept { session: session.clone(), account: account.clone(), read_at };
        if self.is_watched() && self.counts(&kept) {
            self.sessions.insert(session.id, Arc::new(kept));
        }
    }

    /// Tells whether an engine has ever reported; otherwise caching is pointless.
    fn is_watched(&self) -> bool {
        self.usable_until.load(Ordering::Relaxed) > 0
    }

    /// Replaces the cached session with what `moved` returns for it, or removes it. What still counts, and was found
    /// unchanged by a commit that began at `confirmed`, is then as good as read at that time.
    pub(crate) fn update(
        &self,
        id: SessionId,
        confirmed: Option<Moment>,
        moved: impl FnOnce(&Session, &Account) -> Option<Session>,
    ) {
        let Some(kept) = self.sessions.get(&id) else { return };
        match moved(&kept.session, &kept.account).filter(|_| self.counts(&kept)) {
            Some(session) => {
                let read_at = confirmed.unwrap_or(kept.read_at).max(kept.read_at);
                let kept = Kept { session, account: kept.account.clone(), read_at };
                self.sessions.insert(id, Arc::new(kept));
            }
            None => self.forget(id),
        }
    }

    pub(crate) fn forget(&self, id: SessionId) {
        self.sessions.remove(&id);
    }

    /// Does what [`KeptSessions::recall`] does, at the given time.
    pub(crate) fn recall_at(&self, id: SessionId, now: Instant) -> Option<(Session, Account)> {
        self.want();
        // This comes first: what was reported before this moment was postponed has been recorded by then.
        if self.moment(now).0 >= self.usable_until.load(Ordering::SeqCst) {
            return None;
        }
        let kept = self.sessions.get(&id)?;
        if !self.counts(&kept) || self.is_too_old(&kept, now) {
            self.sessions.remove_if(&id, |one| Arc::ptr_eq(one, &kept));
            return None;
        }
        Some((kept.session.clone(), kept.account.clone()))
    }

    fn want(&self) {
        if !self.wanted.load(Ordering::Relaxed) {
            self.wanted.store(true, Ordering::Relaxed);
            self.wanting.notify_one();
        }
    }

    #[cfg(test)]
    pub(crate) fn weight_and_count(&self) -> (u64, usize) {
        (self.sessions.weight(), self.sessions.len())
    }
}

impl KeptSessions for SessionCache {
    fn recall(&self, id: SessionId) -> Option<(Session, Account)> {
        self.recall_at(id, Instant::now())
    }
}

#[async_trait]
impl SessionNews for SessionCache {
    fn account_changed(&self, account_id: AccountId) {
        self.void(account_id);
    }

    fn start_anew(&self) {
        self.all_void_until.fetch_max(self.now().0, Ordering::SeqCst);
    }

    fn in_step(&self, since: Instant) {
        self.usable_until.fetch_max(self.moment(since + STALENESS).0, Ordering::SeqCst);
    }

    async fn wanted(&self) {
        while !self.wanted.swap(false, Ordering::Relaxed) {
            self.wanting.notified().await;
        }
    }
}
