//! Challenges, rate limits, and the changes of credentials that they lead to.

use std::time::Duration;

use auth_domain::account::{Account, EmailAddress, PasswordHash};
use auth_domain::challenge::{Challenge, ChallengeLifetimes, ChallengePurpose};
use auth_domain::ports::{Change, CommitError, UniqueKey};
use auth_domain::rate_limit::{RateLimit, RateLimitKind};
use auth_domain::retention::Expired;
use auth_domain::session::{KeyId, Network};
use auth_domain::version::{AccountRevision, RowVersion};

use super::{AnyStore, conflict, count, insert_account};
use crate::fixtures::{self, NOW, challenge};

const LIFETIMES: ChallengeLifetimes =
    ChallengeLifetimes { temp: Duration::from_secs(60), code: Duration::from_secs(30) };

async fn insert(store: &AnyStore, challenge: &Challenge) {
    store.commit(vec![Change::InsertChallenge(challenge.clone())]).await.unwrap();
}

async fn find(store: &AnyStore, challenge: &Challenge) -> Option<(Challenge, Option<Account>)> {
    store.find_challenge(challenge.id).await.unwrap()
}

/// In every state, with an account and without.
pub async fn challenges_round_trip(store: AnyStore) {
    let account = insert_account(&store).await;
    let (own, nobodys) = (challenge(Some(&account)), challenge(None));
    insert(&store, &own).await;
    insert(&store, &nobodys).await;
    assert_eq!(find(&store, &own).await, Some((own.clone(), Some(account.clone()))));
    assert_eq!(find(&store, &nobodys).await, Some((nobodys, None)));
    assert_eq!(find(&store, &challenge(None)).await, None);
    let key = KeyId::new("ffffffff".to_owned());
    let missed = own.after_miss();
    let given = missed.clone().after_code_given(NOW, LIFETIMES);
    let again = given.clone().sent_again(key, NOW, LIFETIMES);
    for next in [missed, given, again] {
        store.commit(vec![Change::PutChallenge(next.clone())]).await.unwrap();
        assert_eq!(find(&store, &next).await.unwrap().0, next);
    }
}

/// Anything but the version that was read is a conflict.
pub async fn a_challenge_moves_on_only_from_what_was_read(store: AnyStore) {
    let account = insert_account(&store).await;
    let first = challenge(Some(&account));
    insert(&store, &first).await;
    let second = first.clone().after_miss();
    store.commit(vec![Change::PutChallenge(second.clone())]).await.unwrap();
    conflict(&store, Change::PutChallenge(second.clone())).await;
    conflict(&store, Change::UseChallenge { challenge_id: first.id, version: first.version }).await;
    store.commit(vec![Change::UseChallenge { challenge_id: first.id, version: second.version }]).await.unwrap();
    assert_eq!(find(&store, &first).await, None);
    conflict(&store, Change::PutChallenge(second.after_miss())).await;
    conflict(&store, Change::InsertChallenge(challenge(Some(&fixtures::account())))).await;
}

/// Those asked for from the same network, and of those not the new one and none whose code was given.
pub async fn a_challenge_replaces_only_its_like(store: AnyStore) {
    let account = insert_account(&store).await;
    let (old, elsewhere, given) = (challenge(Some(&account)), challenge(Some(&account)), challenge(Some(&account)));
    let elsewhere = Challenge { network: Network::from_stored("198.51.100.0/24".to_owned()), ..elsewhere };
    let other_purpose = Challenge { purpose: ChallengePurpose::VerifyEmail, ..challenge(Some(&account)) };
    let given = given.after_code_given(NOW, LIFETIMES);
    let new = challenge(Some(&account));
    for one in [&old, &elsewhere, &given, &other_purpose, &new] {
        insert(&store, one).await;
    }
    let Challenge { subject, purpose, ref network, id: by, .. } = new;
    store.commit(vec![Change::ReplaceChallenges { subject, purpose, network: network.clone(), by }]).await.unwrap();
    assert_eq!(find(&store, &old).await, None);
    for kept in [&elsewhere, &given, &other_purpose, &new] {
        assert!(find(&store, kept).await.is_some());
    }
    let newest = store.find_challenge_of(account.id, ChallengePurpose::PasswordReset).await.unwrap();
    assert_eq!(newest, Some(new));
    store.commit(vec![Change::ForgetChallengesOf(account.id)]).await.unwrap();
    assert_eq!(store.find_challenge_of(account.id, ChallengePurpose::VerifyEmail).await.unwrap(), None);
}

/// One row a subject, kind and network; each write under the version that was read.
pub async fn rate_limits_count_and_are_forgotten(store: AnyStore) {
    let subject = challenge(None).subject;
    let network = Network::from_stored("192.0.2.0/24".to_owned());
    let kinds = [RateLimitKind::MailsFrom(network), RateLimitKind::MailsFromStrangers, RateLimitKind::MailedCodeMisses];
    for kind in &kinds {
        let empty = store.find_rate_limit(subject, kind).await.unwrap();
        assert_eq!(empty, RateLimit::empty(subject, kind.clone()));
        let one = empty.after_one(NOW);
        store.commit(vec![count(&one)]).await.unwrap();
        conflict(&store, count(&one)).await;
        let two = one.after_one(NOW + Duration::from_secs(1)).touched(NOW);
        conflict(&store, count(&two)).await;
        let two = RateLimit { version: RowVersion::from_number(2), ..two };
        store.commit(vec![count(&two)]).await.unwrap();
        assert_eq!(store.find_rate_limit(subject, kind).await.unwrap(), two);
    }
    assert_eq!(store.purge(Expired::RateLimits { began_before: NOW }, 10).await.unwrap(), 0);
    assert_eq!(store.purge(Expired::RateLimits { began_before: NOW + LIFETIMES.code }, 2).await.unwrap(), 2);
    store.commit(vec![Change::ForgetRateLimits(subject), Change::ForgetRateLimits(subject)]).await.unwrap();
    for kind in &kinds {
        assert_eq!(store.find_rate_limit(subject, kind).await.unwrap().version, RowVersion::NONE);
    }
}

/// Past their time, in bounded batches.
pub async fn expired_challenges_are_purged(store: AnyStore) {
    for _ in 0..3 {
        insert(&store, &challenge(None)).await;
    }
    let purge = async |seconds, limit| {
        store.purge(Expired::Challenges { expired_before: NOW + Duration::from_secs(seconds) }, limit).await.unwrap()
    };
    assert_eq!((purge(600, 10).await, purge(601, 2).await, purge(601, 2).await), (0, 2, 1));
}

/// The version moves on, and only from the one that was read.
pub async fn a_password_is_changed_from_the_version_that_was_read(store: AnyStore) {
    let account = insert_account(&store).await;
    let change = Change::ChangePassword {
        account_id: account.id,
        from_version: account.credential_version,
        revision: account.revision(),
        password_hash: PasswordHash::from_phc("$argon2id$new".to_owned()),
        at: NOW + LIFETIMES.code,
    };
    store.commit(vec![change.clone()]).await.unwrap();
    let changed = store.find_account(account.id).await.unwrap().unwrap();
    assert_eq!(changed.password_hash.as_ref().unwrap().as_phc(), "$argon2id$new");
    assert_eq!(changed.credential_version, account.credential_version.next());
    assert_eq!(changed.updated_at, NOW + LIFETIMES.code);
    conflict(&store, change).await;
}

/// Only the address that was read is changed or proved, and none that is taken.
pub async fn an_address_is_changed_and_proved_from_what_was_read(store: AnyStore) {
    let (account, other) = (insert_account(&store).await, insert_account(&store).await);
    let at = NOW + LIFETIMES.code;
    let new = EmailAddress::parse(&format!("New.{}@Example.net", fixtures::unique())).unwrap();
    let change = |from: &EmailAddress, to: &EmailAddress| Change::ChangeEmail {
        account_id: account.id,
        from: from.clone(),
        revision: account.revision(),
        to: to.clone(),
        verified: false,
        at,
    };
    let taken = store.commit(vec![change(&account.email, &other.email)]).await;
    assert_eq!(taken, Err(CommitError::Duplicate(UniqueKey::Email)));
    store.commit(vec![change(&account.email, &new)]).await.unwrap();
    conflict(&store, change(&account.email, &new)).await;
    let prove = |email: &EmailAddress| Change::ProveEmail {
        account_id: account.id,
        email: email.clone(),
        revision: AccountRevision::changed_at(at),
        at,
    };
    conflict(&store, prove(&account.email)).await;
    assert!(!store.find_account(account.id).await.unwrap().unwrap().email_verified);
    store.commit(vec![prove(&new)]).await.unwrap();
    let changed = store.find_account(account.id).await.unwrap().unwrap();
    assert_eq!((changed.email, changed.email_verified, changed.updated_at), (new, true, at));
}
