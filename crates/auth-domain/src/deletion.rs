//! What remains of a deleted account: the record of its deletion, and which services know of it.

use crate::{AccountId, DeletionId, Timestamp};

/// A record of one deletion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deletion {
    /// The id of the deletion.
    pub id: DeletionId,
    /// The account that was deleted.
    pub account_id: AccountId,
    /// The service that requested it, or `owner` if the user did.
    pub requested_by: String,
    /// When the account was deleted.
    pub deleted_at: Timestamp,
}

/// A deletion that can still be undone: the account is blocked, and its names stay taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScheduledDeletion {
    /// The id that the deletion will have.
    pub id: DeletionId,
    /// When it becomes final.
    pub due: Timestamp,
    /// Who requested it, as in [`Deletion::requested_by`].
    pub requested_by: String,
}

/// A deletion, and which services have acknowledged it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeletionProgress {
    /// The deletion.
    pub deletion: Deletion,
    /// The services to be told, by name, each with the time at which it acknowledged.
    pub services: Vec<(String, Option<Timestamp>)>,
}
