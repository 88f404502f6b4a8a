//! Rows as JSON, in SQLite's words.

use crate::queries::archive::Kind;

/// The columns of every table.
pub(crate) const COLUMNS: &str = "SELECT m.name AS table_name, c.name AS name, c.type AS declared \
     FROM sqlite_schema AS m, pragma_table_info(m.name) AS c WHERE m.type = 'table'";

/// It has none but this machine's.
pub(crate) const CLOCK: Option<&str> = None;

pub(crate) const BEGIN_READ: &str = "BEGIN DEFERRED";
pub(crate) const BEGIN_WRITE: &str = "BEGIN IMMEDIATE";

/// Nobody else writes until the end; those who read go on.
pub(crate) const BEGIN_ALONE: &str = "PRAGMA busy_timeout = 60000; BEGIN IMMEDIATE";

/// A transaction that writes is alone anyway.
pub(crate) fn lock(_tables: &[&str]) -> String {
    "SELECT 1".to_owned()
}

pub(crate) const OBJECT: &str = "json_object";
/// A filter that keeps every row.
pub(crate) const ANYTHING: &str = "?1 IS NOT NULL";
/// The objects of the array that is bound.
pub(crate) const EACH_ROW: &str = "json_each(?1) AS r";

/// SQLite knows neither UUIDs nor truth values: every BLOB is a UUID and every INTEGER a number, but for these.
const BYTES: [&str; 5] = ["app_secret", "app_pending_secret", "public_key", "sealed_private_key", "sealed_keys"];
const BOOLS: [&str; 3] = ["email_verified", "ever_proved", "proved"];

pub(crate) fn kind(name: &str, declared: &str) -> Option<Kind> {
    Some(match declared {
        "BLOB" if BYTES.contains(&name) => Kind::Bytes,
        "BLOB" => Kind::Uuid,
        "INTEGER" if BOOLS.contains(&name) => Kind::Bool,
        "INTEGER" => Kind::Integer,
        "TEXT" => Kind::Text,
        _ => return None,
    })
}

/// A column, for JSON.
pub(crate) fn read(column: &str, kind: Kind) -> String {
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

/// A field of one of [`EACH_ROW`], for its column.
pub(crate) fn write(column: &str, kind: Kind) -> String {
    convert(&format!("(r.value ->> '{column}')"), kind)
}

/// The value at `index` of the key that is bound.
pub(crate) fn bound(index: usize, kind: Kind) -> String {
    convert(&format!("(?1 ->> {index})"), kind)
}

fn convert(value: &str, kind: Kind) -> String {
    match kind {
        Kind::Uuid => format!("unhex({value}, '-')"),
        Kind::Bytes => format!("unhex({value})"),
        Kind::Bool | Kind::Integer | Kind::Text => value.to_owned(),
    }
}

/// A column of a key, to sort by.
pub(crate) fn ordered(column: &str, _kind: Kind) -> String {
    column.to_owned()
}
