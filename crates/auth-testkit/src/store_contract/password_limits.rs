//! The limits for passwords.

use std::time::Duration;

use auth_domain::account::LoginName;
use auth_domain::password_limit::PasswordLimit;
use auth_domain::ports::Change;
use auth_domain::rate_limit::AttemptSubject;
use auth_domain::session::Network;
use auth_domain::version::RowVersion;
use uuid::Uuid;

use super::{AnyStore, conflict, insert_account};
use crate::fixtures::{NOW, unique};

/// Both parts, each under its own version.
pub async fn password_limits_are_written_one_version_at_a_time(store: AnyStore) {
    let subject = AttemptSubject::UnknownName(Uuid::from_u128(unique().into()));
    let network = Network::from_stored("192.0.2.0/24".to_owned());
    let find = async || store.find_password_limit(subject, &network).await.unwrap();
    let empty = find().await;
    assert_eq!((empty.attempts.version, empty.daily.version), (RowVersion::NONE, RowVersion::NONE));

    let first = empty.after_miss(NOW);
    store.commit(vec![Change::PutNetworkAttempts(first.clone()), Change::PutDailyMisses(first.clone())]).await.unwrap();
    assert_eq!(find().await, first);
    conflict(&store, Change::PutNetworkAttempts(first.clone())).await;
    conflict(&store, Change::PutDailyMisses(first.clone())).await;

    let second = first.after_success(NOW);
    store
        .commit(vec![Change::PutNetworkAttempts(second.clone()), Change::PutDailyMisses(second.clone())])
        .await
        .unwrap();
    assert_eq!(find().await, second);
    conflict(&store, Change::PutNetworkAttempts(second.clone())).await;
    let gap = second.after_miss(NOW).after_miss(NOW);
    conflict(&store, Change::PutNetworkAttempts(gap)).await;

    let elsewhere = Network::from_stored("198.51.100.0/24".to_owned());
    let other = store.find_password_limit(subject, &elsewhere).await.unwrap();
    assert_eq!((other.attempts.version, other.daily), (RowVersion::NONE, second.daily));
}

/// By e-mail address, by username, and of a name that nobody has; each part that is there comes along.
pub async fn an_account_is_found_with_its_password_limit(store: AnyStore) {
    let network = Network::from_stored("192.0.2.0/24".to_owned());
    let nobody = AttemptSubject::UnknownName(Uuid::from_u128(unique().into()));
    let account = insert_account(&store).await;
    let email = LoginName::Email(account.email.clone());
    let username = LoginName::Username(account.username.clone().unwrap());
    let find = async |name| store.find_account_and_password_limit(name, nobody, &network).await.unwrap();

    let subject = AttemptSubject::Account(account.id);
    let (found, empty) = find(&email).await;
    assert_eq!((found, empty.subject), (Some(account.clone()), subject));
    assert_eq!((empty.attempts.version, empty.daily.version), (RowVersion::NONE, RowVersion::NONE));
    let missed = empty.after_miss(NOW);
    store.commit(vec![Change::PutNetworkAttempts(missed.clone())]).await.unwrap();
    let (_, without_day) = find(&email).await;
    assert_eq!((without_day.attempts, without_day.daily.version), (missed.attempts, RowVersion::NONE));
    store.commit(vec![Change::PutDailyMisses(missed.clone())]).await.unwrap();
    for name in [&email, &username] {
        assert_eq!(find(name).await, (Some(account.clone()), missed.clone()));
    }

    let unknown = ["nobody", "no body"].map(LoginName::parse);
    for name in &unknown {
        assert_eq!(find(name).await.0, None);
    }
    let first = store.find_password_limit(nobody, &network).await.unwrap().after_miss(NOW);
    let both = vec![Change::PutNetworkAttempts(first.clone()), Change::PutDailyMisses(first.clone())];
    store.commit(both).await.unwrap();
    for name in &unknown {
        assert_eq!(find(name).await, (None, first.clone()));
    }
    let elsewhere = Network::from_stored("198.51.100.0/24".to_owned());
    let (_, other) = store.find_account_and_password_limit(&email, nobody, &elsewhere).await.unwrap();
    assert_eq!((other.attempts.version, other.daily), (RowVersion::NONE, missed.daily));
}

/// A network once for each account, the last login first, and no more than asked for.
pub async fn networks_are_listed_by_their_last_login(store: AnyStore) {
    // After everything that other cases may have left in the same database.
    let began = NOW + Duration::from_secs(1_000_000);
    let at = |seconds| began + Duration::from_secs(seconds);
    let network = |number: u8| Network::of([198, 51, number, 1].into());
    let subjects = [(); 2].map(|()| AttemptSubject::UnknownName(Uuid::from_u128(unique().into())));
    let change = async |subject, number, next: &dyn Fn(PasswordLimit) -> PasswordLimit| {
        let limit = store.find_password_limit(subject, &network(number)).await.unwrap();
        store.commit(vec![Change::PutNetworkAttempts(next(limit))]).await.unwrap();
    };
    change(subjects[0], 1, &|limit| limit.after_success(at(0))).await;
    change(subjects[0], 1, &|limit| limit.after_success(at(30))).await;
    change(subjects[0], 1, &|limit| limit.after_miss(at(40))).await;
    change(subjects[1], 1, &|limit| limit.after_success(at(10))).await;
    change(subjects[1], 2, &|limit| limit.after_success(at(20))).await;
    change(subjects[1], 3, &|limit| limit.after_miss(at(50))).await;
    change(subjects[1], 4, &|limit| limit.after_first_factor()).await;

    let list = async |since, limit| store.list_login_networks(at(since), limit).await.unwrap();
    assert_eq!(list(0, 10).await, [(network(1), at(30)), (network(2), at(20)), (network(1), at(10))]);
    assert_eq!(list(0, 2).await, [(network(1), at(30)), (network(2), at(20))]);
    assert_eq!(list(20, 10).await, [(network(1), at(30)), (network(2), at(20))]);
    assert_eq!(list(31, 10).await, []);
}
