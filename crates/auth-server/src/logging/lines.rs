//! Log lines on their way to stderr: whoever logs leaves a line in a bounded buffer and goes on, a thread writes what has
//! come. A reader of stderr that is slow holds up no request; what finds no place is counted.

use std::io::{self, Write};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use supervisor::Worker;
use tracing::{Level, Metadata};
use tracing_subscriber::fmt::MakeWriter;

/// How many bytes may wait: some 4,000 lines.
const MOST: usize = 1 << 20;
/// As many again are kept for warnings and errors.
const MOST_WITH_WARNINGS: usize = 2 * MOST;
/// What the buffers keep when they are empty.
const KEPT: usize = 64 << 10;
/// What comes so soon after a line is written with the next one, so that under load no line costs a call of the system.
const PAUSE: Duration = Duration::from_millis(5);
/// How long the end waits for a reader of stderr that is stuck.
const LAST_WORDS: Duration = Duration::from_secs(5);

/// Takes lines. A clone is the same.
#[derive(Clone)]
pub(super) struct LogLines {
    shared: Arc<Shared>,
    /// Whether lines are JSON objects: then each gets the id of the request that is being answered.
    json: bool,
}

/// Ends the thread when it is dropped: then everything is written.
pub(super) struct LogWriter(Arc<Shared>);

struct Shared {
    waiting: Mutex<Waiting>,
    /// Told of a line when the thread waits for one, and of the end.
    changed: Condvar,
    /// Told when the thread has written the last line.
    ended: Condvar,
    dropped: Arc<AtomicU64>,
    worker: Worker,
}

#[derive(Default)]
struct Waiting {
    bytes: Vec<u8>,
    /// How many lines found no place since that was last said.
    dropped: u64,
    /// Whether the thread waits for a line.
    idle: bool,
    closed: bool,
    ended: bool,
}

/// Starts the thread, which writes to `out`.
pub(super) fn start(json: bool, mut out: impl Write + Send + 'static) -> io::Result<(LogLines, LogWriter)> {
    let shared = Arc::new(Shared::new());
    let own = Arc::clone(&shared);
    // A panic costs the lines that were being written.
    std::thread::Builder::new().name("log".to_owned()).spawn(move || own.worker.run_here(|| own.write_to(&mut out)))?;
    Ok((LogLines { shared: Arc::clone(&shared), json }, LogWriter(shared)))
}

impl LogLines {
    /// Counts the lines that found no place.
    pub(super) fn dropped(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.shared.dropped)
    }

    /// The thread, to those who ask how it is.
    pub(super) fn worker(&self) -> Worker {
        self.shared.worker.clone()
    }

    fn push(&self, line: &[u8], most: usize) -> io::Result<()> {
        let request = if self.json { request_scope::current() } else { None };
        let mut waiting = self.shared.lock();
        if waiting.closed {
            drop(waiting);
            let mut late = Vec::new();
            append(&mut late, line, request.as_deref());
            return io::stderr().write_all(&late);
        }
        if waiting.bytes.len() + line.len() > most {
            waiting.dropped += 1;
            self.shared.dropped.fetch_add(1, Ordering::Relaxed);
            return Ok(());
        }
        append(&mut waiting.bytes, line, request.as_deref());
        if std::mem::take(&mut waiting.idle) {
            drop(waiting);
            self.shared.changed.notify_one();
        }
        Ok(())
    }
}

/// Adds a line, with the id of its request as its last member: `"span":{"id":"…","name":"request"}`.
fn append(bytes: &mut Vec<u8>, line: &[u8], request: Option<&str>) {
    match request.zip(line.strip_suffix(b"}\n")) {
        // No id has a character that JSON escapes.
        Some((id, open)) => {
            for part in [open, br#","span":{"id":""#, id.as_bytes(), br#"","name":"request"}}"#, b"\n"] {
                bytes.extend_from_slice(part);
            }
        }
        None => bytes.extend_from_slice(line),
    }
}

impl Shared {
    fn new() -> Self {
        let (changed, ended) = (Condvar::new(), Condvar::new());
        Self { waiting: Mutex::default(), changed, ended, dropped: Arc::default(), worker: Worker::new("log") }
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The thread's part.
    fn write_to(&self, out: &mut impl Write) {
        let mut batch = Vec::new();
        loop {
            let (dropped, closed) = self.take(&mut batch);
            // When nobody reads stderr any more, there is nobody to tell.
            let _: io::Result<()> = out.write_all(&batch).and_then(|()| out.flush());
            batch.clear();
            batch.shrink_to(KEPT);
            if dropped > 0 {
                tracing::warn!(dropped, "log lines were dropped: stderr is not read fast enough");
            }
            if closed {
                break;
            }
            let pause = self.changed.wait_timeout_while(self.lock(), PAUSE, |waiting| !waiting.closed);
            drop(pause);
        }
        self.lock().ended = true;
        self.ended.notify_all();
    }

    /// Waits for lines and takes all there are; says how many were dropped meanwhile, and whether these are the last.
    fn take(&self, batch: &mut Vec<u8>) -> (u64, bool) {
        let mut waiting = self.lock();
        while waiting.bytes.is_empty() && !waiting.closed {
            waiting.idle = true;
            waiting = self.changed.wait(waiting).unwrap_or_else(PoisonError::into_inner);
        }
        waiting.idle = false;
        std::mem::swap(&mut waiting.bytes, batch);
        (std::mem::take(&mut waiting.dropped), waiting.closed)
    }
}

impl Drop for LogWriter {
    fn drop(&mut self) {
        let mut waiting = self.0.lock();
        waiting.closed = true;
        self.0.changed.notify_all();
        let ended = self.0.ended.wait_timeout_while(waiting, LAST_WORDS, |waiting| !waiting.ended);
        drop(ended);
    }
}

/// Takes one line.
pub(super) struct Line<'a> {
    lines: &'a LogLines,
    most: usize,
}

impl<'a> MakeWriter<'a> for LogLines {
    type Writer = Line<'a>;

    fn make_writer(&'a self) -> Line<'a> {
        Line { lines: self, most: MOST }
    }

    fn make_writer_for(&'a self, metadata: &Metadata<'_>) -> Line<'a> {
        let most = if *metadata.level() <= Level::WARN { MOST_WITH_WARNINGS } else { MOST };
        Line { lines: self, most }
    }
}

impl Write for Line<'_> {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.lines.push(line, self.most)?;
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Receiver, Sender, channel};

    use super::*;

    /// A reader that takes what it is given, once it is let.
    struct Slow {
        let_go: Receiver<()>,
        read: Sender<Vec<u8>>,
    }

    impl Write for Slow {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            // Let go for good when the other end is dropped.
            let _ = self.let_go.recv();
            self.read.send(bytes.to_owned()).unwrap();
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn slow(json: bool) -> (LogLines, LogWriter, Sender<()>, Receiver<Vec<u8>>) {
        let ((let_go, gate), (read, reader)) = (channel(), channel());
        let (lines, writer) = start(json, Slow { let_go: gate, read }).unwrap();
        (lines, writer, let_go, reader)
    }

    fn all(reader: &Receiver<Vec<u8>>) -> String {
        String::from_utf8(reader.iter().flatten().collect()).unwrap()
    }

    #[test]
    fn nothing_is_lost_at_the_end() {
        let (lines, writer, let_go, reader) = slow(false);
        let expected: Vec<String> = (0..1_000).map(|number| format!("line {number}\n")).collect();
        expected.iter().for_each(|line| lines.push(line.as_bytes(), MOST).unwrap());
        drop(let_go);
        drop(writer);
        assert_eq!(all(&reader), expected.concat());
        assert_eq!(lines.dropped().load(Ordering::Relaxed), 0);
    }

    #[test]
    fn what_finds_no_place_is_counted_and_warnings_find_one_longer() {
        let (lines, writer, let_go, reader) = slow(false);
        let line = [b"x".repeat(1023), b"\n".to_vec()].concat();
        let push = |most, times| (0..times).for_each(|_| lines.push(&line, most).unwrap());
        // The thread holds the first one.
        push(MOST, 1);
        while !lines.shared.lock().bytes.is_empty() {
            std::thread::yield_now();
        }
        push(MOST, 1024 + 3);
        assert_eq!(lines.dropped().load(Ordering::Relaxed), 3);
        push(MOST_WITH_WARNINGS, 1024 + 2);
        assert_eq!(lines.dropped().load(Ordering::Relaxed), 5);
        drop(let_go);
        drop(writer);
        assert_eq!(all(&reader).len(), 1024 * (1 + 2 * 1024));
    }

    /// Panics at its first line.
    struct Panics(Sender<Vec<u8>>, bool);

    impl Write for Panics {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            assert!(std::mem::replace(&mut self.1, true), "the first time");
            self.0.send(bytes.to_owned()).unwrap();
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_thread_that_panicked_goes_on_with_the_next_line() {
        let (read, reader) = channel();
        let (lines, writer) = start(false, Panics(read, false)).unwrap();
        lines.push(b"lost\n", MOST).unwrap();
        while lines.worker().report().failures == 0 {
            std::thread::yield_now();
        }
        lines.push(b"written\n", MOST).unwrap();
        drop(writer);
        assert_eq!(all(&reader), "written\n");
    }

    #[tokio::test]
    async fn a_line_of_a_request_ends_with_its_id() {
        let (lines, writer, let_go, reader) = slow(true);
        let push = || lines.push(b"{\"level\":\"INFO\"}\n", MOST).unwrap();
        push();
        request_scope::scope("a-1".into(), async { push() }).await;
        drop(let_go);
        drop(writer);
        let with_id = "{\"level\":\"INFO\",\"span\":{\"id\":\"a-1\",\"name\":\"request\"}}\n";
        assert_eq!(all(&reader), format!("{{\"level\":\"INFO\"}}\n{with_id}"));
    }
}
