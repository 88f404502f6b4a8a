//! The primary freezes: its kernel still takes what is sent, and nobody answers. The standby is promoted.

use std::time::{Duration, Instant};

use tokio::time::sleep;

use crate::report::Report;
use crate::scene::{OwnDatabase, Plan, Scene};

/// What the service may take, from the promotion on.
const LIMIT: Duration = Duration::from_secs(15);

/// Freezes every process of the primary, promotes the standby five seconds later, and waits for the first answer.
///
/// The standby is synchronous, or the promotion itself would lose what was acknowledged.
pub async fn run() -> Report {
    let primary = OwnDatabase::start("");
    let standby = primary.cluster.standby();
    primary.sql("ALTER SYSTEM SET synchronous_standby_names = '*'");
    primary.sql("SELECT pg_reload_conf()");
    let address = format!("127.0.0.1:{}", primary.cluster.port());
    let url = primary.url.replace(&address, &format!("{address},127.0.0.1:{}", standby.port()));
    let scene = Scene::start(Plan { database: Some(url), ..Plan::default() }).await;
    let _frozen = primary.cluster.freeze();
    sleep(Duration::from_secs(5)).await;
    standby.promote();
    let promoted = Instant::now();
    let back = scene.world.answered_after(promoted, 4 * LIMIT).await;
    if back.is_none_or(|back| back > LIMIT) {
        scene.world.violation(format!("the first answer came {back:.1?} after the promotion, not within {LIMIT:?}"));
    }
    sleep(Duration::from_secs(4)).await;
    let database = |statement: &str| standby.query(&primary.url, statement);
    scene.finish(Some(Box::new(database)), 1, back.into_iter().collect()).await
}
