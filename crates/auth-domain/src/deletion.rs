//! What stays of a deleted account: that it was deleted.

use crate::{AccountId, DeletionId, Timestamp};

/// A record of one deletion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deletion {
    /// Its name.
    pub id: DeletionId,
    /// The account that is gone.
    pub account_id: AccountId,
    /// The service that asked for it; `owner` for the user themselves.
    pub requested_by: String,
    /// When.
    pub deleted_at: Timestamp,
}
