//! The audit trail.

use std::time::Duration;

use auth_domain::audit::{Actor, AuditFilter, AuditRecord, Outcome, RequestId};
use auth_domain::ports::Change;
use auth_domain::retention::Expired;
use auth_domain::session::Network;
use auth_domain::{AccountId, AuditRecordId};

use super::AnyStore;
use crate::fixtures::{NOW, randomness, unique};

fn record(account_id: Option<AccountId>, seconds: u64) -> AuditRecord {
    let occurred_at = NOW + Duration::from_secs(seconds);
    AuditRecord {
        id: AuditRecordId::generate(occurred_at, randomness(unique())),
        occurred_at,
        account_id,
        action: "password.changed".to_owned(),
        outcome: Outcome::Refused,
        actor: Actor::Service("users-service".to_owned()),
        network: Some(Network::from_stored("192.0.2.0/24".to_owned())),
        request_id: account_id.map(|_| RequestId::Callers("0a".to_owned())),
        detail: None,
    }
}

/// In the order of time, of one account or of all, from a time or after a record; and gone when their time is over.
pub async fn audit_records_are_listed_in_order_and_purged(store: AnyStore) {
    let account = AccountId::generate(NOW, randomness(unique()));
    let records = [record(Some(account), 1), record(None, 2), record(Some(account), 2), record(Some(account), 3)];
    for record in records.iter().rev() {
        store.commit(vec![Change::Audit(record.clone())]).await.unwrap();
    }
    let mut sorted = records.to_vec();
    sorted.sort_by_key(|record| (record.occurred_at, record.id));
    let everything = AuditFilter::since(NOW);
    assert_eq!(store.list_audit_records(&everything, 9).await.unwrap(), sorted);
    assert_eq!(store.list_audit_records(&everything, 2).await.unwrap(), sorted[..2]);
    let of_account = AuditFilter { account_id: Some(account), ..everything.clone() };
    let listed = store.list_audit_records(&of_account, 9).await.unwrap();
    assert_eq!(listed, [records[0].clone(), records[2].clone(), records[3].clone()]);
    for (index, record) in sorted.iter().enumerate() {
        let after = AuditFilter { after: Some((record.occurred_at, record.id)), ..everything.clone() };
        assert_eq!(store.list_audit_records(&after, 9).await.unwrap(), sorted[index + 1..]);
    }
    let late = AuditFilter::since(NOW + Duration::from_secs(3));
    assert_eq!(store.list_audit_records(&late, 9).await.unwrap(), sorted[3..]);

    let purge = Expired::AuditRecords { occurred_before: NOW + Duration::from_secs(2) };
    assert_eq!(store.purge(purge, 9).await.unwrap(), 1);
    assert_eq!(store.list_audit_records(&everything, 9).await.unwrap(), sorted[1..]);
}

/// By action, actor, outcome and time, the newest first if so wished, and page by page.
pub async fn audit_records_are_listed_as_the_filter_says(store: AnyStore) {
    let admin = AccountId::generate(NOW, randomness(unique()));
    let account = AccountId::generate(NOW, randomness(unique()));
    let done = AuditRecord { outcome: Outcome::Done, ..record(Some(account), 1) };
    let by_admin = AuditRecord { actor: Actor::Admin(admin), ..record(Some(account), 2) };
    let other = AuditRecord { action: "roles.set".to_owned(), ..record(None, 3) };
    for record in [&done, &by_admin, &other] {
        store.commit(vec![Change::Audit(record.clone())]).await.unwrap();
    }
    let every = AuditFilter::newest();
    let until = Some(NOW + Duration::from_secs(3));
    let after = |record: &AuditRecord| Some((record.occurred_at, record.id));
    for (filter, expected) in [
        (every.clone(), vec![&other, &by_admin, &done]),
        (AuditFilter { account_id: Some(account), ..every.clone() }, vec![&by_admin, &done]),
        (AuditFilter { action: Some("roles.set".to_owned()), ..every.clone() }, vec![&other]),
        (AuditFilter { actor: Some(Actor::Admin(admin)), ..every.clone() }, vec![&by_admin]),
        (AuditFilter { outcome: Some(Outcome::Done), ..every.clone() }, vec![&done]),
        (AuditFilter { until, ..every.clone() }, vec![&by_admin, &done]),
        (AuditFilter { after: after(&other), ..every.clone() }, vec![&by_admin, &done]),
        (AuditFilter { after: after(&by_admin), account_id: Some(account), ..every }, vec![&done]),
        (AuditFilter { until, ..AuditFilter::since(NOW) }, vec![&done, &by_admin]),
    ] {
        let listed = store.list_audit_records(&filter, 9).await.unwrap();
        assert_eq!(listed.iter().collect::<Vec<_>>(), expected, "{filter:?}");
        assert!(listed.iter().all(|record| filter.selects(record)));
        let first: Vec<_> = listed.into_iter().take(1).collect();
        assert_eq!(store.list_audit_records(&filter, 1).await.unwrap(), first);
    }
}
