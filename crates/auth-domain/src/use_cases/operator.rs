//! What an operator does on the command line, with access to the database and the master key. No token identifies
//! operators, so these use cases take an [`Operator`], which only this file creates. No server builds them.

use std::sync::Arc;
use std::time::Duration;

use crate::event::Subscription;
use crate::ports::{Clock, Entropy, ImportSealing, NameDigest, Resealing, SigningKeyMaker, Store};
use crate::services::{Announcements, Environment};

use super::{DeleteAccount, ImportAccounts, PublishSigningKeys, ResealSecrets, SetRoles, UnlockAccount};

/// Proof that an operator is calling, who has the settings of the service. Only [`OperatorUseCases::new`] creates it.
#[derive(Debug)]
pub struct Operator(());

impl Operator {
    /// The operator's name in the record of a deletion.
    pub(super) const NAME: &'static str = "auth-server";
}

/// What the operator's use cases need from the outside.
#[expect(missing_docs, reason = "each field is a port under its own name")]
pub struct OperatorPorts {
    pub store: Arc<dyn Store>,
    pub clock: Arc<dyn Clock>,
    pub entropy: Arc<dyn Entropy>,
    pub name_digest: Arc<dyn NameDigest>,
    pub signing_key_maker: Arc<dyn SigningKeyMaker>,
    pub resealing: Arc<dyn Resealing>,
    pub import_sealing: Arc<dyn ImportSealing>,
}

/// Every use case of the command line.
#[expect(missing_docs, reason = "each field is a use case under its own name")]
pub struct OperatorUseCases {
    /// The proof that the other use cases take.
    pub operator: Operator,
    pub delete_account: DeleteAccount,
    pub import_accounts: ImportAccounts,
    pub publish_signing_keys: PublishSigningKeys,
    pub reseal_secrets: ResealSecrets,
    pub set_roles: SetRoles,
    pub unlock_account: UnlockAccount,
}

impl OperatorUseCases {
    /// Builds the use cases. `subscriptions` says which services receive which events, `longest_session` the maximum
    /// age of a session.
    pub fn new(ports: OperatorPorts, subscriptions: Vec<Subscription>, longest_session: Duration) -> Self {
        let OperatorPorts { store, clock, entropy, name_digest, signing_key_maker, resealing, import_sealing } = ports;
        let env = Environment { store, clock, entropy: entropy.clone() };
        Self {
            operator: Operator(()),
            delete_account: DeleteAccount::new(env.clone(), Arc::new(Announcements { subscriptions, entropy })),
            import_accounts: ImportAccounts::new(env.clone(), import_sealing),
            publish_signing_keys: PublishSigningKeys::new(env.clone(), signing_key_maker),
            reseal_secrets: ResealSecrets::new(env.clone(), resealing, longest_session),
            set_roles: SetRoles::new(env.clone()),
            unlock_account: UnlockAccount::new(env, name_digest),
        }
    }
}
