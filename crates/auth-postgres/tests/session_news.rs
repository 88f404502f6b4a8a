//! What a commit was answered before a round trip of the listening connection began, that was told before the round trip's
//! answer: `src/listener.rs` says why. Tried with commits and round trips at full speed, also while the backend is frozen
//! now and then.

#![expect(clippy::expect_used, reason = "a test that cannot be set up is to fail")]

use std::collections::HashMap;
use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use auth_domain::account::{Account, AccountState, PasswordHash, Roles};
use auth_domain::deletion::ScheduledDeletion;
use auth_domain::ports::{Change, SessionNews, SessionsTouched, Store as _};
use auth_domain::session::{Generation, LeftBehind, Revocation, RevocationReason, Rotation, Session};
use auth_domain::two_factor::TwoFactor;
use auth_domain::{AccountId, DeletionId, Timestamp};
use auth_postgres::{PostgresStore, connect, migrate};
use auth_testkit::fixtures;
use auth_testkit::postgres::cluster;

/// Which changes of each account were answered when, and how many were told; asks for round trips without a pause.
#[derive(Default)]
struct Watch {
    answered: Mutex<Vec<(AccountId, u64, Instant)>>,
    told: Mutex<HashMap<AccountId, u64>>,
    began_anew: AtomicU64,
    round_trips: AtomicU64,
    missed: AtomicBool,
}

#[async_trait]
impl SessionNews for Watch {
    fn account_changed(&self, account_id: AccountId) {
        *self.told.lock().expect("no panic").entry(account_id).or_default() += 1;
    }

    fn start_anew(&self) {
        self.began_anew.fetch_add(1, Ordering::SeqCst);
    }

    fn in_step(&self, since: Instant) {
        self.round_trips.fetch_add(1, Ordering::SeqCst);
        let told = self.told.lock().expect("no panic");
        let mut answered = self.answered.lock().expect("no panic");
        answered.retain(|(account_id, number, at)| {
            let due = *at < since;
            if due && told.get(account_id).copied().unwrap_or_default() < *number {
                self.missed.store(true, Ordering::SeqCst);
            }
            !due
        });
    }

    async fn wanted(&self) {}
}

async fn nodes() -> (PostgresStore, PostgresStore, Arc<Watch>, String) {
    let url = cluster().database();
    migrate(&url, true).await.expect("the migrations run");
    let node = || connect(&url, true, 4, None);
    let (here, elsewhere) = (node().await.expect("it answers"), node().await.expect("it answers"));
    let watch = Arc::new(Watch::default());
    elsewhere.watch_sessions(watch.clone());
    while watch.round_trips.load(Ordering::SeqCst) == 0 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    (here, elsewhere, watch, url)
}

/// Changes the roles of an account of its own, again and again.
async fn change(store: PostgresStore, watch: Arc<Watch>, times: u64) {
    let mut account = fixtures::account();
    store.commit(vec![Change::InsertAccount(account.clone())]).await.expect("it commits");
    for number in 1..=times {
        let at = account.next_change_at(account.updated_at);
        let roles = Roles::of_new_account();
        let change = Change::SetRoles { account_id: account.id, revision: account.revision(), roles, at };
        store.commit(vec![change]).await.expect("it commits");
        watch.answered.lock().expect("no panic").push((account.id, number, Instant::now()));
        account = Account { updated_at: at, ..account };
    }
}

async fn changes_are_told(times: u64, meanwhile: impl AsyncFn(&str)) {
    let (here, _elsewhere, watch, url) = nodes().await;
    let changing: Vec<_> = (0..4).map(|_| tokio::spawn(change(here.clone(), watch.clone(), times))).collect();
    while !changing.iter().all(tokio::task::JoinHandle::is_finished) {
        meanwhile(&url).await;
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    for task in changing {
        task.await.expect("no panic");
    }
    // One more round trip after the last answer.
    let done = watch.round_trips.load(Ordering::SeqCst) + 2;
    while watch.round_trips.load(Ordering::SeqCst) < done {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert!(
        !watch.missed.load(Ordering::SeqCst),
        "a round trip was answered before a change that came before it was told"
    );
    assert_eq!(watch.told.lock().expect("no panic").values().sum::<u64>(), 4 * times);
    assert!(watch.answered.lock().expect("no panic").is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_answered_before_a_round_trip_is_told_before_its_answer() {
    changes_are_told(250, async |_| {}).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_when_the_listening_backend_is_frozen_now_and_then() {
    changes_are_told(250, async |url| {
        let listening = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() \
                         AND (query LIKE 'SELECT 1 / %' OR query LIKE 'LISTEN%')";
        for process in cluster().query(url, listening).lines() {
            let signal = |name| Command::new("kill").args(["-s", name, process]).output().expect("kill runs");
            signal("STOP");
            tokio::time::sleep(Duration::from_millis(30)).await;
            signal("CONT");
        }
    })
    .await;
}

/// Every change that another node must see tells it, and none that merely moves a session on. Whoever adds a change of the
/// first kind adds it here, and where it needs one a column to the trigger.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_must_be_seen_is_told_and_nothing_else() {
    let (here, _elsewhere, watch, _) = nodes().await;
    let settled = async || {
        let done = watch.round_trips.load(Ordering::SeqCst) + 2;
        while watch.round_trips.load(Ordering::SeqCst) < done {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    let told = |account: &Account| watch.told.lock().expect("no panic").contains_key(&account.id);
    for number in 0..told_changes().len() + plain_changes().len() {
        let account = fixtures::account();
        let sessions = [fixtures::session(&account), fixtures::session(&account)];
        here.commit(vec![Change::InsertAccount(account.clone())]).await.expect("it commits");
        here.commit(sessions.iter().map(|session| open(session, &account)).collect()).await.expect("it commits");
        let (seen, change) = match told_changes().get(number) {
            Some(change) => (SessionsTouched::Of(account.id), change(&account, &sessions[0])),
            None => (
                SessionsTouched::Moved(sessions[0].id),
                plain_changes()[number - told_changes().len()](&account, &sessions[0]),
            ),
        };
        assert_eq!(change.sessions_touched(), seen, "{change:?}");
        settled().await;
        assert!(!told(&account), "nobody need hear of a new account or session");
        here.commit(vec![change.clone()]).await.expect("it commits");
        settled().await;
        assert_eq!(told(&account), matches!(seen, SessionsTouched::Of(_)), "{change:?}");
    }
}

type Make = fn(&Account, &Session) -> Change;

fn open(session: &Session, account: &Account) -> Change {
    let (credential_version, two_factor_version) = (account.credential_version, account.two_factor.version);
    Change::InsertSession { session: session.clone(), credential_version, two_factor_version }
}

const REVOCATION: Revocation = Revocation { at: fixtures::NOW, reason: RevocationReason::LoggedOut };

/// Identities come with a change of their account.
fn told_changes() -> [Make; 17] {
    const AT: Timestamp = Timestamp::from_micros(fixtures::NOW.as_micros() + 1);
    [
        |a, _| Change::DeleteAccount { account_id: a.id, revision: a.revision() },
        |a, _| Change::SetRoles { account_id: a.id, revision: a.revision(), roles: Roles::of_new_account(), at: AT },
        |a, _| Change::SetLocale { account_id: a.id, revision: a.revision(), locale: None, at: AT },
        |a, _| Change::SetState {
            account_id: a.id,
            revision: a.revision(),
            state: AccountState::Suspended { since: AT },
            at: AT,
        },
        |a, _| Change::ScheduleDeletion {
            account_id: a.id,
            revision: a.revision(),
            deletion: Some(ScheduledDeletion {
                id: DeletionId::generate(AT, [9; 32]),
                due: AT,
                requested_by: "owner".to_owned(),
            }),
            at: AT,
        },
        |a, _| Change::RequireNewPassword { account_id: a.id, revision: a.revision(), at: AT },
        |a, _| Change::RehashPassword {
            account_id: a.id,
            credential_version: a.credential_version,
            password_hash: PasswordHash::from_phc("another".to_owned()),
        },
        |a, _| {
            let hash = PasswordHash::from_phc("another".to_owned());
            Change::ResealPassword { account_id: a.id, from: a.password_hash.clone().unwrap_or(hash.clone()), to: hash }
        },
        |a, _| Change::ChangePassword {
            account_id: a.id,
            from_version: a.credential_version,
            revision: a.revision(),
            password_hash: PasswordHash::from_phc("another".to_owned()),
            at: AT,
        },
        |a, _| Change::ProveEmail { account_id: a.id, email: a.email.clone(), revision: a.revision(), at: AT },
        |a, _| Change::PutPendingEmail { account_id: a.id, revision: a.revision(), pending: None, at: AT },
        |a, _| Change::TouchAccount { account_id: a.id, revision: a.revision(), at: AT },
        |a, _| Change::PutTwoFactor {
            account_id: a.id,
            two_factor: TwoFactor { version: a.two_factor.version.next(), ..a.two_factor.clone() },
        },
        |a, session| Change::reauthenticate(&Session { authenticated_at: AT, ..session.clone() }, a),
        |a, session| Change::RevokeSession { account_id: a.id, session_id: session.id, revocation: REVOCATION },
        |a, _| Change::RevokeSessionsOf { account_id: a.id, except: None, revocation: REVOCATION },
        // A fork.
        |a, session| {
            advance(a, session, |rotation| {
                let (after, before) = (Generation::FIRST, rotation.generation);
                Rotation { parent: None, left_behind: Some(LeftBehind { after, before }), ..rotation }
            })
        },
    ]
}

fn plain_changes() -> [Make; 3] {
    [
        |a, session| advance(a, session, |rotation| rotation),
        |a, session| Change::NoteServedAgain {
            account_id: a.id,
            revision: a.revision(),
            session_id: session.id,
            from: session.rotation.version(),
            rotation: Rotation { notes: session.rotation.notes.next(), ..session.rotation.clone() },
            suspicious: false,
        },
        |a, session| Change::ProveSession {
            account_id: a.id,
            session_id: session.id,
            generation: session.rotation.generation,
        },
    ]
}

fn advance(account: &Account, session: &Session, how: fn(Rotation) -> Rotation) -> Change {
    let read = session.rotation.clone();
    let next = Rotation { generation: read.generation.next(), parent: Some(read.generation), ..read.clone() };
    Change::AdvanceSession {
        account_id: account.id,
        revision: account.revision(),
        session_id: session.id,
        from: read.version(),
        rotation: how(next),
        key_id: session.key_id.clone(),
        idle_expires_at: session.idle_expires_at,
    }
}
