//! What the log says about failures of the database.

use super::*;

/// What the log says about a failure.
pub(super) struct Complaint {
    error: String,
    sqlstate: String,
    /// With an unexpected failure: the type of the rows that were queried. The driver names only the column of a value that
    /// has the wrong type; the Rust type names the table.
    rows: Option<&'static str>,
}

impl Complaint {
    pub(super) fn of<T>(meaning: CommitError, error: &diesel::result::Error, sqlstate: String) -> Option<Self> {
        let rows = match meaning {
            CommitError::Store(StoreError::Failed) => Some(std::any::type_name::<T>()),
            CommitError::Store(_) => None,
            CommitError::Conflict(_) | CommitError::Duplicate(_) => return None,
        };
        Some(Self { error: error.to_string(), sqlstate, rows })
    }

    pub(super) fn log(self) {
        let Self { error, sqlstate, rows } = self;
        match rows {
            Some(rows) => tracing::error!(error, sqlstate, rows, "a database query failed"),
            None => tracing::error!(error, sqlstate, "the database is unavailable"),
        }
    }
}
