//! `keys reseal`: moves everything to the newest master key.

use crate::Failure;
use crate::operator::Operation;
use crate::output::print;
use crate::settings::Settings;

pub(crate) async fn run(settings: &Settings) -> Result<(), Failure> {
    let Operation { use_cases, .. } = Operation::begin(settings).await?;
    let done = use_cases.reseal_secrets.execute(&use_cases.operator).await?;
    print(&format!("secrets re-encrypted with the first master key: {}", done.secrets))?;
    for key in &done.retired {
        print(&format!("you can now remove the master key {} from AUTH_SECRET_KEY on every node", key.as_str()))?;
    }
    for (key, accounts) in &done.needed_by {
        print(&format!(
            "accounts that still depend on the retired master key {key}: {accounts}; each login lowers the number"
        ))?;
    }
    for key in &done.forgotten {
        print(&format!(
            "no account depends on the retired master key {} any more: its last part was deleted",
            key.as_str()
        ))?;
    }
    Ok(())
}
