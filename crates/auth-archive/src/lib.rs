//! Export, restore and move of a whole database over the `Archive` port: the same for both engines, in constant memory.
//! The binary handles files and terminals; the domain knows what a row means.

mod copy;
mod credentials;
mod export;
mod file;
mod key_ids;
mod restore;
mod row;

pub use copy::{CopyError, copy, summarize};
pub use credentials::InvalidCredential;
pub use export::{ExportError, export};
pub use file::{Header, Manifest, TableSummary};
pub use restore::{RestoreError, Restored, Source, read_header, require_empty, restore};
pub use row::Checksum;

/// Progress: what is done, of how much, in which table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress<'a> {
    /// The table that is being read or written.
    pub table: &'a str,
    /// The rows done so far, of all tables.
    pub done: u64,
    /// The number of rows of all tables; 0 if unknown.
    pub total: u64,
}

/// Receives progress, after each page of rows.
pub type Watch<'a> = &'a mut (dyn FnMut(Progress<'_>) + Send);
