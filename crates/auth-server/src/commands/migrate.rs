//! `migrate`: brings the database up to date.

use crate::Failure;
use crate::output::print;
use crate::secret_key::load_or_make;
use crate::settings::{Database, Settings};

pub(crate) async fn run(settings: &Settings) -> Result<(), Failure> {
    if matches!(settings.database, Database::Sqlite(_)) {
        // The embedded database and its key are made together: `serve` never makes a key for a database
        // that is there already.
        load_or_make(settings)?;
    }
    let ran = settings.database.migrate_to(None).await?;
    print(&format!("the database is up to date; migrations applied: {ran}"))
}
