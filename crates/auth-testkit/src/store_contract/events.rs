//! Events: owed, leased in order, acknowledged, listed by cursor.

use std::sync::Arc;
use std::time::Duration;

use auth_domain::data_export::DataExport;
use auth_domain::deletion::Deletion;
use auth_domain::event::{Event, EventKind, LeasedEvent};
use auth_domain::ports::Change;
use auth_domain::retention::Expired;
use auth_domain::{AccountId, DeletionId, EventId, SessionId, Timestamp};

use super::{AnyStore, conflict};
use crate::fixtures::{self, NOW, randomness, unique};

const LEASE: Duration = Duration::from_secs(300);

fn after(seconds: u64) -> Timestamp {
    NOW + Duration::from_secs(seconds)
}

fn event(account_id: AccountId, kind: EventKind, seconds: u64) -> Event {
    let occurred_at = after(seconds);
    Event { id: EventId::generate(occurred_at, randomness(unique())), kind, account_id, occurred_at }
}

async fn announce(store: &AnyStore, event: &Event, services: &[&str]) {
    let services = services.iter().map(|service| (*service).to_owned()).collect();
    store.commit(vec![Change::Announce { event: *event, services }]).await.unwrap();
}

async fn lease(store: &AnyStore, service: &str, seconds: u64) -> Vec<(EventId, u32)> {
    let leased = store.lease_events(service, after(seconds), after(seconds) + LEASE, 10).await.unwrap();
    leased.iter().map(|LeasedEvent { event, attempt }| (event.id, *attempt)).collect()
}

fn acknowledged(event: &Event, service: &str, attempt: u32) -> Change {
    Change::EventAcknowledged { event_id: event.id, service: service.to_owned(), attempt, at: after(50) }
}

/// What began to wait in the future waits as long from now on; what was acknowledged stays as it is.
pub async fn events_that_wait_since_the_future_begin_to_wait_anew(store: AnyStore) {
    let [told, owed] = [1, 2].map(|seconds| event(fixtures::account().id, EventKind::UserRegistered, 3_600 + seconds));
    announce(&store, &told, &["users"]).await;
    announce(&store, &owed, &["users", "chat"]).await;
    lease(&store, "users", 3_600 + 1).await;
    store.commit(vec![acknowledged(&told, "users", 1)]).await.unwrap();
    assert_eq!(lease(&store, "users", 0).await, []);
    assert_eq!(store.restamp_outbox(after(3_600)).await.unwrap(), 0, "another node's clock");
    assert_eq!(store.restamp_outbox(NOW).await.unwrap(), 2);
    assert_eq!(lease(&store, "users", 0).await, [(owed.id, 1)]);
    assert_eq!(lease(&store, "chat", 0).await, [(owed.id, 1)]);
}

/// Each service for itself, and the next of a user only when the one before is acknowledged.
pub async fn events_are_leased_in_order_per_user(store: AnyStore) {
    let (ann, bob) = (fixtures::account().id, fixtures::account().id);
    let registered = event(ann, EventKind::UserRegistered, 0);
    let reused = event(ann, EventKind::SessionReuseDetected(SessionId::generate(NOW, [7; 32])), 1);
    let of_bob = event(bob, EventKind::EmailChanged, 2);
    announce(&store, &registered, &["users", "chat"]).await;
    announce(&store, &reused, &["users"]).await;
    announce(&store, &of_bob, &["users"]).await;
    announce(&store, &event(bob, EventKind::PasswordChanged, 500), &["users"]).await;

    assert_eq!(
        lease(&store, "users", 10).await,
        [(registered.id, 1), (of_bob.id, 1)],
        "neither the second nor the late one"
    );
    assert_eq!(lease(&store, "users", 10).await, []);
    assert_eq!(lease(&store, "chat", 10).await, [(registered.id, 1)], "whatever the other service does");
    let retry = |attempt| Change::RetryEvent {
        event_id: registered.id,
        service: "users".to_owned(),
        attempt,
        at: after(20),
        error: "502 é".to_owned(),
    };
    conflict(&store, retry(2)).await;
    store.commit(vec![retry(1)]).await.unwrap();
    assert_eq!(lease(&store, "users", 19).await, []);
    let again = store.lease_events("users", after(20), after(20) + LEASE, 10).await.unwrap();
    assert_eq!(again, [LeasedEvent { event: registered, attempt: 2 }]);
    conflict(&store, acknowledged(&registered, "users", 1)).await;
    store.commit(vec![acknowledged(&registered, "users", 2)]).await.unwrap();
    conflict(&store, acknowledged(&registered, "users", 2)).await;
    let next = store.lease_events("users", after(21), after(21) + LEASE, 10).await.unwrap();
    assert_eq!(next, [LeasedEvent { event: reused, attempt: 1 }]);
    assert_eq!(lease(&store, "users", 400).await, [(reused.id, 2), (of_bob.id, 2)], "leases run out");
}

/// No two workers hold events of one user at the same time.
pub async fn workers_that_lease_at_once_share_the_events(store: AnyStore) {
    let accounts: Vec<AccountId> = (0..20).map(|_| fixtures::account().id).collect();
    for seconds in 0..3 {
        for account in &accounts {
            announce(&store, &event(*account, EventKind::PasswordChanged, seconds), &["users"]).await;
        }
    }
    for round in 0..3 {
        let workers: Vec<_> = (0..8)
            .map(|_| {
                let store = Arc::clone(&store);
                tokio::spawn(async move { store.lease_events("users", after(10), after(99), 10).await.unwrap() })
            })
            .collect();
        let mut leased = Vec::new();
        for worker in workers {
            leased.extend(worker.await.unwrap());
        }
        while leased.len() < 20 {
            let more = store.lease_events("users", after(10), after(99), 10).await.unwrap();
            assert!(!more.is_empty());
            leased.extend(more);
        }
        assert_eq!(leased.len(), 20, "one of each user");
        for LeasedEvent { event, attempt } in leased {
            assert_eq!((event.occurred_at, attempt), (after(round), 1));
            store.commit(vec![acknowledged(&event, "users", 1)]).await.unwrap();
        }
    }
}

/// By cursor, whatever their ids and times: what became known later comes later.
pub async fn events_are_listed_in_the_order_in_which_they_became_known(store: AnyStore) {
    let account = fixtures::account().id;
    let (first, second) = (event(account, EventKind::UserRegistered, 10), event(account, EventKind::EmailChanged, 11));
    announce(&store, &second, &[]).await;
    announce(&store, &first, &[]).await;
    let list = async |after: Option<EventId>, limit| store.list_events(after, limit).await.unwrap();
    assert_eq!(list(None, 10).await, Some(vec![first, second]), "by time as long as nobody has seen them");
    let late = event(account, EventKind::PasswordChanged, 5);
    announce(&store, &late, &[]).await;
    assert_eq!(list(Some(second.id), 10).await, Some(vec![late]), "never before what was listed");
    assert_eq!(list(None, 2).await, Some(vec![first, second]));
    assert_eq!(list(Some(first.id), 1).await, Some(vec![second]));
    assert_eq!(list(Some(late.id), 1).await, Some(vec![]));
    assert_eq!(list(Some(event(account, EventKind::EmailChanged, 1).id), 1).await, None);
}

/// Many writers, and readers that follow by cursor: each reader sees each event once.
pub async fn readers_that_follow_miss_no_event(store: AnyStore) {
    const EVENTS: usize = 200;
    let writers: Vec<_> = (0..8)
        .map(|_| {
            let store = Arc::clone(&store);
            tokio::spawn(async move {
                for seconds in 0..EVENTS / 8 {
                    let event = event(fixtures::account().id, EventKind::EmailChanged, seconds as u64 % 7);
                    announce(&store, &event, &[]).await;
                }
            })
        })
        .collect();
    let readers: Vec<_> = (0..3)
        .map(|_| {
            let store = Arc::clone(&store);
            tokio::spawn(async move {
                let mut seen: Vec<EventId> = Vec::new();
                while seen.len() < EVENTS {
                    let more = store.list_events(seen.last().copied(), 7).await.unwrap().unwrap();
                    seen.extend(more.iter().map(|event| event.id));
                }
                seen
            })
        })
        .collect();
    for writer in writers {
        writer.await.unwrap();
    }
    let mut orders = Vec::new();
    for reader in readers {
        orders.push(tokio::time::timeout(Duration::from_secs(60), reader).await.expect("no event is missed").unwrap());
    }
    assert!(orders.iter().all(|order| order == &orders[0]));
    let distinct: std::collections::BTreeSet<_> = orders[0].iter().collect();
    assert_eq!(distinct.len(), EVENTS);
}

/// Who was told of it, and when they acknowledged; kept when other events are purged.
pub async fn a_deletion_shows_who_has_acknowledged_it(store: AnyStore) {
    let account_id = fixtures::account().id;
    let id = DeletionId::generate(NOW, randomness(unique()));
    let deletion = Deletion { id, account_id, requested_by: "owner".to_owned(), deleted_at: NOW };
    let (registered, deleted) =
        (event(account_id, EventKind::UserRegistered, 0), event(account_id, EventKind::UserDeleted(id), 1));
    announce(&store, &registered, &["users"]).await;
    let services = vec!["users".to_owned(), "chat".to_owned()];
    store
        .commit(vec![Change::RecordDeletion(deletion.clone()), Change::Announce { event: deleted, services }])
        .await
        .unwrap();
    assert_eq!(lease(&store, "chat", 10).await, [(deleted.id, 1)]);
    store.commit(vec![acknowledged(&deleted, "chat", 1)]).await.unwrap();
    let progress = store.find_deletion(id).await.unwrap().unwrap();
    assert_eq!(progress.deletion, deletion);
    assert_eq!(progress.services, [("chat".to_owned(), Some(after(50))), ("users".to_owned(), None)]);
    assert_eq!(store.find_deletion(DeletionId::generate(NOW, [9; 32])).await.unwrap(), None);

    let purge = async || store.purge(Expired::Events { occurred_before: after(1_000) }, 10).await.unwrap();
    assert_eq!((purge().await, purge().await), (1, 0), "but for the deletion");
    let last = event(account_id, EventKind::EmailChanged, 2);
    announce(&store, &last, &[]).await;
    assert_eq!(store.list_events(None, 10).await.unwrap().unwrap().len(), 2);
    assert_eq!(purge().await, 0, "it is a cursor");
    assert_eq!(store.list_events(Some(last.id), 10).await.unwrap(), Some(vec![]));
    assert_eq!(store.find_deletion(id).await.unwrap(), Some(progress));
}

/// Of that account, whatever else happened to it or to others; until the event is purged.
pub async fn the_newest_request_for_all_data_shows_who_has_acknowledged_it(store: AnyStore) {
    let (ann, bob) = (fixtures::account().id, fixtures::account().id);
    assert_eq!(store.find_data_export(ann).await.unwrap(), None);
    let requested = |account_id, seconds| event(account_id, EventKind::UserExportRequested, seconds);
    let (first, second, of_bob) = (requested(ann, 0), requested(ann, 2), requested(bob, 3));
    announce(&store, &first, &["users"]).await;
    announce(&store, &event(ann, EventKind::EmailChanged, 1), &["users"]).await;
    announce(&store, &of_bob, &["chat"]).await;
    let found = async || store.find_data_export(ann).await.unwrap();
    let users = |at| vec![("users".to_owned(), at)];
    assert_eq!(found().await, Some(DataExport { id: first.id, requested_at: after(0), services: users(None) }));
    lease(&store, "users", 10).await;
    store.commit(vec![acknowledged(&first, "users", 1)]).await.unwrap();
    let told = DataExport { id: first.id, requested_at: after(0), services: users(Some(after(50))) };
    assert_eq!(found().await, Some(told));

    announce(&store, &second, &["users", "chat"]).await;
    let services = vec![("chat".to_owned(), None), ("users".to_owned(), None)];
    assert_eq!(found().await, Some(DataExport { id: second.id, requested_at: after(2), services }));
    store.purge(Expired::Events { occurred_before: after(3) }, 10).await.unwrap();
    assert_eq!(found().await, None);
    assert_eq!(store.find_data_export(bob).await.unwrap().map(|export| export.id), Some(of_bob.id));
}
