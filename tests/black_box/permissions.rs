//! Every operation that takes a token, with every token that is not the one it takes; and every one that
//! takes a body, with bodies that nothing takes. Built from the OpenAPI file.

use std::time::Duration;

use auth_black_box::{Engine, Server};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::json;

use crate::operations::{Permission, Tokens, operations};

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
    let tokens = Tokens::of(&server, "ann").await;
    let Tokens { access, refresh, internal, reset, reset_verified, login } = &tokens;
    // Those of another service like this one, with another master key.
    let key = ("AUTH_SECRET_KEY", "QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUE=");
    let stranger = Server::with(Engine::Sqlite, &[key, ("AUTH_PUBLIC_URL", &server.url)]).await;
    let strangers = Tokens::of(&stranger, "ann").await;
    let (ended, _) = server.session("bob").await;
    client.bearer(&ended).post("/auth/logout-all", json!({})).await.expect(200, "USER_LOGGED_OUT");
    let (expired, powerless) = (internal_token("backups-service", -10), internal_token("powerless", 60));
    let specification = client.get("/auth/doc/openapi.json").await.body;
    for operation in operations(&specification) {
        let strange = |own: &[&str]| -> Vec<String> {
            let mut all = vec!["x", access, refresh, internal, reset, reset_verified, login];
            all.extend([&strangers.access, &strangers.refresh, &strangers.reset, &strangers.login].map(String::as_str));
            all.into_iter().filter(|token| !own.contains(token)).map(str::to_owned).collect()
        };
        let all = |tokens: Vec<String>, status: u16, code: &'static str| {
            tokens.into_iter().map(move |token| (token, status, code))
        };
        let refusals: Vec<(String, u16, &str)> = match operation.permission {
            Permission::Anyone => continue,
            Permission::AccessToken => all(strange(&[access]), 401, "ACCESS_TOKEN_INVALID")
                .chain([(ended.clone(), 401, "UNAUTHORIZED")])
                .collect(),
            Permission::AccessOrTempToken => {
                all(strange(&[access, reset, reset_verified, login]), 401, "ACCESS_TOKEN_INVALID")
                    .chain(all(vec![reset.clone(), reset_verified.clone(), login.clone()], 401, "TEMP_TOKEN_INVALID"))
                    .chain([(ended.clone(), 401, "UNAUTHORIZED")])
                    .collect()
            }
            Permission::TempToken => {
                let own = match operation.path.as_str() {
                    "/auth/verify-code" => vec![reset.as_str()],
                    // The right purpose, but a step before.
                    "/auth/update-password" => vec![reset_verified.as_str(), reset.as_str()],
                    _ => vec![login.as_str()],
                };
                let before = (operation.path == "/auth/update-password").then(|| (reset.clone(), 401, "UNAUTHORIZED"));
                all(strange(&own), 401, "TEMP_TOKEN_INVALID").chain(before).collect()
            }
            Permission::Internal => all(strange(&[internal]), 401, "INTERNAL_TOKEN_INVALID")
                .chain([(expired.clone(), 401, "INTERNAL_TOKEN_EXPIRED"), (powerless.clone(), 403, "FORBIDDEN")])
                .collect(),
            // `administration` in whole_app tries every role.
            Permission::Admin => all(strange(&[access, internal]), 401, "ACCESS_TOKEN_INVALID")
                .chain([(expired.clone(), 401, "INTERNAL_TOKEN_EXPIRED"), (powerless.clone(), 403, "FORBIDDEN")])
                .chain([(access.clone(), 403, "FORBIDDEN"), (ended.clone(), 401, "UNAUTHORIZED")])
                .collect(),
        };
        operation.send(&client, refresh).await.expect(401, "TOKEN_REQUIRED");
        for (token, status, code) in refusals {
            assert!(operation.codes.contains(code), "{} does not document {code}", operation.path);
            operation.send(&client.bearer(&token), refresh).await.expect(status, code);
        }
    }
    server.me(access).await.expect(200, "USER_FETCHED");
    assert_eq!(server.sql("SELECT count(*) FROM accounts"), "3", "and nothing happened");
}

/// Where a token travels in the body: a refresh token, and nothing else.
#[tokio::test]
async fn no_other_token_is_a_refresh_token() {
    let server = Server::start(Engine::Sqlite).await;
    let client = server.client();
    let Tokens { access, refresh, internal, reset, reset_verified, login } = Tokens::of(&server, "ann").await;
    let key = ("AUTH_SECRET_KEY", "QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUE=");
    let stranger = Server::with(Engine::Sqlite, &[key]).await;
    let (_, strange) = stranger.session("ann").await;
    for token in ["x", &access, &internal, &reset, &reset_verified, &login, &strange] {
        client.refresh(token).await.expect(401, "REFRESH_TOKEN_INVALID");
        let body = json!({ "token": token });
        client.bearer(&access).post("/auth/logout", body).await.expect(401, "REFRESH_TOKEN_INVALID");
    }
    for body in [json!({}), json!({ "token": "" }), json!({ "token": null })] {
        client.post("/auth/refresh", body.clone()).await.expect(401, "REFRESH_TOKEN_REQUIRED");
        client.bearer(&access).post("/auth/logout", body).await.expect(401, "REFRESH_TOKEN_REQUIRED");
    }
    client.refresh(&refresh).await.expect(200, "TOKEN_REFRESHED");
}

#[tokio::test]
async fn an_expired_token_opens_no_door() {
    let server = Server::with(Engine::Sqlite, &[("AUTH_ACCESS_TTL", "10"), ("AUTH_TEMP_TTL", "10")]).await;
    let client = server.client();
    let tokens = Tokens::of(&server, "ann").await;
    tokio::time::sleep(Duration::from_millis(10_100)).await;
    let specification = client.get("/auth/doc/openapi.json").await.body;
    for operation in operations(&specification) {
        let code = match operation.permission {
            Permission::Anyone | Permission::Internal | Permission::Admin => continue,
            Permission::AccessToken | Permission::AccessOrTempToken => "ACCESS_TOKEN_EXPIRED",
            Permission::TempToken => "TEMP_TOKEN_EXPIRED",
        };
        operation.send(&operation.caller(&client, &tokens), &tokens.refresh).await.expect(401, code);
    }
}

#[tokio::test]
async fn bodies_that_nothing_takes_are_refused_everywhere() {
    let server = Server::start(Engine::Sqlite).await;
    let client = server.client();
    let tokens = Tokens::of(&server, "ann").await;
    let specification = client.get("/auth/doc/openapi.json").await.body;
    for operation in operations(&specification) {
        let caller = operation.caller(&client, &tokens);
        operation.send_raw(&caller, "application/json", vec![b' '; 65_537]).await.expect(413, "PAYLOAD_TOO_LARGE");
        if operation.has_body {
            operation.send_raw(&caller, "text/plain", "{}").await.expect(415, "UNSUPPORTED_MEDIA_TYPE");
            for broken in ["", "{", "[]", "null", "{}{}"] {
                operation.send_raw(&caller, "application/json", broken).await.expect(400, "VALIDATION_FAILED");
            }
        }
    }
}
