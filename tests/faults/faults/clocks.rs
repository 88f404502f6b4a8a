//! The clock of a node is put back by an hour, and forward by 40 days and back. Nodes are 30 s apart.

use std::time::{Duration, Instant};

use auth_black_box::{Engine, PASSWORD};
use tokio::time::sleep;

use crate::report::Report;
use crate::scene::{OwnDatabase, Plan, Scene};
use crate::shim::{Shim, borrowed};

const HOUR: i64 = 3_600;
const FORTY_DAYS: i64 = 40 * 24 * HOUR;
const APART: i64 = 30;

/// What clients do goes on, and nobody is logged out who comes back when the clock is right.
pub async fn run(engine: Engine) -> Report {
    let shims = [Shim::build(), Shim::build()];
    let environments = shims.each_ref().map(|shim| shim.environment("-", None));
    let own = OwnDatabase::of(engine);
    let (database, nodes) = (own.as_ref().map(|own| own.url.clone()), if own.is_some() { 2 } else { 1 });
    let settings = borrowed(&environments[0]);
    let mut scene = Scene::start(Plan { database, nodes, settings: &settings, ..Plan::default() }).await;
    let put = |ahead: i64| {
        shims[0].put_clock(ahead);
        shims[1].put_clock(ahead + APART);
    };
    put(0);
    if let Some(other) = scene.servers.get_mut(1) {
        let [.., (name, control), _] = environments[1].as_slice() else { unreachable!("three of them") };
        other.restart_with(name, control);
    }
    let mut recoveries = Vec::new();
    sleep(Duration::from_secs(3)).await;

    // As an administrator does it: nobody is told.
    put(-HOUR);
    recoveries.extend(scene.back_from(Instant::now(), "the clock was put back").await);
    // Longer than it takes until what is owed is noticed to be in the future.
    sleep(Duration::from_secs(20)).await;

    // What was handed out while the clock was behind expires with it: clients that know ask for something new.
    scene.world.pause(scene.clients()).await;
    put(FORTY_DAYS);
    for server in &mut scene.servers {
        // Housekeeping runs at a start.
        server.restart();
    }
    scene.servers[0].register("ahead").await;
    let (token, _) = scene.servers[0].client().login("ahead", PASSWORD).await.tokens();
    scene.servers[0].me(&token).await.expect(200, "USER_FETCHED");
    sleep(Duration::from_secs(5)).await;
    put(0);
    scene.world.distrust_ages();
    scene.world.go_on();
    recoveries.extend(scene.back_from(Instant::now(), "the clock is right again").await);
    sleep(Duration::from_secs(10)).await;
    scene.finish(own.as_ref().and_then(OwnDatabase::here), 2, recoveries).await
}
