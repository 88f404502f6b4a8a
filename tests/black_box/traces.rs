//! Traces, as an OpenTelemetry collector gets them (OTLP over HTTP, protobuf).

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};

use auth_black_box::{Engine, PASSWORD, Server};
use reqwest::Method;
use serde_json::json;

/// What a collector was sent: path and body of each request.
type Received = Arc<Mutex<Vec<(String, Vec<u8>)>>>;

/// A collector that takes everything. Its thread ends with the process.
fn collector() -> (String, Received) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let received = Received::default();
    let keep = received.clone();
    std::thread::spawn(move || {
        for connection in listener.incoming().flatten() {
            let mut reader = BufReader::new(connection);
            let mut lines = Vec::new();
            loop {
                let mut line = String::new();
                if reader.read_line(&mut line).unwrap_or(0) == 0 || line == "\r\n" {
                    break;
                }
                lines.push(line.to_lowercase());
            }
            let length = lines.iter().find_map(|line| line.strip_prefix("content-length:")?.trim().parse().ok());
            let mut body = vec![0; length.unwrap_or(0)];
            let _ = reader.read_exact(&mut body);
            let path = lines.first().and_then(|line| line.split(' ').nth(1)).unwrap_or_default().to_owned();
            keep.lock().unwrap().push((path, body));
            let _ = reader.get_mut().write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        }
    });
    (url, received)
}

fn contains(body: &[u8], part: &[u8]) -> bool {
    body.windows(part.len()).any(|window| window == part)
}

#[tokio::test]
async fn a_collector_gets_a_span_a_request_in_the_trace_of_its_caller() {
    let (url, received) = collector();
    let mut server = Server::with(Engine::Sqlite, &[("AUTH_OTLP_ENDPOINT", &url)]).await;
    server.register("ann").await;
    let client = server.client();
    let login = client.request(Method::POST, "/auth/login").json(&json!({ "email": "ann", "password": PASSWORD }));
    let login = login.header("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
    let (access, refresh) = client.send(login.header("x-request-id", "the-request")).await.tokens();
    for odd in ["", "garbage", "00-00000000000000000000000000000000-0000000000000000-00"] {
        client.send(client.request(Method::GET, "/health/live").header("traceparent", odd)).await;
    }
    // What is not sent yet is sent before it ends.
    server.signal("TERM");
    assert_eq!(server.exit_code(), Some(0));
    let received = received.lock().unwrap();
    assert!(!received.is_empty() && received.iter().all(|(path, _)| path == "/v1/traces"), "{}", received.len());
    let sent: Vec<u8> = received.iter().flat_map(|(_, body)| body.clone()).collect();
    let trace_id = [0x0a, 0xf7, 0x65, 0x19, 0x16, 0xcd, 0x43, 0xdd, 0x84, 0x48, 0xeb, 0x21, 0x1c, 0x80, 0x31, 0x9c];
    for part in [&b"auth-server"[..], b"/auth/login", b"the-request", b"/auth/register", &trace_id] {
        assert!(contains(&sent, part), "{}", String::from_utf8_lossy(part));
    }
    for secret in [PASSWORD, &access, &refresh] {
        assert!(!contains(&sent, secret.as_bytes()), "a secret is traced");
    }
}

#[tokio::test]
async fn a_collector_that_is_away_harms_nobody() {
    let mut server = Server::with(Engine::Sqlite, &[("AUTH_OTLP_ENDPOINT", "http://127.0.0.1:1")]).await;
    server.session("ann").await;
    server.signal("TERM");
    assert_eq!(server.exit_code(), Some(0));
}
