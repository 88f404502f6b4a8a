//! Brings a schema to a version, which is the date and number of a migration without its dashes.

use diesel::migration::{Migration, MigrationSource, MigrationVersion};
use diesel_async::AsyncConnectionCore;
use diesel_migrations::{EmbeddedMigrations, MigrationHarness};

type Backend = <crate::dialect::Connection as AsyncConnectionCore>::Backend;

/// Runs or reverts migrations until `version` is the last one; the newest of `source` where it is `None`. Answers how
/// many that were; the error says what went wrong.
pub(crate) fn migrate_to(
    harness: &mut impl MigrationHarness<Backend>,
    source: fn() -> EmbeddedMigrations,
    version: Option<&str>,
) -> Result<usize, String> {
    let text = |error: Box<dyn std::error::Error + Send + Sync>| error.to_string();
    let Some(version) = version else { return Ok(harness.run_pending_migrations(source()).map_err(text)?.len()) };
    if !knows(&source(), version) {
        return Err(format!("version {version} of the schema is not known here: it was made by a newer auth-server"));
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

/// Whether `version` is that of one of our migrations.
pub(crate) fn knows(source: &EmbeddedMigrations, version: &str) -> bool {
    let known: Result<Vec<Box<dyn Migration<Backend>>>, _> = source.migrations();
    known.is_ok_and(|known| known.iter().any(|migration| migration.name().version().to_string() == version))
}
