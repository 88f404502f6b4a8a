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
    let everything = AuditFilter { account_id: None, from: NOW, after: None };
    assert_eq!(store.list_audit_records(everything, 9).await.unwrap(), sorted);
    assert_eq!(store.list_audit_records(everything, 2).await.unwrap(), sorted[..2]);
    let of_account = AuditFilter { account_id: Some(account), ..everything };
    let listed = store.list_audit_records(of_account, 9).await.unwrap();
    assert_eq!(listed, [records[0].clone(), records[2].clone(), records[3].clone()]);
    for (index, record) in sorted.iter().enumerate() {
        let after = AuditFilter { after: Some((record.occurred_at, record.id)), ..everything };
        assert_eq!(store.list_audit_records(after, 9).await.unwrap(), sorted[index + 1..]);
    }
    let late = AuditFilter { from: NOW + Duration::from_secs(3), ..everything };
    assert_eq!(store.list_audit_records(late, 9).await.unwrap(), sorted[3..]);

    let purge = Expired::AuditRecords { occurred_before: NOW + Duration::from_secs(2) };
    assert_eq!(store.purge(purge, 9).await.unwrap(), 1);
    assert_eq!(store.list_audit_records(everything, 9).await.unwrap(), sorted[1..]);
}
