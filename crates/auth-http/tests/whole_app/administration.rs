//! `/auth/admin/…`: who may call it, and what it does.

use std::time::Duration;

use actix_web::http::Method;
use auth_domain::account::Account;
use auth_domain::challenge::ChallengePurpose;
use auth_domain::event::EventKind;
use auth_domain::internal::Scope;
use auth_domain::mail::NoticeKind;
use auth_domain::maintenance::Maintenance;
use auth_domain::ports::{Change, MailError, Store as _};
use auth_testkit::doubles::TestInternalTokens;
use auth_testkit::test_service::client;
use serde_json::{Value, json};

use crate::harness::{App, Client, PASSWORD, Reply, otp, temp_token};

const SCOPES: [Scope; 4] = [Scope::UsersRead, Scope::UsersWrite, Scope::AuditRead, Scope::StatusRead];

/// A service that holds these scopes for the next hour.
fn service(app: &App, scopes: &[Scope]) -> Client {
    app.client().bearer(&TestInternalTokens.issue("users", scopes, app.service.now() + Duration::from_secs(3_600)))
}

/// Gives a user the role `admin`.
async fn promote(app: &App, name: &str) -> Account {
    let operator = &app.service.operator;
    let roles = ["admin".to_owned(), "user".to_owned()];
    let id = app.account(name).id;
    operator.set_roles.by_operator(&operator.operator, id, &roles, &client()).await.unwrap()
}

/// An admin who has just logged in: access and refresh token.
async fn admin(app: &App, name: &str) -> (String, String) {
    app.register(name).await;
    promote(app, name).await;
    app.client().login(name, PASSWORD).await.tokens()
}

async fn call(client: &Client, (method, path, body): &(Method, String, Option<Value>)) -> Reply {
    match body {
        Some(body) => client.send_body(method.clone(), path, "application/json", body.to_string().into()).await,
        None => client.send(method.clone(), path, None).await,
    }
}

type Call = (Method, String, Option<Value>);

/// Every endpoint, with its scope and what it answers to who may call it.
fn endpoints(user: &str, new: &str) -> Vec<(Call, Scope, u16, &'static str)> {
    let of = |path: &str| format!("/auth/admin/users/{user}{path}");
    let write = |method: Method, path: &str, body: Option<Value>| ((method, of(path), body), Scope::UsersWrite);
    let users = "/auth/admin/users".to_owned();
    let created = json!({ "email": new });
    let email = json!({ "email": format!("of.{new}"), "verified": true });
    let mut all = vec![
        ((Method::GET, users.clone(), None), Scope::UsersRead, 200, "USERS_FETCHED"),
        ((Method::POST, users, Some(created)), Scope::UsersWrite, 201, "USER_CREATED"),
        ((Method::GET, of(""), None), Scope::UsersRead, 200, "USER_FETCHED"),
        ((Method::GET, "/auth/admin/audit".to_owned(), None), Scope::AuditRead, 200, "AUDIT_FETCHED"),
        ((Method::GET, "/auth/admin/status".to_owned(), None), Scope::StatusRead, 200, "STATUS_FETCHED"),
    ];
    for ((call, scope), code) in [
        (write(Method::PATCH, "/roles", Some(json!({ "add": ["editor"] }))), "USER_UPDATED"),
        (write(Method::POST, "/suspend", None), "USER_UPDATED"),
        (write(Method::POST, "/resume", None), "USER_UPDATED"),
        (write(Method::DELETE, "/sessions", None), "SESSIONS_ENDED"),
        (write(Method::DELETE, "/2fa", None), "USER_UPDATED"),
        (write(Method::PUT, "/email", Some(email)), "USER_UPDATED"),
        (write(Method::POST, "/require-password", None), "USER_UPDATED"),
        (write(Method::DELETE, "", None), "USER_DATA_DELETED"),
    ] {
        all.push((call, scope, 200, code));
    }
    all
}

/// Every kind of token and role that may not call any of them.
async fn strangers(app: &App) -> Vec<(&'static str, Client, u16, &'static str)> {
    let expired = TestInternalTokens.issue("users", &SCOPES, app.service.now() + Duration::from_secs(60));
    let (old, _) = admin(app, "old").await;
    let (_, refresh) = admin(app, "sid").await;
    app.wait(901);
    let (stale, _) = app.client().refresh(&refresh).await.tokens();
    let (user, _) = app.session("uma").await;
    let (before, _) = app.session("pam").await;
    promote(app, "pam").await;
    let (demoted, _) = admin(app, "dan").await;
    let operator = &app.service.operator;
    let roles = ["user".to_owned()];
    operator.set_roles.by_operator(&operator.operator, app.account("dan").id, &roles, &client()).await.unwrap();
    let (suspended, _) = admin(app, "sue").await;
    let by = operator.operator.as_admin();
    operator.suspend_account.suspend(&by, app.account("sue").id, &client()).await.unwrap();
    let (no_factor, _) = admin(app, "ned").await;
    app.service.enable_app(&app.account("ned"));
    let asked = app.client().post("/auth/lost-password", json!({ "email": "uma@example.org" })).await;
    let temp = temp_token(&asked.expect(200, "CODE_SENT"));
    let bearer = |token: &str| app.client().bearer(token);
    vec![
        ("nobody", app.client(), 401, "TOKEN_REQUIRED"),
        ("no token", bearer("x"), 401, "ACCESS_TOKEN_INVALID"),
        ("a refresh token", bearer(&refresh), 401, "ACCESS_TOKEN_INVALID"),
        ("a temp token", bearer(&temp), 401, "ACCESS_TOKEN_INVALID"),
        ("an expired token", bearer(&old), 401, "ACCESS_TOKEN_EXPIRED"),
        ("an old login", bearer(&stale), 401, "REAUTHENTICATION_REQUIRED"),
        ("a login without the second factor", bearer(&no_factor), 401, "REAUTHENTICATION_REQUIRED"),
        ("a user", bearer(&user), 403, "FORBIDDEN"),
        ("a token from before the promotion", bearer(&before), 403, "FORBIDDEN"),
        ("a token from before the demotion", bearer(&demoted), 403, "FORBIDDEN"),
        ("a suspended admin", bearer(&suspended), 403, "ACCOUNT_SUSPENDED"),
        ("a service without scopes", service(app, &[]), 403, "FORBIDDEN"),
        ("an expired service", bearer(&expired), 401, "INTERNAL_TOKEN_EXPIRED"),
    ]
}

#[tokio::test]
async fn no_other_token_or_role_administers() {
    let app = App::start().await;
    admin(&app, "ann").await;
    let user = app.register("bob").await["id"].as_str().unwrap().to_owned();
    let strangers = strangers(&app).await;
    let before = (app.service.store.accounts(), app.service.store.audit_records().len());
    for (call_, scope, ..) in endpoints(&user, "new@example.org") {
        for (who, client, status, code) in &strangers {
            let reply = call(client, &call_).await;
            assert_eq!((reply.status, &reply.body["code"]), (*status, &json!(code)), "{who}: {call_:?}");
        }
        let others: Vec<Scope> = SCOPES.into_iter().filter(|other| *other != scope).collect();
        let reply = call(&service(&app, &others), &call_).await.expect(403, "FORBIDDEN");
        assert_eq!(reply["scope"], scope.as_str(), "{call_:?}");
    }
    let after = (app.service.store.accounts(), app.service.store.audit_records().len());
    assert_eq!(after, before, "and nothing happened");
}

#[tokio::test]
async fn admins_and_services_with_the_scope_administer() {
    let app = App::start().await;
    let (access, _) = admin(&app, "ann").await;
    for (name, caller) in [("bob", Some(app.client().bearer(&access))), ("eve", None)] {
        let user = app.register(name).await["id"].as_str().unwrap().to_owned();
        for (call_, scope, status, code) in endpoints(&user, &format!("new.{name}@example.org")) {
            let before = app.service.store.audit_records().len();
            let client = caller.clone().unwrap_or_else(|| service(&app, &[scope]));
            call(&client, &call_).await.expect(status, code);
            let records = app.service.store.audit_records();
            let writes = scope == Scope::UsersWrite && !call_.1.ends_with("/2fa");
            assert_eq!(records.len() > before, writes, "{call_:?} is recorded");
        }
        let gone = caller.unwrap_or_else(|| service(&app, &SCOPES));
        for (call_, ..) in endpoints(&user, "x@example.org").into_iter().filter(|(call, ..)| call.1.contains(&user)) {
            call(&gone, &call_).await.expect(404, "USER_NOT_FOUND");
        }
    }
}

/// Where the login is old, a new one helps; where the account has a second factor, only one with it.
#[tokio::test]
async fn an_admin_reauthenticates() {
    let app = App::start().await;
    let (_, refresh) = admin(&app, "ann").await;
    app.wait(901);
    let (stale, _) = app.client().refresh(&refresh).await.tokens();
    let ann = app.client().bearer(&stale);
    ann.get("/auth/admin/users").await.expect(401, "REAUTHENTICATION_REQUIRED");
    let again = ann.post("/auth/reauthenticate", json!({ "password": PASSWORD })).await.expect(200, "REAUTHENTICATED");
    let fresh = again["tokens"]["accessToken"].as_str().unwrap();
    app.client().bearer(fresh).get("/auth/admin/users").await.expect(200, "USERS_FETCHED");
}

#[tokio::test]
async fn users_are_found_page_by_page() {
    let app = App::start().await;
    let reader = service(&app, &[Scope::UsersRead]);
    for name in ["ann", "bob", "anna"] {
        app.register(name).await;
    }
    let search = async |query: &str| {
        let found = reader.get(&format!("/auth/admin/users?{query}")).await.expect(200, "USERS_FETCHED");
        let names = found["users"].as_array().unwrap().iter().map(|one| one["username"].clone());
        (Value::Array(names.collect()), found["next"].clone())
    };
    let id = app.account("bob").id;
    for (query, names) in [
        ("", json!(["ann", "bob", "anna"])),
        ("search=ANN", json!(["ann", "anna"])),
        ("search=anna%40example", json!(["anna"])),
        (&format!("search={id}"), json!(["bob"])),
        ("email=Bob%40example.org", json!(["bob"])),
        ("username=ANN", json!(["ann"])),
        ("username=ann&role=admin", json!([])),
        ("role=user&state=active", json!(["ann", "bob", "anna"])),
        ("state=suspended", json!([])),
        ("provider=google", json!([])),
        ("limit=3", json!(["ann", "bob", "anna"])),
    ] {
        assert_eq!(search(query).await, (names, Value::Null), "{query}");
    }
    let (first, next) = search("search=ann&limit=1").await;
    assert_eq!(first, json!(["ann"]));
    let (second, end) = search(&format!("search=ann&limit=1&after={}", next.as_str().unwrap())).await;
    assert_eq!((second, end), (json!(["anna"]), Value::Null));
    for wrong in ["limit=0", "limit=201", "state=x", "role=No", "provider=%20", "search=", "after=x", "role=a&role=b"] {
        reader.get(&format!("/auth/admin/users?{wrong}")).await.expect(400, "VALIDATION_FAILED");
    }
}

#[tokio::test]
async fn a_user_is_shown_with_all_that_belongs_to_it() {
    let app = App::start().await;
    app.session("ann").await;
    app.service.enable_app(&app.account("ann"));
    let google = app.service.google.clone();
    app.service.link(&app.account("ann"), &google, "1|ann");
    let shown = service(&app, &[Scope::UsersRead]).get(&format!("/auth/admin/users/{}", app.account("ann").id)).await;
    insta::assert_snapshot!("a_user_with_details", shown);
    let data = shown.expect(200, "USER_FETCHED");
    assert_eq!((&data["sessions"].as_array().unwrap().len(), &data["logins"].as_array().unwrap().len()), (&1, &1));
    assert_eq!((&data["factors"][0]["method"], &data["identities"][0]["subject"]), (&json!("app"), &json!("1|ann")));
    assert!(!data.to_string().contains("argon2"));
}

/// By mail, since nobody else knows a password; a given one works at once.
#[tokio::test]
async fn a_user_who_was_created_sets_a_password() {
    let app = App::start().await;
    let writer = service(&app, &[Scope::UsersWrite]);
    let create = async |body: Value| writer.post("/auth/admin/users", body).await;
    let created = create(json!({ "email": "ann@example.org", "username": "ann", "emailVerified": true })).await;
    insta::assert_snapshot!("a_user_that_was_created", created);
    assert_eq!(app.service.store.notices_to(&app.account("ann").email), [NoticeKind::AccountAwaitsPassword]);
    app.client().login("ann", PASSWORD).await.expect(400, "USER_ALREADY_LINKED");
    let asked = app.client().post("/auth/lost-password", json!({ "email": "ann@example.org" })).await;
    let reset = temp_token(&asked.expect(200, "CODE_SENT"));
    let code = app.code(ChallengePurpose::PasswordReset, "ann@example.org", 1).await;
    let given = app.client().bearer(&reset).post("/auth/verify-code", otp(&code)).await.expect(200, "CODE_VERIFIED");
    let body = json!({ "password": PASSWORD, "confirmPassword": PASSWORD });
    let set = app.client().bearer(&temp_token(&given)).post("/auth/update-password", body).await;
    set.expect(200, "USER_LOGGED_IN");
    app.client().login("ann", PASSWORD).await.expect(200, "USER_LOGGED_IN");

    let bob = json!({ "email": "bob@example.org", "username": "bob", "password": PASSWORD, "roles": ["editor"] });
    let created = create(bob).await.expect(201, "USER_CREATED");
    assert_eq!(created["user"]["roles"], json!(["editor"]));
    app.client().login("bob", PASSWORD).await.expect(200, "USER_LOGGED_IN");
    for (body, code) in [
        (json!({ "email": "bob@example.org" }), "USER_EXISTS"),
        (json!({ "email": "rob@example.org", "username": "BOB" }), "USER_EXISTS"),
        (json!({ "email": "rob@example.org", "password": "password" }), "PASSWORD_POLICY"),
        (json!({ "email": "rob", "roles": ["No"] }), "VALIDATION_FAILED"),
        (json!({}), "VALIDATION_FAILED"),
    ] {
        create(body).await.expect(400, code);
    }
}

/// With what deserves attention, and why a mail was given up.
#[tokio::test]
async fn the_state_of_the_service_is_read() {
    let app = App::start().await;
    let reader = service(&app, &[Scope::StatusRead]);
    let status = async || reader.get("/auth/admin/status").await.expect(200, "STATUS_FETCHED");
    let refused = "550 5.1.1 no such user".to_owned();
    app.service.mailer.fail_next(MailError::Permanent(refused.clone()));
    app.register("ann").await;
    app.service.deliver_mails().await;
    app.register("bob").await;
    let fresh = status().await;
    let mails = &fresh["mails"];
    assert_eq!((&mails["waiting"], &mails["failed"]), (&json!(1), &json!(1)), "{mails}");
    assert_eq!(mails["waitingMails"][0]["recipient"], "bob@example.org");
    assert_eq!(
        (&mails["failedMails"][0]["recipient"], &mails["failedMails"][0]["error"]),
        (&json!("ann@example.org"), &json!(refused))
    );
    assert_eq!(fresh["signingKeys"], json!([]));
    assert_eq!(fresh["concerns"], json!(["mails_failed", "no_signing_key", "restore_never_verified"]));
    app.wait(601);
    let now = app.service.now();
    let restored = Change::RecordMaintenance { kind: Maintenance::VerifiedRestore, at: now };
    app.service.store.commit(vec![restored]).await.unwrap();
    app.service.use_cases.publish_signing_keys.rotate().await.unwrap();
    let later = status().await;
    assert_eq!(later["concerns"], json!(["mails_late", "mails_failed"]));
    assert_eq!(later["signingKeys"][0]["state"], "current");
    assert_eq!(later["lastVerifiedRestoreAt"], later["at"]);
}

#[tokio::test]
async fn a_required_password_is_reset_before_the_next_login() {
    let app = App::start().await;
    let (access, refresh) = app.session("ann").await;
    let path = format!("/auth/admin/users/{}/require-password", app.account("ann").id);
    let required = service(&app, &[Scope::UsersWrite]).post(&path, json!({})).await.expect(200, "USER_UPDATED");
    assert_eq!(required["user"]["newPasswordRequired"], true);
    app.client().login("ann", PASSWORD).await.expect(403, "NEW_PASSWORD_REQUIRED");
    app.client().login("ann", "not the password").await.expect(400, "INVALID_PASSWORD");
    app.me(&access).await.expect(200, "USER_FETCHED");
    app.client().refresh(&refresh).await.tokens();
    let asked = app.client().post("/auth/lost-password", json!({ "email": "ann@example.org" })).await;
    let code = app.code(ChallengePurpose::PasswordReset, "ann@example.org", 1).await;
    let reset = app.client().bearer(&temp_token(&asked.expect(200, "CODE_SENT")));
    let given = reset.post("/auth/verify-code", otp(&code)).await.expect(200, "CODE_VERIFIED");
    let body = json!({ "password": "another correct horse", "confirmPassword": "another correct horse" });
    let set = app.client().bearer(&temp_token(&given)).post("/auth/update-password", body).await;
    set.expect(200, "USER_LOGGED_IN");
    app.client().login("ann", "another correct horse").await.expect(200, "USER_LOGGED_IN");
}

#[tokio::test]
async fn an_address_is_corrected_and_a_verified_one_only_by_a_verified_one() {
    let app = App::start().await;
    app.register("ann").await;
    app.register("bob").await;
    let writer = service(&app, &[Scope::UsersWrite]);
    let path = format!("/auth/admin/users/{}/email", app.account("ann").id);
    let put =
        async |body: Value| writer.send_body(Method::PUT, &path, "application/json", body.to_string().into()).await;
    put(json!({ "email": "bob@example.org" })).await.expect(400, "EMAIL_EXISTS");
    put(json!({ "email": "no address" })).await.expect(400, "VALIDATION_FAILED");
    let corrected = put(json!({ "email": "anne@example.org" })).await.expect(200, "USER_UPDATED");
    assert_eq!(corrected["user"]["emailVerified"], false);
    let proved = put(json!({ "email": "anne@example.org", "verified": true })).await.expect(200, "USER_UPDATED");
    assert_eq!(proved["user"]["emailVerified"], true);
    assert!(app.account("ann").ever_proved);
    let refused = put(json!({ "email": "other@example.org" })).await.expect(400, "VALIDATION_FAILED");
    assert_eq!(refused["errors"][0]["field"], "/verified");
    put(json!({ "email": "other@example.org", "verified": true })).await.expect(200, "USER_UPDATED");
    let ann = app.account("ann");
    assert_eq!((ann.email.as_str(), ann.email_verified), ("other@example.org", true));
    assert!(app.notices("anne@example.org").await.contains(&NoticeKind::EmailChanged));
    assert_eq!(app.notices("other@example.org").await, [NoticeKind::EmailSetByAdmin]);
    app.client().login("other@example.org", PASSWORD).await.expect(200, "USER_LOGGED_IN");
}

#[tokio::test]
async fn a_lost_phone_is_forgotten() {
    let app = App::start().await;
    app.register("ann").await;
    app.service.enable_app(&app.account("ann"));
    let pending = app.client().login("ann", PASSWORD).await.expect(206, "TWOFA_REQUIRED");
    let path = format!("/auth/admin/users/{}/2fa", app.account("ann").id);
    let writer = service(&app, &[Scope::UsersWrite]);
    writer.delete(&path).await.expect(200, "USER_UPDATED");
    writer.delete(&path).await.expect(200, "USER_UPDATED");
    let code = app.client().bearer(&temp_token(&pending));
    code.post("/2fa/app/verify-login", otp("123456")).await.expect(401, "TEMP_TOKEN_INVALID");
    app.client().login("ann", PASSWORD).await.expect(200, "USER_LOGGED_IN");
    let told = app.service.store.notices_to(&app.account("ann").email);
    assert_eq!(told.iter().filter(|kind| **kind == NoticeKind::SecondFactorsReset).count(), 1, "only the first time");
}

/// By no endpoint and no token, their own included; another admin makes it possible.
#[tokio::test]
async fn the_last_admin_stays() {
    let app = App::start().await;
    let (access, _) = admin(&app, "ann").await;
    let id = app.account("ann").id;
    let ann = app.client().bearer(&access);
    let demote = json!({ "remove": ["admin"] }).to_string();
    let of = |path: &str| format!("/auth/admin/users/{id}{path}");
    let games = service(&app, &[Scope::RolesWrite, Scope::CredentialsDelete]);
    let roles = json!({ "roles": ["user"] }).to_string();
    let patched = ann.send_body(Method::PATCH, &of("/roles"), "application/json", demote.into()).await;
    patched.expect(400, "LAST_ADMIN");
    ann.post(&of("/suspend"), json!({})).await.expect(400, "LAST_ADMIN");
    ann.delete(&of("")).await.expect(400, "LAST_ADMIN");
    ann.delete("/auth/delete").await.expect(400, "LAST_ADMIN");
    games.delete(&format!("/auth/{id}")).await.expect(400, "LAST_ADMIN");
    let put = games.send_body(Method::PUT, &format!("/auth/{id}/roles"), "application/json", roles.into()).await;
    put.expect(400, "LAST_ADMIN");
    admin(&app, "bob").await;
    ann.post(&of("/suspend"), json!({})).await.expect(200, "USER_UPDATED");
}

/// What administrators do is announced, in the order in which it was done.
#[tokio::test]
async fn other_services_are_told() {
    let app = App::start().await;
    app.register("ann").await;
    let id = app.account("ann").id;
    let writer = service(&app, &[Scope::UsersWrite]);
    for act in ["suspend", "suspend", "resume", "resume"] {
        writer.post(&format!("/auth/admin/users/{id}/{act}"), json!({})).await.expect(200, "USER_UPDATED");
    }
    let path = format!("/auth/admin/users/{id}/roles");
    for _ in 0..2 {
        let body = json!({ "add": ["editor"] }).to_string();
        let changed = writer.send_body(Method::PATCH, &path, "application/json", body.into()).await;
        assert_eq!(changed.expect(200, "USER_UPDATED")["user"]["roles"], json!(["editor", "user"]));
    }
    let kinds: Vec<EventKind> = app.service.store.events().into_iter().map(|event| event.kind).collect();
    let expected =
        [EventKind::UserRegistered, EventKind::UserSuspended, EventKind::UserResumed, EventKind::UserRolesChanged];
    assert_eq!(kinds, expected, "each once");
}

#[tokio::test]
async fn the_audit_trail_is_read_backwards() {
    let app = App::start().await;
    app.session("ann").await;
    app.register("bob").await;
    let reader = service(&app, &[Scope::AuditRead]);
    let read = async |query: &str| {
        let read = reader.get(&format!("/auth/admin/audit?{query}")).await.expect(200, "AUDIT_FETCHED");
        let actions = read["records"].as_array().unwrap().iter().map(|record| record["action"].clone());
        (Value::Array(actions.collect()), read["next"].clone())
    };
    let ann = app.account("ann").id;
    let all = json!(["account.registered", "session.opened", "account.registered"]);
    assert_eq!(read("").await, (all.clone(), Value::Null));
    assert_eq!(read(&format!("user={ann}")).await.0, json!(["session.opened", "account.registered"]));
    assert_eq!(read("action=session.opened&outcome=done&actor=client").await.0, json!(["session.opened"]));
    assert_eq!(read("actor=service:users").await.0, json!([]));
    assert_eq!(read("from=2100-01-01T00:00:00Z").await.0, json!([]));
    assert_eq!(read("until=2000-01-01T00:00:00Z").await.0, json!([]));
    let (mut page, mut next) = read("limit=1").await;
    let mut found = Vec::new();
    while !next.is_null() {
        found.push(page[0].clone());
        (page, next) = read(&format!("limit=1&after={}", next.as_str().unwrap())).await;
    }
    found.push(page[0].clone());
    assert_eq!(Value::Array(found), all);
    for wrong in ["user=x", "actor=x", "outcome=x", "from=x", "until=x", "after=x", "limit=0"] {
        reader.get(&format!("/auth/admin/audit?{wrong}")).await.expect(400, "VALIDATION_FAILED");
    }
}
