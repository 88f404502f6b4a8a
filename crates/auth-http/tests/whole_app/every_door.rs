//! Every operation of the OpenAPI document with every kind of token and role. What each operation takes is written down in
//! [`DOORS`], apart from the code: an operation that is missing there fails, and so does one that takes more or less.

use std::collections::BTreeSet;
use std::time::Duration;

use actix_web::http::Method;
use auth_domain::audience::{AudienceName, Audiences};
use auth_domain::challenge::ChallengePurpose;
use auth_domain::internal::Scope;
use auth_domain::ports::TempTokens as _;
use auth_domain::temp_token::{TempClaims, TempStep};
use auth_domain::use_cases::Policy;
use auth_testkit::doubles::TestInternalTokens;
use auth_testkit::test_service::client;
use serde_json::{Value, json};

use crate::harness::{App, Client, PASSWORD, Reply, URL, otp, temp_token};

/// What an operation takes.
#[derive(Clone, Copy, Debug)]
enum Door {
    /// Nothing: a token changes nothing.
    Open,
    /// The refresh token in the body. An access token beside it may have expired, but must not be anything else.
    Logout,
    /// An access token of any login.
    Access,
    /// An access token of a fresh login, with the second factor where the user has one.
    Fresh,
    /// A temp token of one of these steps.
    Temp(&'static [Step]),
    /// An access token, or a temp token of that step.
    AccessOr(Step),
    /// An internal token with this scope.
    Internal(Scope),
    /// An internal token with this scope, or an admin's access token of a fresh login.
    Admin(Scope),
}

/// The steps of temp tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Reset,
    ResetVerified,
    VerifyEmail,
    Login,
    Reauthenticate,
}

/// The kinds of tokens, and what became of whom they were issued to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Nothing,
    Garbage,
    Refresh,
    /// Of a user who has just logged in.
    User,
    /// Of an admin who has just logged in.
    Admin,
    ExpiredUser,
    ExpiredAdmin,
    /// Of a user whose login is too old.
    StaleUser,
    StaleAdmin,
    /// Of a login without the second factor that the user has by now.
    WithoutFactor,
    /// Of an admin, the same.
    AdminWithoutFactor,
    /// Of an admin who is a user again.
    Demoted,
    Suspended,
    SuspendedAdmin,
    LoggedOut,
    Deleted,
    /// For another audience.
    OtherAudience,
    OtherAudienceAdmin,
    Temp(Step),
    Service(Option<Scope>),
    ExpiredService,
}

use Door::{Access, AccessOr, Admin, Fresh, Internal, Logout, Open, Temp};

const SECOND_FACTOR: Door = Temp(&[Step::Login, Step::Reauthenticate]);

const DOORS: &[(&str, Door)] = &[
    ("POST /auth/register", Open),
    ("POST /auth/login", Open),
    ("POST /auth/refresh", Open),
    ("POST /auth/reauthenticate", Access),
    ("POST /auth/logout", Logout),
    ("POST /auth/logout-all", Access),
    ("POST /auth/lost-password", Open),
    ("POST /auth/verify-code", Temp(&[Step::Reset])),
    ("POST /auth/update-password", Temp(&[Step::ResetVerified])),
    ("POST /auth/verify-email", AccessOr(Step::VerifyEmail)),
    ("POST /auth/verify-email/resend", AccessOr(Step::VerifyEmail)),
    ("GET /auth/me", Access),
    ("GET /auth/me/export", Fresh),
    ("POST /auth/me/export", Fresh),
    // With the old password; `fresh_login` tries an address alone.
    ("POST /auth/update-credentials", Access),
    ("POST /auth/verify-update-credentials", Access),
    ("POST /2fa/app/setup", Fresh),
    ("DELETE /2fa/app/setup", Access),
    ("POST /2fa/app/verify-setup", Fresh),
    ("POST /2fa/email/setup", Fresh),
    ("POST /2fa/email/verify-setup", Fresh),
    ("GET /2fa", Access),
    ("POST /2fa/enable", Fresh),
    ("POST /2fa/disable", Fresh),
    ("POST /2fa/primary", Fresh),
    ("POST /2fa/recovery/regenerate", Fresh),
    ("POST /2fa/app/verify-login", SECOND_FACTOR),
    ("POST /2fa/email/verify-login", SECOND_FACTOR),
    ("POST /2fa/email/send-login", SECOND_FACTOR),
    ("POST /2fa/recovery/verify-login", SECOND_FACTOR),
    ("GET /auth/sessions", Access),
    ("DELETE /auth/sessions/{session_id}", Access),
    ("GET /auth/verify", Access),
    ("GET /auth/providers", Open),
    ("GET /auth", Internal(Scope::CredentialsRead)),
    ("DELETE /auth/delete", Fresh),
    ("DELETE /auth/{user_id}", Internal(Scope::CredentialsDelete)),
    ("GET /auth/deletions/{deletion_id}", Internal(Scope::DeletionsRead)),
    ("GET /auth/events", Internal(Scope::EventsRead)),
    ("PUT /auth/{user_id}/roles", Internal(Scope::RolesWrite)),
    ("POST /auth/admin/invitations", Admin(Scope::UsersWrite)),
    ("GET /auth/admin/invitations", Admin(Scope::UsersWrite)),
    ("DELETE /auth/admin/invitations/{invitation_id}", Admin(Scope::UsersWrite)),
    ("POST /auth/introspect", Internal(Scope::TokensIntrospect)),
    ("POST /auth/token/exchange", Internal(Scope::TokensExchange)),
    ("GET /auth/admin/users", Admin(Scope::UsersRead)),
    ("POST /auth/admin/users", Admin(Scope::UsersWrite)),
    ("GET /auth/admin/users/{user_id}", Admin(Scope::UsersRead)),
    ("DELETE /auth/admin/users/{user_id}", Admin(Scope::UsersWrite)),
    ("PATCH /auth/admin/users/{user_id}/roles", Admin(Scope::UsersWrite)),
    ("POST /auth/admin/users/{user_id}/suspend", Admin(Scope::UsersWrite)),
    ("POST /auth/admin/users/{user_id}/resume", Admin(Scope::UsersWrite)),
    ("POST /auth/admin/users/{user_id}/restore", Admin(Scope::UsersWrite)),
    ("DELETE /auth/admin/users/{user_id}/sessions", Admin(Scope::UsersWrite)),
    ("DELETE /auth/admin/users/{user_id}/2fa", Admin(Scope::UsersWrite)),
    ("PUT /auth/admin/users/{user_id}/email", Admin(Scope::UsersWrite)),
    ("POST /auth/admin/users/{user_id}/require-password", Admin(Scope::UsersWrite)),
    ("GET /auth/admin/audit", Admin(Scope::AuditRead)),
    ("GET /auth/admin/status", Admin(Scope::StatusRead)),
    ("GET /.well-known/jwks.json", Open),
    ("GET /health/live", Open),
    ("GET /health/ready", Open),
    ("GET /health/client", Open),
    ("GET /metrics", Open),
    ("GET /auth/google/authorize", Open),
    ("GET /auth/google", Open),
    ("POST /auth/google/link", Fresh),
    ("DELETE /auth/google/link", Fresh),
    ("POST /auth/google/token", Open),
    ("GET /auth/42/authorize", Open),
    ("GET /auth/42", Open),
    ("POST /auth/42/link", Fresh),
    ("DELETE /auth/42/link", Fresh),
];

impl Door {
    /// What a caller of that kind is refused with; `None` for who is let in.
    fn refusal(self, kind: Kind) -> Option<(u16, &'static str)> {
        if kind == Kind::Nothing && !matches!(self, Open | Logout) {
            return Some((401, "TOKEN_REQUIRED"));
        }
        match self {
            Open => None,
            Logout => match kind {
                Kind::Nothing | Kind::ExpiredUser | Kind::ExpiredAdmin => None,
                kind => as_user(kind),
            },
            Access => as_user(kind),
            Fresh => as_user(kind).or_else(|| stale(kind)),
            Temp(steps) => match kind {
                Kind::Temp(step) if steps.contains(&step) => None,
                // The right purpose, but the code has not been entered yet.
                Kind::Temp(Step::Reset) if steps == [Step::ResetVerified] => Some((401, "UNAUTHORIZED")),
                _ => Some((401, "TEMP_TOKEN_INVALID")),
            },
            AccessOr(step) => match kind {
                Kind::Temp(other) => (other != step).then_some((401, "TEMP_TOKEN_INVALID")),
                kind => as_user(kind),
            },
            Internal(scope) => match kind {
                Kind::Service(held) => (held != Some(scope)).then_some((403, "FORBIDDEN")),
                Kind::ExpiredService => Some((401, "INTERNAL_TOKEN_EXPIRED")),
                _ => Some((401, "INTERNAL_TOKEN_INVALID")),
            },
            Admin(scope) => match kind {
                Kind::Service(held) => (held != Some(scope)).then_some((403, "FORBIDDEN")),
                Kind::ExpiredService => Some((401, "INTERNAL_TOKEN_EXPIRED")),
                Kind::User | Kind::StaleUser | Kind::WithoutFactor | Kind::Demoted => Some((403, "FORBIDDEN")),
                kind => as_user(kind).or_else(|| stale(kind)),
            },
        }
    }
}

/// What whoever needs an access token is refused with.
fn as_user(kind: Kind) -> Option<(u16, &'static str)> {
    match kind {
        Kind::User
        | Kind::Admin
        | Kind::StaleUser
        | Kind::StaleAdmin
        | Kind::WithoutFactor
        | Kind::AdminWithoutFactor
        | Kind::Demoted => None,
        Kind::ExpiredUser | Kind::ExpiredAdmin => Some((401, "ACCESS_TOKEN_EXPIRED")),
        Kind::Suspended | Kind::SuspendedAdmin => Some((403, "ACCOUNT_SUSPENDED")),
        Kind::LoggedOut | Kind::Deleted => Some((401, "UNAUTHORIZED")),
        Kind::OtherAudience | Kind::OtherAudienceAdmin => Some((401, "WRONG_AUDIENCE")),
        Kind::Nothing | Kind::Garbage | Kind::Refresh | Kind::Temp(_) | Kind::Service(_) | Kind::ExpiredService => {
            Some((401, "ACCESS_TOKEN_INVALID"))
        }
    }
}

fn stale(kind: Kind) -> Option<(u16, &'static str)> {
    let is_stale = matches!(kind, Kind::StaleUser | Kind::StaleAdmin | Kind::WithoutFactor | Kind::AdminWithoutFactor);
    is_stale.then_some((401, "REAUTHENTICATION_REQUIRED"))
}

/// Codes with which somebody is refused for their token.
const REFUSALS: [&str; 13] = [
    "TOKEN_REQUIRED",
    "ACCESS_TOKEN_INVALID",
    "ACCESS_TOKEN_EXPIRED",
    "TEMP_TOKEN_INVALID",
    "TEMP_TOKEN_EXPIRED",
    "INTERNAL_TOKEN_INVALID",
    "INTERNAL_TOKEN_EXPIRED",
    "WRONG_AUDIENCE",
    "UNAUTHORIZED",
    "REAUTHENTICATION_REQUIRED",
    "FORBIDDEN",
    "ACCOUNT_SUSPENDED",
    "INTERNAL_SERVER_ERROR",
];

/// The service with an audience besides the default one.
async fn start() -> App {
    let others = [AudienceName::parse("orders").unwrap()];
    App::under(Policy { audiences: Audiences::new(URL.to_owned(), others.into()), ..Policy::for_tests() }).await
}

async fn set_roles(app: &App, name: &str, roles: &[&str]) {
    let (operator, id) = (&app.service.operator, app.account(name).id);
    let roles: Vec<String> = roles.iter().map(|role| (*role).to_owned()).collect();
    operator.set_roles.by_operator(&operator.operator, id, &roles, &client()).await.unwrap();
}

/// Registers a user, with the role `admin` if the name says so, and logs them in.
async fn session(app: &App, name: &str) -> (String, String) {
    app.register(name).await;
    if name.contains("admin") {
        set_roles(app, name, &["admin", "user"]).await;
    }
    app.client().login(name, PASSWORD).await.tokens()
}

async fn access(app: &App, name: &str) -> String {
    session(app, name).await.0
}

async fn suspend(app: &App, name: &str) {
    let operator = &app.service.operator;
    let by = operator.operator.as_admin();
    operator.suspend_account.suspend(&by, app.account(name).id, &client()).await.unwrap();
}

async fn for_orders(app: &App, name: &str) -> String {
    access(app, name).await;
    let body = json!({ "username": name, "password": PASSWORD, "resource": "orders" });
    app.client().post("/auth/login", body).await.tokens().0
}

/// The temp token to enter the code of a reset with.
async fn asked_for_reset(app: &App, name: &str) -> String {
    app.register(name).await;
    let body = json!({ "email": format!("{name}@example.org") });
    temp_token(&app.client().post("/auth/lost-password", body).await.expect(200, "CODE_SENT"))
}

async fn temps(app: &App) -> Vec<(Kind, String)> {
    let asked = asked_for_reset(app, "reset").await;
    let token = asked_for_reset(app, "verified").await;
    let code = app.code(ChallengePurpose::PasswordReset, "verified@example.org", 1).await;
    let verified = app.client().bearer(&token).post("/auth/verify-code", otp(&code)).await;
    let verified = temp_token(&verified.expect(200, "CODE_VERIFIED"));

    let user = app.register("unproved").await;
    let challenges = app.service.store.challenges_for(ChallengePurpose::VerifyEmail);
    let id = user["id"].as_str().unwrap();
    let of_user = |of: &auth_domain::AccountId| of.to_string() == id;
    let challenge = challenges.iter().find(|one| one.challenged.account_id().as_ref().is_some_and(of_user)).unwrap();
    let (issued_at, expires_at) = (app.service.now(), app.service.now() + Duration::from_secs(600));
    let claims = TempClaims { challenge_id: challenge.id, step: TempStep::GiveVerifyEmailCode, issued_at, expires_at };
    let verify = app.service.temp_tokens.issue(&claims).reveal().to_owned();

    app.register("factor").await;
    app.service.enable_email_factor(&app.account("factor"));
    app.service.enable_app(&app.account("factor"));
    let login = temp_token(&app.client().login("factor", PASSWORD).await.expect(206, "TWOFA_REQUIRED"));
    let again = access(app, "again").await;
    app.service.enable_email_factor(&app.account("again"));
    app.service.enable_app(&app.account("again"));
    let body = json!({ "password": PASSWORD });
    let again = app.client().bearer(&again).post("/auth/reauthenticate", body).await.expect(206, "TWOFA_REQUIRED");
    let temps = [
        (Step::Reset, asked),
        (Step::ResetVerified, verified),
        (Step::VerifyEmail, verify),
        (Step::Login, login),
        (Step::Reauthenticate, temp_token(&again)),
    ];
    temps.into_iter().map(|(step, token)| (Kind::Temp(step), token)).collect()
}

fn internal(app: &App, scopes: &[Scope], seconds: u64) -> String {
    TestInternalTokens.issue("games", scopes, app.service.now() + Duration::from_secs(seconds))
}

/// A token of every kind, each of somebody else.
async fn tokens(app: &App) -> Vec<(Kind, String)> {
    let expired_service = internal(app, &Scope::ALL, 60);
    let mut all = vec![
        (Kind::Nothing, String::new()),
        (Kind::Garbage, "x".to_owned()),
        (Kind::ExpiredUser, access(app, "expired").await),
        (Kind::ExpiredAdmin, access(app, "expired-admin").await),
        (Kind::ExpiredService, expired_service),
    ];
    let (_, stale) = session(app, "stale").await;
    let (_, stale_admin) = session(app, "stale-admin").await;
    app.wait(901);
    let (stale, refresh) = app.client().refresh(&stale).await.tokens();
    let (stale_admin, _) = app.client().refresh(&stale_admin).await.tokens();
    all.extend([(Kind::StaleUser, stale), (Kind::StaleAdmin, stale_admin), (Kind::Refresh, refresh)]);
    for (kind, name) in [
        (Kind::User, "user"),
        (Kind::Admin, "admin"),
        (Kind::WithoutFactor, "factorless"),
        (Kind::AdminWithoutFactor, "factorless-admin"),
        (Kind::Demoted, "former-admin"),
        (Kind::Suspended, "suspended"),
        (Kind::SuspendedAdmin, "suspended-admin"),
        (Kind::LoggedOut, "out"),
        (Kind::Deleted, "deleted"),
    ] {
        all.push((kind, access(app, name).await));
    }
    for name in ["factorless", "factorless-admin"] {
        app.service.enable_app(&app.account(name));
    }
    set_roles(app, "former-admin", &["user"]).await;
    suspend(app, "suspended").await;
    suspend(app, "suspended-admin").await;
    let of = |kind: Kind| app.client().bearer(&all.iter().find(|(other, _)| *other == kind).unwrap().1);
    of(Kind::LoggedOut).post("/auth/logout-all", json!({})).await.expect(200, "USER_LOGGED_OUT");
    of(Kind::Deleted).delete("/auth/delete").await.expect(200, "USER_DATA_DELETED");
    all.push((Kind::OtherAudience, for_orders(app, "orders").await));
    all.push((Kind::OtherAudienceAdmin, for_orders(app, "orders-admin").await));
    all.extend(temps(app).await);
    let held = std::iter::once(None).chain(Scope::ALL.map(Some));
    all.extend(held.map(|scope| (Kind::Service(scope), internal(app, scope.as_slice(), 60))));
    all
}

/// Calls an operation with a body that is in order.
async fn call(client: &Client, operation: &str, refresh: &str) -> Reply {
    let (method, path) = operation.split_once(' ').unwrap();
    let somebody = "01a200b9-c0e1-7bcf-8b25-c7f70207dc6c";
    let parameters = ["{user_id}", "{session_id}", "{deletion_id}", "{invitation_id}"];
    let path = parameters.iter().fold(path.to_owned(), |path, parameter| path.replace(parameter, somebody));
    let body = json!({
        "username": "somebody", "email": "somebody@example.org", "password": PASSWORD, "confirmPassword": PASSWORD,
        "oldPassword": "wrong horse", "newPassword": PASSWORD, "otpCode": "000000", "recoveryCode": "abcde-fghjk",
        "method": "app", "token": refresh, "roles": ["user"], "add": ["editor"], "subjectToken": "x",
        "resource": "orders", "idToken": "x", "nonce": "x",
    });
    let method: Method = method.parse().unwrap();
    if matches!(method, Method::GET | Method::DELETE) {
        return client.send(method, &path, None).await;
    }
    client.send_body(method, &path, "application/json", body.to_string().into()).await
}

async fn documented(app: &App) -> BTreeSet<String> {
    let document: Value = app.client().get("/auth/doc/openapi.json").await.body;
    let paths = document["paths"].as_object().unwrap().iter();
    let of_path = |(path, methods): (&String, &Value)| {
        let methods: Vec<String> = methods.as_object().unwrap().keys().cloned().collect();
        methods.into_iter().map(|method| format!("{} {path}", method.to_uppercase())).collect::<Vec<_>>()
    };
    paths.flat_map(of_path).collect()
}

/// Who was refused and who was let in by one operation, and what was not as written down.
#[derive(Default)]
struct Judged {
    refused: usize,
    let_in: usize,
    wrong: Vec<String>,
}

/// Tries every token at an operation on rows of its own. Who is let in may change something, so those who are refused go first.
async fn judge(operation: &str, door: Door) -> Judged {
    let app = start().await;
    let mut tokens = tokens(&app).await;
    let refresh = tokens.iter().find(|(kind, _)| *kind == Kind::Refresh).unwrap().1.clone();
    tokens.sort_by_key(|(kind, _)| door.refusal(*kind).is_none());
    // That a session was used is noted whatever comes of it.
    let sessions = || app.service.store.sessions().into_iter().map(|one| (one.id, one.revocation)).collect::<Vec<_>>();
    let state = || (app.service.store.accounts(), sessions());
    let before = state();
    let mut judged = Judged::default();
    for (kind, token) in tokens {
        let client = if kind == Kind::Nothing { app.client() } else { app.client().bearer(&token) };
        let reply = call(&client, operation, &refresh).await;
        let code = reply.body["code"].as_str().unwrap_or_default();
        let is_right = if let Some(refusal) = door.refusal(kind) {
            judged.refused += 1;
            (reply.status, code) == refusal && state() == before
        } else {
            judged.let_in += 1;
            // The first one let in ends the session of the refresh token that the others bring, too.
            let has_ended = matches!(door, Logout) && code == "UNAUTHORIZED" && sessions() != before.1;
            has_ended || !REFUSALS.contains(&code)
        };
        if !is_right {
            let changed = if state() == before { "" } else { ", and something changed" };
            judged.wrong.push(format!("{operation} with {kind:?}: {} {code}{changed}", reply.status));
        }
    }
    judged
}

#[tokio::test]
async fn every_operation_takes_the_tokens_that_are_written_down_and_no_other() {
    let app = start().await;
    let written: BTreeSet<String> = DOORS.iter().map(|(operation, _)| (*operation).to_owned()).collect();
    assert_eq!(documented(&app).await, written);
    let kinds = tokens(&app).await.len();
    let mut all = Judged::default();
    for (operation, door) in DOORS {
        let Judged { refused, let_in, wrong } = judge(operation, *door).await;
        assert_eq!(refused + let_in, kinds);
        all.refused += refused;
        all.let_in += let_in;
        all.wrong.extend(wrong);
    }
    assert!(all.wrong.is_empty(), "{} are wrong:\n{}", all.wrong.len(), all.wrong.join("\n"));
    println!("{} operations, {kinds} kinds of token: {} refused, {} let in", DOORS.len(), all.refused, all.let_in);
}
