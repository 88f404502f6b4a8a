//! The same search with the decisions of a node that keeps sessions in memory: each is made by the shipped use case, on a
//! store in memory, once for every older state that the node may have kept, and is the same each time.

use std::collections::HashSet;
use std::sync::{Arc, LazyLock, Mutex};
use std::time::{Duration, Instant};

use auth_domain::Timestamp;
use auth_domain::access_token::AccessClaims;
use auth_domain::account::Roles;
use auth_domain::audience::Audience;
use auth_domain::ports::{AccessTokens as _, Change, RefreshTokenClaims, SessionNews as _, Store as _};
use auth_domain::session::{Client, Generation, Joins, LateRepeats, LeftBehind, Rotation, Session, SessionLifetimes};
use auth_domain::token_exchange::Actors;
use auth_domain::use_cases::{Policy, Ports, RefreshError, UseCases};
use auth_domain::version::RowVersion;
use auth_session_cache::{CachedStore, SessionCache};
use auth_testkit::fixtures;
use auth_testkit::memory_store::MemoryStore;
use auth_testkit::test_service::TestService;
use futures_util::FutureExt as _;

use super::*;
use refresh::Presented;

type Decided = (Rotation, Generation, Client, Duration);
type Accepted = (Generation, Option<Generation>, bool, Option<LeftBehind>);

/// What was tried: the same question comes in many states of a search.
static TRIED: LazyLock<Mutex<HashSet<Decided>>> = LazyLock::new(Mutex::default);
/// The same of access tokens, by what decides about them.
static ACCEPTED: LazyLock<Mutex<HashSet<Accepted>>> = LazyLock::new(Mutex::default);

/// Where the session may have stood when the node kept it, if it heard of nothing since: earlier generations, an unproved
/// one, fewer notes. Generation 0 was renumbered by the search and stands for any older one.
fn older(now: &Rotation) -> Vec<Rotation> {
    let before = |generation: Generation| Generation::from_number(generation.as_number().saturating_sub(1));
    let unproved = Rotation { proved: false, ..now.clone() };
    let unnoted = Rotation { joins: Joins::default(), late: None, notes: now.notes.previous(), ..unproved.clone() };
    let served_earlier = Rotation { served_at: now.rotated_at, ..now.clone() };
    let parent = now.parent.map(|parent| {
        let left_behind = now.left_behind.filter(|gap| gap.before <= parent);
        let late = now.late.filter(|late: &LateRepeats| late.generation <= parent);
        let grandparent = Some(before(parent));
        Rotation { generation: parent, parent: grandparent, left_behind, late, ..now.clone() }
    });
    let parent_unproved = parent.clone().map(|rotation| Rotation { proved: false, ..rotation });
    let older = [Some(now.clone()), Some(unproved), Some(unnoted), Some(served_earlier), parent, parent_unproved];
    older.into_iter().flatten().collect()
}

struct Node {
    service: TestService,
    use_cases: UseCases,
    session: Session,
}

impl Node {
    /// One whose database has the session at `rotation`, and which kept it as it stood at `kept`.
    fn new(rotation: &Rotation, kept: Option<&Rotation>, now: Timestamp, retry_window: Duration) -> Self {
        let lifetimes = SessionLifetimes { retry_window, ..Policy::for_tests().session_lifetimes };
        let service = TestService::with_policy(Policy { session_lifetimes: lifetimes, ..Policy::for_tests() });
        service.clock.set(now);
        let account = fixtures::account();
        let (idle_expires_at, absolute_expires_at) = (now + lifetimes.idle, now + lifetimes.absolute);
        let session = Session {
            rotation: rotation.clone(),
            created_at: now,
            authenticated_at: now,
            idle_expires_at,
            absolute_expires_at,
            ..fixtures::session(&account)
        };
        let (credential_version, two_factor_version) = (account.credential_version, account.two_factor.version);
        service.store.commit_now(vec![Change::InsertAccount(account.clone())]).unwrap();
        let open = |session| Change::InsertSession { session, credential_version, two_factor_version };
        service.store.commit_now(vec![open(session.clone())]).unwrap();
        let cache = Arc::new(SessionCache::new());
        cache.in_step(Instant::now() + Duration::from_secs(3_600));
        if let Some(kept) = kept {
            // As it was read from a database that stood there.
            let earlier = MemoryStore::new();
            earlier.commit_now(vec![Change::InsertAccount(account)]).unwrap();
            earlier.commit_now(vec![open(Session { rotation: kept.clone(), ..session.clone() })]).unwrap();
            let reading = CachedStore::new(Arc::new(earlier), cache.clone());
            reading.find_session(session.account_id, session.id).now_or_never().unwrap().unwrap().unwrap();
        }
        let store = Arc::new(CachedStore::new(Arc::new(service.store.clone()), cache.clone()));
        let ports = Ports { store, kept_sessions: Some(cache), ..service.ports() };
        let use_cases = UseCases::new(ports, service.policy.clone());
        Self { service, use_cases, session }
    }

    /// What the use case did about a refresh token, as the transition function would have said it.
    fn presented(&self, generation: Generation, client: &Client) -> Presented {
        let before = self.service.store.commits().len();
        let refresh_tokens = self.service.ports().refresh_tokens;
        let claims =
            RefreshTokenClaims { account_id: Some(self.session.account_id), session_id: self.session.id, generation };
        let token = refresh_tokens.issue(&claims, &self.session.key_id);
        let answer =
            self.use_cases.refresh_session.execute(token.reveal(), &Audience::Default, client).now_or_never().unwrap();
        let commits = self.service.store.commits();
        let done: Vec<&Change> = commits[before..].iter().flatten().collect();
        match (answer, &done[..]) {
            (Ok(_), []) => Presented::Repeated,
            (Ok(_), [Change::AdvanceSession { rotation, .. }, ..]) => Presented::Advanced(rotation.clone()),
            (Ok(_), [Change::NoteServedAgain { rotation, suspicious: true, .. }, ..]) => {
                Presented::Suspicious(rotation.clone())
            }
            (Ok(_), [Change::NoteServedAgain { rotation, .. }, ..]) => Presented::ServedAgain(rotation.clone()),
            (Err(RefreshError::Reused { .. }), [Change::RevokeSession { .. }, ..]) => Presented::Reused,
            (Err(RefreshError::Invalid), []) => Presented::Refused,
            (answer, done) => panic!("{answer:?} after {done:?}"),
        }
    }

    /// Whether the access token of a generation is taken.
    fn accepts(&self, generation: Generation) -> bool {
        let now = self.session.created_at;
        let token = self.service.access_tokens.issue(&AccessClaims {
            audience: Audience::Default,
            account_id: self.session.account_id,
            session_id: self.session.id,
            generation,
            nonce: [0; 12],
            roles: Roles::of_new_account(),
            method: self.session.method,
            authenticated_at: now,
            issued_at: now,
            expires_at: now + Duration::from_secs(600),
            actors: Actors::default(),
        });
        self.use_cases.authenticate.recent(token.unwrap().reveal()).now_or_never().unwrap().is_ok()
    }
}

/// The shipped decision, after the use cases were asked whether they make the same, whatever was kept.
fn by_use_cases(
    rotation: &Rotation,
    presented: Generation,
    client: &Client,
    now: Timestamp,
    retry_window: Duration,
) -> Presented {
    let question = (rotation.clone(), presented, client.clone(), retry_window);
    let is_new = TRIED.lock().unwrap().insert(question);
    // The search has no use for the number of notes; what is kept is told apart by it.
    let noted = Rotation { notes: RowVersion::FIRST, ..rotation.clone() };
    let states = || std::iter::once(None).chain(older(&noted).into_iter().map(Some));
    if is_new {
        let expected = refresh::present(&noted, presented, client, now, retry_window);
        for kept in states() {
            let node = Node::new(&noted, kept.as_ref(), now, retry_window);
            assert_eq!(node.presented(presented, client), expected, "{presented:?} of {noted:?}, kept {kept:?}");
        }
    }
    let accepted = (noted.generation, noted.parent, noted.proved, noted.left_behind);
    if ACCEPTED.lock().unwrap().insert(accepted) {
        for (kept, number) in
            states().flat_map(|kept| (1..=noted.generation.as_number() + 1).map(move |n| (kept.clone(), n)))
        {
            let (node, generation) =
                (Node::new(&noted, kept.as_ref(), now, retry_window), Generation::from_number(number));
            let good = noted.accepts_access_token_of(generation);
            assert_eq!(node.accepts(generation), good, "{generation:?} of {noted:?}, kept {kept:?}");
        }
    }
    refresh::present(rotation, presented, client, now, retry_window)
}

fn kept() -> Refresh {
    Refresh { decide: by_use_cases, ..shipped() }
}

#[test]
fn one_exit() {
    holds(Refresh { late: true, forks: true, ..kept() }, 1_000);
}

#[test]
fn two_exits() {
    holds(Refresh { exits: 2, ..kept() }, 5_000);
}

#[test]
fn one_exit_and_a_thief_elsewhere() {
    holds(Refresh { thief: Thief::Elsewhere, ..kept() }, 10_000);
}

#[test]
fn one_exit_and_a_thief_on_the_same_client() {
    holds(Refresh { thief: Thief::SameClient, window: 2, late: true, ..kept() }, 5_000);
}
