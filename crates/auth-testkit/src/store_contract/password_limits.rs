//! The limits for passwords.

use auth_domain::ports::Change;
use auth_domain::rate_limit::AttemptSubject;
use auth_domain::session::Network;
use auth_domain::version::RowVersion;
use uuid::Uuid;

use super::{AnyStore, conflict};
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
