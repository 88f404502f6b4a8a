//! A suspended account, at every door.

use std::time::Duration;

use auth_domain::account::Account;
use auth_domain::challenge::ChallengePurpose;
use auth_domain::disclosure::Disclosure;
use auth_domain::internal::Scope;
use auth_domain::mail::NoticeKind;
use auth_domain::use_cases::{EmailVerification, Policy};
use auth_testkit::doubles::{TestInternalTokens, TestProvider};
use auth_testkit::test_service::client;
use serde_json::json;

use crate::harness::{App, PASSWORD, Reply, otp, temp_token};

const NONCE: &str = "n-0S6";

/// A user with two sessions, an identity and two resets under way, and another one whose login waits for an app.
struct Doors {
    app: App,
    access: String,
    refresh: String,
    /// To give the code with, and the code.
    reset: (String, String),
    /// To set the password with.
    verified: String,
    /// To finish the other user's login with.
    login: String,
    /// To verify the address with, and the code.
    proof: (String, String),
}

impl Doors {
    async fn of(disclosure: Disclosure) -> Self {
        let app = App::with(Policy { disclosure, ..Policy::for_tests() }, |edge| edge.cookies = true).await;
        let (access, refresh) = app.session("ann").await;
        app.service.link(&app.account("ann"), &app.service.google.clone(), "1|ann");
        app.service.google.identifies("1|ann", None);
        let (verified, code) = asked(&app, 1).await;
        let bearer = app.client().bearer(&verified);
        let verified = temp_token(&bearer.post("/auth/verify-code", otp(&code)).await.expect(200, "CODE_VERIFIED"));
        let reset = asked(&app, 2).await;
        app.register("amy").await;
        app.service.enable_app(&app.account("amy"));
        let login = temp_token(&app.client().login("amy", PASSWORD).await.expect(206, "TWOFA_REQUIRED"));
        let proof = proof(&app).await;
        for name in ["ann", "amy", "eve"] {
            suspend(&app, &app.account(name)).await;
        }
        Self { app, access, refresh, reset, verified, login, proof }
    }

    /// Tries every door; returns what each answers.
    async fn all(&self) -> Vec<(&'static str, Reply)> {
        let (app, client) = (&self.app, self.app.client());
        let ann = client.bearer(&self.access);
        let cookie = client.header("Cookie", &format!("__Host-auth-access={}", self.access));
        let cookie = cookie.header("Sec-Fetch-Site", "same-origin");
        let by_refresh = client.header("Cookie", &format!("__Host-auth-refresh={}", self.refresh));
        let by_refresh = by_refresh.header("Sec-Fetch-Site", "same-origin");
        let login = client.bearer(&self.login);
        let token = TestProvider::id_token(NONCE, 1, app.service.now() + Duration::from_secs(600));
        let id_token = json!({ "idToken": token.reveal(), "nonce": NONCE });
        let password = json!({ "password": "another correct horse", "confirmPassword": "another correct horse" });
        let lost = json!({ "email": "ann@example.org" });
        let code = &self.reset.1;
        vec![
            ("login", app.in_network(7).login("ann", PASSWORD).await),
            ("login by address", app.in_network(7).login("ann@example.org", PASSWORD).await),
            ("refresh", client.refresh(&self.refresh).await),
            ("refresh by cookie", by_refresh.post("/auth/refresh", json!({})).await),
            ("me", ann.get("/auth/me").await),
            ("me by cookie", cookie.get("/auth/me").await),
            ("gateway", ann.get("/auth/verify").await),
            ("sessions", ann.get("/auth/sessions").await),
            ("reauthenticate", ann.post("/auth/reauthenticate", json!({ "password": PASSWORD })).await),
            ("provider's token", client.post("/auth/google/token", id_token).await),
            ("lost password", app.in_network(3).post("/auth/lost-password", lost).await),
            ("code of a reset", client.bearer(&self.reset.0).post("/auth/verify-code", otp(code)).await),
            ("new password", client.bearer(&self.verified).post("/auth/update-password", password).await),
            ("app's code", login.post("/2fa/app/verify-login", otp(&app.totp("amy", 1))).await),
            ("recovery code", login.post("/2fa/recovery/verify-login", json!({ "recoveryCode": "x" })).await),
            ("mailed code", login.post("/2fa/email/send-login", json!({})).await),
            ("address", client.bearer(&self.proof.0).post("/auth/verify-email", otp(&self.proof.1)).await),
            ("another code", client.bearer(&self.proof.0).post("/auth/verify-email/resend", json!({})).await),
        ]
    }
}

/// Asks for a code to reset ann's password from a network of its own; answers the token and the code.
async fn asked(app: &App, network: u8) -> (String, String) {
    let asked = app.in_network(network).post("/auth/lost-password", json!({ "email": "ann@example.org" })).await;
    let number = usize::from(network);
    let token = temp_token(&asked.expect(200, "CODE_SENT"));
    (token, app.code(ChallengePurpose::PasswordReset, "ann@example.org", number).await)
}

/// A temp token that verifies eve's address, with its code, as where a login waits for that.
async fn proof(app: &App) -> (String, String) {
    let before = Policy { email_verification: EmailVerification::BeforeLogin, ..app.service.policy.clone() };
    let service = app.service.under(before);
    let registered = auth_testkit::test_service::register_request("eve@example.org");
    let registered = auth_domain::use_cases::RegisterRequest { username: Some("eve".to_owned()), ..registered };
    let registered = service.use_cases.register.execute(registered).await.unwrap();
    let token = registered.temp_token.unwrap().token.reveal().to_owned();
    (token, app.code(ChallengePurpose::VerifyEmail, "eve@example.org", 1).await)
}

async fn suspend(app: &App, account: &Account) {
    let operator = &app.service.operator;
    let by = operator.operator.as_admin();
    operator.suspend_account.suspend(&by, account.id, &client()).await.unwrap();
}

async fn resume(app: &App, name: &str) {
    let operator = &app.service.operator;
    let by = operator.operator.as_admin();
    operator.suspend_account.resume(&by, app.account(name).id, &client()).await.unwrap();
}

#[tokio::test]
async fn a_suspended_account_is_called_so_at_every_door() {
    let doors = Doors::of(Disclosure::Explicit).await;
    let before = doors.app.service.store.sessions().len();
    for (door, reply) in doors.all().await {
        assert_eq!((reply.status, &reply.body["code"]), (403, &json!("ACCOUNT_SUSPENDED")), "{door}: {}", reply.body);
    }
    doors.app.in_network(7).login("ann", "a wrong password").await.expect(400, "INVALID_PASSWORD");
    assert_eq!(doors.app.service.store.sessions().len(), before, "no session was opened");
}

/// The answer is that for an unknown name, a wrong code or an ended session.
#[tokio::test]
async fn a_suspended_account_is_as_if_unknown_where_accounts_are_concealed() {
    let doors = Doors::of(Disclosure::Concealed).await;
    let before = doors.app.service.store.sessions().len();
    let codes = [
        ("login", 400, "INVALID_CREDENTIALS"),
        ("login by address", 400, "INVALID_CREDENTIALS"),
        ("refresh", 401, "REFRESH_TOKEN_INVALID"),
        ("refresh by cookie", 401, "REFRESH_TOKEN_INVALID"),
        ("me", 401, "UNAUTHORIZED"),
        ("me by cookie", 401, "UNAUTHORIZED"),
        ("gateway", 401, "UNAUTHORIZED"),
        ("sessions", 401, "UNAUTHORIZED"),
        ("reauthenticate", 401, "UNAUTHORIZED"),
        ("provider's token", 400, "OAUTH_CODE_INVALID"),
        ("lost password", 200, "CODE_SENT"),
        ("code of a reset", 401, "OTP_INVALID"),
        ("new password", 401, "UNAUTHORIZED"),
        ("app's code", 401, "TEMP_TOKEN_INVALID"),
        ("recovery code", 401, "TEMP_TOKEN_INVALID"),
        ("mailed code", 401, "TEMP_TOKEN_INVALID"),
        ("address", 401, "OTP_INVALID"),
        ("another code", 401, "TEMP_TOKEN_INVALID"),
    ];
    let replies = doors.all().await;
    assert_eq!(replies.len(), codes.len());
    for ((door, reply), (name, status, code)) in replies.into_iter().zip(codes) {
        assert_eq!((door, reply.status, &reply.body["code"]), (name, status, &json!(code)), "{}", reply.body);
    }
    assert_eq!(doors.app.service.store.sessions().len(), before, "no session was opened");
    let mails = doors.app.mails_to("ann@example.org").await.len();
    doors
        .app
        .in_network(4)
        .post("/auth/lost-password", json!({ "email": "ann@example.org" }))
        .await
        .expect(200, "CODE_SENT");
    assert_eq!(doors.app.mails_to("ann@example.org").await.len(), mails, "nobody is mailed");
}

/// Whatever was under way before stays dead; a new login works.
#[tokio::test]
async fn a_resumed_user_logs_in_anew() {
    let doors = Doors::of(Disclosure::Explicit).await;
    resume(&doors.app, "ann").await;
    resume(&doors.app, "amy").await;
    for (door, reply) in doors.all().await {
        match door {
            "login" | "login by address" | "provider's token" => {
                assert_eq!((door, &reply.body["code"]), (door, &json!("USER_LOGGED_IN")));
            }
            "lost password" => assert_eq!(reply.body["code"], "CODE_SENT"),
            "address" | "another code" => assert_eq!(reply.body["code"], "ACCOUNT_SUSPENDED"),
            _ => assert_eq!(reply.status, 401, "{door}: {}", reply.body),
        }
    }
    let told = doors.app.notices_in_an_hour("ann@example.org").await;
    for kind in [NoticeKind::AccountSuspended, NoticeKind::AccountResumed] {
        assert!(told.contains(&kind), "{told:?}");
    }
}

#[tokio::test]
async fn a_token_of_a_suspended_user_is_not_active() {
    let doors = Doors::of(Disclosure::Explicit).await;
    let app = &doors.app;
    let scopes = [Scope::TokensIntrospect];
    let service = TestInternalTokens.issue("games", &scopes, app.service.now() + Duration::from_secs(60));
    for token in [&doors.access, &doors.refresh] {
        let answer = app.client().bearer(&service).post("/auth/introspect", json!({ "token": token })).await;
        assert_eq!((answer.status, &answer.body), (200, &json!({ "active": false })));
    }
}
