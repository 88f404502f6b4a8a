//! Reads an export, or credentials as `GET /auth` returns them, into an empty database.

use std::collections::BTreeSet;
use std::io::{BufRead, Read as _};

use auth_domain::account::{Account, HashCost, PasswordHash};
use auth_domain::ports::{ArchiveError, ArchiveWriter};
use serde_json::Value;

use crate::credentials::{self, InvalidCredential};
use crate::file::{FORMAT, Header, Line, Manifest, TableSummary};
use crate::key_ids::KeyIds;
use crate::row::Row;
use crate::{Progress, Watch};

/// Without rows in these, a service has no users and never had any.
const MUST_BE_EMPTY: [&str; 3] = ["accounts", "deletions", "events"];
const LONGEST_LINE: u64 = 16 << 20;
const BATCH_ROWS: usize = 2_000;
const BATCH_BYTES: usize = 4 << 20;

/// Why the restore failed. Lines are counted from 1.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "a field whose name says it needs no comment")]
pub enum RestoreError {
    /// The database failed.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    /// The file cannot be read.
    #[error("cannot read the file: {0}")]
    Read(#[from] std::io::Error),
    /// A line is malformed.
    #[error("line {number}: {reason}")]
    Line { number: u64, reason: String },
    /// A line is not a credential.
    #[error("line {number}: {error}")]
    Credential { number: u64, error: InvalidCredential },
    /// The database has users, or had some.
    #[error("the database is not empty (rows in {table}: {rows}). Restore into a new one")]
    NotEmpty { table: &'static str, rows: u64 },
    /// The manifest is missing.
    #[error("the file is incomplete: the manifest at its end is missing")]
    CutShort,
    /// Part of the data could not be used.
    #[error(
        "it needs master keys that AUTH_SECRET_KEY does not contain: {}. Add them, or use --allow-missing-keys",
        .missing.join(", ")
    )]
    MissingKeys {
        /// The ids of the master keys that are not configured.
        missing: Vec<String>,
    },
    /// Comparing a password with a hash would take more memory or time than this service allows.
    #[error(
        "line {number}: a password hash needs {} KiB and {} passes, far more than configured; to accept it, set \
         AUTH_HASH_MEMORY_KIB and AUTH_HASH_PASSES to these values", .cost.memory_kib, .cost.passes
    )]
    ExtremeHash { number: u64, cost: HashCost },
    /// A password hash has neither form that this service stores: the first login would fail.
    #[error(
        "line {number}: the password hash is not one of this service. Accounts of another system come in with \
         `auth-server import`"
    )]
    ForeignHash { number: u64 },
    /// The rows differ from those that were written.
    #[error("{table} is damaged: the manifest lists {expected}, but the file contains {found}")]
    Damaged { table: String, expected: TableSummary, found: TableSummary },
}

/// What is restored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// An export, with its header.
    Export(Header),
    /// Credentials, one per line; this is the first of them.
    Credentials(String),
}

/// The outcome of a restore.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Restored {
    /// What was read: each table, and the master keys that it needs.
    pub manifest: Manifest,
    /// Sessions that were left out.
    pub sessions_ended: u64,
}

/// Reads the first line of `input`, which says what follows.
pub fn read_header(input: &mut (dyn BufRead + Send)) -> Result<Source, RestoreError> {
    let mut first = String::new();
    read_line(input, &mut first)?;
    let wrong = |reason: String| RestoreError::Line { number: 1, reason };
    match serde_json::from_str(&first) {
        Ok(Line::Export(header)) if header.format == FORMAT => Ok(Source::Export(header)),
        Ok(Line::Export(header)) => Err(wrong(format!(
            "unknown export format {}: the export was made by a newer auth-server, {}",
            header.format, header.written_by
        ))),
        _ if credentials::parse(&first).is_ok() => Ok(Source::Credentials(first)),
        _ => Err(wrong(
            "this is neither an export (auth-server export) nor a list of credentials, one per line (GET /auth with \
             Accept: application/x-ndjson)"
                .to_owned(),
        )),
    }
}

/// Appends the next line to `line` and returns its number of bytes; 0 at the end. No row is as long as the bound.
fn read_line(input: &mut (dyn BufRead + Send), line: &mut String) -> std::io::Result<usize> {
    let bytes = input.take(LONGEST_LINE).read_line(line)?;
    if bytes as u64 == LONGEST_LINE {
        return Err(std::io::Error::other(format!("a line is longer than {LONGEST_LINE} bytes")));
    }
    Ok(bytes)
}

/// Restores what follows the first line of `input` into the empty database of `writer`, in one transaction: completely
/// or not at all. Without `keep_sessions`, the sessions of an export are left out, because a token that was rotated
/// since would look stolen. With `known_keys`, the ids of master keys, nothing is restored that needs other keys; nor
/// is anything if a password hash costs far more than `hash_cost`, that of new ones.
pub async fn restore(
    mut writer: Box<dyn ArchiveWriter>,
    source: &Source,
    input: &mut (dyn BufRead + Send),
    keep_sessions: bool,
    known_keys: Option<&BTreeSet<String>>,
    hash_cost: HashCost,
    watch: Watch<'_>,
) -> Result<Restored, RestoreError> {
    writer.lock().await?;
    require_empty(&mut *writer).await?;
    let restored = match source {
        Source::Export(header) => restore_export(&mut *writer, header, input, keep_sessions, hash_cost, watch).await?,
        Source::Credentials(first) => restore_credentials(&mut *writer, first, input, hash_cost, watch).await?,
    };
    if let Some(known) = known_keys {
        let missing: Vec<String> = restored.manifest.key_ids.difference(known).cloned().collect();
        if !missing.is_empty() {
            return Err(RestoreError::MissingKeys { missing });
        }
    }
    writer.commit().await?;
    Ok(restored)
}

/// Checks that the database of `writer` has no users.
pub async fn require_empty(writer: &mut dyn ArchiveWriter) -> Result<(), RestoreError> {
    for table in MUST_BE_EMPTY {
        match writer.count(table).await {
            Ok(0) | Err(ArchiveError::UnknownTable(_)) => {}
            Ok(rows) => return Err(RestoreError::NotEmpty { table, rows }),
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

/// Rows of one table with the same columns, as a JSON array that is still open.
#[derive(Default)]
struct Batch {
    table: String,
    columns: Vec<String>,
    rows: usize,
    text: String,
}

impl Batch {
    fn takes(&self, table: &str, row: &Row) -> bool {
        let room = self.rows < BATCH_ROWS && self.text.len() < BATCH_BYTES;
        room && self.table == table && self.columns.len() == row.0.len() && self.columns.iter().eq(row.0.keys())
    }

    fn add(&mut self, table: &str, row: &Row, text: &str) {
        if self.rows == 0 {
            (self.table, self.columns) = (table.to_owned(), row.columns());
        }
        self.text.push(if self.rows == 0 { '[' } else { ',' });
        self.text.push_str(text);
        self.rows += 1;
    }

    async fn write(&mut self, writer: &mut dyn ArchiveWriter) -> Result<(), ArchiveError> {
        let Self { table, columns, rows, text } = std::mem::take(self);
        if rows == 0 {
            return Ok(());
        }
        writer.insert(&table, &columns, &format!("{text}]")).await
    }
}

async fn restore_export(
    writer: &mut dyn ArchiveWriter,
    header: &Header,
    input: &mut (dyn BufRead + Send),
    keep_sessions: bool,
    hash_cost: HashCost,
    watch: Watch<'_>,
) -> Result<Restored, RestoreError> {
    let (mut restored, mut batch, mut key_ids) = (Restored::default(), Batch::default(), KeyIds::default());
    let (mut line, mut number, mut done) = (String::new(), 1, 0);
    let expected = loop {
        line.clear();
        number += 1;
        if read_line(input, &mut line)? == 0 {
            return Err(RestoreError::CutShort);
        }
        let wrong = |reason: String| RestoreError::Line { number, reason };
        let table_row = match serde_json::from_str(&line).map_err(|error| wrong(error.to_string()))? {
            Line::Row(table_row) => table_row,
            Line::Manifest(manifest) => break manifest,
            Line::Export(_) => return Err(wrong("a second header".to_owned())),
        };
        let table = table_row.table;
        let row =
            Row::parse(table_row.columns.get()).ok_or_else(|| wrong("the columns are not an object".to_owned()))?;
        require_comparable(row.0.get("password_hash").and_then(Value::as_str), hash_cost, number)?;
        let text = row.text();
        if !restored.manifest.tables.contains_key(table) {
            restored.manifest.tables.insert(table.to_owned(), TableSummary::default());
            if !MUST_BE_EMPTY.contains(&table) {
                // A server that was started once has created these by itself.
                writer.empty(table).await?;
            }
        }
        if let Some(summary) = restored.manifest.tables.get_mut(table) {
            summary.checksum.add(&text);
            summary.rows += 1;
        }
        if table == "sessions" && !keep_sessions {
            restored.sessions_ended += 1;
        } else {
            key_ids.see(table, &row);
            if !batch.takes(table, &row) {
                batch.write(writer).await?;
            }
            batch.add(table, &row, &text);
        }
        done += 1;
        if done % BATCH_ROWS as u64 == 0 {
            watch(Progress { table, done, total: header.rows });
        }
    };
    batch.write(writer).await?;
    line.clear();
    if read_line(input, &mut line)? != 0 {
        return Err(RestoreError::Line {
            number: number + 1,
            reason: "there is more data after the manifest".to_owned(),
        });
    }
    compare(&expected, &mut restored.manifest)?;
    restored.manifest.key_ids = key_ids.needed();
    Ok(restored)
}

/// Refuses a hash with which no login could compare a password: one that is too expensive, where `configured` is the
/// cost of new hashes, or one that this service did not make.
fn require_comparable(phc: Option<&str>, configured: HashCost, number: u64) -> Result<(), RestoreError> {
    let Some(phc) = phc else { return Ok(()) };
    match HashCost::of_phc(phc) {
        Some(cost) if !cost.is_bearable(configured) => Err(RestoreError::ExtremeHash { number, cost }),
        _ if !PasswordHash::from_phc(phc.to_owned()).is_well_formed() => Err(RestoreError::ForeignHash { number }),
        _ => Ok(()),
    }
}

/// Checks that what was read is what was written.
fn compare(expected: &Manifest, found: &mut Manifest) -> Result<(), RestoreError> {
    for table in expected.tables.keys() {
        found.tables.entry(table.clone()).or_default();
    }
    for (table, found) in &found.tables {
        let expected = expected.tables.get(table).copied().unwrap_or_default();
        if expected != *found {
            return Err(RestoreError::Damaged { table: table.clone(), expected, found: *found });
        }
    }
    Ok(())
}

async fn restore_credentials(
    writer: &mut dyn ArchiveWriter,
    first: &str,
    input: &mut (dyn BufRead + Send),
    hash_cost: HashCost,
    watch: Watch<'_>,
) -> Result<Restored, RestoreError> {
    let (mut accounts, mut restored, mut key_ids) = (Vec::<Account>::new(), Restored::default(), KeyIds::default());
    let (mut line, mut number) = (first.to_owned(), 1);
    while !line.is_empty() {
        let account = credentials::parse(&line).map_err(|error| RestoreError::Credential { number, error })?;
        require_comparable(account.password_hash.as_ref().map(PasswordHash::as_phc), hash_cost, number)?;
        credentials::see_keys(&account, &mut key_ids);
        accounts.push(account);
        if accounts.len() == BATCH_ROWS {
            writer.insert_accounts(&std::mem::take(&mut accounts)).await?;
            watch(Progress { table: "accounts", done: number, total: 0 });
        }
        line.clear();
        number += 1;
        read_line(input, &mut line)?;
    }
    writer.insert_accounts(&accounts).await?;
    let summary = restored.manifest.tables.entry("accounts".to_owned()).or_default();
    summary.rows = number - 1;
    restored.manifest.key_ids = key_ids.needed();
    Ok(restored)
}
