//! `keys list` and `keys rotate`.

use std::sync::Arc;

use auth_crypto::{SealedSigningKeys, SystemClock, SystemEntropy};
use auth_domain::Timestamp;
use auth_domain::ports::Clock as _;
use auth_domain::signing_key::{SigningKey, signing_at};
use auth_domain::use_cases::PublishSigningKeys;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::Failure;
use crate::cli::KeysCommand;
use crate::commands::print;
use crate::secret_key::load_or_make;
use crate::settings::Settings;

pub(crate) async fn run(settings: &Settings, command: &KeysCommand) -> Result<(), Failure> {
    // The store first: where there is none, no key is made either.
    let store = settings.database.open().await?.store;
    let ring = load_or_make(settings)?.ring;
    let keys = PublishSigningKeys {
        store,
        maker: Arc::new(SealedSigningKeys::new(ring.clone())),
        clock: Arc::new(SystemClock),
        entropy: Arc::new(SystemEntropy),
    };
    match command {
        KeysCommand::List => {
            show(&keys.list().await?)?;
            print(&format!("master keys, newest first: {ring:?}"))
        }
        KeysCommand::Rotate => show(&keys.rotate_early().await?),
    }
}

/// One line each: its `kid`, whether it signs, and from when it does.
fn show(keys: &[SigningKey]) -> Result<(), Failure> {
    let now: Timestamp = SystemClock.now();
    let signing = signing_at(keys, now, |key| (key.sequence, key.active_from)).map(|key| key.id);
    for key in keys {
        let state = match key {
            key if Some(key.id) == signing => "signs",
            key if key.active_from > now => "waits",
            _ => "signed",
        };
        let from = OffsetDateTime::from_unix_timestamp(key.active_from.as_seconds())?.format(&Rfc3339)?;
        print(&format!("{}  {state:<6}  from {from}", key.id))?;
    }
    Ok(())
}
