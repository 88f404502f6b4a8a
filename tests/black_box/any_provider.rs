//! OpenID providers that only settings configure: a certified one (oidc-provider), and one on Authlib with custom claims.
//! And a provider that allows few requests, with a class that signs in.

use std::collections::BTreeMap;
use std::net::TcpListener;
use std::time::{Duration, Instant};

use auth_black_box::{Behaviour, CLIENT_ID, CLIENT_SECRET, Client, Engine, Grant, OpenIdProvider, Server, StandIn};
use reqwest::{Method, Url};
use serde_json::{Value, json};

use crate::sign_in::{begin, come_back, profile};

const NATIVE_CALLBACK: &str = "http://127.0.0.1/callback";
const NONCE: &str = "n-0S6_WzA2Mj";
/// RFC 7636 appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// Signs in on the pages of a provider, from `start` until it redirects to `end`, and returns that URL.
async fn sign_in_at(start: &str, name: &str, end: &str) -> Url {
    let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy().build().unwrap();
    let (mut url, mut form, mut cookies) = (Url::parse(start).unwrap(), None, BTreeMap::new());
    for _ in 0..12 {
        let request = match form.take() {
            Some(form) => http.post(url.clone()).form(&form),
            None => http.get(url.clone()),
        };
        let line: Vec<String> = cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let response = request.header("Cookie", line.join("; ")).send().await.unwrap();
        for set in response.headers().get_all("set-cookie") {
            let (name, value) = set.to_str().unwrap().split(';').next().unwrap().split_once('=').unwrap();
            cookies.insert(name.to_owned(), value.to_owned());
        }
        if let Some(location) = response.headers().get("location") {
            url = url.join(location.to_str().unwrap()).unwrap();
            if url.as_str().starts_with(end) {
                return url;
            }
            continue;
        }
        let page = response.error_for_status().unwrap().text().await.unwrap();
        form = Some(if page.contains("name=\"login\"") {
            vec![("prompt", "login"), ("login", name), ("password", "any")]
        } else if page.contains("name=\"sub\"") {
            vec![("sub", name)]
        } else {
            vec![("prompt", "consent")]
        });
    }
    panic!("the provider did not redirect back: {url}");
}

fn parameter(url: &Url, name: &str) -> String {
    let found = url.query_pairs().find(|(key, _)| key == name);
    found.unwrap_or_else(|| panic!("no {name} in {url}")).1.into_owned()
}

/// Signs in through the provider and returns here.
async fn sign_in(server: &Server, provider: &str, name: &str) -> auth_black_box::Reply {
    let client = server.client();
    let request = client.request(Method::GET, &format!("/auth/{provider}/authorize"));
    let begun = client.send(request.header("Accept", "application/json")).await;
    let begun = begun.expect(200, "AUTHORIZATION_STARTED");
    let callback = format!("{}/auth/{provider}", server.url);
    let back = sign_in_at(begun["authorizationUrl"].as_str().unwrap(), name, &callback).await;
    come_back(&client, provider, &parameter(&back, "code"), &parameter(&back, "state")).await
}

/// Signs in at the provider as a native app of ours would, without this service, and returns the id_token. For
/// oidc-provider the app is a public client; Authlib requires a secret, but accepts any.
async fn native_app_signs_in(issuer: &str, name: &str, secret: Option<&str>) -> String {
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let document = http.get(format!("{issuer}/.well-known/openid-configuration")).send().await.unwrap();
    let document: Value = document.json().await.unwrap();
    let request = [
        ("client_id", "native-app"),
        ("response_type", "code"),
        ("redirect_uri", NATIVE_CALLBACK),
        ("scope", "openid email"),
        ("state", "of-the-app"),
        ("nonce", NONCE),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
    ];
    let url = Url::parse_with_params(document["authorization_endpoint"].as_str().unwrap(), request).unwrap();
    let back = sign_in_at(url.as_str(), name, NATIVE_CALLBACK).await;
    let code = parameter(&back, "code");
    let mut form = vec![
        ("grant_type", "authorization_code"),
        ("client_id", "native-app"),
        ("redirect_uri", NATIVE_CALLBACK),
        ("code", &code),
        ("code_verifier", VERIFIER),
    ];
    form.extend(secret.map(|secret| ("client_secret", secret)));
    let answer = http.post(document["token_endpoint"].as_str().unwrap()).form(&form).send().await.unwrap();
    let answer: Value = answer.error_for_status().unwrap().json().await.unwrap();
    answer["id_token"].as_str().unwrap().to_owned()
}

async fn by_token(client: &Client, provider: &str, id_token: &str, nonce: &str) -> auth_black_box::Reply {
    client.post(&format!("/auth/{provider}/token"), json!({ "idToken": id_token, "nonce": nonce })).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn any_openid_provider_signs_users_in() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let listen = format!("127.0.0.1:{port}");
    let certified = OpenIdProvider::start(&format!("http://{listen}/auth/certified"));
    let authlib = OpenIdProvider::on_authlib();
    let settings = [
        ("AUTH_LISTEN", listen.as_str()),
        ("AUTH_OIDC__CERTIFIED__ISSUER", &certified.url),
        ("AUTH_OIDC__CERTIFIED__CLIENT_ID", CLIENT_ID),
        ("AUTH_OIDC__CERTIFIED__CLIENT_SECRET", CLIENT_SECRET),
        ("AUTH_OIDC__CERTIFIED__AUDIENCES", "native-app"),
        ("AUTH_OIDC__CERTIFIED__DISPLAY_NAME", "Université"),
        ("AUTH_OIDC__CERTIFIED__ICON", "/university.svg"),
        ("AUTH_OIDC__ON_AUTHLIB__ISSUER", &authlib.url),
        ("AUTH_OIDC__ON_AUTHLIB__CLIENT_ID", CLIENT_ID),
        ("AUTH_OIDC__ON_AUTHLIB__CLIENT_SECRET", CLIENT_SECRET),
        ("AUTH_OIDC__ON_AUTHLIB__AUDIENCES", "native-app"),
        ("AUTH_OIDC__ON_AUTHLIB__SUBJECT_CLAIM", "employee"),
        ("AUTH_OIDC__ON_AUTHLIB__EMAIL_CLAIM", "mail"),
        ("AUTH_OIDC__ON_AUTHLIB__EMAIL_VERIFIED_CLAIM", "mail_ok"),
    ];
    let server = Server::with(Engine::Sqlite, &settings).await;
    let client = server.client();
    let listed = client.get("/auth/providers").await.expect(200, "PROVIDERS_FETCHED");
    let expected = json!([
        { "name": "certified", "displayName": "Université", "icon": "/university.svg", "takesIdTokens": true },
        { "name": "on-authlib", "displayName": "on-authlib", "icon": null, "takesIdTokens": true },
    ]);
    assert_eq!(listed["providers"], expected);

    let ann = sign_in(&server, "certified", "ann").await.expect(201, "USER_REGISTERED");
    let user = &ann["user"];
    assert_eq!((&user["email"], &user["emailVerified"]), (&json!("ann@example.org"), &json!(true)));
    assert_eq!(user["linkedProviders"], json!(["certified"]));
    assert_eq!(sign_in(&server, "certified", "ann").await.expect(200, "USER_LOGGED_IN")["user"], *user);
    // Both providers have verified the address, so the second one is linked.
    let linked = sign_in(&server, "on-authlib", "ann").await.expect(200, "USER_LOGGED_IN");
    assert_eq!(linked["user"]["id"], user["id"]);
    assert_eq!(server.sql("SELECT subject FROM identities WHERE provider = 'on-authlib'"), "4711");

    // The app of the same user, and of another user who registers through the app.
    let token = native_app_signs_in(&certified.url, "ann", None).await;
    by_token(&client, "certified", &token, "another nonce").await.expect(400, "OAUTH_CODE_INVALID");
    by_token(&client, "on-authlib", &token, NONCE).await.expect(400, "OAUTH_CODE_INVALID");
    let by_app = by_token(&client, "certified", &token, NONCE).await.expect(200, "USER_LOGGED_IN");
    assert_eq!(by_app["user"]["id"], user["id"]);
    by_token(&client, "certified", &token, NONCE).await.expect(400, "OAUTH_CODE_INVALID");
    let token = native_app_signs_in(&authlib.url, "bob", Some("any")).await;
    let bob = by_token(&client, "on-authlib", &token, NONCE).await.expect(201, "USER_REGISTERED");
    assert_eq!(bob["user"]["email"], "bob@example.org");
    let again = sign_in(&server, "on-authlib", "bob").await.expect(200, "USER_LOGGED_IN");
    assert_eq!(again["user"]["id"], bob["user"]["id"]);
    // With the claim `email`, or with an unverified address, there would be more accounts.
    assert_eq!(server.sql("SELECT count(*) FROM accounts"), "2");
}

/// When a student was signed in, how often they had to wait, and how often they began a sign-in.
struct Student {
    after: Duration,
    waits: u32,
    begun: u32,
}

/// Returns from 42, and tries again as the answers say until there is a session.
async fn student(client: &Client, stand_in: &StandIn, id: u64, began: Instant) -> Student {
    let (mut waits, mut begun) = (0, 0);
    'attempt: loop {
        begun += 1;
        let request = begin(client, "42").await;
        let code = format!("code-{}", request.code_challenge);
        let profile = profile(id, Some(&format!("student-{id}@42.fr")));
        stand_in.grant(&code, Grant { profile, ..Grant::default() });
        loop {
            let reply = come_back(client, "42", &code, &request.state).await;
            match (reply.status, reply.code()) {
                (201, "USER_REGISTERED") => return Student { after: began.elapsed(), waits, begun },
                (503, "OVERLOADED") => {
                    waits += 1;
                    let header = &reply.headers["retry-after"];
                    tokio::time::sleep(Duration::from_secs(header.to_str().unwrap().parse().unwrap())).await;
                }
                // The wait came after the state had been used up.
                (400, "OAUTH_STATE_INVALID") if waits > 0 => continue 'attempt,
                (status, code) => panic!("student {id} is lost: {status} {code}"),
            }
        }
    }
}

/// A class of 30 returns at once from a provider that allows few requests a second, with two requests per sign-in. 42 allows
/// 2 a second. The limit here is higher, so that the test is faster but some students still have to wait. With
/// `CLASS_RATE=2` it is 42's own limit, and the test takes half a minute.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_whole_class_signs_in_with_42() {
    const STUDENTS: u64 = 30;
    let rate = std::env::var("CLASS_RATE").unwrap_or_else(|_| "10".to_owned());
    let stand_in = StandIn::start();
    let mut settings: Vec<_> = stand_in.settings().into_iter().filter(|(name, _)| *name != "AUTH_42__RATE").collect();
    settings.push(("AUTH_42__RATE", rate.as_str()));
    let server = Server::with(Engine::Sqlite, &settings).await;
    let client = server.client();
    stand_in.behave(Behaviour::AtMost(rate.parse().unwrap()));
    let began = Instant::now();
    let class = (0..STUDENTS).map(|id| student(&client, &stand_in, id, began));
    let mut class = futures_util::future::join_all(class).await;
    class.sort_by_key(|student| student.after);
    for (place, Student { after, waits, begun }) in class.iter().enumerate() {
        println!(
            "{:>2}. signed in after {:>5.2} s, with {waits} waits and {begun} attempts",
            place + 1,
            after.as_secs_f64()
        );
    }
    println!("{} requests came too early", stand_in.too_early());
    assert_eq!(server.sql("SELECT count(*) FROM accounts"), STUDENTS.to_string());
}

/// With an unknown limit, the service waits after each 429, and none counts as an outage.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_provider_that_says_too_many_requests_is_waited_for() {
    let stand_in = StandIn::start();
    let server = Server::with(Engine::Sqlite, &stand_in.settings()).await;
    let client = server.client();
    // This many outages in a row would open the breaker.
    stand_in.behave(Behaviour::TooEarly(7));
    let began = Instant::now();
    let class = (0..6).map(|id| student(&client, &stand_in, id, began));
    futures_util::future::join_all(class).await;
    assert_eq!(stand_in.too_early(), 7);
    assert_eq!(server.sql("SELECT count(*) FROM accounts"), "6");
}
