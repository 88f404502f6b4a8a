//! What an engine provides: connections, and the SQL that differs.

use std::sync::Arc;
use std::time::Instant;

use async_trait::async_trait;
use auth_domain::load::{FileCheck, PoolLoad};
use auth_domain::ports::{ArchiveError, CommitError, SessionNews, StoreError};
use diesel_migrations::EmbeddedMigrations;
use futures_util::future::BoxFuture;
use supervisor::Supervisor;

use crate::archive::Kind;
use crate::connection::Connection;
use crate::pool::{Lent, Purpose};

/// The work of one call on a connection that writes. It stores what it finds for its caller, who may see it only after
/// the write is committed.
pub type Write = Box<dyn for<'c> FnOnce(&'c mut Connection) -> BoxFuture<'c, Result<(), CommitError>> + Send>;

/// An engine: PostgreSQL or SQLite. All queries are built on it.
#[async_trait]
pub trait Engine: Send + Sync + 'static {
    /// Tells whether a statement runs on the calling thread and is complete when first polled. Then a call needs no
    /// separate task: it only waits before it begins, so dropping it leaves nothing half done.
    fn runs_inline(&self) -> bool {
        false
    }

    /// Lends a connection for reading.
    async fn reader(&self) -> Result<Lent, StoreError>;

    /// Returns the statements that begin each call, if a call is a transaction.
    fn begin_call(&self) -> Option<String> {
        None
    }

    /// Does `write` on a connection that writes, completely or not at all. When this returns, the data is on the disk.
    /// An engine whose server may hang returns at the time `by`, and then the outcome is unknown.
    async fn write(&self, write: Write, purpose: Purpose, by: Instant) -> Result<(), CommitError>;

    /// Returns a statement that fails if the disk has no room for more, although writes that need none succeed; `None`
    /// if every write needs some.
    fn take_room(&self) -> Option<&'static str> {
        None
    }

    /// Opens a separate connection in a read transaction with one snapshot. Closing it ends the snapshot.
    async fn begin_snapshot(&self) -> Result<Connection, StoreError>;

    /// Opens a separate connection for reading or writing large amounts.
    async fn archive_connection(&self) -> Result<Connection, ArchiveError>;

    /// Hints to every other node that there is something to send. Nothing waits for this, and it may be lost: nodes
    /// that miss it look by themselves.
    fn tell_others(&self) {}

    /// Finishes what was begun and closes every connection; afterwards nothing can be requested. A database server does
    /// so by itself when this process ends.
    async fn close(&self) {}

    /// Returns how busy the connections are.
    fn pool_load(&self) -> PoolLoad;

    /// Returns what the last check of the database's file found, if it has one.
    fn file_check(&self) -> FileCheck {
        FileCheck::Unknown
    }

    /// Returns the background workers of the engine.
    fn workers(&self) -> Supervisor;

    /// Reports to `news`, for as long as the engine exists, what others do to sessions. If it cannot, it reports
    /// nothing, and then nothing is used from the cache.
    fn watch_sessions(&self, news: Arc<dyn SessionNews>);

    /// Has the database's file checked now and every day, if it has one.
    fn watch_file(&self) {}

    /// Returns the migrations of this engine.
    fn migrations(&self) -> EmbeddedMigrations;

    /// Returns how it writes rows as JSON.
    fn archive_dialect(&self) -> &'static dyn ArchiveDialect;
}

/// The SQL of an archive that differs between the engines.
pub trait ArchiveDialect: Sync {
    /// Returns a query for the columns of every table: `table_name`, `name`, `declared`.
    fn columns(&self) -> &'static str;

    /// Returns a query for the server's clock in microseconds since the Unix epoch, as `count`; `None` if there is no
    /// server.
    fn clock(&self) -> Option<&'static str>;

    /// Returns the statement that begins a transaction which reads one snapshot.
    fn begin_read(&self) -> &'static str;

    /// Returns the statement that begins a transaction which writes.
    fn begin_write(&self) -> &'static str;

    /// Returns the statement that begins a transaction during which, after [`Self::lock`], nobody else writes.
    fn begin_alone(&self) -> &'static str;

    /// Returns the statement that keeps others from writing to these tables until the end; readers continue.
    fn lock(&self, tables: &[&str]) -> String;

    /// Returns the function that creates a JSON object.
    fn object(&self) -> &'static str;

    /// Returns a filter that keeps every row and uses the parameter.
    fn anything(&self) -> &'static str;

    /// Returns the expression for the objects of the bound array.
    fn each_row(&self) -> &'static str;

    /// Returns the kind of a column with this declaration; `None` if archives do not know it.
    fn kind(&self, name: &str, declared: &str) -> Option<Kind>;

    /// Returns the expression of a column, for JSON.
    fn read(&self, column: &str, kind: Kind) -> String;

    /// Returns the expression of a field of [`Self::each_row`], for its column.
    fn write(&self, column: &str, kind: Kind) -> String;

    /// Returns the expression of the value at `index` of the bound key.
    fn bound(&self, index: usize, kind: Kind) -> String;

    /// Returns the expression of a key column, to sort by.
    fn ordered(&self, column: &str, kind: Kind) -> String;
}
