//! The shape of answers: envelope, problem documents, headers, limits.

use std::time::{Duration, Instant};

use auth_black_box::{Engine, PATIENCE, Server};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

#[tokio::test]
async fn errors_come_in_the_envelope_or_as_problem_documents() {
    let server = Server::start(Engine::Sqlite).await;
    let client = server.client();
    client.get("/nowhere").await.expect(404, "NOT_FOUND");
    client.get("/api/auth/nowhere/at/all").await.expect(404, "NOT_FOUND");
    client.get("/auth/nonsense").await.expect(404, "NOT_FOUND");
    let reply = client.get("/auth/01a200b9-c0e1-7bcf-8b25-c7f70207dc6c").await;
    assert_eq!(reply.headers["allow"], "DELETE");
    reply.expect(405, "METHOD_NOT_ALLOWED");
    let reply = client.get("/auth/login").await;
    assert_eq!(reply.headers["allow"], "POST");
    reply.expect(405, "METHOD_NOT_ALLOWED");
    let reply = client.delete("/auth/me").await;
    assert_eq!(reply.headers["allow"], "GET, HEAD");
    reply.expect(405, "METHOD_NOT_ALLOWED");

    let problem = async |method: Method, path: &str, body: &'static str| {
        let request = client.request(method, path).header("Accept", "text/html, application/problem+json;q=0.9");
        let request = request.header("Content-Type", "application/json").body(body);
        let reply = client.send(request).await;
        assert_eq!(reply.headers["content-type"], "application/problem+json");
        assert_eq!(reply.body["status"], reply.status);
        reply
    };
    let invalid = problem(Method::POST, "/auth/register", "{}").await;
    assert_eq!(
        (invalid.status, &invalid.body["code"], &invalid.body["errors"][0]["field"]),
        (400, &json!("VALIDATION_FAILED"), &json!("/email"))
    );
    assert!(invalid.body["type"].is_string() && invalid.body["title"].is_string());
    let unwanted = client.request(Method::GET, "/nowhere").header("Accept", "application/problem+json;q=0, */*");
    client.send(unwanted).await.expect(404, "NOT_FOUND");
    assert_eq!(problem(Method::GET, "/nowhere", "").await.body["code"], "NOT_FOUND");
    assert_eq!(problem(Method::PATCH, "/auth/me", "").await.headers["allow"], "GET, HEAD");
    let unauthorized = problem(Method::GET, "/auth/me", "").await;
    assert_eq!(
        (unauthorized.status, &unauthorized.headers["www-authenticate"]),
        (401, &"Bearer realm=\"auth\"".parse().unwrap())
    );
}

#[tokio::test]
async fn bodies_are_bounded_and_must_be_json() {
    let server = Server::start(Engine::Sqlite).await;
    let client = server.client();
    let send = async |media_type: &str, body: Vec<u8>| {
        client.send(client.request(Method::POST, "/auth/register").header("Content-Type", media_type).body(body)).await
    };
    send("application/json", vec![b' '; 65_536]).await.expect(400, "VALIDATION_FAILED");
    send("application/json", vec![b' '; 65_537]).await.expect(413, "PAYLOAD_TOO_LARGE");
    let pieces = futures_util::stream::iter((0..17).map(|_| Ok::<_, std::io::Error>(vec![b' '; 4_096])));
    let chunked = client.request(Method::POST, "/auth/register").header("Content-Type", "application/json");
    client.send(chunked.body(reqwest::Body::wrap_stream(pieces))).await.expect(413, "PAYLOAD_TOO_LARGE");
    send("application/x-www-form-urlencoded", b"email=a".to_vec()).await.expect(415, "UNSUPPORTED_MEDIA_TYPE");
    send("text/plain", b"{}".to_vec()).await.expect(415, "UNSUPPORTED_MEDIA_TYPE");
    send("application/json; charset=utf-8", b"{}".to_vec()).await.expect(400, "VALIDATION_FAILED");
    client.post("/auth/register", json!({ "email": "x" })).await.expect(400, "VALIDATION_FAILED");
    for body in [&b"\xff\xfe"[..], b"", b"null", b"[]", b"{\"email\":\"\\ud800\"}", b"{\"email\":\"\xff\"}", b"{} {}"] {
        send("application/json", body.to_vec()).await.expect(400, "VALIDATION_FAILED");
    }
    let deep = format!("{{\"email\":{}", "[".repeat(60_000));
    send("application/json", deep.into_bytes()).await.expect(400, "VALIDATION_FAILED");
}

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

#[tokio::test]
async fn everything_is_served_under_every_base_path() {
    let server = Server::with(Engine::Sqlite, &[("AUTH_BASE_PATHS", "/,/api,/v1/id")]).await;
    for base in ["", "/api", "/v1/id"] {
        let client = server.client();
        client.get(&format!("{base}/auth/me")).await.expect(401, "TOKEN_REQUIRED");
        assert_eq!(client.get(&format!("{base}/health/live")).await.body, json!({ "status": "ok" }));
        assert_eq!(client.get(&format!("{base}/health/ready")).await.status, 200);
        let jwks = client.get(&format!("{base}/.well-known/jwks.json")).await;
        assert_eq!((jwks.status, &jwks.headers["cache-control"]), (200, &"public, max-age=600".parse().unwrap()));
        assert_eq!(client.send(client.request(Method::HEAD, &format!("{base}/health/ready"))).await.status, 200);

        let specification = client.get(&format!("{base}/auth/doc/openapi.json")).await.body;
        assert_eq!(specification["servers"][0]["url"], if base.is_empty() { "/" } else { base });
        let moved = client.get(&format!("{base}/auth/doc")).await;
        assert_eq!((moved.status, &moved.headers["location"]), (308, &format!("{base}/auth/doc/").parse().unwrap()));
        let page = client.request(Method::GET, &format!("{base}/auth/doc/")).send().await.unwrap();
        assert!(page.text().await.unwrap().contains("swagger-ui"));
        for file in ["swagger-ui.css", "swagger-ui-bundle.js", "swagger-initializer.js"] {
            let reply = client.request(Method::GET, &format!("{base}/auth/doc/{file}")).send().await.unwrap();
            assert_eq!(reply.status().as_u16(), 200);
            assert!(reply.bytes().await.unwrap().len() > 100);
        }
        client.get(&format!("{base}/auth/doc/none.js")).await.expect(404, "NOT_FOUND");
        for (path, status) in [("/auth/doc", 308), ("/auth/doc/", 200), ("/auth/doc/openapi.json", 200)] {
            let path = format!("{base}{path}");
            assert_eq!(client.send(client.request(Method::HEAD, &path)).await.status, status, "{path}");
            for method in [Method::POST, Method::DELETE] {
                let reply = client.send(client.request(method, &path)).await;
                assert_eq!(reply.headers["allow"], "GET, HEAD");
                reply.expect(405, "METHOD_NOT_ALLOWED");
            }
        }
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
