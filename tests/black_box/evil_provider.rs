//! A provider, or somebody between it and us, that lies.

use auth_black_box::{Client, Engine, Grant, Server, StandIn, each_engine, id_token, signing_key};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use reqwest::Method;
use serde_json::{Value, json};

use crate::sign_in::{begin, begun_at, come_back, google_user, profile, with_google};

fn segment(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

/// Signs in with whatever `token` makes of the claims that would be in order.
async fn sign_in_with(
    client: &Client,
    stand_in: &StandIn,
    token: impl FnOnce(Value) -> String,
) -> auth_black_box::Reply {
    let begun = begin(client, "google").await;
    let mut claims = google_user(stand_in, "ann", Some("ann@example.org"), true);
    claims["nonce"] = json!(begun.nonce);
    let id_token = token(claims);
    stand_in.grant("c", Grant { id_token, userinfo: json!({ "sub": "ann" }), ..Grant::default() });
    come_back(client, "google", "c", &begun.state).await
}

#[tokio::test]
async fn no_forged_id_token_is_believed() {
    let stand_in = StandIn::start();
    let server = Server::with(Engine::Sqlite, &stand_in.settings()).await;
    let client = server.client();
    let changed = |change: fn(&mut Value)| {
        move |mut claims: Value| {
            change(&mut claims);
            id_token(&claims, 1, "key-1")
        }
    };
    let with_header = |header: Value| {
        move |claims: Value| {
            let genuine = id_token(&claims, 1, "key-1");
            let signature = genuine.rsplit('.').next().unwrap();
            format!("{}.{}.{signature}", segment(&header), segment(&claims))
        }
    };
    type Forgery = Box<dyn FnOnce(Value) -> String>;
    let forgeries: Vec<(&str, Forgery)> = vec![
        (
            "no signature",
            Box::new(|claims| format!("{}.{}.", segment(&json!({ "alg": "none", "kid": "key-1" })), segment(&claims))),
        ),
        ("alg none with a signature", Box::new(with_header(json!({ "alg": "none", "kid": "key-1" })))),
        ("another header over the signature", Box::new(with_header(json!({ "alg": "EdDSA", "kid": "key-1", "x": 1 })))),
        (
            "the public key as an HMAC secret",
            Box::new(|claims| {
                let public = jsonwebtoken::jwk::Jwk::from_encoding_key(&signing_key(1), Algorithm::EdDSA).unwrap();
                let secret = json!(public)["x"].as_str().unwrap().to_owned();
                let header = Header { kid: Some("key-1".to_owned()), ..Header::new(Algorithm::HS256) };
                jsonwebtoken::encode(&header, &claims, &EncodingKey::from_secret(secret.as_bytes())).unwrap()
            }),
        ),
        (
            "the client secret as an HMAC secret",
            Box::new(|claims| {
                let secret = EncodingKey::from_secret(auth_black_box::CLIENT_SECRET.as_bytes());
                jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &secret).unwrap()
            }),
        ),
        ("another key under the known id", Box::new(|claims| id_token(&claims, 2, "key-1"))),
        ("a key that is not listed", Box::new(|claims| id_token(&claims, 2, "key-2"))),
        (
            "a key of its own in the header",
            Box::new(|claims| {
                let jwk = jsonwebtoken::jwk::Jwk::from_encoding_key(&signing_key(2), Algorithm::EdDSA).unwrap();
                let header = Header { jwk: Some(jwk), ..Header::new(Algorithm::EdDSA) };
                jsonwebtoken::encode(&header, &claims, &signing_key(2)).unwrap()
            }),
        ),
        (
            "an access token",
            Box::new(|claims| {
                let header = Header {
                    kid: Some("key-1".to_owned()),
                    typ: Some("at+jwt".to_owned()),
                    ..Header::new(Algorithm::EdDSA)
                };
                jsonwebtoken::encode(&header, &claims, &signing_key(1)).unwrap()
            }),
        ),
        ("no JWT", Box::new(|_| "x".to_owned())),
        ("another audience", Box::new(changed(|claims| claims["aud"] = json!("another-client")))),
        ("no audience of ours", Box::new(changed(|claims| claims["aud"] = json!(["a", "b"])))),
        ("no audience", Box::new(changed(|claims| claims["aud"] = Value::Null))),
        ("another issuer", Box::new(changed(|claims| claims["iss"] = json!("https://accounts.google.com")))),
        (
            "almost the issuer",
            Box::new(changed(|claims| claims["iss"] = json!(format!("{}/", claims["iss"].as_str().unwrap())))),
        ),
        ("another nonce", Box::new(changed(|claims| claims["nonce"] = json!("n")))),
        ("no nonce", Box::new(changed(|claims| claims["nonce"] = Value::Null))),
        ("another authorized party", Box::new(changed(|claims| claims["azp"] = json!("another-client")))),
        (
            "another audience beside ours",
            Box::new(changed(|claims| {
                claims["aud"] = json!([auth_black_box::CLIENT_ID, "another-client"]);
                claims["azp"] = json!(auth_black_box::CLIENT_ID);
            })),
        ),
        ("expired", Box::new(changed(|claims| claims["exp"] = json!(claims["iat"].as_i64().unwrap() - 10)))),
        ("no expiry", Box::new(changed(|claims| claims["exp"] = Value::Null))),
        ("an expiry in words", Box::new(changed(|claims| claims["exp"] = json!("never")))),
        ("from the future", Box::new(changed(|claims| claims["iat"] = json!(claims["iat"].as_i64().unwrap() + 60)))),
        ("not yet good", Box::new(changed(|claims| claims["nbf"] = json!(claims["iat"].as_i64().unwrap() + 60)))),
        ("proved in words", Box::new(changed(|claims| claims["email_verified"] = json!("true")))),
        ("proved in numbers", Box::new(changed(|claims| claims["email_verified"] = json!(1)))),
        ("no subject", Box::new(changed(|claims| claims["sub"] = json!("")))),
        ("a subject with a control character", Box::new(changed(|claims| claims["sub"] = json!("a\u{0}b")))),
        ("a subject without end", Box::new(changed(|claims| claims["sub"] = json!("a".repeat(256))))),
        (
            "userinfo of another subject",
            Box::new(changed(|claims| {
                claims["sub"] = json!("bob");
                claims["email"] = Value::Null;
                claims["email_verified"] = Value::Null;
            })),
        ),
    ];
    for (what, token) in forgeries {
        let reply = sign_in_with(&client, &stand_in, token).await;
        assert_eq!((reply.status, reply.code()), (400, "OAUTH_CODE_INVALID"), "{what}");
    }
    assert_eq!(server.sql("SELECT count(*) FROM accounts"), "0");
    // Not because everything is refused:
    sign_in_with(&client, &stand_in, changed(|_| ())).await.expect(201, "USER_REGISTERED");
    let without_kid =
        |claims: Value| jsonwebtoken::encode(&Header::new(Algorithm::EdDSA), &claims, &signing_key(1)).unwrap();
    sign_in_with(&client, &stand_in, without_kid).await.expect(200, "USER_LOGGED_IN");
}

/// A rotation is followed at once; a flood of unknown key ids makes nobody fetch keys again and again.
#[tokio::test]
async fn an_unknown_key_id_fetches_the_keys_at_most_once_a_minute() {
    let stand_in = StandIn::start();
    let server = Server::with(Engine::Sqlite, &stand_in.settings()).await;
    let client = server.client();
    let fetches = || stand_in.requests().iter().filter(|request| request.ends_with("/jwks")).count();
    sign_in_with(&client, &stand_in, |claims| id_token(&claims, 1, "key-1")).await.expect(201, "USER_REGISTERED");
    assert_eq!(fetches(), 1);
    stand_in.list_keys(&[2]);
    sign_in_with(&client, &stand_in, |claims| id_token(&claims, 2, "key-2")).await.expect(200, "USER_LOGGED_IN");
    assert_eq!(fetches(), 2);
    for number in 3..8 {
        let unknown = |claims: Value| id_token(&claims, number, &format!("key-{number}"));
        sign_in_with(&client, &stand_in, unknown).await.expect(400, "OAUTH_CODE_INVALID");
    }
    sign_in_with(&client, &stand_in, |claims| id_token(&claims, 1, "key-1")).await.expect(400, "OAUTH_CODE_INVALID");
    sign_in_with(&client, &stand_in, |claims| id_token(&claims, 2, "key-2")).await.expect(200, "USER_LOGGED_IN");
    assert_eq!(fetches(), 2);
    let discoveries = stand_in.requests().iter().filter(|request| request.contains("well-known")).count();
    assert_eq!(discoveries, 1);
}

each_engine! {
    async fn a_state_is_good_for_one_browser_one_provider_and_one_use(engine) {
        let stand_in = StandIn::start();
        let server = Server::with(engine, &stand_in.settings()).await;
        let client = server.client();
        let google = begin(&client, "google").await;
        let fortytwo = begin(&client, "42").await;
        stand_in.grant("c", Grant { profile: profile(1, Some("a@42.fr")), ..Grant::default() });
        // Another provider's, another service's, a tampered one.
        come_back(&client, "42", "c", &google.state).await.expect(400, "OAUTH_STATE_INVALID");
        come_back(&client, "google", "c", &fortytwo.state).await.expect(400, "OAUTH_STATE_INVALID");
        let mut settings = stand_in.settings();
        settings.extend([("AUTH_SECRET_KEY", "QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUE="), ("AUTH_PUBLIC_URL", &server.url)]);
        let stranger = Server::with(Engine::Sqlite, &settings).await;
        let strange = begin(&stranger.client(), "42").await;
        for state in [strange.state.as_str(), "", "x", &google.state[..google.state.len() - 2]] {
            come_back(&client, "42", "c", state).await.expect(400, "OAUTH_STATE_INVALID");
        }
        // One that a browser began, from a client without its cookie, and from another browser.
        let redirected = client.request(Method::GET, "/auth/42/authorize").send().await.unwrap();
        assert_eq!(redirected.status(), 302);
        let location = redirected.headers()["location"].to_str().unwrap();
        let cookie = redirected.headers()["set-cookie"].to_str().unwrap();
        assert!(cookie.starts_with("__Host-auth-authorization="), "{cookie}");
        for attribute in ["; Path=/", "; Secure", "; HttpOnly", "; SameSite=Lax", "; Max-Age=600"] {
            assert!(cookie.contains(attribute), "{cookie}");
        }
        assert!(!cookie.contains("Domain"));
        let begun = begun_at(location);
        come_back(&client, "42", "c", &begun.state).await.expect(400, "OAUTH_STATE_INVALID");
        let with_cookie = |cookie: String| {
            let query = [("code", "c"), ("state", begun.state.as_str())];
            client.request(Method::GET, "/auth/42").query(&query).header("Cookie", cookie)
        };
        let other = format!("__Host-auth-authorization={}", "A".repeat(43));
        client.send(with_cookie(other)).await.expect(400, "OAUTH_STATE_INVALID");
        assert_eq!(stand_in.exchanges().len(), 0, "the provider heard of none of them");
        let own = cookie.split(';').next().unwrap().to_owned();
        client.send(with_cookie(own.clone())).await.expect(201, "USER_REGISTERED");
        client.send(with_cookie(own)).await.expect(400, "OAUTH_STATE_INVALID");
        assert_eq!(stand_in.exchanges().len(), 1);
    }

    async fn of_fifty_that_come_back_at_once_one_is_let_in(engine) {
        let stand_in = StandIn::start();
        let server = Server::with(engine, &stand_in.settings()).await;
        let client = server.client();
        for round in 0..20 {
            let begun = begin(&client, "42").await;
            for copy in 0..50 {
                stand_in.grant(&format!("{round}-{copy}"), Grant { profile: profile(7, Some("a@42.fr")), ..Grant::default() });
            }
            let returns = (0..50).map(|copy| {
                let (client, state) = (client.clone(), begun.state.clone());
                tokio::spawn(async move { come_back(&client, "42", &format!("{round}-{copy}"), &state).await })
            });
            let mut let_in = 0;
            for returned in returns.collect::<Vec<_>>() {
                let reply = returned.await.unwrap();
                match reply.status {
                    200 | 201 => let_in += 1,
                    _ => drop(reply.expect(400, "OAUTH_STATE_INVALID")),
                }
            }
            assert_eq!((let_in, stand_in.exchanges().len()), (1, round + 1));
        }
        assert_eq!(server.sql("SELECT count(*) FROM accounts"), "1");
    }

    /// Two states, one person: one account.
    async fn of_many_first_sign_ins_at_once_one_registers(engine) {
        let stand_in = StandIn::start();
        let server = Server::with(engine, &stand_in.settings()).await;
        let client = server.client();
        for round in 0..20 {
            let claims = google_user(&stand_in, &format!("user-{round}"), Some(&format!("u{round}@example.org")), true);
            let sign_ins: Vec<_> = (0..8).map(|_| with_google(&client, &stand_in, claims.clone())).collect();
            let replies = futures_util::future::join_all(sign_ins).await;
            let registered = replies.iter().filter(|reply| reply.status == 201).count();
            assert_eq!(registered, 1, "{:?}", replies.iter().map(|reply| reply.status).collect::<Vec<_>>());
            assert!(replies.iter().all(|reply| matches!(reply.status, 200 | 201)));
        }
        assert_eq!(server.sql("SELECT count(*) FROM accounts"), "20");
    }
}

#[tokio::test]
async fn a_state_says_ten_minutes() {
    let stand_in = StandIn::start();
    let server = Server::with(Engine::Sqlite, &stand_in.settings()).await;
    let begun = begin(&server.client(), "42").await;
    let payload = URL_SAFE_NO_PAD.decode(begun.state.split('.').nth(1).unwrap()).unwrap();
    let state: Value = serde_json::from_slice(&payload).unwrap();
    assert_eq!(state["exp"].as_i64().unwrap() - state["iat"].as_i64().unwrap(), 600);
}
