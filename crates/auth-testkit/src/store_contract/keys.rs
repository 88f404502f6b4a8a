//! Signing keys.

use auth_domain::SigningKeyId;
use auth_domain::ports::{Change, CommitError, UniqueKey};
use auth_domain::signing_key::SigningKey;

use super::{AnyStore, conflict};
use crate::fixtures::{NOW, randomness, unique};

pub(super) fn key(sequence: i64) -> SigningKey {
    SigningKey {
        id: SigningKeyId::generate(NOW, randomness(unique())),
        sequence,
        active_from: NOW,
        public_key: vec![1; 32],
        sealed_private_key: vec![0, 255, 7],
    }
}

/// In the order of their sequence.
pub async fn signing_keys_are_unique_by_sequence(store: AnyStore) {
    let (first, second) = (key(1), key(2));
    for key in [&second, &first] {
        store.commit(vec![Change::InsertSigningKey(key.clone())]).await.unwrap();
    }
    let twin = store.commit(vec![Change::InsertSigningKey(key(2))]).await;
    assert_eq!(twin, Err(CommitError::Duplicate(UniqueKey::SigningKeySequence)));
    assert_eq!(store.list_signing_keys().await.unwrap(), [first.clone(), second.clone()]);
    store.commit(vec![Change::DeleteSigningKey(first.id)]).await.unwrap();
    conflict(&store, Change::DeleteSigningKey(first.id)).await;
    assert_eq!(store.list_signing_keys().await.unwrap(), [second]);
}
