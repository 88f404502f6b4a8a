//! `ListCredentials`.

use auth_domain::AccountId;
use auth_domain::account::Account;
use auth_domain::error_code::{ErrorCode, Refusal};
use auth_domain::internal::{CredentialsRead, InternalCaller};
use auth_domain::ports::{AccountSnapshot, Change, CommitError, Guard, SnapshotError, StoreError, UniqueKey};
use auth_domain::use_cases::{CredentialsPage, ListCredentials};
use auth_testkit::fixtures;
use auth_testkit::test_service::{TestService, with_each_call_failing};

use crate::{code, wait};

/// That many accounts, by id.
fn with_accounts(count: usize) -> (TestService, Vec<AccountId>) {
    let service = TestService::new();
    let accounts: Vec<Account> = (0..count).map(|_| Account { username: None, ..fixtures::account() }).collect();
    let ids = accounts.iter().map(|account| account.id).collect();
    service.store.commit_now(accounts.into_iter().map(Change::InsertAccount).collect()).expect("accounts");
    (service, ids)
}

fn caller(service: &TestService) -> InternalCaller<CredentialsRead> {
    service.service_caller("backups")
}

async fn page(service: &TestService, after: Option<AccountId>, limit: u32) -> Result<CredentialsPage, StoreError> {
    service.use_cases.list_credentials.page(&caller(service), after, limit).await
}

/// The ids of a page, and where the next begins.
async fn ids(service: &TestService, after: Option<AccountId>, limit: u32) -> (Vec<AccountId>, Option<AccountId>) {
    let page = page(service, after, limit).await.expect("a page");
    (page.accounts.into_iter().map(|account| account.id).collect(), page.next)
}

async fn stream(service: &TestService, after: Option<AccountId>) -> Result<Box<dyn AccountSnapshot>, SnapshotError> {
    service.use_cases.list_credentials.stream(&caller(service), after).await
}

async fn refused(service: &TestService) -> SnapshotError {
    stream(service, None).await.err().expect("a refusal")
}

async fn all(mut snapshot: Box<dyn AccountSnapshot>) -> Vec<Vec<AccountId>> {
    let mut pages = Vec::new();
    loop {
        let page = snapshot.next_page().await.expect("a page");
        if page.is_empty() {
            return pages;
        }
        pages.push(page.into_iter().map(|account| account.id).collect());
    }
}

/// How often the audit trail says that credentials were read.
fn noted(service: &TestService) -> usize {
    service.store.audit_actions().iter().filter(|action| *action == "credentials.read").count()
}

#[tokio::test]
async fn pages_follow_each_other_by_ascending_id() {
    let (service, all) = with_accounts(5);
    assert_eq!(ids(&service, None, 2).await, (all[..2].to_vec(), Some(all[1])));
    assert_eq!(ids(&service, Some(all[1]), 2).await, (all[2..4].to_vec(), Some(all[3])));
    assert_eq!(ids(&service, Some(all[3]), 2).await, (all[4..].to_vec(), None));
    assert_eq!(ids(&service, Some(all[2]), 2).await, (all[3..].to_vec(), None), "a full page may be the last");
    assert_eq!(ids(&service, Some(all[4]), 2).await, (Vec::new(), None));
    assert_eq!(noted(&service), 5, "each");
}

#[tokio::test]
async fn a_page_has_what_a_restore_needs() {
    let service = TestService::new();
    let ann = service.register("ann@example.org").await;
    service.enable_app(&ann);
    service.link(&ann, &service.google, "ann at google");
    let (ann, _) = service.give_recovery_codes(&ann);
    assert_eq!(page(&service, None, 1).await, Ok(CredentialsPage { accounts: vec![ann], next: None }));
}

#[tokio::test]
async fn a_page_has_one_account_at_least_and_a_thousand_at_most() {
    let (service, all) = with_accounts(1_001);
    assert_eq!(ListCredentials::MAX_PAGE, 1_000);
    assert_eq!(ids(&service, None, 0).await, (all[..1].to_vec(), Some(all[0])));
    for limit in [1_000, 1_001, u32::MAX] {
        assert_eq!(ids(&service, None, limit).await, (all[..1_000].to_vec(), Some(all[999])));
    }
    assert_eq!(ids(&service, Some(all[0]), 1_000).await, (all[1..].to_vec(), None));
}

#[tokio::test]
async fn a_stream_has_every_account_in_one_view() {
    let (service, accounts) = with_accounts(1_001);
    let (from_first, from_second) = (stream(&service, None).await, stream(&service, Some(accounts[0])).await);
    let [from_first, from_second] = [from_first, from_second].map(|snapshot| snapshot.expect("a snapshot"));
    assert_eq!(noted(&service), 2);
    service.register("late@example.org").await;
    service.delete(&service.store.account(accounts[3]).expect("an account"));
    assert_eq!(all(from_first).await, [&accounts[..1_000], &accounts[1_000..]]);
    assert_eq!(all(from_second).await, [&accounts[1..]]);
    assert_eq!(noted(&service), 2, "once a stream");
}

#[tokio::test]
async fn too_many_readers_at_once_are_to_come_again() {
    let (service, _) = with_accounts(1);
    let readers = [stream(&service, None).await, stream(&service, None).await];
    assert!(readers.iter().all(Result::is_ok));
    let error = refused(&service).await;
    assert_eq!(error, SnapshotError::TooMany);
    assert_eq!((code(error), wait(error).as_secs()), (ErrorCode::Overloaded, 2));
    assert_eq!(noted(&service), 2, "nothing was read");
    drop(readers);
    assert!(stream(&service, None).await.is_ok());
}

#[tokio::test]
async fn what_cannot_be_noted_is_not_told() {
    for (failure, expected) in [
        (CommitError::Store(StoreError::Refused), StoreError::Refused),
        (CommitError::Conflict(Guard::Alone), StoreError::Failed),
        (CommitError::Duplicate(UniqueKey::Id), StoreError::Failed),
    ] {
        let (service, _) = with_accounts(1);
        service.store.refuse_next_commit(failure);
        assert_eq!(page(&service, None, 1).await, Err(expected));
        service.store.refuse_next_commit(failure);
        assert_eq!(refused(&service).await, SnapshotError::Store(expected));
        assert_eq!(noted(&service), 0);
    }
}

#[tokio::test]
async fn whichever_call_to_the_database_fails_it_is_told() {
    let prepare = async || with_accounts(1);
    let tried = with_each_call_failing(
        StoreError::Unavailable,
        prepare,
        async |service, _| page(service, None, 1).await,
        async |_, _, answer| assert_eq!(answer, Err(StoreError::Unavailable)),
    );
    assert_eq!(tried.await, 2, "the note, the page");
    let tried = with_each_call_failing(
        StoreError::Unavailable,
        prepare,
        async |service, _| match stream(service, None).await {
            Ok(mut snapshot) => snapshot.next_page().await.map_err(SnapshotError::from),
            Err(error) => Err(error),
        },
        async |_, _, answer| {
            let error = answer.expect_err("a failure");
            assert_eq!(error, SnapshotError::Store(StoreError::Unavailable));
            assert_eq!(Refusal::from(error), StoreError::Unavailable.into());
        },
    );
    assert_eq!(tried.await, 3, "the snapshot, the note, the page");
}
