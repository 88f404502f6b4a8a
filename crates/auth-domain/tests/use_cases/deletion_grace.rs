//! `AUTH_DELETION_GRACE`: a deletion that can be undone until it is due.

use std::time::Duration;

use auth_domain::account::Password;
use auth_domain::account::{Account, Blocked};
use auth_domain::disclosure::Disclosure;
use auth_domain::event::EventKind;
use auth_domain::internal::UsersWrite;
use auth_domain::mail::NoticeKind;
use auth_domain::use_cases::{
    AdminCaller, AuthenticateError, DeleteAccountError, Deleted, LastAdmin, LoginError, LoginOutcome, LoginRequest,
    PasswordCheckError, Policy,
};
use auth_testkit::test_service::{TestService, client, login_request, subscriptions};

const ANN: &str = "ann@example.org";
const GRACE: Duration = Duration::from_secs(10 * 3_600);

async fn service(disclosure: Disclosure) -> (TestService, Account) {
    let subscriptions = subscriptions(&["users"]);
    let service =
        TestService::with_policy(Policy { deletion_grace: GRACE, disclosure, subscriptions, ..Policy::for_tests() });
    let ann = service.register(ANN).await;
    // The first run of a process follows no clock that is a day ahead.
    service.use_cases.purge_expired.run().await.expect("a purge");
    (service, ann)
}

fn admin(service: &TestService) -> AdminCaller<UsersWrite> {
    service.operator.operator.as_admin()
}

/// Ann deletes her account.
async fn schedule(service: &TestService, ann: &Account) -> Deleted {
    let caller = service.fresh_caller(ann).await;
    service.use_cases.delete_account.by_owner(&caller, &client()).await.expect("a deletion")
}

fn events(service: &TestService) -> Vec<EventKind> {
    service.store.events().iter().map(|event| event.kind).collect()
}

async fn log_in(service: &TestService, request: LoginRequest) -> Result<LoginOutcome, LoginError> {
    service.use_cases.login.execute(request).await
}

#[tokio::test]
async fn everything_ends_at_once_and_the_account_stays_until_it_is_due() {
    let (service, ann) = service(Disclosure::Explicit).await;
    let logged_in = service.log_in(ANN).await;
    let Deleted::Scheduled(deletion) = schedule(&service, &ann).await else { panic!("at once") };
    let due = service.now() + GRACE;
    assert_eq!((deletion.due, deletion.requested_by.as_str()), (due, "owner"));
    let blocked = Blocked::DeletionScheduled { due };
    let access = logged_in.tokens.access.reveal();
    assert_eq!(service.use_cases.authenticate.execute(access).await, Err(AuthenticateError::Blocked(blocked)));
    let login = log_in(&service, login_request(ANN)).await;
    assert_eq!(login, Err(LoginError::Password(PasswordCheckError::Blocked(blocked))));
    let wrong = LoginRequest { password: Password::new("wrong"), restore: true, ..login_request(ANN) };
    assert_eq!(log_in(&service, wrong).await, Err(LoginError::Password(PasswordCheckError::WrongPassword)));
    assert_eq!(events(&service), [EventKind::UserRegistered, EventKind::UserDeletionScheduled]);
    assert_eq!(service.store.notices_to(&ann.email), [NoticeKind::AccountDeletionScheduled]);

    service.clock.advance(GRACE - Duration::from_secs(1));
    service.use_cases.purge_expired.run().await.expect("a purge");
    assert!(service.store.account(ann.id).is_some(), "a second too early");
    service.clock.advance(Duration::from_secs(1));
    service.use_cases.purge_expired.run().await.expect("a purge");
    assert_eq!(service.store.account(ann.id), None);
    assert_eq!(events(&service).last(), Some(&EventKind::UserDeleted(deletion.id)));
    service.use_cases.purge_expired.run().await.expect("a purge");
    assert_eq!(events(&service).len(), 3, "once");
}

#[tokio::test]
async fn the_owner_restores_it_by_logging_in() {
    for disclosure in [Disclosure::Explicit, Disclosure::Concealed] {
        let (service, ann) = service(disclosure).await;
        schedule(&service, &ann).await;
        if disclosure == Disclosure::Concealed {
            assert_eq!(log_in(&service, login_request(ANN)).await, Err(LoginError::Concealed));
        }
        let restoring = LoginRequest { restore: true, ..login_request(ANN) };
        let outcome = log_in(&service, restoring.clone()).await.expect("a login");
        assert!(matches!(outcome, LoginOutcome::LoggedIn(_)));
        assert_eq!(service.account(&ann).deletion, None);
        log_in(&service, restoring).await.expect("nothing to restore is fine");
        service.clock.advance(GRACE * 2);
        service.use_cases.purge_expired.run().await.expect("a purge");
        let expected = [EventKind::UserRegistered, EventKind::UserDeletionScheduled, EventKind::UserRestored];
        assert_eq!(events(&service), expected);
        let told = service.store.notices_to(&ann.email);
        assert!(told.contains(&NoticeKind::AccountRestored), "{told:?}");
    }
}

/// Restoring does not get around the second factor: only the deletion is undone.
#[tokio::test]
async fn a_second_factor_is_asked_for_all_the_same() {
    let (service, ann) = service(Disclosure::Explicit).await;
    service.enable_app(&ann);
    schedule(&service, &ann).await;
    let outcome = log_in(&service, LoginRequest { restore: true, ..login_request(ANN) }).await.expect("a login");
    assert!(matches!(outcome, LoginOutcome::SecondFactorRequired(_)));
}

#[tokio::test]
async fn an_administrator_restores_it_or_deletes_it_for_good() {
    let (service, ann) = service(Disclosure::Explicit).await;
    let (admin, use_cases) = (admin(&service), &service.use_cases);
    let delete = async || use_cases.delete_account.by_admin(&admin, ann.id, &client()).await.expect("a deletion");
    assert!(matches!(delete().await, Deleted::Scheduled(_)));
    let restored = use_cases.restore_account.by_admin(&admin, ann.id, &client()).await.expect("the account");
    assert_eq!((restored.blocked(), service.account(&ann)), (None, restored.clone()));
    let again = use_cases.restore_account.by_admin(&admin, ann.id, &client()).await;
    assert_eq!(again, Ok(restored), "nothing happens");
    service.log_in(ANN).await;
    let scheduled = delete().await;
    let finally = delete().await;
    assert_eq!((finally.clone(), service.store.account(ann.id)), (Deleted::Finally(scheduled.id()), None));
    assert_eq!(events(&service).last(), Some(&EventKind::UserDeleted(finally.id())));
}

#[tokio::test]
async fn one_that_was_suspended_stays_suspended() {
    let (service, ann) = service(Disclosure::Explicit).await;
    let (admin, use_cases) = (admin(&service), &service.use_cases);
    use_cases.suspend_account.suspend(&admin, ann.id, &client()).await.expect("the account");
    use_cases.delete_account.by_admin(&admin, ann.id, &client()).await.expect("a deletion");
    use_cases.restore_account.by_admin(&admin, ann.id, &client()).await.expect("the account");
    assert_eq!(service.account(&ann).blocked(), Some(Blocked::Suspended));
}

#[tokio::test]
async fn the_last_admin_stays() {
    let (service, ann) = service(Disclosure::Explicit).await;
    let (admin, roles) = (admin(&service), ["admin".to_owned()]);
    service.use_cases.set_roles.by_admin(&admin, ann.id, (&roles, &[]), &client()).await.expect("the account");
    let deleted = service.use_cases.delete_account.by_admin(&admin, ann.id, &client()).await;
    assert_eq!(deleted, Err(DeleteAccountError::LastAdmin(LastAdmin)));
}

#[tokio::test]
async fn of_a_restoration_and_the_end_one_wins() {
    // The restoration was first.
    let (service, ann) = service(Disclosure::Explicit).await;
    schedule(&service, &ann).await;
    service.clock.advance(GRACE);
    service.before_next_commit(async move |service| {
        let admin = service.operator.operator.as_admin();
        service.use_cases.restore_account.by_admin(&admin, ann.id, &client()).await.expect("the account");
    });
    service.use_cases.purge_expired.run().await.expect("a purge");
    assert_eq!(service.account(&ann).deletion, None);
    assert_eq!(events(&service).last(), Some(&EventKind::UserRestored));

    // The end was first.
    schedule(&service, &ann).await;
    service.clock.advance(GRACE);
    service.before_next_commit(async move |service| {
        service.use_cases.purge_expired.run().await.expect("a purge");
    });
    let restored = service.use_cases.restore_account.by_admin(&admin(&service), ann.id, &client()).await;
    assert!(restored.is_err() && service.store.account(ann.id).is_none());
    assert!(matches!(events(&service).last(), Some(EventKind::UserDeleted(_))));
}
