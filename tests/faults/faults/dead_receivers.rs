//! The mail server and the service beside accept connections and say nothing. Nobody else waits, and nothing owed is lost.

use std::time::{Duration, Instant};

use auth_black_box::SmtpServer;
use auth_testkit::postgres::free_port;
use tokio::time::sleep;

use crate::proxy::{Mode, Proxy};
use crate::report::Report;
use crate::scene::{OwnDatabase, Plan, Scene};

const DEAD: Duration = Duration::from_secs(30);
/// How long what was put off meanwhile may take.
const TOLD_WITHIN: Duration = Duration::from_secs(400);

/// Both are dead for a while, and then both work.
pub async fn run() -> Report {
    let (mail_port, hook_port) = (free_port(), free_port());
    let smtp = SmtpServer::start(mail_port, "250");
    let (mail, hook) = (Proxy::start(mail_port).await, Proxy::start(hook_port).await);
    let (mail_url, hook_url) =
        (format!("smtp://127.0.0.1:{}", mail.port()), format!("http://127.0.0.1:{}/hook", hook.port()));
    let settings = [("AUTH_MAIL_URL", mail_url.as_str()), ("AUTH_WEBHOOKS__LEDGER__URL", &hook_url)];
    let own = OwnDatabase::start("");
    let (database, hook_at) = (Some(own.url.clone()), Some(hook_port));
    let plan = Plan { database, settings: &settings, hook: hook_at, told_within: TOLD_WITHIN, ..Plan::default() };
    let scene = Scene::start(plan).await;
    mail.set(Mode::Silent);
    hook.set(Mode::Silent);
    sleep(DEAD).await;
    let slowest = scene.world.ledger().slowest.as_secs_f64();
    let owed = own.cluster.query(&own.url, OWED);
    mail.set(Mode::Forward);
    hook.set(Mode::Forward);
    sleep(Duration::from_secs(2)).await;
    scene.servers[0].command(&["mails", "--retry"]);
    let (back, before) = (Instant::now(), smtp.mails().len());
    while smtp.mails().len() == before && back.elapsed() < TOLD_WITHIN {
        sleep(Duration::from_millis(200)).await;
    }
    let took = back.elapsed();
    if own.cluster.query(&own.url, "SELECT count(*) FROM mails WHERE parked_at IS NOT NULL") != "0" {
        scene.world.violation("mails were given up");
    }
    let report = scene.finish(own.here(), 1, vec![took]).await;
    report.noting(&format!("{owed} mails waited, the slowest answer meanwhile {slowest:.1} s"))
}

const OWED: &str = "SELECT count(*) FROM mails WHERE parked_at IS NULL AND times > 0";
