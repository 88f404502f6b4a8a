//! A database that was closed is its file alone.

#![expect(clippy::unwrap_used, reason = "a test that meets the unexpected is to fail")]

use std::path::{Path, PathBuf};
use std::sync::Arc;

use auth_domain::ports::{Change, CommitError, Store as _, StoreError};
use auth_sqlite::{SqliteStore, migrate, open};
use auth_testkit::fixtures;
use diesel::connection::SimpleConnection as _;
use diesel::{Connection as _, RunQueryDsl as _, SqliteConnection};

async fn opened(path: &Path) -> SqliteStore {
    migrate(path).await.unwrap();
    open(path, None).await.unwrap()
}

fn log_of(path: &Path) -> PathBuf {
    format!("{}-wal", path.display()).into()
}

#[derive(diesel::QueryableByName)]
struct Count {
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    count: i64,
}

/// The accounts in a copy of the file, without what is beside it.
fn accounts_in_a_copy(path: &Path) -> i64 {
    let copy = path.with_extension("copy");
    std::fs::copy(path, &copy).unwrap();
    let mut conn = SqliteConnection::establish(&copy.to_string_lossy()).unwrap();
    let counted: Count = diesel::sql_query("SELECT count(*) AS count FROM accounts").get_result(&mut conn).unwrap();
    counted.count
}

#[tokio::test]
async fn closing_finishes_what_is_queued_and_leaves_one_file() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("auth.db");
    let store = opened(&path).await;
    let commits: Vec<_> = (0..50)
        .map(|_| {
            let store = store.clone();
            async move { store.commit(vec![Change::InsertAccount(fixtures::account())]).await }
        })
        .collect();
    let commits = futures_util::future::join_all(commits);
    let (done, ()) = tokio::join!(commits, store.close());
    assert_eq!(done, [Ok(()); 50]);
    assert_eq!((log_of(&path).exists(), accounts_in_a_copy(&path)), (false, 50));

    let unavailable = StoreError::Unavailable;
    assert_eq!(store.commit(vec![Change::InsertAccount(fixtures::account())]).await, Err(unavailable.into()));
    assert_eq!(store.ping().await, Err(unavailable));
    store.close().await;
}

#[tokio::test]
async fn a_log_that_another_process_keeps_open_is_emptied_all_the_same() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("auth.db");
    let store = opened(&path).await;
    store.commit(vec![Change::InsertAccount(fixtures::account())]).await.unwrap();
    let mut other = SqliteConnection::establish(&path.to_string_lossy()).unwrap();
    other.batch_execute("SELECT count(*) FROM accounts").unwrap();
    store.close().await;
    assert_eq!((log_of(&path).metadata().unwrap().len(), accounts_in_a_copy(&path)), (0, 1));
}

#[tokio::test]
async fn one_that_is_only_dropped_is_closed_too() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("auth.db");
    let store = opened(&path).await;
    let duplicate = fixtures::account();
    store.commit(vec![Change::InsertAccount(duplicate.clone())]).await.unwrap();
    let lost = store.commit(vec![Change::InsertAccount(duplicate)]).await;
    assert!(matches!(lost, Err(CommitError::Duplicate(_))), "{lost:?}");
    let store: Arc<dyn auth_domain::ports::Store> = Arc::new(store);
    store.ping().await.unwrap();
    drop(store);
    assert_eq!((log_of(&path).exists(), accounts_in_a_copy(&path)), (false, 1));
}
