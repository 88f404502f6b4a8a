//! Exports, restores and copies between real databases of both engines.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up is to fail")]

mod population;

use std::io::{BufReader, Cursor};
use std::path::PathBuf;
use std::sync::Arc;

use auth_archive::{Manifest, RestoreError, Restored, copy, export, read_header, restore, summarize};
use auth_domain::account::HashCost;
use auth_domain::ports::{Archive, Store, Writers};
use auth_postgres::connect;
use auth_sqlite::open;
use auth_testkit::postgres::cluster;
use population::{accounts, populate};

const HASH_COST: HashCost = HashCost { memory_kib: 19_456, passes: 2 };

/// The version of each schema there was, as the folders of its migrations are named.
fn versions() -> Vec<String> {
    let folders = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../../migrations/sqlite")).unwrap();
    let names = folders.map(|folder| folder.unwrap().file_name().into_string().unwrap());
    let mut versions: Vec<String> = names.map(|name| name.split('_').next().unwrap().replace('-', "")).collect();
    versions.sort();
    versions
}

/// A database of its own.
#[derive(Clone)]
enum Place {
    Sqlite(PathBuf),
    Postgres(String),
}

impl Place {
    fn both() -> [Self; 2] {
        let dir = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap().keep();
        [Self::Sqlite(dir.join("auth.db")), Self::Postgres(cluster().database())]
    }

    async fn at(self, version: Option<&str>) -> Self {
        match &self {
            Self::Sqlite(path) => auth_sqlite::migrate_to(path, version).await.unwrap(),
            Self::Postgres(url) => auth_postgres::migrate_to(url, true, version).await.unwrap(),
        };
        self
    }

    async fn archive(&self) -> Arc<dyn Archive> {
        match self {
            Self::Sqlite(path) => Arc::new(open(path, None).await.unwrap()),
            Self::Postgres(url) => Arc::new(connect(url, true, 2, None).await.unwrap()),
        }
    }

    async fn store(&self) -> Arc<dyn Store> {
        match self {
            Self::Sqlite(path) => Arc::new(open(path, None).await.unwrap()),
            Self::Postgres(url) => Arc::new(connect(url, true, 2, None).await.unwrap()),
        }
    }

    async fn exported(&self) -> (Vec<u8>, Manifest) {
        let (archive, mut out) = (self.archive().await, Vec::new());
        let mut reader = archive.begin_read(Writers::GoOn).await.unwrap();
        let when = ("2026-11-22T10:00:00Z".to_owned(), "a test".to_owned());
        let manifest = export(&mut *reader, &mut out, when, &mut |_| ()).await.unwrap();
        (out, manifest)
    }

    async fn restored(&self, text: &[u8], keep_sessions: bool) -> Result<Restored, RestoreError> {
        let mut input = BufReader::new(Cursor::new(text.to_vec()));
        let source = read_header(&mut input)?;
        let writer = self.archive().await.begin_write().await?;
        restore(writer, &source, &mut input, keep_sessions, None, HASH_COST, &mut |_| ()).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_restored_is_what_was_exported_whatever_the_engine() {
    let mut exports = Vec::new();
    for from in Place::both() {
        let from = from.at(None).await;
        populate(&*from.archive().await).await;
        let (text, manifest) = from.exported().await;
        assert!(manifest.tables.values().all(|table| table.rows > 0), "every table has a part: {manifest:?}");
        assert_eq!(manifest.key_ids.iter().collect::<Vec<_>>(), ["0a0b0c0d"], "the other one is retired");
        for to in Place::both() {
            let to = to.at(None).await;
            let restored = to.restored(&text, true).await.unwrap();
            assert_eq!(restored.manifest, manifest);
            assert!(to.exported().await.0 == text, "byte by byte");
            assert_eq!(to.store().await.list_accounts(None, 9).await.unwrap().len(), accounts().len());
            let again = to.restored(&text, true).await.unwrap_err();
            assert!(matches!(again, RestoreError::NotEmpty { table: "accounts", .. }), "{again}");
        }
        exports.push(text);
    }
    assert!(exports[0] == exports[1], "both engines write the same");
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_stay_behind_unless_they_are_asked_for() {
    let [from, to] = Place::both();
    let (from, to) = (from.at(None).await, to.at(None).await);
    populate(&*from.archive().await).await;
    let (text, manifest) = from.exported().await;
    let restored = to.restored(&text, false).await.unwrap();
    assert_eq!(restored.sessions_ended, manifest.tables["sessions"].rows);
    let (_, there) = to.exported().await;
    assert_eq!((there.tables["sessions"].rows, there.tables["accounts"]), (0, manifest.tables["accounts"]));
}

/// The first login would take the memory of the machine, or a thread for a day.
#[tokio::test(flavor = "multi_thread")]
async fn a_hash_of_extreme_cost_is_not_restored() {
    let credential = |parameters: &str| {
        format!(
            r#"{{"id":"01990000-0000-7000-8000-000000000001","username":null,"email":"ann@example.org","emailVerified":true,"passwordHash":"$argon2id$v=19${parameters}$c2FsdHNhbHQ$aGFzaA","roles":["user"],"identities":[],"twoFa":[],"recoveryCodes":[],"createdAt":"2026-11-22T10:00:00Z","updatedAt":"2026-11-22T10:00:00Z"}}"#
        )
    };
    for place in Place::both() {
        let place = place.at(None).await;
        for extreme in ["m=4294967295,t=1,p=1", "m=19456,t=4294967295,p=1"] {
            let error = place.restored(credential(extreme).as_bytes(), false).await.unwrap_err();
            assert!(matches!(error, RestoreError::ExtremeHash { number: 1, .. }), "{error}");
        }
        let foreign = place.restored(credential("m=19456,t=2,p=1").as_bytes(), false).await.unwrap_err();
        assert!(matches!(foreign, RestoreError::ForeignHash { number: 1 }), "{foreign}");
        place.restored(credential("m=19456,t=2,p=1,keyid=CgsMDQ").as_bytes(), false).await.unwrap();
        // The same of an export, before its checksums are looked at.
        let (export, _) = place.exported().await;
        let export = String::from_utf8(export).unwrap().replace("m=19456", "m=4294967295");
        let [empty, _] = Place::both();
        let error = empty.at(None).await.restored(export.as_bytes(), false).await.unwrap_err();
        assert!(matches!(error, RestoreError::ExtremeHash { .. }), "{error}");
    }
}

/// Cut at every line, and with one byte changed at many places.
#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_export_is_refused_and_leaves_nothing() {
    let [from, to] = Place::both();
    let (from, to) = (from.at(None).await, to.at(None).await);
    populate(&*from.archive().await).await;
    let text = from.exported().await.0;
    let ends: Vec<usize> = text.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(at, _)| at + 1).collect();
    for end in ends.iter().take(ends.len() - 1) {
        let error = to.restored(&text[..*end], true).await.unwrap_err();
        assert!(matches!(error, RestoreError::CutShort), "{error}");
    }
    // The ids of the keys follow, which a restore finds in the rows itself.
    let key_ids = text.windows(9).rposition(|part| part == br#""keyIds":"#).unwrap();
    for at in (ends[0]..key_ids).step_by(97) {
        let mut damaged = text.clone();
        damaged[at] = if damaged[at] == b'1' { b'2' } else { b'1' };
        assert!(to.restored(&damaged, true).await.is_err(), "{}", String::from_utf8_lossy(&damaged[at - 20..at + 20]));
    }
    let twice = [&text[..], &text[ends[0]..]].concat();
    assert!(to.restored(&twice, true).await.unwrap_err().to_string().contains("more data after the manifest"));
    assert!(to.exported().await.1.tables.values().all(|table| table.rows <= 1), "nothing came");
    to.restored(&text, true).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn exports_of_every_earlier_schema_are_restored() {
    let versions = versions();
    assert!(versions.len() >= 6);
    for (version, engine) in versions.iter().flat_map(|version| [(version, 0), (version, 1)]) {
        let [sqlite, postgres] = Place::both();
        let (from, to) = if engine == 0 { (sqlite, postgres) } else { (postgres, sqlite) };
        let from = from.at(None).await;
        populate(&*from.archive().await).await;
        let from = from.at(Some(version)).await;
        let (text, manifest) = from.exported().await;
        assert!(
            String::from_utf8_lossy(&text)
                .starts_with(&format!(r#"{{"export":{{"format":1,"schemaVersion":"{version}""#))
        );
        // Where a server was started once, with the newest schema.
        let to = to.at(None).await.at(Some(version)).await;
        to.restored(&text, true).await.unwrap();
        let to = to.at(None).await;
        let store = to.store().await;
        let there = store.list_accounts(None, 9).await.unwrap();
        assert_eq!(there.len() as u64, manifest.tables["accounts"].rows, "{version}");
        assert_eq!(there[0].email, accounts()[0].email, "{version}");
        assert_eq!(store.list_signing_keys().await.unwrap().len() as u64, manifest.tables["signing_keys"].rows);
    }
    let [sqlite, postgres] = Place::both();
    let newer = "20991231000000";
    let Place::Sqlite(path) = sqlite else { unreachable!() };
    let Place::Postgres(url) = postgres else { unreachable!() };
    for error in [
        auth_sqlite::migrate_to(&path, Some(newer)).await.unwrap_err().to_string(),
        auth_postgres::migrate_to(&url, true, Some(newer)).await.unwrap_err().to_string(),
    ] {
        assert!(error.contains("newer auth-server"), "{error}");
    }
}

/// Into an empty database, into a half-filled one, and after the source went on.
#[tokio::test(flavor = "multi_thread")]
async fn a_copy_may_be_repeated_and_takes_over_what_changed() {
    for from in 0..2 {
        let places = Place::both();
        let (source, target) = (places[from].clone().at(None).await, places[1 - from].clone().at(None).await);
        let (source, target) = (source.archive().await, target.archive().await);
        populate(&*source).await;
        let copied = async || {
            let mut reader = source.begin_read(Writers::Wait).await.unwrap();
            let manifest = copy(&mut *reader, &*target, &mut |_| ()).await.unwrap();
            let there = summarize(&mut *target.begin_read(Writers::GoOn).await.unwrap(), &mut |_| ()).await.unwrap();
            assert_eq!(manifest.tables, there.tables);
            manifest
        };
        let first = copied().await;
        assert_eq!(copied().await, first);

        // Half of it is gone in the target, and something is there that is not in the source.
        let mut writer = target.begin_write().await.unwrap();
        writer.empty("sessions").await.unwrap();
        writer.delete("accounts", &format!("[{}]", population::ROWS[0].1)).await.unwrap();
        writer
            .insert("deletions", &population::columns(population::EXTRA_DELETION), population::EXTRA_DELETION_ROWS)
            .await
            .unwrap();
        writer.commit().await.unwrap();
        assert_eq!(copied().await, first);

        // Two accounts swap their addresses.
        population::swap_addresses(&*source).await;
        assert_ne!(copied().await, first);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn while_writers_wait_nobody_writes_and_readers_go_on() {
    for place in Place::both() {
        let place = place.at(None).await;
        let (archive, store) = (place.archive().await, place.store().await);
        populate(&*archive).await;
        let reader = archive.begin_read(Writers::Wait).await.unwrap();
        let account = store.list_accounts(None, 1).await.unwrap().remove(0);
        let (account_id, revision) = (account.id, account.revision());
        let delete = |store: Arc<dyn Store>| async move {
            store.commit(vec![auth_domain::ports::Change::DeleteAccount { account_id, revision }]).await
        };
        let waiting = tokio::spawn(delete(store.clone()));
        tokio::time::sleep(std::time::Duration::from_millis(300)).await;
        assert!(!waiting.is_finished());
        assert!(store.find_account(account.id).await.unwrap().is_some());
        drop(reader);
        waiting.await.unwrap().unwrap();
        assert!(store.find_account(account.id).await.unwrap().is_none());
    }
}
