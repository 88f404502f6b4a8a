//! How long a reader may hold a snapshot, and with it the log.

use std::time::Duration;

use auth_domain::ports::{Change, Store as _, StoreError};
use auth_sqlite::{migrate, open};
use auth_store::SNAPSHOT_LIMIT;
use auth_testkit::fixtures;
use diesel::connection::SimpleConnection as _;
use diesel::{Connection as _, SqliteConnection};

#[tokio::test]
async fn a_snapshot_ends_when_its_time_is_over_whether_or_not_anybody_reads() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("auth.db");
    migrate(&path).await.unwrap();
    let store = open(&path, None).await.unwrap();
    let insert = async || store.commit(vec![Change::InsertAccount(fixtures::account())]).await.unwrap();
    insert().await;
    let (mut read, mut abandoned) =
        (store.snapshot_accounts(None).await.unwrap(), store.snapshot_accounts(None).await.unwrap());
    assert_eq!(read.next_page().await.unwrap().len(), 1);
    assert_eq!(abandoned.next_page().await.unwrap().len(), 1);
    insert().await;

    let log_that_is_left = || {
        let mut conn = SqliteConnection::establish(&path.to_string_lossy()).unwrap();
        conn.batch_execute("PRAGMA wal_checkpoint(TRUNCATE)").unwrap();
        std::fs::metadata(format!("{}-wal", path.display())).unwrap().len()
    };
    assert!(log_that_is_left() > 0, "two snapshots need it");
    tokio::time::pause();
    tokio::time::advance(SNAPSHOT_LIMIT + Duration::from_secs(1)).await;
    tokio::time::resume();
    // The timers run when this task waits.
    tokio::task::yield_now().await;
    assert_eq!(read.next_page().await, Err(StoreError::Unavailable));
    assert_eq!(log_that_is_left(), 0);
    drop(abandoned);
    let mut anew = store.snapshot_accounts(None).await.unwrap();
    assert_eq!(anew.next_page().await.unwrap().len(), 2);
}
