//! Every operation that takes a token, with every token that is not the one it takes; and every one that
//! takes a body, with bodies that nothing takes. Built from the OpenAPI file.

use std::time::Duration;

use auth_black_box::{Engine, Server};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::json;

use crate::operations::{Permission, operations};

fn internal_token(service: &str, expires_in: i64) -> String {
    let now = i64::try_from(jsonwebtoken::get_current_timestamp()).unwrap();
    let exp = now + expires_in;
    let claims = json!({ "iss": service, "aud": "auth-service", "iat": exp - 60, "exp": exp, "jti": "1" });
    let key = EncodingKey::from_secret(auth_black_box::SECRET.as_bytes());
    jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &key).unwrap()
}

#[tokio::test]
async fn no_other_token_opens_any_door() {
    let server = Server::start(Engine::Sqlite).await;
    let client = server.client();
    let (access, refresh) = server.session("ann").await;
    let (ended, _) = server.session("bob").await;
    client.bearer(&ended).post("/auth/logout-all", json!({})).await.expect(200, "USER_LOGGED_OUT");
    let internal = internal_token("backups-service", 60);
    let (expired, powerless) = (internal_token("backups-service", -10), internal_token("powerless", 60));
    let specification = client.get("/auth/doc/openapi.json").await.body;
    for operation in operations(&specification) {
        let refusals = match operation.permission {
            Permission::Anyone => continue,
            Permission::AccessToken => vec![
                ("x", 401, "ACCESS_TOKEN_INVALID"),
                (internal.as_str(), 401, "ACCESS_TOKEN_INVALID"),
                (refresh.as_str(), 401, "ACCESS_TOKEN_INVALID"),
                (ended.as_str(), 401, "UNAUTHORIZED"),
            ],
            Permission::Internal => vec![
                ("x", 401, "INTERNAL_TOKEN_INVALID"),
                (access.as_str(), 401, "INTERNAL_TOKEN_INVALID"),
                (refresh.as_str(), 401, "INTERNAL_TOKEN_INVALID"),
                (expired.as_str(), 401, "INTERNAL_TOKEN_EXPIRED"),
                (powerless.as_str(), 403, "FORBIDDEN"),
            ],
        };
        operation.send(&client, &refresh).await.expect(401, "TOKEN_REQUIRED");
        for (token, status, code) in refusals {
            assert!(operation.codes.contains(code), "{} does not document {code}", operation.path);
            operation.send(&client.bearer(token), &refresh).await.expect(status, code);
        }
    }
    server.me(&access).await.expect(200, "USER_FETCHED");
    assert_eq!(server.sql("SELECT count(*) FROM accounts"), "2", "and nothing happened");
}

#[tokio::test]
async fn an_expired_access_token_opens_no_door() {
    let server = Server::with(Engine::Sqlite, &[("AUTH_ACCESS_TTL", "1")]).await;
    let client = server.client();
    let (access, refresh) = server.session("ann").await;
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    let specification = client.get("/auth/doc/openapi.json").await.body;
    for operation in operations(&specification) {
        if operation.permission == Permission::AccessToken {
            operation.send(&client.bearer(&access), &refresh).await.expect(401, "ACCESS_TOKEN_EXPIRED");
        }
    }
}

#[tokio::test]
async fn bodies_that_nothing_takes_are_refused_everywhere() {
    let server = Server::start(Engine::Sqlite).await;
    let client = server.client();
    let (access, _) = server.session("ann").await;
    let internal = internal_token("backups-service", 60);
    let specification = client.get("/auth/doc/openapi.json").await.body;
    for operation in operations(&specification) {
        let caller = match operation.permission {
            Permission::Anyone => client.clone(),
            Permission::AccessToken => client.bearer(&access),
            Permission::Internal => client.bearer(&internal),
        };
        operation.send_raw(&caller, "application/json", vec![b' '; 65_537]).await.expect(413, "PAYLOAD_TOO_LARGE");
        if operation.has_body {
            operation.send_raw(&caller, "text/plain", "{}").await.expect(415, "UNSUPPORTED_MEDIA_TYPE");
            for broken in ["", "{", "[]", "null", "{}{}"] {
                operation.send_raw(&caller, "application/json", broken).await.expect(400, "VALIDATION_FAILED");
            }
        }
    }
}
