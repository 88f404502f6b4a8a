//! What operators do on the command line, directly on the database.

use std::sync::Arc;

use auth_crypto::{
    DerivedInvitations, HashingLane, KeyRing, KeyedNameDigest, RingResealing, SealedImports, SealedSigningKeys,
    SystemClock, SystemEntropy,
};
use auth_domain::account::PasswordPolicy;
use auth_domain::ports::Store;
use auth_domain::use_cases::{OperatorPorts, OperatorUseCases};

use crate::Failure;
use crate::secret_key::load_or_make;
use crate::settings::Settings;

/// The database and the master key of the settings, with the use cases on them.
pub(crate) struct Operation {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) ring: KeyRing,
    pub(crate) use_cases: OperatorUseCases,
}

impl Operation {
    /// Opens the database and reads the master key. Starts nothing.
    pub(crate) async fn begin(settings: &Settings) -> Result<Self, Failure> {
        // The database comes first: if there is none, no key is created either.
        let store = settings.database.open().await?.store;
        let ring = load_or_make(settings)?.ring;
        // What is kept of retired keys still recognises passwords; without it, only new ones are.
        let retired = store.list_retired_keys().await?;
        let recognising = ring.clone().with_retired(&retired, settings.lifetimes.absolute).unwrap_or(ring.clone());
        let ports = OperatorPorts {
            store: store.clone(),
            clock: Arc::new(SystemClock),
            entropy: Arc::new(SystemEntropy),
            name_digest: Arc::new(KeyedNameDigest::new(ring.clone())),
            invitation_tokens: Arc::new(DerivedInvitations::new(ring.clone())),
            password_hasher: Arc::new(HashingLane::start(&ring, settings.hashing)?),
            signing_key_maker: Arc::new(SealedSigningKeys::new(ring.clone())),
            resealing: Arc::new(RingResealing::new(ring.clone())),
            import_sealing: Arc::new(SealedImports::new(recognising)),
        };
        let use_cases = OperatorUseCases::new(
            ports,
            settings.subscriptions(),
            settings.lifetimes.absolute,
            settings.registration.clone(),
            PasswordPolicy { min_characters: settings.password_min },
            settings.deletion_grace,
        );
        Ok(Self { store, ring, use_cases })
    }
}
