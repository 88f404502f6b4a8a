//! The store contract on the store in memory.

use std::sync::Arc;

use auth_testkit::memory_store::MemoryStore;
use auth_testkit::store_contract::AnyStore;

async fn new_store() -> AnyStore {
    Arc::new(MemoryStore::new())
}

auth_testkit::store_contract!(new_store);
