//! Where the master key comes from: the setting, or a file that the embedded default creates.

use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use auth_crypto::{KeyRing, MasterKey, SystemEntropy};
use auth_domain::ports::Entropy as _;
use zeroize::Zeroizing;

use crate::Failure;
use crate::settings::{Database, Settings};

/// The key ring, and the file from which it was read or in which it was created, if any.
pub(crate) struct LoadedKey {
    pub(crate) ring: KeyRing,
    pub(crate) file: Option<PathBuf>,
    pub(crate) made_now: bool,
}

const REQUIRED: &str = "AUTH_SECRET_KEY is required with PostgreSQL: generate one with `openssl rand -base64 32`, \
                        keep it safe, and use the same one on every node";

/// Returns the key that is set; `None` only where one may be created.
pub(crate) fn configured(settings: &Settings) -> Result<Option<KeyRing>, Failure> {
    match (&settings.secret_key, &settings.database) {
        (Some(text), _) => Ok(Some(KeyRing::parse(text).map_err(|error| {
            format!("AUTH_SECRET_KEY: {error}; expected base64 of 32 bytes (openssl rand -base64 32)")
        })?)),
        (None, Database::Postgres { .. }) => Err(REQUIRED.into()),
        (None, Database::Sqlite(_)) => Ok(None),
    }
}

/// Returns the configured key or, with the embedded default, the one in `<data dir>/secret.key`, which the first start
/// creates.
pub(crate) fn load_or_make(settings: &Settings) -> Result<LoadedKey, Failure> {
    if let Some(ring) = configured(settings)? {
        return Ok(LoadedKey { ring, file: None, made_now: false });
    }
    let Database::Sqlite(database) = &settings.database else { return Err(REQUIRED.into()) };
    let file = settings.data_dir.join("secret.key");
    if let Some(ring) = read(&file)? {
        return Ok(LoadedKey { ring, file: Some(file), made_now: false });
    }
    if database.exists() {
        // Another process may have created both just now.
        if let Some(ring) = read(&file)? {
            return Ok(LoadedKey { ring, file: Some(file), made_now: false });
        }
        return Err(format!(
            "the database {} exists but its master key {} does not: put the key back, or set AUTH_SECRET_KEY",
            database.display(),
            file.display()
        )
        .into());
    }
    make_dir(&settings.data_dir)?;
    make(&file)?;
    let ring = read(&file)?.ok_or_else(|| format!("{} was deleted right after it was created", file.display()))?;
    Ok(LoadedKey { ring, file: Some(file), made_now: true })
}

/// Returns the existing key, from the settings or the file. Creates none.
pub(crate) fn existing(settings: &Settings) -> Result<LoadedKey, Failure> {
    let file = settings.data_dir.join("secret.key");
    match configured(settings)? {
        Some(ring) => Ok(LoadedKey { ring, file: None, made_now: false }),
        None => match read(&file)? {
            Some(ring) => Ok(LoadedKey { ring, file: Some(file), made_now: false }),
            None => {
                Err(format!("there is no master key: set AUTH_SECRET_KEY, or put the key in {}", file.display()).into())
            }
        },
    }
}

/// Creates a folder that only its owner may access.
pub(crate) fn make_dir(path: &Path) -> Result<(), Failure> {
    let made = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(path);
    made.map_err(|error| format!("cannot create the folder {}: {error}", path.display()).into())
}

fn read(file: &Path) -> Result<Option<KeyRing>, Failure> {
    let mut text = Zeroizing::new(String::new());
    match File::open(file).and_then(|mut opened| opened.read_to_string(&mut text)) {
        Ok(_) => {}
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(format!("cannot read the master key {}: {error}", file.display()).into()),
    }
    let ring = KeyRing::parse(&text).map_err(|error| format!("the master key in {}: {error}", file.display()))?;
    Ok(Some(ring))
}

/// Writes the whole key beside its place and links it there, which fails if another process was first: nobody ever sees
/// half a key, and all see the same one.
fn make(file: &Path) -> Result<(), Failure> {
    let failed = |error: std::io::Error| format!("cannot write the master key {}: {error}", file.display());
    let draft = file.with_extension(format!("{:016x}.tmp", u64::from_le_bytes(suffix())));
    let mut opened =
        OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&draft).map_err(failed)?;
    let key = MasterKey::new(SystemEntropy.bytes()).to_base64();
    opened
        .write_all(key.as_bytes())
        .and_then(|()| opened.write_all(b"\n"))
        .and_then(|()| opened.sync_all())
        .map_err(failed)?;
    let linked = std::fs::hard_link(&draft, file);
    std::fs::remove_file(&draft).map_err(failed)?;
    match linked {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(failed(error).into()),
        _ => Ok(()),
    }
}

/// Returns a suffix for the name of a file that nobody else has.
pub(crate) fn suffix() -> [u8; 8] {
    let mut suffix = [0; 8];
    suffix.copy_from_slice(&SystemEntropy.bytes()[..8]);
    suffix
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    #[test]
    fn many_that_make_a_key_at_once_share_one_that_only_the_owner_reads() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("secret.key");
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| make(&file).unwrap());
            }
        });
        assert!(read(&file).unwrap().is_some());
        assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1, "no draft stays behind");
    }
}
