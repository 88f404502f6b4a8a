//! Signing keys, and what is kept of master keys.

use auth_domain::ports::UniqueKey;
use auth_domain::retired_key::RetiredKey;
use auth_domain::signing_key::SigningKey;

use super::{Applied, Refused, insert_row, update};
use crate::memory_store::tables::Tables;

pub(super) fn insert_signing(tables: &mut Tables, key: &SigningKey) -> Applied {
    if tables.signing_keys.values().any(|other| other.sequence == key.sequence) {
        return Err(Refused::Duplicate(UniqueKey::SigningKeySequence));
    }
    insert_row(&mut tables.signing_keys, key.id, key.clone(), UniqueKey::Id)
}

/// Stores what is kept of a key, or dates it again.
pub(super) fn retire(tables: &mut Tables, key: &RetiredKey) -> Applied {
    if let Some(kept) = tables.retired_keys.get_mut(&key.id) {
        kept.sealed_keys.clone_from(&key.sealed_keys);
        kept.retired_at = key.retired_at;
        return Ok(true);
    }
    // The schema makes this key unique, too, but the domain has no name for it.
    if tables.retired_keys.values().any(|other| other.key_id == key.key_id) {
        return Err(Refused::Duplicate(UniqueKey::Id));
    }
    insert_row(&mut tables.retired_keys, key.id, key.clone(), UniqueKey::Id)
}

pub(super) fn reseal(sealed: Option<&mut Vec<u8>>, from: &[u8], to: &[u8]) -> bool {
    update(sealed, |sealed| sealed == from, |sealed| *sealed = to.to_vec())
}
