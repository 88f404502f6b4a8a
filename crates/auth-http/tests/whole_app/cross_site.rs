//! Requests of other sites, and pages that may read answers (CORS); `tests/black_box/browsers.rs` has the same in a browser.

use actix_web::http::Method;
use actix_web::http::header::HeaderMap;
use auth_domain::internal::Scope;
use auth_domain::use_cases::Policy;
use auth_http::Origins;
use auth_testkit::doubles::TestInternalTokens;
use serde_json::json;

use crate::harness::{App, Client, PASSWORD, URL};

const PAGE: &str = "https://app.example.org";
const EVIL: &str = "https://evil.example";

/// Tokens are cookies too, and the pages of two origins are allowed.
async fn with_cookies() -> App {
    let configure = |edge: &mut auth_http::Edge| {
        edge.cookies = true;
        edge.origins = Origins::new(URL, [PAGE, "http://localhost:3000"].map(str::to_owned));
    };
    App::with(Policy::for_tests(), configure).await
}

/// `name=value` of every cookie that is set.
fn cookies(headers: &HeaderMap) -> Vec<String> {
    let lines = headers.get_all("set-cookie").map(|line| line.to_str().unwrap());
    lines.map(|line| line.split(';').next().unwrap().to_owned()).collect()
}

fn with(client: &Client, headers: &[(&str, &str)]) -> Client {
    headers.iter().fold(client.clone(), |client, (name, value)| client.header(name, value))
}

#[tokio::test]
async fn a_request_that_another_site_made_is_refused() {
    let app = with_cookies().await;
    let client = app.client();
    app.register("ann").await;
    let logged_in = client.login("ann", PASSWORD).await;
    insta::assert_snapshot!("a_login_with_cookies", logged_in);
    let line = cookies(&logged_in.headers).join("; ");
    let browser = client.header("Cookie", &line);
    let refresh =
        async |headers: &[(&str, &str)]| with(&browser, headers).send(Method::POST, "/auth/refresh", None).await;
    for (forged, reason) in [
        (&[][..], "origin_missing"),
        (&[("Origin", "null")], "origin_not_allowed"),
        (&[("Origin", "")], "origin_not_allowed"),
        (&[("Origin", EVIL)], "origin_not_allowed"),
        (&[("Origin", "https://app.example.org.evil.example")], "origin_not_allowed"),
        (&[("Origin", "http://app.example.org")], "origin_not_allowed"),
        (&[("Sec-Fetch-Site", "cross-site")], "another_site"),
        (&[("Sec-Fetch-Site", "same-site")], "another_site"),
        (&[("Origin", EVIL), ("Sec-Fetch-Site", "same-site")], "origin_not_allowed"),
    ] {
        let reply = refresh(forged).await;
        assert_eq!(cookies(&reply.headers), [""; 0]);
        assert_eq!(reply.expect(403, "CROSS_SITE_REQUEST")["reason"], reason, "{forged:?}");
    }
    let named = refresh(&[("Origin", EVIL)]).await;
    insta::assert_snapshot!("a_request_of_an_origin_that_is_not_allowed", named);
    let problem = refresh(&[("Origin", EVIL), ("Accept", "application/problem+json")]).await.body;
    assert_eq!(problem["reason"], "origin_not_allowed");
    assert!(problem["detail"].as_str().unwrap().contains(EVIL), "{problem}");
    for genuine in [
        &[("Origin", URL)][..],
        &[("Origin", PAGE)],
        &[("Origin", PAGE), ("Sec-Fetch-Site", "same-site")],
        &[("Sec-Fetch-Site", "same-origin")],
        &[("Sec-Fetch-Site", "none")],
    ] {
        refresh(genuine).await.expect(200, "TOKEN_REFRESHED");
    }
    // A service of the same operator brings no cookie, and says nothing of where it comes from.
    let in_a_minute = app.service.now() + std::time::Duration::from_secs(60);
    let token = TestInternalTokens.issue("games", &[Scope::TokensIntrospect], in_a_minute);
    assert_eq!(client.bearer(&token).post("/auth/introspect", json!({ "token": "x" })).await.status, 200);
    // Cookies that a neighbouring host planted are none of ours.
    let planted = client.header("Cookie", &line.replace("__Host", "%5F%5FHost"));
    planted.get("/auth/me").await.expect(401, "TOKEN_REQUIRED");
}

/// What a gateway asks about is not its own GET.
#[tokio::test]
async fn a_gateway_is_told_of_requests_that_another_site_made() {
    let app = with_cookies().await;
    let client = app.client();
    app.register("ann").await;
    let (access, _) = client.login("ann", PASSWORD).await.tokens();
    let browser = client.header("Cookie", &format!("__Host-auth-access={access}"));
    let ask = async |headers: &[(&str, &str)]| with(&browser, headers).get("/auth/verify").await.status;
    assert_eq!(ask(&[("X-Forwarded-Method", "GET"), ("Sec-Fetch-Site", "cross-site")]).await, 200);
    assert_eq!(ask(&[("X-Original-Method", "POST"), ("Sec-Fetch-Site", "same-origin")]).await, 200);
    assert_eq!(ask(&[("X-Original-Method", "POST"), ("Origin", PAGE)]).await, 200);
    assert_eq!(ask(&[("X-Forwarded-Method", "POST"), ("Origin", EVIL)]).await, 403);
    assert_eq!(ask(&[("Origin", EVIL)]).await, 403);
    assert_eq!(ask(&[]).await, 403);
    let bearer = client.bearer(&access).header("Origin", EVIL);
    assert_eq!(bearer.get("/auth/verify").await.status, 200, "no page can make a browser send a header");
}

#[tokio::test]
async fn pages_of_allowed_origins_may_read_answers() {
    let client = with_cookies().await.client();
    let preflight = async |origin: &str, method: &str, headers: &str| {
        let client = client.header("Origin", origin).header("Access-Control-Request-Method", method);
        let client = client.header("Access-Control-Request-Headers", headers);
        client.send(Method::OPTIONS, "/auth/login", None).await
    };
    let allowed = preflight(PAGE, "POST", "content-type,authorization,x-auth-transport,x-anything").await;
    assert_eq!(allowed.status, 200);
    assert_eq!(allowed.header("access-control-allow-origin"), PAGE);
    assert_eq!(allowed.header("access-control-allow-credentials"), "true");
    assert!(allowed.header("access-control-allow-headers").contains("x-anything"), "whatever it names");
    assert!(allowed.headers.contains_key("x-request-id"));
    for (origin, method, reason) in [
        (EVIL, "POST", "origin_not_allowed"),
        ("null", "POST", "origin_not_allowed"),
        (PAGE, "TRACE", "method_not_allowed"),
    ] {
        let reply = preflight(origin, method, "content-type").await;
        assert!(!reply.headers.contains_key("access-control-allow-origin"));
        assert_eq!(reply.expect(403, "CROSS_SITE_REQUEST")["reason"], reason);
    }
    // Refusals can be read too, in either form, also those that no endpoint made.
    let page = client.header("Origin", PAGE);
    let problem = page.header("Accept", "application/problem+json");
    let too_large = page.send_body(Method::POST, "/auth/login", "application/json", vec![b' '; 70_000]).await;
    insta::assert_snapshot!("a_refusal_that_a_page_may_read", too_large);
    for (reply, status) in [
        (page.get("/auth/me").await, 401),
        (problem.get("/auth/me").await, 401),
        (page.get("/auth/none").await, 404),
        (problem.send(Method::PUT, "/auth/login", None).await, 405),
        (too_large, 413),
    ] {
        assert_eq!(reply.status, status);
        assert_eq!(reply.header("access-control-allow-origin"), PAGE, "{status}");
        assert!(reply.header("vary").contains("Origin"));
        assert!(reply.header("access-control-expose-headers").contains("retry-after"));
    }
    let stranger = client.header("Origin", EVIL).get("/auth/me").await;
    assert!(!stranger.headers.contains_key("access-control-allow-origin"));
}

#[tokio::test]
async fn no_page_of_another_site_begins_a_reauthentication() {
    let app = with_cookies().await;
    app.register("ann").await;
    let logged_in = app.client().login("ann", PASSWORD).await;
    let browser = app.client().header("Cookie", &cookies(&logged_in.headers).join("; "));
    let path = "/auth/google/authorize?reauthenticate=true";
    for forged in [
        &[][..],
        &[("Sec-Fetch-Site", "cross-site")],
        &[("Sec-Fetch-Site", "same-site")],
        &[("Sec-Fetch-Site", "cross-site"), ("Referer", EVIL)],
        &[("Sec-Fetch-Site", "cross-site"), ("Referer", "https://app.example.org.evil.example/")],
    ] {
        let reply = with(&browser, forged).get(path).await;
        assert_eq!(cookies(&reply.headers), [""; 0]);
        reply.expect(403, "CROSS_SITE_REQUEST");
    }
    for allowed in [
        &[("Sec-Fetch-Site", "same-origin")][..],
        &[("Sec-Fetch-Site", "none")],
        &[("Sec-Fetch-Site", "cross-site"), ("Referer", "https://app.example.org/")],
        &[("Origin", PAGE)],
    ] {
        assert_eq!(with(&browser, allowed).get(path).await.status, 302);
    }
    // A header is no browser's doing, and nobody is harmed by the beginning of a sign-in.
    let (access, _) = app.client().login("ann", PASSWORD).await.tokens();
    let cross = app.client().header("Sec-Fetch-Site", "cross-site");
    assert_eq!(cross.bearer(&access).get(path).await.status, 302);
    assert_eq!(with(&browser, &[("Sec-Fetch-Site", "cross-site")]).get("/auth/google/authorize").await.status, 302);
}
