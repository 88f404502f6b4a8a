//! The store contract on SQLite.

#![expect(clippy::expect_used, reason = "a test that cannot be set up is to fail")]

use std::sync::Arc;

use auth_sqlite::{SqliteStore, migrate};
use auth_testkit::store_contract::AnyStore;

async fn new_store() -> AnyStore {
    let dir = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a temporary folder").keep();
    let path = dir.join("auth.db");
    migrate(&path).await.expect("the migrations run");
    Arc::new(SqliteStore::open(&path).await.expect("the database opens"))
}

auth_testkit::store_contract!(new_store);

#[tokio::test(flavor = "multi_thread")]
async fn eight_nodes_that_start_at_once_migrate_once() {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let path = dir.path().join("auth.db");
    let nodes: Vec<_> = (0..8)
        .map(|_| {
            tokio::spawn({
                let path = path.clone();
                async move { migrate(&path).await }
            })
        })
        .collect();
    let mut ran = Vec::new();
    for node in nodes {
        ran.push(node.await.expect("no panic").expect("the migrations run"));
    }
    ran.sort_unstable();
    assert_eq!(ran[..7], [0; 7]);
    assert!(ran[7] > 0);
}
