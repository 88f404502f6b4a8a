//! The language that a user prefers, and that of mails.

use auth_domain::Language;
use auth_testkit::doubles::TestProvider;
use serde_json::{Value, json};

use crate::harness::{App, Client, PASSWORD, Reply};

fn body(name: &str) -> Value {
    json!({ "email": format!("{name}@example.org"), "password": PASSWORD })
}

async fn register(client: &Client, body: Value) -> Reply {
    client.post("/auth/register", body).await
}

async fn update(app: &App, access_token: &str, body: Value) -> Reply {
    app.client().bearer(access_token).post("/auth/update-credentials", body).await
}

/// The languages of all mails so far, the oldest first.
async fn languages(app: &App) -> Vec<Language> {
    app.service.deliver_mails().await.iter().map(|mail| mail.language).collect()
}

#[tokio::test]
async fn a_registration_names_a_language_or_the_browser_does() {
    let app = App::start().await;
    for (number, (named, accepted, kept, mailed)) in [
        (None, None, None, Language::English),
        (Some("FR-ca"), None, Some("fr-CA"), Language::French),
        (Some("pt-br"), Some("de"), Some("pt-BR"), Language::English),
        (None, Some("de-AT, en;q=0.5"), Some("de"), Language::German),
        (None, Some("it, *;q=0.5"), None, Language::English),
        (None, Some("*"), None, Language::English),
        (None, Some(";;;\"\u{e9}"), None, Language::English),
    ]
    .into_iter()
    .enumerate()
    {
        let client = accepted.map_or(app.client(), |header| app.client().header("Accept-Language", header));
        let mut body = body(&format!("ann{number}"));
        if let Some(tag) = named {
            body["locale"] = json!(tag);
        }
        let user = register(&client, body).await.expect(201, "USER_REGISTERED")["user"].clone();
        assert_eq!(user["locale"], json!(kept));
        assert_eq!(languages(&app).await.last(), Some(&mailed));
        let (access, _) = app.client().login(&format!("ann{number}@example.org"), PASSWORD).await.tokens();
        assert_eq!(app.me(&access).await.expect(200, "USER_FETCHED")["user"]["locale"], json!(kept));
    }
    let null = json!({ "email": "eve@example.org", "password": PASSWORD, "locale": null });
    let user = register(&app.client().header("Accept-Language", "es"), null).await.expect(201, "USER_REGISTERED");
    assert_eq!(user["user"]["locale"], "es", "as without it");
}

#[tokio::test]
async fn a_wrong_language_is_named_with_what_else_is_wrong() {
    let app = App::start().await;
    let told = |data: Value| -> Vec<String> {
        let errors = data["errors"].as_array().unwrap().iter();
        errors.map(|error| format!("{} {}", error["field"], error["reason"]).replace('"', "")).collect()
    };
    for (locale, reason) in [
        (json!("en_US"), "format"),
        (json!(""), "format"),
        (json!("fr\u{0}"), "format"),
        (json!("a".repeat(36)), "too_long"),
        (json!(7), "type"),
        (json!(["fr"]), "type"),
    ] {
        let mut body = body("ann");
        body["locale"] = locale.clone();
        let data = register(&app.client(), body).await.expect(400, "VALIDATION_FAILED");
        assert_eq!(told(data), [format!("/locale {reason}")], "{locale}");
    }
    let all = json!({ "email": "nobody", "password": 5, "locale": "en_US" });
    let data = register(&app.client(), all).await.expect(400, "VALIDATION_FAILED");
    assert_eq!(told(data), ["/password type", "/email format", "/locale format"]);
    assert_eq!(app.service.store.accounts(), []);
}

#[tokio::test]
async fn whoever_signs_in_through_a_provider_brings_a_language_along() {
    let app = App::start().await;
    for (number, accepted, kept) in [(1, "es-MX,es;q=0.9", json!("es")), (2, "pt", Value::Null)] {
        app.service.google.identifies(&number.to_string(), Some((&format!("ann{number}@example.org"), true)));
        let token = TestProvider::id_token("n-0S6", number, app.service.now() + std::time::Duration::from_secs(600));
        let body = json!({ "idToken": token.reveal(), "nonce": "n-0S6" });
        let client = app.client().header("Accept-Language", accepted);
        let data = client.post("/auth/google/token", body).await.expect(201, "USER_REGISTERED");
        assert_eq!(data["user"]["locale"], kept);
    }
    // There and back.
    app.service.google.identifies("3", Some(("ann3@example.org", true)));
    let client = app.client().header("Accept", "application/json").header("Accept-Language", "fr");
    let begun = client.get("/auth/google/authorize").await.expect(200, "AUTHORIZATION_STARTED");
    let state = TestProvider::state_in(begun["authorizationUrl"].as_str().unwrap()).to_owned();
    let back = client.get(&format!("/auth/google?code=right&state={}", state.replace('|', "%7C"))).await;
    assert_eq!(back.expect(201, "USER_REGISTERED")["user"]["locale"], "fr");
}

#[tokio::test]
async fn the_language_changes_alone_or_with_the_rest() {
    let app = App::start().await;
    let (access, _) = app.session("ann").await;
    // Long after the login.
    app.wait(590);
    let changed =
        async |body: Value| update(&app, &access, body).await.expect(200, "CREDENTIALS_UPDATED")["user"].clone();
    assert_eq!(changed(json!({ "locale": "de-ch" })).await["locale"], "de-CH");
    assert_eq!(app.me(&access).await.expect(200, "USER_FETCHED")["user"]["locale"], "de-CH");
    let user = changed(json!({ "locale": "fr", "email": "ann@example.net", "oldPassword": PASSWORD })).await;
    assert_eq!((&user["locale"], &user["email"]), (&json!("fr"), &json!("ann@example.net")));
    assert_eq!(languages(&app).await, [Language::German, Language::French], "the notice tells the old address");
    assert_eq!(changed(json!({ "locale": null })).await["locale"], Value::Null);
    update(&app, &access, json!({ "locale": "x" })).await.expect(400, "VALIDATION_FAILED");
    update(&app, &access, json!({ "locale": 5 })).await.expect(400, "VALIDATION_FAILED");
    update(&app, &access, json!({ "locale": "fr", "oldPassword": PASSWORD })).await.expect(400, "PASSWORDS_REQUIRED");
    update(&app, "forged", json!({ "locale": "fr" })).await.expect(401, "ACCESS_TOKEN_INVALID");
    let nothing = update(&app, &access, json!({})).await.expect(400, "VALIDATION_FAILED");
    assert_eq!(nothing["errors"][0]["field"], "/email");
    assert_eq!(app.me(&access).await.expect(200, "USER_FETCHED")["user"]["locale"], Value::Null);
}
