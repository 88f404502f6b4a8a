//! `POST /auth/token/exchange`: who may exchange whose token for which, and what the new one says.

use std::time::Duration;

use auth_domain::audience::{Audience, AudienceName, Audiences};
use auth_domain::disclosure::Disclosure;
use auth_domain::internal::Scope;
use auth_domain::token_exchange::{ExchangeRule, ExchangeRules};
use auth_domain::use_cases::Policy;
use auth_testkit::doubles::TestInternalTokens;
use serde_json::{Value, json};

use crate::harness::{App, PASSWORD, Reply, URL};

fn name(text: &str) -> AudienceName {
    AudienceName::parse(text).unwrap()
}

/// `shop` has the audience `orders` and may call `mail`; the service of that name may call `files`; `portal` has the default
/// audience and may call `orders`.
pub fn policy() -> Policy {
    let rule = |own: Audience, targets: &[&str]| ExchangeRule {
        own,
        targets: targets.iter().map(|text| name(text)).collect(),
    };
    let exchange = ExchangeRules::from([
        ("shop".to_owned(), rule(Audience::Other(name("orders")), &["mail"])),
        ("mail".to_owned(), rule(Audience::Other(name("mail")), &["files"])),
        ("portal".to_owned(), rule(Audience::Default, &["orders"])),
    ]);
    let others = ["orders", "mail", "files"].map(name);
    Policy { audiences: Audiences::new(URL.to_owned(), others.into()), exchange, ..Policy::for_tests() }
}

/// An access token of ann for `orders`, and the refresh token.
pub async fn at_orders(app: &App) -> (String, String) {
    app.register("ann").await;
    let body = json!({ "username": "ann", "password": PASSWORD, "resource": "orders" });
    app.client().post("/auth/login", body).await.tokens()
}

pub async fn exchange(app: &App, service: &str, subject: &str, resource: &str) -> Reply {
    let internal =
        TestInternalTokens.issue(service, &[Scope::TokensExchange], app.service.now() + Duration::from_secs(60));
    let body = json!({ "subjectToken": subject, "resource": resource });
    app.client().bearer(&internal).post("/auth/token/exchange", body).await
}

fn token(data: &Value) -> String {
    data["accessToken"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_service_calls_another_for_its_user() {
    let app = App::under(policy()).await;
    let (orders, _) = at_orders(&app).await;
    app.wait(100);
    let answer = exchange(&app, "shop", &orders, "mail").await;
    insta::assert_snapshot!("an_exchanged_token", answer);
    let mail = token(&answer.expect(200, "TOKEN_EXCHANGED"));
    let parts = |token: &str| token.split('|').map(str::to_owned).collect::<Vec<_>>();
    let (before, after) = (parts(&orders), parts(&mail));
    // access|<audience>|<account>|<session>|<generation>|<nonce>|<roles>|<amr>|<auth_time>|<iat>|<exp>|<actors>
    for same in [2, 3, 4, 6, 7, 8, 10] {
        assert_eq!(after[same], before[same], "{mail}");
    }
    assert_eq!((after[1].as_str(), after[11].as_str()), ("mail", "shop"));
    assert_ne!((&after[5], &after[9]), (&before[5], &before[9]));

    // Passed on again, as far as the rules go, and no longer than the first one lives.
    app.wait(100);
    let files = exchange(&app, "mail", &mail, "files").await.expect(200, "TOKEN_EXCHANGED");
    assert_eq!(files["expiresIn"], 400);
    assert!(token(&files).ends_with("|mail shop"), "{files}");
    let asking =
        TestInternalTokens.issue("games", &[Scope::TokensIntrospect], app.service.now() + Duration::from_secs(60));
    let introspected = app.client().bearer(&asking).post("/auth/introspect", json!({ "token": token(&files) })).await;
    assert_eq!(introspected.body["act"], json!({ "sub": "mail", "act": { "sub": "shop" } }));
    assert_eq!(introspected.body["aud"], "files");
    app.client().bearer(&mail).get("/auth/me").await.expect(401, "WRONG_AUDIENCE");
    assert_eq!(app.client().bearer(&mail).get("/auth/verify?audience=mail").await.status, 200);
}

#[tokio::test]
async fn nobody_exchanges_what_they_were_not_given_or_for_whom_they_may_not_call() {
    let app = App::under(policy()).await;
    let (orders, refresh) = at_orders(&app).await;
    let (default, _) = app.client().refresh(&refresh).await.tokens();
    exchange(&app, "portal", &default, "orders").await.expect(200, "TOKEN_EXCHANGED");
    for (service, resource) in
        [("shop", "files"), ("shop", "orders"), ("shop", URL), ("portal", URL), ("shop", ""), ("games", "mail")]
    {
        exchange(&app, service, &orders, resource).await.expect(400, "INVALID_TARGET");
    }
    let refused = async |service: &str, subject: &str, resource: &str| {
        exchange(&app, service, subject, resource).await.expect(400, "SUBJECT_TOKEN_INVALID")["reason"].clone()
    };
    assert_eq!(refused("shop", &default, "mail").await, "audience");
    assert_eq!(refused("mail", &orders, "files").await, "audience");
    assert_eq!(refused("portal", &orders, "orders").await, "audience");
    assert_eq!(refused("shop", &refresh, "mail").await, "malformed");
    assert_eq!(refused("shop", "", "mail").await, "malformed");
    app.wait(600);
    assert_eq!(refused("shop", &orders, "mail").await, "expired");

    let without = TestInternalTokens.issue("shop", &[Scope::UsersRead], app.service.now() + Duration::from_secs(60));
    let body = json!({ "subjectToken": orders, "resource": "mail" });
    let refused = app.client().bearer(&without).post("/auth/token/exchange", body.clone()).await;
    assert_eq!(refused.expect(403, "FORBIDDEN")["scope"], "tokens:exchange");
    app.client()
        .bearer(&default)
        .post("/auth/token/exchange", body.clone())
        .await
        .expect(401, "INTERNAL_TOKEN_INVALID");
    app.client().post("/auth/token/exchange", body).await.expect(401, "TOKEN_REQUIRED");
    let internal =
        TestInternalTokens.issue("shop", &[Scope::TokensExchange], app.service.now() + Duration::from_secs(60));
    let shop = app.client().bearer(&internal);
    for body in [json!({}), json!({ "subjectToken": 1, "resource": "mail" }), json!({ "subjectToken": "x" })] {
        shop.post("/auth/token/exchange", body).await.expect(400, "VALIDATION_FAILED");
    }
}

#[tokio::test]
async fn a_session_that_ended_and_a_suspended_account_give_nothing() {
    for disclosure in [Disclosure::Explicit, Disclosure::Concealed] {
        let app = App::under(Policy { disclosure, ..policy() }).await;
        let (orders, refresh) = at_orders(&app).await;
        let refused = async |subject: &str| {
            exchange(&app, "shop", subject, "mail").await.expect(400, "SUBJECT_TOKEN_INVALID")["reason"].clone()
        };
        app.client().post("/auth/logout", json!({ "token": refresh })).await.expect(200, "USER_LOGGED_OUT");
        assert_eq!(refused(&orders).await, "session_gone");
        let body = json!({ "username": "ann", "password": PASSWORD, "resource": "orders" });
        let (orders, _) = app.client().post("/auth/login", body).await.tokens();
        let administering = [Scope::UsersWrite];
        let admin = TestInternalTokens.issue("games", &administering, app.service.now() + Duration::from_secs(60));
        let path = format!("/auth/admin/users/{}/suspend", app.account("ann").id);
        app.client().bearer(&admin).post(&path, json!({})).await.expect(200, "USER_UPDATED");
        assert_eq!(refused(&orders).await, "session_gone");
    }
}

/// Whatever was set meanwhile: a token that was passed on is none of this service.
#[tokio::test]
async fn a_token_that_was_passed_on_is_refused_once_its_audience_is_the_default_one() {
    let app = App::under(policy()).await;
    let (orders, _) = at_orders(&app).await;
    let mail = token(&exchange(&app, "shop", &orders, "mail").await.expect(200, "TOKEN_EXCHANGED"));
    // The double's text for the default audience is empty.
    app.me(&mail.replacen("|mail|", "||", 1)).await.expect(401, "WRONG_AUDIENCE");
}
