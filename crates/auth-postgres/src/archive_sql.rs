//! Rows as JSON, in PostgreSQL's words.

use crate::queries::archive::Kind;

/// The columns of every table.
pub(crate) const COLUMNS: &str = "SELECT table_name::text AS table_name, column_name::text AS name, \
     data_type::text AS declared FROM information_schema.columns WHERE table_schema = current_schema()";

/// Microseconds since the Unix epoch, by the clock of the server.
pub(crate) const CLOCK: Option<&str> =
    Some("SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint AS count");

/// However long it takes.
macro_rules! patiently {
    ($begin:literal) => {
        concat!($begin, "; SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0")
    };
}
pub(crate) const BEGIN_READ: &str = patiently!("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
pub(crate) const BEGIN_WRITE: &str = patiently!("BEGIN");

/// Before [`lock`]. What is seen is what there is once the lock is there.
pub(crate) const BEGIN_ALONE: &str = patiently!("BEGIN ISOLATION LEVEL REPEATABLE READ");

/// Nobody else writes to `tables` until the end; those who read go on.
pub(crate) fn lock(tables: &[&str]) -> String {
    format!("SET LOCAL lock_timeout = '60s'; LOCK TABLE {} IN EXCLUSIVE MODE", tables.join(", "))
}

pub(crate) const OBJECT: &str = "json_build_object";
/// A filter that keeps every row.
pub(crate) const ANYTHING: &str = "$1::text IS NOT NULL";
/// The objects of the array that is bound.
pub(crate) const EACH_ROW: &str = "jsonb_array_elements($1::text::jsonb) AS r (value)";

pub(crate) fn kind(_name: &str, declared: &str) -> Option<Kind> {
    Some(match declared {
        "uuid" => Kind::Uuid,
        "bytea" => Kind::Bytes,
        "boolean" => Kind::Bool,
        "bigint" => Kind::Integer,
        "text" => Kind::Text,
        _ => return None,
    })
}

/// A column, for JSON.
pub(crate) fn read(column: &str, kind: Kind) -> String {
    match kind {
        Kind::Bytes => format!("encode({column}, 'hex')"),
        Kind::Uuid | Kind::Bool | Kind::Integer | Kind::Text => column.to_owned(),
    }
}

/// A field of one of [`EACH_ROW`], for its column.
pub(crate) fn write(column: &str, kind: Kind) -> String {
    convert(&format!("(r.value ->> '{column}')"), kind)
}

/// The value at `index` of the key that is bound.
pub(crate) fn bound(index: usize, kind: Kind) -> String {
    convert(&format!("($1::text::jsonb ->> {index})"), kind)
}

fn convert(text: &str, kind: Kind) -> String {
    match kind {
        Kind::Uuid => format!("{text}::uuid"),
        Kind::Bytes => format!("decode({text}, 'hex')"),
        Kind::Bool => format!("{text}::bool"),
        Kind::Integer => format!("{text}::bigint"),
        Kind::Text => text.to_owned(),
    }
}

/// A column of a key, to sort by.
pub(crate) fn ordered(column: &str, kind: Kind) -> String {
    match kind {
        Kind::Text => format!("{column} COLLATE \"C\""),
        Kind::Uuid | Kind::Bytes | Kind::Bool | Kind::Integer => column.to_owned(),
    }
}
