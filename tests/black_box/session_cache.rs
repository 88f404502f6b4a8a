//! Sessions kept in memory: what one node revokes, the others refuse at most a second after it was answered, whatever
//! happens to the connections on which they are told.
//!
//! Every time here is the test's own, taken before a request is sent and after an answer came, so a slow machine can make
//! a test see less, and cannot make it fail.

use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use auth_black_box::{Client, Engine, PASSWORD, PATIENCE, Server, each_engine};
use auth_testkit::postgres::cluster;
use futures_util::future::join_all;
use serde_json::json;

const BOUND: Duration = Duration::from_secs(1);

/// Two nodes on one database, and what was seen of them.
struct Nodes {
    here: Server,
    elsewhere: Server,
    /// How often a node went by what was so before, and how often that was within the bound.
    accepted_late: AtomicUsize,
    accepted_in_time: AtomicUsize,
}

/// What is taken away from the bearer of an access token.
#[derive(Clone, Copy, Debug)]
enum Revocation {
    Session,
    Account,
    Role,
}

impl Nodes {
    async fn start() -> Arc<Self> {
        let same_issuer = [("AUTH_PUBLIC_URL", "http://auth.example.org")];
        let here = Server::with(Engine::Postgres, &same_issuer).await;
        let elsewhere = Server::on(here.database.clone(), &same_issuer).await;
        Arc::new(Self { here, elsewhere, accepted_late: AtomicUsize::new(0), accepted_in_time: AtomicUsize::new(0) })
    }

    /// The processes of PostgreSQL that serve the connections that listen, of both nodes.
    fn listeners(&self) -> Vec<u32> {
        let listening = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() \
                         AND (query LIKE 'SELECT 1 / %' OR query LIKE 'LISTEN%')";
        self.here.sql(listening).lines().map(|line| line.parse().unwrap()).collect()
    }

    /// The other node asks the database until it has heard of everything, and from then on goes by what it keeps.
    async fn warm(&self, path: &str, access: &str) {
        let client = self.elsewhere.client().bearer(access);
        let (mut accepted, began) = (0, Instant::now());
        // A role that was given a moment ago may not be known yet.
        while accepted < 4 {
            assert!(began.elapsed() < PATIENCE, "{path} is never answered");
            accepted += usize::from(client.get(path).await.status == 200);
        }
    }

    /// Takes it away on one node, and asks the other without a pause until it knows.
    async fn revoke_and_ask(&self, revocation: Revocation, user: &User) {
        let (owner, asking) = (self.here.client().bearer(&user.access), self.elsewhere.client().bearer(&user.access));
        let (path, refused) = match revocation {
            Revocation::Role => ("/auth/verify?role=editor", 403),
            Revocation::Session | Revocation::Account => ("/auth/me", 401),
        };
        match revocation {
            Revocation::Session => owner.post("/auth/logout-all", json!({})).await.expect(200, "USER_LOGGED_OUT"),
            Revocation::Account => owner.delete("/auth/delete").await.expect(200, "USER_DATA_DELETED"),
            Revocation::Role => user.set_roles(&self.here, &["user"]).await,
        };
        let answered = Instant::now();
        loop {
            let asked = Instant::now();
            assert!(asked < answered + PATIENCE, "{revocation:?} is never obeyed");
            match asking.get(path).await.status {
                200 if asked > answered + BOUND => self.accepted_late.fetch_add(1, Ordering::Relaxed),
                200 => self.accepted_in_time.fetch_add(1, Ordering::Relaxed),
                // The database may be out of reach for a moment.
                503 => continue,
                status => break assert_eq!(status, refused, "{revocation:?}"),
            };
        }
    }

    fn assert_bound(&self) {
        let in_time = self.accepted_in_time.load(Ordering::Relaxed);
        println!("{in_time} acceptances within a second after the revocation was answered");
        assert_eq!(self.accepted_late.load(Ordering::Relaxed), 0, "later than a second after it was answered");
    }
}

struct User {
    name: String,
    id: String,
    access: String,
}

impl User {
    async fn register(server: &Server, name: String) -> Self {
        let id = server.register(&name).await["id"].as_str().unwrap().to_owned();
        let user = Self { name, id, access: String::new() };
        user.set_roles(server, &["user", "editor"]).await;
        user.logged_in(server).await
    }

    async fn logged_in(self, server: &Server) -> Self {
        let (access, _) = server.client().login(&self.name, PASSWORD).await.tokens();
        Self { access, ..self }
    }

    async fn set_roles(&self, server: &Server, roles: &[&str]) -> serde_json::Value {
        let service = server.client().bearer(&server.internal_token());
        service.put(&format!("/auth/{}/roles", self.id), json!({ "roles": roles })).await.expect(200, "ROLES_UPDATED")
    }
}

const WORKERS: usize = 20;

/// 1,000 rounds, all at the same time on their own accounts.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_one_node_revokes_the_other_refuses_within_a_second() {
    let nodes = Nodes::start().await;
    let worker = async |nodes: Arc<Nodes>, number: usize| {
        let mut user = User::register(&nodes.here, format!("worker{number}")).await;
        for round in 0..50 {
            let path = if round % 3 == 0 { "/auth/verify?role=editor" } else { "/auth/me" };
            nodes.warm(path, &user.access).await;
            match round {
                49 => return nodes.revoke_and_ask(Revocation::Account, &user).await,
                _ if round % 3 == 0 => {
                    nodes.revoke_and_ask(Revocation::Role, &user).await;
                    user.set_roles(&nodes.here, &["user", "editor"]).await;
                }
                _ => {
                    nodes.revoke_and_ask(Revocation::Session, &user).await;
                    user = user.logged_in(&nodes.here).await;
                }
            }
        }
    };
    join_all((0..WORKERS).map(|number| worker(nodes.clone(), number))).await;
    nodes.assert_bound();
}

/// What happens to the connections that listen, again and again until it is told to stop.
async fn trouble(nodes: &Nodes, over: &AtomicBool, make: impl Fn(&str, u32)) {
    while !over.load(Ordering::Relaxed) {
        for (step, pause) in [("begin", 700), ("end", 100)] {
            nodes.listeners().into_iter().for_each(|process| make(step, process));
            tokio::time::sleep(Duration::from_millis(pause)).await;
        }
    }
}

/// Rounds during that trouble: everybody is warm, then all sessions end at once.
async fn rounds_during(rounds: usize, make: impl Fn(&Nodes, &str, u32)) {
    let nodes = Nodes::start().await;
    let users = (0..WORKERS).map(|number| User::register(&nodes.here, format!("worker{number}")));
    let mut users: Vec<User> = join_all(users).await;
    let over = AtomicBool::new(false);
    let all_rounds = async {
        for round in 0..rounds {
            if round > 0 {
                users = join_all(std::mem::take(&mut users).into_iter().map(|user| user.logged_in(&nodes.here))).await;
            }
            join_all(users.iter().map(|user| nodes.warm("/auth/me", &user.access))).await;
            join_all(users.iter().map(|user| nodes.revoke_and_ask(Revocation::Session, user))).await;
        }
        over.store(true, Ordering::Relaxed);
    };
    tokio::join!(all_rounds, trouble(&nodes, &over, |step, process| make(&nodes, step, process)));
    nodes.assert_bound();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_whose_listening_connection_is_cut_refuses_within_a_second() {
    rounds_during(5, |nodes, step, process| {
        if step == "begin" {
            nodes.here.sql(&format!("SELECT pg_terminate_backend({process})"));
        }
    })
    .await;
}

/// Sends a signal to a process of PostgreSQL; nothing where it has gone.
fn signal(name: &str, process: u32) {
    let _sent = Command::new("kill").args(["-s", name, &process.to_string()]).output().unwrap();
}

/// It lets go of what is frozen, whatever becomes of the test.
struct Thaw(Vec<u32>);

impl Drop for Thaw {
    fn drop(&mut self) {
        self.0.iter().for_each(|process| signal("CONT", *process));
    }
}

/// Each end of the sessions comes while nobody can be told.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_whose_listening_connection_is_frozen_refuses_within_a_second() {
    let nodes = Nodes::start().await;
    let users = (0..WORKERS).map(|number| User::register(&nodes.here, format!("worker{number}")));
    let mut users: Vec<User> = join_all(users).await;
    for round in 0..4 {
        if round > 0 {
            users = join_all(users.into_iter().map(|user| user.logged_in(&nodes.here))).await;
        }
        join_all(users.iter().map(|user| nodes.warm("/auth/me", &user.access))).await;
        let frozen = Thaw(nodes.listeners());
        frozen.0.iter().for_each(|process| signal("STOP", *process));
        join_all(users.iter().map(|user| nodes.revoke_and_ask(Revocation::Session, user))).await;
    }
    nodes.assert_bound();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_whose_listening_connection_is_slow_refuses_within_a_second() {
    let stopped = std::sync::Mutex::new(Thaw(Vec::new()));
    rounds_during(5, |_, step, process| {
        stopped.lock().unwrap().0.push(process);
        signal(if step == "begin" { "STOP" } else { "CONT" }, process);
    })
    .await;
}

/// Whether `client` is answered while nobody can read sessions from the database.
async fn is_served_without_the_database(server: &Server, client: &Client) -> bool {
    let granted = "SELECT count(*) FROM pg_locks WHERE relation = 'sessions'::regclass AND mode = 'AccessExclusiveLock' AND granted";
    for _ in 0..4 {
        assert_eq!(client.get("/auth/me").await.status, 200);
    }
    let lock = cluster().session(server.database.as_deref().unwrap(), "BEGIN; LOCK TABLE sessions;");
    while server.sql(granted) != "1" {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    // It may take a while before the node is in step again; whoever asks the database meanwhile waits in vain.
    let mut served = false;
    for _ in 0..3 {
        served |= client.get("/auth/me").await.status == 200;
    }
    drop(lock);
    served
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_live_session_is_kept_unless_it_is_switched_off() {
    for (setting, kept) in [("on", true), ("off", false)] {
        let server = Server::with(Engine::Postgres, &[("AUTH_SESSION_CACHE", setting)]).await;
        let (access, _) = server.session("ann").await;
        assert_eq!(is_served_without_the_database(&server, &server.client().bearer(&access)).await, kept, "{setting}");
    }
}

/// A pooler would pass notifications to whoever has the connection, so nothing is heard, and nothing is used.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_kept_where_nothing_can_be_heard() {
    let server = Server::with(Engine::Postgres, &[("AUTH_DB_PREPARED", "off")]).await;
    let (access, _) = server.session("ann").await;
    assert!(!is_served_without_the_database(&server, &server.client().bearer(&access)).await);
}

each_engine! {
    /// A command is another process; on SQLite it is the only one that others may be.
    async fn what_a_command_does_is_obeyed_within_a_second(engine) {
        let server = Server::start(engine).await;
        for name in ["ann", "bob", "cat"] {
            let (access, _) = server.session(name).await;
            let client = server.client().bearer(&access);
            for _ in 0..4 {
                assert_eq!(client.get("/auth/me").await.status, 200);
            }
            server.command(&["user", "delete", name]);
            let answered = Instant::now();
            loop {
                let asked = Instant::now();
                match client.get("/auth/me").await.status {
                    200 => assert!(asked <= answered + BOUND, "later than a second after the command ended"),
                    status => break assert_eq!(status, 401),
                }
            }
        }
    }
}
