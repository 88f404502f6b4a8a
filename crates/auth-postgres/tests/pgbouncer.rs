//! The store contract through a PgBouncer in transaction mode, and what must not stay behind in it.

#![expect(clippy::expect_used, reason = "a test that cannot be set up is to fail")]

use std::sync::Arc;

use auth_domain::ports::{Change, Store as _, StoreError};
use auth_postgres::{connect, migrate};
use auth_testkit::fixtures::NOW;
use auth_testkit::pgbouncer::SERVER_CONNECTIONS;
use auth_testkit::postgres::cluster;
use auth_testkit::store_contract::AnyStore;

async fn new_store() -> AnyStore {
    let url = cluster().pooled(&cluster().database());
    migrate(&url, false).await.expect("the migrations run");
    Arc::new(connect(&url, false, 16, None).await.expect("the database answers"))
}

auth_testkit::store_contract!(new_store);

/// What each of PgBouncer's connections to the server has of us.
async fn left_behind(url: &str) -> Vec<String> {
    let kept = "SELECT 'prepared: ' || statement FROM pg_prepared_statements \
                UNION ALL SELECT 'channel: ' || channel FROM pg_listening_channels() AS channel \
                UNION ALL SELECT 'setting: ' || name FROM pg_settings WHERE source = 'session' AND name NOT IN \
                ('TimeZone', 'client_encoding', 'application_name', 'DateStyle', 'standard_conforming_strings') \
                UNION ALL SELECT 'lock: ' || objid FROM pg_locks \
                WHERE locktype = 'advisory' AND pid = pg_backend_pid()";
    let mut clients = Vec::new();
    for _ in 0..SERVER_CONNECTIONS {
        let (client, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls).await.expect("it answers");
        tokio::spawn(connection);
        // A transaction each at the same time: so each has another connection to the server.
        client.batch_execute("BEGIN").await.expect("it begins");
        clients.push(client);
    }
    let mut found = Vec::new();
    for client in &clients {
        for message in client.simple_query(kept).await.expect("it answers") {
            if let tokio_postgres::SimpleQueryMessage::Row(row) = message {
                found.extend(row.get(0).map(str::to_owned));
            }
        }
    }
    found
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_stays_behind_in_the_pooler() {
    let direct = cluster().database();
    let url = cluster().pooled(&direct);
    let nodes: Vec<_> = (0..8)
        .map(|_| {
            let url = url.clone();
            std::thread::spawn(move || {
                tokio::runtime::Runtime::new().expect("a runtime").block_on(migrate(&url, false))
            })
        })
        .collect();
    let ran: Vec<_> = nodes.into_iter().map(|node| node.join().expect("no panic").expect("they migrate")).collect();
    assert_eq!(ran.iter().filter(|ran| **ran > 0).count(), 1, "{ran:?}");

    let store = connect(&url, false, 16, None).await.expect("it answers");
    drop(store.snapshot_accounts(None).await.expect("a snapshot"));
    let calls: Vec<_> = (0..200)
        .map(|_| {
            let store = store.clone();
            tokio::spawn(async move {
                store.ping().await?;
                store.commit(vec![Change::UnparkMails { at: NOW }]).await.map_err(|_| StoreError::Failed)
            })
        })
        .collect();
    for call in calls {
        call.await.expect("no panic").expect("it answers");
    }
    assert_eq!(left_behind(&url).await, [""; 0]);
    let count =
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND backend_type = 'client backend'";
    let connections: usize = cluster().query(&direct, count).parse().expect("a number");
    assert!(connections <= SERVER_CONNECTIONS + 1, "PgBouncer's and this one, not {connections}");
}

/// Whoever forgets the setting is told at once, and not by errors under load.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pooler_where_none_is_expected_is_told_with_its_remedy() {
    let url = cluster().pooled(&cluster().database());
    let error = connect(&url, true, 2, None).await.err().expect("a refusal").to_string();
    assert!(error.contains("AUTH_DB_PREPARED=off"), "{error}");
}
