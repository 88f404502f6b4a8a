//! `keys list`: lists the published signing keys, and the master keys.

use auth_crypto::SystemClock;
use auth_domain::ports::Clock as _;
use auth_domain::signing_key::{SigningKey, states_at};

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
    for (key, state) in states_at(keys, SystemClock.now()) {
        let from = rfc3339(key.active_from)?;
        print(&format!("{}  {:<8}  from {from}", key.id, state.as_str()))?;
    }
    Ok(())
}
