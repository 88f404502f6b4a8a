use std::path::Path;
use std::sync::mpsc;
use std::task::Poll;

use diesel::connection::SimpleConnection as _;
use diesel::{Connection as _, RunQueryDsl as _, SqliteConnection};
use futures_util::future::{BoxFuture, FutureExt as _, join_all};
use tempfile::TempDir;

use super::log::{LONG, MOVED_FROM};
use super::*;

const AGAIN: Verdict = Err(CommitError::Conflict(Guard::Alone));
const FAILED: Verdict = Err(CommitError::Store(StoreError::Failed));
const REFUSED: Verdict = Err(CommitError::Store(StoreError::Refused));
const UNAVAILABLE: Verdict = Err(CommitError::Store(StoreError::Unavailable));

const SCHEMA: &str = "CREATE TABLE things (id INTEGER PRIMARY KEY, data BLOB);
    CREATE TABLE parts (thing INTEGER REFERENCES things DEFERRABLE INITIALLY DEFERRED)";

struct Database {
    dir: TempDir,
    writer: Writer,
    worker: Worker,
}

/// Keeps the thread busy until it is dropped.
struct Gate {
    _open: mpsc::Sender<()>,
}

impl Database {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("auth.db");
        std::fs::File::create(&path).unwrap();
        let mut conn = connect_here(&path).unwrap();
        conn.batch(SCHEMA).now_or_never().unwrap().unwrap();
        let worker = Worker::new("database writer");
        Self { writer: Writer::start(path, conn, worker.clone()).unwrap(), worker, dir }
    }

    fn path(&self) -> std::path::PathBuf {
        self.dir.path().join("auth.db")
    }

    /// Closes the gate: the thread does nothing until it is dropped, and what is queued meanwhile is one batch.
    fn close_gate(&self) -> (Gate, BoxFuture<'_, Verdict>) {
        let (begun, has_begun) = mpsc::channel();
        let (open, opened) = mpsc::channel::<()>();
        let write: Write = Box::new(move |_| {
            async move {
                begun.send(()).unwrap();
                assert!(opened.recv().is_err(), "it is dropped");
                Ok(())
            }
            .boxed()
        });
        let mut waiting = self.writer.write(write).boxed();
        assert_eq!((&mut waiting).now_or_never(), None);
        has_begun.recv().unwrap();
        (Gate { _open: open }, waiting)
    }

    /// Does all of it as one batch.
    async fn write_at_once(&self, writes: Vec<Write>) -> Vec<Verdict> {
        let (gate, waiting) = self.close_gate();
        let mut verdicts = join_all(writes.into_iter().map(|write| self.writer.write(write)));
        // Polled once, each is in the queue.
        assert!(std::future::poll_fn(|context| Poll::Ready(verdicts.poll_unpin(context))).await.is_pending());
        drop(gate);
        assert_eq!(waiting.await, Ok(()));
        verdicts.await
    }

    /// Returns the things that another connection sees.
    fn things(&self) -> Vec<i64> {
        let mut conn = SqliteConnection::establish(&self.path().to_string_lossy()).unwrap();
        let rows: Vec<Thing> = diesel::sql_query("SELECT id FROM things ORDER BY id").load(&mut conn).unwrap();
        rows.into_iter().map(|thing| thing.id).collect()
    }

    /// Returns how many transactions were committed, each with its own sync: frames of the log that end one
    /// (<https://sqlite.org/fileformat2.html#walformat>).
    fn commits(&self) -> usize {
        let log = std::fs::read(Path::new(&format!("{}-wal", self.path().display()))).unwrap();
        let number = |at: usize| u32::from_be_bytes(log[at..at + 4].try_into().unwrap());
        let (page, salt) = (usize::try_from(number(8)).unwrap(), &log[16..24]);
        let frames = (32..log.len()).step_by(24 + page).filter(|at| &log[at + 8..at + 16] == salt);
        frames.filter(|at| number(at + 4) > 0).count()
    }
}

#[derive(diesel::QueryableByName)]
struct Thing {
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    id: i64,
}

#[derive(diesel::QueryableByName)]
struct Pages {
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    log: i64,
}

/// Runs these statements, then ends with this verdict.
fn sql(statements: &str, verdict: Verdict) -> Write {
    let statements = statements.to_owned();
    Box::new(move |conn| {
        async move {
            conn.batch(&statements).await?;
            verdict
        }
        .boxed()
    })
}

fn insert(id: i64) -> Write {
    sql(&format!("INSERT INTO things VALUES ({id}, NULL)"), Ok(()))
}

#[tokio::test]
async fn of_many_at_once_each_has_its_own_verdict_and_all_share_one_sync() {
    let database = Database::new();
    let conflict = Err(CommitError::Conflict(Guard::SessionAlive));
    let write = |id: i64| match id % 4 {
        // Rolled back, though its statement succeeded.
        1 => (sql(&format!("INSERT INTO things VALUES ({id}, NULL)"), conflict), conflict),
        // The key is that of the one before.
        2 => (sql(&format!("INSERT INTO things VALUES ({id}, NULL), ({}, NULL)", id - 2), Ok(())), FAILED),
        _ => (insert(id), Ok(())),
    };
    let (writes, expected): (Vec<Write>, Vec<Verdict>) = (0..100).map(write).unzip();
    let before = database.commits();
    assert_eq!(database.write_at_once(writes).await, expected);
    assert_eq!(database.commits() - before, 1);
    assert_eq!(database.things(), (0..100).filter(|id| id % 4 == 0 || id % 4 == 3).collect::<Vec<_>>());
}

#[tokio::test]
async fn one_by_one_each_commits_at_once() {
    let database = Database::new();
    let before = database.commits();
    for id in 0..3 {
        assert_eq!(database.writer.write(insert(id)).await, Ok(()));
        assert_eq!(database.things().len(), usize::try_from(id).unwrap() + 1, "it is told what others see");
    }
    assert_eq!(database.commits() - before, 3);
}

#[tokio::test]
async fn more_than_a_batch_takes_a_transaction_more() {
    let database = Database::new();
    let before = database.commits();
    let many = i64::try_from(BATCH + 1).unwrap();
    assert!(database.write_at_once((0..many).map(insert).collect()).await.iter().all(Result::is_ok));
    assert_eq!((database.commits() - before, database.things().len()), (2, BATCH + 1));
}

#[tokio::test]
async fn a_panic_undoes_what_shared_its_transaction_and_nothing_else() {
    let database = Database::new();
    let panics = |begin: &'static str| -> Write {
        Box::new(move |conn| {
            async move {
                conn.batch(begin).await?;
                conn.batch("INSERT INTO things VALUES (7, NULL)").await?;
                panic!("a piece of work panics");
            }
            .boxed()
        })
    };
    let conflict = Err(CommitError::Conflict(Guard::SessionAlive));
    // The second saw the first, which is undone: its verdict is none.
    let writes = vec![insert(1), sql("SELECT 1", conflict), panics(""), insert(3), insert(4)];
    assert_eq!(database.write_at_once(writes).await, [AGAIN, AGAIN, FAILED, Ok(()), Ok(())]);
    assert_eq!(database.things(), [3, 4]);
    assert_eq!(database.writer.write(panics("BEGIN IMMEDIATE")).await, FAILED, "alone, in a transaction of its own");
    assert_eq!(database.writer.write(insert(5)).await, Ok(()));
    assert_eq!(database.things(), [3, 4, 5]);
}

/// SQLite then undoes the whole transaction by itself, and what comes next would be committed by itself.
#[tokio::test]
async fn a_full_disk_leaves_nothing_of_its_transaction() {
    let database = Database::new();
    let fill = || sql("PRAGMA max_page_count = 4; INSERT INTO things VALUES (7, zeroblob(1000000))", Ok(()));
    let writes = vec![insert(1), fill(), insert(3), insert(4)];
    assert_eq!(database.write_at_once(writes).await, [AGAIN, REFUSED, Ok(()), Ok(())]);
    assert_eq!(database.things(), [3, 4]);
    assert_eq!(database.writer.write(fill()).await, REFUSED);
    assert_eq!(database.things(), [3, 4]);
}

#[tokio::test]
async fn a_commit_that_fails_is_everybodys_error() {
    let database = Database::new();
    let orphan = || sql("INSERT INTO parts VALUES (99)", Ok(()));
    assert_eq!(database.write_at_once(vec![insert(1), orphan(), insert(3)]).await, [FAILED; 3]);
    assert_eq!(database.things(), [0; 0]);
    assert_eq!(database.write_at_once(vec![insert(1), insert(3)]).await, [Ok(()); 2]);
    assert_eq!(database.things(), [1, 3]);
}

#[tokio::test]
async fn another_process_that_writes_too_long_is_everybodys_error() {
    let database = Database::new();
    let mut other = SqliteConnection::establish(&database.path().to_string_lossy()).unwrap();
    other.batch_execute("BEGIN IMMEDIATE").unwrap();
    let mut writes = vec![sql("PRAGMA busy_timeout = 0", Ok(()))];
    assert_eq!(database.writer.write(writes.pop().unwrap()).await, Ok(()));
    assert_eq!(database.write_at_once(vec![insert(1), insert(2)]).await, [UNAVAILABLE; 2]);
    other.batch_execute("ROLLBACK").unwrap();
    assert_eq!(database.write_at_once(vec![insert(1), insert(2)]).await, [Ok(()); 2]);
    assert_eq!(database.things(), [1, 2]);
}

#[tokio::test]
async fn what_nobody_waits_for_any_more_is_not_begun() {
    let database = Database::new();
    let (gate, waiting) = database.close_gate();
    let mut dropped = database.writer.write(insert(1)).boxed();
    assert_eq!((&mut dropped).now_or_never(), None);
    drop(dropped);
    // It waits for as long as it may.
    assert_eq!(database.writer.write(insert(2)).await, UNAVAILABLE);
    drop(gate);
    assert_eq!(waiting.await, Ok(()));
    assert_eq!(database.writer.write(insert(3)).await, Ok(()));
    assert_eq!(database.things(), [3]);
}

#[tokio::test]
async fn a_full_queue_is_told_at_once() {
    let database = Database::new();
    let (gate, waiting) = database.close_gate();
    let write = |id| {
        let mut waiting = database.writer.write(insert(id)).boxed();
        let told = (&mut waiting).now_or_never();
        (waiting, told)
    };
    let queued: Vec<_> = (0..i64::try_from(QUEUE).unwrap()).map(write).collect();
    assert!(queued.iter().all(|(_, told)| told.is_none()));
    assert_eq!(write(-1).1, Some(UNAVAILABLE));
    drop(gate);
    assert_eq!(waiting.await, Ok(()));
    let verdicts = join_all(queued.into_iter().map(|(waiting, _)| waiting)).await;
    assert!(verdicts.iter().all(Result::is_ok));
    assert_eq!(database.things().len(), QUEUE);
}

#[tokio::test]
async fn a_writer_that_is_told_to_stop_does_what_is_queued() {
    let database = Database::new();
    let (gate, waiting) = database.close_gate();
    let mut queued = join_all((0..10).map(insert).map(|write| database.writer.write(write)));
    assert!(std::future::poll_fn(|context| Poll::Ready(queued.poll_unpin(context))).await.is_pending());
    let thread = database.writer.stop().unwrap();
    assert_eq!(database.writer.write(insert(99)).await, UNAVAILABLE);
    drop(gate);
    assert_eq!(waiting.await, Ok(()));
    assert_eq!(queued.await, [Ok(()); 10]);
    assert!(thread.join().unwrap().is_some(), "it hands over its connection");
    assert_eq!(database.things().len(), 10);
    assert!(database.writer.stop().is_none());
}

const MIB: u64 = 1024 * 1024;

impl Database {
    fn log_size(&self) -> u64 {
        std::fs::metadata(format!("{}-wal", self.path().display())).unwrap().len()
    }

    /// Returns how many pages were written to the log since it last started over.
    fn pages_in_log(&self) -> i64 {
        let mut conn = SqliteConnection::establish(&self.path().to_string_lossy()).unwrap();
        let query = diesel::sql_query("PRAGMA wal_checkpoint(NOOP)");
        let Pages { log } = query.get_result(&mut conn).unwrap();
        log
    }

    async fn write_mebibytes(&self, first: i64, count: i64) {
        for id in first..first + count {
            let one =
                format!("INSERT INTO things VALUES ({id}, zeroblob(1048576)); DELETE FROM things WHERE id = {id}");
            assert_eq!(self.writer.write(sql(&one, Ok(()))).await, Ok(()));
        }
    }

    /// Opens a read transaction with its own snapshot.
    fn begin_reading(&self) -> SqliteConnection {
        let mut conn = SqliteConnection::establish(&self.path().to_string_lossy()).unwrap();
        conn.batch_execute("PRAGMA busy_timeout = 5000; BEGIN; SELECT count(*) FROM things").unwrap();
        conn
    }
}

#[tokio::test]
async fn a_log_that_is_moved_starts_over_before_it_has_to_be_emptied() {
    let database = Database::new();
    let long = "INSERT INTO things VALUES (0, zeroblob(5242880)); DELETE FROM things WHERE id = 0";
    assert_eq!(database.writer.write(sql(long, Ok(()))).await, Ok(()));
    assert!(database.pages_in_log() > MOVED_FROM);
    let began = std::time::Instant::now();
    while database.pages_in_log() > 100 {
        assert!(began.elapsed() < std::time::Duration::from_secs(20), "{} pages", database.pages_in_log());
        assert_eq!(database.writer.write(sql("REPLACE INTO things VALUES (100, NULL)", Ok(()))).await, Ok(()));
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    assert!(database.log_size() < LONG, "nothing had to be emptied: {} MiB", database.log_size() / MIB);
    assert_eq!(database.things(), [100]);
}

/// However fast commits follow each other.
#[tokio::test]
async fn the_log_stays_short_while_commits_never_pause() {
    let database = Database::new();
    // 10 pages a commit, 60 MiB in all.
    for id in 0..1_500 {
        let one = format!("REPLACE INTO things VALUES ({}, zeroblob(40000))", id % 100);
        assert_eq!(database.writer.write(sql(&one, Ok(()))).await, Ok(()));
    }
    let size = database.log_size();
    assert!(size < 40 * MIB, "{} MiB of 60", size / MIB);
}

#[tokio::test]
async fn readers_that_take_turns_do_not_let_the_log_grow() {
    let database = Database::new();
    let done = Arc::<AtomicBool>::default();
    // At no time does nobody read.
    let readers: Vec<_> = (0..3)
        .map(|_| {
            let (done, path) = (Arc::clone(&done), database.path());
            std::thread::spawn(move || {
                let mut conn = SqliteConnection::establish(&path.to_string_lossy()).unwrap();
                conn.batch_execute("PRAGMA busy_timeout = 5000").unwrap();
                while !done.load(Ordering::Relaxed) {
                    conn.batch_execute("BEGIN; SELECT count(*) FROM things").unwrap();
                    std::thread::sleep(std::time::Duration::from_millis(15));
                    conn.batch_execute("COMMIT").unwrap();
                }
            })
        })
        .collect();
    database.write_mebibytes(0, 100).await;
    let size = database.log_size();
    done.store(true, Ordering::Relaxed);
    readers.into_iter().for_each(|reader| reader.join().unwrap());
    assert!(size < 40 * MIB, "{} MiB of 100", size / MIB);
}

#[tokio::test]
async fn a_snapshot_that_is_read_for_long_holds_the_log_up_and_nobody_else() {
    let database = Database::new();
    let reader = database.begin_reading();
    database.write_mebibytes(0, 50).await;
    assert!(database.log_size() >= 50 * MIB, "what the reader sees is in the file, what came after is not");
    drop(reader);
    // It is tried again once it has grown by as much again.
    database.write_mebibytes(50, 50).await;
    assert!(database.log_size() < 40 * MIB, "{} MiB", database.log_size() / MIB);
}

/// Panics where it is thrown away, which no piece of work of ours does.
struct Mine;

impl Drop for Mine {
    fn drop(&mut self) {
        panic!("thrown away");
    }
}

/// A panic outside any piece of work: nobody waits for ever, and what comes after it is done.
#[tokio::test]
async fn the_thread_comes_back_after_a_panic_of_its_own() {
    let database = Database::new();
    let (gate, waiting) = database.close_gate();
    let mine = Mine;
    let write: Write = Box::new(move |_| {
        std::mem::forget(mine);
        async { Ok(()) }.boxed()
    });
    // Its caller goes away, so the thread drops it.
    let mut abandoned = database.writer.write(write).boxed();
    assert_eq!((&mut abandoned).now_or_never(), None);
    drop(abandoned);
    let mut queued = database.writer.write(insert(1)).boxed();
    assert_eq!((&mut queued).now_or_never(), None);
    drop(gate);
    assert_eq!(waiting.await, Ok(()));
    assert_eq!(queued.await, Ok(()));
    assert_eq!(database.worker.report().failures, 1);
    assert!(database.writer.version().await.is_some());
}
