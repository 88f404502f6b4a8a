//! `GET /auth/me/export`.

use auth_domain::data_export::UploadAddress;
use auth_domain::internal::Scope;
use auth_domain::use_cases::Policy;
use auth_testkit::test_service::subscriptions;
use serde_json::{Value, json};

use crate::harness::{App, PASSWORD};
use crate::internal::games;

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

#[tokio::test]
async fn other_services_are_told_where_to_upload_and_the_user_sees_who_knows_of_it() {
    let upload = UploadAddress::new("https://exports.example.org/{exportId}".to_owned()).unwrap();
    let policy = Policy { export_upload: Some(upload), subscriptions: subscriptions(&["chat"]), ..Policy::for_tests() };
    let app = App::under(policy).await;
    let (access, _) = app.session("ann").await;
    let ann = app.client().bearer(&access);
    assert_eq!(ann.get("/auth/me/export").await.expect(200, "USER_DATA_EXPORTED")["request"], Value::Null);
    let reply = ann.post("/auth/me/export", json!({})).await;
    insta::assert_snapshot!("a_request_for_all_data", reply);
    let requested = reply.expect(202, "EXPORT_REQUESTED");
    let events = games(&app, &[Scope::EventsRead]).get("/auth/events").await.expect(200, "EVENTS_FETCHED");
    let event = events["events"].as_array().unwrap().last().unwrap().clone();
    let id = requested["exportId"].as_str().unwrap();
    assert_eq!((&event["id"], &event["type"]), (&json!(id), &json!("user.export_requested")));
    let url = format!("https://exports.example.org/{id}");
    let user = app.account("ann").id.to_string();
    let data = json!({ "userId": user, "exportId": id, "uploadUrl": url, "until": requested["until"] });
    assert_eq!(event["data"], data);

    app.wait(1);
    app.service.deliver_events().await;
    let shown = ann.get("/auth/me/export").await.expect(200, "USER_DATA_EXPORTED")["request"].clone();
    assert_eq!((&shown["exportId"], &shown["services"][0]["service"]), (&json!(id), &json!("chat")));
    assert!(shown["services"][0]["acknowledgedAt"].is_string(), "{shown}");
    let again = ann.post("/auth/me/export", json!({})).await.expect(202, "EXPORT_REQUESTED");
    assert_eq!(again, shown, "once a day");
}

#[tokio::test]
async fn a_request_for_all_data_needs_a_fresh_login_and_services_that_take_part() {
    let app = App::start().await;
    let (access, _) = app.session("ann").await;
    app.client().post("/auth/me/export", json!({})).await.expect(401, "TOKEN_REQUIRED");
    app.client().bearer(&access).post("/auth/me/export", json!({})).await.expect(404, "NOT_FOUND");
}
