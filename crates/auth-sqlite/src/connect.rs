//! How connections are opened.

use std::path::Path;

use auth_store::{Connection, Spawner};
use diesel::connection::SimpleConnection as _;
use diesel::{Connection as _, ConnectionError, ConnectionResult, RunQueryDsl as _, SqliteConnection};

/// The pragmas. FULL instead of NORMAL: a refresh that a power failure rolled back would look like a stolen token
/// afterwards. If a long reader made the log grow, it is truncated to 16 MiB.
pub(crate) const PRAGMAS: &str = "PRAGMA busy_timeout = 5000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; \
     PRAGMA foreign_keys = ON; PRAGMA journal_size_limit = 16777216;";

/// The further pragmas of the connection that the service writes with: its commits do not also move the log into the
/// file (`writer/log.rs` has that done).
pub(crate) const WRITE_PRAGMAS: &str = "PRAGMA wal_autocheckpoint = 0;";

/// The further pragmas of a connection that writes nothing.
pub(crate) const READ_PRAGMAS: &str = "PRAGMA query_only = ON;";

/// Opens the file on a thread for blocking work; the statements run where `spawner` says.
pub(crate) async fn connect(path: &Path, further: &'static str, spawner: Spawner) -> ConnectionResult<Connection> {
    let path = path.to_owned();
    let opened = tokio::task::spawn_blocking(move || open(&path, further)).await;
    let opened = opened.unwrap_or_else(|error| Err(ConnectionError::BadConnection(error.to_string())))?;
    Ok(auth_store::SqliteConnection::with_runtime(opened, spawner).into())
}

/// Opens the file on this thread, to write, with statements that run on the calling thread.
pub(crate) fn connect_here(path: &Path) -> ConnectionResult<Connection> {
    Ok(auth_store::SqliteConnection::with_runtime(open(path, WRITE_PRAGMAS)?, Spawner::Inline).into())
}

/// Opens a connection, sets its pragmas and checks them: SQLite answers a mode that it cannot set with another one
/// instead of an error.
pub(crate) fn open(path: &Path, further: &str) -> ConnectionResult<SqliteConnection> {
    let mut conn = SqliteConnection::establish(&existing(path))?;
    let refused = ConnectionError::CouldntSetupConfiguration;
    conn.batch_execute(PRAGMAS).map_err(refused)?;
    let mode: JournalMode = diesel::sql_query("PRAGMA journal_mode").get_result(&mut conn).map_err(refused)?;
    let keys: ForeignKeys = diesel::sql_query("PRAGMA foreign_keys").get_result(&mut conn).map_err(refused)?;
    if mode.journal_mode != "wal" || keys.foreign_keys != 1 {
        let reason = format!("journal_mode is {}, foreign_keys {}", mode.journal_mode, keys.foreign_keys);
        return Err(ConnectionError::BadConnection(reason));
    }
    conn.batch_execute(further).map_err(refused)?;
    Ok(conn)
}

/// Returns the URI of a file that must exist (<https://www.sqlite.org/uri.html>): a missing file must not be created
/// again, empty.
pub(crate) fn existing(path: &Path) -> String {
    let path = path.to_string_lossy().replace('%', "%25").replace('?', "%3f").replace('#', "%23");
    format!("file:{path}?mode=rw")
}

#[derive(diesel::QueryableByName)]
struct JournalMode {
    #[diesel(sql_type = diesel::sql_types::Text)]
    journal_mode: String,
}

#[derive(diesel::QueryableByName)]
struct ForeignKeys {
    #[diesel(sql_type = diesel::sql_types::Integer)]
    foreign_keys: i32,
}
