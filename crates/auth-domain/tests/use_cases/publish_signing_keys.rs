//! `PublishSigningKeys`, with the plans of `signing_key`.

use std::time::Duration;

use auth_domain::SigningKeyId;
use auth_domain::ports::{Change, CommitError, Guard, StoreError, UniqueKey};
use auth_domain::signing_key::{SigningKey, signing_at};
use auth_domain::use_cases::WithdrawError;
use auth_testkit::fixtures::NOW;
use auth_testkit::test_service::{TestService, with_each_call_failing};

use crate::MOMENT;

const DAY: Duration = Duration::from_secs(24 * 3_600);
const MINUTE: Duration = Duration::from_secs(60);

async fn rotate(service: &TestService) -> Vec<SigningKey> {
    let published = service.use_cases.publish_signing_keys.rotate().await.expect("the store");
    assert_eq!(service.use_cases.publish_signing_keys.list().await, Ok(published.clone()));
    published
}

async fn rotate_early(service: &TestService) -> Vec<SigningKey> {
    service.operator.publish_signing_keys.rotate_early().await.expect("the store")
}

/// Each key by its sequence and when it begins to sign.
fn summary(keys: &[SigningKey]) -> Vec<(i64, Duration)> {
    keys.iter().map(|key| (key.sequence, key.active_from.since(NOW))).collect()
}

/// A service with one key, at that time after the key was made.
async fn with_a_key(later: Duration) -> TestService {
    let service = TestService::new();
    rotate(&service).await;
    service.clock.set(NOW + later);
    service
}

#[tokio::test]
async fn the_first_key_signs_at_once() {
    let service = TestService::new();
    let keys = rotate(&service).await;
    assert_eq!(summary(&keys), [(1, Duration::ZERO)]);
    assert_eq!(keys[0].public_key.len(), 32);
    assert!(keys[0].sealed_private_key.starts_with(b"sealed|00000001|"), "with the newest master key");
    assert_eq!(service.store.audit_actions(), ["signing_key.made"]);
}

#[tokio::test]
async fn nothing_is_written_while_nothing_is_due() {
    let service = with_a_key(29 * DAY - MOMENT).await;
    let before = service.store.commits().len();
    assert_eq!(summary(&rotate(&service).await), [(1, Duration::ZERO)]);
    assert_eq!(service.store.commits().len(), before);
}

#[tokio::test]
async fn the_next_key_is_published_a_day_before_it_signs() {
    let service = with_a_key(29 * DAY).await;
    let keys = rotate(&service).await;
    assert_eq!(summary(&keys), [(1, Duration::ZERO), (2, 30 * DAY)]);
    let signing = |at| signing_at(&keys, at, |key| (key.sequence, key.active_from)).map(|key| key.sequence);
    assert_eq!((signing(NOW + 30 * DAY - MOMENT), signing(NOW + 30 * DAY)), (Some(1), Some(2)));
    assert_eq!(signing(NOW - MOMENT), Some(1), "a clock that is behind signs with the oldest");
    assert_eq!(rotate(&service).await, keys, "once");
}

#[tokio::test]
async fn a_key_is_published_for_two_days_after_it_stopped_signing() {
    let service = with_a_key(29 * DAY).await;
    rotate(&service).await;
    service.clock.set(NOW + 32 * DAY - MOMENT);
    assert_eq!(rotate(&service).await.len(), 2);
    service.clock.advance(MOMENT);
    assert_eq!(summary(&rotate(&service).await), [(2, 30 * DAY)]);
    assert_eq!(service.store.audit_actions().last().map(String::as_str), Some("signing_key.withdrawn"));
}

#[tokio::test]
async fn a_service_that_slept_publishes_the_next_key_before_it_signs_and_keeps_the_one_that_does() {
    let service = with_a_key(365 * DAY).await;
    assert_eq!(summary(&rotate(&service).await), [(1, Duration::ZERO), (2, 366 * DAY)]);
    service.clock.advance(DAY + 2 * DAY + 365 * DAY);
    let summary = summary(&rotate(&service).await);
    assert_eq!(summary, [(2, 366 * DAY), (3, 734 * DAY)], "one goes and one comes at once");
}

#[tokio::test]
async fn an_operator_publishes_the_next_key_early() {
    let service = TestService::new();
    assert_eq!(summary(&rotate_early(&service).await), [(1, Duration::ZERO)], "the first signs at once");
    service.clock.advance(DAY);
    let keys = rotate_early(&service).await;
    assert_eq!(summary(&keys), [(1, Duration::ZERO), (2, DAY + 20 * MINUTE)]);
    let before = service.store.commits().len();
    service.clock.advance(20 * MINUTE - MOMENT);
    assert_eq!(rotate_early(&service).await, keys, "one waits already");
    assert_eq!(service.store.commits().len(), before);
    service.clock.advance(MOMENT);
    assert_eq!(rotate_early(&service).await.len(), 3, "that one signs now");
}

async fn withdraw(service: &TestService, id: SigningKeyId) -> Result<Vec<SigningKey>, WithdrawError> {
    service.operator.publish_signing_keys.withdraw(&service.operator.operator, id).await
}

#[tokio::test]
async fn a_key_that_leaked_is_withdrawn_at_once() {
    let service = with_a_key(DAY).await;
    let stolen = service.use_cases.publish_signing_keys.list().await.expect("the store")[0].id;
    let keys = withdraw(&service, stolen).await.expect("a new key");
    assert_eq!(summary(&keys), [(2, DAY)], "the new one signs now, nothing of the old one is left");
    assert_eq!(withdraw(&service, stolen).await, Err(WithdrawError::NotPublished(stolen)));
    let actions = service.store.audit_actions();
    assert!(["signing_key.made", "signing_key.withdrawn"].iter().all(|action| actions.contains(&(*action).to_owned())));
    // One that waits is simply gone: the next one is made in its time.
    let waits = rotate_early(&service).await[1].id;
    assert_eq!(summary(&withdraw(&service, waits).await.expect("the other")), [(2, DAY)]);
}

#[tokio::test]
async fn of_two_operators_who_withdraw_a_key_at_once_one_makes_the_next() {
    let service = with_a_key(DAY).await;
    let stolen = service.use_cases.publish_signing_keys.list().await.expect("the store")[0].id;
    service.before_next_commit(async move |service| drop(withdraw(&service, stolen).await.expect("a new key")));
    assert_eq!(summary(&withdraw(&service, stolen).await.expect("that one")), [(2, DAY)]);
    // A node that rotates meanwhile takes the number: the withdrawal takes the next.
    let service = with_a_key(DAY).await;
    let stolen = service.use_cases.publish_signing_keys.list().await.expect("the store")[0].id;
    service.before_next_commit(async |service| drop(rotate_early(&service).await));
    assert_eq!(summary(&withdraw(&service, stolen).await.expect("a key")), [(2, DAY + 20 * MINUTE), (3, DAY)]);
}

#[tokio::test]
async fn of_two_nodes_that_rotate_at_once_one_makes_the_key() {
    for later in [Duration::ZERO, 29 * DAY, 32 * DAY] {
        let service = with_a_key(later).await;
        if later == Duration::ZERO {
            service.store.commit_now(vec![Change::DeleteSigningKey(rotate(&service).await[0].id)]).expect("no key");
        } else if later == 32 * DAY {
            service.clock.set(NOW + 29 * DAY);
            rotate(&service).await;
            service.clock.set(NOW + later);
        }
        service.before_next_commit(async |service| drop(rotate(&service).await));
        let keys = rotate(&service).await;
        assert!(!service.store.has_trouble_left());
        assert_eq!(keys, service.use_cases.publish_signing_keys.list().await.expect("the store"));
        let sequences: Vec<i64> = keys.iter().map(|key| key.sequence).collect();
        assert_eq!(
            sequences,
            if later == Duration::ZERO {
                vec![1]
            } else if later == 29 * DAY {
                vec![1, 2]
            } else {
                vec![2]
            }
        );
    }
}

#[tokio::test]
async fn of_two_operators_who_rotate_at_once_one_makes_the_key() {
    let service = with_a_key(DAY).await;
    service.before_next_commit(async |service| drop(rotate_early(&service).await));
    assert_eq!(summary(&rotate_early(&service).await), [(1, Duration::ZERO), (2, DAY + 20 * MINUTE)]);
    assert!(!service.store.has_trouble_left());
}

#[tokio::test]
async fn whoever_loses_answers_what_is_published_and_does_not_try_again() {
    for error in [CommitError::Conflict(Guard::KeyUnchanged), CommitError::Duplicate(UniqueKey::SigningKeySequence)] {
        let service = with_a_key(29 * DAY).await;
        service.store.refuse_next_commit(error);
        assert_eq!(summary(&rotate(&service).await), [(1, Duration::ZERO)]);
        service.store.refuse_next_commit(error);
        assert_eq!(summary(&rotate_early(&service).await), [(1, Duration::ZERO)]);
        assert_eq!(rotate(&service).await.len(), 2, "the next time");
    }
}

#[tokio::test]
async fn a_database_that_fails_is_told_of() {
    let prepare = async || (with_a_key(29 * DAY).await, ());
    let check = async |_: &TestService, (): &(), answer| assert_eq!(answer, Err(StoreError::Refused));
    let rotated = async |service: &TestService, (): &()| service.use_cases.publish_signing_keys.rotate().await;
    assert_eq!(with_each_call_failing(StoreError::Refused, prepare, rotated, check).await, 3);
    let early = async |service: &TestService, (): &()| service.operator.publish_signing_keys.rotate_early().await;
    assert_eq!(with_each_call_failing(StoreError::Refused, prepare, early, check).await, 3);
    let list = async |service: &TestService, (): &()| service.use_cases.publish_signing_keys.list().await;
    assert_eq!(with_each_call_failing(StoreError::Refused, prepare, list, check).await, 1);
}
