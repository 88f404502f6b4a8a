//! `restore`: fills an empty database from an export.

use std::path::Path;

use crate::Failure;
use crate::export_file::{OpenExport, RestoreOptions};
use crate::output::print;
use crate::secret_key::existing;
use crate::settings::Settings;

use super::restore_drill;

pub(crate) async fn run(
    settings: Settings,
    file: &Path,
    options: RestoreOptions,
    only_drill: bool,
) -> Result<(), Failure> {
    let export = OpenExport::open(file)?;
    // An export that was made with another key cannot be used with a newly created one.
    let ring = existing(&settings)?.ring;
    if only_drill {
        return restore_drill::run(settings, export, &ring, options).await;
    }
    let (restored, told) = export.restore_into(&settings.database, &ring, settings.hash_cost(), options).await?;
    print(&format!("restored {told}"))?;
    if restored.sessions_ended > 0 {
        print(&format!("sessions were not restored ({}): users must log in again", restored.sessions_ended))?;
    }
    Ok(())
}
