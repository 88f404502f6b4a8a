//! What the service costs before anybody asks, and what the way to the database does to a request.

use std::time::{Duration, Instant};

use auth_black_box::{DatabaseProxy, Engine, PASSWORD, Server, binary};
use auth_testkit::postgres::Cluster;

use crate::processor::memory_mib;
use crate::{DEFAULT_HASHES, Plan, server};

/// How long each way takes in the second table.
const WAY: Duration = Duration::from_millis(10);

pub(crate) async fn measure(cluster: &Cluster, plan: Plan) {
    println!("### Start, memory, and a distant database\n");
    println!("| engine | restart to ready, on the same data | memory when idle | binary |");
    println!("| --- | --- | --- | --- |");
    let size = std::fs::metadata(binary()).unwrap().len() as f64 / f64::from(1 << 20);
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let mut server = server(engine, cluster, &[]).await;
        let mut starts = Vec::new();
        for _ in 0..plan.rounds.max(3) {
            server.kill();
            let began = Instant::now();
            server.restart();
            while server.client().get("/health/ready").await.status != 200 {}
            starts.push(began.elapsed());
        }
        starts.sort_unstable();
        tokio::time::sleep(Duration::from_secs(2)).await;
        let (memory, _) = memory_mib(server.pid());
        println!("| {engine:?} | {:.0?} | {memory:.0} MiB | {size:.0} MiB |", starts[starts.len() / 2]);
    }
    println!("\n| PostgreSQL, {} ms round trip | median |\n| --- | --- |", 2 * WAY.as_millis());
    let proxy = DatabaseProxy::delayed(&cluster.database(), WAY).await;
    let server = Server::on(Some(proxy.url.clone()), &DEFAULT_HASHES).await;
    server.register("ann").await;
    let mut times = [const { Vec::new() }; 3];
    for _ in 0..20 {
        let began = Instant::now();
        let (access, refresh) = server.client().login("ann", PASSWORD).await.tokens();
        times[0].push(began.elapsed());
        server.me(&access).await.expect(200, "USER_FETCHED");
        let began = Instant::now();
        server.client().refresh(&refresh).await.expect(200, "TOKEN_REFRESHED");
        times[1].push(began.elapsed());
        let began = Instant::now();
        server.me(&access).await;
        times[2].push(began.elapsed());
    }
    for (what, mut times) in ["POST /auth/login", "POST /auth/refresh", "GET /auth/me"].into_iter().zip(times) {
        times.sort_unstable();
        println!("| {what} | {:.1?} |", times[times.len() / 2]);
    }
}
