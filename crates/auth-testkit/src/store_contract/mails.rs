//! Owed mails.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use auth_domain::challenge::ChallengePurpose;
use auth_domain::mail::{LeasedMail, MailContent, MailRequest, NoticeKind};
use auth_domain::ports::Change;
use auth_domain::retention::Expired;
use auth_domain::{MailId, Timestamp};

use super::{AnyStore, conflict};
use crate::fixtures::{self, NOW, client, randomness, unique};

const LEASE: Duration = Duration::from_secs(300);

async fn owe(store: &AnyStore, at: Timestamp) -> MailRequest {
    let (id, to) = (MailId::generate(at, randomness(unique())), fixtures::account().email);
    let request = MailRequest::notice(id, to, NoticeKind::SessionReuseDetected, at, client(7));
    store.commit(vec![Change::Mail(request.clone())]).await.unwrap();
    request
}

async fn lease(store: &AnyStore, now: Timestamp) -> Vec<LeasedMail> {
    store.lease_mails(now, now + LEASE, 10).await.unwrap()
}

/// Leased once, and again when the lease has run out; what the first worker then says does not count.
pub async fn a_mail_is_leased_to_one_worker_at_a_time(store: AnyStore) {
    let request = owe(&store, NOW).await;
    owe(&store, NOW + Duration::from_secs(1_000)).await;
    let mail_id = request.id;
    assert_eq!(lease(&store, NOW).await, [LeasedMail { request: request.clone(), attempt: 1 }]);
    assert_eq!(lease(&store, NOW).await, []);
    let later = NOW + LEASE;
    assert_eq!(lease(&store, later).await, [LeasedMail { request, attempt: 2 }]);
    conflict(&store, Change::ForgetMail { mail_id, attempt: 1 }).await;
    store.commit(vec![Change::ForgetMail { mail_id, attempt: 2 }]).await.unwrap();
    conflict(&store, Change::ForgetMail { mail_id, attempt: 2 }).await;
    assert_eq!(lease(&store, later + LEASE).await, []);
}

/// Put off until then, or for good.
pub async fn a_mail_that_failed_comes_back_or_is_parked(store: AnyStore) {
    let mail_id = owe(&store, NOW).await.id;
    lease(&store, NOW).await;
    let at = NOW + Duration::from_secs(40);
    let error = "451 é".to_owned();
    conflict(&store, Change::RetryMail { mail_id, attempt: 2, at, error: error.clone() }).await;
    store.commit(vec![Change::RetryMail { mail_id, attempt: 1, at, error: error.clone() }]).await.unwrap();
    assert_eq!(lease(&store, at - Duration::from_micros(1)).await, []);
    assert_eq!(lease(&store, at).await.len(), 1);
    store.commit(vec![Change::ParkMail { mail_id, attempt: 2, at, error }]).await.unwrap();
    assert_eq!(lease(&store, at + LEASE + LEASE).await, []);
    let purge = async |parked_before| store.purge(Expired::ParkedMails { parked_before }, 10).await.unwrap();
    let [parked] = store.list_parked_mails(10).await.unwrap().try_into().unwrap();
    assert_eq!((parked.id, parked.parked_at, parked.error.as_str()), (mail_id, at, "451 é"));
    store.commit(vec![Change::UnparkMails { at: at + LEASE }]).await.unwrap();
    assert_eq!(store.list_parked_mails(10).await.unwrap(), []);
    assert_eq!(lease(&store, at + LEASE).await[0].attempt, 1);
    store.commit(vec![Change::ParkMail { mail_id, attempt: 1, at, error: String::new() }]).await.unwrap();
    assert_eq!((purge(at).await, purge(at + LEASE).await), (0, 1));
}

/// Also those that were given up, and none to anybody else.
pub async fn the_mails_to_an_address_are_forgotten(store: AnyStore) {
    let (first, other) = (owe(&store, NOW).await, owe(&store, NOW).await);
    lease(&store, NOW).await;
    let park = Change::ParkMail { mail_id: first.id, attempt: 1, at: NOW, error: String::new() };
    store.commit(vec![park]).await.unwrap();
    store.commit(vec![Change::ForgetMailsTo(first.to.clone()), Change::ForgetMailsTo(first.to)]).await.unwrap();
    assert_eq!(store.list_parked_mails(10).await.unwrap(), []);
    assert_eq!(lease(&store, NOW + LEASE).await, [LeasedMail { request: other, attempt: 2 }]);
}

/// Which challenge, what for, and which of its codes.
pub async fn a_mail_with_a_code_names_its_challenge(store: AnyStore) {
    let challenge_id = fixtures::challenge(None).id;
    let content = MailContent::Code { challenge_id, purpose: ChallengePurpose::VerifyEmail, send_number: 3 };
    let (id, to) = (MailId::generate(NOW, randomness(unique())), fixtures::account().email);
    let request = MailRequest { id, to, at: NOW, client: client(1), content };
    store.commit(vec![Change::Mail(request.clone())]).await.unwrap();
    assert_eq!(lease(&store, NOW).await, [LeasedMail { request, attempt: 1 }]);
}

/// Somebody who waits is told at once, and by whichever node.
pub async fn whoever_waits_for_the_outbox_is_woken(store: AnyStore) {
    let waiting = tokio::spawn({
        let store = Arc::clone(&store);
        async move {
            let began = std::time::Instant::now();
            store.wait_for_outbox(Duration::from_secs(60)).await;
            began.elapsed()
        }
    });
    // Until it is heard: nothing says when the other has begun to wait.
    while !waiting.is_finished() {
        owe(&store, NOW).await;
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(waiting.await.unwrap() < Duration::from_secs(50));
}

/// Every mail to one of them, whichever.
pub async fn workers_that_lease_at_once_share_the_mails(store: AnyStore) {
    for _ in 0..5 {
        let mut owed = BTreeSet::new();
        for _ in 0..40 {
            owed.insert(owe(&store, NOW).await.id);
        }
        let workers: Vec<_> = (0..8)
            .map(|_| {
                let store = Arc::clone(&store);
                tokio::spawn(async move { lease(&store, NOW).await })
            })
            .collect();
        let mut leased = Vec::new();
        for worker in workers {
            leased.extend(worker.await.unwrap());
        }
        while leased.len() < 40 {
            let more = lease(&store, NOW).await;
            assert!(!more.is_empty());
            leased.extend(more);
        }
        assert!(leased.iter().all(|mail| mail.attempt == 1));
        assert_eq!(leased.iter().map(|mail| mail.request.id).collect::<BTreeSet<_>>(), owed);
        assert_eq!(leased.len(), 40);
    }
}
