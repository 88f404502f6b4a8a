//! One request at a time on one connection, by a client that tells "never sent" from "the outcome is unknown".

use std::time::Duration;

use http_body_util::{BodyExt as _, Full};
use hyper::body::Bytes;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::{Method, Request};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpStream;
use tokio::time::timeout;

/// Longer than the service may take for any answer.
const PATIENCE: Duration = Duration::from_secs(35);

/// A request.
#[derive(Clone, Debug)]
pub struct Call {
    method: Method,
    path: String,
    body: Option<Value>,
    bearer: Option<String>,
}

/// An answer.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The code in the envelope; empty where there is none.
    pub code: String,
    /// The data in the envelope.
    pub data: Value,
    /// Whether it says when to ask again.
    pub has_retry_after: bool,
}

/// What became of a request.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// It was answered.
    Answered(Answer),
    /// There was no connection: it had no effect.
    NotSent,
    /// It was sent, and the answer was lost: its effect is unknown.
    Unknown,
    /// As `Unknown`, because there was no answer for longer than there may be none.
    Hung,
}

impl Call {
    /// A request without a body.
    pub fn new(method: Method, path: &str) -> Self {
        Self { method, path: path.to_owned(), body: None, bearer: None }
    }

    /// A POST of JSON.
    pub fn post(path: &str, body: Value) -> Self {
        Self { body: Some(body), ..Self::new(Method::POST, path) }
    }

    /// The same with a bearer token.
    pub fn bearer(self, token: &str) -> Self {
        Self { bearer: Some(token.to_owned()), ..self }
    }

    /// Its path.
    pub fn path(&self) -> &str {
        &self.path
    }

    fn request(&self, network: &str) -> Request<Full<Bytes>> {
        let body = self.body.as_ref().map(Value::to_string).unwrap_or_default();
        let mut request = Request::builder().method(self.method.clone()).uri(&self.path);
        request =
            request.header("host", "auth.test").header("user-agent", "faults/1").header("x-forwarded-for", network);
        if self.body.is_some() {
            request = request.header("content-type", "application/json");
        }
        if let Some(token) = &self.bearer {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        request.body(Full::from(body)).expect("a request")
    }
}

/// A connection to one node, opened when there is none.
pub struct Connection {
    port: u16,
    network: String,
    sender: Option<SendRequest<Full<Bytes>>>,
}

impl Connection {
    /// To that loopback port, for somebody who is at `network` as a trusted proxy tells it.
    pub fn new(port: u16, network: &str) -> Self {
        Self { port, network: network.to_owned(), sender: None }
    }

    /// Sends, once.
    pub async fn send(&mut self, call: &Call) -> Outcome {
        let mut sender = match self.sender.take().filter(|sender| !sender.is_closed()) {
            Some(sender) => sender,
            None => match open(self.port).await {
                Some(sender) => sender,
                None => return Outcome::NotSent,
            },
        };
        let answer = async {
            sender.ready().await.ok()?;
            let response = sender.send_request(call.request(&self.network)).await.ok()?;
            let (head, body) = response.into_parts();
            let body = body.collect().await.ok()?.to_bytes();
            let json: Value = serde_json::from_slice(&body).unwrap_or(Value::Null);
            Some(Answer {
                status: head.status.as_u16(),
                code: json["code"].as_str().unwrap_or_default().to_owned(),
                data: json["data"].clone(),
                has_retry_after: head.headers.contains_key("retry-after"),
            })
        };
        match timeout(PATIENCE, answer).await {
            Ok(Some(answer)) => {
                self.sender = Some(sender);
                Outcome::Answered(answer)
            }
            Ok(None) => Outcome::Unknown,
            Err(_) => Outcome::Hung,
        }
    }
}

async fn open(port: u16) -> Option<SendRequest<Full<Bytes>>> {
    let stream = timeout(Duration::from_secs(5), TcpStream::connect(("127.0.0.1", port))).await.ok()?.ok()?;
    stream.set_nodelay(true).ok()?;
    let (sender, connection) = handshake(TokioIo::new(stream)).await.ok()?;
    tokio::spawn(connection);
    Some(sender)
}
