//! Commits that owe a mail, beside commits that write another row: what it costs that workers are told of it. A `NOTIFY`
//! within the commit would hold up all others of the cluster.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use auth_crypto::SystemEntropy;
use auth_domain::account::EmailAddress;
use auth_domain::challenge::{Challenge, ChallengePurpose};
use auth_domain::mail::{MailContent, MailRequest};
use auth_domain::ports::{Change, Entropy as _, Store as _};
use auth_domain::{ChallengeId, MailId};
use auth_testkit::fixtures::{self, NOW};
use auth_testkit::postgres::Cluster;
use tokio::task::JoinSet;

use crate::Plan;

const CLIENTS: usize = 16;

/// Prints a row.
pub(crate) async fn measure(cluster: &Cluster, plan: Plan) {
    let mut ratios = Vec::new();
    for _ in 0..plan.rounds {
        let mail = commits_a_second(cluster, plan.measured, a_mail).await;
        let other = commits_a_second(cluster, plan.measured, a_challenge).await;
        ratios.push((mail / other, mail, other));
    }
    ratios.sort_by(|a, b| a.0.total_cmp(&b.0));
    let ((low, ..), (high, ..)) = (ratios[0], ratios[ratios.len() - 1]);
    let (ratio, mail, other) = ratios[ratios.len() / 2];
    println!("| commits that owe a mail, a second | commits of another row | ratio, lowest to highest |");
    println!("| --- | --- | --- |");
    println!("| {mail:.0} | {other:.0} | {ratio:.2} ({low:.2} to {high:.2}) |\n");
}

/// The ids of fixtures repeat after some thousands.
fn a_mail() -> Change {
    let to = EmailAddress::parse("ann@example.org").unwrap();
    let (challenge_id, purpose) = (fixtures::challenge(None).id, ChallengePurpose::PasswordReset);
    let mail = fixtures::mail(to, MailContent::Code { challenge_id, purpose, send_number: 1 }, NOW);
    Change::Mail(MailRequest { id: MailId::generate(NOW, SystemEntropy.bytes()), ..mail })
}

fn a_challenge() -> Change {
    let id = ChallengeId::generate(NOW, SystemEntropy.bytes());
    Change::InsertChallenge(Challenge { id, ..fixtures::challenge(None) })
}

/// On an empty database, each of so many tasks commits one change after the other.
async fn commits_a_second(cluster: &Cluster, measured: Duration, change: fn() -> Change) -> f64 {
    let url = cluster.database();
    auth_postgres::migrate(&url, true).await.unwrap();
    let store = Arc::new(auth_postgres::connect(&url, true, CLIENTS, None).await.unwrap());
    let (done, end) = (Arc::new(AtomicU64::new(0)), tokio::time::Instant::now() + measured);
    let mut tasks = JoinSet::new();
    for _ in 0..CLIENTS {
        let (store, done) = (Arc::clone(&store), Arc::clone(&done));
        tasks.spawn(async move {
            while tokio::time::Instant::now() < end {
                store.commit(vec![change()]).await.unwrap();
                done.fetch_add(1, Ordering::Relaxed);
            }
        });
    }
    tasks.join_all().await;
    done.load(Ordering::Relaxed) as f64 / measured.as_secs_f64()
}
