//! `docs/webhooks.md`: its receivers are sent real events, and what it says of events is so.

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader};
use std::net::TcpStream;
use std::process::Command;
use std::sync::{Arc, Mutex};

use auth_black_box::{
    Client, Engine, Running, SECRET, Server, WEBHOOK_SECRET, assert_prints, example, examples_python, go_example, page,
    wait_for,
};
use auth_testkit::postgres::free_port;
use reqwest::Method;
use serde_json::Value;

use crate::events::{LIFE, a_life};

#[test]
fn the_page_prints_the_files() {
    let files = ["webhooks/receiver.mjs", "webhooks/receiver.py", "webhooks/receiver.go", "webhooks/catch_up.py"];
    assert_prints("webhooks.md", &files);
}

/// One of the receivers, running.
struct Receiver {
    port: u16,
    said: Arc<Mutex<Vec<String>>>,
    _process: Running,
}

impl Receiver {
    fn start(port: u16, mut command: Command) -> Self {
        let mut process = Running::start(command.env("WEBHOOK_SECRET", WEBHOOK_SECRET));
        let output = process.child().stdout.take().unwrap();
        let said: Arc<Mutex<Vec<String>>> = Arc::default();
        let lines = Arc::clone(&said);
        std::thread::spawn(move || {
            BufReader::new(output).lines().map_while(Result::ok).for_each(|line| lines.lock().unwrap().push(line));
        });
        Self { port, said, _process: process }
    }

    /// Each of them, ready.
    async fn each() -> [Self; 3] {
        let ports = [free_port(), free_port(), free_port()];
        let mut node = Command::new("node");
        node.arg(example("webhooks/receiver.mjs")).arg(ports[0].to_string());
        let mut python = examples_python();
        python.args(["-m", "uvicorn", "receiver:app", "--log-level", "warning", "--app-dir"]);
        python.arg(example("webhooks")).args(["--port", &ports[1].to_string()]);
        let mut go = go_example("webhooks");
        go.arg(ports[2].to_string());
        let receivers =
            [(ports[0], node), (ports[1], python), (ports[2], go)].map(|(port, command)| Self::start(port, command));
        for receiver in &receivers {
            wait_for("a receiver", || TcpStream::connect(("127.0.0.1", receiver.port)).is_ok()).await;
        }
        receivers
    }

    /// What it printed of events.
    fn handled(&self) -> Vec<String> {
        self.said.lock().unwrap().iter().filter(|line| line.starts_with("user.")).cloned().collect()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_receivers_handle_each_event_once_and_refuse_forgeries() {
    let receivers = Receiver::each().await;
    let mut settings = Vec::new();
    for (name, receiver) in ["NODE", "PYTHON", "GO"].iter().zip(&receivers) {
        let url = format!("http://127.0.0.1:{}/webhooks/auth", receiver.port);
        settings.push((format!("AUTH_WEBHOOKS__{name}__URL"), url));
        settings.push((format!("AUTH_WEBHOOKS__{name}__SECRET"), WEBHOOK_SECRET.to_owned()));
    }
    let settings: Vec<(&str, &str)> = settings.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let server = Server::with(Engine::Sqlite, &settings).await;
    let id = a_life(&server, "ann").await;
    let owed = "SELECT count(*) FROM event_deliveries WHERE acknowledged_at IS NULL";
    wait_for("the last acknowledgement", || server.sql(owed) == "0").await;
    // Every one of them comes again, as after an answer that was lost.
    server.sql("UPDATE event_deliveries SET acknowledged_at = NULL, next_attempt_at = 0");
    wait_for("the last acknowledgement once more", || server.sql(owed) == "0").await;
    assert_eq!(server.sql("SELECT count(*) FROM event_deliveries WHERE attempt = 2"), "12");

    let now = jsonwebtoken::get_current_timestamp().to_string();
    let forged = r#"{"type":"user.deleted","timestamp":"2026-11-26T18:00:00Z","data":{"userId":"forged"}}"#;
    for receiver in &receivers {
        let client = Client::new(&format!("http://127.0.0.1:{}", receiver.port));
        let request = || client.request(Method::POST, "/webhooks/auth").body(forged);
        assert_eq!(client.send(request()).await.status, 401);
        for signature in ["v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=", "v1", "v1,a", "x"] {
            let signed = request().header("webhook-id", "1").header("webhook-timestamp", &now);
            let reply = client.send(signed.header("webhook-signature", signature)).await;
            assert_eq!(reply.status, 401, "{signature}");
        }
        assert_eq!(receiver.handled(), [format!("user.registered {id}"), format!("user.deleted {id}")]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_service_that_catches_up_reads_each_event_once() {
    let server = Server::start(Engine::Sqlite).await;
    let id = a_life(&server, "ann").await;
    let place = server.dir.path().join("last-event");
    let catch_up = || -> Vec<String> {
        let mut command = examples_python();
        command.arg(example("webhooks/catch_up.py")).args([&server.url, "backups-service"]).arg(&place);
        let output = command.env("INTERNAL_SECRET", SECRET).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let text = String::from_utf8(output.stdout).unwrap();
        text.lines().map(|line| line.split_once(' ').unwrap().1.to_owned()).collect()
    };
    assert_eq!(catch_up(), LIFE.map(|name| format!("{name} {id}")));
    assert!(catch_up().is_empty());
    let bob = server.register("bob").await["id"].as_str().unwrap().to_owned();
    assert_eq!(catch_up(), [format!("user.registered {bob}")]);
}

/// The type of an event, and the names of what it says.
fn shape(event: &Value) -> (String, Vec<String>, Vec<String>) {
    let names = |value: &Value| value.as_object().unwrap().keys().filter(|name| *name != "id").cloned().collect();
    (event["type"].as_str().unwrap().to_owned(), names(event), names(&event["data"]))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_page_shows_the_body_of_every_event() {
    let server = Server::start(Engine::Sqlite).await;
    a_life(&server, "ann").await;
    let (_, first) = server.session("bob").await;
    let (_, second) = server.client().refresh(&first).await.tokens();
    server.client().refresh(&second).await.tokens();
    Client::with_user_agent(&server.url, "Thief/1").refresh(&first).await.expect(401, "REFRESH_TOKEN_INVALID");
    let service = server.client().bearer(&server.internal_token());
    let events = service.get("/auth/events").await.expect(200, "EVENTS_FETCHED")["events"].clone();
    let real: BTreeSet<_> = events.as_array().unwrap().iter().map(shape).collect();

    let page = page("webhooks.md");
    let block = page.split("```json\n").nth(1).unwrap().split("```").next().unwrap();
    let shown: BTreeSet<_> = block.lines().map(|line| shape(&serde_json::from_str(line).unwrap())).collect();
    assert_eq!(shown, real);
    assert_eq!(shown.len(), 5);
    assert!(shown.iter().all(|(name, ..)| page.contains(&format!("\n| `{name}` |"))));
}
