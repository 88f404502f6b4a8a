//! Marks.

use std::time::Duration;

use auth_domain::mark::Mark;
use auth_domain::ports::Change;

use super::AnyStore;
use crate::fixtures::NOW;

/// The last one counts, each kind for itself.
pub async fn a_mark_is_the_last_one_and_may_be_forgotten(store: AnyStore) {
    assert_eq!(store.find_mark(Mark::VerifiedRestore).await.unwrap(), None);
    for at in [NOW, NOW + Duration::from_secs(5)] {
        store.commit(vec![Change::PutMark { mark: Mark::VerifiedRestore, at }]).await.unwrap();
        assert_eq!(store.find_mark(Mark::VerifiedRestore).await.unwrap(), Some(at));
    }
    assert_eq!(store.find_mark(Mark::UnfinishedMove).await.unwrap(), None);
    for _ in 0..2 {
        store.commit(vec![Change::ForgetMark(Mark::VerifiedRestore)]).await.unwrap();
        assert_eq!(store.find_mark(Mark::VerifiedRestore).await.unwrap(), None);
    }
}
