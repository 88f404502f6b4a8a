//! The shape of answers: envelope, problem documents, headers, limits.

use std::time::{Duration, Instant};

use auth_black_box::{Engine, PATIENCE, Server};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

#[tokio::test]
async fn a_dripping_body_is_cut_off() {
    let server = Server::start(Engine::Sqlite).await;
    let mut stream = TcpStream::connect(server.url.strip_prefix("http://").unwrap()).await.unwrap();
    let head =
        "POST /auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{";
    stream.write_all(head.as_bytes()).await.unwrap();
    let (mut answers, mut drips) = stream.split();
    let began = Instant::now();
    let mut answer = vec![0; 4096];
    let dripping = async {
        loop {
            tokio::time::sleep(Duration::from_millis(500)).await;
            if drips.write_all(b" ").await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    };
    let read = tokio::select! {
        read = answers.read(&mut answer) => read.unwrap(),
        () = dripping => unreachable!(),
    };
    assert!(String::from_utf8_lossy(&answer[..read]).starts_with("HTTP/1.1 400"));
    assert!((Duration::from_secs(9)..PATIENCE).contains(&began.elapsed()), "{:?}", began.elapsed());
}

#[tokio::test]
async fn callers_that_reset_their_connection_hurt_nobody() {
    let server = Server::start(Engine::Sqlite).await;
    let (access, _) = server.session("ann").await;
    let request = format!("GET /auth/me HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {access}\r\n\r\n");
    for round in 0..600_u64 {
        let mut stream = TcpStream::connect(server.url.strip_prefix("http://").unwrap()).await.unwrap();
        stream.set_zero_linger().unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        // Between the read of the request and the answer, some of the time.
        tokio::time::sleep(Duration::from_micros(10 * (round % 60))).await;
        drop(stream);
    }
    server.me(&access).await.expect(200, "USER_FETCHED");
    let log = std::fs::read_to_string(server.dir.path().join("log")).unwrap();
    assert!(!log.contains("panicked"), "{log}");
}

#[tokio::test]
async fn every_answer_carries_a_request_id_that_is_in_the_log() {
    let server = Server::start(Engine::Sqlite).await;
    let client = server.client();
    let id = async |value: &str| {
        let reply = client.send(client.request(Method::GET, "/health/live").header("X-Request-Id", value)).await;
        reply.headers["x-request-id"].to_str().unwrap().to_owned()
    };
    assert_eq!(id("web-42.a_b").await, "web-42.a_b");
    for malformed in ["a b", "x\"y", &"x".repeat(129), ""] {
        assert_eq!(id(malformed).await.len(), 32);
    }
    tokio::time::sleep(Duration::from_millis(100)).await;
    let log = std::fs::read_to_string(server.dir.path().join("log")).unwrap();
    assert!(log.contains("web-42.a_b"), "{log}");
}

#[tokio::test]
async fn nothing_secret_reaches_the_log() {
    let server = Server::start(Engine::Sqlite).await;
    let client = server.client();
    let body = json!({ "email": "canary-mail@example.org", "password": "canary password" });
    client.post("/auth/register", body.clone()).await.expect(201, "USER_REGISTERED");
    let (access, refresh) = client.post("/auth/login", body).await.tokens();
    client.login("canary-mail@example.org", "canary wrong").await.expect(400, "INVALID_PASSWORD");
    client.post("/auth/login", json!({ "email": ["canary"], "password": 1 })).await.expect(400, "VALIDATION_FAILED");
    let (_, successor) = client.refresh(&refresh).await.tokens();
    let thief = auth_black_box::Client::with_user_agent(&server.url, "thief");
    server.me(&access).await.expect(200, "USER_FETCHED");
    client.refresh(&successor).await.expect(200, "TOKEN_REFRESHED");
    thief.refresh(&refresh).await.expect(401, "REFRESH_TOKEN_INVALID");
    tokio::time::sleep(Duration::from_millis(100)).await;
    let log = std::fs::read_to_string(server.dir.path().join("log")).unwrap();
    assert!(log.contains("used again"), "{log}");
    for secret in ["canary", &access, &refresh, &successor] {
        assert!(!log.contains(secret), "{secret} in {log}");
    }
}

/// The file in `docs/` is the one that is served, and both generated files are up to date.
#[tokio::test]
async fn generated_files_are_up_to_date() {
    let server = Server::start(Engine::Sqlite).await;
    let file = |name: &str| std::fs::read_to_string(format!("{}/../docs/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap();
    let hint = "run: just generate";
    assert_eq!(server.command(&["openapi"]), file("openapi.json").trim(), "{hint}");
    assert_eq!(server.command(&["openapi", "--errors"]), file("errors.md").trim(), "{hint}");
    let served = server.client().get("/auth/doc/openapi.json").await.body;
    assert_eq!(served, serde_json::from_str::<Value>(&file("openapi.json")).unwrap());
}
