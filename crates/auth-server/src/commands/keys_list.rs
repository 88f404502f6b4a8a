//! `keys list`: lists the published signing keys, and the master keys.

use auth_crypto::SystemClock;
use auth_domain::Timestamp;
use auth_domain::ports::Clock as _;
use auth_domain::signing_key::{SigningKey, signing_at};

use crate::Failure;
use crate::operator::Operation;
use crate::output::{print, rfc3339};
use crate::settings::Settings;

pub(crate) async fn run(settings: &Settings) -> Result<(), Failure> {
    let Operation { store, ring, use_cases } = Operation::begin(settings).await?;
    print_signing_keys(&use_cases.publish_signing_keys.list().await?)?;
    print(&format!("master keys, the first one encrypts: {ring}"))?;
    for key in store.list_retired_keys().await? {
        let (id, retired) = (key.key_id.as_str(), rfc3339(key.retired_at)?);
        print(&format!("retired master key {id}, since {retired}: part of it is kept until no account depends on it"))?;
    }
    Ok(())
}

/// Prints one line for each key: its `kid`, whether it signs, and from when.
pub(super) fn print_signing_keys(keys: &[SigningKey]) -> Result<(), Failure> {
    let now: Timestamp = SystemClock.now();
    let signing = signing_at(keys, now, |key| (key.sequence, key.active_from)).map(|key| key.id);
    for key in keys {
        let state = match key {
            key if Some(key.id) == signing => "current",
            key if key.active_from > now => "next",
            _ => "previous",
        };
        let from = rfc3339(key.active_from)?;
        print(&format!("{}  {state:<8}  from {from}", key.id))?;
    }
    Ok(())
}
