//! A database that neither works nor goes away: a primary that is frozen, connections that fell silent, writes that get
//! stuck on a standby or on a lock.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use auth_black_box::{Client, PASSWORD, PATIENCE, Server};
use auth_testkit::postgres::{Cluster, cluster};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

const CLIENTS: usize = 12;
/// Promised are 15 s; a machine of CI is slow.
const SOON: Duration = Duration::from_secs(25);
/// No session is answered for from memory.
const ASK_THE_DATABASE: (&str, &str) = ("AUTH_SESSION_CACHE", "off");

/// Clients that log in again and again as that user, whatever comes of it.
struct Load {
    stop: Arc<AtomicBool>,
    tasks: Vec<JoinHandle<()>>,
    /// How many have succeeded.
    succeeded: watch::Receiver<usize>,
}

impl Load {
    fn start(server: &Server, name: &str) -> Self {
        let (stop, (succeed, succeeded)) = (Arc::<AtomicBool>::default(), watch::channel(0));
        let tasks = (0..CLIENTS).map(|_| {
            let (client, stop, succeed, name) = (server.client(), stop.clone(), succeed.clone(), name.to_owned());
            tokio::spawn(async move {
                while !stop.load(Ordering::SeqCst) {
                    match client.login(&name, PASSWORD).await.status {
                        200 => succeed.send_modify(|count| *count += 1),
                        503 => {}
                        other => panic!("{other}"),
                    }
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
            })
        });
        let tasks = tasks.collect();
        Self { stop, tasks, succeeded }
    }

    /// How long it takes until so many more have succeeded.
    async fn time_until_another(&mut self, more: usize) -> Duration {
        let began = Instant::now();
        let before = *self.succeeded.borrow();
        let waiting = self.succeeded.wait_for(|count| *count >= before + more);
        tokio::time::timeout(PATIENCE, waiting).await.unwrap().unwrap();
        began.elapsed()
    }

    async fn end(self) {
        self.stop.store(true, Ordering::SeqCst);
        for task in self.tasks {
            task.await.unwrap();
        }
    }
}

/// How `/auth/me` and `/auth/verify` answer for so long.
async fn reads(client: &Client, within: Duration) -> BTreeMap<u16, usize> {
    let (began, mut statuses) = (Instant::now(), BTreeMap::new());
    while began.elapsed() < within {
        for path in ["/auth/me", "/auth/verify"] {
            *statuses.entry(client.get(path).await.status).or_default() += 1;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    statuses
}

fn all_good(statuses: &BTreeMap<u16, usize>, what: &str) {
    println!("{what}: {statuses:?}");
    assert!(statuses.keys().all(|status| *status == 200), "{what}: {statuses:?}");
}

async fn readiness_becomes(client: &Client, status: u16) -> Duration {
    let began = Instant::now();
    while client.get("/health/ready").await.status != status {
        assert!(began.elapsed() < PATIENCE, "/health/ready does not answer {status}");
        assert_eq!(client.get("/health/live").await.status, 200);
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    began.elapsed()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_frozen_primary_is_left_for_the_standby_that_was_promoted() {
    let primary = Cluster::start();
    let database = primary.database();
    let standby = primary.standby();
    let both = format!("127.0.0.1:{},127.0.0.1:{}", primary.port(), standby.port());
    let url = database.replace(&format!("127.0.0.1:{}", primary.port()), &both);
    let server = Server::on(Some(url), &[]).await;
    let (access, _) = server.session("ann").await;
    let mut load = Load::start(&server, "ann");
    load.time_until_another(CLIENTS).await;

    // What a standby lacks when it is promoted is lost, and the user's account must not be.
    crate::failover::replay_everything(&primary, &standby);
    let frozen = primary.freeze();
    tokio::time::sleep(Duration::from_secs(1)).await;
    standby.promote();
    let took = load.time_until_another(1).await;
    println!("first login after {took:?}");
    assert!(took < SOON, "{took:?} after the promotion");
    load.time_until_another(CLIENTS).await;
    readiness_becomes(&server.client(), 200).await;
    server.me(&access).await.expect(200, "USER_FETCHED");
    load.end().await;
    drop(frozen);
}

/// Forwards to `target`. Connections that are older than the last change of `age` go silent, and stay open.
async fn forgetful_proxy(listener: TcpListener, target: u16, age: watch::Receiver<u32>) {
    loop {
        let (mut near, _) = listener.accept().await.unwrap();
        let mut age = age.clone();
        age.borrow_and_update();
        tokio::spawn(async move {
            let mut far = TcpStream::connect(("127.0.0.1", target)).await.unwrap();
            tokio::select! {
                _ = tokio::io::copy_bidirectional(&mut near, &mut far) => {}
                Ok(()) = age.changed() => std::future::pending().await,
            }
        });
    }
}

/// A firewall that forgot its connections, say.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_that_fell_silent_are_left_for_new_ones() {
    let database = cluster().database();
    let target: u16 = database.rsplit(':').next().unwrap().split('/').next().unwrap().parse().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let (forget, age) = watch::channel(0);
    tokio::spawn(forgetful_proxy(listener, target, age));
    let server = Server::on(Some(database.replace(&target.to_string(), &port.to_string())), &[]).await;
    server.register("ann").await;
    let mut load = Load::start(&server, "ann");
    load.time_until_another(CLIENTS).await;

    forget.send(1).unwrap();
    let took = load.time_until_another(1).await;
    println!("first login after {took:?}");
    assert!(took < SOON, "{took:?} after connections fell silent");
    load.time_until_another(CLIENTS).await;
    readiness_becomes(&server.client(), 200).await;
    load.end().await;
}

/// With so many connections, how many of the server's are taken at most.
async fn reads_go_on_without_a_standby(connections: usize) {
    let cluster = Cluster::start_durable();
    let url = cluster.database();
    let count = connections.to_string();
    let server = Server::on(Some(url.clone()), &[("AUTH_DB_CONNECTIONS", count.as_str()), ASK_THE_DATABASE]).await;
    let (access, _) = server.session("ann").await;
    server.me(&access).await.expect(200, "USER_FETCHED");
    // Nobody has used this one, which is to be noted once.
    let unproved = server.client().login("ann", PASSWORD).await.tokens().0;
    let (ann, unproved) = (server.client().bearer(&access), server.client().bearer(&unproved));
    server.register("bob").await;
    let mut load = Load::start(&server, "bob");
    load.time_until_another(CLIENTS).await;

    cluster.query(&url, "ALTER SYSTEM SET synchronous_standby_names = 'nobody'");
    cluster.query(&url, "SELECT pg_reload_conf()");
    readiness_becomes(&server.client(), 503).await;
    let (of_ann, of_unproved) =
        tokio::join!(reads(&ann, Duration::from_secs(15)), reads(&unproved, Duration::from_secs(15)));
    all_good(&of_ann, "reads while no standby confirms");
    all_good(&of_unproved, "those of a token that was never used");
    assert_eq!(server.client().get("/health/ready").await.status, 503);
    assert_eq!(server.client().get("/health/live").await.status, 200);
    let taken = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() \
                 AND backend_type = 'client backend'";
    let taken: usize = cluster.query(&url, taken).parse().unwrap();
    assert!(taken <= connections + 1, "a pool of {connections} and the one that listens, not {taken}");

    cluster.query(&url, "ALTER SYSTEM RESET synchronous_standby_names");
    cluster.query(&url, "SELECT pg_reload_conf()");
    let took = load.time_until_another(1).await;
    println!("first login after {took:?}");
    assert!(took < SOON, "{took:?} after nobody had to confirm any more");
    readiness_becomes(&server.client(), 200).await;
    load.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn writes_that_no_standby_confirms_hold_up_no_read() {
    reads_go_on_without_a_standby(8).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_connections_are_enough_for_reads_to_go_on() {
    reads_go_on_without_a_standby(2).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_row_that_somebody_locked_holds_up_nobody_else() {
    let url = cluster().database();
    let server = Server::on(Some(url.clone()), &[("AUTH_DB_CONNECTIONS", "8"), ASK_THE_DATABASE]).await;
    let (access, _) = server.session("ann").await;
    server.register("bob").await;
    let locked = cluster().session(&url, "BEGIN; SELECT 1 FROM accounts WHERE username = 'bob' FOR UPDATE;");
    let mut load = Load::start(&server, "bob");
    let client = server.client();
    let stuck = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
    let began = Instant::now();
    while server.sql(stuck) == "0" {
        assert!(began.elapsed() < PATIENCE, "nobody waits for the row");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    all_good(&reads(&client.bearer(&access), Duration::from_secs(12)).await, "reads of others");
    assert_eq!(client.get("/health/ready").await.status, 200, "who locked one row has not stopped the database");
    drop(locked);
    load.time_until_another(CLIENTS).await;
    load.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_only_reads_is_read_and_not_ready() {
    let cluster = Cluster::start();
    let url = cluster.database();
    let server = Server::on(Some(url.clone()), &[("AUTH_DB_CONNECTIONS", "4"), ASK_THE_DATABASE]).await;
    let (access, _) = server.session("ann").await;
    server.me(&access).await.expect(200, "USER_FETCHED");
    let client = server.client();

    cluster.query(&url, "ALTER SYSTEM SET default_transaction_read_only = on");
    cluster.query(&url, "SELECT pg_reload_conf()");
    readiness_becomes(&client, 503).await;
    // More often than there are connections.
    for _ in 0..20 {
        client.login("ann", PASSWORD).await.expect(503, "UNAVAILABLE");
        server.me(&access).await.expect(200, "USER_FETCHED");
    }
    assert_eq!(client.get("/health/ready").await.status, 503);
    assert_eq!(client.get("/health/live").await.status, 200);

    cluster.query(&url, "ALTER SYSTEM RESET default_transaction_read_only");
    cluster.query(&url, "SELECT pg_reload_conf()");
    readiness_becomes(&client, 200).await;
    client.login("ann", PASSWORD).await.expect(200, "USER_LOGGED_IN");
}
