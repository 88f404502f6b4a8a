//! `GET /auth/me/export`.

use serde_json::json;

use crate::harness::{App, PASSWORD};

#[tokio::test]
async fn users_get_what_the_service_keeps_of_them_and_nothing_of_others_or_secret() {
    let app = App::start().await;
    app.register("bob").await;
    app.register("ann").await;
    app.client().login("ann", "wrong horse").await.expect(400, "INVALID_PASSWORD");
    let (access, _) = app.client().login("ann", PASSWORD).await.tokens();
    let reply = app.client().bearer(&access).get("/auth/me/export").await;
    assert_eq!(reply.header("cache-control"), "no-store");
    let data = reply.expect(200, "USER_DATA_EXPORTED");
    let user = app.client().bearer(&access).get("/auth/me").await.expect(200, "USER_FETCHED")["user"].clone();
    assert_eq!(data["user"], user);
    assert_eq!((&data["identities"], &data["twoFa"], &data["recoveryCodesLeft"]), (&json!([]), &json!([]), &json!(0)));
    assert_eq!((data["sessions"].as_array().unwrap().len(), &data["sessions"][0]["current"]), (1, &json!(true)));
    let trail = data["auditTrail"].as_array().unwrap();
    let actions: Vec<&str> = trail.iter().map(|record| record["action"].as_str().unwrap()).collect();
    assert_eq!(actions, ["account.registered", "password.given", "session.opened", "data.exported"]);
    assert_eq!(data["auditTrailComplete"], true);
    let text = data.to_string();
    assert!(!text.contains("test$") && !text.contains("bob"), "{text}");
}

#[tokio::test]
async fn an_export_needs_a_fresh_login_of_the_user() {
    let app = App::start().await;
    app.register("ann").await;
    let (access, refresh) = app.client().login("ann", PASSWORD).await.tokens();
    app.client().get("/auth/me/export").await.expect(401, "TOKEN_REQUIRED");
    app.client().bearer(&refresh).get("/auth/me/export").await.expect(401, "ACCESS_TOKEN_INVALID");
    app.wait(599);
    app.client().bearer(&access).get("/auth/me/export").await.expect(200, "USER_DATA_EXPORTED");
    app.wait(400);
    let (access, _) = app.client().refresh(&refresh).await.tokens();
    app.client().bearer(&access).get("/auth/me/export").await.expect(401, "REAUTHENTICATION_REQUIRED");
}
