//! The port to the database as a whole: every row of every table, for exports, restores and moves. What a row means is
//! not known here; it is a JSON object of the table's columns.

use async_trait::async_trait;

use crate::Timestamp;
use crate::account::Account;

/// Why rows could not be read or written, for an operator.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ArchiveError {
    /// The database failed, or refused a row.
    #[error("{table}: {reason}")]
    Failed {
        /// The table, or what was done.
        table: String,
        /// The database's words.
        reason: String,
    },
    /// No such table, or it has no such column.
    #[error("this version of the database has no table {0}")]
    UnknownTable(String),
}

/// Whether others may write meanwhile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Writers {
    /// They go on; what they write is not seen.
    GoOn,
    /// They wait, and give up after a while; readers go on.
    Wait,
}

/// Every row of a database.
#[async_trait]
pub trait Archive: Send + Sync {
    /// A view of all tables at one instant.
    async fn begin_read(&self, writers: Writers) -> Result<Box<dyn ArchiveReader>, ArchiveError>;

    /// The time on the database's own clock; `None` where that is this machine's.
    async fn database_time(&self) -> Result<Option<Timestamp>, ArchiveError>;

    /// A transaction; dropped without a commit, it leaves nothing behind.
    async fn begin_write(&self) -> Result<Box<dyn ArchiveWriter>, ArchiveError>;
}

/// One view of all tables.
#[async_trait]
pub trait ArchiveReader: Send {
    /// The version of the schema: that of the last migration.
    async fn schema_version(&mut self) -> Result<String, ArchiveError>;

    /// The tables, those that others refer to first.
    fn tables(&self) -> Vec<&'static str>;

    /// The columns that identify a row of `table`; rows come in their order, texts and ids byte by byte.
    fn key(&self, table: &str) -> &'static [&'static str];

    /// How many rows `table` has.
    async fn count(&mut self, table: &str) -> Result<u64, ArchiveError>;

    /// The next rows of `table`, a bounded number, by ascending key: those after `after`, a JSON array of the key's
    /// values. Each is a JSON object: UUIDs in lower case with hyphens, bytes in lower-case hexadecimal digits.
    async fn rows(&mut self, table: &str, after: Option<&str>) -> Result<Vec<String>, ArchiveError>;

    /// The next accounts with their identities, a bounded number, by ascending id: those after `after`.
    async fn accounts(&mut self, after: Option<crate::AccountId>) -> Result<Vec<Account>, ArchiveError>;
}

/// One transaction.
#[async_trait]
pub trait ArchiveWriter: Send {
    /// Keeps all others from writing until the end.
    async fn lock(&mut self) -> Result<(), ArchiveError>;

    /// How many rows `table` has.
    async fn count(&mut self, table: &str) -> Result<u64, ArchiveError>;

    /// Inserts `rows`, a JSON array of objects as [`ArchiveReader::rows`] gives them, each with exactly `columns`. Other
    /// columns of the table get their defaults.
    async fn insert(&mut self, table: &str, columns: &[String], rows: &str) -> Result<(), ArchiveError>;

    /// Deletes the rows with the keys of `rows`, and what refers to them.
    async fn delete(&mut self, table: &str, rows: &str) -> Result<(), ArchiveError>;

    /// Deletes every row of `table`.
    async fn empty(&mut self, table: &str) -> Result<(), ArchiveError>;

    /// Inserts `accounts` with their identities.
    async fn insert_accounts(&mut self, accounts: &[Account]) -> Result<(), ArchiveError>;

    /// Makes all of it last.
    async fn commit(self: Box<Self>) -> Result<(), ArchiveError>;
}
