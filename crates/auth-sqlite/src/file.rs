//! The database's file and those beside it: who may serve it, and whether it is still what it was.
//!
//! SQLite takes an empty file for a new database, and discards a log beside it. A file that lost its contents, because
//! a copy failed or the disk was full, would therefore be served as a service without accounts.

use std::fs::{File, Permissions, TryLockError};
use std::io::{Read as _, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use diesel::{RunQueryDsl as _, SqliteConnection};

use crate::OpenError;

/// The content of the lock file once the database has been created.
const MADE: &[u8] = b"made\n";

/// A claim on the database. Nobody else serves it while this exists.
#[derive(Debug)]
pub struct Claim {
    /// The system releases the lock with its process, however that ends.
    _lock: File,
}

/// Claims the database file `path` for one service; its folder must exist. Commands do not need a claim.
pub fn claim(path: &Path) -> Result<Claim, OpenError> {
    let beside = beside(path, ".service");
    let lock = open_lock(&beside).map_err(|reason| OpenError::Open { path: path.to_owned(), reason })?;
    match lock.try_lock() {
        Ok(()) => Ok(Claim { _lock: lock }),
        Err(TryLockError::WouldBlock) => Err(OpenError::InUse { path: path.to_owned() }),
        Err(TryLockError::Error(error)) => {
            Err(OpenError::Open { path: path.to_owned(), reason: format!("{}: {error}", beside.display()) })
        }
    }
}

/// Keeps others from starting until it is dropped.
pub(crate) struct StartLock(File);

impl StartLock {
    /// Waits for its turn.
    pub(crate) fn take(path: &Path) -> Result<Self, OpenError> {
        let beside = beside(path, ".lock");
        let open_error = |reason: String| OpenError::Open { path: path.to_owned(), reason };
        let lock = open_lock(&beside).map_err(open_error)?;
        lock.lock().map_err(|error| open_error(format!("{}: {error}", beside.display())))?;
        Ok(Self(lock))
    }

    /// Records that there is no database, or none any more.
    pub(crate) fn forget_made(&mut self) -> std::io::Result<()> {
        self.0.set_len(0)
    }

    /// Records that the database has been created: its file is never empty again.
    pub(crate) fn note_made(&mut self) -> std::io::Result<()> {
        if self.0.metadata()?.len() == 0 { self.0.write_all(MADE) } else { Ok(()) }
    }
}

/// Opens a lock file that only its owner may access, whatever the folder.
fn open_lock(path: &Path) -> Result<File, String> {
    let opened = File::options().create(true).append(true).mode(0o600).open(path);
    let lock = opened.map_err(|error| format!("{}: {error}", path.display()))?;
    // A file of an older version, whose owner may be another user, who then takes care of it.
    let _ = lock.set_permissions(Permissions::from_mode(0o600));
    Ok(lock)
}

/// Refuses a file that is empty or missing where a database was: its log is still there, or the lock file says so.
pub(crate) fn refuse_emptied(path: &Path) -> Result<(), OpenError> {
    let length = std::fs::metadata(path).map(|file| file.len()).ok();
    if length.is_some_and(|length| length > 0) {
        return Ok(());
    }
    let is = if length.is_some() { "is empty" } else { "is missing" };
    let log = beside(path, "-wal");
    let emptied = |reason: String| OpenError::Emptied { path: path.to_owned(), reason };
    if std::fs::metadata(&log).is_ok_and(|log| log.len() > 0) {
        return Err(emptied(format!("{is}, but its log {} exists", log.display())));
    }
    // Someone who removes the file wants to start over; nobody empties it for that.
    if length.is_some() && was_made(path) {
        return Err(emptied(format!("{is}, but used to contain a database")));
    }
    Ok(())
}

/// Refuses an existing file without tables where a database had been created: someone opened a missing file, and SQLite
/// created it again.
pub(crate) fn refuse_without_tables(path: &Path, conn: &mut SqliteConnection) -> Result<(), OpenError> {
    let query = "SELECT count(*) AS tables FROM sqlite_schema";
    let counted: Counted =
        diesel::sql_query(query).get_result(conn).map_err(|error| OpenError::new(path, error.to_string()))?;
    if counted.tables > 0 || !was_made(path) {
        return Ok(());
    }
    let reason = "has no tables, but used to contain a database".to_owned();
    Err(OpenError::Emptied { path: path.to_owned(), reason })
}

#[derive(diesel::QueryableByName)]
struct Counted {
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    tables: i64,
}

fn was_made(path: &Path) -> bool {
    let mut text = Vec::new();
    let read = File::open(beside(path, ".lock")).and_then(|lock| lock.take(64).read_to_end(&mut text));
    read.is_ok() && text.starts_with(MADE)
}

/// Returns the path of a file beside the database.
pub(crate) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut beside = path.as_os_str().to_owned();
    beside.push(suffix);
    PathBuf::from(beside)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_file_is_refused_where_a_database_was_and_taken_where_none_was() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("auth.db");
        let emptied = || matches!(refuse_emptied(&path), Err(OpenError::Emptied { .. }));
        assert!(!emptied(), "a first start");
        let mut lock = StartLock::take(&path).unwrap();
        std::fs::write(&path, "").unwrap();
        assert!(!emptied(), "a first start that did not come to its end");
        lock.note_made().unwrap();
        lock.note_made().unwrap();
        assert!(emptied());
        assert_eq!(std::fs::read(beside(&path, ".lock")).unwrap(), MADE);
        std::fs::remove_file(&path).unwrap();
        assert!(!emptied(), "somebody begins anew");
        lock.forget_made().unwrap();
        std::fs::write(&path, "").unwrap();
        assert!(!emptied(), "and that did not come to its end");
        lock.note_made().unwrap();
        std::fs::remove_file(&path).unwrap();
        std::fs::write(beside(&path, "-wal"), "frames").unwrap();
        assert!(emptied(), "what is in the log would be thrown away");
        std::fs::write(&path, "SQLite format 3").unwrap();
        assert!(!emptied());
    }

    #[tokio::test]
    async fn a_database_without_tables_is_refused_where_one_was_made() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("auth.db");
        crate::migrate(&path).await.unwrap();
        std::fs::remove_file(&path).unwrap();
        // The state that opening a missing file leaves behind.
        assert!(crate::connect::open(&path, "").is_err(), "not by us");
        std::fs::File::create(&path).unwrap();
        drop(crate::connect::open(&path, "").unwrap());
        assert!(matches!(crate::migrate(&path).await, Err(OpenError::Emptied { .. })));
        std::fs::remove_file(&path).unwrap();
        crate::migrate(&path).await.unwrap();
        crate::migrate(&path).await.unwrap();
    }

    #[test]
    fn one_service_at_a_time() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("auth.db");
        let claimed = claim(&path).unwrap();
        assert!(matches!(claim(&path), Err(OpenError::InUse { .. })));
        drop(claimed);
        claim(&path).unwrap();
    }
}
