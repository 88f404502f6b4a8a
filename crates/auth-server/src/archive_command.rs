//! `export` and `restore`.

use std::collections::BTreeSet;
use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use auth_archive::{Manifest, Restored, Source, export, read_header, require_empty, restore};
use auth_crypto::{KeyRing, SystemClock};
use auth_domain::ports::{Clock as _, Writers};

use rustix::fs::{CWD, RenameFlags, renameat_with};
use rustix::io::Errno;

use crate::Failure;
use crate::commands::{print, rfc3339, terminated};
use crate::drill;
use crate::move_command::refuse_unfinished;
use crate::progress::ProgressLine;
use crate::secret_key::{existing, suffix};
use crate::settings::{Database, Settings};

/// Where an export goes or comes from when it is no file.
const STANDARD_STREAM: &str = "-";

/// How to restore.
#[derive(Clone, Copy, clap::Args)]
pub(crate) struct RestoreOptions {
    /// Restore the sessions too. Only for an export that was taken after the service was stopped: a refresh token that
    /// was rotated since looks like a stolen one
    #[arg(long)]
    pub(crate) keep_sessions: bool,
    /// Restore although a master key that it needs is missing: whoever depends on that one has to recover
    #[arg(long)]
    pub(crate) allow_missing_keys: bool,
}

pub(crate) async fn run_export(settings: &Settings, to: &Path) -> Result<(), Failure> {
    let opened = settings.database.open().await?;
    refuse_unfinished(&opened).await?;
    let archive = opened.archive;
    if to == Path::new(STANDARD_STREAM) {
        let mut out = BufWriter::new(std::io::stdout());
        let (_, told) = write_export(&*archive, &mut out).await?;
        eprintln!("exported {told}");
        return Ok(());
    }
    if to.exists() {
        return Err(format!("{} exists already: an export replaces nothing", to.display()).into());
    }
    // Beside its place, and its owner's alone: whoever finds a file of that name finds a whole one.
    let draft = draft(to);
    let failed = |error: std::io::Error| format!("cannot write {}: {error}", draft.display());
    let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&draft).map_err(failed)?;
    let mut out = BufWriter::with_capacity(1 << 20, file);
    let written = tokio::select! {
        written = write_export(&*archive, &mut out) => written,
        _ = terminated() => Err("interrupted".into()),
    };
    let placed = written.and_then(|written| {
        out.get_ref().sync_all().map_err(failed)?;
        place(&draft, to).map_err(|error| format!("cannot make {}: {error}", to.display()))?;
        let folder = to.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        File::open(folder).and_then(|folder| folder.sync_all()).map_err(failed)?;
        Ok(written)
    });
    let (manifest, told) = placed.inspect_err(|_| drop(std::fs::remove_file(&draft)))?;
    print(&format!("exported {told}, to {}", to.display()))?;
    let keys: Vec<&str> = manifest.key_ids.iter().map(String::as_str).collect();
    print(&format!("it is of no use without the master keys it needs: {}. Keep them elsewhere", keys.join(", ")))
}

/// Gives `draft` its name, unless something else has got it meanwhile.
fn place(draft: &Path, to: &Path) -> std::io::Result<()> {
    match renameat_with(CWD, draft, CWD, to, RenameFlags::NOREPLACE) {
        // A file system that cannot promise it: `to` was looked for before.
        Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP) => std::fs::rename(draft, to),
        placed => Ok(placed?),
    }
}

fn draft(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{:016x}.partial", u64::from_le_bytes(suffix())));
    name.into()
}

async fn write_export(
    archive: &dyn auth_domain::ports::Archive,
    out: &mut (dyn Write + Send),
) -> Result<(Manifest, String), Failure> {
    let mut line = ProgressLine::start();
    let mut reader = archive.begin_read(Writers::GoOn).await?;
    let now = rfc3339(SystemClock.now())?;
    let written_by = format!("auth-server {}", env!("CARGO_PKG_VERSION"));
    let manifest = export(&mut *reader, out, (now, written_by), &mut |progress| line.show(progress)).await?;
    let told = line.end(manifest.rows());
    Ok((manifest, told))
}

/// An export that is open, read up to its first line.
pub(crate) struct OpenExport {
    pub(crate) source: Source,
    input: Box<dyn BufRead + Send>,
    name: String,
}

impl OpenExport {
    pub(crate) fn open(file: &Path) -> Result<Self, Failure> {
        let (mut input, name): (Box<dyn BufRead + Send>, _) = if file == Path::new(STANDARD_STREAM) {
            (Box::new(BufReader::new(std::io::stdin())), "standard input".to_owned())
        } else {
            let opened = File::open(file).map_err(|error| format!("cannot open {}: {error}", file.display()))?;
            (Box::new(BufReader::with_capacity(1 << 20, opened)), file.display().to_string())
        };
        let source = read_header(&mut *input).map_err(|error| format!("{name}: {error}"))?;
        Ok(Self { source, input, name })
    }

    /// Restores it into the empty database `target`, and brings that up to date.
    pub(crate) async fn restore_into(
        mut self,
        target: &Database,
        ring: &KeyRing,
        options: RestoreOptions,
    ) -> Result<(Restored, String), Failure> {
        target.migrate_to(None).await?;
        let archive = target.open().await?.archive;
        // Before the schema goes back to that of the export, which would drop what there is.
        require_empty(&mut *archive.begin_write().await?).await?;
        if let Source::Export(header) = &self.source {
            target.migrate_to(Some(&header.schema_version)).await?;
        }
        let mut line = ProgressLine::start();
        let keys: BTreeSet<String> = ring.ids().map(str::to_owned).collect();
        let keys = (!options.allow_missing_keys).then_some(&keys);
        let writer = archive.begin_write().await?;
        let input = &mut *self.input;
        let mut watch = |progress: auth_archive::Progress<'_>| line.show(progress);
        let restored = restore(writer, &self.source, input, options.keep_sessions, keys, &mut watch).await;
        // Whatever came of it: the database is one of today again.
        target.migrate_to(None).await?;
        let restored = restored.map_err(|error| format!("{}: {error}. Nothing was restored", self.name))?;
        let told = line.end(restored.manifest.rows());
        Ok((restored, told))
    }
}

pub(crate) async fn run_restore(
    settings: Settings,
    file: &Path,
    options: RestoreOptions,
    only_drill: bool,
) -> Result<(), Failure> {
    let export = OpenExport::open(file)?;
    // An export that was made with another key is of no use with one that is made now.
    let ring = existing(&settings)?.ring;
    if only_drill {
        return drill::run(settings, export, &ring, options).await;
    }
    let (restored, told) = export.restore_into(&settings.database, &ring, options).await?;
    print(&format!("restored {told}"))?;
    if restored.sessions_ended > 0 {
        print(&format!("{} sessions were left out: everybody logs in anew", restored.sessions_ended))?;
    }
    Ok(())
}
