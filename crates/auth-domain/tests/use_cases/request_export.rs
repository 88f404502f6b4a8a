//! `RequestExport`.

use std::time::Duration;

use auth_domain::account::Account;
use auth_domain::data_export::{DataExport, UploadAddress};
use auth_domain::event::EventKind;
use auth_domain::ports::StoreError;
use auth_domain::use_cases::{FreshLogin, FreshLoginError, Policy, RequestExportError};
use auth_testkit::test_service::{TestService, subscriptions, with_each_call_failing};

use crate::MOMENT;

fn policy() -> Policy {
    let upload = UploadAddress::new("https://exports.example.org/{exportId}".to_owned()).expect("an address");
    Policy { export_upload: Some(upload), subscriptions: subscriptions(&["users", "chat"]), ..Policy::for_tests() }
}

/// Ann, who was just registered, and her fresh login.
async fn ann() -> (TestService, (Account, FreshLogin)) {
    let service = TestService::with_policy(policy());
    let ann = service.register("ann@example.org").await;
    service.deliver_events().await;
    let login = service.fresh_caller(&ann).await;
    (service, (ann, login))
}

async fn request(service: &TestService, login: &FreshLogin) -> Result<DataExport, RequestExportError> {
    service.use_cases.request_export.execute(login).await
}

fn requests(service: &TestService) -> usize {
    service.store.events().iter().filter(|event| event.kind == EventKind::UserExportRequested).count()
}

#[tokio::test]
async fn every_service_that_takes_part_is_told_once_a_day_and_the_user_sees_who_knows() {
    let (service, (ann, login)) = ann().await;
    service.clock.advance(MOMENT);
    let requested = request(&service, &login).await.expect("a request");
    assert_eq!(requested.requested_at, service.now());
    assert_eq!(requested.services, [("chat".to_owned(), None), ("users".to_owned(), None)]);
    let event = service.store.events().pop().expect("an event");
    assert_eq!((event.id, event.kind, event.account_id), (requested.id, EventKind::UserExportRequested, ann.id));

    service.clock.advance(MOMENT);
    service.use_cases.deliver_events[0].run_once().await.expect("the store");
    let again = request(&service, &login).await.expect("the same");
    let first = ("users".to_owned(), Some(service.now()));
    assert_eq!(again, DataExport { services: vec![("chat".to_owned(), None), first], ..requested.clone() });
    let own = service.use_cases.export_own_data.execute(&login).await.expect("an export");
    assert_eq!(own.request, Some(again));
    let noted = service.store.audit_records();
    assert_eq!(noted.iter().filter(|record| record.action == "data.requested").count(), 1);

    service.clock.advance(DataExport::SAME);
    let login = service.fresh_caller(&ann).await;
    let next = request(&service, &login).await.expect("another request");
    assert_ne!(next.id, requested.id);
    assert_eq!(requests(&service), 2);
}

#[tokio::test]
async fn two_requests_at_the_same_time_are_one() {
    let (service, (_, login)) = ann().await;
    let both = tokio::join!(request(&service, &login), request(&service, &login));
    assert_eq!(both.0.expect("a request").id, both.1.expect("a request").id);
    assert_eq!(requests(&service), 1);
}

#[tokio::test]
async fn nobody_can_ask_where_no_service_takes_part() {
    let (service, (_, login)) = ann().await;
    let service = service.under(Policy::for_tests());
    assert_eq!(request(&service, &login).await, Err(RequestExportError::NotOffered));
    assert_eq!(service.use_cases.export_own_data.execute(&login).await.expect("an export").request, None);
}

#[tokio::test]
async fn a_login_that_no_longer_counts_requests_nothing() {
    let (service, (_, login)) = ann().await;
    service.clock.advance(Duration::from_secs(901));
    let refused = request(&service, &login).await;
    assert!(matches!(refused, Err(RequestExportError::Login(FreshLoginError::Stale(_)))), "{refused:?}");
    assert_eq!(requests(&service), 0);
}

#[tokio::test]
async fn a_database_that_fails_is_told_of_and_nothing_is_requested() {
    let tried = with_each_call_failing(
        StoreError::Unavailable,
        ann,
        async |service, (_, login)| request(service, login).await,
        async |service, _, answer| {
            assert_eq!(answer, Err(RequestExportError::Store(StoreError::Unavailable)));
            assert_eq!(requests(service), 0);
        },
    );
    assert_eq!(tried.await, 3);
}
