//! `export`: writes the whole database to a file.

use std::io::{BufWriter, Write};
use std::path::Path;

use auth_archive::{Manifest, export};
use auth_crypto::SystemClock;
use auth_domain::ports::{Archive, Clock as _, Writers};

use crate::Failure;
use crate::export_file::{Draft, is_standard_stream};
use crate::output::{print, rfc3339};
use crate::progress::ProgressLine;
use crate::settings::Settings;
use crate::signals::terminated;

pub(crate) async fn run(settings: &Settings, to: &Path) -> Result<(), Failure> {
    let opened = settings.database.open().await?;
    opened.require_whole().await?;
    if is_standard_stream(to) {
        let mut out = BufWriter::new(std::io::stdout());
        let (_, told) = write_export(&*opened.archive, &mut out).await?;
        eprintln!("exported {told}");
        return Ok(());
    }
    let stop = terminated()?;
    let mut draft = Draft::beside(to)?;
    let written = tokio::select! {
        written = write_export(&*opened.archive, &mut draft.out) => written,
        () = stop => Err("interrupted".into()),
    };
    let placed = written.and_then(|written| draft.place().map(|()| written));
    let (manifest, told) = placed.inspect_err(|_| draft.discard())?;
    print(&format!("exported to {}: {told}", to.display()))?;
    let keys: Vec<&str> = manifest.key_ids.iter().map(String::as_str).collect();
    print(&format!("restoring it requires these master keys: {}. Keep them in another place", keys.join(", ")))
}

async fn write_export(archive: &dyn Archive, out: &mut (dyn Write + Send)) -> Result<(Manifest, String), Failure> {
    let mut line = ProgressLine::start();
    let mut reader = archive.begin_read(Writers::GoOn).await?;
    let now = rfc3339(SystemClock.now())?;
    let written_by = format!("auth-server {}", env!("CARGO_PKG_VERSION"));
    let manifest = export(&mut *reader, out, (now, written_by), &mut |progress| line.show(progress)).await?;
    let told = line.end(manifest.rows());
    Ok((manifest, told))
}
