//! `keys reseal`: moves everything to the newest master key.

use crate::Failure;
use crate::operator::Operation;
use crate::output::print;
use crate::settings::Settings;

pub(crate) async fn run(settings: &Settings) -> Result<(), Failure> {
    let Operation { use_cases, .. } = Operation::begin(settings).await?;
    let done = use_cases.reseal_secrets.execute(&use_cases.operator).await?;
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
