//! A server that answers as a test says, one request a connection, and records the requests.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// Paths, each with status, headers and body of its answers. The last answer is repeated.
type Answers = HashMap<String, Vec<(u16, &'static str, String)>>;

/// A running stand-in. It ends with the runtime of the test.
pub struct StandIn {
    /// `http://127.0.0.1:<port>`
    pub url: String,
    answers: Arc<Mutex<Answers>>,
    asked: Arc<Mutex<Vec<String>>>,
}

impl StandIn {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let stand_in = Self { url, answers: Arc::default(), asked: Arc::default() };
        let (answers, asked) = (stand_in.answers.clone(), stand_in.asked.clone());
        tokio::spawn(async move {
            while let Ok((connection, _)) = listener.accept().await {
                serve(connection, &answers, &asked).await;
            }
        });
        stand_in
    }

    /// Adds an answer for this path, after the earlier ones.
    pub fn answers(&self, path: &str, status: u16, headers: &'static str, body: &Value) {
        let answer = (status, headers, body.to_string());
        self.answers.lock().unwrap().entry(path.to_owned()).or_default().push(answer);
    }

    /// Adds an answer with status 200 for this path.
    pub fn says(&self, path: &str, body: &Value) {
        self.answers(path, 200, "", body);
    }

    /// Returns the requests, head and body.
    pub fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

async fn serve(mut connection: TcpStream, answers: &Mutex<Answers>, asked: &Mutex<Vec<String>>) {
    let request = read(&mut connection).await;
    let path = request.split(' ').nth(1).unwrap().to_owned();
    let (status, headers, body) = {
        let mut answers = answers.lock().unwrap();
        match answers.get_mut(&path) {
            Some(known) if known.len() > 1 => known.remove(0),
            Some(known) => known[0].clone(),
            None => (404, "", format!("nothing at {path}")),
        }
    };
    asked.lock().unwrap().push(request);
    let length = body.len();
    let head = format!("HTTP/1.1 {status} X\r\nConnection: close\r\n{headers}Content-Length: {length}\r\n\r\n");
    connection.write_all((head + &body).as_bytes()).await.unwrap();
}

async fn read(connection: &mut TcpStream) -> String {
    let mut request = String::new();
    loop {
        let length = |head: &str| {
            let line = head.lines().find_map(|line| line.strip_prefix("content-length: "));
            line.map_or(0, |length| length.parse::<usize>().unwrap())
        };
        if let Some((head, body)) = request.split_once("\r\n\r\n")
            && body.len() >= length(head)
        {
            return request;
        }
        let mut part = [0; 4_096];
        let length = connection.read(&mut part).await.unwrap();
        assert!(length > 0, "cut off: {request}");
        request.push_str(&String::from_utf8_lossy(&part[..length]));
    }
}
