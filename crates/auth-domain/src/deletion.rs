//! What stays of a deleted account: that it was deleted, and who was told.

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

/// A deletion, and which services have acknowledged it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeletionProgress {
    /// The deletion.
    pub deletion: Deletion,
    /// The services that are told, by name, each with when it acknowledged.
    pub services: Vec<(String, Option<Timestamp>)>,
}
