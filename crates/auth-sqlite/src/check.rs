//! Checks whether the file is damaged. SQLite only notices damage in what it happens to read: a lost page shows up when
//! the user whose account was in it logs in. Therefore everything is read once after the start, and once a day.
//!
//! Each table has a separate connection and read transaction, so that writers are not held up and the log can be
//! emptied between two tables.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use auth_domain::load::FileCheck;
use rusqlite::{Connection, Error, ErrorCode, OpenFlags};

use crate::OpenError;
use crate::connect::existing;

const DAY: Duration = Duration::from_secs(86_400);
/// How long a stop waits for a check to notice it: until then the log cannot be emptied.
const NOTICED: Duration = Duration::from_secs(5);
/// After as many pages a check asks whether it is to stop.
const PAGES: i32 = 100;
/// How long a check waits for a lock.
const LOCKED: Duration = Duration::from_secs(5);
/// How many problems are reported: the rest says the same about other pages.
const MOST_TOLD: usize = 3;

/// What is known about the file.
#[derive(Debug, Default)]
pub(crate) struct FileHealth {
    /// A [`FileCheck`].
    found: AtomicU8,
    is_stopping: Arc<AtomicBool>,
    /// Held during a check.
    checking: tokio::sync::Mutex<()>,
}

impl FileHealth {
    pub(crate) fn found(&self) -> FileCheck {
        match self.found.load(Ordering::Relaxed) {
            0 => FileCheck::Unknown,
            1 => FileCheck::Sound,
            _ => FileCheck::Damaged,
        }
    }

    fn note(&self, found: FileCheck) {
        self.found.store(found as u8, Ordering::Relaxed);
    }

    /// Makes a check end early, and waits until it has.
    pub(crate) async fn stop(&self) {
        self.is_stopping.store(true, Ordering::Relaxed);
        if tokio::time::timeout(NOTICED, self.checking.lock()).await.is_err() {
            tracing::warn!("the check of the database file is still running; the service stops without waiting for it");
        }
    }
}

/// Checks the file now and once a day, until the store is gone.
pub(crate) async fn check_daily(path: PathBuf, health: Weak<FileHealth>) {
    loop {
        let Some(health) = health.upgrade() else { return };
        check_once(&path, &health).await;
        drop(health);
        tokio::time::sleep(DAY).await;
    }
}

async fn check_once(path: &Path, health: &Arc<FileHealth>) {
    let _checking = health.checking.lock().await;
    let (file, began, is_stopping) = (path.to_owned(), Instant::now(), Arc::clone(&health.is_stopping));
    let checked = tokio::task::spawn_blocking(move || problems(&file, &is_stopping)).await;
    let milliseconds = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
    match checked {
        Ok(Ok(Some(problems))) if problems.is_empty() => {
            health.note(FileCheck::Sound);
            tracing::info!(milliseconds, "the database file was checked: no damage found");
        }
        Ok(Ok(Some(problems))) => {
            health.note(FileCheck::Damaged);
            let (file, problems) = (path.display(), problems.join("; "));
            tracing::error!(%file, problems, "the database file is damaged: restore it from an export or a copy");
        }
        // It was told to stop.
        Ok(Ok(None)) => {}
        Ok(Err(error)) => tracing::error!(%error, "the database file could not be checked; the next attempt is in one \
                                                   day"),
        Err(error) => tracing::error!(%error, "the database file could not be checked; the next attempt is in one day"),
    }
}

/// Checks the file `path` and returns what is wrong with it; nothing if it is intact.
pub async fn check_file(path: &Path) -> Result<Vec<String>, OpenError> {
    let file = path.to_owned();
    let checked = tokio::task::spawn_blocking(move || problems(&file, &Arc::default())).await;
    let checked = checked.map_err(|error| OpenError::Open { path: path.to_owned(), reason: error.to_string() })?;
    Ok(checked?.unwrap_or_default())
}

/// Returns the problems; `None` if it was stopped.
fn problems(path: &Path, is_stopping: &Arc<AtomicBool>) -> Result<Option<Vec<String>>, OpenError> {
    let failed = |error: Error| OpenError::new(path, error.to_string());
    let connect = || {
        // SQLite would make an empty one.
        if !path.exists() {
            return Err(OpenError::new(path, "the file is missing"));
        }
        open(path, is_stopping).map_err(failed)
    };
    let tables = match connect().and_then(|conn| tables(&conn).map_err(failed)) {
        Err(OpenError::Damaged { reason, .. }) => return Ok(Some(vec![reason])),
        tables => tables?,
    };
    let mut problems = Vec::new();
    for table in tables {
        if is_stopping.load(Ordering::Relaxed) {
            return Ok(None);
        }
        match check_table(&connect()?, &table) {
            Ok(found) => problems.extend(found),
            Err(error) if error.sqlite_error_code() == Some(ErrorCode::OperationInterrupted) => return Ok(None),
            Err(error) if OpenError::is_damage(&error.to_string()) => problems.push(format!("{table}: {error}")),
            Err(error) => return Err(failed(error)),
        }
    }
    problems.truncate(MOST_TOLD);
    Ok(Some(problems))
}

/// A connection that only reads, and whose statements end when they are to stop.
fn open(path: &Path, is_stopping: &Arc<AtomicBool>) -> Result<Connection, Error> {
    // Not read-only: whoever comes first after a crash makes the index of the log.
    let conn =
        Connection::open_with_flags(existing(path), OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_URI)?;
    conn.busy_timeout(LOCKED)?;
    conn.pragma_update(None, "query_only", true)?;
    let is_stopping = Arc::clone(is_stopping);
    conn.progress_handler(PAGES, Some(move || is_stopping.load(Ordering::Relaxed)))?;
    Ok(conn)
}

fn tables(conn: &Connection) -> Result<Vec<String>, Error> {
    let query = "SELECT 'sqlite_schema' AS name UNION ALL SELECT name FROM sqlite_schema WHERE type = 'table'";
    texts(conn, query)
}

fn check_table(conn: &Connection, table: &str) -> Result<Vec<String>, Error> {
    let mut told = texts(conn, &format!("PRAGMA quick_check('{}')", table.replace('\'', "''")))?;
    told.retain(|told| told != "ok");
    Ok(told)
}

/// The first column of what is found.
fn texts(conn: &Connection, query: &str) -> Result<Vec<String>, Error> {
    let mut statement = conn.prepare(query)?;
    statement.query_map([], |row| row.get(0))?.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_damaged_page_is_found_and_a_sound_file_is_not_blamed() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("auth.db");
        crate::migrate(&path).await.unwrap();
        assert_eq!(check_file(&path).await.unwrap(), Vec::<String>::new());
        let health = Arc::<FileHealth>::default();
        check_once(&path, &health).await;
        assert_eq!(health.found(), FileCheck::Sound);

        let query = "SELECT rootpage FROM sqlite_schema WHERE name = 'accounts'";
        let page: u32 = open(&path, &Arc::default()).unwrap().query_row(query, [], |row| row.get(0)).unwrap();
        let page = usize::try_from(page).unwrap();
        // The last connection that was closed emptied the log: the file is all there is.
        let mut bytes = std::fs::read(&path).unwrap();
        bytes[(page - 1) * 4096..page * 4096].fill(0x5a);
        std::fs::write(&path, bytes).unwrap();
        assert!(!check_file(&path).await.unwrap().is_empty());
        check_once(&path, &health).await;
        assert_eq!(health.found(), FileCheck::Damaged);
    }

    #[tokio::test]
    async fn a_file_that_is_gone_is_not_made_anew() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("auth.db");
        assert!(check_file(&path).await.is_err());
        assert!(!path.exists());
    }

    #[tokio::test]
    async fn a_check_that_is_to_stop_says_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("auth.db");
        crate::migrate(&path).await.unwrap();
        let health = Arc::<FileHealth>::default();
        health.stop().await;
        check_once(&path, &health).await;
        assert_eq!(health.found(), FileCheck::Unknown);
    }
    /// The table has more pages than a check reads before it asks.
    #[tokio::test]
    async fn a_check_that_is_in_a_table_when_it_is_to_stop_ends_there() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("auth.db");
        crate::migrate(&path).await.unwrap();
        let fill = "CREATE TABLE large AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000) \
                    SELECT i, zeroblob(4000) AS filling FROM n";
        Connection::open(&path).unwrap().execute_batch(fill).unwrap();
        let is_stopping = Arc::<AtomicBool>::default();
        let conn = open(&path, &is_stopping).unwrap();
        assert!(check_table(&conn, "large").unwrap().is_empty());
        is_stopping.store(true, Ordering::Relaxed);
        let error = check_table(&conn, "large").unwrap_err();
        assert_eq!(error.sqlite_error_code(), Some(ErrorCode::OperationInterrupted), "{error}");
    }
}
