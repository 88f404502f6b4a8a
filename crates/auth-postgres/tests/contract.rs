//! The store contract on PostgreSQL.

#![expect(clippy::expect_used, reason = "a test that cannot be set up is to fail")]

use std::sync::Arc;

use auth_postgres::{PostgresStore, migrate};
use auth_testkit::postgres::cluster;
use auth_testkit::store_contract::AnyStore;

async fn new_store() -> AnyStore {
    let url = cluster().database();
    migrate(&url).await.expect("the migrations run");
    Arc::new(PostgresStore::connect(&url, 16).await.expect("the database answers"))
}

auth_testkit::store_contract!(new_store);

#[tokio::test(flavor = "multi_thread")]
async fn eight_nodes_that_start_at_once_migrate_once() {
    let url = cluster().database();
    let nodes: Vec<_> = (0..8)
        .map(|_| {
            std::thread::spawn({
                let url = url.clone();
                move || tokio::runtime::Runtime::new().expect("a runtime").block_on(migrate(&url))
            })
        })
        .collect();
    let mut ran: Vec<_> =
        nodes.into_iter().map(|node| node.join().expect("no panic").expect("the migrations run")).collect();
    ran.sort_unstable();
    assert_eq!(ran[..7], [0; 7]);
    assert!(ran[7] > 0);
}

#[tokio::test]
async fn errors_say_what_is_wrong_and_not_the_password() {
    let failure =
        |url: &'static str| async move { PostgresStore::connect(url, 1).await.err().expect("a failure").to_string() };
    assert!(failure("postgres://u:hunter2@127.0.0.1:1/x").await.contains("port 1"));
    for url in [
        "postgres://u:hunter2@127.0.0.1:1/x",
        "postgres://u:hunter2@host:badport/x",
        "postgres://u:hunter2@h/x?sslmode=require",
        "postgres://u:hunter2@db.example.org/x",
    ] {
        let text = failure(url).await;
        assert!(!text.contains("hunter2"), "{text}");
        assert!(url.contains("127.0.0.1") || url.contains("badport") || text.contains("sslmode=disable"), "{text}");
    }
}
