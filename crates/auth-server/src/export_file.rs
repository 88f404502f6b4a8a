//! Files of exports: they appear complete or not at all when written, and are opened up to their first line when read.

use std::collections::BTreeSet;
use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, BufWriter};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use auth_archive::{Restored, Source, read_header, require_empty, restore};
use auth_crypto::KeyRing;
use auth_domain::account::HashCost;
use rustix::fs::{CWD, RenameFlags, renameat_with};
use rustix::io::Errno;

use crate::Failure;
use crate::progress::ProgressLine;
use crate::secret_key::suffix;
use crate::settings::Database;

/// The path that stands for standard output or input.
const STANDARD_STREAM: &str = "-";

/// Tells whether a path means standard output or input.
pub(crate) fn is_standard_stream(path: &Path) -> bool {
    path == Path::new(STANDARD_STREAM)
}

/// A file that gets its name when it is complete, and that only its owner may read.
pub(crate) struct Draft {
    path: PathBuf,
    to: PathBuf,
    pub(crate) out: BufWriter<File>,
}

impl Draft {
    /// Creates a file beside `to`, which must not exist.
    pub(crate) fn beside(to: &Path) -> Result<Self, Failure> {
        if to.exists() {
            return Err(format!("{} already exists: an export never overwrites a file", to.display()).into());
        }
        let mut name = to.as_os_str().to_owned();
        name.push(format!(".{:016x}.partial", u64::from_le_bytes(suffix())));
        let path = PathBuf::from(name);
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path);
        let file = file.map_err(|error| cannot_write(&path, &error))?;
        Ok(Self { out: BufWriter::with_capacity(1 << 20, file), path, to: to.to_owned() })
    }

    /// Gives the file its name, once it is on the disk.
    pub(crate) fn place(&self) -> Result<(), Failure> {
        let failed = |error: std::io::Error| cannot_write(&self.path, &error);
        self.out.get_ref().sync_all().map_err(failed)?;
        rename_to_nothing(&self.path, &self.to)
            .map_err(|error| format!("cannot create {}: {error}", self.to.display()))?;
        let folder = self.to.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        Ok(File::open(folder).and_then(|folder| folder.sync_all()).map_err(failed)?)
    }

    /// Removes what was written.
    pub(crate) fn discard(&self) {
        // The earlier failure is the one to report.
        let _ = std::fs::remove_file(&self.path);
    }
}

fn cannot_write(path: &Path, error: &std::io::Error) -> String {
    format!("cannot write {}: {error}", path.display())
}

/// Gives `draft` its name, unless another file has taken it meanwhile.
fn rename_to_nothing(draft: &Path, to: &Path) -> std::io::Result<()> {
    match renameat_with(CWD, draft, CWD, to, RenameFlags::NOREPLACE) {
        // A file system that cannot guarantee this; whether `to` existed was checked before.
        Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP) => std::fs::rename(draft, to),
        placed => Ok(placed?),
    }
}

/// How an export is restored.
#[derive(Clone, Copy, clap::Args)]
pub(crate) struct RestoreOptions {
    /// Restore the sessions too. Only for an export made after the service was stopped: a refresh token that was rotated
    /// since then would look stolen
    #[arg(long)]
    pub(crate) keep_sessions: bool,
    /// Restore even if a required master key is missing: users whose data needs that key must recover their accounts
    #[arg(long)]
    pub(crate) allow_missing_keys: bool,
}

/// An open export, of which the first line was read.
pub(crate) struct OpenExport {
    pub(crate) source: Source,
    input: Box<dyn BufRead + Send>,
    name: String,
}

impl OpenExport {
    /// Opens a file, or standard input.
    pub(crate) fn open(file: &Path) -> Result<Self, Failure> {
        let (mut input, name): (Box<dyn BufRead + Send>, _) = if is_standard_stream(file) {
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
        hash_cost: HashCost,
        options: RestoreOptions,
    ) -> Result<(Restored, String), Failure> {
        target.migrate_to(None).await?;
        let archive = target.open().await?.archive;
        // Checked before the schema goes back to that of the export, which would drop existing data.
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
        let restored = restore(writer, &self.source, input, options.keep_sessions, keys, hash_cost, &mut watch).await;
        // Whatever the outcome, the database has the current schema again.
        target.migrate_to(None).await?;
        let restored = restored.map_err(|error| format!("{}: {error}. Nothing was restored", self.name))?;
        let told = line.end(restored.manifest.rows());
        Ok((restored, told))
    }
}
