//! Signing in through the stand-in, step by step.

use auth_black_box::{CLIENT_ID, Client, Grant, Reply, StandIn};
use reqwest::{Method, Url};
use serde_json::{Value, json};

/// A sign-in that began without cookies.
pub struct Begun {
    pub state: String,
    pub nonce: String,
    pub code_challenge: String,
}

/// Begins one.
pub async fn begin(client: &Client, provider: &str) -> Begun {
    let request = client.request(Method::GET, &format!("/auth/{provider}/authorize"));
    let begun = client.send(request.header("Accept", "application/json")).await;
    begun_at(begun.expect(200, "AUTHORIZATION_STARTED")["authorizationUrl"].as_str().unwrap())
}

/// What an authorization URL says.
pub fn begun_at(url: &str) -> Begun {
    let url = Url::parse(url).unwrap();
    let parameter = |name: &str| url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned());
    assert_eq!(parameter("response_type").as_deref(), Some("code"));
    assert_eq!(parameter("client_id").as_deref(), Some(CLIENT_ID));
    assert_eq!(parameter("code_challenge_method").as_deref(), Some("S256"));
    Begun {
        state: parameter("state").unwrap(),
        nonce: parameter("nonce").unwrap_or_default(),
        code_challenge: parameter("code_challenge").unwrap(),
    }
}

/// Comes back with a code and a state.
pub async fn come_back(client: &Client, provider: &str, code: &str, state: &str) -> Reply {
    let request = client.request(Method::GET, &format!("/auth/{provider}")).query(&[("code", code), ("state", state)]);
    client.send(request).await
}

/// The claims of an id_token that is in order, but for the nonce.
pub fn claims(stand_in: &StandIn, subject: &str) -> Value {
    let now = i64::try_from(jsonwebtoken::get_current_timestamp()).unwrap();
    json!({ "iss": stand_in.url, "aud": CLIENT_ID, "sub": subject, "iat": now, "exp": now + 3_600 })
}

/// Signs in there as whoever these claims say; `email` and `email_verified` among them where it tells them.
pub async fn with_google(client: &Client, stand_in: &StandIn, claims: Value) -> Reply {
    let begun = begin(client, "google").await;
    let mut claims = claims;
    claims["nonce"] = json!(begun.nonce);
    let code = format!("code-{}", begun.code_challenge);
    stand_in.grant(&code, Grant::of(&claims));
    come_back(client, "google", &code, &begun.state).await
}

/// The claims of a Google user.
pub fn google_user(stand_in: &StandIn, subject: &str, email: Option<&str>, proved: bool) -> Value {
    let mut claims = claims(stand_in, subject);
    if let Some(email) = email {
        claims["email"] = json!(email);
        claims["email_verified"] = json!(proved);
    }
    claims
}

/// A profile as 42 documents it, shortened.
pub fn profile(id: u64, email: Option<&str>) -> Value {
    json!({
        "id": id, "email": email, "login": "andre", "first_name": "André", "last_name": "Aubin", "kind": "student",
        "image": { "link": null, "versions": {} }, "staff?": false, "correction_point": 4, "pool_month": "july",
        "wallet": 0, "cursus_users": [{ "id": 2, "level": 0.0, "skills": [] }], "campus": [{ "id": 1, "name": "Paris" }],
    })
}

/// Signs in with 42 as whoever that profile is of.
pub async fn with_42(client: &Client, stand_in: &StandIn, profile: Value) -> Reply {
    let begun = begin(client, "42").await;
    let code = format!("code-{}", begun.code_challenge);
    stand_in.grant(&code, Grant { profile, ..Grant::default() });
    come_back(client, "42", &code, &begun.state).await
}
