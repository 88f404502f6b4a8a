//! What is preloaded into the service or PostgreSQL (`shim.c`): it logs what they write, or has them meet a clock that is wrong,
//! a disk that is full, a system that gives no randomness.

use std::fs::{File, Permissions};
use std::os::unix::fs::{FileExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

/// A library, and what it does to those into which it is preloaded. Others than its owner may use it: PostgreSQL does not run
/// as root.
pub struct Shim {
    folder: TempDir,
    control: File,
}

impl Shim {
    /// Compiles it; nothing is wrong at first.
    pub fn build() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let let_others = |path: &Path, mode: u32| {
            std::fs::set_permissions(path, Permissions::from_mode(mode)).expect("a folder of our own");
        };
        let_others(folder.path(), 0o777);
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("faults/shim.c");
        let library = folder.path().join("shim.so");
        let mut cc = Command::new("cc");
        cc.args(["-shared", "-fPIC", "-O2", "-w", "-o"]).arg(&library).arg(source).arg("-ldl");
        assert!(cc.status().is_ok_and(|status| status.success()), "a C compiler is needed: cc");
        let path = folder.path().join("control");
        let control = File::options().read(true).write(true).create(true).truncate(true).open(&path).expect("a file");
        control.set_len(4_096).expect("a file of our own");
        let_others(&path, 0o666);
        Self { folder, control }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The environment in which it acts on files with `full` in their path, and logs those with `logged` in it.
    pub fn environment(&self, full: &str, logged: Option<&str>) -> Vec<(&'static str, String)> {
        let path = |name: &str| self.file(name).display().to_string();
        let mut all =
            vec![("LD_PRELOAD", path("shim.so")), ("SHIM_CONTROL", path("control")), ("SHIM_FULL", full.to_owned())];
        all.extend(
            logged.into_iter().flat_map(|logged| [("SHIM_LOG", path("writes")), ("SHIM_MATCH", logged.to_owned())]),
        );
        all
    }

    /// The log so far; it begins anew with the next process.
    pub fn take_log(&self) -> Vec<u8> {
        let log = std::fs::read(self.file("writes")).expect("the shim's log");
        std::fs::remove_file(self.file("writes")).expect("the shim's log");
        log
    }

    /// Their clock is so many seconds ahead of the machine's.
    pub fn put_clock(&self, ahead: i64) {
        self.control.write_all_at(&ahead.to_ne_bytes(), 0).expect("a file of our own");
    }

    /// Whether their files cannot grow any more.
    pub fn fill_disk(&self, is_full: bool) {
        self.control.write_all_at(&i32::from(is_full).to_ne_bytes(), 8).expect("a file of our own");
    }

    /// One of so many draws of randomness fails; none where it is 0.
    pub fn refuse_randomness(&self, one_of: i32) {
        self.control.write_all_at(&one_of.to_ne_bytes(), 12).expect("a file of our own");
    }
}

/// As settings of a service are given.
pub fn borrowed<'a>(environment: &'a [(&'static str, String)]) -> Vec<(&'static str, &'a str)> {
    environment.iter().map(|(name, value)| (*name, value.as_str())).collect()
}

/// As a shell takes it.
pub fn for_shell(environment: &[(&'static str, String)]) -> String {
    environment.iter().map(|(name, value)| format!("{name}={value} ")).collect()
}
