//! What is kept of a master key that was removed from the configuration: enough to recognise what it made, but not to
//! open what it sealed.

use std::fmt;

use crate::session::KeyId;
use crate::{RetiredKeyId, Timestamp};

/// The keys that were derived from it, sealed with the next master key.
#[derive(Clone, PartialEq, Eq)]
pub struct RetiredKey {
    /// The id of the row, to which the seal is bound.
    pub id: RetiredKeyId,
    /// The id of the master key.
    pub key_id: KeyId,
    /// The sealed keys.
    pub sealed_keys: Vec<u8>,
    /// When the key was retired.
    pub retired_at: Timestamp,
}

impl fmt::Debug for RetiredKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RetiredKey").field("key_id", &self.key_id).finish_non_exhaustive()
    }
}
