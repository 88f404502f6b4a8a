//! What administrators do: `SuspendAccount`, `SetRoles`, `DeleteAccount` and the last admin; `EndSessions`,
//! `ResetSecondFactors`, `RequireNewPassword`, `CorrectEmail`, `CreateAccount`.

use auth_domain::Language;
use auth_domain::account::{Account, AccountState, Blocked, Password};
use auth_domain::event::EventKind;
use auth_domain::internal::{UsersRead, UsersWrite};
use auth_domain::mail::NoticeKind;
use auth_domain::ports::StoreError;
use auth_domain::session::RevocationReason;
use auth_domain::use_cases::{
    AccountQuery, AdminCaller, AdministerError, CreateAccountRequest, DeleteAccountError, LastAdmin, LoginError,
    PasswordCheckError, SetRolesError, SuspendAccountError,
};
use auth_testkit::fixtures;
use auth_testkit::test_service::{PASSWORD, TestService, client, login_request, with_each_call_failing};

const ANN: &str = "ann@example.org";
const BOB: &str = "bob@example.org";

fn by(service: &TestService) -> AdminCaller<UsersWrite> {
    service.operator.operator.as_admin()
}

async fn suspend(service: &TestService, account: &Account) -> Result<Account, SuspendAccountError> {
    service.use_cases.suspend_account.suspend(&by(service), account.id, &client()).await
}

async fn demote(service: &TestService, account: &Account) -> Result<Account, SetRolesError> {
    let remove = ["admin".to_owned()];
    service.use_cases.set_roles.by_admin(&by(service), account.id, (&[], &remove), &client()).await
}

async fn promoted(service: &TestService, email: &str) -> Account {
    let account = service.register(email).await;
    let add = ["admin".to_owned()];
    service.use_cases.set_roles.by_admin(&by(service), account.id, (&add, &[]), &client()).await.expect("the account")
}

async fn two_admins() -> (TestService, Account, Account) {
    let service = TestService::new();
    let ann = promoted(&service, ANN).await;
    let bob = promoted(&service, BOB).await;
    (service, ann, bob)
}

#[tokio::test]
async fn a_suspension_ends_sessions_and_tells_everybody_once() {
    let service = TestService::new();
    let ann = service.register(ANN).await;
    service.log_in(ANN).await;
    service.ask_for_reset(ANN).await;
    let suspended = suspend(&service, &ann).await.expect("the account");
    assert_eq!(suspended, service.account(&ann));
    assert_eq!(suspended.state, AccountState::Suspended { since: service.now() });
    let reasons = service.store.sessions_of(ann.id).into_iter().map(|session| session.revocation.map(|end| end.reason));
    assert_eq!(reasons.collect::<Vec<_>>(), [Some(RevocationReason::AccountSuspended)]);
    assert_eq!(suspend(&service, &ann).await, Ok(suspended), "again, nothing happens");
    let resumed = service.use_cases.suspend_account.resume(&by(&service), ann.id, &client()).await;
    assert_eq!(resumed, Ok(service.account(&ann)));
    service.use_cases.suspend_account.resume(&by(&service), ann.id, &client()).await.expect("nothing happens");
    let kinds: Vec<EventKind> = service.store.events().iter().map(|event| event.kind).collect();
    assert_eq!(kinds, [EventKind::UserRegistered, EventKind::UserSuspended, EventKind::UserResumed]);
    let told = service.store.notices_to(&ann.email);
    assert_eq!(told, [NoticeKind::AccountSuspended, NoticeKind::AccountResumed]);
    let actions = service.store.audit_actions();
    assert!(actions.contains(&"account.suspended".to_owned()) && actions.contains(&"account.resumed".to_owned()));
    service.log_in(ANN).await;
}

#[tokio::test]
async fn a_login_that_races_a_suspension_leaves_nothing() {
    let service = TestService::new();
    let ann = service.register(ANN).await;
    let account = ann.clone();
    service.before_next_commit(async move |service| {
        suspend(&service, &account).await.expect("the account");
    });
    let login = service.use_cases.login.execute(login_request(ANN)).await;
    assert_eq!(login, Err(LoginError::Password(PasswordCheckError::Blocked(Blocked::Suspended))));
    assert!(!service.store.has_trouble_left() && service.store.sessions_of(ann.id).is_empty());
}

#[tokio::test]
async fn the_last_admin_is_neither_suspended_nor_demoted_nor_deleted() {
    let service = TestService::new();
    let ann = promoted(&service, ANN).await;
    service.register(BOB).await;
    assert_eq!(suspend(&service, &ann).await, Err(LastAdmin.into()));
    assert_eq!(demote(&service, &ann).await, Err(LastAdmin.into()));
    let delete = &service.use_cases.delete_account;
    assert_eq!(delete.by_admin(&by(&service), ann.id, &client()).await, Err(LastAdmin.into()));
    let owner = service.fresh_caller(&ann).await;
    assert_eq!(delete.by_owner(&owner, &client()).await, Err(LastAdmin.into()));
    let operator = &service.operator;
    let deleted = operator.delete_account.by_operator(&operator.operator, ann.id, &client()).await;
    assert_eq!(deleted, Err(DeleteAccountError::LastAdmin(LastAdmin)));
    assert_eq!(service.account(&ann), ann);
    let bob = promoted(&service, "eve@example.org").await;
    demote(&service, &ann).await.expect("there is another one");
    assert_eq!(demote(&service, &ann).await.map(drop), Ok(()), "who is none any more");
    assert_eq!(suspend(&service, &bob).await, Err(LastAdmin.into()));
}

/// Whatever the two do to each other.
#[tokio::test]
async fn of_two_admins_who_remove_each_other_one_stays() {
    let (service, ann, bob) = two_admins().await;
    let other = bob.clone();
    service.before_next_commit(async move |service| {
        suspend(&service, &other).await.expect("the account");
    });
    assert_eq!(suspend(&service, &ann).await, Err(LastAdmin.into()));
    assert!(!service.store.has_trouble_left() && service.account(&bob).blocked() == Some(Blocked::Suspended));

    let (service, ann, bob) = two_admins().await;
    service.before_next_commit(async move |service| {
        let delete = &service.use_cases.delete_account;
        delete.by_admin(&by(&service), bob.id, &client()).await.expect("a deletion");
    });
    assert_eq!(demote(&service, &ann).await, Err(LastAdmin.into()));

    let (service, ann, bob) = two_admins().await;
    service.before_next_commit(async move |service| {
        demote(&service, &bob).await.expect("the account");
    });
    let deleted = service.use_cases.delete_account.by_admin(&by(&service), ann.id, &client()).await;
    assert_eq!(deleted, Err(LastAdmin.into()));
    assert_eq!(service.store.accounts().len(), 2);
}

#[tokio::test]
async fn whichever_call_to_the_database_fails_nobody_is_suspended() {
    let tried = with_each_call_failing(
        StoreError::Failed,
        async || {
            let (service, ann, _) = two_admins().await;
            (service, ann)
        },
        async |service, ann| suspend(service, ann).await,
        async |service, ann, answer| {
            assert_eq!(answer, Err(SuspendAccountError::Store(StoreError::Failed)));
            assert_eq!(service.account(ann), *ann);
        },
    );
    assert_eq!(tried.await, 3, "the account, the admins, the commit");
}

#[tokio::test]
async fn nobody_is_not_found() {
    let service = TestService::new();
    let (admin, nobody) = (by(&service), fixtures::account());
    let use_cases = &service.use_cases;
    let not_found = Err(AdministerError::NotFound);
    assert_eq!(suspend(&service, &nobody).await, Err(SuspendAccountError::NotFound));
    assert_eq!(demote(&service, &nobody).await, Err(SetRolesError::NotFound));
    assert_eq!(use_cases.end_sessions.execute(&admin, nobody.id, &client()).await, not_found);
    let not_found = Err(AdministerError::NotFound);
    assert_eq!(use_cases.reset_second_factors.execute(&admin, nobody.id, &client()).await, not_found);
    let not_found = Err(AdministerError::NotFound);
    assert_eq!(use_cases.require_new_password.execute(&admin, nobody.id, &client()).await, not_found);
    let reader: AdminCaller<UsersRead> = service.operator.operator.as_admin();
    assert!(use_cases.search_accounts.show(&reader, nobody.id).await.is_err());
    let query = AccountQuery::Id(nobody.id);
    let page = use_cases.search_accounts.search(&reader, &query, &Default::default(), 1).await.expect("a page");
    assert_eq!((page.accounts, page.more), (vec![], false));
    assert_eq!(service.store.commits(), [] as [Vec<_>; 0]);
}

#[tokio::test]
async fn sessions_end_and_the_owner_is_told() {
    let service = TestService::new();
    let ann = service.register(ANN).await;
    service.log_in(ANN).await;
    service.use_cases.end_sessions.execute(&by(&service), ann.id, &client()).await.expect("the account");
    let session = &service.store.sessions_of(ann.id)[0];
    assert_eq!(session.revocation.map(|end| end.reason), Some(RevocationReason::EndedByAdmin));
    assert_eq!(service.store.notices_to(&ann.email), [NoticeKind::SessionsEnded]);
    service.log_in(ANN).await;
}

#[tokio::test]
async fn a_new_password_is_required_of_a_login_that_is_under_way_too() {
    let service = TestService::new();
    let ann = service.register(ANN).await;
    let account = ann.clone();
    service.before_next_commit(async move |service| {
        let require = &service.use_cases.require_new_password;
        require.execute(&by(&service), account.id, &client()).await.expect("the account");
    });
    assert!(service.use_cases.login.execute(login_request(ANN)).await.is_err());
    let refused = service.use_cases.login.execute(login_request(ANN)).await;
    assert_eq!(refused, Err(LoginError::Password(PasswordCheckError::NewPasswordRequired)));
    assert!(service.store.sessions_of(ann.id).is_empty());
}

#[tokio::test]
async fn an_account_is_created_once() {
    let service = TestService::new();
    let request = CreateAccountRequest {
        username: Some("ann".to_owned()),
        email: ANN.to_owned(),
        email_verified: false,
        password: Some(Password::new(PASSWORD)),
        roles: None,
        locale: Some("fr".to_owned()),
        client: client(),
    };
    let create = &service.operator.create_account;
    let created = create.execute(&by(&service), request.clone()).await.expect("an account");
    assert_eq!(created, service.account(&created));
    assert_eq!(created.language(), Some(Language::French));
    assert!(create.execute(&by(&service), request).await.is_err());
    assert_eq!(service.store.notices_to(&created.email), [NoticeKind::AccountCreated]);
    service.log_in("ann").await;
}
