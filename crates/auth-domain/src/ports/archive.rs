//! The port to the database as a whole: every row of every table, for exports, restores and moves. Here a row is only a
//! JSON object of the table's columns; its meaning is not known.

use async_trait::async_trait;

use crate::Timestamp;
use crate::account::Account;

/// Why rows could not be read or written. The operator sees it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ArchiveError {
    /// The database failed or refused a row.
    #[error("{table}: {reason}")]
    Failed {
        /// The table, or the operation.
        table: String,
        /// The message of the database.
        reason: String,
    },
    /// The database has no such table, or the table no such column.
    #[error("this version of the database has no table {0}")]
    UnknownTable(String),
}

/// Whether others may write during a read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Writers {
    /// They continue; what they write is not seen.
    GoOn,
    /// They wait, and give up after a while; readers continue.
    Wait,
}

/// Access to every row of a database.
#[async_trait]
pub trait Archive: Send + Sync {
    /// Opens a view of all tables at one instant.
    async fn begin_read(&self, writers: Writers) -> Result<Box<dyn ArchiveReader>, ArchiveError>;

    /// Returns the time of the database's own clock; `None` if that is this machine's.
    async fn database_time(&self) -> Result<Option<Timestamp>, ArchiveError>;

    /// Begins a transaction. Dropped without a commit, it leaves nothing behind.
    async fn begin_write(&self) -> Result<Box<dyn ArchiveWriter>, ArchiveError>;
}

/// A view of all tables at one instant.
#[async_trait]
pub trait ArchiveReader: Send {
    /// Returns the version of the schema: that of the last migration.
    async fn schema_version(&mut self) -> Result<String, ArchiveError>;

    /// Returns the tables; those that others refer to come first.
    fn tables(&self) -> Vec<&'static str>;

    /// Returns the columns that identify a row of `table`. Rows are ordered by them, texts and ids byte by byte.
    fn key(&self, table: &str) -> &'static [&'static str];

    /// Returns the number of rows of `table`.
    async fn count(&mut self, table: &str) -> Result<u64, ArchiveError>;

    /// Returns the next rows of `table`, a bounded number, by ascending key: those after `after`, a JSON array of the
    /// key's values. Each row is a JSON object, with UUIDs in lower case with hyphens and bytes in lower-case
    /// hexadecimal.
    async fn rows(&mut self, table: &str, after: Option<&str>) -> Result<Vec<String>, ArchiveError>;

    /// Returns the next accounts with their identities, a bounded number, by ascending id: those after `after`.
    async fn accounts(&mut self, after: Option<crate::AccountId>) -> Result<Vec<Account>, ArchiveError>;
}

/// A transaction that writes.
#[async_trait]
pub trait ArchiveWriter: Send {
    /// Keeps all others from writing until the transaction ends.
    async fn lock(&mut self) -> Result<(), ArchiveError>;

    /// Returns the number of rows of `table`.
    async fn count(&mut self, table: &str) -> Result<u64, ArchiveError>;

    /// Inserts `rows`, a JSON array of objects as [`ArchiveReader::rows`] returns them, each with exactly `columns`.
    /// Other columns of the table get their defaults.
    async fn insert(&mut self, table: &str, columns: &[String], rows: &str) -> Result<(), ArchiveError>;

    /// Deletes the rows with the keys of `rows`, and whatever refers to them.
    async fn delete(&mut self, table: &str, rows: &str) -> Result<(), ArchiveError>;

    /// Deletes every row of `table`.
    async fn empty(&mut self, table: &str) -> Result<(), ArchiveError>;

    /// Inserts `accounts` with their identities.
    async fn insert_accounts(&mut self, accounts: &[Account]) -> Result<(), ArchiveError>;

    /// Commits the transaction.
    async fn commit(self: Box<Self>) -> Result<(), ArchiveError>;
}
