//! The store contract on PostgreSQL.

#![expect(clippy::expect_used, reason = "a test that cannot be set up is to fail")]

use std::sync::Arc;
use std::time::{Duration, Instant};

use auth_domain::ports::{Change, Store as _};
use auth_postgres::{PostgresStore, connect, migrate};
use auth_testkit::fixtures::NOW;
use auth_testkit::postgres::cluster;
use auth_testkit::store_contract::AnyStore;

async fn connected() -> PostgresStore {
    let url = cluster().database();
    migrate(&url, true).await.expect("the migrations run");
    connect(&url, true, 16, None).await.expect("the database answers")
}

async fn new_store() -> AnyStore {
    Arc::new(connected().await)
}

auth_testkit::store_contract!(new_store);

/// The same with sessions read from what is kept, as long as the engine tells what others do.
mod kept {
    use auth_session_cache::{CachedStore, SessionCache};
    use auth_testkit::kept_first::KeptFirst;

    use super::*;

    async fn new_kept_store() -> AnyStore {
        let (store, cache) = (connected().await, Arc::new(SessionCache::new()));
        store.watch_sessions(cache.clone());
        let cached = Arc::new(CachedStore::new(Arc::new(store), cache.clone()));
        Arc::new(KeptFirst::new(cached, cache))
    }

    auth_testkit::store_contract!(new_kept_store);
}

#[tokio::test(flavor = "multi_thread")]
async fn eight_nodes_that_start_at_once_migrate_once() {
    let url = cluster().database();
    let nodes: Vec<_> = (0..8)
        .map(|_| {
            std::thread::spawn({
                let url = url.clone();
                move || tokio::runtime::Runtime::new().expect("a runtime").block_on(migrate(&url, true))
            })
        })
        .collect();
    let mut ran: Vec<_> =
        nodes.into_iter().map(|node| node.join().expect("no panic").expect("the migrations run")).collect();
    ran.sort_unstable();
    assert_eq!(ran[..7], [0; 7]);
    assert!(ran[7] > 0);
}

/// By LISTEN: the store that waits is not the one that commits.
#[tokio::test(flavor = "multi_thread")]
async fn a_mail_that_one_node_owes_wakes_another() {
    let url = cluster().database();
    migrate(&url, true).await.expect("the migrations run");
    let connect = || connect(&url, true, 2, None);
    let (waiting, owing) = (connect().await.expect("it answers"), connect().await.expect("it answers"));
    let woken = tokio::spawn(async move {
        let began = Instant::now();
        waiting.wait_for_outbox(Duration::from_secs(60)).await;
        began.elapsed()
    });
    while !woken.is_finished() {
        owing.commit(vec![Change::UnparkMails { at: NOW }]).await.expect("it commits");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(woken.await.expect("no panic") < Duration::from_secs(50));
}

#[tokio::test]
async fn errors_say_what_is_wrong_and_not_the_password() {
    let failure =
        |url: &'static str| async move { connect(url, true, 1, None).await.err().expect("a failure").to_string() };
    for (url, said) in [
        ("postgres://u:hunter2@127.0.0.1:1/x", "port 1"),
        ("postgres://u:hunter2@127.0.0.1:badport/x", "not a PostgreSQL URL"),
        ("postgres://u:hunter2@127.0.0.1:1/x?sslmode=prefer", "verify-full"),
    ] {
        let text = failure(url).await;
        assert!(text.contains(said) && !text.contains("hunter2"), "{text}");
    }
}
