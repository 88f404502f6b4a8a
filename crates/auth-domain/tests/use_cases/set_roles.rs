//! `SetRoles`.

use std::time::Duration;

use auth_domain::account::{Account, InvalidRoles, Roles};
use auth_domain::error_code::{Details, ErrorCode, Refusal};
use auth_domain::internal::RolesWrite;
use auth_domain::mail::NoticeKind;
use auth_domain::ports::{Guard, StoreError};
use auth_domain::use_cases::SetRolesError;
use auth_testkit::fixtures;
use auth_testkit::test_service::{TestService, client, with_each_call_failing};

use crate::{MOMENT, code};

const ANN: &str = "ann@example.org";

async fn ann() -> (TestService, Account) {
    let service = TestService::new();
    let account = service.register(ANN).await;
    (service, account)
}

fn texts(roles: &[&str]) -> Vec<String> {
    roles.iter().map(|role| (*role).to_owned()).collect()
}

async fn set(service: &TestService, account: &Account, roles: &[&str]) -> Result<Account, SetRolesError> {
    let caller = service.service_caller::<RolesWrite>("games");
    service.use_cases.set_roles.by_service(&caller, account.id, &texts(roles), &client()).await
}

async fn refused(service: &TestService, account: &Account, roles: &[&str]) -> SetRolesError {
    set(service, account, roles).await.expect_err("a refusal")
}

#[tokio::test]
async fn a_service_replaces_every_role_of_an_account() {
    let (service, ann) = ann().await;
    let changed = set(&service, &ann, &["player", "editor", "player"]).await.expect("the account");
    assert_eq!(changed.roles.to_string(), "editor player");
    assert_eq!(changed.updated_at, ann.updated_at + MOMENT, "later than the change before");
    assert_eq!(service.account(&ann), changed);
    assert_eq!(set(&service, &ann, &[]).await.expect("the account").roles, Roles::default());
    let records = service.store.audit_records();
    let set = records.iter().filter(|record| record.action == "roles.set").map(|record| record.detail.as_deref());
    assert_eq!(set.collect::<Vec<_>>(), [Some("editor player"), Some("")]);
}

#[tokio::test]
async fn the_owner_is_told_of_other_roles_and_not_of_the_same() {
    let (service, ann) = ann().await;
    set(&service, &ann, &["admin"]).await.expect("the account");
    assert_eq!(service.store.notices_to(&ann.email), [NoticeKind::RolesChanged]);
    service.deliver_mails().await;
    set(&service, &ann, &["admin"]).await.expect("the account");
    assert_eq!(service.store.notices_to(&ann.email), []);
}

#[tokio::test]
async fn an_operator_does_so_too() {
    let (service, ann) = ann().await;
    let operator = &service.operator;
    let changed = operator.set_roles.by_operator(&operator.operator, ann.id, &texts(&["admin"]), &client()).await;
    assert_eq!(changed, Ok(service.account(&ann)));
    assert!(service.account(&ann).roles.contains("admin"));
    let nobody = fixtures::account().id;
    let answer = operator.set_roles.by_operator(&operator.operator, nobody, &texts(&["admin"]), &client()).await;
    assert_eq!(answer, Err(SetRolesError::NotFound));
}

#[tokio::test]
async fn a_bearer_has_the_new_roles_at_once_and_their_token_the_old_ones() {
    let (service, ann) = ann().await;
    let logged_in = service.log_in(ANN).await;
    set(&service, &ann, &["admin"]).await.expect("the account");
    let caller = service.authenticated(&logged_in).await;
    assert_eq!(
        (caller.account().roles.to_string(), caller.claims().roles.to_string()),
        ("admin".into(), "user".into())
    );
}

#[tokio::test]
async fn malformed_roles_are_named_and_nothing_is_read() {
    let (service, ann) = ann().await;
    service.store.fail_next(StoreError::Failed);
    let many: Vec<String> = (0..=Roles::MAX).map(|number| format!("r{number}")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    for (roles, expected, field) in [
        (&["user", "Admin"][..], InvalidRoles::Malformed { index: 1 }, "/roles/1"),
        (&[""], InvalidRoles::Malformed { index: 0 }, "/roles/0"),
        (&many, InvalidRoles::TooMany, "/roles"),
    ] {
        let error = refused(&service, &ann, roles).await;
        assert_eq!(error, SetRolesError::Malformed(expected));
        let Refusal { code, details: Details::Fields(fields) } = error.into() else { panic!("fields") };
        assert_eq!((code, fields.len(), fields[0].field.as_str()), (ErrorCode::ValidationFailed, 1, field));
    }
    assert!(service.store.forgive(), "no call was made");
    set(&service, &ann, &many[1..]).await.expect("as many as there may be");
}

#[tokio::test]
async fn nobody_has_no_roles() {
    let (service, ann) = ann().await;
    let before = service.store.commits().len();
    let error = refused(&service, &fixtures::account(), &["admin"]).await;
    assert_eq!((error, code(error)), (SetRolesError::NotFound, ErrorCode::UserNotFound));
    assert_eq!((service.store.commits().len(), service.account(&ann)), (before, ann));
}

#[tokio::test]
async fn a_change_is_dated_after_the_one_before_on_a_node_whose_clock_is_behind() {
    let (service, ann) = ann().await;
    service.clock.set(service.now() - Duration::from_secs(60));
    assert_eq!(set(&service, &ann, &["editor"]).await.expect("the account").updated_at, ann.updated_at + MOMENT);
    service.clock.advance(Duration::from_secs(120));
    assert_eq!(set(&service, &ann, &["user"]).await.expect("the account").updated_at, service.now());
}

#[tokio::test]
async fn of_two_who_set_roles_at_once_the_later_one_reads_what_the_first_left() {
    let (service, ann) = ann().await;
    let account = ann.clone();
    service.before_next_commit(async move |service| {
        set(&service, &service.prove_email(&account), &["first"]).await.expect("the account");
    });
    let changed = set(&service, &ann, &["second"]).await.expect("the account");
    assert!(!service.store.has_trouble_left());
    assert_eq!((changed.roles.to_string(), changed.email_verified), ("second".to_owned(), true));
    assert_eq!(service.account(&ann), changed);
}

#[tokio::test]
async fn an_account_that_is_deleted_in_that_moment_is_not_found() {
    let (service, ann) = ann().await;
    let account = ann.clone();
    service.before_next_commit(async move |service| service.delete(&account));
    assert_eq!(refused(&service, &ann, &["admin"]).await, SetRolesError::NotFound);
    assert_eq!(service.store.accounts(), []);
}

#[tokio::test]
async fn whoever_loses_every_race_is_to_try_again_later() {
    let (service, ann) = ann().await;
    service.lose_every_round(Guard::AccountUnchanged);
    let error = refused(&service, &ann, &["admin"]).await;
    assert_eq!((error, code(error)), (SetRolesError::Store(StoreError::Unavailable), ErrorCode::Unavailable));
    assert!(!service.store.has_trouble_left());
    assert_eq!(service.account(&ann), ann);
}

#[tokio::test]
async fn whichever_call_to_the_database_fails_the_roles_stay() {
    let tried = with_each_call_failing(
        StoreError::Failed,
        ann,
        async |service, ann| set(service, ann, &["admin"]).await,
        async |service, ann, answer| {
            assert_eq!(answer, Err(SetRolesError::Store(StoreError::Failed)));
            assert_eq!(service.account(ann), *ann);
        },
    );
    assert_eq!(tried.await, 2, "the account, the commit");
}
