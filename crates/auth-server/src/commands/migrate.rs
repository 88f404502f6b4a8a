//! `migrate`: brings the database up to date.

use crate::Failure;
use crate::output::print;
use crate::secret_key::load_or_make;
use crate::settings::{Database, Settings};

pub(crate) async fn run(settings: &Settings) -> Result<(), Failure> {
    if matches!(settings.database, Database::Sqlite(_)) {
        // The embedded database and its key are created together: `serve` never creates a key for an existing database.
        load_or_make(settings)?;
    }
    let ran = settings.database.migrate_to(None).await?;
    print(&format!("the database is up to date; migrations applied: {ran}"))
}
