//! What a disk has kept of PostgreSQL's log. The files hold everything that was written; the shim's log says what was there
//! before, so that what no sync has followed can be taken back.

use std::collections::BTreeMap;
use std::os::unix::fs::FileExt as _;
use std::path::Path;

use super::disk::{HEAD, SECTOR, number};

/// Of a segment, in bytes.
const SEGMENT: u64 = 16 << 20;

/// A write that no sync has followed, by what was there before.
struct Pending<'a> {
    offset: u64,
    before: &'a [u8],
}

/// Takes writes back, all or none or sectors of them; answers how many no sync had followed.
pub fn after_power_cut(log: &[u8], folder: &Path) -> usize {
    let pending = pending(log);
    // What the oldest of them found in each sector was there at the last sync.
    let mut synced = BTreeMap::new();
    for Pending { offset, before } in &pending {
        for (at, sector) in (*offset..).step_by(SECTOR).zip(before.chunks(SECTOR)) {
            synced.entry(at).or_insert(sector);
        }
    }
    let chance = fastrand::choice([0.0, 0.5, 1.0]).expect("three");
    for (offset, sector) in synced {
        if fastrand::f64() < chance {
            put_back(folder, offset, sector);
        }
    }
    pending.len()
}

fn pending(log: &[u8]) -> Vec<Pending<'_>> {
    let (mut pending, mut rest) = (Vec::new(), log);
    while let Some((head, after)) = rest.split_at_checked(HEAD) {
        let (length, offset) = (number(&head[4..8]), number(&head[8..16]) as u64);
        rest = after;
        match head[0] {
            b'W' => {
                // The kill may have come in the middle of a record, and before the write.
                let Some((before, after)) = rest.split_at_checked(length) else { break };
                pending.push(Pending { offset, before });
                rest = after;
            }
            b'S' => pending.retain(|write| write.offset / SEGMENT != offset / SEGMENT),
            _ => {}
        }
    }
    pending
}

/// The first timeline is the only one: nobody is promoted here.
fn put_back(folder: &Path, offset: u64, sector: &[u8]) {
    let segment = offset / SEGMENT;
    let name = format!("00000001{:08X}{:08X}", segment >> 8, segment & 0xff);
    // One that was thrown away meanwhile is not needed any more.
    if let Ok(file) = std::fs::File::options().write(true).open(folder.join(name)) {
        file.write_all_at(sector, offset % SEGMENT).expect("the file of a server that has ended");
    }
}
