//! What the log says of a request, and what it does not.

use std::io::Write;
use std::sync::{Arc, Mutex};

use auth_domain::internal::Scope;
use auth_domain::use_cases::Policy;
use auth_http::TrustedProxies;
use auth_testkit::doubles::TestInternalTokens;
use serde_json::json;
use tracing_subscriber::fmt::MakeWriter;

use crate::harness::{App, Client, PASSWORD, otp, temp_token};
use crate::token_exchange;

/// The log of this thread, from here on.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

impl Log {
    fn begin() -> (Self, tracing::subscriber::DefaultGuard) {
        Self::begin_at(tracing::Level::INFO)
    }

    fn begin_at(level: tracing::Level) -> (Self, tracing::subscriber::DefaultGuard) {
        let log = Self::default();
        let subscriber =
            tracing_subscriber::fmt().with_max_level(level).with_ansi(false).with_writer(log.clone()).finish();
        (log, tracing::subscriber::set_default(subscriber))
    }

    /// The lines since the last call that contain `part`.
    fn take(&self, part: &str) -> Vec<String> {
        let bytes = std::mem::take(&mut *self.0.lock().unwrap());
        String::from_utf8(bytes).unwrap().lines().filter(|line| line.contains(part)).map(str::to_owned).collect()
    }
}

/// Orchestrators and load balancers ask every few seconds.
#[tokio::test]
async fn probes_are_in_the_log_only_for_those_who_debug() {
    let configure = |edge: &mut auth_http::Edge| edge.base_paths = ["/", "/api/"].map(str::to_owned).into();
    let app = App::with(Policy::for_tests(), configure).await;
    let ask = async || {
        for path in ["/health/live", "/health/ready", "/health/client", "/api/health/live", "/auth/me"] {
            app.client().get(path).await;
        }
    };
    let (log, guard) = Log::begin();
    ask().await;
    let lines = log.take("answered");
    assert!(lines.len() == 1 && lines[0].contains("path=\"/auth/me\""), "{lines:?}");
    drop(guard);
    let (log, _guard) = Log::begin_at(tracing::Level::DEBUG);
    ask().await;
    let lines = log.take("answered");
    assert_eq!(lines.iter().filter(|line| line.contains("DEBUG") && line.contains("/health/")).count(), 4, "{lines:?}");
}

/// Of one request there is one line.
#[track_caller]
fn assert_refused(log: &Log, kind: &str, reason: &str) {
    let lines = log.take("");
    assert_eq!(lines.len(), 1, "{kind} {reason}: {lines:?}");
    let line = &lines[0];
    let network = "network=\"127.0.0.0/24\"";
    for part in
        [" INFO ", "answered", &format!("token=\"{kind}\""), &format!("reason=\"{reason}\""), network, "request{id="]
    {
        assert!(line.contains(part), "{part} in {line}");
    }
}

#[tokio::test]
async fn why_a_token_was_refused_is_in_the_log() {
    let app = App::start().await;
    let (access, _) = app.session("ann").await;
    let sent = app.client().post("/auth/lost-password", json!({ "email": "ann@example.org" })).await;
    let temp = temp_token(&sent.expect(200, "CODE_SENT"));
    let (log, _guard) = Log::begin();
    let ask = async |token: &str| app.client().bearer(token).get("/auth/me").await;
    let step = async |token: &str| app.client().bearer(token).post("/auth/verify-code", otp("000000")).await;
    ask("x").await.expect(401, "ACCESS_TOKEN_INVALID");
    assert_refused(&log, "access", "malformed");
    step("x").await.expect(401, "TEMP_TOKEN_INVALID");
    assert_refused(&log, "temp", "malformed");
    ask(&access).await.expect(200, "USER_FETCHED");
    assert!(log.take("").iter().all(|line| !line.contains("network=")), "of a refusal only");
    let proof = async |token: &str| app.client().bearer(token).post("/auth/verify-email", otp("000000")).await;
    let user = app.client().bearer(&access).get("/auth/me").await.expect(200, "USER_FETCHED")["user"]["id"].clone();
    log.take("");
    proof(&access).await.expect(401, "OTP_INVALID");
    let lines = log.take("answered");
    assert!(
        !lines[0].contains("token=") && lines[0].contains(&format!("user={}", user.as_str().unwrap())),
        "{lines:?}"
    );
    app.wait(600);
    ask(&access).await.expect(401, "ACCESS_TOKEN_EXPIRED");
    assert_refused(&log, "access", "expired");
    step(&temp).await.expect(401, "TEMP_TOKEN_EXPIRED");
    assert_refused(&log, "temp", "expired");
    proof(&temp).await.expect(401, "TEMP_TOKEN_EXPIRED");
    assert_refused(&log, "temp", "expired");
    proof("x").await.expect(401, "ACCESS_TOKEN_INVALID");
    let lines = log.take("answered");
    assert!(lines[0].contains("code=\"ACCESS_TOKEN_INVALID\""), "{lines:?}");
    let invalid = json!({ "email": "canary", "password": PASSWORD, "username": "!" });
    app.client().post("/auth/register", invalid).await.expect(400, "VALIDATION_FAILED");
    let lines = log.take("");
    assert!(lines.len() == 1 && lines[0].contains("reason=\"/email format, /username format\""), "{lines:?}");
    assert!(!lines[0].contains("canary"), "{lines:?}");

    let (access, _) = app.client().login("ann", PASSWORD).await.tokens();
    app.client().bearer(&access).post("/auth/logout-all", json!({})).await.expect(200, "USER_LOGGED_OUT");
    assert!(!log.take("answered").iter().any(|line| line.contains(" code=\"")));
    ask(&access).await.expect(401, "UNAUTHORIZED");
    assert_refused(&log, "access", "session_gone");
}

#[tokio::test]
async fn a_service_is_told_why_its_token_was_refused_and_which_scope_it_lacks() {
    let app = App::start().await;
    let games = |scopes: &[Scope]| {
        let in_a_minute = app.service.now() + std::time::Duration::from_secs(60);
        app.client().bearer(&TestInternalTokens.issue("games", scopes, in_a_minute))
    };
    let ask = async |client: &Client| client.get("/auth").await;
    let (log, _guard) = Log::begin();
    let malformed = ask(&app.client().bearer("x")).await.expect(401, "INTERNAL_TOKEN_INVALID");
    assert_eq!(malformed["reason"], "malformed");
    assert_refused(&log, "internal", "malformed");
    let powerless = ask(&games(&[Scope::RolesWrite])).await.expect(403, "FORBIDDEN");
    assert_eq!((&powerless["reason"], &powerless["scope"]), (&json!("scope"), &json!("credentials:read")));
    assert_refused(&log, "internal", "scope");
    let late = games(&[Scope::CredentialsRead]);
    app.wait(60);
    assert_eq!(ask(&late).await.expect(401, "INTERNAL_TOKEN_EXPIRED")["reason"], "expired");
    assert_refused(&log, "internal", "expired");
    let problem = late.header("Accept", "application/problem+json").get("/auth/events").await;
    assert_eq!(problem.body["reason"], "expired");
    // A user is not told more than before.
    let data = app.client().bearer("x").get("/auth/me").await.expect(401, "ACCESS_TOKEN_INVALID");
    assert!(data.get("reason").is_none(), "{data}");
}

#[tokio::test]
async fn a_proxy_that_nobody_trusts_is_told_of_once() {
    const HINT: &str = "AUTH_TRUSTED_PROXIES";
    let app = App::start().await;
    let (log, _guard) = Log::begin();
    let client = app.client();
    client.get("/health/live").await;
    assert_eq!(client.get("/health/client").await.body["proxyUntrusted"], false);
    assert!(log.take(HINT).is_empty());
    for header in [("X-Forwarded-For", "203.0.113.9"), ("Forwarded", "for=203.0.113.9")] {
        let proxied = client.header(header.0, header.1);
        assert_eq!(proxied.get("/health/client").await.body["proxyUntrusted"], true);
    }
    assert!(log.take(HINT).is_empty(), "doctor is told in the answer");
    for path in ["/auth/me", "/health/live"] {
        client.header("X-Forwarded-For", "203.0.113.9").get(path).await;
    }
    let lines = log.take(HINT);
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert!(lines[0].contains(" WARN ") && lines[0].contains("peer=127.0.0.1"), "{lines:?}");

    let trusting = |networks: &[&str]| TrustedProxies::new(networks.iter().map(|one| one.parse().unwrap()).collect());
    for networks in [&["127.0.0.0/8"][..], &["10.0.0.0/8"]] {
        let app = App::with(Policy::for_tests(), |edge| edge.trusted_proxies = trusting(networks)).await;
        let proxied = app.client().header("X-Forwarded-For", "203.0.113.9");
        assert_eq!(proxied.get("/health/client").await.body["proxyUntrusted"], false);
        proxied.get("/auth/me").await;
        assert!(log.take(HINT).is_empty(), "{networks:?}");
    }
}

/// Exchanges are not in the audit trail, so that none may be missing here.
#[tokio::test]
async fn every_exchange_of_a_token_is_told_with_service_user_and_target() {
    let app = App::under(token_exchange::policy()).await;
    let (orders, _) = token_exchange::at_orders(&app).await;
    let records = app.service.store.audit_records().len();
    let (log, _guard) = Log::begin();
    for _ in 0..3 {
        token_exchange::exchange(&app, "shop", &orders, "mail").await.expect(200, "TOKEN_EXCHANGED");
    }
    let lines = log.take("a token was exchanged");
    let user = app.account("ann").id.to_string();
    let is_whole = |line: &String| ["\"shop\"", &user, "mail", " INFO "].iter().all(|part| line.contains(part));
    assert!(lines.len() == 3 && lines.iter().all(is_whole), "{lines:?}");
    assert!(!lines.iter().any(|line| line.contains(&orders)), "no token");
    token_exchange::exchange(&app, "shop", &orders, "files").await.expect(400, "INVALID_TARGET");
    let refused = log.take("INVALID_TARGET");
    assert_eq!(refused.len(), 1, "{refused:?}");
    assert_eq!(app.service.store.audit_records().len(), records);
}
