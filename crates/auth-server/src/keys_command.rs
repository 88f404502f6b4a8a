//! `keys list`, `keys rotate` and `keys reseal`.

use std::sync::Arc;

use auth_crypto::{KeyRing, RingResealing, SealedSigningKeys, SystemClock, SystemEntropy};
use auth_domain::Timestamp;
use auth_domain::ports::{Clock as _, Store};
use auth_domain::signing_key::{SigningKey, signing_at};
use auth_domain::use_cases::{PublishSigningKeys, ResealSecrets};

use crate::Failure;
use crate::cli::KeysCommand;
use crate::commands::{print, rfc3339};
use crate::secret_key::load_or_make;
use crate::settings::Settings;

pub(crate) async fn run(settings: &Settings, command: &KeysCommand) -> Result<(), Failure> {
    // The store first: where there is none, no key is made either.
    let store = settings.database.open().await?.store;
    let ring = load_or_make(settings)?.ring;
    let keys = PublishSigningKeys {
        store: store.clone(),
        maker: Arc::new(SealedSigningKeys::new(ring.clone())),
        clock: Arc::new(SystemClock),
        entropy: Arc::new(SystemEntropy),
    };
    match command {
        KeysCommand::List => {
            show(&keys.list().await?)?;
            print(&format!("master keys, newest first: {ring:?}"))?;
            for key in store.list_retired_keys().await? {
                let retired = rfc3339(key.retired_at)?;
                print(&format!(
                    "what is left of the master key {:?}, which was retired {retired}",
                    key.key_id.as_str()
                ))?;
            }
            Ok(())
        }
        KeysCommand::Reseal => reseal(settings, store, ring).await,
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
        let from = rfc3339(key.active_from)?;
        print(&format!("{}  {state:<6}  from {from}", key.id))?;
    }
    Ok(())
}

async fn reseal(settings: &Settings, store: Arc<dyn Store>, ring: KeyRing) -> Result<(), Failure> {
    let reseal = ResealSecrets {
        store,
        resealing: Arc::new(RingResealing::new(ring)),
        clock: Arc::new(SystemClock),
        entropy: Arc::new(SystemEntropy),
        longest_session: settings.lifetimes.absolute,
    };
    let done = reseal.execute().await?;
    print(&format!("secrets that were sealed with the newest master key: {}", done.secrets))?;
    for key in &done.retired {
        print(&format!("the master key {:?} may be taken out of AUTH_SECRET_KEY on every node", key.as_str()))?;
    }
    for (key, accounts) in &done.needed_by {
        print(&format!("accounts that still need what is kept of {key:?}: {accounts}; fewer with each login"))?;
    }
    for key in &done.forgotten {
        print(&format!("nothing needs what was left of {:?}: it is gone", key.as_str()))?;
    }
    Ok(())
}
