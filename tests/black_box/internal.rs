//! Internal endpoints and the tokens that open them.

use auth_black_box::{PASSWORD, SECRET, Server, each_engine};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};

fn now() -> i64 {
    i64::try_from(jsonwebtoken::get_current_timestamp()).unwrap()
}

fn claims() -> Value {
    json!({ "iss": "backups-service", "aud": "auth-service", "iat": now(), "exp": now() + 60, "jti": "1" })
}

fn sign(claims: &Value) -> String {
    jsonwebtoken::encode(&Header::new(Algorithm::HS256), claims, &EncodingKey::from_secret(SECRET.as_bytes())).unwrap()
}

fn with(name: &str, value: Value) -> Value {
    let mut claims = claims();
    if value.is_null() {
        claims.as_object_mut().unwrap().remove(name);
    } else {
        claims[name] = value;
    }
    claims
}

each_engine! {
    async fn credentials_are_read_whole_and_in_pages(engine) {
        let server = Server::start(engine).await;
        let mut ids = Vec::new();
        for number in 0..5 {
            ids.push(server.register(&format!("user-{number}")).await["id"].clone());
        }
        let service = server.client().bearer(&server.internal_token());
        for path in ["/auth", "/auth/", "/api/auth"] {
            let data = service.get(path).await.expect(200, "CREDENTIALS_FETCHED");
            let credentials = data["credentials"].as_array().unwrap();
            assert_eq!(credentials.iter().map(|one| one["id"].clone()).collect::<Vec<_>>(), ids);
            assert_eq!(data["next"], Value::Null);
            let mut names: Vec<&String> = credentials[0].as_object().unwrap().keys().collect();
            names.sort();
            let expected = ["createdAt", "email", "emailTold", "emailVerified", "everProved", "id", "identities", "locale", "newPasswordRequired", "passwordHash", "pendingEmail", "recoveryCodes", "roles", "scheduledDeletion", "suspendedAt", "twoFa", "updatedAt", "username"];
            assert_eq!(names, expected);
            assert!(credentials[0]["passwordHash"].as_str().unwrap().starts_with("$argon2id$v=19$m=8192,t=1,p=1,keyid="));
        }
        let (mut seen, mut next) = (Vec::new(), String::new());
        loop {
            let data = service.get(&format!("/auth?limit=2{next}")).await.expect(200, "CREDENTIALS_FETCHED");
            seen.extend(data["credentials"].as_array().unwrap().iter().map(|one| one["id"].clone()));
            match data["next"].as_str() {
                Some(id) => next = format!("&after={id}"),
                None => break,
            }
        }
        assert_eq!(seen, ids);
        for query in ["limit=0", "limit=1001", "limit=x", "after=x", "limit=1&after=1", "limit=1&limit=2"] {
            service.get(&format!("/auth?{query}")).await.expect(400, "VALIDATION_FAILED");
        }
        for query in ["", "?limit=3"] {
            let request = service.request(reqwest::Method::GET, &format!("/auth{query}")).header("Accept", "application/x-ndjson");
            let response = request.send().await.unwrap();
            assert_eq!(response.headers()["content-type"], "application/x-ndjson");
            let text = response.text().await.unwrap();
            let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
            assert_eq!(lines.len(), if query.is_empty() { 5 } else { 3 });
            assert_eq!(lines[0]["id"], ids[0]);
        }
        let after = service.get(&format!("/auth?after={}", ids[3].as_str().unwrap())).await.expect(200, "CREDENTIALS_FETCHED");
        assert_eq!(after["credentials"].as_array().unwrap().len(), 1);
    }

    async fn a_deleted_user_is_gone_with_all_sessions(engine) {
        let server = Server::start(engine).await;
        let (access, refresh) = server.session("ann").await;
        let id = server.me(&access).await.expect(200, "USER_FETCHED")["user"]["id"].as_str().unwrap().to_owned();
        let service = server.client().bearer(&server.internal_token());
        let deleted = service.delete(&format!("/auth/{id}")).await.expect(200, "USER_DATA_DELETED");
        assert_eq!(deleted["deletionId"].as_str().unwrap().len(), 36);
        server.me(&access).await.expect(401, "UNAUTHORIZED");
        server.client().refresh(&refresh).await.expect(401, "REFRESH_TOKEN_INVALID");
        server.client().login("ann", PASSWORD).await.expect(400, "INVALID_CREDENTIALS");
        service.delete(&format!("/auth/{id}")).await.expect(404, "USER_NOT_FOUND");
        for path in ["/auth/not-a-uuid", "/auth/00000000000000000000000000000000"] {
            service.delete(path).await.expect(400, "VALIDATION_FAILED");
        }
        assert_eq!(server.sql("SELECT (SELECT count(*) FROM accounts) + (SELECT count(*) FROM sessions), requested_by FROM deletions"), "0|backups-service");
        server.register("ann").await;
    }

    async fn users_delete_themselves_and_are_told(engine) {
        let server = Server::start(engine).await;
        let (access, refresh) = server.session("ann").await;
        let (bob, _) = server.session("bob").await;
        let deleted = server.client().bearer(&access).delete("/auth/delete").await.expect(200, "USER_DATA_DELETED");
        assert_eq!(deleted["deletionId"].as_str().unwrap().len(), 36);
        server.client().bearer(&access).delete("/auth/delete").await.expect(401, "UNAUTHORIZED");
        server.client().refresh(&refresh).await.expect(401, "REFRESH_TOKEN_INVALID");
        server.me(&bob).await.expect(200, "USER_FETCHED");
        assert_eq!(server.sql("SELECT requested_by FROM deletions"), "owner");
        assert_eq!(server.mail("notice", "ann@example.org", 1).await.subject, "Your account was deleted");
    }

    async fn introspection_tells_what_is_good_now(engine) {
        let server = Server::start(engine).await;
        let (access, refresh) = server.session("ann").await;
        let service = server.client().bearer(&server.internal_token());
        let introspect = async |token: &str| service.post("/auth/introspect", json!({ "token": token })).await.body;
        let answer = introspect(&access).await;
        assert_eq!((&answer["active"], &answer["token_type"], &answer["token_use"]), (&json!(true), &json!("Bearer"), &json!("access")));
        assert_eq!(answer["iss"], server.url.as_str());
        assert_eq!((&answer["roles"], &answer["username"], &answer["email"]), (&json!(["user"]), &json!("ann"), &json!("ann@example.org")));
        assert_eq!(introspect(&refresh).await["token_use"], "refresh");
        let form = service.request(reqwest::Method::POST, "/auth/introspect").form(&[("token_type_hint", "access_token"), ("token", &access)]);
        assert_eq!(service.send(form).await.body["active"], true);

        let (_, second) = server.client().refresh(&refresh).await.tokens();
        server.client().refresh(&second).await.expect(200, "TOKEN_REFRESHED");
        let own = server.internal_token();
        for inactive in [refresh.as_str(), "x", "", own.as_str()] {
            assert_eq!(introspect(inactive).await, json!({ "active": false }), "{inactive}");
        }
        server.client().bearer(&access).post("/auth/logout-all", json!({})).await.expect(200, "USER_LOGGED_OUT");
        assert_eq!(introspect(&access).await, json!({ "active": false }));
        assert_eq!(introspect(&second).await, json!({ "active": false }));
        service.post("/auth/introspect", json!({})).await.expect(400, "VALIDATION_FAILED");
        for form in ["", "x=1", "token=a&token=b"] {
            let request = service.request(reqwest::Method::POST, "/auth/introspect").header("Content-Type", "application/x-www-form-urlencoded");
            service.send(request.body(form)).await.expect(400, "VALIDATION_FAILED");
        }
        server.client().post("/auth/introspect", json!({ "token": access })).await.expect(401, "TOKEN_REQUIRED");
    }
}

#[tokio::test]
async fn internal_tokens_are_checked_to_the_letter() {
    let server = Server::start(auth_black_box::Engine::Sqlite).await;
    let ask = async |token: &str| server.client().bearer(token).get("/auth?limit=1").await;
    ask(&sign(&claims())).await.expect(200, "CREDENTIALS_FETCHED");
    for good in [
        with("aud", json!(["other", "auth-service"])),
        with("exp", json!(now() + 299)),
        with("exp", json!(now() as f64 + 30.5)),
        with("scope", json!("credentials:read roles:write")),
        with("nbf", json!(now())),
    ] {
        ask(&sign(&good)).await.expect(200, "CREDENTIALS_FETCHED");
    }
    let expired =
        json!({ "iss": "backups-service", "aud": "auth-service", "iat": now() - 100, "exp": now() - 10, "jti": "1" });
    ask(&sign(&expired)).await.expect(401, "INTERNAL_TOKEN_EXPIRED");
    for (name, wrong) in [
        ("iss", Value::Null),
        ("iss", json!("unknown")),
        ("iss", json!(7)),
        ("iss", json!(["backups-service"])),
        ("aud", Value::Null),
        ("aud", json!("other")),
        ("aud", json!([])),
        ("aud", json!(7)),
        ("exp", Value::Null),
        ("exp", json!("2099")),
        ("exp", json!(now() + 310)),
        ("exp", json!(1e300)),
        ("exp", json!(now() - 1)),
        ("iat", Value::Null),
        ("iat", json!(now() + 30)),
        ("iat", json!("now")),
        ("jti", Value::Null),
        ("jti", json!("")),
        ("jti", json!(1)),
        ("nbf", json!(now() + 30)),
        ("scope", json!(["credentials:read"])),
    ] {
        ask(&sign(&with(name, wrong.clone()))).await.expect(401, "INTERNAL_TOKEN_INVALID");
    }
    // A scope claim narrows, never widens.
    ask(&sign(&with("scope", json!("")))).await.expect(403, "FORBIDDEN");
    ask(&sign(&with("scope", json!("roles:write")))).await.expect(403, "FORBIDDEN");
    let mut powerless = claims();
    powerless["iss"] = json!("powerless");
    powerless["scope"] = json!("credentials:read");
    ask(&sign(&powerless)).await.expect(403, "FORBIDDEN");

    let (access, refresh) = server.session("ann").await;
    let unsigned =
        format!("{}.{}.", URL_SAFE_NO_PAD.encode(r#"{"alg":"none"}"#), URL_SAFE_NO_PAD.encode(claims().to_string()));
    let other_key =
        jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims(), &EncodingKey::from_secret(b"")).unwrap();
    let other_algorithm =
        jsonwebtoken::encode(&Header::new(Algorithm::HS512), &claims(), &EncodingKey::from_secret(SECRET.as_bytes()))
            .unwrap();
    let mut typed = Header::new(Algorithm::HS256);
    typed.typ = Some("at+jwt".to_owned());
    let wrong_type = jsonwebtoken::encode(&typed, &claims(), &EncodingKey::from_secret(SECRET.as_bytes())).unwrap();
    for token in [access, refresh, unsigned, other_key, other_algorithm, wrong_type, "x".to_owned()] {
        ask(&token).await.expect(401, "INTERNAL_TOKEN_INVALID");
    }
    server.client().get("/auth").await.expect(401, "TOKEN_REQUIRED");
}

#[tokio::test]
async fn a_service_may_sign_with_a_key_of_its_own() {
    const PRIVATE: &str = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n-----END PRIVATE KEY-----\n";
    const PUBLIC: &str = "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n-----END PUBLIC KEY-----\n";
    let settings = [("AUTH_INTERNAL__USERS__PUBLIC_KEY", PUBLIC), ("AUTH_INTERNAL__USERS__SCOPES", "credentials:read")];
    let server = Server::with(auth_black_box::Engine::Sqlite, &settings).await;
    let mut claims = claims();
    claims["iss"] = json!("users");
    let own = jsonwebtoken::encode(
        &Header::new(Algorithm::EdDSA),
        &claims,
        &EncodingKey::from_ed_pem(PRIVATE.as_bytes()).unwrap(),
    )
    .unwrap();
    server.client().bearer(&own).get("/auth").await.expect(200, "CREDENTIALS_FETCHED");
    let confused =
        jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &EncodingKey::from_secret(PUBLIC.as_bytes()))
            .unwrap();
    server.client().bearer(&confused).get("/auth").await.expect(401, "INTERNAL_TOKEN_INVALID");
}
