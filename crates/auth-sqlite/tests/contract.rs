//! The store contract on SQLite.

#![expect(clippy::expect_used, reason = "a test that cannot be set up is to fail")]

use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt as _;
use std::sync::Arc;

use auth_sqlite::{SqliteStore, migrate, open};
use auth_testkit::store_contract::AnyStore;
use diesel::{Connection as _, RunQueryDsl as _};

async fn opened() -> SqliteStore {
    let dir = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a temporary folder").keep();
    let path = dir.join("auth.db");
    migrate(&path).await.expect("the migrations run");
    open(&path, None).await.expect("the database opens")
}

async fn new_store() -> AnyStore {
    Arc::new(opened().await)
}

auth_testkit::store_contract!(new_store);

/// The same with sessions read from what is kept, as long as the engine tells what others do.
mod kept {
    use auth_session_cache::{CachedStore, SessionCache};
    use auth_testkit::kept_first::KeptFirst;

    use super::*;

    async fn new_kept_store() -> AnyStore {
        let (store, cache) = (opened().await, Arc::new(SessionCache::new()));
        store.watch_sessions(cache.clone());
        let cached = Arc::new(CachedStore::new(Arc::new(store), cache.clone()));
        Arc::new(KeptFirst::new(cached, cache))
    }

    auth_testkit::store_contract!(new_kept_store);
}

/// A table is in the archive's list or among its exceptions, or an export would leave it out and nobody would notice.
#[tokio::test(flavor = "multi_thread")]
async fn no_table_is_forgotten_by_the_archive() {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let path = dir.path().join("auth.db");
    migrate(&path).await.expect("the migrations run");
    let mut conn = diesel::SqliteConnection::establish(&path.to_string_lossy()).expect("it opens");
    let query = diesel::sql_query("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'");
    let tables: Vec<Table> = query.load(&mut conn).expect("it answers");
    let there: BTreeSet<String> = tables.into_iter().map(|table| table.name).collect();
    let (archived, exceptions) = auth_store::archived_tables();
    let known: BTreeSet<String> = archived.iter().chain(exceptions).map(|name| (*name).to_owned()).collect();
    assert_eq!(there, known);
}

#[derive(diesel::QueryableByName)]
struct Table {
    #[diesel(sql_type = diesel::sql_types::Text)]
    name: String,
}

/// Whoever could open the lock could hold it, and keep every node from starting.
#[tokio::test(flavor = "multi_thread")]
async fn nobody_else_may_open_the_database_or_its_lock() {
    let dir = tempfile::tempdir().expect("a temporary folder");
    // As an older version left it.
    let lock = dir.path().join("auth.db.lock");
    std::fs::write(&lock, "").expect("a file");
    std::fs::set_permissions(&lock, std::fs::Permissions::from_mode(0o644)).expect("its mode");
    for _ in 0..2 {
        migrate(&dir.path().join("auth.db")).await.expect("the migrations run");
        for name in ["auth.db", "auth.db.lock"] {
            let mode = std::fs::metadata(dir.path().join(name)).expect("it is there").permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "{name}");
        }
        std::fs::remove_file(&lock).expect("the next is made anew");
    }
}

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
