//! Measures how busy the service is, for the metrics.

use std::sync::Arc;

use crate::Timestamp;
use crate::load::{DatabaseLoad, ServiceLoad};
use crate::maintenance::Maintenance;
use crate::ports::{Clock, HashingGauge, Store, StoreError};

use super::all::Parts;

/// Measures how busy the service is.
pub struct MeasureLoad {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    hashing_gauge: Arc<dyn HashingGauge>,
}

impl MeasureLoad {
    pub(super) fn new(parts: &Parts) -> Self {
        Self {
            store: parts.ports.store.clone(),
            clock: parts.ports.clock.clone(),
            hashing_gauge: parts.ports.hashing_gauge.clone(),
        }
    }

    /// Reads every gauge once. If the database is unreachable, this is reported and does not hide the rest.
    pub async fn execute(&self) -> ServiceLoad {
        let now = self.clock.now();
        let database = self.database(now).await.ok();
        let (pool, file) = (self.store.pool_load(), self.store.file_check());
        ServiceLoad { now, database, pool, file, hashing: self.hashing_gauge.load() }
    }

    async fn database(&self, now: Timestamp) -> Result<DatabaseLoad, StoreError> {
        let keys = self.store.list_signing_keys().await?;
        Ok(DatabaseLoad {
            outbox: self.store.outbox_depth().await?,
            signing_since: keys.iter().map(|key| key.active_from).filter(|from| *from <= now).max(),
            verified_restore: self.store.find_maintenance(Maintenance::VerifiedRestore).await?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SigningKeyId;
    use crate::load::{FileCheck, HashingLoad, OutboxDepth, PoolLoad};
    use crate::ports::{MockClock, MockHashingGauge, MockStore};
    use crate::signing_key::SigningKey;
    use crate::use_cases::{Policy, Ports, UseCases};

    const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);

    fn use_cases(store: MockStore) -> UseCases {
        let (mut clock, mut gauge) = (MockClock::new(), MockHashingGauge::new());
        clock.expect_now().return_const(NOW);
        gauge.expect_load().return_const(HashingLoad { waiting: 3, ..HashingLoad::default() });
        let (store, clock, hashing_gauge) = (Arc::new(store), Arc::new(clock), Arc::new(gauge));
        UseCases::new(Ports { store, clock, hashing_gauge, ..Ports::mocked() }, Policy::for_tests())
    }

    fn key_from(active_from: i64) -> SigningKey {
        let active_from = Timestamp::from_seconds(active_from);
        let id = SigningKeyId::generate(NOW, [1; 32]);
        SigningKey { id, sequence: 1, active_from, public_key: Vec::new(), sealed_private_key: Vec::new() }
    }

    #[tokio::test]
    async fn every_gauge_is_read_and_the_key_that_signs_is_told_from_the_next_one() {
        let mut store = MockStore::new();
        let keys = vec![key_from(1_700_000_000), key_from(1_800_000_000), key_from(1_800_000_001)];
        store.expect_list_signing_keys().return_once(|| Ok(keys));
        store.expect_outbox_depth().return_once(|| Ok(OutboxDepth { mails: 2, ..OutboxDepth::default() }));
        store.expect_pool_load().return_const(PoolLoad { most: 8, open: 4, idle: 1 });
        store.expect_file_check().return_const(FileCheck::Sound);
        store.expect_find_maintenance().withf(|kind| *kind == Maintenance::VerifiedRestore).return_const(Ok(None));
        let load = use_cases(store).measure_load.execute().await;
        assert_eq!((load.now, load.pool.open, load.hashing.waiting), (NOW, 4, 3));
        assert_eq!(load.file, FileCheck::Sound);
        let database = load.database.expect("it answers");
        assert_eq!((database.outbox.mails, database.signing_since, database.verified_restore), (2, Some(NOW), None));
    }

    #[tokio::test]
    async fn a_database_that_is_away_hides_nothing_else() {
        let mut store = MockStore::new();
        store.expect_list_signing_keys().return_const(Err(StoreError::Unavailable));
        store.expect_pool_load().return_const(PoolLoad { most: 8, open: 4, idle: 1 });
        store.expect_file_check().return_const(FileCheck::Sound);
        let load = use_cases(store).measure_load.execute().await;
        assert_eq!((load.database, load.pool.open, load.hashing.waiting), (None, 4, 3));
    }
}
