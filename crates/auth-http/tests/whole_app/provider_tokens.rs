//! Signing in with an id_token, returning by POST, and the list of providers.

use std::time::Duration;

use actix_web::http::Method;
use auth_domain::ports::{IdentifyError, ProviderBusy, ProviderUnavailable};
use auth_domain::use_cases::{EmailVerification, Policy};
use auth_http::{Edge, ListedProvider};
use auth_testkit::doubles::TestProvider;
use serde_json::{Value, json};

use crate::harness::{App, Client, Reply};

const NONCE: &str = "n-0S6";

fn body(app: &App, number: u8) -> Value {
    let token = TestProvider::id_token(NONCE, number, app.service.now() + Duration::from_secs(600));
    json!({ "idToken": token.reveal(), "nonce": NONCE })
}

async fn bring(app: &App, number: u8) -> Reply {
    app.client().post("/auth/google/token", body(app, number)).await
}

#[tokio::test]
async fn a_token_registers_once_and_another_one_logs_in() {
    let app = App::start().await;
    app.service.google.identifies("1|ann", Some(("ann@example.org", true)));
    let registered = bring(&app, 1).await.expect(201, "USER_REGISTERED");
    assert_eq!(registered["user"]["linkedProviders"], json!(["google"]));
    bring(&app, 1).await.expect(400, "OAUTH_CODE_INVALID");
    let logged_in = bring(&app, 2).await.expect(200, "USER_LOGGED_IN");
    assert_eq!(logged_in["user"], registered["user"]);
    app.me(logged_in["tokens"]["accessToken"].as_str().unwrap()).await.expect(200, "USER_FETCHED");
}

#[tokio::test]
async fn what_comes_before_a_session_comes_before_this_one_too() {
    let app = App::under(Policy { email_verification: EmailVerification::BeforeLogin, ..Policy::for_tests() }).await;
    app.service.google.identifies("1|ann", Some(("ann@example.org", false)));
    bring(&app, 1).await.expect(206, "EMAIL_VERIFICATION_REQUIRED");
    let app = App::start().await;
    app.service.enable_email_factor(&app.service.insert_linked("ann@example.org", "1|ann"));
    app.service.google.identifies("1|ann", None);
    bring(&app, 1).await.expect(206, "TWOFA_REQUIRED");
}

#[tokio::test]
async fn every_code_of_a_token_that_leads_to_nothing() {
    let app = App::start().await;
    let client = app.client();
    let token = async |body: Value| client.post("/auth/google/token", body).await;
    for wrong in [json!({}), json!({ "idToken": "x" }), json!({ "nonce": "x" }), json!({ "idToken": "x", "nonce": "" })]
    {
        token(wrong).await.expect(400, "VALIDATION_FAILED");
    }
    let long = token(json!({ "idToken": "x", "nonce": "x".repeat(513) })).await.expect(400, "VALIDATION_FAILED");
    assert_eq!((&long["errors"][0]["field"], &long["errors"][0]["max"]), (&json!("/nonce"), &json!(512)));
    token(json!({ "idToken": "no token", "nonce": "x" })).await.expect(400, "OAUTH_CODE_INVALID");
    bring(&app, 1).await.expect(400, "OAUTH_CODE_INVALID");
    app.service.google.answers(Err(IdentifyError::Unavailable(ProviderUnavailable)));
    bring(&app, 1).await.expect(502, "PROVIDER_UNAVAILABLE");
    let busy = ProviderBusy { retry_after: Duration::from_millis(1_200) };
    app.service.google.answers(Err(busy.into()));
    let told = bring(&app, 1).await;
    assert_eq!(told.header("retry-after"), "2");
    told.expect(503, "OVERLOADED");
    app.service.google.identifies("1|ann", None);
    bring(&app, 1).await.expect(400, "EMAIL_REQUIRED");
    app.register("ann").await;
    app.service.google.identifies("1|ann", Some(("ann@example.org", true)));
    bring(&app, 2).await.expect(400, "EMAIL_EXISTS");
    // 42 issues no id_tokens.
    client.post("/auth/42/token", body(&app, 1)).await.expect(404, "NOT_FOUND");
}

/// A client that gets 503 may send the same code and state again.
#[tokio::test]
async fn while_a_provider_is_busy_clients_are_asked_to_try_again() {
    let app = App::start().await;
    let client = app.client();
    let begun = client.header("Accept", "application/json").get("/auth/google/authorize").await;
    let url = begun.expect(200, "AUTHORIZATION_STARTED")["authorizationUrl"].as_str().unwrap().to_owned();
    let back = format!("/auth/google?code=x&state={}", TestProvider::state_in(&url).replace('|', "%7C"));
    app.service.google.identifies("1|ann", Some(("ann@example.org", true)));
    app.service.google.is_busy(Some(ProviderBusy { retry_after: Duration::from_secs(7) }));
    let told = client.get(&back).await;
    assert_eq!(told.header("retry-after"), "7");
    assert_eq!(told.expect(503, "OVERLOADED")["retryAfter"], 7);
    app.service.google.is_busy(None);
    client.get(&back).await.expect(201, "USER_REGISTERED");
}

fn with_apple(edge: &mut Edge) {
    let apple = ListedProvider {
        name: auth_domain::identity::ProviderName::parse("apple").unwrap(),
        display_name: "Apple".to_owned(),
        icon: Some("/apple.svg".to_owned()),
        takes_id_tokens: true,
        answers_by_post: true,
        is_configured: true,
    };
    edge.providers.push(apple);
    edge.providers[1].is_configured = false;
    edge.cookies = true;
}

async fn come_back_by_post(client: &Client, media_type: &str, form: &str) -> Reply {
    client.send_body(Method::POST, "/auth/apple", media_type, form.into()).await
}

/// A page of the provider sends the form, from an origin that is not ours, and the browser omits our cookies. It sends them
/// when it follows the redirect.
#[tokio::test]
async fn a_provider_that_answers_by_post_is_sent_on_to_the_callback() {
    const FORM: &str = "application/x-www-form-urlencoded";
    let app = App::with(Policy::for_tests(), with_apple).await;
    let client = app.client().header("Origin", "https://appleid.apple.com").header("Sec-Fetch-Site", "cross-site");
    let user = "&user=%7B%22name%22%3A1%7D&id_token=a.b.c";
    let sent_on = come_back_by_post(&client, FORM, &format!("state=a.b%2Bc&code=c.0%26d{user}")).await;
    assert_eq!((sent_on.status, sent_on.header("location")), (302, "?state=a.b%2Bc&code=c.0%26d"));
    assert!(!sent_on.headers.contains_key("set-cookie"));
    let refused = come_back_by_post(&client, FORM, "state=x&error=user_cancelled_authorize").await;
    assert_eq!(refused.header("location"), "?state=x&error=user_cancelled_authorize");
    for (form, code) in [
        (String::new(), "OAUTH_STATE_INVALID"),
        ("code=x".to_owned(), "OAUTH_STATE_INVALID"),
        (format!("code=x&state={}", "a".repeat(4_097)), "OAUTH_STATE_INVALID"),
        ("code=%0D%0Ax&state=x".to_owned(), "OAUTH_CODE_INVALID"),
        ("code=x&code=y&state=x".to_owned(), "VALIDATION_FAILED"),
    ] {
        come_back_by_post(&client, FORM, &form).await.expect(400, code);
    }
    come_back_by_post(&client, "application/json", "{}").await.expect(415, "UNSUPPORTED_MEDIA_TYPE");
    // The callback of other providers accepts no POST.
    client.post("/auth/google", json!({})).await.expect(405, "METHOD_NOT_ALLOWED");
}

#[tokio::test]
async fn a_page_can_list_the_configured_providers() {
    let app = App::with(Policy::for_tests(), with_apple).await;
    let data = app.client().get("/auth/providers").await.expect(200, "PROVIDERS_FETCHED");
    let expected = json!([
        { "name": "google", "displayName": "google", "icon": null, "takesIdTokens": true },
        { "name": "apple", "displayName": "Apple", "icon": "/apple.svg", "takesIdTokens": true },
    ]);
    assert_eq!(data["providers"], expected);
}
