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
use diesel::sql_types::Text;
use diesel::{QueryableByName, RunQueryDsl as _, SqliteConnection};

use crate::OpenError;
use crate::connect::{READ_PRAGMAS, open};

const DAY: Duration = Duration::from_secs(86_400);
/// How long a stop waits for the table that is being checked: until it has been read, the log cannot be emptied.
const LAST_TABLE: Duration = Duration::from_secs(10);
/// How many problems are reported: the rest says the same about other pages.
const MOST_TOLD: usize = 3;

/// What is known about the file.
#[derive(Debug, Default)]
pub(crate) struct FileHealth {
    /// A [`FileCheck`].
    found: AtomicU8,
    is_stopping: AtomicBool,
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
        if tokio::time::timeout(LAST_TABLE, self.checking.lock()).await.is_err() {
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
    let (file, began, asked) = (path.to_owned(), Instant::now(), Arc::clone(health));
    let checked = tokio::task::spawn_blocking(move || problems(&file, &asked.is_stopping)).await;
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
    let checked = tokio::task::spawn_blocking(move || problems(&file, &AtomicBool::new(false))).await;
    let checked = checked.map_err(|error| OpenError::Open { path: path.to_owned(), reason: error.to_string() })?;
    Ok(checked?.unwrap_or_default())
}

/// Returns the problems; `None` if it was stopped.
fn problems(path: &Path, is_stopping: &AtomicBool) -> Result<Option<Vec<String>>, OpenError> {
    let connect = || {
        // SQLite would make an empty one.
        if !path.exists() {
            return Err(OpenError::new(path, "the file is missing"));
        }
        open(path, READ_PRAGMAS).map_err(|error| OpenError::new(path, error.to_string()))
    };
    let tables = match connect().and_then(|mut conn| tables(&mut conn).map_err(|error| OpenError::new(path, error))) {
        Err(OpenError::Damaged { reason, .. }) => return Ok(Some(vec![reason])),
        tables => tables?,
    };
    let mut problems = Vec::new();
    for table in tables {
        if is_stopping.load(Ordering::Relaxed) {
            return Ok(None);
        }
        match check_table(&mut connect()?, &table) {
            Ok(found) => problems.extend(found),
            Err(reason) if OpenError::is_damage(&reason) => problems.push(format!("{table}: {reason}")),
            Err(reason) => return Err(OpenError::new(path, reason)),
        }
    }
    problems.truncate(MOST_TOLD);
    Ok(Some(problems))
}

fn tables(conn: &mut SqliteConnection) -> Result<Vec<String>, String> {
    let query = "SELECT 'sqlite_schema' AS name UNION ALL SELECT name FROM sqlite_schema WHERE type = 'table'";
    let names: Vec<Table> = diesel::sql_query(query).load(conn).map_err(|error| error.to_string())?;
    Ok(names.into_iter().map(|table| table.name).collect())
}

fn check_table(conn: &mut SqliteConnection, table: &str) -> Result<Vec<String>, String> {
    let query = format!("PRAGMA quick_check('{}')", table.replace('\'', "''"));
    let told: Vec<Told> = diesel::sql_query(query).load(conn).map_err(|error| error.to_string())?;
    Ok(told.into_iter().map(|told| told.quick_check).filter(|told| told != "ok").collect())
}

#[derive(QueryableByName)]
struct Table {
    #[diesel(sql_type = Text)]
    name: String,
}

#[derive(QueryableByName)]
struct Told {
    #[diesel(sql_type = Text)]
    quick_check: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(QueryableByName)]
    struct Root {
        #[diesel(sql_type = diesel::sql_types::BigInt)]
        page: i64,
    }

    #[tokio::test]
    async fn a_damaged_page_is_found_and_a_sound_file_is_not_blamed() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("auth.db");
        crate::migrate(&path).await.unwrap();
        assert_eq!(check_file(&path).await.unwrap(), Vec::<String>::new());
        let health = Arc::<FileHealth>::default();
        check_once(&path, &health).await;
        assert_eq!(health.found(), FileCheck::Sound);

        let query = "SELECT rootpage AS page FROM sqlite_schema WHERE name = 'accounts'";
        let root: Root = diesel::sql_query(query).get_result(&mut open(&path, READ_PRAGMAS).unwrap()).unwrap();
        // The last connection that was closed emptied the log: the file is all there is.
        let mut bytes = std::fs::read(&path).unwrap();
        let page = usize::try_from(root.page).unwrap();
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
}
