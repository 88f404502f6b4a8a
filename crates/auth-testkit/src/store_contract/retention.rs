//! What is expired goes; what is not stays.

use std::time::Duration;

use auth_domain::ports::Change;
use auth_domain::rate_limit::AttemptSubject;
use auth_domain::retention::Expired;
use auth_domain::session::{Network, Revocation, RevocationReason};
use auth_domain::version::RowVersion;
use uuid::Uuid;

use super::{AnyStore, insert_account, insert_session};
use crate::fixtures::{NOW, unique};

/// Sessions that ran out or were revoked long enough ago; never more at once than asked for.
pub async fn ended_sessions_are_purged_in_bounded_batches(store: AnyStore) {
    let account = insert_account(&store).await;
    let mut sessions = Vec::new();
    for _ in 0..5 {
        sessions.push(insert_session(&store, &account).await);
    }
    let revocation = Revocation { at: NOW, reason: RevocationReason::LoggedOut };
    store
        .commit(vec![Change::RevokeSession {
            account_id: sessions[0].account_id,
            session_id: sessions[0].id,
            revocation,
        }])
        .await
        .unwrap();
    let purge = async |seconds, limit| {
        store.purge(Expired::Sessions { ended_before: NOW + Duration::from_secs(seconds) }, limit).await.unwrap()
    };
    assert_eq!(purge(0, 10).await, 0, "revoked at that very moment");
    assert_eq!(purge(100, 10).await, 1, "the revoked one");
    assert_eq!((purge(101, 3).await, purge(101, 3).await, purge(101, 3).await), (3, 1, 0), "idle since then");
    assert_eq!(store.find_session_by_id(sessions[4].id).await.unwrap(), None);
    assert!(store.find_account(account.id).await.unwrap().is_some());
}

/// A network stays known for its success when its misses are long forgotten.
pub async fn password_limits_are_purged_when_nothing_in_them_counts(store: AnyStore) {
    let network = Network::from_stored("192.0.2.0/24".to_owned());
    let subjects = [(); 2].map(|()| AttemptSubject::UnknownName(Uuid::from_u128(unique().into())));
    let day = Duration::from_secs(86_400);
    for (subject, succeeds) in subjects.into_iter().zip([false, true]) {
        let empty = store.find_password_limit(subject, &network).await.unwrap();
        let missed = empty.after_miss(NOW);
        store
            .commit(vec![Change::PutNetworkAttempts(missed.clone()), Change::PutDailyMisses(missed.clone())])
            .await
            .unwrap();
        if succeeds {
            store.commit(vec![Change::PutNetworkAttempts(missed.after_success(NOW))]).await.unwrap();
        }
    }
    let purge = async |missed_before, succeeded_before| {
        store.purge(Expired::NetworkAttempts { missed_before, succeeded_before }, 10).await.unwrap()
    };
    assert_eq!(purge(NOW, NOW).await, 0);
    assert_eq!(purge(NOW + day, NOW).await, 1, "the one with misses only");
    assert_eq!(store.find_password_limit(subjects[1], &network).await.unwrap().attempts.last_success_at, Some(NOW));
    assert_eq!(purge(NOW + day, NOW + day).await, 1);
    assert_eq!(store.purge(Expired::DailyMisses { began_before: NOW }, 10).await.unwrap(), 0);
    assert_eq!(store.purge(Expired::DailyMisses { began_before: NOW + day }, 10).await.unwrap(), 2);
    assert_eq!(store.find_password_limit(subjects[0], &network).await.unwrap().daily.version, RowVersion::NONE);
}
