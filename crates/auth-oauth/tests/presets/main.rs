//! Signs in with each kind of preset, against a stand-in that answers as the provider documents it.

#![expect(clippy::unwrap_used, reason = "a test that meets the unexpected is to fail")]

mod stand_in;

use std::sync::Arc;
use std::time::Duration;

use auth_domain::Timestamp;
use auth_domain::access_token::BearerToken;
use auth_domain::authorization::{AuthorizationCode, IdToken};
use auth_domain::identity::{ProviderIdentity, ProviderName};
use auth_domain::ports::{AuthorizationRequest, AuthorizationSecrets, IdentifyError, IdentityProvider, MockClock};
use auth_oauth::{
    ClaimNames, ClientSecret, Dialect, OpenIdOptions, PRESETS, Preset, Protocol, ProviderClient, ProviderUrl,
    Registration, connect,
};
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};

use stand_in::StandIn;

const NOW: i64 = 1_800_000_000;
const NONCE: &str = "n-0S6";
const TENANT: &str = "9188040d-6c67-4c5b-b112-36a304b66dad";

fn preset(name: &str) -> Preset {
    *PRESETS.iter().find(|preset| preset.name == name).unwrap()
}

fn dialect(preset: &Preset, audiences: &[&str]) -> Dialect {
    match preset.protocol {
        Protocol::Profile(profile) => Dialect::Profile(profile, preset.url),
        Protocol::OpenId(openid) => Dialect::OpenId(OpenIdOptions {
            claims: ClaimNames { proof: openid.proof, text_booleans: openid.text_booleans, ..ClaimNames::default() },
            audiences: audiences.iter().map(|audience| (*audience).to_owned()).collect(),
            answers_by_post: openid.answers_by_post,
            issuer_per_tenant: openid.issuer_per_tenant,
        }),
    }
}

/// Returns the provider, at `url`.
fn at(preset: &Preset, url: &str, client_secret: ClientSecret, audiences: &[&str]) -> Arc<dyn IdentityProvider> {
    let provider = ProviderName::parse(preset.name).unwrap();
    let mut clock = MockClock::new();
    clock.expect_now().return_const(Timestamp::from_seconds(NOW));
    let registration = Registration {
        provider: provider.clone(),
        client_id: "id".to_owned(),
        client_secret,
        scope: preset.scope.to_owned(),
        url: ProviderUrl::parse(url).unwrap(),
        redirect_uri: format!("https://auth.example.org/auth/{}", preset.name),
    };
    let client = ProviderClient::new(provider, Arc::new(clock), preset.rate).unwrap();
    connect(dialect(preset, audiences), registration, client)
}

fn secret() -> ClientSecret {
    ClientSecret::new("secret".to_owned())
}

async fn sent_to(provider: &dyn IdentityProvider) -> String {
    let request = AuthorizationRequest {
        state: BearerToken::new("the-state".to_owned()),
        code_challenge: "the-challenge".to_owned(),
        nonce: NONCE.to_owned(),
    };
    provider.authorization_url(&request).await.unwrap()
}

async fn identify(provider: &dyn IdentityProvider) -> Result<ProviderIdentity, IdentifyError> {
    let secrets = AuthorizationSecrets { code_verifier: BearerToken::new("v".to_owned()), nonce: NONCE.to_owned() };
    provider.identify(provider.turn().unwrap(), &AuthorizationCode::parse("good").unwrap(), &secrets).await
}

fn told(identity: &ProviderIdentity) -> (&str, Option<(&str, bool)>) {
    let email = identity.email.as_ref().map(|email| (email.address.as_str(), email.proved));
    (identity.subject.as_str(), email)
}

#[tokio::test]
async fn github_reports_addresses_in_a_list() {
    let stand_in = StandIn::start().await;
    stand_in.says("/login/oauth/access_token", &json!({ "access_token": "gho_16C7e42F", "token_type": "bearer" }));
    stand_in.says("/login/oauth/access_token", &json!({ "error": "bad_verification_code" }));
    stand_in.says("/login/oauth/access_token", &json!({ "error": "incorrect_client_credentials" }));
    stand_in.says("/api/v3/user", &json!({ "login": "octocat", "id": 583_231, "email": "shown@example.org" }));
    let emails = json!([
        { "email": "old@example.org", "primary": false, "verified": true, "visibility": null },
        { "email": "octocat@example.org", "primary": true, "verified": true, "visibility": "public" },
    ]);
    stand_in.says("/api/v3/user/emails", &emails);
    let provider = at(&preset("github"), &stand_in.url, secret(), &[]);
    let url = sent_to(&*provider).await;
    for part in ["/login/oauth/authorize?", "state=the-state", "code_challenge=the-challenge", "scope=user%3Aemail"] {
        assert!(url.contains(part), "{url}");
    }
    assert_eq!(told(&identify(&*provider).await.unwrap()), ("583231", Some(("octocat@example.org", true))));
    assert_eq!(identify(&*provider).await, Err(IdentifyError::CodeRefused));
    assert!(matches!(identify(&*provider).await, Err(IdentifyError::Unavailable(_))), "a mistake of the operator");
    let asked = stand_in.asked();
    assert!(asked[0].contains("client_secret=secret") && asked[0].contains("code_verifier=v"), "{}", asked[0]);
    assert!(asked[1].to_lowercase().contains("authorization: bearer gho_16c7e42f"), "{}", asked[1]);
}

#[tokio::test]
async fn discord_and_42_report_an_address_in_the_profile() {
    for (name, token, profile, about, expected) in [
        (
            "discord",
            "/api/oauth2/token",
            "/api/users/@me",
            json!({ "id": "80351110224678912", "email": "nelly@example.org", "verified": true }),
            ("80351110224678912", Some(("nelly@example.org", true))),
        ),
        (
            "discord",
            "/api/oauth2/token",
            "/api/users/@me",
            json!({ "id": "80351110224678912", "email": "nelly@example.org", "verified": false }),
            ("80351110224678912", Some(("nelly@example.org", false))),
        ),
        (
            "42",
            "/oauth/token",
            "/v2/me",
            json!({ "id": 2, "email": "andre@42.fr", "verified": true, "email_verified": true }),
            ("2", Some(("andre@42.fr", false))),
        ),
        ("42", "/oauth/token", "/v2/me", json!({ "id": 3, "email": null }), ("3", None)),
    ] {
        let stand_in = StandIn::start().await;
        stand_in.says(token, &json!({ "access_token": "t", "token_type": "bearer" }));
        stand_in.says(profile, &about);
        let identity = identify(&*at(&preset(name), &stand_in.url, secret(), &[])).await.unwrap();
        assert_eq!(told(&identity), expected, "{name}");
    }
    let stand_in = StandIn::start().await;
    stand_in.says("/oauth/token", &json!({ "access_token": "t" }));
    stand_in.says("/v2/me", &json!({ "email": "andre@42.fr" }));
    let nobody = identify(&*at(&preset("42"), &stand_in.url, secret(), &[])).await;
    assert!(matches!(nobody, Err(IdentifyError::Unavailable(_))), "{nobody:?}");
}

/// A request that the provider refuses with 429 is sent again; only a wait that is too long becomes an error.
#[tokio::test]
async fn a_429_is_waited_for() {
    let stand_in = StandIn::start().await;
    stand_in.answers("/oauth/token", 429, "Retry-After: 0\r\n", &json!({ "error": "Too many requests" }));
    stand_in.says("/oauth/token", &json!({ "access_token": "t" }));
    stand_in.answers("/v2/me", 429, "", &json!({}));
    stand_in.says("/v2/me", &json!({ "id": 2 }));
    stand_in.answers("/v2/me", 429, "Retry-After: 30\r\n", &json!({}));
    let provider = at(&preset("42"), &stand_in.url, secret(), &[]);
    assert_eq!(told(&identify(&*provider).await.unwrap()), ("2", None));
    let busy = identify(&*provider).await.unwrap_err();
    let IdentifyError::Busy(told_to_wait) = busy else { panic!("{busy:?}") };
    assert_eq!(told_to_wait.retry_after, Duration::from_secs(30));
    let next = provider.turn().unwrap_err().retry_after;
    assert!(next > Duration::from_secs(20), "no requests meanwhile: {next:?}");
    assert_eq!(stand_in.asked().len(), 6);
}

/// Returns a key that consists of one number.
fn signing_key(number: u8) -> EncodingKey {
    // PKCS#8 of an Ed25519 private key (RFC 8410 section 7).
    let mut der = vec![48, 46, 2, 1, 0, 48, 5, 6, 3, 43, 101, 112, 4, 34, 4, 32];
    der.extend([number; 32]);
    EncodingKey::from_ed_der(&der)
}

fn id_token(claims: &Value) -> String {
    jsonwebtoken::encode(&Header::new(Algorithm::EdDSA), claims, &signing_key(1)).unwrap()
}

fn claims(issuer: &str, more: Value) -> Value {
    let mut claims = json!({
        "iss": issuer, "aud": "id", "sub": "s-1", "iat": NOW, "exp": NOW + 600, "nonce": NONCE,
    });
    claims.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    claims
}

/// Starts an OpenID provider whose discovery document is under `path` and names `issuer`.
async fn openid_provider(path: &str, issuer: &str) -> StandIn {
    let stand_in = StandIn::start().await;
    let url = &stand_in.url;
    let document = json!({
        "issuer": format!("{url}{issuer}"), "authorization_endpoint": format!("{url}/a"),
        "token_endpoint": format!("{url}/t"), "jwks_uri": format!("{url}/k"),
        "token_endpoint_auth_methods_supported": ["client_secret_post"],
    });
    let keys = json!({ "keys": [Jwk::from_encoding_key(&signing_key(1), Algorithm::EdDSA).unwrap()] });
    stand_in.says(&format!("{path}/.well-known/openid-configuration"), &document);
    stand_in.says("/k", &keys);
    stand_in
}

#[tokio::test]
async fn apple_gets_a_secret_that_is_signed_and_answers_by_post() {
    let stand_in = openid_provider("", "").await;
    let apple = claims(&stand_in.url, json!({ "email": "a@privaterelay.appleid.com", "email_verified": "true" }));
    stand_in.says("/t", &json!({ "id_token": id_token(&apple), "access_token": "t" }));
    let key = include_str!("../apple/test_key.p8");
    let secret = ClientSecret::signed("TEAM".to_owned(), "KEY1".to_owned(), key).unwrap();
    let provider = at(&preset("apple"), &stand_in.url, secret, &[]);
    let url = sent_to(&*provider).await;
    assert!(url.contains("response_mode=form_post") && url.contains("nonce=n-0S6"), "{url}");
    let identity = identify(&*provider).await.unwrap();
    assert_eq!(told(&identity), ("s-1", Some(("a@privaterelay.appleid.com", true))));
    let exchange = stand_in.asked().into_iter().find(|request| request.starts_with("POST /t")).unwrap();
    let header = exchange.split_once("client_secret=").unwrap().1.split('.').next().unwrap().to_owned();
    assert_eq!(header, jwt_segment(r#"{"typ":"JWT","alg":"ES256","kid":"KEY1"}"#), "{exchange}");
}

/// Returns the header as base64url, encoded by the JWT library.
fn jwt_segment(header: &str) -> String {
    let header: Header = serde_json::from_str(header).unwrap();
    let key = EncodingKey::from_ec_pem(include_bytes!("../apple/test_key.p8")).unwrap();
    jsonwebtoken::encode(&header, &json!({}), &key).unwrap().split('.').next().unwrap().to_owned()
}

#[tokio::test]
async fn the_issuer_of_microsoft_is_that_of_the_tenant() {
    let stand_in = openid_provider("/common/v2.0", "/{tenantid}/v2.0").await;
    let url = stand_in.url.clone();
    let of = |issuer: &str, tenant: Value| {
        let more = json!({ "tid": tenant, "email": "ann@contoso.example", "email_verified": true, "xms_edov": true });
        json!({ "id_token": id_token(&claims(&format!("{url}/{issuer}/v2.0"), more)), "access_token": "t" })
    };
    stand_in.says("/t", &of(TENANT, json!(TENANT)));
    let others = [
        of(TENANT, json!("00000000-0000-0000-0000-000000000000")),
        of(TENANT, Value::Null),
        of("{tenantid}", json!("{tenantid}")),
        of("common", json!("common")),
    ];
    others.iter().for_each(|other| stand_in.says("/t", other));
    let provider = at(&preset("microsoft"), &format!("{url}/common/v2.0"), secret(), &[]);
    // Microsoft does not verify addresses.
    assert_eq!(told(&identify(&*provider).await.unwrap()), ("s-1", Some(("ann@contoso.example", false))));
    for other in others {
        assert_eq!(identify(&*provider).await, Err(IdentifyError::CodeRefused), "{other}");
    }
    let google = at(&preset("google"), &format!("{url}/common/v2.0"), secret(), &[]);
    let request = AuthorizationRequest {
        state: BearerToken::new("s".to_owned()),
        code_challenge: String::new(),
        nonce: String::new(),
    };
    assert!(google.authorization_url(&request).await.is_err(), "only Microsoft has tenants");
}

#[tokio::test]
async fn a_token_that_a_client_brings_is_for_us_recent_and_of_its_nonce() {
    let stand_in = openid_provider("", "").await;
    let issuer = stand_in.url.clone();
    let provider = at(&preset("google"), &stand_in.url, secret(), &["ios-app"]);
    let bring = async |more: Value, nonce: &str| {
        let token = IdToken::parse(&id_token(&claims(&issuer, more))).unwrap();
        provider.identify_by_token(&token, nonce).await
    };
    let ann = json!({ "email": "ann@example.org", "email_verified": true });
    let vouched = bring(ann.clone(), NONCE).await.unwrap();
    assert_eq!(told(&vouched.identity), ("s-1", Some(("ann@example.org", true))));
    assert_eq!(vouched.expires_at, Timestamp::from_seconds(NOW + 605));
    assert_eq!(bring(ann, NONCE).await.unwrap().digest, vouched.digest, "a copy has the same digest");
    assert_ne!(bring(json!({ "iat": NOW - 1 }), NONCE).await.unwrap().digest, vouched.digest);
    // The SHA-256 of the nonce, as is usual on Apple's systems.
    let hashed = json!({ "nonce": "3b4dc8fe4a1bd5b3cd2cbfe8f4b1ed2d3a4c0c9f" });
    assert_eq!(bring(hashed, NONCE).await, Err(IdentifyError::CodeRefused), "the hash of something else");
    let hashed = json!({ "nonce": sha256_of_nonce() });
    bring(hashed.clone(), NONCE).await.unwrap();
    assert_eq!(bring(hashed, &sha256_of_nonce()).await.map(|_| ()), Ok(()), "the value in the token is accepted, too");
    bring(json!({ "aud": "ios-app", "azp": "ios-app" }), NONCE).await.unwrap();
    let long_lived = bring(json!({ "exp": NOW + 86_400 }), NONCE).await.unwrap();
    assert_eq!(long_lived.expires_at, Timestamp::from_seconds(NOW + 3_600));
    for (what, more, nonce) in [
        ("another nonce", json!({}), "another"),
        ("no nonce", json!({ "nonce": null }), NONCE),
        ("another app", json!({ "aud": "another-app" }), NONCE),
        ("another app too", json!({ "aud": ["id", "another-app"] }), NONCE),
        ("by another app", json!({ "azp": "another-app" }), NONCE),
        ("another issuer", json!({ "iss": "https://accounts.google.com" }), NONCE),
        ("expired", json!({ "exp": NOW - 5 }), NONCE),
        ("old", json!({ "iat": NOW - 3_600 }), NONCE),
        ("proved in words", json!({ "email": "a@b.example", "email_verified": "true" }), NONCE),
    ] {
        assert_eq!(bring(more, nonce).await, Err(IdentifyError::CodeRefused), "{what}");
    }
    let junk = IdToken::parse("x.y.z").unwrap();
    assert_eq!(provider.identify_by_token(&junk, NONCE).await, Err(IdentifyError::CodeRefused));
    assert_eq!(stand_in.asked().len(), 2, "its document and its keys, once");
    // A provider that issues no id_tokens accepts none.
    let fortytwo = at(&preset("42"), &stand_in.url, secret(), &[]);
    assert_eq!(fortytwo.identify_by_token(&junk, NONCE).await, Err(IdentifyError::CodeRefused));
}

/// Computes the hash with another library than the crate does.
fn sha256_of_nonce() -> String {
    let script = "import hashlib,sys\nprint(hashlib.sha256(sys.argv[1].encode()).hexdigest())";
    let output = std::process::Command::new("python3").args(["-c", script, NONCE]).output().unwrap();
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}
