//! Tokens in cookies alone, and whose cookies an answer touches; `tests/black_box/browsers.rs` has the same in a browser.

use actix_web::http::Method;
use actix_web::http::header::HeaderMap;
use auth_domain::challenge::ChallengePurpose;
use auth_domain::use_cases::{EmailVerification, Policy};
use auth_http::Origins;
use auth_testkit::doubles::TestProvider;
use serde_json::{Value, json};

use crate::harness::{App, Client, PASSWORD, Reply, URL, otp, temp_token};

const ADDRESS: &str = "ann@example.org";
const EVIL: &str = "https://evil.example";

/// Tokens are cookies too.
async fn with_cookies(policy: Policy) -> App {
    App::with(policy, |edge| {
        edge.cookies = true;
        edge.origins = Origins::new(URL, ["https://app.example.org".to_owned()]);
    })
    .await
}

/// Name without `__Host-auth-` and value of every cookie that is set; a removal has no value.
fn cookies(headers: &HeaderMap) -> Vec<(String, String)> {
    let lines = headers.get_all("set-cookie").map(|line| line.to_str().unwrap());
    let pair = |line: &str| {
        let (name, value) = line.split(';').next().unwrap().split_once('=').unwrap();
        (name.strip_prefix("__Host-auth-").unwrap().to_owned(), value.to_owned())
    };
    lines.map(pair).collect()
}

/// The names of the cookies that are set, `-name` for those that are removed.
fn names(reply: &Reply) -> Vec<String> {
    let name = |(name, value): (String, String)| if value.is_empty() { format!("-{name}") } else { name };
    cookies(&reply.headers).into_iter().map(name).collect()
}

/// A page of ours that has the cookies which these answers set, and says where it is.
fn page(app: &App, answers: &[&Reply]) -> Client {
    let set = answers.iter().flat_map(|reply| cookies(&reply.headers)).filter(|(_, value)| !value.is_empty());
    let line: Vec<String> = set.map(|(name, value)| format!("__Host-auth-{name}={value}")).collect();
    let client = app.client().header("Sec-Fetch-Site", "same-origin");
    if line.is_empty() { client } else { client.header("Cookie", &line.join("; ")) }
}

/// The same that asks for tokens in cookies alone.
fn asking(app: &App, answers: &[&Reply]) -> Client {
    page(app, answers).header("X-Auth-Transport", "cookie")
}

/// Demands that the answer sets these cookies and that no script can read their values.
#[track_caller]
fn only_in_cookies(reply: &Reply, expected: &[&str]) {
    assert_eq!(names(reply), expected, "{}", reply.body);
    let body = String::from_utf8(reply.bytes.clone()).unwrap();
    for (name, value) in cookies(&reply.headers).into_iter().filter(|(_, value)| !value.is_empty()) {
        assert!(!body.contains(&value), "{name} is in {body}");
    }
    for field in ["accessToken", "refreshToken", "tempToken"] {
        assert!(!body.contains(field), "{field} is in {body}");
    }
}

#[tokio::test]
async fn a_page_that_asks_for_cookies_never_sees_a_token() {
    let policy = Policy { email_verification: EmailVerification::BeforeLogin, ..Policy::for_tests() };
    let app = with_cookies(policy).await;
    let body = json!({ "username": "ann", "email": ADDRESS, "password": PASSWORD });
    let registered = asking(&app, &[]).post("/auth/register", body).await;
    only_in_cookies(&registered, &["temp"]);
    let unproved = asking(&app, &[]).login("ann", PASSWORD).await;
    assert_eq!(unproved.status, 206);
    only_in_cookies(&unproved, &["temp"]);
    app.wait(60);
    let resent = page(&app, &[&unproved]).post("/auth/verify-email/resend", json!({})).await;
    only_in_cookies(&resent, &["temp"]);
    let code = app.code(ChallengePurpose::VerifyEmail, ADDRESS, 1).await;
    let proved = page(&app, &[&resent]).post("/auth/verify-email", otp(&code)).await;
    only_in_cookies(&proved, &["-temp"]);

    let login = asking(&app, &[]).login("ann", PASSWORD).await;
    insta::assert_snapshot!("a_login_in_cookies_alone", login);
    only_in_cookies(&login, &["access", "refresh"]);
    // From here on the cookie says it: nobody has to ask again.
    let refreshed = page(&app, &[&login]).send(Method::POST, "/auth/refresh", None).await;
    only_in_cookies(&refreshed, &["access", "refresh"]);
    assert_eq!(refreshed.body["data"]["tokens"]["expiresIn"], 600);
    page(&app, &[&refreshed]).get("/auth/me").await.expect(200, "USER_FETCHED");
}

#[tokio::test]
async fn nor_does_one_that_recovers_a_password_or_gives_a_second_factor() {
    let app = with_cookies(Policy::for_tests()).await;
    let (access, _) = app.session("ann").await;
    let client = app.client().bearer(&access);
    client.post("/2fa/app/setup", json!({})).await.expect(200, "SCAN_QR");
    client.post("/2fa/app/verify-setup", otp(&app.totp("ann", 0))).await.expect(200, "TWOFA_ENABLED");
    let pending = asking(&app, &[]).login("ann", PASSWORD).await;
    assert_eq!(pending.status, 206);
    only_in_cookies(&pending, &["temp"]);
    app.wait(30);
    let finished = page(&app, &[&pending]).post("/2fa/app/verify-login", otp(&app.totp("ann", 0))).await;
    only_in_cookies(&finished, &["access", "refresh", "-temp"]);

    app.register("bob").await;
    let sent = asking(&app, &[]).post("/auth/lost-password", json!({ "email": "bob@example.org" })).await;
    only_in_cookies(&sent, &["temp"]);
    let code = app.code(ChallengePurpose::PasswordReset, "bob@example.org", 1).await;
    let verified = page(&app, &[&sent]).post("/auth/verify-code", otp(&code)).await;
    only_in_cookies(&verified, &["temp"]);
    let body = json!({ "password": "another correct horse", "confirmPassword": "another correct horse" });
    let updated = page(&app, &[&verified]).post("/auth/update-password", body).await;
    assert_eq!(updated.status, 200);
    only_in_cookies(&updated, &["access", "refresh", "-temp"]);
}

#[tokio::test]
async fn a_sign_in_through_a_provider_is_answered_in_cookies_to_the_browser_that_began_and_asks() {
    let app = with_cookies(Policy::for_tests()).await;
    app.service.google.identifies("a subject", Some((ADDRESS, true)));
    let begin = async || {
        let begun = app.client().get("/auth/google/authorize").await;
        let state = TestProvider::state_in(begun.header("location")).to_owned();
        (begun, format!("/auth/google?code=c&state={state}"))
    };
    let (begun, back) = begin().await;
    let registered = asking(&app, &[&begun]).get(&back).await;
    assert_eq!(registered.status, 201);
    only_in_cookies(&registered, &["access", "refresh"]);
    // A client that began without cookies gets none, so the body is all it has.
    let begun = app.client().header("Accept", "application/json").get("/auth/google/authorize").await;
    let url = begun.expect(200, "AUTHORIZATION_STARTED")["authorizationUrl"].as_str().unwrap().to_owned();
    let back = format!("/auth/google?code=c&state={}", TestProvider::state_in(&url));
    let logged_in = asking(&app, &[]).get(&back).await;
    assert_eq!(names(&logged_in), [""; 0]);
    logged_in.tokens();
}

/// Whoever holds a stolen token begins, and a page of theirs sends the owner's browser to the end of it.
#[tokio::test]
async fn the_cookie_of_the_owner_finishes_no_reauthentication_that_somebody_else_began() {
    let app = with_cookies(Policy::for_tests()).await;
    app.service.google.identifies("a subject", Some((ADDRESS, true)));
    let begun = app.client().get("/auth/google/authorize").await;
    let back = format!("/auth/google?code=c&state={}", TestProvider::state_in(begun.header("location")));
    let owner = asking(&app, &[&begun]).get(&back).await;
    assert_eq!(owner.status, 201);
    let begin = async |client: Client| {
        app.service.google.identifies("a subject", Some((ADDRESS, true)));
        let begun = client.header("Accept", "application/json").get("/auth/google/authorize?reauthenticate=true").await;
        let url = begun.body["data"]["authorizationUrl"].as_str().unwrap();
        (format!("/auth/google?code=c&state={}", TestProvider::state_in(url)), begun)
    };
    let access = cookies(&owner.headers).into_iter().find(|(name, _)| name == "access").unwrap().1;
    let (back, _) = begin(app.client().bearer(&access)).await;
    page(&app, &[&owner]).get(&back).await.expect(400, "OAUTH_STATE_INVALID");
    let (back, _) = begin(app.client().bearer(&access)).await;
    app.client().bearer(&access).get(&back).await.expect(200, "REAUTHENTICATED");
    // A page of the owner's browser finishes what it began there.
    let (back, begun) = begin(page(&app, &[&owner])).await;
    page(&app, &[&owner, &begun]).get(&back).await.expect(200, "REAUTHENTICATED");
}

#[tokio::test]
async fn whoever_does_not_ask_gets_both_and_where_cookies_are_off_the_body_has_them() {
    let app = with_cookies(Policy::for_tests()).await;
    app.register("ann").await;
    for client in [app.client(), app.client().header("X-Auth-Transport", "body")] {
        let both = client.login("ann", PASSWORD).await;
        assert_eq!(names(&both), ["access", "refresh"]);
        both.tokens();
    }
    let off = App::start().await;
    off.register("ann").await;
    let in_body = asking(&off, &[]).login("ann", PASSWORD).await;
    assert_eq!(names(&in_body), [""; 0]);
    in_body.tokens();
}

/// A page of another site that has a token of its own, and one that has none.
#[tokio::test]
async fn nobody_is_logged_in_to_somebody_elses_account() {
    let app = with_cookies(Policy::for_tests()).await;
    app.register("mallory").await;
    let (_, refresh) = app.client().login("mallory", PASSWORD).await.tokens();
    let login = json!({ "username": "mallory", "password": PASSWORD });
    let sessions = app.service.store.sessions().len();
    for (name, value) in [("Origin", EVIL), ("Origin", "null"), ("Sec-Fetch-Site", "cross-site")] {
        // Whatever else it brings.
        for client in [app.client(), app.client().bearer("x"), app.client().header("Authorization", "Basic eDp5")] {
            let foreign = client.header(name, value);
            for (path, body) in [
                ("/auth/login", login.clone()),
                ("/auth/refresh", json!({ "token": refresh })),
                ("/auth/lost-password", json!({ "email": "mallory@example.org" })),
            ] {
                let reply = foreign.post(path, body).await;
                assert_eq!(names(&reply), [""; 0]);
                reply.expect(403, "CROSS_SITE_REQUEST");
            }
        }
    }
    assert_eq!(app.service.store.sessions().len(), sessions);

    // The last step of a login, with the token in the header: answered, but this browser is given nothing.
    let sent = app.client().post("/auth/lost-password", json!({ "email": "mallory@example.org" })).await;
    let temp = temp_token(&sent.expect(200, "CODE_SENT"));
    let code = app.code(ChallengePurpose::PasswordReset, "mallory@example.org", 1).await;
    let foreign = |token: &str| app.client().bearer(token).header("Origin", EVIL).header("X-Auth-Transport", "cookie");
    let verified = foreign(&temp).post("/auth/verify-code", otp(&code)).await;
    assert_eq!(names(&verified), [""; 0]);
    let body = json!({ "password": "another correct horse", "confirmPassword": "another correct horse" });
    let temp = temp_token(&verified.expect(200, "CODE_VERIFIED"));
    let updated = foreign(&temp).post("/auth/update-password", body).await;
    assert_eq!(names(&updated), [""; 0]);
    updated.tokens();
}

#[tokio::test]
async fn a_request_is_a_browsers_when_its_token_came_in_a_cookie_and_whatever_else_it_brings() {
    let app = with_cookies(Policy::for_tests()).await;
    app.register("ann").await;
    let login = app.client().login("ann", PASSWORD).await;
    let line: Vec<String> = cookies(&login.headers).iter().map(|(n, v)| format!("__Host-auth-{n}={v}")).collect();
    let (access, refresh) = login.tokens();
    let forged = app.client().header("Cookie", &line.join("; ")).header("Origin", EVIL);
    for authorization in ["Basic eDp5", "Bearer", "Bearer ", "x", ""] {
        let forged = forged.header("Authorization", authorization);
        let change = json!({ "username": "x", "oldPassword": PASSWORD });
        forged.post("/auth/update-credentials", change).await.expect(403, "CROSS_SITE_REQUEST");
        forged.post("/auth/logout-all", json!({})).await.expect(403, "CROSS_SITE_REQUEST");
        forged.send(Method::POST, "/auth/logout", None).await.expect(403, "CROSS_SITE_REQUEST");
        assert_eq!(forged.get("/auth/verify").await.status, 403, "{authorization:?}");
        assert_eq!(forged.header("X-Original-Method", "GET").get("/auth/verify").await.status, 200);
    }
    // No page can make a browser send a header: an app says what origin it likes.
    let native = app.client().bearer(&access).header("Origin", "capacitor://localhost");
    assert_eq!(native.get("/auth/verify").await.status, 200);
    // Nor does a client that keeps cookies, and says of no page, need to: its token is in the body.
    let jar = app.client().header("Cookie", &line.join("; "));
    let (_, refresh) = jar.refresh(&refresh).await.tokens();
    jar.post("/auth/refresh", json!({})).await.expect(403, "CROSS_SITE_REQUEST");
    native.post("/auth/logout-all", json!({})).await.expect(200, "USER_LOGGED_OUT");
    jar.refresh(&refresh).await.expect(401, "REFRESH_TOKEN_INVALID");
}

#[tokio::test]
async fn a_gateway_that_names_two_methods_is_told_of_an_unsafe_one() {
    let app = with_cookies(Policy::for_tests()).await;
    app.register("ann").await;
    let (access, _) = app.client().login("ann", PASSWORD).await.tokens();
    let browser = app.client().header("Cookie", &format!("__Host-auth-access={access}")).header("Origin", EVIL);
    let ask = async |methods: &[(&str, &str)]| {
        let asking = methods.iter().fold(browser.clone(), |client, (name, value)| client.header(name, value));
        asking.get("/auth/verify").await.status
    };
    let (forwarded, original) = ("X-Forwarded-Method", "X-Original-Method");
    assert_eq!(ask(&[(forwarded, "GET"), (original, "GET")]).await, 200);
    for contradiction in [
        [(forwarded, "GET"), (original, "POST")],
        [(forwarded, "POST"), (original, "GET")],
        [(forwarded, "GET"), (original, "HEAD")],
        [(forwarded, "GET"), (forwarded, "DELETE")],
        [(original, "GET"), (original, "")],
        [(forwarded, "get"), (original, "get")],
    ] {
        assert_eq!(ask(&contradiction).await, 403, "{contradiction:?}");
    }
}

#[tokio::test]
async fn a_refresh_token_alone_logs_out() {
    let app = with_cookies(Policy::for_tests()).await;
    let (access, first) = app.session("ann").await;
    let (_, second) = app.client().refresh(&first).await.tokens();
    let (other, others) = app.client().login("ann", PASSWORD).await.tokens();
    let client = app.client();
    let logout = async |client: &Client, token: &str| client.post("/auth/logout", json!({ "token": token })).await;
    client.post("/auth/logout", json!({})).await.expect(401, "REFRESH_TOKEN_REQUIRED");
    client.send(Method::POST, "/auth/logout", None).await.expect(401, "REFRESH_TOKEN_REQUIRED");
    client.bearer(&access).post("/auth/logout", json!({})).await.expect(401, "REFRESH_TOKEN_REQUIRED");
    for forged in ["x", &access] {
        logout(&client, forged).await.expect(401, "REFRESH_TOKEN_INVALID");
    }
    logout(&client.bearer(&other), &second).await.expect(401, "REFRESH_TOKEN_INVALID");
    logout(&client.bearer("x"), &second).await.expect(401, "ACCESS_TOKEN_INVALID");
    // Any that the session ever had.
    logout(&client, &first).await.expect(200, "USER_LOGGED_OUT");
    client.refresh(&second).await.expect(401, "REFRESH_TOKEN_INVALID");
    logout(&client, &second).await.expect(401, "UNAUTHORIZED");
    app.wait(600);
    logout(&client.bearer(&other), &others).await.expect(200, "USER_LOGGED_OUT");
    client.refresh(&others).await.expect(401, "REFRESH_TOKEN_INVALID");
}

#[tokio::test]
async fn a_page_whose_access_cookie_has_expired_logs_out() {
    let app = with_cookies(Policy::for_tests()).await;
    app.register("ann").await;
    let login = asking(&app, &[]).login("ann", PASSWORD).await;
    app.wait(600);
    let ended = page(&app, &[&login]).send(Method::POST, "/auth/logout", None).await;
    assert!(names(&ended).contains(&"-refresh".to_owned()));
    ended.expect(200, "USER_LOGGED_OUT");
}

#[tokio::test]
async fn the_cookies_of_a_session_that_was_not_named_stay() {
    let app = with_cookies(Policy::for_tests()).await;
    app.register("ann").await;
    app.register("bob").await;
    let bob = asking(&app, &[]).login("bob", PASSWORD).await;
    let ann = async || app.client().login("ann", PASSWORD).await.tokens();
    let beside_bob = page(&app, &[&bob]);
    let (access, refresh) = ann().await;
    let refreshed = beside_bob.refresh(&refresh).await;
    assert_eq!(names(&refreshed), [""; 0], "{}", refreshed.body);
    let (_, refresh) = refreshed.tokens();
    let header = beside_bob.bearer(&access);
    let ended = header.post("/auth/logout", json!({ "token": refresh })).await;
    assert_eq!(names(&ended), [""; 0]);
    ended.expect(200, "USER_LOGGED_OUT");
    for (method, path) in [(Method::POST, "/auth/logout-all"), (Method::DELETE, "/auth/delete")] {
        let ended = beside_bob.bearer(&ann().await.0).send(method, path, None).await;
        assert_eq!((ended.status, names(&ended)), (200, vec![]));
    }
    // The temp cookie of another step, too.
    let step = asking(&app, &[]).post("/auth/lost-password", json!({ "email": "bob@example.org" })).await;
    let both = page(&app, &[&bob, &step]);
    assert_eq!(names(&both.login("bob", PASSWORD).await), ["access", "refresh"]);
    beside_bob.get("/auth/me").await.expect(200, "USER_FETCHED");
    let own = beside_bob.send(Method::POST, "/auth/logout", None).await;
    assert_eq!(names(&own), ["-access", "-refresh"]);
    let bytes: Value = own.expect(200, "USER_LOGGED_OUT");
    assert_eq!(bytes, json!({}));
}

#[tokio::test]
async fn the_api_page_is_framed_by_nobody_and_keeps_no_token() {
    let client = App::start().await.client();
    for file in ["", "index.html", "swagger-initializer.js", "swagger-ui.css"] {
        let reply = client.get(&format!("/auth/doc/{file}")).await;
        assert_eq!(reply.status, 200, "{file}");
        let policy = reply.header("content-security-policy");
        for directive in ["default-src 'none'", "script-src 'self'", "frame-ancestors 'none'", "form-action 'none'"] {
            assert!(policy.split("; ").any(|own| own == directive), "{directive} in {policy}");
        }
        assert_eq!(reply.header("x-frame-options"), "DENY");
    }
    let script = String::from_utf8(client.get("/auth/doc/swagger-initializer.js").await.bytes).unwrap();
    assert!(!script.contains("\"persistAuthorization\": true"), "{script}");
    let page = String::from_utf8(client.get("/auth/doc/").await.bytes).unwrap();
    assert_eq!(page.matches("<script").count(), page.matches("<script src=").count(), "no script within the page");
}

/// Its browser keeps cookies back, or sends them: the answer is the same.
#[tokio::test]
async fn a_form_of_another_site_is_refused_with_and_without_cookies() {
    let app = with_cookies(Policy::for_tests()).await;
    app.register("ann").await;
    let login = app.client().login("ann", PASSWORD).await;
    let line: Vec<String> = cookies(&login.headers).iter().map(|(n, v)| format!("__Host-auth-{n}={v}")).collect();
    for client in [app.client(), app.client().header("Cookie", &line.join("; "))] {
        let foreign = client.header("Origin", EVIL);
        for path in ["/auth/logout", "/auth/logout-all", "/auth/refresh", "/auth/login", "/2fa/app/setup"] {
            for media_type in ["text/plain", "application/x-www-form-urlencoded"] {
                let reply = foreign.send_body(Method::POST, path, media_type, b"{\"token\":\"x\"}".to_vec()).await;
                assert_eq!(names(&reply), [""; 0]);
                reply.expect(403, "CROSS_SITE_REQUEST");
            }
        }
    }
}
