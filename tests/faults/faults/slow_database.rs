//! PostgreSQL is far away. What is done a second stays as it is when twice as many ask.

use std::time::Duration;

use tokio::time::sleep;

use crate::proxy::Proxy;
use crate::report::Report;
use crate::scene::{OwnDatabase, Plan, Scene};

/// Enough of them to have every connection work.
const CLIENTS: usize = 24;
/// How long is counted.
const WHILE: Duration = Duration::from_secs(30);
/// Of what was done by half as many.
const AT_LEAST: f64 = 0.8;

/// Each way takes half of `round_trip`.
pub async fn run(round_trip: Duration) -> Report {
    let own = OwnDatabase::start("");
    let proxy = Proxy::start(own.cluster.port()).await;
    let url = proxy.url(&own.url);
    let mut scene = Scene::start(Plan { database: Some(url), clients: CLIENTS, ..Plan::default() }).await;
    proxy.delay(round_trip / 2);
    sleep(WHILE / 6).await;
    let capacity = a_second(&scene).await;
    scene.add_clients(CLIENTS);
    sleep(WHILE / 6).await;
    let goodput = a_second(&scene).await;
    proxy.delay(Duration::ZERO);
    if goodput < AT_LEAST * capacity || capacity == 0.0 {
        scene
            .world
            .violation(format!("{goodput:.1} acknowledgements a second from twice as many, {capacity:.1} before"));
    }
    let report = scene.finish(own.here(), 1, Vec::new()).await;
    report.noting(&format!("{capacity:.1} acknowledgements a second, {goodput:.1} with twice as many clients"))
}

async fn a_second(scene: &Scene) -> f64 {
    let before = scene.acknowledged();
    sleep(WHILE).await;
    (scene.acknowledged() - before) as f64 / WHILE.as_secs_f64()
}
