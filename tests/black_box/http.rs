//! The shape of answers: envelope, problem documents, headers, limits.

use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use auth_black_box::{Client, Engine, PASSWORD, PATIENCE, Server, binary};
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
    let log = server.log();
    assert!(!log.contains("panicked"), "{log}");
}

#[tokio::test]
async fn every_answer_carries_a_request_id_that_is_in_the_log() {
    let server = Server::start(Engine::Sqlite).await;
    let client = server.client();
    let id = async |value: &str| {
        let reply = client.send(client.request(Method::GET, "/auth/me").header("X-Request-Id", value)).await;
        reply.headers["x-request-id"].to_str().unwrap().to_owned()
    };
    assert_eq!(id("web-42.a_b").await, "web-42.a_b");
    for malformed in ["a b", "x\"y", &"x".repeat(129), ""] {
        assert_eq!(id(malformed).await.len(), 32);
    }
    let log = server.log();
    assert!(log.contains("web-42.a_b"), "{log}");
}

/// Each fact once, and on every line of a request its id: also on those that the store writes, elsewhere.
#[tokio::test]
async fn log_lines_say_each_fact_once_and_name_their_request() {
    let server = Server::start(Engine::Sqlite).await;
    server.register("ann").await;
    let client = server.client();
    let ask = async |id: &str, path: &str| {
        client.send(client.bearer("x").request(Method::GET, path).header("X-Request-Id", id)).await
    };
    ask("refused", "/api/auth/me").await.expect(401, "ACCESS_TOKEN_INVALID");
    server.sql("UPDATE accounts SET preferred_factor = 'carrier pigeon'");
    let login = client.request(Method::POST, "/auth/login").header("X-Request-Id", "corrupt");
    client
        .send(login.json(&json!({ "email": "ann", "password": PASSWORD })))
        .await
        .expect(500, "INTERNAL_SERVER_ERROR");
    let log = server.log();
    let lines = |id: &str| -> Vec<Value> {
        let lines = log.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        lines.filter(|line| line["span"] == json!({ "id": id, "name": "request" })).collect()
    };
    let refused = lines("refused");
    assert_eq!(refused.len(), 1, "{log}");
    let mut answered = refused[0].clone();
    for (varies, is_well_formed) in
        [("timestamp", answered["timestamp"].is_string()), ("milliseconds", answered["milliseconds"].is_u64())]
    {
        assert!(is_well_formed, "{varies} in {answered}");
        answered.as_object_mut().unwrap().remove(varies);
    }
    let expected = json!({
        "level": "INFO", "message": "answered", "method": "GET", "path": "/api/auth/me", "route": "/api/auth/me",
        "status": 401, "code": "ACCESS_TOKEN_INVALID", "token": "access", "reason": "malformed",
        "network": "127.0.0.0/24", "span": { "id": "refused", "name": "request" },
    });
    assert_eq!(answered, expected);
    let of_the_store = |line: &&Value| line["message"].as_str().unwrap().starts_with("a row cannot be read");
    assert!(lines("corrupt").iter().any(|line| of_the_store(&line)), "{log}");
    assert!(log.lines().any(|line| !line.contains("\"span\"")), "others belong to no request");
}

/// A reader that has stopped reading: requests go on, what is lost is counted, and it is told when it reads again.
#[tokio::test]
async fn a_reader_of_the_log_that_is_stuck_holds_up_no_request() {
    const REQUESTS: u64 = 600;
    let dir = tempfile::tempdir().unwrap();
    let mut command = Command::new(binary());
    command.env_clear().env("AUTH_LISTEN", "127.0.0.1:0").current_dir(dir.path());
    let mut server = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut stdout = BufReader::new(server.stdout.take().unwrap()).lines();
    let url = stdout.next().unwrap().unwrap().strip_prefix("listening on ").unwrap().to_owned();
    std::thread::spawn(move || stdout.for_each(drop));
    let client = Client::new(&url);
    // Together more than the pipe and the buffers hold.
    let path = format!("/{}", "x".repeat(7_000));
    for _ in 0..REQUESTS {
        client.get(&path).await.expect(404, "NOT_FOUND");
    }
    let metrics = client.request(Method::GET, "/metrics").send().await.unwrap().text().await.unwrap();
    let counted = metrics.lines().find_map(|line| line.strip_prefix("auth_log_lines_dropped_total ")).unwrap();
    let counted: u64 = counted.parse().unwrap();
    assert!((1..REQUESTS).contains(&counted), "{counted}");

    let mut log = BufReader::new(server.stderr.take().unwrap()).lines().map(|line| line.unwrap());
    let mut lines = Vec::new();
    while !lines.last().is_some_and(|line: &String| line.contains("log lines were dropped")) {
        lines.push(log.next().expect("it says so"));
    }
    assert!(Command::new("kill").arg(server.id().to_string()).status().unwrap().success());
    lines.extend(log);
    assert!(server.wait().unwrap().success());
    let lines: Vec<Value> = lines.iter().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.last().unwrap()["message"], "stopped", "nothing is lost at the end");
    let dropped: u64 = lines.iter().filter_map(|line| line["dropped"].as_u64()).sum();
    let answered = lines.iter().filter(|line| line["message"] == "answered").count() as u64;
    assert!(dropped >= counted);
    assert_eq!(dropped + answered, REQUESTS + 1, "{counted} were counted before");
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
    let log = server.log();
    assert!(log.contains("was reused"), "{log}");
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
    let mut expected = serde_json::from_str::<Value>(&file("openapi.json")).unwrap();
    expected["servers"][0]["url"] = server.url.clone().into();
    assert_eq!(served, expected);
}
