//! `ManageInvitations`, and what `Register` and `SignInByToken` make of an invitation.

use std::time::Duration;

use auth_domain::Language;
use auth_domain::account::{Account, Roles};
use auth_domain::audience::Audience;
use auth_domain::disclosure::Disclosure;
use auth_domain::error_code::{Details, ErrorCode, Refusal};
use auth_domain::internal::UsersWrite;
use auth_domain::invitation::Invitation;
use auth_domain::mail::{NoticeKind, OutgoingContent};
use auth_domain::ports::StoreError;
use auth_domain::registration::{EmailDomains, RegistrationMode, RegistrationPolicy, RegistrationRefused};
use auth_domain::use_cases::{
    AdminCaller, AuthorizationOutcome, EmailVerification, FinishAuthorizationError, InvitationRequest, InviteError,
    Invited, Policy, RegisterError, RegisterRequest, Registered,
};
use auth_testkit::doubles::TestProvider;
use auth_testkit::test_service::{TestService, client, register_request, with_each_call_failing};

use crate::ann::ANN;
use crate::{MOMENT, code};

const BOB: &str = "bob@example.org";
const NONCE: &str = "n-0S6";

fn in_mode(mode: RegistrationMode) -> Policy {
    let registration = RegistrationPolicy { mode, ..RegistrationPolicy::open() };
    Policy { registration, ..Policy::for_tests() }
}

fn invited_only() -> TestService {
    TestService::with_policy(in_mode(RegistrationMode::Invited))
}

fn only_example_org() -> Policy {
    let domains = EmailDomains::default().with("example.org").expect("a domain");
    Policy { registration: RegistrationPolicy { domains, ..RegistrationPolicy::open() }, ..Policy::for_tests() }
}

fn inviter(service: &TestService) -> AdminCaller<UsersWrite> {
    service.operator.operator.as_admin()
}

fn for_address(email: &str) -> InvitationRequest {
    InvitationRequest { email: Some(email.to_owned()), ..InvitationRequest::default() }
}

async fn create(service: &TestService, request: &InvitationRequest) -> Result<Invited, InviteError> {
    service.use_cases.manage_invitations.create(&inviter(service), request, &client()).await
}

async fn invite(service: &TestService, request: &InvitationRequest) -> Invited {
    create(service, request).await.expect("an invitation")
}

/// Invites that address, and returns the text in its mail.
async fn mail_to(service: &TestService, email: &str) -> String {
    invite(service, &for_address(email)).await;
    let mail = service.deliver_mails().await.pop().expect("a mail");
    assert_eq!(mail.to.as_str(), email);
    let OutgoingContent::Invitation { token, .. } = mail.content else { panic!("{mail:?}") };
    token.reveal().to_owned()
}

fn with(invitation: &str, email: &str) -> RegisterRequest {
    RegisterRequest { invitation: Some(invitation.to_owned()), ..register_request(email) }
}

async fn register(service: &TestService, request: RegisterRequest) -> Result<Registered, RegisterError> {
    service.use_cases.register.execute(request).await
}

/// Signs in for the first time, with a token from the provider.
async fn by_provider(
    service: &TestService,
    (email, proved): (&str, bool),
    invitation: Option<&str>,
) -> Result<Account, FinishAuthorizationError> {
    service.google.identifies(&format!("google-{email}"), Some((email, proved)));
    // One token for each second.
    service.clock.advance(Duration::from_secs(1));
    let number = u8::try_from(service.now().as_seconds() % 200).expect("a small number");
    let token = TestProvider::id_token(NONCE, number, service.now() + Duration::from_secs(600));
    let name = service.google.name();
    match service
        .use_cases
        .sign_in_by_token
        .execute(name, &token, NONCE, invitation, (&client(), &Audience::Default, None))
        .await?
    {
        AuthorizationOutcome::Registered(registered) => Ok(registered.account),
        other => panic!("{other:?}"),
    }
}

fn uses_left(service: &TestService) -> u32 {
    service.store.invitations().last().expect("an invitation").uses_left
}

#[tokio::test]
async fn an_invitation_says_what_was_asked_for_and_who_asked() {
    let service = TestService::new();
    let plain = invite(&service, &InvitationRequest::default()).await;
    let expected = Invitation {
        email: None,
        roles: Roles::default(),
        uses: 1,
        uses_left: 1,
        expires_at: service.now() + Duration::from_secs(7 * 86_400),
        created_at: service.now(),
        created_by: "auth-server".to_owned(),
        ..plain.invitation.clone()
    };
    assert_eq!(plain.invitation, expected);
    let request = InvitationRequest {
        email: Some(" Ann@Example.org ".to_owned()),
        roles: vec!["editor".to_owned()],
        uses: Some(7),
        lifetime: Some(Duration::from_secs(60)),
        locale: Some("de-AT".to_owned()),
    };
    let operator = inviter(&service);
    let full = service.operator.manage_invitations.create(&operator, &request, &client()).await.expect("an invitation");
    let Invitation { email, roles, uses, created_by, .. } = &full.invitation;
    assert_eq!(email.as_ref().map(|email| email.as_str()), Some("Ann@Example.org"));
    assert_eq!((roles.to_string().as_str(), *uses, created_by.as_str()), ("editor", 7, "auth-server"));
    assert_eq!(service.store.invitations(), [plain.invitation, full.invitation]);
    assert_eq!(service.store.audit_actions(), ["invitation.created"; 2]);
    let [mail] = &service.store.owed_mails()[..] else { panic!("one mail, to the only address") };
    assert_eq!(mail.language, Some(Language::German));
}

#[tokio::test]
async fn every_malformed_field_is_named_and_bounds_hold() {
    let service = TestService::new();
    let wrong = InvitationRequest {
        email: Some("ann".to_owned()),
        roles: vec!["No".to_owned()],
        uses: Some(0),
        lifetime: Some(Duration::from_secs(59)),
        locale: Some("e".to_owned()),
    };
    let Refusal { code, details } = create(&service, &wrong).await.expect_err("a refusal").into();
    let Details::Fields(fields) = details else { panic!("{details:?}") };
    let fields: Vec<&str> = fields.iter().map(|field| field.field.as_str()).collect();
    assert_eq!(
        (code, &fields[..]),
        (ErrorCode::ValidationFailed, &["/email", "/roles/0", "/uses", "/expiresIn", "/locale"][..])
    );
    let many = |count: usize| InvitationRequest {
        roles: (0..count).map(|number| format!("r{number}")).collect(),
        ..InvitationRequest::default()
    };
    assert!(matches!(create(&service, &many(Roles::MAX)).await, Err(InviteError::Malformed(_))), "user comes on top");
    invite(&service, &many(Roles::MAX - 1)).await;
    let most = InvitationRequest {
        uses: Some(Invitation::MAX_USES),
        lifetime: Some(Invitation::MAX_LIFETIME),
        ..InvitationRequest::default()
    };
    invite(&service, &most).await;
    for more in [
        InvitationRequest { uses: Some(Invitation::MAX_USES + 1), ..most.clone() },
        InvitationRequest { lifetime: Some(Invitation::MAX_LIFETIME + MOMENT), ..most },
    ] {
        assert!(matches!(create(&service, &more).await, Err(InviteError::Malformed(_))));
    }
    assert_eq!(service.store.invitations().len(), 2);
}

#[tokio::test]
async fn nobody_is_invited_who_could_not_register() {
    let service = TestService::with_policy(in_mode(RegistrationMode::Closed));
    for request in [InvitationRequest::default(), for_address(ANN)] {
        let error = create(&service, &request).await.expect_err("a refusal");
        assert_eq!((&error, code(error.clone())), (&RegistrationRefused::Closed.into(), ErrorCode::RegistrationClosed));
    }
    let service = service.under(only_example_org());
    let error = create(&service, &for_address("ann@elsewhere.example")).await.expect_err("a refusal");
    assert_eq!(code(error), ErrorCode::DomainNotAllowed);
    assert_eq!((service.store.invitations().len(), service.store.owed_mails().len()), (0, 0));
    invite(&service, &for_address(ANN)).await;
}

#[tokio::test]
async fn an_address_is_not_buried_in_invitations() {
    let service = TestService::new();
    for _ in 0..20 {
        invite(&service, &for_address(ANN)).await;
    }
    let error = create(&service, &for_address(ANN)).await.expect_err("a refusal");
    assert!(matches!(error, InviteError::RateLimited(_)) && code(error) == ErrorCode::RateLimited);
    assert_eq!(service.store.invitations().len(), 20);
    invite(&service, &for_address(BOB)).await;
    service.clock.advance(Duration::from_secs(3_600));
    invite(&service, &for_address(ANN)).await;
}

#[tokio::test]
async fn invitations_are_listed_in_pages_and_withdrawn() {
    let service = invited_only();
    let (list, by) = (&service.use_cases.manage_invitations, inviter(&service));
    let mut all = Vec::new();
    for _ in 0..3 {
        all.push(invite(&service, &InvitationRequest::default()).await);
    }
    let ids: Vec<_> = all.iter().map(|invited| invited.invitation.id).collect();
    let page = list.list(&by, None, 2).await.expect("a page");
    assert_eq!((page.invitations.iter().map(|one| one.id).collect::<Vec<_>>(), page.more), (ids[..2].to_vec(), true));
    let page = list.list(&by, Some(ids[1]), 2).await.expect("a page");
    assert_eq!((page.invitations.len(), page.invitations[0].id, page.more), (1, ids[2], false));
    assert_eq!(list.withdraw(&by, ids[0]).await, Ok(true));
    assert_eq!(list.withdraw(&by, ids[0]).await, Ok(false));
    assert!(service.store.audit_actions().contains(&"invitation.withdrawn".to_owned()));
    let error = register(&service, with(all[0].token.reveal(), ANN)).await.expect_err("a refusal");
    assert_eq!(code(error), ErrorCode::InvitationInvalid);
}

#[tokio::test]
async fn an_invited_user_gets_its_roles_and_uses_it_up() {
    let service = invited_only();
    let roles = vec!["editor".to_owned()];
    let invited = invite(&service, &InvitationRequest { roles, uses: Some(2), ..InvitationRequest::default() }).await;
    let token = invited.token.reveal();
    let ann = register(&service, with(token, ANN)).await.expect("an account").account;
    let bob = by_provider(&service, (BOB, true), Some(token)).await.expect("an account");
    for account in [&ann, &bob] {
        assert_eq!(account.roles.to_string(), "editor user");
    }
    assert!(!ann.email_verified, "whoever has the text need not read that mail");
    assert_eq!(uses_left(&service), 0);
    let records = service.store.audit_records();
    let used = records.iter().filter(|record| record.action == "invitation.used");
    let by: Vec<_> = used.map(|record| (record.account_id, record.detail.clone())).collect();
    let id = Some(invited.invitation.id.to_string());
    assert_eq!(by, [(Some(ann.id), id.clone()), (Some(bob.id), id)]);
    let error = register(&service, with(token, "eve@example.org")).await.expect_err("a refusal");
    assert_eq!(
        (&error, code(error.clone())),
        (&RegistrationRefused::InvitationInvalid.into(), ErrorCode::InvitationInvalid)
    );
    let error = by_provider(&service, ("eve@example.org", true), Some(token)).await.expect_err("a refusal");
    assert_eq!(code(error), ErrorCode::InvitationInvalid);
    assert_eq!(service.store.accounts().len(), 2);
}

#[tokio::test]
async fn an_invitation_expires() {
    let service = invited_only();
    let week = InvitationRequest { uses: Some(2), ..InvitationRequest::default() };
    let token = invite(&service, &week).await.token;
    service.clock.advance(Invitation::DEFAULT_LIFETIME - MOMENT);
    register(&service, with(token.reveal(), ANN)).await.expect("an account");
    service.clock.advance(MOMENT);
    let error = register(&service, with(token.reveal(), BOB)).await.expect_err("a refusal");
    assert_eq!(code(error), ErrorCode::InvitationInvalid);
}

#[tokio::test]
async fn what_came_by_mail_verifies_the_address_and_nothing_else_does() {
    let verified_first = EmailVerification::BeforeLogin;
    let service =
        TestService::with_policy(Policy { email_verification: verified_first, ..in_mode(RegistrationMode::Invited) });
    let text = mail_to(&service, ANN).await;
    let registered = register(&service, with(&text, "ANN@example.org")).await.expect("an account");
    assert!(registered.account.email_verified && registered.account.ever_proved);
    assert_eq!((registered.temp_token, service.store.challenges().len()), (None, 0), "there is nothing left to verify");
    service.log_in(ANN).await;

    let text = mail_to(&service, BOB).await;
    let bob = by_provider(&service, (BOB, false), Some(&text)).await.expect("an account and a session");
    assert!(bob.email_verified);

    let handed_over = invite(&service, &for_address("eve@example.org")).await.token;
    let eve = register(&service, with(handed_over.reveal(), "eve@example.org")).await.expect("an account");
    assert!(!eve.account.email_verified && eve.temp_token.is_some(), "the caller of the API has this text, too");
}

#[tokio::test]
async fn an_invitation_for_one_address_is_for_that_one() {
    let service = invited_only();
    let text = mail_to(&service, ANN).await;
    let error = register(&service, with(&text, BOB)).await.expect_err("a refusal");
    assert_eq!(code(error), ErrorCode::InvitationInvalid);
    let error = by_provider(&service, (BOB, true), Some(&text)).await.expect_err("a refusal");
    assert_eq!(code(error), ErrorCode::InvitationInvalid);
    assert_eq!(uses_left(&service), 1);
}

#[tokio::test]
async fn a_mail_is_not_sent_for_what_cannot_be_used_any_more() {
    let service = TestService::new();
    let withdrawn = invite(&service, &for_address(ANN)).await.invitation.id;
    service.use_cases.manage_invitations.withdraw(&inviter(&service), withdrawn).await.expect("the store");
    let token = invite(&service, &for_address(BOB)).await.token;
    register(&service, with(token.reveal(), BOB)).await.expect("an account");
    let mails = service.deliver_mails().await;
    assert!(mails.iter().all(|mail| matches!(mail.content, OutgoingContent::Code { .. })), "{mails:?}");
    invite(&service, &for_address("eve@example.org")).await;
    service.clock.advance(Invitation::DEFAULT_LIFETIME);
    assert_eq!(service.deliver_mails().await.len(), mails.len());
    assert_eq!(service.store.owed_mails().len(), 0);
}

/// Whether or not registration is open, so that nobody registers without what they were promised.
#[tokio::test]
async fn a_wrong_invitation_is_refused_in_every_mode() {
    let service = TestService::new();
    let forged = register(&service, with("invitation|x", ANN)).await.expect_err("a refusal");
    assert_eq!((code(forged), service.passwords.calls()), (ErrorCode::InvitationInvalid, 0));
    let gone = invite(&service, &InvitationRequest::default()).await;
    register(&service, with(gone.token.reveal(), ANN)).await.expect("an account");
    let error = register(&service, with(gone.token.reveal(), BOB)).await.expect_err("a refusal");
    assert_eq!(code(error), ErrorCode::InvitationInvalid);
    let begun =
        service.use_cases.begin_authorization.sign_in(service.google.name(), Some("x"), Default::default()).await;
    assert_eq!(code(begun.expect_err("a refusal")), ErrorCode::InvitationInvalid);
}

#[tokio::test]
async fn of_two_who_use_the_last_one_at_once_one_registers() {
    let service = invited_only();
    let token = invite(&service, &InvitationRequest::default()).await.token;
    let other = token.clone();
    service.before_next_commit(async move |service| {
        register(&service, with(other.reveal(), BOB)).await.expect("an account");
    });
    let error = register(&service, with(token.reveal(), ANN)).await.expect_err("a refusal");
    assert_eq!(code(error), ErrorCode::InvitationInvalid);
    assert_eq!((service.store.accounts().len(), uses_left(&service)), (1, 0));
}

#[tokio::test]
async fn if_accounts_are_concealed_a_refused_registration_looks_like_any_other() {
    let service = TestService::with_policy(Policy {
        disclosure: Disclosure::Concealed,
        email_verification: EmailVerification::BeforeLogin,
        ..in_mode(RegistrationMode::Invited)
    });
    let token = invite(&service, &InvitationRequest { uses: Some(2), ..InvitationRequest::default() }).await.token;
    let taken = register(&service, with(token.reveal(), ANN)).await.expect("an account");
    for request in [register_request(BOB), with("invitation|x", "eve@example.org"), register_request(ANN)] {
        let pretended = register(&service, request).await.expect("an answer");
        assert_eq!(pretended.account.roles, taken.account.roles);
        assert!(pretended.temp_token.is_some() && !pretended.account.email_verified);
    }
    assert_eq!((service.store.accounts().len(), service.passwords.calls()), (1, 4), "each costs a hash");
    let ann = service.store.account_named(ANN).expect("an account");
    assert_eq!(service.store.notices_to(&ann.email), [NoticeKind::RegistrationAttempted]);
    assert_eq!(uses_left(&service), 1, "nobody used it for an address that is taken");

    // Where a session is asked for, there is nothing to pretend; nor is it said whether the address has an account.
    for email in [BOB, ANN] {
        let error = by_provider(&service, (email, false), None).await.expect_err("a refusal");
        assert_eq!((error, code(error)), (RegistrationRefused::Concealed.into(), ErrorCode::RegistrationRefused));
    }
}

#[tokio::test]
async fn whichever_call_to_the_database_fails_no_use_is_lost() {
    let tried = with_each_call_failing(
        StoreError::Failed,
        async || {
            let service = invited_only();
            let token = invite(&service, &InvitationRequest::default()).await.token;
            (service, token)
        },
        async |service, token| register(service, with(token.reveal(), ANN)).await,
        async |service, _, answer| {
            assert_eq!(answer, Err(RegisterError::Store(StoreError::Failed)));
            assert_eq!((service.store.accounts().len(), uses_left(service)), (0, 1));
        },
    );
    assert_eq!(tried.await, 3, "the invitation, the count of mails, the commit");
}

#[tokio::test]
async fn whichever_call_to_the_database_fails_nobody_is_invited() {
    let tried = with_each_call_failing(
        StoreError::Unavailable,
        async || (TestService::new(), ()),
        async |service, ()| create(service, &for_address(ANN)).await,
        async |service, (), answer| {
            assert_eq!(answer, Err(InviteError::Store(StoreError::Unavailable)));
            assert_eq!((service.store.invitations().len(), service.store.owed_mails().len()), (0, 0));
        },
    );
    assert_eq!(tried.await, 2, "the count of mails, the commit");
}
