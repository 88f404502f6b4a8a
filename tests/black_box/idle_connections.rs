//! Connections without a request: clients that connect ahead of need, or keep a connection for later, find it as good
//! as new, and one that is given up is closed without a byte.
//!
//! How long each may wait is tried in virtual time, in `auth-http/src/server/tests.rs`.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use auth_black_box::{Client, Engine, HaProxy, PATIENCE, Server};
use auth_testkit::postgres::free_port;
use futures_util::future::join;
use http_body_util::{BodyExt as _, Empty};
use hyper::body::Bytes;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};
use tower::util::MapFutureLayer;

/// Longer than the 5 s after which actix-http sends a `408` that nobody asked for.
const LATE: Duration = Duration::from_secs(7);
const HALF_A_HEAD: &[u8] = b"GET /health/live HTTP/1.1\r\nHost: x\r\n";

/// A server that serves: when it says that it listens, its workers may still be on their way.
async fn start(settings: &[(&str, &str)]) -> Server {
    let server = Server::with(Engine::Sqlite, settings).await;
    assert_eq!(server.client().get("/health/live").await.status, 200);
    server
}

async fn connect(server: &Server) -> TcpStream {
    TcpStream::connect(server.url.strip_prefix("http://").unwrap()).await.unwrap()
}

/// Asks for `path` on that connection; answers head and body.
async fn ask(stream: &mut TcpStream, path: &str) -> String {
    stream.write_all(format!("GET {path} HTTP/1.1\r\nHost: x\r\n\r\n").as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    let whole = |answer: &[u8]| {
        let text = String::from_utf8_lossy(answer);
        let (head, body) = text.split_once("\r\n\r\n")?;
        let length =
            head.to_ascii_lowercase().split_once("content-length: ")?.1.lines().next()?.parse::<usize>().ok()?;
        (body.len() >= length).then(|| text.into_owned())
    };
    loop {
        let read = timeout(PATIENCE, stream.read_buf(&mut answer)).await.unwrap().unwrap();
        assert_ne!(read, 0, "closed after {:?}", String::from_utf8_lossy(&answer));
        if let Some(answer) = whole(&answer) {
            return answer;
        }
    }
}

/// What comes until the other side closes.
async fn rest(stream: &mut TcpStream) -> String {
    let mut rest = String::new();
    timeout(PATIENCE, stream.read_to_string(&mut rest)).await.unwrap().unwrap();
    rest
}

fn prints_200_twice(mut command: Command) {
    let output = command.output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && text == "200\n200\n", "{text}{}", String::from_utf8_lossy(&output.stderr));
}

#[tokio::test]
async fn nothing_is_sent_before_it_is_asked_for() {
    let metrics = free_port();
    let listen = format!("127.0.0.1:{metrics}");
    let server = start(&[("AUTH_METRICS_LISTEN", &listen)]).await;
    let (mut main, mut metrics) = (connect(&server).await, TcpStream::connect(&listen).await.unwrap());
    for _ in 0..2 {
        sleep(LATE).await;
        let answer = ask(&mut main, "/health/live").await;
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        let answer = ask(&mut metrics, "/metrics").await;
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    }
}

/// Of two requests at once each connects, but one of them takes the connection that the other has done with. Its own is
/// kept, though nothing was ever sent on it.
#[tokio::test]
async fn a_pool_may_connect_ahead_of_need() {
    let server = start(&[]).await;
    let (begun, made, gate) = (AtomicUsize::new(0), AtomicUsize::new(0), Semaphore::new(1));
    let counts = Arc::new((begun, made, gate));
    let counted = Arc::clone(&counts);
    let layer = MapFutureLayer::new(move |connecting| {
        let counted = Arc::clone(&counted);
        async move {
            let (begun, made, gate) = &*counted;
            begun.fetch_add(1, Ordering::SeqCst);
            gate.acquire().await.unwrap().forget();
            let made_one = connecting.await;
            made.fetch_add(1, Ordering::SeqCst);
            made_one
        }
    });
    let (begun, made, gate) = &*counts;
    let client = Client::with(&server.url, reqwest::Client::builder().connector_layer(layer));
    let both = || async {
        let (one, two) = join(client.get("/health/live"), client.get("/health/live")).await;
        assert_eq!((one.status, two.status), (200, 200));
    };
    both().await;
    assert_eq!((begun.load(Ordering::SeqCst), made.load(Ordering::SeqCst)), (2, 1));
    gate.add_permits(1);
    while made.load(Ordering::SeqCst) < 2 {
        sleep(Duration::from_millis(10)).await;
    }
    for _ in 0..2 {
        sleep(LATE).await;
        both().await;
    }
    assert_eq!(begun.load(Ordering::SeqCst), 2, "both connections were good until the end");
}

#[tokio::test]
async fn hyper_may_ask_late() {
    let server = start(&[]).await;
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(connect(&server).await)).await.unwrap();
    let connection = tokio::spawn(connection);
    for _ in 0..2 {
        sleep(LATE).await;
        let request = hyper::Request::get("/health/live").header("Host", "x").body(Empty::<Bytes>::new()).unwrap();
        let answer = sender.send_request(request).await.unwrap();
        assert_eq!(answer.status(), 200);
        answer.into_body().collect().await.unwrap();
    }
    drop(sender);
    connection.await.unwrap().unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn go_may_ask_late() {
    let server = start(&[]).await;
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut command = Command::new("go");
    command.arg("run").arg(tests.join("go/early_connection.go")).arg(format!("{}/health/live", server.url)).arg("7");
    // Nothing is fetched, and what is compiled stays here.
    command.env("GOTOOLCHAIN", "local").env("GOFLAGS", "-mod=mod").env("CGO_ENABLED", "0");
    command.env("GOCACHE", tests.join("../target/go"));
    prints_200_twice(command);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn node_may_ask_late() {
    let server = start(&[]).await;
    let mut command = Command::new("node");
    command.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("node/early_connection.mjs"));
    command.arg(format!("{}/health/live", server.url)).arg("7");
    prints_200_twice(command);
}

#[tokio::test]
async fn haproxy_may_connect_ahead_of_need_and_keep_connections() {
    let server = start(&[]).await;
    let node = server.url.strip_prefix("http://").unwrap();
    let (ahead, kept) = (format!("127.0.0.1:{}", free_port()), format!("127.0.0.1:{}", free_port()));
    let places = [(":8001", &*ahead), (":8002", &kept), ("10.0.0.11:8080", node), ("10.0.0.12:8080", node)];
    let haproxy = HaProxy::start(include_str!("idle_haproxy.cfg"), &places);
    let mut early = TcpStream::connect(&ahead).await.unwrap();
    for _ in 0..2 {
        sleep(LATE).await;
        let answer = ask(&mut early, "/health/live").await;
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        // A client that is new each time.
        let answer = ask(&mut TcpStream::connect(&kept).await.unwrap(), "/health/live").await;
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    }
    let connections = |name| (haproxy.statistic(name, "connect"), haproxy.statistic(name, "reuse"));
    assert_eq!(connections("kept"), ("1".to_owned(), "1".to_owned()));
}

#[tokio::test]
async fn half_a_head_is_cut_off() {
    let server = start(&[]).await;
    let (mut fresh, mut used) = (connect(&server).await, connect(&server).await);
    ask(&mut used, "/health/live").await;
    for stream in [&mut fresh, &mut used] {
        stream.write_all(HALF_A_HEAD).await.unwrap();
    }
    assert_eq!(join(rest(&mut fresh), rest(&mut used)).await, (String::new(), String::new()));
}

#[tokio::test]
async fn a_server_that_stops_closes_what_waits_without_a_byte() {
    let mut server = start(&[("AUTH_DRAIN_NOTICE", "0")]).await;
    let (mut fresh, mut used, mut half) = (connect(&server).await, connect(&server).await, connect(&server).await);
    ask(&mut used, "/health/live").await;
    half.write_all(HALF_A_HEAD).await.unwrap();
    server.signal("TERM");
    assert_eq!(join(rest(&mut fresh), rest(&mut used)).await, (String::new(), String::new()));
    assert_eq!(rest(&mut half).await, "");
    assert_eq!(server.exit_code(), Some(0));
}
