//! Writes every row of a database.

use std::io::Write;

use auth_domain::ports::{ArchiveError, ArchiveReader};
use serde_json::value::RawValue;

use crate::file::{FORMAT, Header, Line, Manifest, TableRow};
use crate::key_ids::KeyIds;
use crate::row::Row;
use crate::{Progress, Watch};

/// Why the export failed.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The database failed.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    /// The file cannot be written.
    #[error("cannot write the export: {0}")]
    Write(#[from] std::io::Error),
}

/// Writes what `reader` sees to `out`, all of one instant. `created_at` is that instant (RFC 3339), `written_by` names
/// this program.
pub async fn export(
    reader: &mut dyn ArchiveReader,
    out: &mut (dyn Write + Send),
    (created_at, written_by): (String, String),
    watch: Watch<'_>,
) -> Result<Manifest, ExportError> {
    let mut total = 0;
    for table in reader.tables() {
        total += reader.count(table).await?;
    }
    let schema_version = reader.schema_version().await?;
    write(out, &Line::Export(Header { format: FORMAT, schema_version, created_at, written_by, rows: total }))?;
    let (mut manifest, mut key_ids, mut done) = (Manifest::default(), KeyIds::default(), 0);
    for table in reader.tables() {
        let key = reader.key(table);
        let mut summary = crate::TableSummary::default();
        let mut after: Option<String> = None;
        loop {
            let page = reader.rows(table, after.as_deref()).await?;
            let Some(last) = page.last().and_then(|text| Row::parse(text)) else { break };
            after = Some(last.key_text(key));
            for text in &page {
                let row = Row::parse(text).ok_or_else(|| ArchiveError::UnknownTable(table.to_owned()))?;
                let text = row.text();
                summary.checksum.add(&text);
                key_ids.see(table, &row);
                let columns: &RawValue = serde_json::from_str(&text).map_err(std::io::Error::other)?;
                write(out, &Line::Row(TableRow { table, columns }))?;
            }
            let rows = page.len() as u64;
            summary.rows += rows;
            done += rows;
            watch(Progress { table, done, total });
        }
        manifest.tables.insert(table.to_owned(), summary);
    }
    manifest.key_ids = key_ids.needed();
    write(out, &Line::Manifest(manifest.clone()))?;
    out.flush()?;
    Ok(manifest)
}

fn write(out: &mut (dyn Write + Send), line: &Line<'_>) -> std::io::Result<()> {
    serde_json::to_writer(&mut *out, line)?;
    out.write_all(b"\n")
}
