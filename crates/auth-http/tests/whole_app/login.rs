//! `POST /auth/login`, `GET /auth/me`

use serde_json::json;

use crate::harness::{App, PASSWORD};

#[tokio::test]
async fn either_field_may_hold_either_name() {
    let app = App::start().await;
    app.register("Ann").await;
    let client = app.client();
    for body in [
        json!({ "email": "ann@example.org", "password": PASSWORD }),
        json!({ "email": "ANN", "password": PASSWORD }),
        json!({ "username": "ann", "password": PASSWORD }),
        json!({ "username": "ANN@example.org", "password": PASSWORD }),
        json!({ "email": null, "username": "ann", "password": PASSWORD }),
        json!({ "email": "", "username": "ann", "password": PASSWORD }),
    ] {
        let data = client.post("/auth/login", body.clone()).await.expect(200, "USER_LOGGED_IN");
        let tokens = &data["tokens"];
        assert_eq!(
            (&tokens["tokenType"], &tokens["expiresIn"], &tokens["refreshExpiresIn"]),
            (&json!("Bearer"), &json!(600), &json!(2_592_000))
        );
        let me = app.me(tokens["accessToken"].as_str().unwrap()).await.expect(200, "USER_FETCHED");
        assert_eq!(me["user"], data["user"], "{body}");
    }
}

#[tokio::test]
async fn a_login_and_what_it_opens() {
    let app = App::start().await;
    app.register("ann").await;
    let logged_in = app.client().login("ann", PASSWORD).await;
    insta::assert_snapshot!("a_login", logged_in);
    let (access, _) = logged_in.tokens();
    insta::assert_snapshot!("a_user", app.me(&access).await);
    app.wait(600);
    insta::assert_snapshot!("an_expired_access_token", app.me(&access).await);
    insta::assert_snapshot!("no_token", app.client().get("/auth/me").await);
}

#[tokio::test]
async fn every_refusal_has_its_code() {
    let app = App::start().await;
    app.register("ann").await;
    app.service.insert_linked("linked@example.org", "a subject");
    let client = app.client();
    let nobody = client.login("nobody", PASSWORD).await;
    insta::assert_snapshot!("nobody_of_that_name", nobody);
    nobody.expect(400, "INVALID_CREDENTIALS");
    client.login("no body at all \u{0}", PASSWORD).await.expect(400, "INVALID_CREDENTIALS");
    client.login("ann", "wrong password").await.expect(400, "INVALID_PASSWORD");
    client.login("ann", &"x".repeat(60_000)).await.expect(400, "INVALID_PASSWORD");
    client.login("linked@example.org", PASSWORD).await.expect(400, "USER_ALREADY_LINKED");
    for body in [
        json!({ "password": PASSWORD }),
        json!({ "email": "ann" }),
        json!({ "email": 1, "password": PASSWORD }),
        json!({ "email": "", "password": "" }),
    ] {
        client.post("/auth/login", body).await.expect(400, "VALIDATION_FAILED");
    }
}

#[tokio::test]
async fn a_password_counts_in_any_normal_form() {
    let client = App::start().await.client();
    let body = json!({ "email": "ann@example.org", "password": "E\u{301}cole buissonnie\u{300}re" });
    client.post("/auth/register", body).await.expect(201, "USER_REGISTERED");
    client.login("ann@example.org", "École buissonnière").await.expect(200, "USER_LOGGED_IN");
}
