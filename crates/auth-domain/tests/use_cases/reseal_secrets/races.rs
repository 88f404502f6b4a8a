//! Beside the service, and beside another operator.

use auth_domain::account::Account;
use auth_domain::ports::{Change, Guard, StoreError};
use auth_domain::use_cases::{ResealError, Resealed};
use auth_testkit::test_service::{TestService, with_each_call_failing};

use super::{app_secret, keys, reseal, retired, rotated, sealed_with, signing_key, try_reseal};

const fn reseals_app(change: &Change) -> bool {
    matches!(change, Change::ResealTwoFactor { .. })
}

#[tokio::test]
async fn an_account_that_is_changed_in_that_moment_keeps_the_change() {
    let (service, ann) = rotated().await;
    let account = ann.clone();
    service.before_commit_of(reseals_app, async move |service| {
        service.give_recovery_codes(&service.enable_email_factor(&account));
    });
    assert_eq!(reseal(&service).await.secrets, 3);
    assert!(!service.store.has_trouble_left());
    let two_factor = service.account(&ann).two_factor;
    assert_eq!((two_factor.enabled().count(), two_factor.recovery_codes.len()), (2, 10));
    assert_eq!(sealed_with(app_secret(&service, &ann).as_bytes()), "00000002");
}

#[tokio::test]
async fn an_account_that_is_deleted_in_that_moment_stays_deleted() {
    let (service, ann) = rotated().await;
    service.before_commit_of(reseals_app, async move |service| service.delete(&ann));
    assert_eq!(reseal(&service).await.secrets, 2, "the signing key and the master key");
    assert_eq!(service.store.accounts(), []);
}

#[tokio::test]
async fn of_two_who_reseal_at_once_each_counts_what_it_did_itself() {
    let whole: fn(&Change) -> bool = |_| true;
    for (is_meant, mine) in
        [(whole, 0), (|change| matches!(change, Change::ResealSigningKey { .. }), 1), (reseals_app, 2)]
    {
        let (service, ann) = rotated().await;
        service.before_commit_of(is_meant, async |service| drop(reseal(&service).await));
        let resealed = reseal(&service).await;
        assert!(!service.store.has_trouble_left());
        assert_eq!((resealed.secrets, resealed.retired), (mine, keys(&[1])));
        assert_eq!(sealed_with(&signing_key(&service).await), "00000002");
        assert_eq!(sealed_with(app_secret(&service, &ann).as_bytes()), "00000002");
        assert_eq!(retired(&service).await, keys(&[1]));
    }
}

#[tokio::test]
async fn of_two_who_reseal_what_is_left_of_a_key_at_once_one_does() {
    let (service, _) = rotated().await;
    reseal(&service).await;
    service.keys.rotate();
    service.before_next_commit(async |service| drop(reseal(&service).await));
    assert_eq!(reseal(&service).await.secrets, 0);
    service.keys.forget_older();
    assert_eq!(
        reseal(&service).await,
        Resealed { needed_by: [("00000001".to_owned(), 1)].into(), ..Resealed::default() }
    );
}

#[tokio::test]
async fn of_two_who_forget_a_key_at_once_both_are_told_that_it_is_forgotten() {
    let (service, ann) = rotated().await;
    reseal(&service).await;
    service.keys.forget_older();
    service.set_password(&ann, "another horse").await;
    service.clock.advance(2 * service.policy.session_lifetimes.absolute);
    service.before_next_commit(async |service| drop(reseal(&service).await));
    assert_eq!(reseal(&service).await.forgotten, keys(&[1]));
    assert_eq!(retired(&service).await, []);
}

#[tokio::test]
async fn an_operator_who_turns_back_has_no_key_retired() {
    let (service, _) = rotated().await;
    reseal(&service).await;
    service.keys.turn_back();
    let resealed = reseal(&service).await;
    assert_eq!((retired(&service).await, resealed.retired), (keys(&[2]), keys(&[2])));
    assert_eq!(sealed_with(&signing_key(&service).await), "00000001");
}

#[tokio::test]
async fn whoever_loses_every_race_for_an_account_is_to_try_again_later() {
    let (service, ann) = rotated().await;
    // Of the master key and of the signing key.
    (0..2).for_each(|_| service.store.lose_next_commit(Guard::KeyUnchanged));
    service.lose_every_round(Guard::SecondFactorsUnchanged);
    assert_eq!(try_reseal(&service).await, Err(ResealError::Store(StoreError::Unavailable)));
    assert!(!service.store.has_trouble_left());
    assert_eq!(service.account(&ann), ann);
}

/// What is left of two master keys, which nothing needs any more, and a third one that is taken away.
async fn forgettable() -> (TestService, Account) {
    let (service, ann) = rotated().await;
    service.keys.rotate();
    reseal(&service).await;
    service.keys.forget_older();
    service.clock.advance(2 * service.policy.session_lifetimes.absolute);
    service.keys.rotate();
    let ann = service.set_password(&ann, "another horse").await;
    (service, ann)
}

/// An account that is changed while it is resealed.
async fn raced() -> (TestService, Account) {
    let (service, ann) = rotated().await;
    let account = ann.clone();
    service.before_commit_of(reseals_app, async move |service| drop(service.enable_email_factor(&account)));
    (service, ann)
}

/// The newest master key is one that was retired before.
async fn turned_back() -> (TestService, Account) {
    let (service, ann) = rotated().await;
    reseal(&service).await;
    service.keys.turn_back();
    (service, ann)
}

async fn assert_resumes(prepare: impl AsyncFn() -> (TestService, Account), calls: usize, left: &[u32]) {
    let tried = with_each_call_failing(
        StoreError::Unavailable,
        prepare,
        async |service, _| try_reseal(service).await,
        async |service, ann, answer| {
            assert_eq!(answer, Err(ResealError::Store(StoreError::Unavailable)));
            reseal(service).await;
            assert_eq!(retired(service).await, keys(left));
            service.keys.forget_older();
            service.totp_code(ann);
            assert_eq!(reseal(service).await.secrets, 0);
        },
    );
    assert_eq!(tried.await, calls);
}

#[tokio::test]
async fn whichever_call_to_the_database_fails_the_rest_is_done_the_next_time() {
    assert_resumes(rotated, 8, &[1]).await;
    assert_resumes(raced, 10, &[1]).await;
    assert_resumes(turned_back, 10, &[2]).await;
    assert_resumes(forgettable, 12, &[3]).await;
}
