//! `DeleteAccount`.

use auth_domain::DeletionId;
use auth_domain::account::{Account, EmailAddress, Password};
use auth_domain::challenge::Challenge;
use auth_domain::deletion::Deletion;
use auth_domain::error_code::ErrorCode;
use auth_domain::event::EventKind;
use auth_domain::internal::CredentialsDelete;
use auth_domain::mail::NoticeKind;
use auth_domain::ports::{Change, Guard, StoreError};
use auth_domain::rate_limit::{AttemptSubject, RateLimitKind};
use auth_domain::two_factor::TotpStep;
use auth_domain::use_cases::{AuthenticateError, DeleteAccountError, FreshLoginError, LoginRequest, Policy};
use auth_testkit::fixtures;
use auth_testkit::test_service::{TestService, client, login_request, subscriptions, with_each_call_failing};

use crate::{MOMENT, code};

const ANN: &str = "ann@example.org";
const BOB: &str = "bob@example.org";

/// Ann and Bob, each with a bit of everything.
async fn service() -> (TestService, Account) {
    let subscriptions = subscriptions(&["chat", "users"]);
    let service = TestService::with_policy(Policy { subscriptions, ..Policy::for_tests() });
    let ann = equip(&service, ANN).await;
    equip(&service, BOB).await;
    (service, ann)
}

async fn equip(service: &TestService, email: &str) -> Account {
    let account = service.register(email).await;
    let wrong = LoginRequest { password: Password::new("wrong"), ..login_request(email) };
    service.use_cases.login.execute(wrong).await.expect_err("a miss");
    service.log_in(email).await;
    service.ask_for_reset(email).await;
    service.set_count(AttemptSubject::Account(account.id), &RateLimitKind::SecondFactorMisses, 3);
    let step = Change::UseTotpStep { account_id: account.id, step: TotpStep::from_number(1), at: service.now() };
    service.store.commit_now(vec![step]).expect("a step");
    service.link(&account, &service.google, email);
    service.give_recovery_codes(&account).0
}

async fn by_service(service: &TestService, account: &Account) -> Result<DeletionId, DeleteAccountError> {
    let caller = service.service_caller::<CredentialsDelete>("backups");
    service.use_cases.delete_account.by_service(&caller, account.id, &client()).await
}

/// The rows that hang on an account.
fn rows_of(service: &TestService, account: &Account) -> [usize; 5] {
    let (store, subject) = (&service.store, AttemptSubject::Account(account.id));
    let limit = store.password_limit(subject, client().network());
    let of_account = |challenge: &&Challenge| challenge.challenged.account_id() == Some(account.id);
    [
        store.sessions_of(account.id).len(),
        store.challenges().iter().filter(of_account).count(),
        store.used_totp_steps(account.id).len(),
        usize::from(limit.attempts.last_success_at.is_some()) + usize::from(limit.daily.misses > 0),
        usize::from(store.rate_limit(subject, &RateLimitKind::SecondFactorMisses).count > 0),
    ]
}

fn deletions(service: &TestService) -> Vec<(DeletionId, String)> {
    service.store.deletions().into_iter().map(|deletion| (deletion.id, deletion.requested_by)).collect()
}

fn announced(service: &TestService) -> Vec<EventKind> {
    let kinds = service.store.events().into_iter().map(|event| event.kind);
    kinds.filter(|kind| *kind != EventKind::UserRegistered).collect()
}

#[tokio::test]
async fn an_account_goes_with_all_that_hangs_on_it_and_nobody_elses_does() {
    let (service, ann) = service().await;
    let bob = service.store.account_named(BOB).expect("bob");
    assert_eq!(rows_of(&service, &ann), [1, 2, 1, 2, 1]);
    let token = service.log_in(ANN).await.tokens.access;
    by_service(&service, &ann).await.expect("a deletion");
    assert_eq!((service.store.account(ann.id), rows_of(&service, &ann)), (None, [0; 5]));
    assert_eq!((service.account(&bob), rows_of(&service, &bob)), (bob.clone(), [1, 2, 1, 2, 1]));
    let bearer = service.use_cases.authenticate.execute(token.reveal()).await;
    assert_eq!(bearer, Err(AuthenticateError::SessionGone));
    let login = service.use_cases.login.execute(login_request(ANN)).await.expect_err("a refusal");
    assert_eq!(code(login), ErrorCode::InvalidCredentials);
    let anew = service.register(ANN).await;
    assert_ne!(anew.id, ann.id, "the address is free again");
}

#[tokio::test]
async fn what_stays_is_a_record_of_who_asked_for_it() {
    let (service, ann) = service().await;
    let id = by_service(&service, &ann).await.expect("a deletion");
    let at = service.now();
    let deletion = Deletion { id, account_id: ann.id, requested_by: "backups".to_owned(), deleted_at: at };
    assert_eq!(service.store.deletions(), [deletion]);
    let records = service.store.audit_records();
    let deleted = records.iter().find(|record| record.action == "account.deleted").expect("a record");
    assert_eq!((deleted.account_id, deleted.detail.as_deref()), (Some(ann.id), Some("backups")));
}

#[tokio::test]
async fn every_service_is_told() {
    let (service, ann) = service().await;
    service.deliver_events().await;
    let (id, before) = (by_service(&service, &ann).await.expect("a deletion"), service.event_sink.delivered().len());
    let event = service.store.events().into_iter().find(|event| event.kind == EventKind::UserDeleted(id));
    let event = event.expect("an event");
    assert_eq!(event.account_id, ann.id);
    assert!(event.occurred_at > ann.updated_at, "after whatever else happened to the account");
    service.clock.set(event.occurred_at);
    service.deliver_events().await;
    let told = service.event_sink.delivered().split_off(before);
    assert_eq!(told, [("chat".to_owned(), event), ("users".to_owned(), event)]);
}

#[tokio::test]
async fn the_owner_is_told_and_gets_no_code_that_was_owed() {
    let (service, ann) = service().await;
    assert_eq!(service.store.owed_mails().iter().filter(|mail| mail.to == ann.email).count(), 2, "codes");
    by_service(&service, &ann).await.expect("a deletion");
    assert_eq!(service.store.owed_mails().iter().filter(|mail| mail.to == ann.email).count(), 1);
    assert_eq!(service.store.notices_to(&ann.email), [NoticeKind::AccountDeleted]);
    assert_eq!(service.store.owed_mails().len(), 3, "Bob's stay");
}

#[tokio::test]
async fn an_owner_deletes_their_own_account() {
    let (service, ann) = service().await;
    let caller = service.caller(&ann).await;
    let caller = service.fresh(&caller);
    let id = service.use_cases.delete_account.by_owner(&caller, &client()).await.expect("a deletion").id();
    assert_eq!((service.store.account(ann.id), deletions(&service)), (None, vec![(id, "owner".to_owned())]));
    let again = service.use_cases.delete_account.by_owner(&caller, &client()).await;
    assert_eq!(again, Err(FreshLoginError::SessionGone.into()));
}

#[tokio::test]
async fn an_operator_deletes_an_account() {
    let (service, ann) = service().await;
    let operator = &service.operator;
    let deleted = operator.delete_account.by_operator(&operator.operator, ann.id, &client()).await;
    let id = deleted.expect("a deletion").id();
    assert_eq!((service.store.account(ann.id), deletions(&service)), (None, vec![(id, "auth-server".to_owned())]));
    assert_eq!(announced(&service), [EventKind::UserDeleted(id)]);
    assert_eq!(service.store.addressees().len(), 6, "two registrations and a deletion, to two services");
}

#[tokio::test]
async fn nobody_is_deleted_twice() {
    let (service, ann) = service().await;
    let never = by_service(&service, &fixtures::account()).await.expect_err("a refusal");
    assert_eq!((never, code(never)), (DeleteAccountError::NotFound, ErrorCode::UserNotFound));
    by_service(&service, &ann).await.expect("a deletion");
    let before = service.store.commits().len();
    assert_eq!(by_service(&service, &ann).await, Err(DeleteAccountError::NotFound));
    assert_eq!((service.store.commits().len(), deletions(&service).len()), (before, 1));
}

#[tokio::test]
async fn a_deletion_is_announced_after_the_last_change_on_a_node_whose_clock_is_behind() {
    let (service, ann) = service().await;
    let ann = service.account(&ann);
    service.clock.set(ann.created_at - MOMENT);
    let id = by_service(&service, &ann).await.expect("a deletion");
    let event = service.store.events().into_iter().find(|event| event.kind == EventKind::UserDeleted(id));
    assert_eq!(event.map(|event| event.occurred_at), Some(ann.updated_at + MOMENT));
}

#[tokio::test]
async fn of_two_who_delete_at_once_one_does() {
    let (service, ann) = service().await;
    let account = ann.clone();
    service.before_next_commit(async move |service| {
        by_service(&service, &account).await.expect("a deletion");
    });
    assert_eq!(by_service(&service, &ann).await, Err(DeleteAccountError::NotFound));
    assert_eq!((deletions(&service).len(), announced(&service).len()), (1, 1));
    assert_eq!(service.store.notices_to(&ann.email).len(), 1);
}

#[tokio::test]
async fn an_account_that_is_changed_in_that_moment_goes_all_the_same() {
    let (service, ann) = service().await;
    let account = ann.clone();
    service.before_next_commit(async move |service| {
        service.change_email(&account, "later@example.org");
    });
    by_service(&service, &ann).await.expect("a deletion");
    assert!(!service.store.has_trouble_left());
    let later = EmailAddress::parse("later@example.org").expect("an address");
    assert_eq!((service.store.account(ann.id), service.store.notices_to(&later).len()), (None, 1));
}

#[tokio::test]
async fn whoever_loses_every_race_is_to_try_again_later() {
    let (service, ann) = service().await;
    service.lose_every_round(Guard::AccountUnchanged);
    let error = by_service(&service, &ann).await.expect_err("a failure");
    assert_eq!((error, code(error)), (DeleteAccountError::Store(StoreError::Unavailable), ErrorCode::Unavailable));
    assert!(!service.store.has_trouble_left());
    assert_eq!((service.account(&ann), deletions(&service)), (service.account(&ann), Vec::new()));
}

#[tokio::test]
async fn whichever_call_to_the_database_fails_nothing_is_gone() {
    let tried = with_each_call_failing(
        StoreError::Refused,
        service,
        async |service, ann| by_service(service, ann).await,
        async |service, ann, answer| {
            assert_eq!(answer, Err(DeleteAccountError::Store(StoreError::Refused)));
            assert_eq!((rows_of(service, ann), deletions(service)), ([1, 2, 1, 2, 1], Vec::new()));
            assert_eq!(service.store.notices_to(&ann.email), []);
        },
    );
    assert_eq!(tried.await, 2, "the account, the commit");
}
