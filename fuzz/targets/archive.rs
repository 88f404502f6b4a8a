//! The file of an export, or credentials one a line: read whole into a database, or not at all.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use auth_archive::{Source, read_header, restore};
use auth_domain::account::{Account, HashCost};
use auth_domain::ports::{ArchiveError, ArchiveWriter};
use auth_fuzz::{Verdict, check};
use serde_json::{Map, Value};

/// What was written, by whoever holds a clone.
#[derive(Clone, Default)]
struct Written(Arc<Mutex<Counts>>);

#[derive(Default)]
struct Counts {
    rows: u64,
    committed: bool,
}

#[async_trait]
impl ArchiveWriter for Written {
    async fn lock(&mut self) -> Result<(), ArchiveError> {
        Ok(())
    }

    async fn count(&mut self, _: &str) -> Result<u64, ArchiveError> {
        Ok(0)
    }

    async fn insert(&mut self, table: &str, columns: &[String], rows: &str) -> Result<(), ArchiveError> {
        let rows: Vec<Map<String, Value>> =
            serde_json::from_str(rows).unwrap_or_else(|error| panic!("{table}: {error}"));
        assert!(rows.iter().all(|row| row.keys().eq(columns.iter())), "{table} has the columns {columns:?}");
        self.0.lock().unwrap().rows += rows.len() as u64;
        Ok(())
    }

    async fn delete(&mut self, _: &str, _: &str) -> Result<(), ArchiveError> {
        unreachable!("a restore deletes nothing by key")
    }

    async fn empty(&mut self, _: &str) -> Result<(), ArchiveError> {
        Ok(())
    }

    async fn insert_accounts(&mut self, accounts: &[Account]) -> Result<(), ArchiveError> {
        self.0.lock().unwrap().rows += accounts.len() as u64;
        Ok(())
    }

    async fn commit(self: Box<Self>) -> Result<(), ArchiveError> {
        self.0.lock().unwrap().committed = true;
        Ok(())
    }
}

/// That of new hashes.
const HASH_COST: HashCost = HashCost { memory_kib: 19_456, passes: 2 };

#[test]
fn archive_file() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    check("archive_file", &[], |bytes| {
        let (written, mut input) = (Written::default(), bytes);
        let restored = read_header(&mut input).and_then(|source: Source| {
            let writer = Box::new(written.clone());
            runtime.block_on(restore(writer, &source, &mut input, true, None, HASH_COST, &mut |_| {}))
        });
        let counts = written.0.lock().unwrap();
        assert_eq!(restored.is_ok(), counts.committed, "whole or not at all");
        match restored {
            Ok(restored) => {
                assert_eq!(restored.manifest.rows(), counts.rows, "every row that the manifest tells of was written");
                Verdict::Accepted
            }
            Err(_) => Verdict::Refused,
        }
    });
}
