//! The language that a user prefers, and the languages of answers and of mails.

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

#[tokio::test]
async fn messages_are_in_the_language_that_the_caller_accepts() {
    let app = App::start().await;
    for (accepted, language, message) in [
        ("en-GB, en;q=0.9", "en", "Sign in to continue."),
        ("fr-CH, fr;q=0.9, en;q=0.8, *;q=0.5", "fr", "Connectez-vous pour continuer."),
        ("DE", "de", "Melden Sie sich an, um fortzufahren."),
        ("it, es;q=0.3", "es", "Inicia sesión para continuar."),
        ("*", "en", "Sign in to continue."),
        ("en;q=0, *", "fr", "Connectez-vous pour continuer."),
        ("fr;q=0, it", "en", "Sign in to continue."),
        ("", "en", "Sign in to continue."),
        (";q=,,fr;q=9,\"", "en", "Sign in to continue."),
    ] {
        let reply = app.client().header("Accept-Language", accepted).get("/auth/me").await;
        assert_eq!(
            (reply.header("content-language"), reply.header("vary")),
            (language, "Accept-Language"),
            "{accepted}"
        );
        let data = reply.expect(401, "TOKEN_REQUIRED");
        assert_eq!(data["message"], message, "{accepted}");
        assert!(data["hint"].as_str().unwrap().starts_with("The request has no token"), "for developers");
    }
    let reply = app.client().get("/auth/me").await;
    assert!(!reply.headers.contains_key("content-language") && !reply.headers.contains_key("vary"));
}

#[tokio::test]
async fn so_are_rules_that_fields_break_and_problem_documents() {
    let app = App::start().await;
    let french = app.client().header("Accept-Language", "fr");
    let wrong = json!({ "username": "ab", "email": "nobody", "password": PASSWORD, "locale": "a".repeat(36) });
    let reply = register(&french, wrong.clone()).await;
    insta::assert_snapshot!("fields_that_are_wrong_in_french", reply);
    let data = reply.expect(400, "VALIDATION_FAILED");
    let messages: Vec<&str> =
        data["errors"].as_array().unwrap().iter().map(|error| error["message"].as_str().unwrap()).collect();
    assert_eq!(
        messages,
        [
            "doit ressembler à nom@example.org",
            "doit comporter de 3 à 32 caractères",
            "doit comporter au plus 35 caractères"
        ]
    );
    let problem = register(&french.header("Accept", "application/problem+json"), wrong).await;
    assert_eq!((problem.status, problem.header("content-type")), (400, "application/problem+json"));
    assert_eq!(problem.header("content-language"), "fr");
    assert!(problem.body["title"].as_str().unwrap().starts_with("Certaines informations"));
    assert!(problem.body["detail"].as_str().unwrap().starts_with("The request is invalid"));
}

/// What others have put into the answer stays there.
#[tokio::test]
async fn a_translated_refusal_keeps_its_headers() {
    let origin = "https://app.example.org";
    let app = App::with(auth_domain::use_cases::Policy::for_tests(), |edge| {
        edge.cookies = true;
        edge.origins = auth_http::Origins::new(crate::harness::URL, [origin.to_owned()]);
    });
    let app = app.await;
    let forged = "__Host-auth-access=forged; __Host-auth-refresh=forged";
    for language in ["en", "es"] {
        let client = app.client().header("Origin", origin).header("Accept-Language", language);
        let refused = client.header("Cookie", forged).post("/auth/refresh", json!({})).await;
        assert_eq!(refused.header("access-control-allow-origin"), origin);
        let varies: Vec<&str> = refused.headers.get_all("vary").map(|value| value.to_str().unwrap()).collect();
        assert!(
            varies.contains(&"Accept-Language") && varies.iter().any(|value| value.contains("Origin")),
            "{varies:?}"
        );
        let cookies = refused.headers.get_all("set-cookie").count();
        assert_eq!(cookies, app_cookies(&app, origin).await, "{language}");
        assert_eq!(refused.header("content-language"), language);
        let wrong_method = client.delete("/auth/login").await;
        assert_eq!(wrong_method.header("allow"), "POST");
        wrong_method.expect(405, "METHOD_NOT_ALLOWED");
    }
}

/// How many cookies the same refusal sets or clears without a language.
async fn app_cookies(app: &App, origin: &str) -> usize {
    let client =
        app.client().header("Origin", origin).header("Cookie", "__Host-auth-access=forged; __Host-auth-refresh=forged");
    let refused = client.post("/auth/refresh", json!({})).await;
    assert_eq!(refused.status, 401);
    refused.headers.get_all("set-cookie").count()
}
