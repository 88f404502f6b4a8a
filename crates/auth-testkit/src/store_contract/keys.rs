//! Signing keys.

use auth_domain::ports::{Change, CommitError, UniqueKey};
use auth_domain::retired_key::RetiredKey;
use auth_domain::session::KeyId;
use auth_domain::signing_key::SigningKey;
use auth_domain::{RetiredKeyId, SigningKeyId};

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

/// Reseals only from what was read, and each key once.
pub async fn keys_are_resealed_only_from_what_was_read(store: AnyStore) {
    let signing = key(1);
    let id = RetiredKeyId::generate(NOW, randomness(unique()));
    let retired = RetiredKey { id, key_id: KeyId::new("0a0b0c0d".to_owned()), sealed_keys: vec![1], retired_at: NOW };
    store.commit(vec![Change::InsertSigningKey(signing.clone())]).await.unwrap();
    store.commit(vec![Change::RetireKey(retired.clone())]).await.unwrap();
    let twin = RetiredKey { id: RetiredKeyId::generate(NOW, randomness(unique())), ..retired.clone() };
    let refused = store.commit(vec![Change::RetireKey(twin)]).await;
    assert!(matches!(refused, Err(CommitError::Duplicate(_))), "{refused:?}");
    let later = RetiredKey { retired_at: NOW + std::time::Duration::from_secs(9), ..retired.clone() };
    store.commit(vec![Change::RetireKey(later.clone())]).await.unwrap();
    assert_eq!(store.list_retired_keys().await.unwrap(), [later], "dated again");
    store.commit(vec![Change::RetireKey(retired.clone())]).await.unwrap();
    assert_eq!(store.list_retired_keys().await.unwrap(), std::slice::from_ref(&retired));

    let reseal = |from: Vec<u8>| Change::ResealSigningKey { id: signing.id, from, to: vec![9] };
    store.commit(vec![reseal(signing.sealed_private_key.clone())]).await.unwrap();
    conflict(&store, reseal(signing.sealed_private_key.clone())).await;
    assert_eq!(store.list_signing_keys().await.unwrap()[0].sealed_private_key, [9]);
    let reseal = |from: Vec<u8>| Change::ResealRetiredKey { id, from, to: vec![8] };
    store.commit(vec![reseal(vec![1])]).await.unwrap();
    conflict(&store, reseal(vec![1])).await;
    assert_eq!(store.list_retired_keys().await.unwrap()[0].sealed_keys, [8]);
    store.commit(vec![Change::ForgetRetiredKey(id)]).await.unwrap();
    conflict(&store, Change::ForgetRetiredKey(id)).await;
}
