//! Who may register: each mode through each way to register, with and without an invitation, in both disclosures; and
//! the invitations themselves.

use std::time::Duration;

use auth_domain::disclosure::Disclosure;
use auth_domain::internal::Scope;
use auth_domain::mail::OutgoingContent;
use auth_domain::registration::{EmailDomains, RegistrationMode, RegistrationPolicy};
use auth_domain::use_cases::Policy;
use auth_testkit::doubles::{TestInternalTokens, TestProvider};
use serde_json::{Value, json};

use crate::harness::{App, Client, PASSWORD, Reply};

const PATH: &str = "/auth/admin/invitations";
const NONCE: &str = "n-0S6";
const DISCLOSURES: [Disclosure; 2] = [Disclosure::Explicit, Disclosure::Concealed];

/// The ways to register.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Door {
    Password,
    /// There and back.
    Provider,
    Token,
}

const DOORS: [Door; 3] = [Door::Password, Door::Provider, Door::Token];

/// What comes with the request.
#[derive(Clone, Copy, Debug)]
enum Given {
    Nothing,
    Good,
    UsedUp,
    Forged,
}

async fn app(mode: RegistrationMode, disclosure: Disclosure) -> App {
    let domains = EmailDomains::default().with("!refused.example").unwrap();
    App::under(Policy { registration: RegistrationPolicy { mode, domains }, disclosure, ..Policy::for_tests() }).await
}

fn staff(app: &App) -> Client {
    let token = TestInternalTokens.issue("staff", &[Scope::UsersWrite], app.service.now() + Duration::from_secs(60));
    app.client().bearer(&token)
}

fn encoded(text: &str) -> String {
    text.replace('|', "%7C")
}

/// Goes through a door with that address, and returns how that ends.
async fn enter(app: &App, door: Door, email: &str, invitation: Option<&str>) -> Reply {
    app.service.google.identifies(&format!("google-{email}"), Some((email, true)));
    // One id_token for each second.
    app.wait(1);
    let number = u8::try_from(app.service.now().as_seconds() % 200).unwrap();
    let client = app.client().header("Accept", "application/json");
    match door {
        Door::Password => {
            let body = json!({ "email": email, "password": PASSWORD, "invitation": invitation });
            client.post("/auth/register", body).await
        }
        Door::Token => {
            let token = TestProvider::id_token(NONCE, number, app.service.now() + Duration::from_secs(600));
            let body = json!({ "idToken": token.reveal(), "nonce": NONCE, "invitation": invitation });
            client.post("/auth/google/token", body).await
        }
        Door::Provider => {
            let query = invitation.map(|text| format!("?invitation={}", encoded(text))).unwrap_or_default();
            let begun = client.get(&format!("/auth/google/authorize{query}")).await;
            if begun.status != 200 {
                return begun;
            }
            let begun = begun.expect(200, "AUTHORIZATION_STARTED");
            let state = TestProvider::state_in(begun["authorizationUrl"].as_str().unwrap()).to_owned();
            assert!(invitation.is_none_or(|text| !state.contains(text)), "the provider sees the state");
            client.get(&format!("/auth/google?code=x&state={}", encoded(&state))).await
        }
    }
}

/// Returns an invitation as the case wants it, from a time when registration was open.
async fn given(app: &App, given: Given) -> Option<String> {
    let open =
        App::on(app.service.under(Policy { registration: RegistrationPolicy::open(), ..app.service.policy.clone() }));
    let open = open.await;
    let create = async || {
        let created = staff(&open).post(PATH, json!({})).await.expect(201, "INVITATION_CREATED");
        created["token"].as_str().unwrap().to_owned()
    };
    match given {
        Given::Nothing => None,
        Given::Forged => Some("inv1.forged".to_owned()),
        Given::Good => Some(create().await),
        Given::UsedUp => {
            let token = create().await;
            enter(&open, Door::Password, "first@example.org", Some(&token)).await.expect(201, "USER_REGISTERED");
            Some(token)
        }
    }
}

/// The rule that refuses, if one does.
const fn refusal(mode: RegistrationMode, given: Given, domain_is_refused: bool) -> Option<&'static str> {
    match (mode, given) {
        (RegistrationMode::Closed, _) => Some("REGISTRATION_CLOSED"),
        _ if domain_is_refused => Some("DOMAIN_NOT_ALLOWED"),
        (_, Given::UsedUp | Given::Forged) => Some("INVITATION_INVALID"),
        (RegistrationMode::Invited, Given::Nothing) => Some("INVITATION_REQUIRED"),
        (_, Given::Good | Given::Nothing) => None,
    }
}

#[tokio::test]
async fn each_mode_through_each_door_in_both_disclosures() {
    let mut refused = 0;
    for mode in RegistrationMode::ALL {
        for disclosure in DISCLOSURES {
            for door in DOORS {
                for what in [Given::Nothing, Given::Good, Given::UsedUp, Given::Forged] {
                    for email in ["ann@example.org", "ann@refused.example"] {
                        let app = app(mode, disclosure).await;
                        let invitation = given(&app, what).await;
                        let before = app.service.store.accounts().len();
                        let reply = enter(&app, door, email, invitation.as_deref()).await;
                        let expected = refusal(mode, what, email.ends_with("refused.example"));
                        let context = format!("{mode:?} {disclosure:?} {door:?} {what:?} {email}");
                        let code = reply.body["code"].as_str().unwrap_or_default().to_owned();
                        let told = match (expected, disclosure, door) {
                            (None, ..) | (Some(_), Disclosure::Concealed, Door::Password) => (201, "USER_REGISTERED"),
                            (Some(_), Disclosure::Concealed, _) => (403, "REGISTRATION_REFUSED"),
                            // An invitation that is none is refused before anybody is sent away.
                            (Some(_), Disclosure::Explicit, Door::Provider) if matches!(what, Given::Forged) => {
                                (403, "INVITATION_INVALID")
                            }
                            (Some(rule), Disclosure::Explicit, _) => (403, rule),
                        };
                        assert_eq!((reply.status, code.as_str()), told, "{context}");
                        let registered = app.service.store.accounts().len() - before;
                        assert_eq!(registered, usize::from(expected.is_none()), "{context}");
                        refused += usize::from(expected.is_some());
                    }
                }
            }
        }
    }
    assert_eq!(refused, 6 * (8 + 6 + 7));
}

/// Nobody who has an account is kept out of it.
#[tokio::test]
async fn who_has_an_account_logs_in_whatever_the_mode() {
    for disclosure in DISCLOSURES {
        let open = app(RegistrationMode::Open, disclosure).await;
        for door in DOORS {
            enter(&open, door, &format!("{door:?}@example.org"), None).await.expect(201, "USER_REGISTERED");
        }
        let registration = RegistrationPolicy { mode: RegistrationMode::Closed, ..RegistrationPolicy::open() };
        let closed = App::on(open.service.under(Policy { registration, ..open.service.policy.clone() })).await;
        closed.client().login("password@example.org", PASSWORD).await.expect(200, "USER_LOGGED_IN");
        for door in [Door::Provider, Door::Token] {
            enter(&closed, door, &format!("{door:?}@example.org"), None).await.expect(200, "USER_LOGGED_IN");
        }
    }
}

#[tokio::test]
async fn a_refused_registration_cannot_be_told_from_another_where_accounts_are_concealed() {
    let app = app(RegistrationMode::Invited, Disclosure::Concealed).await;
    let shape = |reply: Reply| {
        let mut data = reply.expect(201, "USER_REGISTERED");
        for value in ["id", "createdAt", "email"] {
            data["user"][value] = Value::Null;
        }
        data
    };
    let token = given(&app, Given::Good).await;
    let real = shape(enter(&app, Door::Password, "ann@example.org", token.as_deref()).await);
    for invitation in [None, Some("inv1.forged"), token.as_deref()] {
        assert_eq!(shape(enter(&app, Door::Password, "bob@example.org", invitation).await), real);
    }
}

#[tokio::test]
async fn what_the_mail_brings_registers_with_a_verified_address() {
    let app = app(RegistrationMode::Invited, Disclosure::Explicit).await;
    let body = json!({ "email": "Ann@Example.org", "roles": ["editor"], "expiresIn": 3_600 });
    let created = staff(&app).post(PATH, body).await;
    insta::assert_snapshot!("an_invitation", created);
    created.expect(201, "INVITATION_CREATED");
    let mails = app.mails_to("Ann@Example.org").await;
    let [OutgoingContent::Invitation { token, .. }] = mails.iter().map(|mail| &mail.content).collect::<Vec<_>>()[..]
    else {
        panic!("{mails:?}")
    };
    let registered = enter(&app, Door::Password, "ann@example.org", Some(token.reveal())).await;
    let user = &registered.expect(201, "USER_REGISTERED")["user"];
    assert_eq!((&user["emailVerified"], &user["roles"]), (&json!(true), &json!(["editor", "user"])));
}

#[tokio::test]
async fn a_service_lists_and_withdraws_what_it_created() {
    let app = app(RegistrationMode::Invited, Disclosure::Explicit).await;
    let staff = staff(&app);
    for uses in 1..=3 {
        staff.post(PATH, json!({ "uses": uses })).await.expect(201, "INVITATION_CREATED");
    }
    let page = staff.get(&format!("{PATH}?limit=2")).await;
    insta::assert_snapshot!("a_page_of_invitations", page);
    let page = page.expect(200, "INVITATIONS_FETCHED");
    let next = page["next"].as_str().unwrap();
    let rest = staff.get(&format!("{PATH}?after={next}")).await.expect(200, "INVITATIONS_FETCHED");
    assert_eq!((rest["invitations"].as_array().unwrap().len(), &rest["next"]), (1, &Value::Null));
    staff.delete(&format!("{PATH}/{next}")).await.expect(200, "INVITATION_WITHDRAWN");
    staff.delete(&format!("{PATH}/{next}")).await.expect(404, "NOT_FOUND");
    staff.delete(&format!("{PATH}/x")).await.expect(400, "VALIDATION_FAILED");
    staff.get(&format!("{PATH}?limit=0")).await.expect(400, "VALIDATION_FAILED");
    for (body, field) in [
        (json!({ "email": "ann" }), "/email"),
        (json!({ "roles": ["No"] }), "/roles/0"),
        (json!({ "uses": 0 }), "/uses"),
        (json!({ "uses": -1 }), "/uses"),
        (json!({ "expiresIn": 59 }), "/expiresIn"),
        (json!({ "expiresIn": "7d" }), "/expiresIn"),
    ] {
        let refused = staff.post(PATH, body).await.expect(400, "VALIDATION_FAILED");
        assert_eq!(refused["errors"][0]["field"], field);
    }
}

#[tokio::test]
async fn invitations_are_for_services_with_the_scope() {
    let app = App::start().await;
    let (access, _) = app.session("ann").await;
    let id = "01a200b9-c0e1-7bcf-8b25-c7f70207dc6c";
    let token = TestInternalTokens.issue("games", &[Scope::RolesWrite], app.service.now() + Duration::from_secs(60));
    let games = app.client().bearer(&token);
    for client in [app.client(), app.client().bearer(&access), games.clone()] {
        let replies =
            [client.post(PATH, json!({})).await, client.get(PATH).await, client.delete(&format!("{PATH}/{id}")).await];
        for reply in replies {
            assert!(matches!(reply.status, 401 | 403), "{reply}");
        }
    }
    assert_eq!(games.post(PATH, json!({})).await.expect(403, "FORBIDDEN")["scope"], "users:write");
    assert_eq!(app.service.store.invitations(), []);
}
