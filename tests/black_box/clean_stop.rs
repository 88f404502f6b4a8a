//! A server on SQLite that is told to stop leaves one file, which holds everything that it has acknowledged.

use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use auth_black_box::{Client, Engine, PATIENCE, Server};
use futures_util::future::join_all;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

const STOPS: usize = 20;
const CLIENTS: usize = 4;

/// A session that is refreshed from one start of the server to the next.
struct Session {
    user: String,
    token: String,
    /// How many refreshes it was told of.
    acknowledged: Arc<AtomicU64>,
}

impl Session {
    async fn new(server: &Server, number: usize) -> Self {
        let user = format!("user-{number}");
        let (_, token) = server.session(&user).await;
        Self { user, token, acknowledged: Arc::default() }
    }

    /// Refreshes until nobody answers any more.
    async fn refresh_until_it_stops(&mut self, client: &Client) {
        loop {
            let request = client.request(Method::POST, "/auth/refresh").json(&json!({ "token": self.token }));
            let Ok(answer) = request.send().await else { return };
            if answer.status() != StatusCode::OK {
                assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE, "only a server that stops refuses");
                return;
            }
            let Ok(body) = answer.json::<Value>().await else { return };
            body["data"]["tokens"]["refreshToken"].as_str().unwrap().clone_into(&mut self.token);
            self.acknowledged.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Compares what it was told with the file alone, away from what is beside it, as somebody would copy it.
    fn compare(&self, server: &Server) {
        let copy = server.dir.path().join("copy.db");
        std::fs::copy(server.dir.path().join("data/auth.db"), &copy).unwrap();
        let script = "import sqlite3,sys\n\
            query='SELECT s.generation FROM sessions s JOIN accounts a ON a.id = s.account_id WHERE a.username = ?'\n\
            print(sqlite3.connect(sys.argv[1]).execute(query, [sys.argv[2]]).fetchone()[0])";
        let output = Command::new("python3").args(["-c", script]).arg(&copy).arg(&self.user).output().unwrap();
        assert!(output.status.success(), "{}: {}", self.user, String::from_utf8_lossy(&output.stderr));
        let generation: u64 = String::from_utf8(output.stdout).unwrap().trim().parse().unwrap();
        // The first is that of the login; the last answer may have been lost on its way.
        let told = self.acknowledged.load(Ordering::Relaxed) + 1;
        assert!([told, told + 1].contains(&generation), "{} was told of {told}, the file has {generation}", self.user);
    }
}

/// Stops it in the middle of its work.
async fn stop_under_load(server: &mut Server, sessions: &mut [Session], signal: &str) {
    let client = server.client();
    let progress = |count: &Arc<AtomicU64>| (count.clone(), count.load(Ordering::Relaxed) + 3);
    let goals: Vec<_> = sessions.iter().map(|session| progress(&session.acknowledged)).collect();
    let refreshing = join_all(sessions.iter_mut().map(|session| session.refresh_until_it_stops(&client)));
    let stopping = async {
        while goals.iter().any(|(count, goal)| count.load(Ordering::Relaxed) < *goal) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        server.signal(signal);
    };
    let both = async { tokio::join!(refreshing, stopping) };
    tokio::time::timeout(PATIENCE, both).await.unwrap();
    assert_eq!(server.exit_code(), Some(0), "{signal}: {}", server.log());
    for beside in ["auth.db-wal", "auth.db-shm"] {
        assert!(!server.dir.path().join("data").join(beside).exists(), "{signal} left {beside}");
    }
    for session in sessions {
        session.compare(server);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn twenty_stops_under_load_leave_the_file_alone_with_everything_that_was_acknowledged() {
    let mut server = Server::with(Engine::Sqlite, &[("AUTH_DRAIN_NOTICE", "0")]).await;
    let mut sessions = Vec::new();
    for number in 0..CLIENTS {
        sessions.push(Session::new(&server, number).await);
    }
    for round in 0..STOPS {
        if round > 0 {
            server.restart();
        }
        stop_under_load(&mut server, &mut sessions, ["TERM", "INT"][round % 2]).await;
    }
}
