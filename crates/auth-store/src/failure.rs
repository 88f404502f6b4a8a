//! What the error of a driver means. PostgreSQL's errors are told apart by SQLSTATE (its manual, appendix A), never by
//! their text. SQLite has result codes, of which its driver passes on a few as kinds and the rest as texts that are
//! compiled in.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use auth_domain::ports::{CommitError, Guard, StoreError, UniqueKey};
use diesel::result::{DatabaseErrorInformation, DatabaseErrorKind, Error};

/// The SQLSTATEs of errors that a server reported and that nobody has taken yet, oldest first. The driver passes on
/// eight kinds of error, and of all others only a text in the server's language, so the engine reads them from the
/// wire.
#[derive(Clone, Debug, Default)]
pub struct SqlStates(Arc<Mutex<VecDeque<SqlState>>>);

/// Five characters (PostgreSQL's manual, appendix A).
pub type SqlState = [u8; 5];

/// How many are kept: no more statements are under way at once.
const MOST_KEPT: usize = 256;

impl SqlStates {
    /// Records what the server reported.
    pub fn note(&self, code: SqlState) {
        let mut kept = self.kept();
        if kept.len() < MOST_KEPT {
            kept.push_back(code);
        }
    }

    /// Takes that of the last error, if one statement is under way at a time, and forgets those before.
    pub fn take_last(&self) -> Option<SqlState> {
        std::mem::take(&mut *self.kept()).pop_back()
    }

    /// Returns that of the first error, where several statements are under way. It is that of the first statement that
    /// failed. Those after it in its transaction fail because of it, and may be looked at before it is.
    pub fn known_first(&self) -> Option<SqlState> {
        self.kept().front().copied()
    }

    /// Forgets those that nobody took.
    pub fn forget(&self) {
        self.kept().clear();
    }

    fn kept(&self) -> MutexGuard<'_, VecDeque<SqlState>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An error, and whether its connection may be used again.
pub(crate) struct Failure {
    pub(crate) meaning: CommitError,
    pub(crate) connection_is_gone: bool,
    /// Whether the server is read-only.
    pub(crate) read_only: bool,
    pub(crate) sqlstate: String,
}

impl Failure {
    fn of(meaning: impl Into<CommitError>) -> Self {
        Self { meaning: meaning.into(), connection_is_gone: false, read_only: false, sqlstate: String::new() }
    }

    fn and_connection_is_gone(self) -> Self {
        Self { connection_is_gone: true, ..self }
    }
}

pub(crate) fn meaning_in_postgres(error: &Error, sqlstate: Option<[u8; 5]>) -> Failure {
    let code = sqlstate.unwrap_or_default();
    let failure = match error {
        Error::DatabaseError(DatabaseErrorKind::UniqueViolation, info) => duplicate(&**info),
        Error::DatabaseError(DatabaseErrorKind::ForeignKeyViolation, _) => {
            Failure::of(CommitError::Conflict(Guard::ParentThere))
        }
        Error::DatabaseError(kind, _) => match (&code, kind) {
            // Two commits could not both happen: this one was rolled back and may be tried again.
            (b"40001" | b"40P01", _) | (_, DatabaseErrorKind::SerializationFailure) => {
                Failure::of(CommitError::Conflict(Guard::Alone))
            }
            // The server is read-only: a standby, or a primary that became one. Another host may accept writes; the
            // pool looks.
            (b"25006", _) | (_, DatabaseErrorKind::ReadOnlyTransaction) => {
                Failure { read_only: true, ..Failure::of(StoreError::Refused) }
            }
            // The disk is full, or a limit of the server is reached.
            ([b'5', b'3', ..], _) => Failure::of(StoreError::Refused),
            // Connection errors, a server that is being stopped, and sessions that it ended because they took too long.
            // In class 58 a system call of the server failed, as while its programs are being replaced: another connection
            // may do better.
            ([b'0' | b'5', b'8', ..] | b"25P03" | b"25P04" | b"57P01" | b"57P02" | b"57P03" | b"57P05", _)
            | (_, DatabaseErrorKind::ClosedConnection | DatabaseErrorKind::UnableToSendCommand) => {
                Failure::of(StoreError::Unavailable).and_connection_is_gone()
            }
            // A statement or a wait for a lock that took too long.
            (b"57014" | b"55P03", _) => Failure::of(StoreError::Unavailable),
            _ => Failure::of(StoreError::Failed),
        },
        error => meaning_elsewhere(error),
    };
    Failure { sqlstate: String::from_utf8_lossy(&code).trim_matches('\0').to_owned(), ..failure }
}

pub(crate) fn meaning_in_sqlite(error: &Error) -> Failure {
    match error {
        Error::DatabaseError(DatabaseErrorKind::UniqueViolation, info) => duplicate(&**info),
        Error::DatabaseError(DatabaseErrorKind::ForeignKeyViolation, _) => {
            Failure::of(CommitError::Conflict(Guard::ParentThere))
        }
        Error::DatabaseError(_, info) => match info.message() {
            // SQLite reports a quota, a limit on file sizes, and a full disk that grows the log's index as I/O errors.
            "database or disk is full" | "attempt to write a readonly database" | "disk I/O error" => {
                Failure::of(StoreError::Refused)
            }
            "database is locked" | "database table is locked" | "interrupted" | "unable to open database file" => {
                Failure::of(StoreError::Unavailable)
            }
            _ => Failure::of(StoreError::Failed),
        },
        // Why the commit failed is what counts; the state of the transaction is unknown.
        Error::RollbackErrorOnCommit { commit_error, .. } => meaning_in_sqlite(commit_error).and_connection_is_gone(),
        error => meaning_elsewhere(error),
    }
}

fn meaning_elsewhere(error: &Error) -> Failure {
    match error {
        Error::BrokenTransactionManager => Failure::of(StoreError::Unavailable).and_connection_is_gone(),
        _ => Failure::of(StoreError::Failed),
    }
}

/// Returns the duplicate key. PostgreSQL names the constraint and SQLite the column; the migrations name one after the
/// other.
fn duplicate(info: &dyn DatabaseErrorInformation) -> Failure {
    let named = info.constraint_name().unwrap_or_else(|| info.message());
    let key = if named.contains("identities") {
        UniqueKey::Identity
    } else if named.contains("email_key") {
        UniqueKey::Email
    } else if named.contains("username_key") {
        UniqueKey::Username
    } else if named.contains("sequence") {
        UniqueKey::SigningKeySequence
    } else {
        UniqueKey::Id
    };
    Failure::of(CommitError::Duplicate(key))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn postgres(code: &[u8; 5]) -> (CommitError, bool) {
        // The texts are those of a server that speaks German.
        let error = Error::DatabaseError(DatabaseErrorKind::Unknown, Box::new("Verklemmung entdeckt".to_owned()));
        let Failure { meaning, connection_is_gone, .. } = meaning_in_postgres(&error, Some(*code));
        (meaning, connection_is_gone)
    }

    #[test]
    fn errors_of_postgres_are_told_apart_by_their_code() {
        let again = CommitError::Conflict(Guard::Alone);
        let (away, refused) = (StoreError::Unavailable.into(), StoreError::Refused.into());
        for (code, meaning, gone) in [
            (b"40001", again, false),
            (b"40P01", again, false),
            (b"25006", refused, false),
            (b"53100", refused, false),
            (b"08006", away, true),
            (b"58P01", away, true),
            (b"57P01", away, true),
            (b"25P04", away, true),
            (b"57014", away, false),
            (b"55P03", away, false),
            (b"42501", StoreError::Failed.into(), false),
            (b"22P02", StoreError::Failed.into(), false),
        ] {
            assert_eq!(postgres(code), (meaning, gone), "{}", String::from_utf8_lossy(code));
        }
    }

    #[test]
    fn a_full_disk_is_a_refusal_in_sqlite_too() {
        let error = |text: &str| Error::DatabaseError(DatabaseErrorKind::Unknown, Box::new(text.to_owned()));
        for refused in ["database or disk is full", "disk I/O error"] {
            assert_eq!(meaning_in_sqlite(&error(refused)).meaning, StoreError::Refused.into(), "{refused}");
        }
        assert_eq!(meaning_in_sqlite(&error("no such table: accounts")).meaning, StoreError::Failed.into());
    }

    #[test]
    fn the_first_sqlstate_stays_and_the_last_is_taken_with_all_before_it() {
        let told = SqlStates::default();
        assert_eq!((told.take_last(), told.known_first()), (None, None));
        for code in [b"53100", b"25P02", b"25P02"] {
            told.note(*code);
        }
        assert_eq!((told.known_first(), told.known_first()), (Some(*b"53100"), Some(*b"53100")));
        told.note(*b"57014");
        assert_eq!((told.take_last(), told.known_first()), (Some(*b"57014"), None));
    }
}
