//! Events: webhooks to the services beside, `GET /auth/deletions/{id}`, `GET /auth/events`

use std::collections::{BTreeMap, BTreeSet};

use auth_black_box::{Client, Engine, PASSWORD, Server, WEBHOOK_SECRET, WebhookReceiver, each_engine, wait_for};
use auth_testkit::postgres::free_port;
use serde_json::{Value, json};

/// A server that tells services of those names at those ports.
async fn telling(engine: Engine, services: &[(&str, u16)], settings: &[(&str, &str)]) -> Server {
    let mut all: Vec<(String, String)> = Vec::new();
    for (name, port) in services {
        all.push((format!("AUTH_WEBHOOKS__{name}__URL"), format!("http://127.0.0.1:{port}/hook")));
        all.push((format!("AUTH_WEBHOOKS__{name}__SECRET"), WEBHOOK_SECRET.to_owned()));
    }
    let all: Vec<(&str, &str)> =
        all.iter().map(|(name, value)| (name.as_str(), value.as_str())).chain(settings.iter().copied()).collect();
    Server::with(engine, &all).await
}

/// Every delivery that was put off is due now.
fn hurry(server: &Server) {
    server.sql(
        "UPDATE event_deliveries SET next_attempt_at = 0 WHERE acknowledged_at IS NULL AND last_error IS NOT NULL",
    );
}

/// Registers, changes the address and the password, and deletes: four events in this order.
pub async fn a_life(server: &Server, name: &str) -> String {
    let id = server.register(name).await["id"].as_str().unwrap().to_owned();
    let (access, _) = server.client().login(name, PASSWORD).await.tokens();
    let client = server.client().bearer(&access);
    let change = async |body: Value| {
        client.post("/auth/update-credentials", body).await.expect(200, "CREDENTIALS_UPDATED");
    };
    change(json!({ "email": format!("{name}@example.net") })).await;
    let new = "another correct horse";
    change(json!({ "oldPassword": PASSWORD, "newPassword": new, "confirmPassword": new })).await;
    client.delete("/auth/delete").await.expect(200, "USER_DATA_DELETED");
    id
}

pub const LIFE: [&str; 4] = ["user.registered", "email.changed", "password.changed", "user.deleted"];

each_engine! {
    async fn every_service_gets_every_event_in_order_per_user_whatever_it_answers(engine) {
        const USERS: usize = 12;
        let ports = [free_port(), free_port()];
        let (steady, flaky) = (WebhookReceiver::start(ports[0], "ok"), WebhookReceiver::start(ports[1], "half"));
        let server = telling(engine, &[("STEADY", ports[0]), ("FLAKY", ports[1])], &[]).await;
        let mut users = BTreeSet::new();
        for number in 0..USERS {
            users.insert(a_life(&server, &format!("user-{number}")).await);
        }
        wait_for("the last acknowledgement", || {
            hurry(&server);
            server.sql("SELECT count(*) FROM event_deliveries WHERE acknowledged_at IS NULL") == "0"
        }).await;
        let mut ids: Vec<BTreeSet<String>> = Vec::new();
        for receiver in [&steady, &flaky] {
            let deliveries = receiver.deliveries();
            let mut lives: BTreeMap<String, Vec<String>> = BTreeMap::new();
            let mut bodies: BTreeMap<String, Value> = BTreeMap::new();
            for delivery in &deliveries {
                let (id, event) = (delivery["id"].as_str().unwrap().to_owned(), delivery["event"].clone());
                let body = bodies.entry(id).or_insert_with(|| event.clone());
                assert_eq!(*body, event, "a duplicate has the same id and body");
                if delivery["acknowledged"] == true {
                    let user = event["data"]["userId"].as_str().unwrap().to_owned();
                    lives.entry(user).or_default().push(event["type"].as_str().unwrap().to_owned());
                }
            }
            assert!(lives.values().all(|life| *life == LIFE), "{lives:?}");
            assert_eq!(lives.keys().cloned().collect::<BTreeSet<_>>(), users);
            ids.push(bodies.into_keys().collect());
            println!("{} deliveries of {} events", deliveries.len(), USERS * LIFE.len());
        }
        assert_eq!(ids[0], ids[1]);
        assert!(flaky.deliveries().len() > USERS * LIFE.len(), "half of them fail");
    }

    async fn a_request_for_all_data_tells_services_where_to_upload_and_shows_who_knows(engine) {
        let ports = [free_port(), free_port()];
        let (chat, silent) = (WebhookReceiver::start(ports[0], "ok"), WebhookReceiver::start(ports[1], "ok"));
        let upload = ("AUTH_EXPORT_UPLOAD_URL", "https://exports.example.org/{exportId}");
        let takes_part = ("AUTH_WEBHOOKS__CHAT__EVENTS", "user.export_requested");
        let server = telling(engine, &[("CHAT", ports[0]), ("USERS", ports[1])], &[upload, takes_part]).await;
        let (access, _) = server.session("ann").await;
        let ann = server.client().bearer(&access);
        let requested = ann.post("/auth/me/export", json!({})).await.expect(202, "EXPORT_REQUESTED");
        let id = requested["exportId"].as_str().unwrap();
        let owed = "SELECT count(*) FROM event_deliveries WHERE acknowledged_at IS NULL";
        wait_for("the acknowledgements", || server.sql(owed) == "0").await;
        let [told] = &chat.deliveries()[..] else { panic!("one") };
        let user = server.me(&access).await.expect(200, "USER_FETCHED")["user"]["id"].clone();
        let url = format!("https://exports.example.org/{id}");
        let data = json!({ "userId": user, "exportId": id, "uploadUrl": url, "until": requested["until"] });
        assert_eq!((&told["id"], &told["event"]["data"]), (&json!(id), &data));
        let types: Vec<_> = silent.deliveries().iter().map(|delivery| delivery["event"]["type"].clone()).collect();
        assert_eq!(types, ["user.registered"], "whoever does not name it is not asked");
        let service = server.client().bearer(&server.internal_token());
        let listed = service.get("/auth/events").await.expect(200, "EVENTS_FETCHED")["events"].clone();
        assert_eq!(listed.as_array().unwrap().last().unwrap()["data"], data);

        let shown = ann.get("/auth/me/export").await.expect(200, "USER_DATA_EXPORTED")["request"].clone();
        assert_eq!((&shown["exportId"], &shown["services"][0]["service"]), (&json!(id), &json!("chat")));
        assert!(shown["services"][0]["acknowledgedAt"].is_string(), "{shown}");
        assert_eq!(ann.post("/auth/me/export", json!({})).await.expect(202, "EXPORT_REQUESTED"), shown);
    }

    async fn a_deletion_shows_who_has_acknowledged_it_and_is_told_until_they_have(engine) {
        let ports = [free_port(), free_port()];
        let users = WebhookReceiver::start(ports[0], "ok");
        let server = telling(engine, &[("USERS", ports[0]), ("CHAT", ports[1])], &[("AUTH_WEBHOOKS__CHAT__EVENTS", "user.deleted")]).await;
        let (access, _) = server.session("ann").await;
        let id = server.me(&access).await.expect(200, "USER_FETCHED")["user"]["id"].clone();
        let deleted = server.client().bearer(&access).delete("/auth/delete").await.expect(200, "USER_DATA_DELETED");
        let deletion_id = deleted["deletionId"].as_str().unwrap();
        let service = server.client().bearer(&server.internal_token());
        let path = format!("/auth/deletions/{deletion_id}");
        wait_for("the first acknowledgement", || users.deliveries().iter().any(|delivery| delivery["event"]["type"] == "user.deleted")).await;
        wait_for("the other's refusal", || server.sql("SELECT count(*) FROM event_deliveries WHERE last_error IS NOT NULL") == "1").await;
        wait_for("the mark", || server.sql("SELECT count(*) FROM event_deliveries WHERE acknowledged_at IS NULL") == "1").await;
        let progress = service.get(&path).await.expect(200, "DELETION_FETCHED");
        assert_eq!((&progress["userId"], &progress["requestedBy"], &progress["deletionId"]), (&id, &json!("owner"), &deleted["deletionId"]));
        let services = progress["services"].as_array().unwrap();
        assert_eq!((&services[0]["service"], &services[0]["acknowledgedAt"]), (&json!("chat"), &Value::Null));
        assert_eq!(services[1]["service"], "users");
        assert!(services[1]["acknowledgedAt"].as_str().unwrap().ends_with('Z'));
        let told = users.deliveries();
        let last = told.last().unwrap();
        assert_eq!(last["event"]["data"], json!({ "userId": id, "deletionId": deletion_id }));
        // Whoever catches up by cursor reads the same, under the same id.
        let listed = service.get("/auth/events").await.expect(200, "EVENTS_FETCHED")["events"].as_array().unwrap().last().unwrap().clone();
        let mut delivered = last["event"].clone();
        delivered["id"] = last["id"].clone();
        assert_eq!(listed, delivered);

        let chat = WebhookReceiver::start(ports[1], "ok");
        wait_for("the other acknowledgement", || {
            hurry(&server);
            chat.deliveries().len() == 1
        }).await;
        wait_for("the mark", || server.sql("SELECT count(*) FROM event_deliveries WHERE acknowledged_at IS NULL") == "0").await;
        let progress = service.get(&path).await.expect(200, "DELETION_FETCHED");
        assert!(progress["services"][0]["acknowledgedAt"].is_string());
        service.get("/auth/deletions/01a200b9-c0e1-7bcf-8b25-c7f70207dc6c").await.expect(404, "NOT_FOUND");
        service.get("/auth/deletions/x").await.expect(400, "VALIDATION_FAILED");
    }

    async fn a_service_catches_up_by_cursor(engine) {
        let server = Server::start(engine).await;
        let id = a_life(&server, "ann").await;
        let service = server.client().bearer(&server.internal_token());
        let types = |data: &Value| -> Vec<String> {
            data["events"].as_array().unwrap().iter().map(|event| event["type"].as_str().unwrap().to_owned()).collect()
        };
        let all = service.get("/auth/events").await.expect(200, "EVENTS_FETCHED");
        assert_eq!((types(&all), &all["next"]), (LIFE.map(str::to_owned).to_vec(), &Value::Null));
        assert!(all["events"].as_array().unwrap().iter().all(|event| event["data"]["userId"] == *id));
        let mut seen = Vec::new();
        let mut cursor = String::new();
        loop {
            let page = service.get(&format!("/auth/events?limit=3{cursor}")).await.expect(200, "EVENTS_FETCHED");
            seen.extend(types(&page));
            match page["next"].as_str() {
                Some(next) => cursor = format!("&after={next}"),
                None => break,
            }
        }
        assert_eq!(seen, LIFE);
        // The last that was seen is a cursor too, for what comes next.
        let last = all["events"][3]["id"].as_str().unwrap();
        server.register("bob").await;
        let next = service.get(&format!("/auth/events?after={last}")).await.expect(200, "EVENTS_FETCHED");
        assert_eq!(types(&next), ["user.registered"]);
        for query in ["after=x", "after=01a200b9-c0e1-7bcf-8b25-c7f70207dc6c", "limit=0", "limit=1001", "limit=x"] {
            service.get(&format!("/auth/events?{query}")).await.expect(400, "VALIDATION_FAILED");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_that_was_stolen_is_told() {
    let port = free_port();
    let receiver = WebhookReceiver::start(port, "ok");
    let server =
        telling(Engine::Sqlite, &[("SIEM", port)], &[("AUTH_WEBHOOKS__SIEM__EVENTS", "session.reuse_detected")]).await;
    let (_, first) = server.session("ann").await;
    let (_, second) = server.client().refresh(&first).await.tokens();
    let (access, _) = server.client().refresh(&second).await.tokens();
    let session = server.client().bearer(&access).get("/auth/sessions").await.expect(200, "SESSIONS_FETCHED");
    Client::with_user_agent(&server.url, "Thief/1").refresh(&first).await.expect(401, "REFRESH_TOKEN_INVALID");
    wait_for("the event", || !receiver.deliveries().is_empty()).await;
    let [told] = receiver.deliveries().try_into().unwrap();
    assert_eq!(told["event"]["type"], "session.reuse_detected");
    assert_eq!(told["event"]["data"]["sessionId"], session["sessions"][0]["id"]);
}

/// One that redirects, never answers or answers without end: the others are told at once all the same.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_receiver_holds_up_another() {
    let ports: Vec<u16> = (0..4).map(|_| free_port()).collect();
    let behaviours = ["ok", "redirect", "silent", "huge"];
    let receivers: Vec<_> =
        ports.iter().zip(behaviours).map(|(port, behaviour)| WebhookReceiver::start(*port, behaviour)).collect();
    let services = [("OK", ports[0]), ("REDIRECT", ports[1]), ("SILENT", ports[2]), ("HUGE", ports[3])];
    let server = telling(Engine::Sqlite, &services, &[]).await;
    for number in 0..3 {
        server.register(&format!("user-{number}")).await;
    }
    wait_for("the others' events", || receivers[0].deliveries().len() == 3 && receivers[3].deliveries().len() == 3)
        .await;
    let open = "SELECT service, last_error FROM event_deliveries WHERE acknowledged_at IS NULL AND last_error IS NOT NULL ORDER BY service";
    wait_for("the refusals", || server.sql(open).lines().count() == 6).await;
    let refusals = server.sql(open);
    assert!(
        refusals.contains("redirect|it answered 302") && refusals.contains("silent|error sending request"),
        "{refusals}"
    );
    assert!(receivers[1].deliveries().iter().all(|delivery| delivery["path"] == "/hook"), "no redirect is followed");
}
