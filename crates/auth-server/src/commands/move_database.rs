//! `move --to URL`: copies the whole database to another one, of either engine, while the service runs on the old one.

use std::time::Duration;

use auth_archive::{Manifest, copy, require_empty, summarize};
use auth_crypto::SystemClock;
use auth_domain::maintenance::Maintenance;
use auth_domain::ports::{ArchiveReader, Change, Clock as _, Writers};

use crate::Failure;
use crate::database::Opened;
use crate::output::print;
use crate::progress::ProgressLine;
use crate::settings::{Database, Settings};
use crate::signals::terminated;

pub(crate) async fn run(settings: &Settings, to: &str, stopped: bool) -> Result<(), Failure> {
    let to = &match to.strip_prefix('@') {
        Some(file) => std::fs::read_to_string(file).map_err(|error| format!("--to: cannot read {file}: {error}"))?,
        None => to.to_owned(),
    };
    let to = Database::parse(to.trim(), settings.postgres).map_err(|error| format!("--to {error}"))?;
    if to == settings.database {
        return Err("--to is the database that is already configured: there is nothing to move".into());
    }
    let source = settings.database.open().await?;
    source.require_whole().await?;
    to.migrate_to(None).await.map_err(|error| format!("--to: {error}"))?;
    let target = to.open().await.map_err(|error| format!("--to: {error}"))?;
    if target.store.find_maintenance(Maintenance::UnfinishedMove).await?.is_none() {
        let empty = require_empty(&mut *target.archive.begin_write().await?).await;
        empty.map_err(|error| format!("--to: {error}"))?;
    }
    target
        .store
        .commit(vec![Change::RecordMaintenance { kind: Maintenance::UnfinishedMove, at: SystemClock.now() }])
        .await?;
    if !stopped {
        print("copying while the service keeps running")?;
        copy_once(&source, &target).await?;
    }
    print("the old database is read-only from now on: the service answers 503 to requests that would change it")?;
    let mut held = source.archive.begin_read(Writers::Wait).await?;
    let mut line = ProgressLine::start();
    let there = copy(&mut *held, &*target.archive, &mut |progress| line.show(progress)).await?;
    let mut reader = target.archive.begin_read(Writers::GoOn).await?;
    let here = summarize(&mut *reader, &mut |progress| line.show(progress)).await?;
    let told = line.end(there.rows());
    compare(&there, &here)?;
    drop(reader);
    still_locked(&mut *held).await?;
    target.store.commit(vec![Change::ForgetMaintenance(Maintenance::UnfinishedMove)]).await?;
    print(&format!("moved and compared {told}; the old database is unchanged"))?;
    print(
        "set AUTH_DATABASE_URL to the new database and keep the same master key (AUTH_SECRET_KEY, or secret.key in \
         the data folder)",
    )?;
    if !stopped {
        // Before the line that says so: who reads it may press Ctrl-C at once.
        let stop = terminated()?;
        print(
            "the old database stays locked so that no change is lost: restart the service with the new one, then \
             press Ctrl-C here",
        )?;
        hold(&mut *held, stop).await?;
    }
    drop(held);
    Ok(())
}

const EVERY: Duration = Duration::from_secs(1);

/// Keeps the lock until `stop` ends.
async fn hold(held: &mut dyn ArchiveReader, stop: impl Future<Output = ()>) -> Result<(), Failure> {
    let mut stop = std::pin::pin!(stop);
    loop {
        tokio::select! {
            () = &mut stop => return Ok(()),
            () = tokio::time::sleep(EVERY) => still_locked(held).await?,
        }
    }
}

/// Checks the lock, which belongs to a transaction and is lost with its connection.
async fn still_locked(held: &mut dyn ArchiveReader) -> Result<(), Failure> {
    let lost = |error| {
        format!(
            "the lock on the old database was lost ({error}), so nodes write to it again. Do not use the new \
             database: empty it and run the move again"
        )
    };
    Ok(held.count("signing_keys").await.map(drop).map_err(lost)?)
}

async fn copy_once(source: &Opened, target: &Opened) -> Result<(), Failure> {
    let mut line = ProgressLine::start();
    let mut reader = source.archive.begin_read(Writers::GoOn).await?;
    let copied = copy(&mut *reader, &*target.archive, &mut |progress| line.show(progress)).await?;
    print(&format!("copied {}", line.end(copied.rows())))
}

/// Compares table by table that the rows are the same.
fn compare(there: &Manifest, here: &Manifest) -> Result<(), Failure> {
    for (table, expected) in &there.tables {
        let found = here.tables.get(table).copied().unwrap_or_default();
        if *expected != found {
            return Err(format!(
                "{table} differs: the old database has {expected}, the new one {found}. Run the move again"
            )
            .into());
        }
        print(&format!("{:>10}  {table}  {}", found.rows, &found.checksum.to_string()[..16]))?;
    }
    Ok(())
}
