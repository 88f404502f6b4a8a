//! The `Store` and `Archive` ports in SQL, once for both engines: schema, rows, every query and the commit.
//!
//! A query's type names no engine until it runs (`connection.rs`), so each is written and compiled once. What differs is
//! behind [`Engine`]: connections, and how rows are written as JSON. Where the connections lead, and over what, is
//! `auth-postgres`' and `auth-sqlite`'s.

mod accounts;
mod archive;
mod audit;
mod challenges;
mod commit;
mod connection;
mod engine;
mod events;
mod failure;
mod identities;
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
pub use connection::{Connection, PostgresConnection, SqliteConnection};
pub use engine::{ArchiveDialect, Engine, Write};
pub use failure::{SqlState, SqlStates};
pub use migrations::{is_up_to_date, migrate_to};
pub use pool::{Lent, OpenError, Opener, Pool, Purpose};
pub use snapshot::SNAPSHOT_LIMIT;
pub use spawner::Spawner;
pub use store::{SqlStore, work_on};

use auth_domain::ports::{CommitError, StoreError};

/// A row holds what the domain could not have written: the database was changed by other hands.
fn corrupt(table: &'static str, column: &'static str) -> CommitError {
    tracing::error!(table, column, "a row cannot be read: a value is not one that this service writes");
    StoreError::Corrupt { table, column }.into()
}
