//! Rows as JSON, written by SQLite.

use auth_store::{ArchiveDialect, Kind};

/// The columns that contain bytes. SQLite has neither UUIDs nor booleans: every other BLOB is a UUID, and every INTEGER
/// a number.
const BYTES: [&str; 5] = ["app_secret", "app_pending_secret", "public_key", "sealed_private_key", "sealed_keys"];
const BOOLS: [&str; 6] =
    ["address_proved", "email_told", "email_verified", "ever_proved", "new_password_required", "proved"];

/// The SQL of an archive in SQLite.
pub(crate) struct SqliteArchive;

impl ArchiveDialect for SqliteArchive {
    fn columns(&self) -> &'static str {
        "SELECT m.name AS table_name, c.name AS name, c.type AS declared \
         FROM sqlite_schema AS m, pragma_table_info(m.name) AS c WHERE m.type = 'table'"
    }

    /// There is no clock but this machine's.
    fn clock(&self) -> Option<&'static str> {
        None
    }

    fn begin_read(&self) -> &'static str {
        "BEGIN DEFERRED"
    }

    fn begin_write(&self) -> &'static str {
        "BEGIN IMMEDIATE"
    }

    fn begin_alone(&self) -> &'static str {
        "PRAGMA busy_timeout = 60000; BEGIN IMMEDIATE"
    }

    /// A transaction that writes is alone anyway.
    fn lock(&self, _tables: &[&str]) -> String {
        "SELECT 1".to_owned()
    }

    fn object(&self) -> &'static str {
        "json_object"
    }

    fn anything(&self) -> &'static str {
        "?1 IS NOT NULL"
    }

    fn each_row(&self) -> &'static str {
        "json_each(?1) AS r"
    }

    fn kind(&self, name: &str, declared: &str) -> Option<Kind> {
        Some(match declared {
            "BLOB" if BYTES.contains(&name) => Kind::Bytes,
            "BLOB" => Kind::Uuid,
            "INTEGER" if BOOLS.contains(&name) => Kind::Bool,
            "INTEGER" => Kind::Integer,
            "TEXT" => Kind::Text,
            _ => return None,
        })
    }

    fn read(&self, column: &str, kind: Kind) -> String {
        let hex = format!("lower(hex({column}))");
        match kind {
            Kind::Uuid => format!(
                "CASE WHEN {column} IS NOT NULL THEN substr({hex}, 1, 8) || '-' || substr({hex}, 9, 4) || '-' \
                 || substr({hex}, 13, 4) || '-' || substr({hex}, 17, 4) || '-' || substr({hex}, 21) END"
            ),
            Kind::Bytes => format!("CASE WHEN {column} IS NOT NULL THEN {hex} END"),
            Kind::Bool => format!("json(CASE {column} WHEN 0 THEN 'false' WHEN 1 THEN 'true' END)"),
            Kind::Integer | Kind::Text => column.to_owned(),
        }
    }

    fn write(&self, column: &str, kind: Kind) -> String {
        convert(&format!("(r.value ->> '{column}')"), kind)
    }

    fn bound(&self, index: usize, kind: Kind) -> String {
        convert(&format!("(?1 ->> {index})"), kind)
    }

    fn ordered(&self, column: &str, _kind: Kind) -> String {
        column.to_owned()
    }
}

fn convert(value: &str, kind: Kind) -> String {
    match kind {
        Kind::Uuid => format!("unhex({value}, '-')"),
        Kind::Bytes => format!("unhex({value})"),
        Kind::Bool | Kind::Integer | Kind::Text => value.to_owned(),
    }
}
