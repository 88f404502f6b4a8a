//! `keys withdraw`: invalidates a signing key that has leaked.

use auth_domain::SigningKeyId;
use uuid::Uuid;

use crate::Failure;
use crate::operator::Operation;
use crate::settings::Settings;

use super::keys_list::print_signing_keys;

pub(crate) async fn run(settings: &Settings, key: &str) -> Result<(), Failure> {
    let id = Uuid::parse_str(key)
        .map_err(|_| format!("{key:?} is not the id of a key; `auth-server keys list` shows them"))?;
    let Operation { use_cases, .. } = Operation::begin(settings).await?;
    let withdrawn = use_cases.publish_signing_keys.withdraw(&use_cases.operator, SigningKeyId::from(id)).await;
    print_signing_keys(&withdrawn.map_err(|error| error.to_string())?)
}
