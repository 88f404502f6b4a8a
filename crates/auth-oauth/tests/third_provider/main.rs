//! A third provider is one file: `github.rs` beside this one, which `docs/adding-a-provider.md` prints.

#![expect(clippy::unwrap_used, reason = "a test that meets the unexpected is to fail")]

mod github;

use std::sync::Arc;

use auth_domain::Timestamp;
use auth_domain::access_token::BearerToken;
use auth_domain::authorization::AuthorizationCode;
use auth_domain::identity::ProviderName;
use auth_domain::ports::{AuthorizationRequest, AuthorizationSecrets, IdentifyError, IdentityProvider, MockClock};
use auth_oauth::{ClientSecret, ProviderClient, ProviderUrl, Registration};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use github::GITHUB;

/// Answers as GitHub does, one request a connection.
async fn stand_in() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        loop {
            let (mut connection, _) = listener.accept().await.unwrap();
            let mut request = String::new();
            // Of a POST the body is the end; its last field is the secret.
            let is_whole = |request: &str| {
                let get = request.starts_with("GET") && request.ends_with("\r\n\r\n");
                get || request.ends_with("client_secret=secret")
            };
            while !is_whole(&request) {
                let mut part = [0; 4_096];
                let length = connection.read(&mut part).await.unwrap();
                assert!(length > 0, "cut off: {request}");
                request.push_str(&String::from_utf8_lossy(&part[..length]));
            }
            let body = match request.split(' ').nth(1).unwrap() {
                "/login/oauth/access_token" if request.contains("code=good") => {
                    r#"{"access_token":"gho_16C7e42F","scope":"user:email","token_type":"bearer"}"#
                }
                "/api/v3/user" => r#"{"login":"octocat","id":583231,"type":"User"}"#,
                "/api/v3/user/emails" => {
                    r#"[{"email":"old@example.org","primary":false,"verified":true,"visibility":null},
                        {"email":"octocat@example.org","primary":true,"verified":true,"visibility":"public"}]"#
                }
                _ => {
                    r#"{"error":"bad_verification_code","error_description":"The code passed is incorrect or expired."}"#
                }
            };
            let head = format!("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {}\r\n\r\n", body.len());
            connection.write_all((head + body).as_bytes()).await.unwrap();
        }
    });
    url
}

fn connect(url: &str) -> Arc<dyn IdentityProvider> {
    let provider = ProviderName::parse(GITHUB.name).unwrap();
    let mut clock = MockClock::new();
    clock.expect_now().return_const(Timestamp::from_seconds(1_800_000_000));
    let registration = Registration {
        provider: provider.clone(),
        client_id: "id".to_owned(),
        client_secret: ClientSecret::new("secret".to_owned()),
        url: ProviderUrl::parse(url).unwrap(),
        redirect_uri: "https://auth.example.org/auth/github".to_owned(),
    };
    (GITHUB.connect)(registration, ProviderClient::new(provider, Arc::new(clock)).unwrap())
}

#[tokio::test]
async fn a_third_provider_signs_in() {
    let provider = connect(&stand_in().await);
    let request = AuthorizationRequest {
        state: BearerToken::new("the-state".to_owned()),
        code_challenge: "the-challenge".to_owned(),
        nonce: String::new(),
    };
    let url = provider.authorization_url(&request).await.unwrap();
    for part in ["/login/oauth/authorize?", "state=the-state", "code_challenge=the-challenge", "scope=user%3Aemail"] {
        assert!(url.contains(part), "{url}");
    }
    let secrets = AuthorizationSecrets { code_verifier: BearerToken::new("v".to_owned()), nonce: String::new() };
    let identify = async |code: &str| provider.identify(&AuthorizationCode::parse(code).unwrap(), &secrets).await;
    let identity = identify("good").await.unwrap();
    assert_eq!((identity.provider.as_str(), identity.subject.as_str()), ("github", "583231"));
    let email = identity.email.unwrap();
    assert_eq!((email.address.as_str(), email.proved), ("octocat@example.org", true));
    assert_eq!(identify("bad").await, Err(IdentifyError::CodeRefused));
}

#[test]
fn the_page_prints_the_file() {
    let page = include_str!("../../../../docs/adding-a-provider.md");
    assert!(page.contains(include_str!("github.rs")), "docs/adding-a-provider.md is not up to date");
}
