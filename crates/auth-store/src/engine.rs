//! What an engine brings: connections, and the SQL that differs.

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

/// What one call does on a connection that writes. What it finds it keeps for its caller, who may see it only once the
/// write is committed.
pub type Write = Box<dyn for<'c> FnOnce(&'c mut Connection) -> BoxFuture<'c, Result<(), CommitError>> + Send>;

/// An engine: PostgreSQL or SQLite. Every query is above it.
#[async_trait]
pub trait Engine: Send + Sync + 'static {
    /// Whether a statement runs on the thread that asks for it, and is done when it is first polled. A call then needs no
    /// task of its own: it waits only before it begins, so dropping it leaves nothing half done.
    fn runs_inline(&self) -> bool {
        false
    }

    /// Lends a connection that reads.
    async fn reader(&self) -> Result<Lent, StoreError>;

    /// The statements that begin each call, where one is a transaction.
    fn begin_call(&self) -> Option<String> {
        None
    }

    /// Does `write` on a connection that writes, all of it or nothing. What this answers is on the disk. An engine whose
    /// server may keep silent answers by that time, and then nobody knows whether it happened.
    async fn write(&self, write: Write, purpose: Purpose, by: Instant) -> Result<(), CommitError>;

    /// A statement that fails where the disk has no room for more, though what needs none can be written; `None` where
    /// every write needs some.
    fn take_room(&self) -> Option<&'static str> {
        None
    }

    /// Opens a connection of its own in a read transaction with one snapshot. Closing it ends the snapshot.
    async fn begin_snapshot(&self) -> Result<Connection, StoreError>;

    /// Opens a connection of its own for one who reads or writes a great deal.
    async fn archive_connection(&self) -> Result<Connection, ArchiveError>;

    /// Tells every other node soon that there is something to send. Nothing waits for it, and it may be lost: whoever is
    /// not told looks.
    fn tell_others(&self) {}

    /// Finishes what was begun and closes every connection; from then on nothing can be asked for. A server of a database
    /// does that by itself when this process ends.
    async fn close(&self) {}

    /// How busy the connections are.
    fn pool_load(&self) -> PoolLoad;

    /// What the last check of its file found, where it is in one.
    fn file_check(&self) -> FileCheck {
        FileCheck::Unknown
    }

    /// The workers that it has in the background.
    fn workers(&self) -> Supervisor;

    /// Tells `news`, until the engine is gone, what others do to sessions. Where it cannot, it tells nothing, and then
    /// nothing that is kept is used.
    fn watch_sessions(&self, news: Arc<dyn SessionNews>);

    /// Has its file checked now and every day, where it is in one.
    fn watch_file(&self) {}

    /// The migrations of this engine.
    fn migrations(&self) -> EmbeddedMigrations;

    /// How it writes rows as JSON.
    fn archive_dialect(&self) -> &'static dyn ArchiveDialect;
}

/// The SQL of an archive that differs between the engines.
pub trait ArchiveDialect: Sync {
    /// A query for the columns of every table: `table_name`, `name`, `declared`.
    fn columns(&self) -> &'static str;

    /// A query for the server's clock in microseconds since the Unix epoch, as `count`; `None` where there is no server.
    fn clock(&self) -> Option<&'static str>;

    /// Begins a transaction that reads one snapshot.
    fn begin_read(&self) -> &'static str;

    /// Begins a transaction that writes.
    fn begin_write(&self) -> &'static str;

    /// Begins a transaction during which, after [`Self::lock`], nobody else writes.
    fn begin_alone(&self) -> &'static str;

    /// Keeps others from writing to these tables until the end; those who read go on.
    fn lock(&self, tables: &[&str]) -> String;

    /// The function that makes a JSON object.
    fn object(&self) -> &'static str;

    /// A filter that keeps every row and uses the parameter.
    fn anything(&self) -> &'static str;

    /// The objects of the array that is bound.
    fn each_row(&self) -> &'static str;

    /// What a column holds that is declared like this; `None` where no archive knows.
    fn kind(&self, name: &str, declared: &str) -> Option<Kind>;

    /// A column, for JSON.
    fn read(&self, column: &str, kind: Kind) -> String;

    /// A field of one of [`Self::each_row`], for its column.
    fn write(&self, column: &str, kind: Kind) -> String;

    /// The value at `index` of the key that is bound.
    fn bound(&self, index: usize, kind: Kind) -> String;

    /// A column of a key, to sort by.
    fn ordered(&self, column: &str, kind: Kind) -> String;
}
