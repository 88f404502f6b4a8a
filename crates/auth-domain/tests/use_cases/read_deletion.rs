//! `ReadDeletion`.

use auth_domain::DeletionId;
use auth_domain::account::Account;
use auth_domain::deletion::{Deletion, DeletionProgress};
use auth_domain::internal::DeletionsRead;
use auth_domain::ports::StoreError;
use auth_domain::use_cases::Policy;
use auth_testkit::test_service::{TestService, client, subscriptions, with_each_call_failing};

use crate::MOMENT;

/// An account that its owner has deleted; two services are to be told.
async fn deleted() -> (TestService, (Account, DeletionId)) {
    let policy = Policy { subscriptions: subscriptions(&["users", "chat"]), ..Policy::for_tests() };
    let service = TestService::with_policy(policy);
    let ann = service.register("ann@example.org").await;
    service.deliver_events().await;
    let caller = service.caller(&ann).await;
    let id =
        service.use_cases.delete_account.by_owner(&service.fresh(&caller), &client()).await.expect("a deletion").id();
    (service, (ann, id))
}

async fn read(service: &TestService, id: DeletionId) -> Result<Option<DeletionProgress>, StoreError> {
    let caller = service.service_caller::<DeletionsRead>("users");
    service.use_cases.read_deletion.execute(&caller, id).await
}

#[tokio::test]
async fn a_deletion_says_who_has_acknowledged_it_and_when() {
    let (service, (ann, id)) = deleted().await;
    let deleted_at = service.now();
    let deletion = Deletion { id, account_id: ann.id, requested_by: "owner".to_owned(), deleted_at };
    let services = |chat, users| vec![("chat".to_owned(), chat), ("users".to_owned(), users)];
    let progress = |services| Ok(Some(DeletionProgress { deletion: deletion.clone(), services }));
    assert_eq!(read(&service, id).await, progress(services(None, None)));

    service.clock.advance(MOMENT);
    service.use_cases.deliver_events[0].run_once().await.expect("the store");
    let first = Some(service.now());
    assert_eq!(read(&service, id).await, progress(services(None, first)), "one of them");
    service.clock.advance(MOMENT);
    service.deliver_events().await;
    assert_eq!(read(&service, id).await, progress(services(Some(service.now()), first)));
}

#[tokio::test]
async fn a_deletion_that_there_never_was_is_none() {
    let (service, _) = deleted().await;
    let other = DeletionId::generate(service.now(), [9; 32]);
    assert_eq!(read(&service, other).await, Ok(None));
}

#[tokio::test]
async fn a_database_that_fails_is_told_of() {
    let tried = with_each_call_failing(
        StoreError::Unavailable,
        deleted,
        async |service, (_, id)| read(service, *id).await,
        async |_, _, answer| assert_eq!(answer, Err(StoreError::Unavailable)),
    );
    assert_eq!(tried.await, 1);
}
