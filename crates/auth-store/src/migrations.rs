//! Brings a schema to a version, which is the date and number of a migration without dashes.

use diesel::backend::Backend;
use diesel::migration::{Migration, MigrationSource, MigrationVersion};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness};

/// Runs or reverts migrations until `version` is the last one, or the newest of `source` if it is `None`. Returns how
/// many there were; the error says what went wrong.
pub fn migrate_to<DB: Backend>(
    harness: &mut impl MigrationHarness<DB>,
    source: fn() -> EmbeddedMigrations,
    version: Option<&str>,
) -> Result<usize, String> {
    let text = |error: Box<dyn std::error::Error + Send + Sync>| error.to_string();
    let Some(version) = version else { return Ok(harness.run_pending_migrations(source()).map_err(text)?.len()) };
    if !knows::<DB>(&source(), version) {
        return Err(format!("schema version {version} is unknown: it was made by a newer auth-server"));
    }
    let version = MigrationVersion::from(version);
    let mut changed = 0;
    while harness.applied_migrations().map_err(text)?.iter().max().is_some_and(|last| *last > version) {
        harness.revert_last_migration(source()).map_err(text)?;
        changed += 1;
    }
    for migration in harness.pending_migrations(source()).map_err(text)? {
        if migration.name().version() <= version {
            harness.run_migration(&migration).map_err(text)?;
            changed += 1;
        }
    }
    Ok(changed)
}

/// Tells whether `version` is that of one of our migrations.
pub(crate) fn knows<DB: Backend>(source: &EmbeddedMigrations, version: &str) -> bool {
    let known: Result<Vec<Box<dyn Migration<DB>>>, _> = source.migrations();
    known.is_ok_and(|known| known.iter().any(|migration| migration.name().version().to_string() == version))
}

/// Tells whether `applied` contains all versions of `source`: then there is nothing to run, and no right to change the
/// schema is needed.
pub fn is_up_to_date<DB: Backend>(source: &EmbeddedMigrations, applied: &[String]) -> bool {
    let known: Result<Vec<Box<dyn Migration<DB>>>, _> = source.migrations();
    known.is_ok_and(|known| known.iter().all(|migration| applied.contains(&migration.name().version().to_string())))
}
