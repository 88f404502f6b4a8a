//! `UnlockAccount`.

use auth_domain::account::{Account, Password};
use auth_domain::ports::{CommitError, Guard, StoreError};
use auth_domain::rate_limit::{AttemptSubject, RateLimitKind};
use auth_domain::use_cases::{LoginOutcome, LoginRequest};
use auth_testkit::test_service::{TestService, by_address, client, login_request, with_each_call_failing};

use crate::{MOMENT, code};
use auth_domain::error_code::ErrorCode;

const ANN: &str = "ann@example.org";

/// Ann, against whom everything was counted that there is.
async fn locked(service: &TestService, email: &str) -> Account {
    let account = service.register(email).await;
    service.log_in(email).await;
    for _ in 0..5 {
        miss(service, email).await;
    }
    for subject in [AttemptSubject::Account(account.id), by_address(email)] {
        for kind in kinds() {
            service.set_count(subject, &kind, 25);
        }
    }
    account
}

fn kinds() -> [RateLimitKind; 6] {
    [
        RateLimitKind::MailsFrom(client().network().clone()),
        RateLimitKind::MailsFromStrangers,
        RateLimitKind::MailsForOwner,
        RateLimitKind::MailsToNamedAddress,
        RateLimitKind::MailedCodeMisses,
        RateLimitKind::SecondFactorMisses,
    ]
}

async fn miss(service: &TestService, email: &str) {
    let wrong = LoginRequest { password: Password::new("wrong"), ..login_request(email) };
    service.use_cases.login.execute(wrong).await.expect_err("a miss");
}

async fn unlock(service: &TestService, account: &Account) -> Result<(), CommitError> {
    service.operator.unlock_account.execute(&service.operator.operator, account).await
}

/// How much is counted against the account and its address.
fn counted(service: &TestService, account: &Account) -> u32 {
    let limit = service.store.password_limit(AttemptSubject::Account(account.id), client().network());
    let subjects = [AttemptSubject::Account(account.id), by_address(account.email.as_str())];
    let rate_limits = subjects.iter().flat_map(|subject| kinds().map(|kind| service.store.rate_limit(*subject, &kind)));
    limit.attempts.misses + limit.daily.misses + rate_limits.map(|limit| limit.count).sum::<u32>()
}

#[tokio::test]
async fn whatever_was_counted_against_an_account_and_its_address_is_forgotten() {
    let service = TestService::new();
    let (ann, bob) = (locked(&service, ANN).await, locked(&service, "bob@example.org").await);
    let before = counted(&service, &ann);
    assert_eq!((before, counted(&service, &bob)), (5 + 5 + 12 * 25, before));
    let refused = service.use_cases.login.execute(login_request(ANN)).await.expect_err("a refusal");
    assert_eq!(code(refused), ErrorCode::RateLimited);

    assert_eq!(unlock(&service, &ann).await, Ok(()));
    assert_eq!((counted(&service, &ann), counted(&service, &bob)), (0, before), "and of nobody else");
    assert!(matches!(service.use_cases.login.execute(login_request(ANN)).await, Ok(LoginOutcome::LoggedIn(_))));
    service.ask_for_reset(ANN).await;
    assert!(service.store.audit_actions().contains(&"misses.forgotten".to_owned()));
}

#[tokio::test]
async fn which_networks_its_owner_has_succeeded_from_is_forgotten_too() {
    let service = TestService::new();
    let ann = locked(&service, ANN).await;
    let network = client().network().clone();
    let known = || service.store.password_limit(AttemptSubject::Account(ann.id), &network).attempts.last_success_at;
    assert_eq!(known(), Some(service.now()));
    unlock(&service, &ann).await.expect("a commit");
    assert_eq!(known(), None);
    assert_eq!(service.account(&ann), ann, "nothing else is changed");
    assert_eq!(service.store.sessions_of(ann.id).iter().filter(|session| session.revocation.is_some()).count(), 0);
}

#[tokio::test]
async fn an_account_against_which_nothing_is_counted_stays_as_it_is() {
    let service = TestService::new();
    let ann = service.insert_linked(ANN, "ann");
    assert_eq!(unlock(&service, &ann).await, Ok(()));
    assert_eq!((service.account(&ann), counted(&service, &ann)), (ann.clone(), 0));
}

#[tokio::test]
async fn a_miss_that_comes_first_is_forgotten_and_one_that_comes_after_is_the_first() {
    let service = TestService::new();
    let ann = service.register(ANN).await;
    service.before_next_commit(async |service| miss(&service, ANN).await);
    unlock(&service, &ann).await.expect("a commit");
    let misses = || service.store.password_limit(AttemptSubject::Account(ann.id), client().network()).attempts.misses;
    assert_eq!(misses(), 0);
    service.clock.advance(MOMENT);
    miss(&service, ANN).await;
    assert_eq!(misses(), 1);
}

#[tokio::test]
async fn a_commit_that_fails_is_told_and_nothing_is_forgotten() {
    let tried = with_each_call_failing(
        StoreError::Unavailable,
        async || {
            let service = TestService::new();
            let ann = locked(&service, ANN).await;
            (service, ann)
        },
        async |service, ann| unlock(service, ann).await,
        async |service, ann, answer| {
            assert_eq!(answer, Err(CommitError::Store(StoreError::Unavailable)));
            assert_eq!(counted(service, ann), 5 + 5 + 12 * 25);
        },
    );
    assert_eq!(tried.await, 1);
    let service = TestService::new();
    let ann = service.register(ANN).await;
    service.store.lose_next_commit(Guard::Alone);
    assert_eq!(unlock(&service, &ann).await, Err(CommitError::Conflict(Guard::Alone)), "the operator may do it again");
}
