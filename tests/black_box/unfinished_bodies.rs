//! Bodies that stall, drip, or never stop, on every route: each is answered, and its connection ends. How soon is tried in
//! virtual time, in `auth-http/src/server/tests.rs`. The routes are those of the OpenAPI file, and what is none.

use auth_black_box::{Engine, PATIENCE, Server};
use futures_util::future::join_all;
use reqwest::Method;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::{Duration, sleep, timeout};

use crate::operations::{Operation, Permission, Tokens, operations};

/// How a body is sent that has no end.
#[derive(Clone, Copy, Debug)]
enum Body {
    ChunkedStalled,
    ChunkedDripping,
    ChunkedEndless,
    LengthStalled,
    LengthDripping,
}

const BODIES: [Body; 5] =
    [Body::ChunkedStalled, Body::ChunkedDripping, Body::ChunkedEndless, Body::LengthStalled, Body::LengthDripping];

impl Body {
    fn framing(self) -> &'static str {
        match self {
            Self::ChunkedStalled | Self::ChunkedDripping | Self::ChunkedEndless => "Transfer-Encoding: chunked",
            Self::LengthStalled | Self::LengthDripping => "Content-Length: 1000",
        }
    }

    /// What is sent, and sent again every so often.
    fn piece(self) -> (String, Duration) {
        match self {
            Self::ChunkedStalled => ("1\r\n{\r\n".to_owned(), 2 * PATIENCE),
            Self::ChunkedDripping => ("1\r\n \r\n".to_owned(), Duration::from_millis(200)),
            Self::ChunkedEndless => (format!("4000\r\n{}\r\n", " ".repeat(0x4000)), Duration::from_millis(20)),
            Self::LengthStalled => ("{".to_owned(), 2 * PATIENCE),
            Self::LengthDripping => (" ".to_owned(), Duration::from_millis(200)),
        }
    }
}

/// A request with a body that has no end.
struct Unfinished {
    method: Method,
    path: String,
    token: Option<String>,
    body: Body,
}

impl Unfinished {
    /// Sends it; answers the head of the answer once the connection has ended, however that was brought about.
    async fn send(&self, server: &Server) -> String {
        let Self { method, path, token, body } = self;
        let stream = TcpStream::connect(server.url.strip_prefix("http://").unwrap()).await.unwrap();
        let (mut reader, mut writer) = stream.into_split();
        let token = token.iter().map(|token| format!("Authorization: Bearer {token}\r\n")).collect::<String>();
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n{token}{}\r\n\r\n",
            body.framing()
        );
        let writing = async move {
            let (piece, pause) = body.piece();
            let mut sent = writer.write_all(head.as_bytes()).await;
            while sent.is_ok() {
                sent = writer.write_all(piece.as_bytes()).await;
                sleep(pause).await;
            }
            std::future::pending::<()>().await;
        };
        let mut answer = Vec::new();
        let reading = async {
            // An error is an end too.
            while reader.read_buf(&mut answer).await.is_ok_and(|read| read > 0) {}
        };
        let ended = async {
            tokio::select! { () = reading => {}, () = writing => {} }
        };
        timeout(PATIENCE, ended).await.unwrap_or_else(|_| panic!("{method} {path} {body:?} is still open"));
        let answer = String::from_utf8_lossy(&answer).into_owned();
        answer.split("\r\n\r\n").next().unwrap_or_default().to_ascii_lowercase()
    }

    async fn check(&self, server: &Server) -> u16 {
        let head = self.send(server).await;
        let Self { method, path, body, .. } = self;
        assert!(head.lines().any(|line| line == "connection: close"), "{method} {path} {body:?}: {head}");
        head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or_else(|| panic!("{head}"))
    }
}

/// A good token of whoever may call the operation.
async fn token(server: &Server, operation: &Operation, tokens: &Tokens, number: usize) -> Option<String> {
    Some(match operation.permission {
        Permission::Anyone => return None,
        // Some of them end the session: each has one of its own.
        Permission::AccessToken | Permission::AccessOrTempToken => server.session(&format!("user{number}")).await.0,
        Permission::TempToken if operation.path == "/auth/verify-code" => tokens.reset.clone(),
        Permission::TempToken if operation.path == "/auth/update-password" => tokens.reset_verified.clone(),
        Permission::TempToken => tokens.login.clone(),
        Permission::Internal | Permission::Admin => tokens.internal.clone(),
    })
}

/// The most memory that the server has had, in MiB.
fn peak_memory(server: &Server) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", server.pid())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() / 1024
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unfinished_body_is_cut_off_on_every_route() {
    let server = Server::start(Engine::Sqlite).await;
    let specification = server.client().get("/auth/doc/openapi.json").await.body;
    let tokens = Tokens::of(&server, "bob").await;
    let mut requests = Vec::new();
    for (number, operation) in operations(&specification).into_iter().enumerate() {
        let good = token(&server, &operation, &tokens, number).await;
        for body in BODIES {
            let with =
                |token| Unfinished { method: operation.method.clone(), path: operation.path.clone(), token, body };
            requests.push(with(None));
            requests.extend(good.clone().map(|token| with(Some(token))));
        }
    }
    let routes = requests.len();
    for (method, path) in [(Method::POST, "/nothing"), (Method::POST, "/health/live"), (Method::GET, "/auth/doc/")] {
        for body in BODIES {
            requests.push(Unfinished { method: method.clone(), path: path.to_owned(), token: None, body });
        }
    }
    assert!(routes > 300, "{routes}");
    let statuses = join_all(requests.iter().map(|request| request.check(&server))).await;
    let with = |status: u16| statuses.iter().filter(|one| **one == status).count();
    assert!(with(200) > 50 && with(400) > 50 && with(401) > 50, "{statuses:?}");
    assert_eq!(with(500), 0, "{statuses:?}");
    // Held in memory, the endless ones alone would be some hundreds.
    let peak = peak_memory(&server);
    println!("{} bodies, {peak} MiB at most", requests.len());
    assert!(peak < 192, "{peak} MiB");
    // It is as well as before.
    server.client().login("bob", auth_black_box::PASSWORD).await.tokens();
}
