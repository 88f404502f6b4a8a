//! What it costs that workers are told of a mail that is owed. A `NOTIFY` within the commit would hold up all others of the
//! cluster, so hints follow commits, at most one in 50 ms: commits of another row are counted while a mail is owed every few
//! milliseconds, and without. Commits that each owe a mail are counted beside them; their row and its indexes are others.

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

/// How often a mail is owed beside other commits: more often than hints are sent, and seldom enough to cost nothing itself.
const OWED_EVERY: Duration = Duration::from_millis(10);

/// Prints a row each for commits beside hints, and for commits that owe a mail.
pub(crate) async fn measure(cluster: &Cluster, plan: Plan) {
    println!("| commits a second, {CLIENTS} at once | per second | the same row without | ratio, lowest to highest |");
    println!("| --- | --- | --- | --- |");
    let seconds = plan.measured;
    let (mut told, mut owing) = (Vec::new(), Vec::new());
    for _ in 0..plan.rounds {
        let without = commits_a_second(cluster, seconds, a_challenge, false).await;
        told.push((commits_a_second(cluster, seconds, a_challenge, true).await, without));
        owing.push((commits_a_second(cluster, seconds, a_mail, false).await, without));
    }
    for (what, mut measured) in [("a challenge, while workers are told of mails", told), ("a mail that is owed", owing)]
    {
        measured.sort_by(|a, b| (a.0 / a.1).total_cmp(&(b.0 / b.1)));
        let ratio = |(with, without): (f64, f64)| with / without;
        let ((low, high), middle) = ((measured[0], measured[measured.len() - 1]), measured[measured.len() / 2]);
        let (with, without) = middle;
        println!(
            "| {what} | {with:.0} | {without:.0} | {:.2} ({:.2} to {:.2}) |",
            ratio(middle),
            ratio(low),
            ratio(high)
        );
    }
    println!();
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

/// On an empty database, each of so many tasks commits one change after the other; if `told`, another one owes mails.
async fn commits_a_second(cluster: &Cluster, measured: Duration, change: fn() -> Change, told: bool) -> f64 {
    let url = cluster.database();
    auth_postgres::migrate(&url, true).await.unwrap();
    let store = Arc::new(auth_postgres::connect(&url, true, CLIENTS + 1, None).await.unwrap());
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
    while told && tokio::time::Instant::now() < end {
        store.commit(vec![a_mail()]).await.unwrap();
        tokio::time::sleep(OWED_EVERY).await;
    }
    tasks.join_all().await;
    done.load(Ordering::Relaxed) as f64 / measured.as_secs_f64()
}
