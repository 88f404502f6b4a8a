//! What others do while somebody signs in.

use auth_domain::ports::{Change, Guard, StoreError};
use auth_domain::use_cases::{AuthorizationOutcome, FinishAuthorizationError};
use auth_testkit::test_service::{TestService, client};

use super::{Outcome, SUBJECT, finish, go, logged_in, opened, registered, sign_in};
use crate::ann::ANN;

/// Signs in, and somebody else does `other` before the session is opened.
async fn sign_in_late<F: Future<Output = ()>>(
    service: &TestService,
    other: impl FnOnce(TestService) -> F + Send + 'static,
) -> Outcome {
    service.before_commit_of(|change| matches!(change, Change::InsertSession { .. }), other);
    let answer = sign_in(service).await;
    assert!(!service.store.has_trouble_left());
    answer
}

#[tokio::test]
async fn of_two_first_sign_ins_at_once_one_registers_and_the_other_logs_in() {
    let service = TestService::new();
    service.google.identifies(SUBJECT, Some((ANN, true)));
    let answer = sign_in_late(&service, async |service| {
        registered(&service).await;
    });
    assert!(matches!(answer.await, Ok(AuthorizationOutcome::LoggedIn(_))));
    assert_eq!((service.store.accounts().len(), service.store.sessions().len()), (1, 2));
    assert_eq!(service.store.events().len(), 1);
}

#[tokio::test]
async fn a_first_sign_in_that_comes_between_the_two_looks_logs_in_too() {
    for proved in [true, false] {
        let service = TestService::new();
        service.google.identifies(SUBJECT, Some((ANN, proved)));
        let state = go(&service, None).await;
        // The state is used up and nobody is found by the identity; then the other one registers.
        service.before_later_call(2, async |service| {
            registered(&service).await;
        });
        let answer = finish(&service, opened(&service, &state, None)).await;
        assert!(matches!(answer, Ok(AuthorizationOutcome::LoggedIn(_))), "{answer:?}");
        assert!(!service.store.has_trouble_left());
        assert_eq!((service.store.accounts().len(), service.store.sessions().len()), (1, 2));
    }
}

#[tokio::test]
async fn an_address_that_is_registered_meanwhile_is_taken() {
    let service = TestService::new();
    service.google.identifies(SUBJECT, Some((ANN, true)));
    let answer = sign_in_late(&service, async |service| {
        service.register(ANN).await;
    });
    assert_eq!(answer.await, Err(FinishAuthorizationError::EmailTaken));
    assert_eq!((service.store.accounts().len(), service.store.sessions().len()), (1, 0));
}

#[tokio::test]
async fn an_identity_that_is_unlinked_meanwhile_logs_in_no_more() {
    let service = TestService::new();
    let ann = service.register(ANN).await;
    service.link(&ann, &service.google, SUBJECT);
    service.google.identifies(SUBJECT, None);
    let caller = service.caller(&ann).await;
    let answer = sign_in_late(&service, async move |service| {
        let google = service.google.name().clone();
        service.use_cases.unlink_identity.execute(&service.fresh(&caller), &google, &client()).await.expect("no link");
    });
    assert_eq!(answer.await, Err(FinishAuthorizationError::NoEmail), "as if it had never been linked");
    assert_eq!(service.store.sessions().len(), 1, "that of the one who unlinked it");
}

#[tokio::test]
async fn an_account_that_is_deleted_meanwhile_leaves_no_session() {
    let service = TestService::new();
    let ann = service.insert_linked(ANN, SUBJECT);
    service.google.identifies(SUBJECT, Some((ANN, true)));
    let gone = ann.id;
    let answer = sign_in_late(&service, async move |service| service.delete(&ann)).await;
    let Ok(AuthorizationOutcome::Registered(anew)) = answer else { panic!("{answer:?}") };
    assert_ne!(anew.account.id, gone);
    assert_eq!(service.store.sessions_of(gone), []);
}

#[tokio::test]
async fn a_second_factor_that_is_enabled_meanwhile_is_asked_for() {
    let service = TestService::new();
    let ann = service.insert_linked(ANN, SUBJECT);
    service.google.identifies(SUBJECT, None);
    let answer = sign_in_late(&service, async move |service| {
        service.enable_app(&ann);
    });
    assert!(matches!(answer.await, Ok(AuthorizationOutcome::SecondFactorRequired(_))));
    assert_eq!(service.store.sessions(), []);
}

#[tokio::test]
async fn an_address_that_both_sides_proved_is_linked_once() {
    let service = TestService::new();
    let ann = service.prove_email(&service.register(ANN).await);
    service.google.identifies(SUBJECT, Some((ANN, true)));
    let answer = sign_in_late(&service, async |service| {
        logged_in(&service).await;
    });
    assert!(matches!(answer.await, Ok(AuthorizationOutcome::LoggedIn(_))));
    assert_eq!(service.account(&ann).identities.len(), 1);
    assert_eq!((service.store.sessions().len(), service.store.notices_to(&ann.email).len()), (2, 1));
}

#[tokio::test]
async fn whoever_never_wins_is_told_to_come_back() {
    let service = TestService::new();
    service.google.identifies(SUBJECT, Some((ANN, true)));
    let answer = sign_in_late(&service, async |service| service.lose_every_round(Guard::CredentialsUnchanged)).await;
    assert_eq!(answer, Err(StoreError::Unavailable.into()));
    assert_eq!((service.store.accounts(), service.store.sessions()), (Vec::new(), Vec::new()));
}
