//! Cookies, header by header; `browsers.rs` has the same in a browser.

use auth_black_box::{Client, Engine, Grant, PASSWORD, Reply, Server, StandIn};
use reqwest::header::HeaderMap;
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use crate::sign_in::{begun_at, google_user, profile};

const PAGE: &str = "https://app.example.org";

fn settings(stand_in: &StandIn) -> Vec<(&str, &str)> {
    let mut settings = stand_in.settings();
    settings
        .extend([("AUTH_COOKIES", "on"), ("AUTH_ALLOWED_ORIGINS", "https://app.example.org,http://localhost:3000")]);
    settings
}

/// `name=value` of every cookie that is set, by what follows `__Host-auth-`; a removal has no value.
fn set_cookies(headers: &HeaderMap) -> Vec<(String, String)> {
    let lines = headers.get_all("set-cookie").iter().map(|line| line.to_str().unwrap());
    let mut all: Vec<_> = lines
        .map(|line| {
            for attribute in ["; HttpOnly", "; Secure", "; SameSite=Lax", "; Path=/", "; Max-Age="] {
                assert!(line.contains(attribute), "{line}");
            }
            let (name, value) = line.split(';').next().unwrap().split_once('=').unwrap();
            assert_eq!(value.is_empty(), line.contains("Max-Age=0"), "{line}");
            (name.strip_prefix("__Host-auth-").unwrap().to_owned(), value.to_owned())
        })
        .collect();
    all.sort();
    all
}

fn names(headers: &HeaderMap) -> Vec<String> {
    set_cookies(headers)
        .into_iter()
        .map(|(name, value)| if value.is_empty() { format!("-{name}") } else { name })
        .collect()
}

/// Brings these cookies back, as a page of our own would.
fn with_cookies(request: RequestBuilder, cookies: &[(String, String)]) -> RequestBuilder {
    let line: Vec<String> = cookies.iter().map(|(name, value)| format!("__Host-auth-{name}={value}")).collect();
    request.header("Cookie", line.join("; ")).header("Sec-Fetch-Site", "same-origin")
}

async fn send(client: &Client, method: Method, path: &str, cookies: &[(String, String)], body: Option<Value>) -> Reply {
    let request = with_cookies(client.request(method, path), cookies);
    client
        .send(match body {
            Some(body) => request.json(&body),
            None => request,
        })
        .await
}

/// The cookies of a login that is finished.
fn session(reply: &Reply) -> Vec<(String, String)> {
    set_cookies(&reply.headers).into_iter().filter(|(_, value)| !value.is_empty()).collect()
}

#[tokio::test]
async fn every_answer_that_bears_a_token_sets_its_cookie() {
    let server = Server::with(Engine::Sqlite, &[("AUTH_COOKIES", "on"), ("AUTH_REQUIRE_VERIFIED_EMAIL", "on")]).await;
    let client = server.client();
    let post = async |path: &'static str, cookies: &[(String, String)], body: Value| {
        send(&client, Method::POST, path, cookies, Some(body)).await
    };
    // Register, prove the address, log in with a second factor, reset: by cookies alone.
    let body = json!({ "username": "ann", "email": "ann@example.org", "password": PASSWORD });
    let registered = post("/auth/register", &[], body).await;
    assert_eq!(names(&registered.headers), ["temp"]);
    let code = |code: String| json!({ "otpCode": code });
    let wrong = post("/auth/verify-email", &session(&registered), code("000000".to_owned())).await;
    assert_eq!(names(&wrong.headers), [""; 0], "a refusal touches none");
    let right = code(server.code("verify-email", "ann@example.org", 1).await);
    let proved = post("/auth/verify-email", &session(&registered), right).await;
    assert_eq!((proved.code(), names(&proved.headers)), ("EMAIL_VERIFIED", vec!["-temp".to_owned()]));

    let login = json!({ "username": "ann", "password": PASSWORD });
    let logged_in = post("/auth/login", &[], login.clone()).await;
    assert_eq!(names(&logged_in.headers), ["access", "refresh"]);
    let ann = session(&logged_in);
    post("/2fa/email/setup", &ann, json!({})).await.expect(200, "CODE_SENT");
    let right = code(server.code("two-factor-setup", "ann@example.org", 1).await);
    post("/2fa/email/verify-setup", &ann, right).await.expect(200, "TWOFA_ENABLED");
    let pending = post("/auth/login", &[], login).await;
    assert_eq!((pending.status, names(&pending.headers)), (206, vec!["temp".to_owned()]));
    let right = code(server.code("two-factor-login", "ann@example.org", 1).await);
    let finished = post("/2fa/email/verify-login", &session(&pending), right).await;
    assert_eq!(names(&finished.headers), ["access", "refresh", "-temp"]);

    let sent = post("/auth/lost-password", &[], json!({ "email": "ann@example.org" })).await;
    assert_eq!(names(&sent.headers), ["temp"]);
    let right = code(server.code("password-reset", "ann@example.org", 1).await);
    let verified = post("/auth/verify-code", &session(&sent), right).await;
    assert_eq!(names(&verified.headers), ["temp"]);
    let new = json!({ "password": "another good one", "confirmPassword": "another good one" });
    let reset = post("/auth/update-password", &session(&verified), new).await;
    assert_eq!((reset.status, names(&reset.headers)), (206, vec!["temp".to_owned()]));

    // With the temp cookie of another step beside it, the access cookie still says who wants another code.
    let ann = session(&finished);
    let both: Vec<_> = ann.iter().cloned().chain(session(&sent)).collect();
    post("/auth/verify-email/resend", &both, json!({})).await.expect(401, "UNAUTHORIZED");
    let refreshed = send(&client, Method::POST, "/auth/refresh", &ann, None).await;
    assert_eq!((refreshed.code(), names(&refreshed.headers)), ("REFRESH_TOKEN_INVALID", vec![]), "the reset ended it");
}

#[tokio::test]
async fn the_end_of_a_session_removes_its_cookies() {
    let server = Server::with(Engine::Sqlite, &[("AUTH_COOKIES", "on")]).await;
    let client = server.client();
    server.register("ann").await;
    let log_in = async || session(&client.login("ann", PASSWORD).await);
    let id = async |cookies: &[(String, String)]| {
        let sessions =
            send(&client, Method::GET, "/auth/sessions", cookies, None).await.expect(200, "SESSIONS_FETCHED");
        let all = sessions["sessions"].as_array().unwrap().clone();
        let find = |current: bool| all.iter().find(|session| session["current"] == current).unwrap()["id"].clone();
        (find(true), find(false))
    };
    let (_other, ann) = (log_in().await, log_in().await);
    let (own, other) = id(&ann).await;
    for (session_id, removed) in [(other, vec![]), (own, vec!["-access", "-refresh"])] {
        let path = format!("/auth/sessions/{}", session_id.as_str().unwrap());
        let revoked = send(&client, Method::DELETE, &path, &ann, None).await;
        assert_eq!(
            (revoked.code(), names(&revoked.headers)),
            ("SESSION_REVOKED", removed.into_iter().map(str::to_owned).collect())
        );
    }
    for (method, path) in
        [(Method::POST, "/auth/logout"), (Method::POST, "/auth/logout-all"), (Method::DELETE, "/auth/delete")]
    {
        let ended = send(&client, method, path, &log_in().await, None).await;
        assert_eq!(
            (ended.status, names(&ended.headers)),
            (200, vec!["-access".to_owned(), "-refresh".to_owned()]),
            "{path}"
        );
    }
}

#[tokio::test]
async fn with_cookies_off_there_are_none() {
    let stand_in = StandIn::start();
    let server = Server::with(Engine::Sqlite, &stand_in.settings()).await;
    let client = server.client();
    server.register("ann").await;
    let logged_in = client.login("ann", PASSWORD).await;
    assert_eq!(names(&logged_in.headers), [""; 0]);
    let (access, refresh) = logged_in.tokens();
    let brought = [("access".to_owned(), access.clone()), ("refresh".to_owned(), refresh)];
    send(&client, Method::GET, "/auth/me", &brought, None).await.expect(401, "TOKEN_REQUIRED");
    send(&client, Method::POST, "/auth/refresh", &brought, None).await.expect(400, "VALIDATION_FAILED");
    let foreign =
        client.bearer(&access).request(Method::POST, "/auth/logout-all").header("Origin", "https://evil.example");
    client.send(foreign).await.expect(200, "USER_LOGGED_OUT");
    client.get("/auth/42/authorize?redirect=https://app.example.org/").await.expect(400, "VALIDATION_FAILED");
}

#[tokio::test]
async fn a_sign_in_ends_at_an_allowed_page_or_nowhere() {
    let stand_in = StandIn::start();
    let server = Server::with(Engine::Sqlite, &settings(&stand_in)).await;
    let client = server.client();
    let authorize = async |redirect: &str| {
        client.send(client.request(Method::GET, "/auth/google/authorize").query(&[("redirect", redirect)])).await
    };
    let long = format!("{PAGE}/{}", "a".repeat(1_024));
    for refused in
        ["", "/in", "//evil.example", "https://evil.example/", "https://app.example.org@evil.example/", &long]
    {
        authorize(refused).await.expect(400, "VALIDATION_FAILED");
    }
    // Ends where it was to, with cookies; with what is missing, where something is; with what went wrong, where it did.
    let end = async |claims: Value, error: Option<&str>| {
        let begun = authorize("https://app.example.org/in?x=1").await;
        assert_eq!(begun.status, 302);
        let mark = set_cookies(&begun.headers);
        let begun = begun_at(begun.headers["location"].to_str().unwrap());
        let mut claims = claims;
        claims["nonce"] = json!(begun.nonce);
        stand_in.grant("c", Grant::of(&claims));
        let answer = error.map_or(("code", "c"), |error| ("error", error));
        let request = client.request(Method::GET, "/auth/google").query(&[answer, ("state", begun.state.as_str())]);
        let reply = client.send(with_cookies(request, &mark)).await;
        assert_eq!((reply.status, &reply.headers["cache-control"]), (302, &"no-store".parse().unwrap()));
        assert_eq!(reply.headers["referrer-policy"], "no-referrer");
        (reply.headers["location"].to_str().unwrap().to_owned(), names(&reply.headers), session(&reply))
    };
    let ann = || google_user(&stand_in, "ann", Some("ann@example.org"), true);
    let (location, cookies, ann_cookies) = end(ann(), None).await;
    assert_eq!(location, "https://app.example.org/in?x=1");
    assert_eq!(cookies, ["access", "refresh"]);
    server.register("bob").await;
    let (location, cookies, _) = end(google_user(&stand_in, "bob", Some("bob@example.org"), true), None).await;
    assert_eq!((location.as_str(), cookies.len()), ("https://app.example.org/in?x=1&error=EMAIL_EXISTS", 0));
    for (error, code) in [("access_denied", "AUTH_CODE_REQUIRED"), ("server_error", "PROVIDER_UNAVAILABLE")] {
        let (location, cookies, _) = end(ann(), Some(error)).await;
        assert_eq!((location, cookies.len()), (format!("https://app.example.org/in?x=1&error={code}"), 0));
    }
    // A link ends there too, by the browser's mark alone.
    let request = client.request(Method::POST, "/auth/42/link").query(&[("redirect", PAGE)]);
    let started = client.send(with_cookies(request, &ann_cookies)).await;
    let mark = set_cookies(&started.headers);
    let begun = begun_at(started.expect(200, "AUTHORIZATION_STARTED")["authorizationUrl"].as_str().unwrap());
    stand_in.grant("c", Grant { profile: profile(7, None), ..Grant::default() });
    let request = client.request(Method::GET, "/auth/42").query(&[("code", "c"), ("state", begun.state.as_str())]);
    let linked = client.send(with_cookies(request, &mark)).await;
    assert_eq!((linked.status, &linked.headers["location"]), (302, &"https://app.example.org/".parse().unwrap()));
    let me = send(&client, Method::GET, "/auth/me", &ann_cookies, None).await.expect(200, "USER_FETCHED");
    assert_eq!(me["user"]["linkedProviders"], json!(["42", "google"]));

    let right = |code: String| json!({ "otpCode": code });
    send(&client, Method::POST, "/2fa/email/setup", &ann_cookies, Some(json!({}))).await.expect(200, "CODE_SENT");
    let code = right(server.code("two-factor-setup", "ann@example.org", 1).await);
    send(&client, Method::POST, "/2fa/email/verify-setup", &ann_cookies, Some(code)).await.expect(200, "TWOFA_ENABLED");
    let (location, cookies, _) = end(ann(), None).await;
    assert_eq!(
        (location.as_str(), cookies),
        ("https://app.example.org/in?x=1&pending=TWOFA_REQUIRED&methods=email&primary=email", vec!["temp".to_owned()])
    );
}
