//! `keys rotate`: publishes the next signing key early.

use crate::Failure;
use crate::operator::Operation;
use crate::settings::Settings;

use super::keys_list::print_signing_keys;

pub(crate) async fn run(settings: &Settings) -> Result<(), Failure> {
    let Operation { use_cases, .. } = Operation::begin(settings).await?;
    print_signing_keys(&use_cases.publish_signing_keys.rotate_early().await?)
}
