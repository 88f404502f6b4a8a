//! `POST /auth/register`

use serde_json::{Value, json};

use crate::harness::{App, Client, PASSWORD, Reply};

async fn register(client: &Client, body: Value) -> Reply {
    client.post("/auth/register", body).await
}

#[tokio::test]
async fn a_new_user_is_answered_in_full_and_has_no_session() {
    let app = App::start().await;
    let body = json!({
        "username": "Ann", "email": "Ann@Example.org", "password": PASSWORD, "confirmPassword": PASSWORD,
        "roles": ["admin"], "id": "chosen",
    });
    let registered = register(&app.client(), body).await;
    insta::assert_snapshot!("a_new_user", registered);
    let data = registered.expect(201, "USER_REGISTERED");
    let user = &data["user"];
    assert_eq!(data.as_object().unwrap().keys().collect::<Vec<_>>(), ["user"]);
    assert_eq!((&user["username"], &user["email"]), (&json!("Ann"), &json!("Ann@Example.org")), "kept as typed");
    assert_eq!(user["roles"], json!(["user"]), "unknown fields have no effect");
    let id = user["id"].as_str().unwrap();
    assert_eq!((id.len(), id.as_bytes()[14]), (36, b'7'), "a UUIDv7");
    assert_eq!(app.service.store.sessions(), []);
}

#[tokio::test]
async fn nobody_is_buried_in_mail_by_accounts_that_come_and_go() {
    let client = App::start().await.client();
    let body = json!({ "email": "victim@example.org", "password": PASSWORD });
    for _ in 0..20 {
        register(&client, body.clone()).await.expect(201, "USER_REGISTERED");
        let (access, _) = client.login("victim@example.org", PASSWORD).await.tokens();
        client.bearer(&access).delete("/auth/delete").await.expect(200, "USER_DATA_DELETED");
    }
    register(&client, body).await.expect(429, "RATE_LIMITED");
}

#[tokio::test]
async fn what_is_wrong_is_said_field_by_field_and_changes_nothing() {
    let app = App::start().await;
    let client = app.client();
    let fields = |data: Value| -> Vec<String> {
        data["errors"].as_array().unwrap().iter().map(|error| error["field"].as_str().unwrap().to_owned()).collect()
    };
    let both = register(&client, json!({ "username": "a b", "email": "nobody", "password": PASSWORD })).await;
    insta::assert_snapshot!("two_fields_are_wrong", both);
    assert_eq!(fields(both.expect(400, "VALIDATION_FAILED")), ["/email", "/username"]);
    for (body, field) in [
        (json!({ "password": PASSWORD }), "/email"),
        (json!({ "email": "a@example.org" }), "/password"),
        (json!({ "email": ["a@example.org"], "password": PASSWORD }), "/email"),
        (json!({ "email": "a@example.org", "password": 12345678 }), "/password"),
        (json!({ "email": "a@[127.0.0.1]", "password": PASSWORD }), "/email"),
        (json!({ "email": "a\r\nBcc: b@example.org", "password": PASSWORD }), "/email"),
        (json!({ "email": "a@exam\u{0}ple.org", "password": PASSWORD }), "/email"),
        (json!({ "email": format!("{}@example.org", "a".repeat(300)), "password": PASSWORD }), "/email"),
        (json!({ "email": "a@example.org", "username": "ab", "password": PASSWORD }), "/username"),
        (json!({ "email": "a@example.org", "username": "a@b", "password": PASSWORD }), "/username"),
    ] {
        let data = register(&client, body.clone()).await.expect(400, "VALIDATION_FAILED");
        assert_eq!(fields(data), [field], "{body}");
    }
    // Of a body in which something has the wrong type, or is missing, all the rest is looked at as well.
    for (body, wrong) in [
        (json!({ "username": 5, "email": ["a"] }), "/email type, /username type, /password required"),
        (
            json!({ "username": "a b", "email": "nobody", "password": 5 }),
            "/password type, /email format, /username format",
        ),
        (
            json!({ "confirmPassword": {}, "username": "ab" }),
            "/confirmPassword type, /email required, /password required, /username too_short",
        ),
    ] {
        let data = register(&client, body.clone()).await.expect(400, "VALIDATION_FAILED");
        let told = data["errors"].as_array().unwrap().iter();
        let told: Vec<String> = told
            .map(|error| format!("{} {}", error["field"].as_str().unwrap(), error["reason"].as_str().unwrap()))
            .collect();
        assert_eq!(told.join(", "), wrong, "{body}");
    }
    let login = client.post("/auth/login", json!({ "password": 5 })).await.expect(400, "VALIDATION_FAILED");
    assert_eq!(fields(login), ["/password", "/email"]);
    let different = json!({ "email": "a@example.org", "password": PASSWORD, "confirmPassword": "another one" });
    register(&client, different).await.expect(400, "UNMATCHED_PASSWORDS");
    for (password, reason) in [
        ("qv8#kzp", "TOO_SHORT"),
        ("password1", "TOO_COMMON"),
        ("A@Example.org", "SAME_AS_EMAIL"),
        ("ann-the-great", "SAME_AS_USERNAME"),
        (&"é".repeat(129), "TOO_LONG"),
    ] {
        let body = json!({ "username": "Ann-The-Great", "email": "a@example.org", "password": password });
        let data = register(&client, body).await.expect(400, "PASSWORD_POLICY");
        assert_eq!(data["reasons"], json!([reason]), "{password}");
    }
    assert_eq!(app.service.store.accounts(), []);
}
