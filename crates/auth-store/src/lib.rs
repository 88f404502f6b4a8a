//! The `Store` and `Archive` ports in SQL, once for both engines: schema, rows, every query and the commit.
//!
//! The type of a query names no engine until it runs (`connection.rs`), so each is written and compiled once. What
//! differs is behind [`Engine`]: connections, and how rows are written as JSON. `auth-postgres` and `auth-sqlite` know
//! where the connections lead, and over what.

mod accounts;
mod admins;
mod archive;
mod audit;
mod challenges;
mod commit;
mod connection;
mod engine;
mod events;
mod failure;
mod fixed;
mod heard;
mod identities;
mod invitations;
mod joins;
mod keys;
mod mails;
mod maintenance;
mod migrations;
mod names;
mod outbox;
mod password_limits;
mod places;
mod pool;
mod prepared;
mod purge;
mod rate_limits;
mod readiness;
mod schema;
mod sessions;
mod snapshot;
mod spawner;
mod steps;
mod store;
mod two_factor;
mod types;

pub use archive::{Kind, archived_tables};
pub use connection::{Connection, PostgresConnection, SqliteConnection, WriteAheadLog};
pub use engine::{ArchiveDialect, Engine, Write};
pub use failure::{SqlState, SqlStates};
pub use heard::{Heard, HeardStream};
pub use migrations::{is_up_to_date, migrate_to};
pub use pool::{Lent, OpenError, Opener, Pool, Purpose};
pub use snapshot::SNAPSHOT_LIMIT;
pub use spawner::Spawner;
pub use store::{SqlStore, work_on};

use auth_domain::ports::{CommitError, StoreError};

/// Reports a row that contains what the domain cannot have written: someone else changed the database.
fn corrupt(table: &'static str, column: &'static str) -> CommitError {
    tracing::error!(table, column, "a row cannot be read: it contains an invalid value");
    StoreError::Corrupt { table, column }.into()
}
