//! Two nodes behind HAProxy, restarted one after the other under load.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use auth_black_box::{Client, Engine, HaProxy, PASSWORD, Reply, Server};
use auth_testkit::postgres::{cluster, free_port};
use reqwest::Method;
use serde_json::json;

const CLIENTS: usize = 6;
const ROUNDS: usize = 3;

/// What the clients together saw.
#[derive(Default)]
struct Seen {
    enough: AtomicBool,
    requests: AtomicUsize,
    turned_away: AtomicUsize,
}

impl Seen {
    /// Counts an answer, which must be the one expected, or 503 with the time to come again: then `None`.
    fn count(&self, reply: Reply, status: u16, code: &str) -> Option<Reply> {
        self.requests.fetch_add(1, Ordering::Relaxed);
        if reply.status == 503 {
            assert!(reply.headers.contains_key("retry-after"), "{}", reply.body);
            self.turned_away.fetch_add(1, Ordering::Relaxed);
            return None;
        }
        assert_eq!((reply.status, reply.code()), (status, code), "{}", reply.body);
        Some(reply)
    }
}

/// One life of a user; ends early when turned away.
async fn live(client: &Client, name: &str, seen: &Seen) -> Option<()> {
    let body = json!({ "username": name, "email": format!("{name}@example.org"), "password": PASSWORD });
    seen.count(client.post("/auth/register", body).await, 201, "USER_REGISTERED")?;
    let (access, mut refresh) = seen.count(client.login(name, PASSWORD).await, 200, "USER_LOGGED_IN")?.tokens();
    let mut bearer = client.bearer(&access);
    for _ in 0..5 {
        seen.count(bearer.get("/auth/me").await, 200, "USER_FETCHED")?;
        seen.count(bearer.get("/auth/verify").await, 200, "")?;
        let (access, next) = seen.count(client.refresh(&refresh).await, 200, "TOKEN_REFRESHED")?.tokens();
        (bearer, refresh) = (client.bearer(&access), next);
    }
    seen.count(bearer.post("/auth/logout", json!({ "token": refresh })).await, 200, "USER_LOGGED_OUT")?;
    let reply = bearer.get("/auth/me").await;
    seen.count(reply, 401, "UNAUTHORIZED").map(drop)
}

fn spawn_clients(url: &str, seen: &Arc<Seen>) -> Vec<tokio::task::JoinHandle<()>> {
    let spawn = |number| {
        let (client, seen) = (Client::new(url), Arc::clone(seen));
        tokio::spawn(async move {
            for life in 0.. {
                if seen.enough.load(Ordering::Relaxed) {
                    return;
                }
                let _: Option<()> = live(&client, &format!("user-{number}-{life}"), &seen).await;
            }
        })
    };
    (0..CLIENTS).map(spawn).collect()
}

async fn start_node(database: &str, port: u16, public_url: &str) -> Server {
    let listen = format!("127.0.0.1:{port}");
    let settings = [("AUTH_LISTEN", &*listen), ("AUTH_PUBLIC_URL", public_url), ("AUTH_TRUSTED_PROXIES", "127.0.0.1")];
    Server::on(Some(database.to_owned()), &settings).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_request_is_lost_while_both_nodes_are_restarted() {
    let (database, front, ports) = (cluster().database(), free_port(), [free_port(), free_port()]);
    let url = format!("http://127.0.0.1:{front}");
    let mut nodes = [start_node(&database, ports[0], &url).await, start_node(&database, ports[1], &url).await];
    let balancer = HaProxy::start(
        include_str!("haproxy.cfg"),
        &[
            (":443 ssl crt /etc/haproxy/auth.pem", &format!("127.0.0.1:{front}")),
            ("10.0.0.11:8080", &nodes[0].url["http://".len()..]),
            ("10.0.0.12:8080", &nodes[1].url["http://".len()..]),
        ],
    );
    balancer.wait_until("one", "UP").await;
    balancer.wait_until("two", "UP").await;

    let seen = Arc::new(Seen::default());
    let clients = spawn_clients(&url, &seen);
    for round in 0..ROUNDS {
        for (node, name) in nodes.iter_mut().zip(["one", "two"]) {
            node.signal("TERM");
            assert_eq!(node.exit_code(), Some(0));
            node.restart();
            balancer.wait_until(name, "UP").await;
        }
        if round == 0 {
            nodes[0].command(&["keys", "rotate"]);
        }
    }
    seen.enough.store(true, Ordering::Relaxed);
    for client in clients {
        client.await.expect("no request failed");
    }
    let (requests, turned_away) = (seen.requests.load(Ordering::Relaxed), seen.turned_away.load(Ordering::Relaxed));
    println!("{requests} requests, none failed, {turned_away} turned away with the time to come again");
    assert!(requests > 100 && turned_away * 20 < requests, "{turned_away} of {requests}");
    let keys = Client::new(&url).get("/.well-known/jwks.json").await.body["keys"].as_array().unwrap().len();
    assert_eq!(keys, 2, "the key that waits is published by both nodes");

    nodes.iter_mut().for_each(Server::kill);
    balancer.wait_until("one", "DOWN").await;
    balancer.wait_until("two", "DOWN").await;
    let nobody = Client::new(&url).get("/auth/me").await;
    assert_eq!(
        (nobody.status, nobody.code(), &nobody.headers["retry-after"]),
        (503, "UNAVAILABLE", &"2".parse().unwrap())
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_is_told_to_stop_says_so_before_it_refuses() {
    let mut server = Server::with(Engine::Sqlite, &[("AUTH_DRAIN_NOTICE", "300")]).await;
    let client = server.client();
    let (access, _) = server.session("ann").await;
    assert_eq!(client.get("/health/ready").await.status, 200);
    server.signal("TERM");
    while client.get("/health/ready").await.status == 200 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let not_ready = client.get("/health/ready").await;
    assert!(not_ready.status == 503 && not_ready.headers.contains_key("retry-after"));
    assert_eq!(client.get("/health/live").await.status, 200);
    let reply = client.send(client.bearer(&access).request(Method::GET, "/auth/me")).await;
    assert_eq!(reply.headers["connection"], "close", "who keeps a connection open is to open another, elsewhere");
    reply.expect(200, "USER_FETCHED");
    server.signal("TERM");
    assert_eq!(server.exit_code(), Some(0), "a second signal waits for no one");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn from_a_terminal_it_stops_at_once() {
    let mut server = Server::with(Engine::Sqlite, &[("AUTH_DRAIN_NOTICE", "300")]).await;
    server.signal("INT");
    assert_eq!(server.exit_code(), Some(0));
}
