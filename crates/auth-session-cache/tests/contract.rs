//! The store contract on a store in memory, with sessions read from what is kept.

use std::sync::Arc;
use std::time::{Duration, Instant};

use auth_domain::ports::SessionNews as _;
use auth_session_cache::{CachedStore, SessionCache};
use auth_testkit::kept_first::KeptFirst;
use auth_testkit::memory_store::MemoryStore;
use auth_testkit::store_contract::AnyStore;

async fn new_store() -> AnyStore {
    let cache = Arc::new(SessionCache::new());
    cache.in_step(Instant::now() + Duration::from_secs(3_600));
    let store = Arc::new(CachedStore::new(Arc::new(MemoryStore::new()), cache.clone()));
    Arc::new(KeptFirst::new(store, cache))
}

auth_testkit::store_contract!(new_store);
