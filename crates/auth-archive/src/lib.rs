//! Export, restore and move of a whole database, over the `Archive` port: the same for both engines, in constant
//! memory. Where files and terminals come from is the binary's business; what a row means is the domain's.

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

/// How far it is: what is done, of how much, in which table. For whoever watches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress<'a> {
    /// What is being read or written.
    pub table: &'a str,
    /// Rows done, of all tables.
    pub done: u64,
    /// Rows there are, of all tables; 0 where that is not known.
    pub total: u64,
}

/// Is told of progress, a page of rows at a time.
pub type Watch<'a> = &'a mut (dyn FnMut(Progress<'_>) + Send);
