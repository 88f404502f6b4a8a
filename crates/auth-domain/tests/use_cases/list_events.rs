//! `ListEvents`.

use auth_domain::EventId;
use auth_domain::event::{Event, EventKind};
use auth_domain::internal::EventsRead;
use auth_domain::ports::{Change, StoreError};
use auth_domain::use_cases::{EventsPage, ListEvents};
use auth_testkit::fixtures;
use auth_testkit::test_service::{TestService, with_each_call_failing};

use crate::MOMENT;

/// That many events, the oldest first, of which nobody is to be told.
fn with_events(count: u32) -> (TestService, Vec<Event>) {
    let service = TestService::new();
    let (account_id, kind) = (fixtures::account().id, EventKind::PasswordChanged);
    let event = |number| {
        let occurred_at = service.now() + MOMENT * number;
        Event { id: EventId::generate(occurred_at, fixtures::randomness(number)), kind, account_id, occurred_at }
    };
    let events: Vec<Event> = (0..count).map(event).collect();
    let announce = |event: &Event| Change::Announce { event: *event, services: Vec::new() };
    service.store.commit_now(events.iter().map(announce).collect()).expect("events");
    (service, events)
}

async fn list(service: &TestService, after: Option<&Event>, limit: u32) -> Result<Option<EventsPage>, StoreError> {
    let caller = service.service_caller::<EventsRead>("users");
    service.use_cases.list_events.execute(&caller, after.map(|event| event.id), limit).await
}

async fn page(service: &TestService, after: Option<&Event>, limit: u32) -> (Vec<Event>, bool) {
    let page = list(service, after, limit).await.expect("the store").expect("a page");
    (page.events, page.more)
}

#[tokio::test]
async fn pages_follow_each_other_the_oldest_first() {
    let (service, all) = with_events(5);
    assert_eq!(page(&service, None, 2).await, (all[..2].to_vec(), true));
    assert_eq!(page(&service, Some(&all[1]), 2).await, (all[2..4].to_vec(), true));
    assert_eq!(page(&service, Some(&all[3]), 2).await, (all[4..].to_vec(), false));
    assert_eq!(page(&service, Some(&all[2]), 2).await, (all[3..].to_vec(), false), "a full page may be the last");
    assert_eq!(page(&service, Some(&all[4]), 2).await, (Vec::new(), false));
}

#[tokio::test]
async fn whoever_has_seen_all_goes_on_from_there() {
    let service = TestService::new();
    assert_eq!(page(&service, None, 10).await, (Vec::new(), false));
    let ann = service.register("ann@example.org").await;
    let (first, _) = page(&service, None, 10).await;
    assert_eq!(
        first.iter().map(|event| (event.kind, event.account_id)).collect::<Vec<_>>(),
        [(EventKind::UserRegistered, ann.id)]
    );
    let bob = service.register("bob@example.org").await;
    let (second, _) = page(&service, first.last(), 10).await;
    assert_eq!(second.iter().map(|event| event.account_id).collect::<Vec<_>>(), [bob.id]);
}

#[tokio::test]
async fn an_event_that_became_known_late_comes_after_those_that_were_listed() {
    let (service, listed) = with_events(2);
    page(&service, None, 10).await;
    service.clock.set(service.now() - MOMENT);
    service.register("ann@example.org").await;
    let (after, _) = page(&service, listed.last(), 10).await;
    assert_eq!(
        after.iter().map(|event| event.occurred_at).collect::<Vec<_>>(),
        [service.now()],
        "though it was earlier"
    );
}

#[tokio::test]
async fn a_page_has_one_event_at_least_and_a_thousand_at_most() {
    let (service, all) = with_events(1_001);
    assert_eq!(ListEvents::MAX_LIMIT, 1_000);
    assert_eq!(page(&service, None, 0).await, (all[..1].to_vec(), true));
    for limit in [1_000, 1_001, u32::MAX] {
        assert_eq!(page(&service, None, limit).await, (all[..1_000].to_vec(), true));
    }
    assert_eq!(page(&service, Some(&all[0]), 1_000).await, (all[1..].to_vec(), false));
}

#[tokio::test]
async fn an_event_that_is_not_known_is_no_place_to_go_on_from() {
    let (service, all) = with_events(1);
    let unknown = Event { id: EventId::generate(service.now(), [9; 32]), ..all[0] };
    assert_eq!(list(&service, Some(&unknown), 10).await, Ok(None));
}

#[tokio::test]
async fn a_database_that_fails_is_told_of() {
    let tried = with_each_call_failing(
        StoreError::Unavailable,
        async || with_events(1),
        async |service, _| list(service, None, 10).await,
        async |_, _, answer| assert_eq!(answer, Err(StoreError::Unavailable)),
    );
    assert_eq!(tried.await, 1);
}

#[tokio::test]
async fn listing_commits_nothing() {
    let (service, _) = with_events(1);
    let before = service.store.commits().len();
    page(&service, None, 10).await;
    assert_eq!(service.store.commits().len(), before);
}
