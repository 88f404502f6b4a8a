//! What is left of a master key that was taken out of the configuration: enough to recognise what it made, not to open
//! what it sealed.

use std::fmt;

use crate::session::KeyId;
use crate::{RetiredKeyId, Timestamp};

/// The keys that were derived from it, sealed with the master key that came after.
#[derive(Clone, PartialEq, Eq)]
pub struct RetiredKey {
    /// Its row, which the seal is bound to.
    pub id: RetiredKeyId,
    /// The id of the master key.
    pub key_id: KeyId,
    /// The sealed keys.
    pub sealed_keys: Vec<u8>,
    /// When nothing was to be made with it any more.
    pub retired_at: Timestamp,
}

impl fmt::Debug for RetiredKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RetiredKey").field("key_id", &self.key_id).finish_non_exhaustive()
    }
}
