//! Tests on a store in memory, with moments that each test chooses.

use std::sync::Arc;
use std::time::{Duration, Instant};
use std::{iter, ptr};

use auth_domain::account::{Account, Roles};
use auth_domain::ports::{
    Change, CommitError, Guard, MockStore, STALENESS, SessionNews as _, SessionsTouched, Store, StoreError, UniqueKey,
};
use auth_domain::session::{Revocation, RevocationReason, Rotation, Session};
use auth_testkit::fixtures::{self, NOW};
use auth_testkit::memory_store::MemoryStore;
use futures_util::FutureExt as _;

use crate::moved::UnderWay;
use crate::{CachedStore, SessionCache};

const MINUTE: Duration = Duration::from_secs(60);
const REVOCATION: Revocation = Revocation { at: NOW, reason: RevocationReason::LoggedOut };

/// An account with two sessions, on a store with which an engine keeps in step for an hour.
struct Ann {
    account: Account,
    sessions: [Session; 2],
    memory: MemoryStore,
    cache: Arc<SessionCache>,
    store: CachedStore,
}

fn open(session: &Session, account: &Account) -> Change {
    let (credential_version, two_factor_version) = (account.credential_version, account.two_factor.version);
    Change::InsertSession { session: session.clone(), credential_version, two_factor_version }
}

fn prepared(memory: &MemoryStore) -> (Account, [Session; 2]) {
    let account = fixtures::account();
    let sessions = [fixtures::session(&account), fixtures::session(&account)];
    memory.commit_now(vec![Change::InsertAccount(account.clone())]).unwrap();
    memory.commit_now(sessions.iter().map(|session| open(session, &account)).collect()).unwrap();
    (account, sessions)
}

/// Prepares an account that does not share its place with Ann's, as one in 16,384 does.
fn another_place(ann: &Ann) -> (Account, [Session; 2]) {
    let place = |account: &Account| ptr::from_ref(ann.cache.void_until(account.id));
    iter::repeat_with(|| prepared(&ann.memory)).find(|(bob, _)| place(bob) != place(&ann.account)).unwrap()
}

fn in_step() -> Arc<SessionCache> {
    let cache = Arc::new(SessionCache::new());
    cache.in_step(Instant::now() + 60 * MINUTE);
    cache
}

impl Ann {
    fn new() -> Self {
        let (memory, cache) = (MemoryStore::new(), in_step());
        let (account, sessions) = prepared(&memory);
        let store = CachedStore::new(Arc::new(memory.clone()), cache.clone());
        Self { account, sessions, memory, cache, store }
    }

    async fn read(&self) {
        for session in &self.sessions {
            assert_eq!(self.store.find_session(session.account_id, session.id).await.unwrap().unwrap().0, *session);
        }
        assert_eq!(self.kept(), self.sessions.clone().map(Some));
    }

    fn kept(&self) -> [Option<Session>; 2] {
        self.sessions.each_ref().map(|session| self.kept_at(session, Instant::now()))
    }

    fn kept_at(&self, session: &Session, now: Instant) -> Option<Session> {
        self.cache.recall_at(session.id, now).map(|(session, _)| session)
    }

    fn revoke(&self) -> Change {
        Change::RevokeSession { account_id: self.account.id, session_id: self.sessions[0].id, revocation: REVOCATION }
    }

    fn set_roles(&self) -> Change {
        let (account_id, revision) = (self.account.id, self.account.revision());
        Change::SetRoles { account_id, revision, roles: Roles::of_new_account(), at: NOW + MINUTE }
    }

    /// Returns the next generation of the first session.
    fn advance(&self, parent: bool) -> (Change, Session) {
        let session = &self.sessions[0];
        let read = session.rotation.clone();
        let rotation =
            Rotation { generation: read.generation.next(), parent: parent.then_some(read.generation), ..read.clone() };
        let idle_expires_at = session.idle_expires_at + MINUTE;
        let change = Change::AdvanceSession {
            account_id: self.account.id,
            revision: self.account.revision(),
            session_id: session.id,
            from: read.version(),
            rotation: rotation.clone(),
            key_id: session.key_id.clone(),
            idle_expires_at,
        };
        (change, Session { rotation, idle_expires_at, ..session.clone() })
    }
}

#[tokio::test]
async fn what_is_kept_is_used_for_a_second_after_the_engine_was_in_step() {
    let (memory, cache) = (MemoryStore::new(), Arc::new(SessionCache::new()));
    let (_, [session, _]) = prepared(&memory);
    let store = CachedStore::new(Arc::new(memory), cache.clone());
    let since = Instant::now();
    let recalled = |after: Duration| cache.recall_at(session.id, since + after).is_some();
    store.find_session(session.account_id, session.id).await.unwrap();
    assert!(!recalled(Duration::ZERO) && cache.weight_and_count().1 == 0, "nobody tells anything");
    cache.in_step(since);
    store.find_session(session.account_id, session.id).await.unwrap();
    assert!(recalled(Duration::ZERO) && recalled(STALENESS - Duration::from_nanos(1)));
    assert!(!recalled(STALENESS) && !recalled(60 * MINUTE));
    cache.in_step(since + STALENESS);
    assert!(recalled(STALENESS), "again");
    cache.in_step(since);
    assert!(recalled(STALENESS), "an answer that comes late takes nothing back");
    cache.start_anew();
    assert!(!recalled(STALENESS), "something may have been missed");
}

#[tokio::test]
async fn a_change_of_an_account_elsewhere_voids_all_of_its_sessions_and_no_others() {
    let ann = Ann::new();
    let (_, [of_bob, _]) = another_place(&ann);
    ann.read().await;
    ann.store.find_session(of_bob.account_id, of_bob.id).await.unwrap();
    ann.cache.account_changed(ann.account.id);
    assert_eq!(ann.kept(), [None, None]);
    assert!(ann.kept_at(&of_bob, Instant::now()).is_some());
    ann.read().await;
}

#[tokio::test]
async fn a_commit_of_this_node_is_obeyed_at_once() {
    for change in [Ann::revoke, Ann::set_roles] {
        let ann = Ann::new();
        ann.read().await;
        ann.store.commit(vec![change(&ann)]).await.unwrap();
        assert_eq!(ann.kept(), [None, None]);
        ann.store.find_session(ann.sessions[1].account_id, ann.sessions[1].id).await.unwrap();
        assert_eq!(ann.kept(), [None, Some(ann.sessions[1].clone())]);
    }
}

/// The read finds the session, then it is revoked, by this node or by another, then the read ends.
#[tokio::test]
async fn a_read_that_began_before_a_commit_does_not_put_the_old_state_back() {
    for here in [true, false] {
        let ann = Ann::new();
        let (id, revoke) = (ann.sessions[0].id, ann.revoke());
        let (memory, cache) = (ann.memory.clone(), ann.cache.clone());
        let mut slow = MockStore::new();
        slow.expect_find_session().returning(move |account_id, id| {
            let found = memory.find_session(account_id, id).now_or_never().unwrap();
            if here {
                let same_node = CachedStore::new(Arc::new(memory.clone()), cache.clone());
                same_node.commit(vec![revoke.clone()]).now_or_never().unwrap().unwrap();
            } else {
                memory.commit_now(vec![revoke.clone()]).unwrap();
                cache.account_changed(ann.account.id);
            }
            found
        });
        let reading = CachedStore::new(Arc::new(slow), ann.cache.clone());
        assert!(reading.find_session(ann.account.id, id).await.unwrap().unwrap().0.revocation.is_none(), "as it was");
        assert!(ann.cache.recall_at(id, Instant::now()).is_none());
    }
}

#[tokio::test]
async fn a_read_that_began_before_something_may_have_been_missed_is_not_kept() {
    let ann = Ann::new();
    let began = ann.cache.now();
    ann.cache.start_anew();
    ann.cache.keep(began, &ann.sessions[0], &ann.account);
    assert_eq!(ann.kept(), [None, None]);
}

#[tokio::test]
async fn a_commit_that_lost_shows_that_what_is_kept_is_out_of_date() {
    for error in [CommitError::Conflict(Guard::SessionUnmoved), CommitError::Duplicate(UniqueKey::Email)] {
        for (change, kept) in
            [(Ann::revoke as fn(&Ann) -> Change, [false, false]), (|ann| ann.advance(true).0, [false, true])]
        {
            let ann = Ann::new();
            ann.read().await;
            ann.memory.refuse_next_commit(error);
            assert_eq!(ann.store.commit(vec![change(&ann)]).await, Err(error));
            assert_eq!(ann.kept().map(|kept| kept.is_some()), kept);
            ann.read().await;
        }
    }
}

#[tokio::test]
async fn after_a_commit_that_nobody_knows_of_nothing_is_kept_for_a_while() {
    let given_up: [fn(&Ann) -> bool; 2] = [
        |ann| {
            ann.memory.fail_next(StoreError::Unavailable);
            ann.store.commit(vec![ann.revoke()]).now_or_never().unwrap().is_err()
        },
        // Its caller goes away.
        |ann| {
            drop(UnderWay::new(&ann.cache, &[ann.revoke()]));
            true
        },
    ];
    for give_up in given_up {
        let ann = Ann::new();
        ann.read().await;
        assert!(give_up(&ann));
        let began = Instant::now();
        let [session, _] = &ann.sessions;
        for (after, kept) in [(0, false), (29, false), (31, true)] {
            let now = began + Duration::from_secs(after);
            ann.cache.keep(ann.cache.moment(now), session, &ann.account);
            assert_eq!(ann.kept_at(session, now).is_some(), kept, "{after} s later");
            // Not because it waits: what was read meanwhile never counts.
            if !kept {
                assert_eq!(ann.kept_at(session, began + MINUTE), None);
            }
        }
    }
}

#[tokio::test]
async fn what_moves_a_session_on_is_kept_as_its_new_state() {
    let ann = Ann::new();
    ann.read().await;
    let (advance, moved) = ann.advance(true);
    ann.store.commit(vec![advance]).await.unwrap();
    let stored = |ann: &Ann| ann.memory.sessions().into_iter().find(|one| one.id == ann.sessions[0].id);
    assert_eq!((ann.kept()[0].clone(), stored(&ann)), (Some(moved.clone()), Some(moved.clone())));

    let generation = moved.rotation.generation;
    ann.store
        .commit(vec![Change::ProveSession { account_id: moved.account_id, session_id: moved.id, generation }])
        .await
        .unwrap();
    let proved = Rotation { proved: true, ..moved.rotation.clone() };
    assert_eq!(ann.kept()[0].clone().map(|session| session.rotation), Some(proved.clone()));

    let again = Rotation { served_at: NOW + MINUTE, notes: proved.notes.next(), ..proved.clone() };
    let note = Change::NoteServedAgain {
        account_id: ann.account.id,
        revision: ann.account.revision(),
        session_id: moved.id,
        from: proved.version(),
        rotation: again,
        suspicious: false,
    };
    ann.store.commit(vec![note]).await.unwrap();
    assert_eq!(ann.kept()[0], stored(&ann));
    assert_eq!(ann.kept()[0].as_ref().map(|session| session.rotation.served_at), Some(NOW + MINUTE));
}

/// If the cached session has advanced meanwhile, or is older, it is read again.
#[tokio::test]
async fn what_was_decided_on_another_state_than_is_kept_is_forgotten() {
    let ann = Ann::new();
    ann.read().await;
    let (advance, _) = ann.advance(true);
    let settle_once_more = || UnderWay::new(&ann.cache, std::slice::from_ref(&advance)).settle(&Ok(()));
    settle_once_more();
    assert!(ann.kept()[0].is_some());
    settle_once_more();
    assert_eq!(ann.kept(), [None, Some(ann.sessions[1].clone())]);
}

#[tokio::test]
async fn a_refresh_that_goes_through_shows_that_what_is_kept_is_up_to_date() {
    let ann = Ann::new();
    ann.read().await;
    let (advance, moved) = ann.advance(true);
    let quarter = Instant::now() + 15 * MINUTE + Duration::from_secs(1);
    assert_eq!(ann.kept_at(&ann.sessions[1], quarter), None, "it is read now and then in any case");
    ann.cache.keep(ann.cache.moment(Instant::now()), &ann.sessions[0], &ann.account);
    std::thread::sleep(Duration::from_millis(1));
    let before = Instant::now();
    ann.store.commit(vec![advance]).await.unwrap();
    assert_eq!(ann.kept_at(&moved, before + 15 * MINUTE), Some(moved.clone()));
    ann.cache.account_changed(ann.account.id);
    assert_eq!(ann.kept_at(&moved, before), None, "a change after it counts all the same");
}

#[test]
fn a_fork_is_a_change_that_must_be_seen_and_a_plain_refresh_is_none() {
    let ann = Ann::new();
    assert_eq!(ann.advance(true).0.sessions_touched(), SessionsTouched::Moved(ann.sessions[0].id));
    assert_eq!(ann.advance(false).0.sessions_touched(), SessionsTouched::Of(ann.account.id));
}

#[tokio::test]
async fn an_engine_looks_only_while_somebody_asks() {
    let cache = SessionCache::new();
    assert_eq!(cache.wanted().now_or_never(), None);
    for _ in 0..2 {
        cache.recall_at(fixtures::session(&fixtures::account()).id, Instant::now());
        cache.recall_at(fixtures::session(&fixtures::account()).id, Instant::now());
        assert_eq!(cache.wanted().now_or_never(), Some(()));
        assert_eq!(cache.wanted().now_or_never(), None, "once");
    }
}

#[test]
fn it_is_bounded_in_bytes_and_so_in_number() {
    let cache = SessionCache::of_most(256 * 1024);
    cache.in_step(Instant::now());
    let account = fixtures::account();
    for _ in 0..2_000 {
        cache.keep(cache.now(), &fixtures::session(&account), &account);
        let (weight, count) = cache.weight_and_count();
        assert!(weight <= 256 * 1024 && count <= 256, "{weight} of {count}");
    }
    assert!(cache.weight_and_count().1 > 32, "and it keeps some");
}
