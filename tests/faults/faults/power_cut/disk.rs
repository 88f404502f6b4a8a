//! What a disk has kept of a log of writes and syncs.

use std::path::{Path, PathBuf};

/// What a disk writes whole or not at all, in bytes.
pub const SECTOR: usize = 512;
/// Of a record in the log, before its bytes.
pub const HEAD: usize = 16;
/// Ends of the paths: the database, its write-ahead log, its journal.
const ENDS: [&str; 3] = ["", "-wal", "-journal"];

/// The three files of a database; empty where there is none.
#[derive(Clone, Debug, Default)]
pub struct Files([Vec<u8>; 3]);

/// Something that a disk may still lose.
enum Change<'a> {
    Write { offset: usize, bytes: &'a [u8] },
    Truncate { length: usize },
}

/// What becomes of everything that no sync has followed.
#[derive(Clone, Copy)]
enum Fate {
    Lost,
    Kept,
    SomeKept,
    Torn,
}

impl Files {
    /// Those of the database at `path`.
    pub fn read(path: &Path) -> Self {
        Self(ENDS.map(|end| std::fs::read(with_end(path, end)).unwrap_or_default()))
    }

    /// Puts them where the database at `path` was. The index of the write-ahead log goes: it was in memory only.
    pub fn write(&self, path: &Path) {
        for (end, bytes) in ENDS.iter().zip(&self.0) {
            let file = with_end(path, end);
            if bytes.is_empty() && !end.is_empty() {
                let _not_there = std::fs::remove_file(file);
            } else {
                std::fs::write(file, bytes).expect("the file of a server that has ended");
            }
        }
        let _not_there = std::fs::remove_file(with_end(path, "-shm"));
    }
}

fn with_end(path: &Path, end: &str) -> PathBuf {
    PathBuf::from(format!("{}{end}", path.display()))
}

/// A number of a record, in the order of machines that there are.
pub fn number(bytes: &[u8]) -> usize {
    bytes.iter().rev().fold(0, |sum, byte| sum << 8 | usize::from(*byte))
}

/// Plays the log on what was there before it. Unless `syncs_count`, a sync keeps nothing.
pub fn after_power_cut(before: Files, log: &[u8], syncs_count: bool) -> Files {
    let Files(mut files) = before;
    let mut pending: [Vec<Change<'_>>; 3] = Default::default();
    let mut rest = log;
    while let Some((head, after)) = rest.split_at_checked(HEAD) {
        let (operation, file) = (head[0], usize::from(head[1]) - 1);
        let (length, offset) = (number(&head[4..8]), number(&head[8..16]));
        rest = after;
        match operation {
            b'W' => {
                // The kill may have come in the middle of a record.
                let Some((bytes, after)) = rest.split_at_checked(length) else { break };
                pending[file].push(Change::Write { offset, bytes });
                rest = after;
            }
            // SQLite syncs the folder after it: a deletion stays.
            b'D' => {
                pending[file].clear();
                files[file].clear();
            }
            b'T' => pending[file].push(Change::Truncate { length: offset }),
            _ if syncs_count => pending[file].drain(..).for_each(|change| change.apply(&mut files[file])),
            _ => {}
        }
    }
    let fate = fastrand::choice([Fate::Lost, Fate::Kept, Fate::SomeKept, Fate::Torn]).expect("four");
    for (file, pending) in files.iter_mut().zip(pending) {
        for change in pending {
            change.meet(if syncs_count { fate } else { Fate::Lost }, file);
        }
    }
    Files(files)
}

impl Change<'_> {
    fn apply(&self, file: &mut Vec<u8>) {
        match self {
            Self::Truncate { length } => file.resize(*length, 0),
            Self::Write { offset, bytes } => {
                let end = offset + bytes.len();
                if file.len() < end {
                    file.resize(end, 0);
                }
                file[*offset..end].copy_from_slice(bytes);
            }
        }
    }

    fn meet(&self, fate: Fate, file: &mut Vec<u8>) {
        match (fate, self) {
            (Fate::Kept, _) => self.apply(file),
            (Fate::Lost, _) => {}
            (Fate::SomeKept, _) | (Fate::Torn, Self::Truncate { .. }) => {
                if fastrand::bool() {
                    self.apply(file);
                }
            }
            (Fate::Torn, Self::Write { offset, bytes }) => {
                for (at, sector) in bytes.chunks(SECTOR).enumerate() {
                    if fastrand::bool() {
                        Change::Write { offset: offset + at * SECTOR, bytes: sector }.apply(file);
                    }
                }
            }
        }
    }
}
