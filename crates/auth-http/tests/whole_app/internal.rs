//! What services of the same operator ask for.

use std::time::Duration;

use actix_web::http::Method;
use auth_domain::internal::Scope;
use auth_testkit::doubles::TestInternalTokens;
use serde_json::{Value, json};

use crate::harness::{App, Client, Reply};

/// The service `games`, which holds these scopes for the next minute.
pub fn games(app: &App, scopes: &[Scope]) -> Client {
    let token = TestInternalTokens.issue("games", scopes, app.service.now() + Duration::from_secs(60));
    app.client().bearer(&token)
}

async fn put(client: &Client, path: &str, body: Value) -> Reply {
    client.send_body(Method::PUT, path, "application/json", body.to_string().into()).await
}

#[tokio::test]
async fn roles_are_set_and_count_at_once() {
    let app = App::start().await;
    let (access, refresh) = app.session("ann").await;
    let ann = app.client().bearer(&access);
    let service = games(&app, &[Scope::RolesWrite]);
    let path = format!("/auth/{}/roles", app.account("ann").id);
    let set = put(&service, &path, json!({ "roles": ["editor", "admin", "editor"] })).await;
    insta::assert_snapshot!("roles_that_were_set", set);
    assert_eq!(set.expect(200, "ROLES_UPDATED")["user"]["roles"], json!(["admin", "editor"]));
    assert_eq!(ann.get("/auth/verify?role=admin").await.status, 200);
    ann.get("/auth/verify?role=user").await.expect(403, "FORBIDDEN");
    let (fresh, _) = app.client().refresh(&refresh).await.tokens();
    assert!(fresh.contains("|admin editor|"), "{fresh}");

    for body in [
        json!({}),
        json!({ "roles": "admin" }),
        json!({ "roles": ["No"] }),
        json!({ "roles": [""] }),
        json!({ "roles": [1] }),
    ] {
        put(&service, &path, body).await.expect(400, "VALIDATION_FAILED");
    }
    let nobody = "/auth/01a200b9-c0e1-7bcf-8b25-c7f70207dc6c/roles";
    put(&service, nobody, json!({ "roles": [] })).await.expect(404, "USER_NOT_FOUND");
    put(&service, "/auth/x/roles", json!({ "roles": [] })).await.expect(400, "VALIDATION_FAILED");
    put(&ann, &path, json!({ "roles": ["admin"] })).await.expect(401, "INTERNAL_TOKEN_INVALID");
}

#[tokio::test]
async fn a_service_is_answered_as_far_as_its_token_goes() {
    let app = App::start().await;
    let (access, _) = app.session("ann").await;
    let every = games(&app, &[Scope::CredentialsRead, Scope::TokensIntrospect]);
    insta::assert_snapshot!("credentials", every.get("/auth").await);
    insta::assert_snapshot!("a_good_token", every.post("/auth/introspect", json!({ "token": access })).await);
    insta::assert_snapshot!("a_bad_token", every.post("/auth/introspect", json!({ "token": "x" })).await);
    let none = games(&app, &[]);
    none.get("/auth").await.expect(403, "FORBIDDEN");
    none.post("/auth/introspect", json!({ "token": access })).await.expect(403, "FORBIDDEN");
    app.wait(59);
    every.get("/auth").await.expect(200, "CREDENTIALS_FETCHED");
    app.wait(1);
    let expired = every.get("/auth").await;
    insta::assert_snapshot!("an_expired_internal_token", expired);
    expired.expect(401, "INTERNAL_TOKEN_EXPIRED");
}
