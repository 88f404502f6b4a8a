//! Makes one database equal to another: inserts what is missing, and deletes what differs or should not be there. Both
//! are read side by side in the order of their keys, so this takes constant memory, and starting over costs no more
//! than reading.

use std::cmp::Ordering;
use std::collections::VecDeque;

use auth_domain::ports::{Archive, ArchiveError, ArchiveReader, Writers};

use crate::file::{Manifest, TableSummary};
use crate::row::{Part, Row};
use crate::{Progress, Watch};

const BATCH: usize = 2_000;

/// Why the copy failed.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "a field whose name says it needs no comment")]
pub enum CopyError {
    /// One of the databases failed.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    /// The two have different versions of the schema.
    #[error("the old database has schema version {from}, the new one {to}: run `auth-server migrate` on the old one")]
    Schema { from: String, to: String },
    /// A row lacks a column of its key.
    #[error("a row of {0} has no key")]
    NoKey(String),
}

/// Reads a table row by row, a page at a time.
struct Cursor<'a> {
    reader: &'a mut dyn ArchiveReader,
    table: &'static str,
    key: &'static [&'static str],
    page: VecDeque<(Vec<Part>, Row)>,
    after: Option<String>,
    ended: bool,
}

impl<'a> Cursor<'a> {
    fn new(reader: &'a mut dyn ArchiveReader, table: &'static str) -> Self {
        let key = reader.key(table);
        Self { reader, table, key, page: VecDeque::new(), after: None, ended: false }
    }

    /// Returns the next row without consuming it.
    async fn peek(&mut self) -> Result<Option<&(Vec<Part>, Row)>, CopyError> {
        if self.page.is_empty() && !self.ended {
            let no_key = || CopyError::NoKey(self.table.to_owned());
            for text in self.reader.rows(self.table, self.after.as_deref()).await? {
                let row = Row::parse(&text).ok_or_else(no_key)?;
                self.page.push_back((row.key(self.key).ok_or_else(no_key)?, row));
            }
            match self.page.back() {
                Some((_, last)) => self.after = Some(last.key_text(self.key)),
                None => self.ended = true,
            }
        }
        Ok(self.page.front())
    }

    fn take(&mut self) -> Option<Row> {
        self.page.pop_front().map(|(_, row)| row)
    }
}

/// How two tables differ at the current position.
enum Step {
    Same,
    Differs,
    OnlySource,
    OnlyTarget,
}

async fn step(source: &mut Cursor<'_>, target: &mut Cursor<'_>) -> Result<Option<Step>, CopyError> {
    Ok(match (source.peek().await?, target.peek().await?) {
        (None, None) => None,
        (Some(_), None) => Some(Step::OnlySource),
        (None, Some(_)) => Some(Step::OnlyTarget),
        (Some((from, row)), Some((to, other))) => Some(match from.cmp(to) {
            Ordering::Less => Step::OnlySource,
            Ordering::Greater => Step::OnlyTarget,
            Ordering::Equal if row == other => Step::Same,
            Ordering::Equal => Step::Differs,
        }),
    })
}

/// Makes `target` equal to what `source` sees, and returns a summary of that. If it fails, what was done remains.
pub async fn copy(
    source: &mut dyn ArchiveReader,
    target: &dyn Archive,
    watch: Watch<'_>,
) -> Result<Manifest, CopyError> {
    let (from, to) = (source.schema_version().await?, target.begin_read(Writers::GoOn).await?.schema_version().await?);
    if from != to {
        return Err(CopyError::Schema { from, to });
    }
    let tables = source.tables();
    let (mut total, mut done, mut manifest) = (0, 0, Manifest::default());
    for table in &tables {
        total += source.count(table).await?;
    }
    // All deletions come first: a unique value may have moved from one row to another.
    for table in &tables {
        delete_surplus(source, target, table).await?;
    }
    for table in tables {
        let mut progress = |rows: u64| {
            done += rows;
            watch(Progress { table, done, total });
        };
        let summary = insert_missing(source, target, table, &mut progress).await?;
        manifest.tables.insert(table.to_owned(), summary);
    }
    Ok(manifest)
}

async fn delete_surplus(
    source: &mut dyn ArchiveReader,
    target: &dyn Archive,
    table: &'static str,
) -> Result<(), CopyError> {
    let mut reader = target.begin_read(Writers::GoOn).await?;
    if reader.count(table).await? == 0 {
        return Ok(());
    }
    let (mut source, mut there) = (Cursor::new(source, table), Cursor::new(&mut *reader, table));
    let (mut writer, mut batch) = (target.begin_write().await?, Vec::new());
    while let Some(step) = step(&mut source, &mut there).await? {
        match step {
            Step::Same => drop((source.take(), there.take())),
            Step::OnlySource => drop(source.take()),
            Step::Differs | Step::OnlyTarget => {
                if matches!(step, Step::Differs) {
                    source.take();
                }
                batch.extend(there.take());
            }
        }
        if batch.len() == BATCH {
            writer.delete(table, &array(&std::mem::take(&mut batch))).await?;
        }
    }
    if !batch.is_empty() {
        writer.delete(table, &array(&batch)).await?;
    }
    Ok(writer.commit().await?)
}

async fn insert_missing(
    source: &mut dyn ArchiveReader,
    target: &dyn Archive,
    table: &'static str,
    progress: &mut (dyn FnMut(u64) + Send),
) -> Result<TableSummary, CopyError> {
    let mut reader = target.begin_read(Writers::GoOn).await?;
    let (mut source, mut there) = (Cursor::new(source, table), Cursor::new(&mut *reader, table));
    let (mut writer, mut batch, mut summary) = (target.begin_write().await?, Vec::new(), TableSummary::default());
    while let Some(step) = step(&mut source, &mut there).await? {
        if matches!(step, Step::OnlyTarget) {
            there.take();
            continue;
        }
        let Some(row) = source.take() else { continue };
        summary.checksum.add(&row.text());
        summary.rows += 1;
        if matches!(step, Step::OnlySource) {
            batch.push(row);
        } else {
            there.take();
        }
        if batch.len() == BATCH {
            insert(&mut *writer, table, &std::mem::take(&mut batch)).await?;
        }
        if summary.rows.is_multiple_of(BATCH as u64) {
            progress(BATCH as u64);
        }
    }
    insert(&mut *writer, table, &batch).await?;
    writer.commit().await?;
    progress(summary.rows % BATCH as u64);
    Ok(summary)
}

async fn insert(
    writer: &mut dyn auth_domain::ports::ArchiveWriter,
    table: &str,
    rows: &[Row],
) -> Result<(), ArchiveError> {
    match rows.first() {
        Some(first) => writer.insert(table, &first.columns(), &array(rows)).await,
        None => Ok(()),
    }
}

fn array(rows: &[Row]) -> String {
    let texts: Vec<String> = rows.iter().map(Row::text).collect();
    format!("[{}]", texts.join(","))
}

/// Counts what `reader` sees, and computes its checksums.
pub async fn summarize(reader: &mut dyn ArchiveReader, watch: Watch<'_>) -> Result<Manifest, CopyError> {
    let (mut manifest, mut done) = (Manifest::default(), 0);
    for table in reader.tables() {
        let (mut summary, mut cursor) = (TableSummary::default(), Cursor::new(reader, table));
        while cursor.peek().await?.is_some() {
            for (_, row) in cursor.page.drain(..) {
                summary.checksum.add(&row.text());
                summary.rows += 1;
                done += 1;
            }
            watch(Progress { table, done, total: 0 });
        }
        manifest.tables.insert(table.to_owned(), summary);
    }
    Ok(manifest)
}
