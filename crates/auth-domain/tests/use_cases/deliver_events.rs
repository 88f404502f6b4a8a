//! `DeliverEvents`: each service hears of what it wants to, at least once and in order, until it has acknowledged.

use std::sync::Arc;
use std::time::Duration;

use auth_domain::EventId;
use auth_domain::account::Account;
use auth_domain::event::{Event, EventKind, EventName};
use auth_domain::ports::{Change, DeliveryError, Entropy as _, StoreError};
use auth_domain::use_cases::{DeliverEvents, EventsDelivered, Policy};
use auth_testkit::test_service::{TestService, subscriptions, with_each_call_failing};

use crate::MOMENT;

const LEASE: Duration = Duration::from_secs(60);

/// The services `chat`, which wants to hear of deletions only, and `users`.
fn service() -> TestService {
    let mut subscriptions = subscriptions(&["chat", "users"]);
    subscriptions[0].events = vec![EventName::UserDeleted];
    TestService::with_policy(Policy { subscriptions, ..Policy::for_tests() })
}

/// Whoever tells `users`.
fn worker(service: &TestService) -> Arc<DeliverEvents> {
    let mut workers = service.use_cases.deliver_events.iter();
    workers.find(|worker| worker.service() == "users").expect("a subscription").clone()
}

async fn run(service: &TestService) -> EventsDelivered {
    worker(service).run_once().await.expect("the store")
}

fn acknowledged(number: usize) -> EventsDelivered {
    EventsDelivered { acknowledged: number, ..EventsDelivered::default() }
}

fn put_off(number: usize, error: &str) -> EventsDelivered {
    EventsDelivered { acknowledged: 0, put_off: number, last_error: Some(DeliveryError(error.to_owned())) }
}

/// What was told, in that order.
fn told(service: &TestService) -> Vec<Event> {
    service.event_sink.delivered().into_iter().map(|(_, event)| event).collect()
}

/// A further event of that account.
fn announce(service: &TestService, account: &Account, kind: EventKind) -> Event {
    let occurred_at = service.account(account).next_change_at(service.now());
    let id = EventId::generate(occurred_at, service.entropy.bytes());
    let event = Event { id, kind, account_id: account.id, occurred_at };
    service.store.commit_now(vec![Change::Announce { event, services: vec!["users".to_owned()] }]).expect("an event");
    event
}

#[tokio::test]
async fn a_service_hears_of_an_event_once() {
    let service = service();
    service.register("ann@example.org").await;
    assert_eq!(run(&service).await, acknowledged(1));
    assert_eq!(run(&service).await, acknowledged(0));
    let [event] = service.store.events()[..] else { panic!("one event") };
    assert_eq!(service.event_sink.delivered(), [("users".to_owned(), event)], "chat did not ask for it");
}

#[tokio::test]
async fn without_subscriptions_nobody_delivers() {
    assert_eq!(TestService::new().use_cases.deliver_events.len(), 0);
    let names: Vec<String> = service().use_cases.deliver_events.iter().map(|one| one.service().to_owned()).collect();
    assert_eq!(names, ["chat", "users"], "one each: one that is away holds up no other");
}

#[tokio::test]
async fn up_to_eight_are_taken_at_once() {
    let service = service();
    for number in 0..9 {
        service.register(&format!("user-{number}@example.org")).await;
    }
    assert_eq!(run(&service).await, acknowledged(8));
    assert_eq!(run(&service).await, acknowledged(1));
}

#[tokio::test]
async fn a_service_hears_of_a_user_in_order_whatever_fails() {
    let service = service();
    let ann = service.register("ann@example.org").await;
    let changed = announce(&service, &ann, EventKind::PasswordChanged);
    let registered = service.store.events()[0];
    service.event_sink.fail_next("500");
    assert_eq!(run(&service).await, put_off(1, "500"), "the first one only");
    assert_eq!(run(&service).await, acknowledged(0), "the second waits for the first");

    let bob = service.register("bob@example.org").await;
    assert_eq!(run(&service).await, acknowledged(1), "other users do not wait");
    service.clock.advance(Duration::from_secs(5));
    assert_eq!(run(&service).await, acknowledged(1));
    assert_eq!(run(&service).await, acknowledged(1));
    let of_ann: Vec<Event> = told(&service).into_iter().filter(|event| event.account_id != bob.id).collect();
    assert_eq!(of_ann, [registered, changed]);
}

#[tokio::test]
async fn a_delivery_that_fails_is_tried_again_ever_later_and_never_given_up() {
    let service = service();
    service.register("ann@example.org").await;
    let hour = Duration::from_secs(3_600);
    let mut wait = Duration::from_secs(5);
    for attempt in 1..=40 {
        service.event_sink.fail_next("away");
        assert_eq!(run(&service).await, put_off(1, "away"), "attempt {attempt}");
        // The randomness of these tests begins with a zero byte, so no wait is shortened.
        service.clock.advance(wait - MOMENT);
        assert_eq!(run(&service).await, acknowledged(0), "attempt {attempt}");
        service.clock.advance(MOMENT);
        wait = hour.min(wait * 2);
    }
    assert_eq!(run(&service).await, acknowledged(1));
}

#[tokio::test]
async fn the_last_error_of_a_batch_is_told() {
    let service = service();
    for name in ["ann", "bob", "eve"] {
        service.register(&format!("{name}@example.org")).await;
    }
    service.event_sink.fail_next("first");
    service.event_sink.fail_next("second");
    let delivered = run(&service).await;
    assert_eq!(delivered, EventsDelivered { acknowledged: 1, ..put_off(2, "second") });
}

#[tokio::test]
async fn an_event_whose_worker_died_is_told_again_when_its_lease_is_over() {
    let service = service();
    service.register("ann@example.org").await;
    // Between the answer of the service and the commit.
    service.store.fail_after(1, StoreError::Unavailable);
    assert_eq!(worker(&service).run_once().await, Err(StoreError::Unavailable));
    assert_eq!(told(&service).len(), 1);
    service.clock.advance(LEASE - MOMENT);
    assert_eq!(run(&service).await, acknowledged(0));
    service.clock.advance(MOMENT);
    assert_eq!(run(&service).await, acknowledged(1));
    let [first, second] = told(&service)[..] else { panic!("told twice") };
    assert_eq!(first, second, "under the same name");
}

#[tokio::test]
async fn a_worker_that_took_too_long_changes_nothing() {
    for fails in [false, true] {
        let service = service();
        service.register("ann@example.org").await;
        if fails {
            service.event_sink.fail_next("away");
        }
        service.before_next_commit(async |service| {
            service.clock.advance(LEASE);
            assert_eq!(run(&service).await, acknowledged(1), "another worker has it now");
        });
        run(&service).await;
        assert!(!service.store.has_trouble_left());
        service.clock.advance(LEASE);
        assert_eq!(run(&service).await, acknowledged(0), "it stays acknowledged");
    }
}

#[tokio::test]
async fn what_is_announced_wakes_whoever_waits() {
    let service = service();
    let worker = worker(&service);
    // Without the event this would wait for an hour.
    tokio::join!(worker.wait(Duration::from_secs(3_600)), service.register("ann@example.org"));
    worker.wait(Duration::ZERO).await;
    assert_eq!(run(&service).await, acknowledged(1));
}

#[tokio::test]
async fn whichever_call_to_the_database_fails_the_event_is_still_owed() {
    let tried = with_each_call_failing(
        StoreError::Refused,
        async || {
            let service = service();
            service.register("ann@example.org").await;
            (service, ())
        },
        async |service, ()| worker(service).run_once().await,
        async |service, (), answer| {
            assert_eq!(answer, Err(StoreError::Refused));
            service.clock.advance(LEASE);
            assert_eq!(run(service).await, acknowledged(1));
        },
    );
    assert_eq!(tried.await, 2, "the lease, the commit");
}

#[tokio::test]
async fn an_event_waits_no_longer_although_the_clock_is_put_back() {
    let service = service();
    service.register("ann@example.org").await;
    service.clock.set(service.now() - Duration::from_secs(3_600));
    assert_eq!(run(&service).await, EventsDelivered::default());
    // The event, and the mail that is owed beside it.
    assert_eq!(service.use_cases.follow_clock.run().await, Ok(2));
    service.event_sink.fail_next("away");
    assert_eq!(run(&service).await, put_off(1, "away"));
    service.clock.set(service.now() - Duration::from_secs(3_600));
    assert_eq!(service.use_cases.follow_clock.run().await, Ok(2));
    service.clock.advance(Duration::from_secs(5));
    assert_eq!(run(&service).await, acknowledged(1));
}
