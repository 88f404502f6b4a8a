//! `ReadStatus`.

use auth_domain::internal::StatusRead;
use auth_domain::maintenance::Maintenance;
use auth_domain::ports::{Change, Store as _, StoreError};
use auth_domain::status::Concern;
use auth_domain::use_cases::AdminCaller;
use auth_testkit::test_service::{TestService, with_each_call_failing};

fn by(service: &TestService) -> AdminCaller<StatusRead> {
    service.operator.operator.as_admin()
}

#[tokio::test]
async fn mails_keys_and_the_last_restore_are_read() {
    let service = TestService::new();
    service.register("ann@example.org").await;
    service.use_cases.publish_signing_keys.rotate().await.expect("a key");
    let at = service.now();
    let restored = Change::RecordMaintenance { kind: Maintenance::VerifiedRestore, at };
    service.store.commit(vec![restored]).await.expect("it is recorded");
    let status = service.use_cases.read_status.execute(&by(&service)).await.expect("the state");
    assert_eq!((status.at, status.outbox.mails, status.verified_restore), (at, 1, Some(at)));
    assert_eq!(status.waiting_mails.len(), 1);
    assert_eq!((status.parked_mails.len(), status.signing_keys.len(), status.retired_keys.len()), (0, 1, 0));
    assert_eq!(status.concerns(), []);
}

#[tokio::test]
async fn a_new_service_has_no_key_and_no_rehearsed_restore() {
    let service = TestService::new();
    let status = service.use_cases.read_status.execute(&by(&service)).await.expect("the state");
    assert_eq!(status.concerns(), [Concern::NoSigningKey, Concern::RestoreNeverVerified]);
}

#[tokio::test]
async fn a_database_that_fails_is_told() {
    let tried = with_each_call_failing(
        StoreError::Unavailable,
        async || (TestService::new(), ()),
        async |service, ()| service.use_cases.read_status.execute(&by(service)).await,
        async |_, (), answer| assert_eq!(answer, Err(StoreError::Unavailable)),
    );
    assert_eq!(tried.await, 6, "each part");
}
