//! The file format of exports: lines of JSON (NDJSON). The header comes first, then one row per line, and the manifest
//! last, so that a truncated file is recognised by its missing end.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::row::Checksum;

/// The version that is written, which is the only one so far.
pub(crate) const FORMAT: u32 = 1;

/// The header, the first line: what follows, and where it comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Header {
    /// The version of this format: 1.
    pub format: u32,
    /// The version of the schema that the rows are of.
    pub schema_version: String,
    /// When the snapshot was taken (RFC 3339).
    pub created_at: String,
    /// The version of the program that wrote it.
    pub written_by: String,
    /// How many rows follow, for showing progress.
    pub rows: u64,
}

/// The size and the checksum of a table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TableSummary {
    /// How many rows it has.
    pub rows: u64,
    /// The checksum of all rows.
    pub checksum: Checksum,
}

/// The manifest, the last line: what must have come before it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Manifest {
    /// Every table, including empty ones.
    pub tables: BTreeMap<String, TableSummary>,
    /// The master keys without which parts of it cannot be used, by id.
    pub key_ids: BTreeSet<String>,
}

impl Manifest {
    /// Returns the number of rows of all tables.
    pub fn rows(&self) -> u64 {
        self.tables.values().map(|table| table.rows).sum()
    }
}

#[derive(Serialize, Deserialize)]
struct Summary {
    rows: u64,
    checksum: String,
}

impl fmt::Display for TableSummary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let noun = if self.rows == 1 { "row" } else { "rows" };
        write!(f, "{} {noun} with checksum {}", self.rows, self.checksum)
    }
}

impl Serialize for TableSummary {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Summary { rows: self.rows, checksum: self.checksum.to_string() }.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for TableSummary {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Summary { rows, checksum } = Summary::deserialize(deserializer)?;
        let checksum = Checksum::parse(&checksum).ok_or_else(|| serde::de::Error::custom("64 hexadecimal digits"))?;
        Ok(Self { rows, checksum })
    }
}

/// A line of the file.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) enum Line<'a> {
    Export(Header),
    #[serde(borrow)]
    Row(TableRow<'a>),
    Manifest(Manifest),
}

#[derive(Serialize, Deserialize)]
pub(crate) struct TableRow<'a> {
    pub(crate) table: &'a str,
    #[serde(borrow)]
    pub(crate) columns: &'a RawValue,
}
