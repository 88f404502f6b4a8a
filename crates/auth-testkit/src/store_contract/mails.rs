//! Owed mails.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use auth_domain::challenge::ChallengePurpose;
use auth_domain::identity::ProviderName;
use auth_domain::mail::{
    About, LeasedMail, MailContent, MailRequest, Notice, NoticeDetails, NoticeKind, Removed, WaitingMail,
};
use auth_domain::ports::Change;
use auth_domain::retention::Expired;
use auth_domain::two_factor::Method;
use auth_domain::{Language, MailId, Timestamp};

use super::{AnyStore, conflict};
use crate::fixtures::{self, NOW, client, mail, notice, randomness, unique};

const LEASE: Duration = Duration::from_secs(300);
const MINUTE: Duration = Duration::from_secs(60);

const fn leased(request: MailRequest, times: u32, attempt: u32) -> LeasedMail {
    LeasedMail { request, times, attempt }
}

async fn owe(store: &AnyStore, at: Timestamp) -> MailRequest {
    let request = notice(fixtures::account().email, NoticeKind::SessionReuseDetected, at);
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
    assert_eq!(lease(&store, NOW).await, [leased(request.clone(), 1, 1)]);
    assert_eq!(lease(&store, NOW).await, []);
    let later = NOW + LEASE;
    assert_eq!(lease(&store, later).await, [leased(request, 1, 2)]);
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
    assert_eq!(store.list_waiting_mails(10).await.unwrap(), []);
    store.commit(vec![Change::UnparkMails { at: at + LEASE }]).await.unwrap();
    assert_eq!(store.list_parked_mails(10).await.unwrap(), []);
    assert_eq!(lease(&store, at + LEASE).await[0].attempt, 1);
    store.commit(vec![Change::ParkMail { mail_id, attempt: 1, at, error: String::new() }]).await.unwrap();
    assert_eq!((purge(at).await, purge(at + LEASE).await), (0, 1));
}

/// With what the server said; one that is kept back after another was sent is none. What was put off for longer than a
/// lease is tried when somebody asks for it, what is being tried is left alone.
pub async fn mails_that_wait_are_listed_and_tried_when_asked_for(store: AnyStore) {
    let (first, second) = (owe(&store, NOW).await, owe(&store, NOW + MINUTE).await);
    lease(&store, NOW).await;
    let (error, at) = ("451 é".to_owned(), NOW + 10 * MINUTE);
    let put_off = Change::RetryMail { mail_id: first.id, attempt: 1, at, error: error.clone() };
    store.commit(vec![put_off]).await.unwrap();
    let waiting = |request: &MailRequest, attempts, next_attempt_at, error: Option<&str>| WaitingMail {
        id: request.id,
        recipient: request.to.as_str().to_owned(),
        kind: request.content.kind().to_owned(),
        attempts,
        next_attempt_at,
        error: error.map(str::to_owned),
    };
    let listed = store.list_waiting_mails(10).await.unwrap();
    assert_eq!(listed, [waiting(&second, 0, NOW + MINUTE, None), waiting(&first, 1, at, Some("451 é"))]);
    assert_eq!(store.list_waiting_mails(1).await.unwrap().len(), 1);

    let leased_until = NOW + 2 * MINUTE;
    store.lease_mails(NOW + MINUTE, leased_until, 10).await.unwrap();
    store.commit(vec![Change::UnparkMails { at: NOW + MINUTE }]).await.unwrap();
    let listed = store.list_waiting_mails(10).await.unwrap();
    assert_eq!(listed, [waiting(&first, 1, NOW + MINUTE, Some("451 é")), waiting(&second, 1, leased_until, None)]);
    let next_id = MailId::generate(NOW, randomness(unique()));
    let sent = Change::HoldNotice { mail_id: second.id, attempt: 1, told: 1, next_id, until: at };
    store.commit(vec![sent]).await.unwrap();
    assert_eq!(store.list_waiting_mails(10).await.unwrap().len(), 1);
}

/// What began to wait in the future waits as long from now on.
pub async fn what_waits_since_the_future_begins_to_wait_anew(store: AnyStore) {
    let mail_id = owe(&store, NOW).await.id;
    let back = NOW - 60 * MINUTE;
    assert_eq!(store.restamp_outbox(NOW - MINUTE).await.unwrap(), 0, "another node's clock");
    assert_eq!(lease(&store, back).await, []);
    assert_eq!(store.restamp_outbox(back).await.unwrap(), 1);
    assert_eq!(lease(&store, back).await.len(), 1, "it was due at once");
    let (at, error) = (back + 20 * MINUTE, String::new());
    store.commit(vec![Change::RetryMail { mail_id, attempt: 1, at, error }]).await.unwrap();
    let further_back = back - 60 * MINUTE;
    assert_eq!(store.restamp_outbox(further_back).await.unwrap(), 1);
    assert_eq!(store.restamp_outbox(further_back).await.unwrap(), 0);
    assert_eq!(lease(&store, further_back + 20 * MINUTE - Duration::from_micros(1)).await, []);
    assert_eq!(lease(&store, further_back + 20 * MINUTE).await[0].attempt, 2);
    // One that was given up stays as it is.
    store.commit(vec![Change::ParkMail { mail_id, attempt: 2, at: further_back, error: String::new() }]).await.unwrap();
    assert_eq!(store.restamp_outbox(further_back - 60 * MINUTE).await.unwrap(), 0);
}

/// Also those that were given up; its notices and the codes of others stay.
pub async fn the_codes_owed_to_an_account_are_forgotten(store: AnyStore) {
    let code = |send_number| MailContent::Code {
        challenge_id: fixtures::challenge(None).id,
        purpose: ChallengePurpose::VerifyEmail,
        send_number,
    };
    let given_up = mail(fixtures::account().email, code(1), NOW);
    let account_id = given_up.account_id;
    store.commit(vec![Change::Mail(given_up.clone())]).await.unwrap();
    lease(&store, NOW).await;
    let park = Change::ParkMail { mail_id: given_up.id, attempt: 1, at: NOW, error: String::new() };
    store.commit(vec![park]).await.unwrap();
    let also = MailRequest { account_id, ..mail(fixtures::account().email, code(2), NOW) };
    let told = MailRequest { account_id, ..notice(fixtures::account().email, NoticeKind::AccountDeleted, NOW) };
    let other = mail(fixtures::account().email, code(1), NOW);
    store.commit([also, told.clone(), other.clone()].map(Change::Mail).into()).await.unwrap();
    let forget = Change::ForgetCodesOwedTo(account_id.unwrap());
    store.commit(vec![forget.clone(), forget]).await.unwrap();
    assert_eq!(store.list_parked_mails(10).await.unwrap(), []);
    let mut left = lease(&store, NOW).await;
    left.sort_by_key(|mail| mail.request.id != told.id);
    assert_eq!(left, [leased(told, 1, 1), leased(other, 1, 1)]);
}

/// The latest counts, under the name of the first; other kinds and other addresses are mails of their own.
pub async fn notices_that_share_a_key_become_one_mail(store: AnyStore) {
    let (to, at) = (fixtures::account().email, |seconds| NOW + Duration::from_secs(seconds));
    let first = notice(to.clone(), NoticeKind::EmailChangeBegun, at(0));
    let providers = vec![ProviderName::parse("google").unwrap()];
    let details = NoticeDetails { about: None, removed: vec![Removed::PendingEmail], providers, until: None };
    let told = Notice { details, ..Notice::new(NoticeKind::EmailChanged, true) };
    let first = MailRequest { language: Some(Language::German), ..first };
    let latest = MailRequest {
        client: client(9),
        language: Some(Language::French),
        ..mail(to.clone(), MailContent::Notice(told), at(2))
    };
    let about = About::SecondFactor(Method::App);
    let apart = [
        notice(to.clone(), NoticeKind::PasswordChanged, at(1)),
        mail(to.clone(), MailContent::Notice(Notice::new(NoticeKind::EmailChanged, true).about(about)), at(1)),
        notice(fixtures::account().email, NoticeKind::EmailChanged, at(1)),
        mail(to, MailContent::Notice(Notice::new(NoticeKind::EmailChanged, false)), at(1)),
    ];
    store.commit(vec![Change::Mail(first.clone())]).await.unwrap();
    store.commit(apart.clone().map(Change::Mail).into()).await.unwrap();
    store.commit(vec![Change::Mail(latest.clone())]).await.unwrap();
    let mut mails = lease(&store, at(2)).await;
    mails.sort_by_key(|mail| mail.request.id);
    let mut expected = vec![leased(MailRequest { id: first.id, ..latest }, 2, 1)];
    expected.extend(apart.map(|request| leased(request, 1, 1)));
    expected.sort_by_key(|mail| mail.request.id);
    assert_eq!(mails, expected);
}

/// What a reset removed is told although another one came before the mail went, and is not told again.
pub async fn what_resets_removed_is_told_of_all_of_them(store: AnyStore) {
    let to = fixtures::account().email;
    let owe = async |removed: Removed, at| {
        let details = NoticeDetails { removed: vec![removed], ..NoticeDetails::default() };
        let told = Notice { details, ..Notice::new(NoticeKind::PasswordReset, true) };
        store.commit(vec![Change::Mail(mail(to.clone(), MailContent::Notice(told), at))]).await.unwrap();
    };
    let removed_in = async |at| {
        let [mail] = lease(&store, at).await.try_into().unwrap();
        let MailContent::Notice(notice) = &mail.request.content else { panic!("{mail:?}") };
        let removed = notice.details.removed.clone();
        let next_id = MailId::generate(NOW, randomness(unique()));
        let (mail_id, attempt, told) = (mail.request.id, mail.attempt, mail.times);
        let sent = Change::HoldNotice { mail_id, attempt, told, next_id, until: at + LEASE };
        store.commit(vec![sent]).await.unwrap();
        removed
    };
    let (first, second) = (Removed::PendingEmail, Removed::SecondFactor(Method::App));
    owe(first.clone(), NOW).await;
    owe(second.clone(), NOW).await;
    assert_eq!(removed_in(NOW).await, [first, second.clone()]);
    owe(second.clone(), NOW).await;
    assert_eq!(removed_in(NOW + LEASE).await, [second]);
}

/// What comes while it is sent, and in the time that it is quiet after, is due then, under another name. With nothing to
/// tell, it is nothing that is owed, and is removed in time.
pub async fn a_notice_that_was_sent_keeps_those_like_it_back(store: AnyStore) {
    let (to, kind) = (fixtures::account().email, NoticeKind::PasswordChanged);
    let owe = async |at| store.commit(vec![Change::Mail(notice(to.clone(), kind, at))]).await.unwrap();
    let purge = async |quiet_until| store.purge(Expired::QuietNotices { quiet_until }, 10).await.unwrap();
    let hold = |mail: &LeasedMail, told, until| Change::HoldNotice {
        mail_id: mail.request.id,
        attempt: mail.attempt,
        told,
        next_id: MailId::generate(NOW, randomness(unique())),
        until,
    };
    let until = NOW + LEASE * 10;
    owe(NOW).await;
    owe(NOW).await;
    let [first] = lease(&store, NOW).await.try_into().unwrap();
    owe(NOW).await;
    let sent = hold(&first, first.times, until);
    store.commit(vec![sent.clone()]).await.unwrap();
    conflict(&store, sent).await;
    owe(NOW).await;
    let depth = store.outbox_depth().await.unwrap();
    assert_eq!((depth.mails, depth.oldest_mail), (1, Some(until)));
    assert_eq!(lease(&store, until - Duration::from_micros(1)).await, []);
    let [second] = lease(&store, until).await.try_into().unwrap();
    assert_eq!((first.times, second.times, second.attempt), (2, 2, 1));
    assert_ne!(first.request.id, second.request.id);
    store.commit(vec![hold(&second, 0, until + LEASE)]).await.unwrap();
    assert_eq!((lease(&store, until).await, purge(until + LEASE * 2).await), (vec![], 0), "still to be told");
    let [third] = lease(&store, until + LEASE).await.try_into().unwrap();
    store.commit(vec![hold(&third, third.times, until + LEASE * 2)]).await.unwrap();
    assert_eq!(lease(&store, until + LEASE * 3).await, []);
    let depth = store.outbox_depth().await.unwrap();
    assert_eq!((depth.mails, depth.oldest_mail), (0, None));
    assert_eq!((purge(until + LEASE * 2).await, purge(until + LEASE * 3).await), (0, 1));
}

/// A notice that was given up is tried again with the next one like it.
pub async fn a_notice_that_was_given_up_goes_with_the_next(store: AnyStore) {
    let request = owe(&store, NOW).await;
    lease(&store, NOW).await;
    let park = Change::ParkMail { mail_id: request.id, attempt: 1, at: NOW, error: "550".to_owned() };
    store.commit(vec![park]).await.unwrap();
    let at = NOW + LEASE * 2;
    store.commit(vec![Change::Mail(notice(request.to, NoticeKind::SessionReuseDetected, at))]).await.unwrap();
    assert_eq!(store.list_parked_mails(10).await.unwrap(), []);
    assert_eq!(lease(&store, at - Duration::from_micros(1)).await, []);
    let [mail] = lease(&store, at).await.try_into().unwrap();
    assert_eq!((mail.request.id, mail.times), (request.id, 2));
}

/// However many nodes owe it at once.
pub async fn notices_that_are_owed_at_once_are_all_counted(store: AnyStore) {
    let (to, kind) = (fixtures::account().email, NoticeKind::PasswordChanged);
    let owing: Vec<_> = (0..32)
        .map(|_| {
            let (store, request) = (Arc::clone(&store), notice(to.clone(), kind, NOW));
            tokio::spawn(async move { store.commit(vec![Change::Mail(request)]).await })
        })
        .collect();
    for owed in owing {
        owed.await.unwrap().unwrap();
    }
    let mails = lease(&store, NOW).await;
    assert_eq!(mails.iter().map(|mail| mail.times).collect::<Vec<_>>(), [32]);
}

/// Which challenge, what for, and which of its codes.
pub async fn a_mail_with_a_code_names_its_challenge(store: AnyStore) {
    let challenge_id = fixtures::challenge(None).id;
    let content = MailContent::Code { challenge_id, purpose: ChallengePurpose::VerifyEmail, send_number: 3 };
    let request = mail(fixtures::account().email, content, NOW);
    store.commit(vec![Change::Mail(request.clone())]).await.unwrap();
    assert_eq!(lease(&store, NOW).await, [leased(request, 1, 1)]);
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
