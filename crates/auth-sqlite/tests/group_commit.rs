//! Commits that arrive together share a transaction, and yet each has its own verdict.

#![expect(clippy::unwrap_used, reason = "a test that meets the unexpected is to fail")]

use std::task::Poll;
use std::time::Duration;

use auth_domain::account::Account;
use auth_domain::ports::{Change, CommitError, Guard, Store as _, UniqueKey};
use auth_domain::session::{KeyId, Rotation, Session};
use auth_domain::version::AccountRevision;
use auth_sqlite::{SqliteStore, migrate, open};
use auth_testkit::fixtures::{self, NOW};
use diesel::connection::SimpleConnection as _;
use diesel::{Connection as _, SqliteConnection};
use futures_util::FutureExt as _;
use futures_util::future::join_all;

const EACH: usize = 20;

async fn session(store: &SqliteStore) -> (Session, AccountRevision) {
    let account = fixtures::account();
    let session = fixtures::session(&account);
    let open = Change::InsertSession {
        session: session.clone(),
        credential_version: account.credential_version,
        two_factor_version: account.two_factor.version,
    };
    let revision = account.revision();
    store.commit(vec![Change::InsertAccount(account)]).await.unwrap();
    store.commit(vec![open]).await.unwrap();
    (session, revision)
}

fn advance((session, revision): &(Session, AccountRevision)) -> Change {
    let from = &session.rotation;
    Change::AdvanceSession {
        account_id: session.account_id,
        revision: *revision,
        session_id: session.id,
        from: from.version(),
        rotation: Rotation {
            generation: from.generation.next(),
            parent: Some(from.generation),
            ..session.rotation.clone()
        },
        key_id: KeyId::new("0123abcd".to_owned()),
        idle_expires_at: NOW + Duration::from_secs(100),
    }
}

/// One that is inserted whole before its second change is refused.
fn half_bad(account: &Account, session: &(Session, AccountRevision)) -> Vec<Change> {
    vec![Change::InsertAccount(account.clone()), advance(session)]
}

#[tokio::test]
async fn of_many_at_once_each_conflicts_for_itself() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("auth.db");
    migrate(&path).await.unwrap();
    let store = open(&path, None).await.unwrap();
    let (mut commits, mut expected, mut advanced, mut there, mut missing) = (vec![], vec![], vec![], vec![], vec![]);
    let unmoved = Err(CommitError::Conflict(Guard::SessionUnmoved));
    for _ in 0..EACH {
        let (session, account, undone) = (session(&store).await, fixtures::account(), fixtures::account());
        commits.extend([vec![advance(&session)], vec![advance(&session)], half_bad(&undone, &session)]);
        expected.extend([Ok(()), unmoved, unmoved]);
        let same_address = Account { email: account.email.clone(), ..fixtures::account() };
        commits.extend([vec![Change::InsertAccount(account.clone())], vec![Change::InsertAccount(same_address)]]);
        expected.extend([Ok(()), Err(CommitError::Duplicate(UniqueKey::Email))]);
        advanced.push(session);
        there.push(account);
        missing.push(undone);
    }
    // While another process writes, they queue up.
    let mut other = SqliteConnection::establish(&path.to_string_lossy()).unwrap();
    other.batch_execute("BEGIN IMMEDIATE").unwrap();
    let mut verdicts = join_all(commits.into_iter().map(|changes| store.commit(changes)));
    assert!(std::future::poll_fn(|context| Poll::Ready(verdicts.poll_unpin(context))).await.is_pending());
    other.batch_execute("ROLLBACK").unwrap();
    assert_eq!(verdicts.await, expected);

    for (session, _) in advanced {
        let (found, _) = store.find_session(session.account_id, session.id).await.unwrap().unwrap();
        assert_eq!(found.rotation.generation, session.rotation.generation.next(), "once");
    }
    for (there, missing) in there.iter().zip(&missing) {
        assert_eq!(store.find_account(there.id).await, Ok(Some(there.clone())));
        assert_eq!(store.find_account(missing.id).await, Ok(None));
    }
}
