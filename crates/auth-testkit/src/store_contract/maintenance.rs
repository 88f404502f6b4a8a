//! Records of what was done to the database as a whole.

use std::time::Duration;

use auth_domain::maintenance::Maintenance;
use auth_domain::ports::Change;

use super::AnyStore;
use crate::fixtures::NOW;

/// The last one counts, each kind for itself.
pub async fn a_maintenance_record_is_the_last_one_and_may_be_forgotten(store: AnyStore) {
    assert_eq!(store.find_maintenance(Maintenance::VerifiedRestore).await.unwrap(), None);
    for at in [NOW, NOW + Duration::from_secs(5)] {
        store.commit(vec![Change::RecordMaintenance { kind: Maintenance::VerifiedRestore, at }]).await.unwrap();
        assert_eq!(store.find_maintenance(Maintenance::VerifiedRestore).await.unwrap(), Some(at));
    }
    assert_eq!(store.find_maintenance(Maintenance::UnfinishedMove).await.unwrap(), None);
    for _ in 0..2 {
        store.commit(vec![Change::ForgetMaintenance(Maintenance::VerifiedRestore)]).await.unwrap();
        assert_eq!(store.find_maintenance(Maintenance::VerifiedRestore).await.unwrap(), None);
    }
}
