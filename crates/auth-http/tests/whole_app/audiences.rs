//! `resource`: access tokens for one of several audiences, and where each is taken.

use std::time::Duration;

use actix_web::http::Method;
use auth_domain::audience::{AudienceName, Audiences};
use auth_domain::challenge::ChallengePurpose;
use auth_domain::internal::Scope;
use auth_domain::use_cases::Policy;
use auth_testkit::doubles::{TestInternalTokens, TestProvider};
use serde_json::{Value, json};

use crate::harness::{App, PASSWORD, Reply, URL, otp, temp_token};

const ADDRESS: &str = "ann@example.org";

/// The audiences `orders` and `mail`, besides the default one.
fn policy() -> Policy {
    let others = ["orders", "mail"].map(|name| AudienceName::parse(name).unwrap());
    Policy { audiences: Audiences::new(URL.to_owned(), others.into()), ..Policy::for_tests() }
}

fn audience(token: &str) -> String {
    token.split('|').nth(1).unwrap().to_owned()
}

/// A login for `orders`: access and refresh token.
async fn at_orders(app: &App) -> (String, String) {
    let body = json!({ "username": "ann", "password": PASSWORD, "resource": "orders" });
    app.client().post("/auth/login", body).await.tokens()
}

#[tokio::test]
async fn every_answer_with_tokens_has_the_audience_that_was_asked_for() {
    let app = App::under(policy()).await;
    app.register("ann").await;
    let (access, refresh) = at_orders(&app).await;
    assert_eq!(audience(&access), "orders");
    // The session remembers no audience.
    let (access, refresh) = app.client().refresh(&refresh).await.tokens();
    assert_eq!(audience(&access), "");
    let refreshed = async |token: &str, resource: Value| {
        app.client().post("/auth/refresh", json!({ "token": token, "resource": resource })).await
    };
    let (access, refresh) = refreshed(&refresh, json!("mail")).await.tokens();
    assert_eq!(audience(&access), "mail");
    // The default audience can be named too, and null is none.
    let (access, refresh) = refreshed(&refresh, json!(URL)).await.tokens();
    assert_eq!(audience(&access), "");
    refreshed(&refresh, Value::Null).await.expect(200, "TOKEN_REFRESHED");

    app.service.google.identifies("1|bea", Some(("bea@example.org", true)));
    let token = TestProvider::id_token("n", 1, app.service.now() + Duration::from_secs(600));
    let body = json!({ "idToken": token.reveal(), "nonce": "n", "resource": "orders" });
    let signed_in = app.client().post("/auth/google/token", body).await.expect(201, "USER_REGISTERED");
    assert_eq!(audience(signed_in["tokens"]["accessToken"].as_str().unwrap()), "orders");

    let client = app.client().header("Accept", "application/json");
    let begun = client.get("/auth/google/authorize?resource=mail").await.expect(200, "AUTHORIZATION_STARTED");
    let state = TestProvider::state_in(begun["authorizationUrl"].as_str().unwrap()).replace('|', "%7C");
    let back = app.client().get(&format!("/auth/google?code=x&state={state}")).await;
    let signed_in = back.expect(200, "USER_LOGGED_IN");
    assert_eq!(audience(signed_in["tokens"]["accessToken"].as_str().unwrap()), "mail");

    let sent = app.client().post("/auth/lost-password", json!({ "email": ADDRESS })).await.expect(200, "CODE_SENT");
    let code = app.code(ChallengePurpose::PasswordReset, ADDRESS, 1).await;
    let verified = app.client().bearer(&temp_token(&sent)).post("/auth/verify-code", otp(&code)).await;
    let body = json!({ "password": "another horse", "confirmPassword": "another horse", "resource": "mail" });
    let bearer = app.client().bearer(&temp_token(&verified.expect(200, "CODE_VERIFIED")));
    assert_eq!(audience(&bearer.post("/auth/update-password", body).await.tokens().0), "mail");
}

#[tokio::test]
async fn a_second_factor_names_it_again() {
    let app = App::under(policy()).await;
    app.register("ann").await;
    app.service.enable_app(&app.account("ann"));
    let body = json!({ "username": "ann", "password": PASSWORD, "resource": "orders" });
    let begun = app.client().post("/auth/login", body).await.expect(206, "TWOFA_REQUIRED");
    let finish = async |body: Value| app.client().bearer(&temp_token(&begun)).post("/2fa/app/verify-login", body).await;
    let code = app.totp("ann", 0);
    finish(json!({ "otpCode": code, "resource": "nobody" })).await.expect(400, "INVALID_TARGET");
    let finished = finish(json!({ "otpCode": code, "resource": "orders" })).await.expect(200, "USER_LOGGED_IN");
    assert_eq!(audience(finished["tokens"]["accessToken"].as_str().unwrap()), "orders");
}

#[tokio::test]
async fn an_unknown_audience_is_refused_before_anything_happens() {
    let app = App::under(policy()).await;
    let (_, refresh) = app.session("ann").await;
    let login = |resource: Value| json!({ "username": "ann", "password": "wrong", "resource": resource });
    let unknown = app.client().post("/auth/login", login(json!("billing"))).await;
    insta::assert_snapshot!("an_unknown_audience", unknown);
    for resource in ["", "Orders", "orders ", "auth-service"] {
        app.client().post("/auth/login", login(json!(resource))).await.expect(400, "INVALID_TARGET");
    }
    app.client().post("/auth/login", login(json!(["orders"]))).await.expect(400, "VALIDATION_FAILED");
    let body = json!({ "token": refresh, "resource": "billing" });
    app.client().post("/auth/refresh", body).await.expect(400, "INVALID_TARGET");
    app.client().refresh(&refresh).await.expect(200, "TOKEN_REFRESHED");
    app.client().get("/auth/google/authorize?resource=billing").await.expect(400, "INVALID_TARGET");
}

#[tokio::test]
async fn tokens_of_another_audience_open_nothing_here() {
    let app = App::under(policy()).await;
    app.register("ann").await;
    let (orders, _) = at_orders(&app).await;
    let ann = app.client().bearer(&orders);
    insta::assert_snapshot!("a_token_of_another_audience", ann.get("/auth/me").await);
    for path in ["/auth/me/export", "/auth/sessions", "/2fa", "/auth/admin/users", "/auth/verify"] {
        ann.get(path).await.expect(401, "WRONG_AUDIENCE");
    }
    for path in ["/auth/logout-all", "/auth/verify-email", "/auth/google/link", "/2fa/app/setup"] {
        ann.post(path, otp("123456")).await.expect(401, "WRONG_AUDIENCE");
    }
    ann.post("/auth/reauthenticate", json!({ "password": PASSWORD })).await.expect(401, "WRONG_AUDIENCE");
    ann.delete("/auth/delete").await.expect(401, "WRONG_AUDIENCE");
    ann.get("/auth/google/authorize?reauthenticate=true").await.expect(401, "WRONG_AUDIENCE");
    assert!(app.client().login("ann", PASSWORD).await.status == 200, "and nothing has happened");
}

#[tokio::test]
async fn a_gateway_and_introspection_know_every_audience() {
    let app = App::under(policy()).await;
    let (default, _) = app.session("ann").await;
    let (orders, _) = at_orders(&app).await;
    let verify = async |token: &str, query: &str| app.client().bearer(token).get(&format!("/auth/verify{query}")).await;
    assert_eq!(verify(&orders, "?audience=orders").await.status, 200);
    assert_eq!(verify(&default, "").await.status, 200);
    assert_eq!(verify(&default, &format!("?audience={URL}")).await.status, 200);
    verify(&orders, "?audience=orders&role=admin").await.expect(403, "FORBIDDEN");
    for (token, query) in [(&orders, ""), (&orders, "?audience=mail"), (&default, "?audience=orders")] {
        verify(token, query).await.expect(401, "WRONG_AUDIENCE");
    }
    verify(&orders, "?audience=billing").await.expect(400, "INVALID_TARGET");

    let asking =
        TestInternalTokens.issue("games", &[Scope::TokensIntrospect], app.service.now() + Duration::from_secs(60));
    let introspect =
        async |token: &str| app.client().bearer(&asking).post("/auth/introspect", json!({ "token": token })).await;
    for (token, audience) in [(&default, URL), (&orders, "orders")] {
        let found = introspect(token).await.body;
        assert_eq!((&found["active"], &found["aud"]), (&json!(true), &json!(audience)));
    }
    let me = app.client().bearer(&default).send(Method::POST, "/auth/logout-all", None).await;
    me.expect(200, "USER_LOGGED_OUT");
    verify(&orders, "?audience=orders").await.expect(401, "UNAUTHORIZED");
    assert_eq!(introspect(&orders).await.body["active"], json!(false));
}

/// A cookie comes back to this service only.
#[tokio::test]
async fn cookies_carry_the_default_audience_only() {
    let app = App::with(policy(), |edge| edge.cookies = true).await;
    app.register("ann").await;
    let page = app.client().header("Sec-Fetch-Site", "same-origin");
    let body = json!({ "username": "ann", "password": PASSWORD, "resource": "orders" });
    let is_set = |reply: &Reply| reply.headers.contains_key("set-cookie");
    let asked = page.header("X-Auth-Transport", "cookie").post("/auth/login", body.clone()).await;
    assert!(!is_set(&asked));
    asked.expect(400, "INVALID_TARGET");
    let in_body = page.post("/auth/login", body).await;
    assert!(!is_set(&in_body));
    assert_eq!(audience(&in_body.tokens().0), "orders");
    let redirect = format!("/auth/google/authorize?resource=orders&redirect={URL}/");
    page.get(&redirect).await.expect(400, "INVALID_TARGET");
    let in_cookie = page.login("ann", PASSWORD).await;
    let line = in_cookie.headers.get_all("set-cookie").map(|line| line.to_str().unwrap().split(';').next().unwrap());
    let cookie = line.collect::<Vec<_>>().join("; ");
    let refreshing = page.header("Cookie", &cookie).post("/auth/refresh", json!({ "resource": "orders" })).await;
    refreshing.expect(400, "INVALID_TARGET");
}
