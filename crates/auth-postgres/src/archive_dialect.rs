//! Rows as JSON, written by PostgreSQL.

use auth_store::{ArchiveDialect, Kind};

/// Turns off the time limits.
macro_rules! patiently {
    ($begin:literal) => {
        concat!($begin, "; SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0")
    };
}

/// The SQL of an archive in PostgreSQL.
pub(crate) struct PostgresArchive;

impl ArchiveDialect for PostgresArchive {
    fn columns(&self) -> &'static str {
        "SELECT table_name::text AS table_name, column_name::text AS name, \
         data_type::text AS declared FROM information_schema.columns WHERE table_schema = current_schema()"
    }

    fn clock(&self) -> Option<&'static str> {
        Some("SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint AS count")
    }

    fn begin_read(&self) -> &'static str {
        patiently!("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
    }

    fn begin_write(&self) -> &'static str {
        patiently!("BEGIN ISOLATION LEVEL READ COMMITTED")
    }

    /// The snapshot is taken after the lock.
    fn begin_alone(&self) -> &'static str {
        patiently!("BEGIN ISOLATION LEVEL REPEATABLE READ")
    }

    fn lock(&self, tables: &[&str]) -> String {
        format!("SET LOCAL lock_timeout = '60s'; LOCK TABLE {} IN EXCLUSIVE MODE", tables.join(", "))
    }

    fn object(&self) -> &'static str {
        "json_build_object"
    }

    fn anything(&self) -> &'static str {
        "$1::text IS NOT NULL"
    }

    fn each_row(&self) -> &'static str {
        "jsonb_array_elements($1::text::jsonb) AS r (value)"
    }

    fn kind(&self, _name: &str, declared: &str) -> Option<Kind> {
        Some(match declared {
            "uuid" => Kind::Uuid,
            "bytea" => Kind::Bytes,
            "boolean" => Kind::Bool,
            "bigint" => Kind::Integer,
            "text" => Kind::Text,
            _ => return None,
        })
    }

    fn read(&self, column: &str, kind: Kind) -> String {
        match kind {
            Kind::Bytes => format!("encode({column}, 'hex')"),
            Kind::Uuid | Kind::Bool | Kind::Integer | Kind::Text => column.to_owned(),
        }
    }

    fn write(&self, column: &str, kind: Kind) -> String {
        convert(&format!("(r.value ->> '{column}')"), kind)
    }

    fn bound(&self, index: usize, kind: Kind) -> String {
        convert(&format!("($1::text::jsonb ->> {index})"), kind)
    }

    fn ordered(&self, column: &str, kind: Kind) -> String {
        match kind {
            Kind::Text => format!("{column} COLLATE \"C\""),
            Kind::Uuid | Kind::Bytes | Kind::Bool | Kind::Integer => column.to_owned(),
        }
    }
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
