//! Access tokens at the door: what is refused, with which code. What takes the service's own key to
//! forge is tried in `crates/auth-crypto/tests/access_token_attacks.rs`.

use auth_black_box::{Server, each_engine};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};

fn part(token: &str, index: usize) -> Value {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(token.split('.').nth(index).unwrap()).unwrap()).unwrap()
}

each_engine! {
    async fn only_a_genuine_access_token_opens_the_door(engine) {
        let server = Server::with(engine, &[("AUTH_AUDIENCE", "https://api.example.org")]).await;
        let (access, refresh) = server.session("ann").await;
        let (header, claims) = (part(&access, 0), part(&access, 1));
        assert_eq!((&header["typ"], &header["alg"]), (&json!("at+jwt"), &json!("EdDSA")));
        assert_eq!((&claims["iss"], &claims["aud"]), (&json!(server.url), &json!("https://api.example.org")));
        assert_eq!((&claims["amr"], &claims["roles"]), (&json!(["pwd"]), &json!(["user"])));

        let jwks = server.client().get("/.well-known/jwks.json").await.body;
        let public_key = URL_SAFE_NO_PAD.decode(jwks["keys"][0]["x"].as_str().unwrap()).unwrap();
        assert_eq!(jwks["keys"][0]["kid"], header["kid"]);
        let mut hmac = Header::new(Algorithm::HS256);
        (hmac.typ, hmac.kid) = (Some("at+jwt".to_owned()), header["kid"].as_str().map(str::to_owned));
        let confused = jsonwebtoken::encode(&hmac, &claims, &EncodingKey::from_secret(&public_key)).unwrap();
        let none = json!({ "alg": "none", "typ": "at+jwt", "kid": header["kid"] }).to_string();
        let body = access.split('.').nth(1).unwrap();
        let unsigned = format!("{}.{body}.", URL_SAFE_NO_PAD.encode(none));
        let mut promoted = claims.clone();
        promoted["roles"] = json!(["admin"]);
        let changed = access.replace(body, &URL_SAFE_NO_PAD.encode(promoted.to_string()));
        let internal = server.internal_token();
        for forged in [confused, unsigned, changed, internal, refresh, "x".to_owned(), format!("{access}x")] {
            server.me(&forged).await.expect(401, "ACCESS_TOKEN_INVALID");
        }
        let client = server.client();
        for value in ["", "Bearer", "Bearer ", "Basic YTpi", &access] {
            let request = client.request(reqwest::Method::GET, "/auth/me").header("Authorization", value);
            client.send(request).await.expect(401, "TOKEN_REQUIRED");
        }
        let request = client.request(reqwest::Method::GET, "/auth/me").header("Authorization", format!("bearer {access}"));
        client.send(request).await.expect(200, "USER_FETCHED");
    }
}
