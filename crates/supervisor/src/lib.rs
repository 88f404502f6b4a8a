//! Restarts background workers: a worker that panics or fails is started again after a wait that doubles, and counted.
//! Metrics, `/health/ready` and `doctor` report the state of the workers.

use std::any::Any;
use std::collections::BTreeMap;
use std::convert::Infallible;
use std::fmt::Display;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::FutureExt as _;
use tokio::time::Instant;

const FIRST_WAIT: Duration = Duration::from_millis(250);
/// The longest wait: short, so that what is queued is sent soon after the database is back.
const MAX_WAIT: Duration = Duration::from_secs(5);
/// A worker that has run for this long since its last failure counts as recovered, and its next wait is the shortest
/// one again.
const WELL_AFTER: Duration = Duration::from_secs(60);

/// All workers of a process, by name. Clones share the same state.
#[derive(Clone, Default)]
pub struct Supervisor(Arc<Mutex<BTreeMap<String, Worker>>>);

/// The state of a worker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// The name of the worker.
    pub name: String,
    /// How often it has panicked or failed since the process started.
    pub failures: u64,
    /// Whether it is waiting to be restarted, or has failed within the last minute.
    pub failing: bool,
}

impl Supervisor {
    /// Returns the worker with this name. Several that do the same share a name and are reported as one.
    pub fn worker(&self, name: impl Into<String>) -> Worker {
        let name = name.into();
        let mut workers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        workers.entry(name.clone()).or_insert_with(|| Worker::new(name)).clone()
    }

    /// Adds a worker that was created before.
    pub fn add(&self, worker: Worker) {
        let mut workers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        workers.insert(worker.0.name.clone(), worker);
    }

    /// Returns the state of each worker, by name.
    pub fn reports(&self) -> Vec<Report> {
        let workers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        workers.values().map(Worker::report).collect()
    }
}

/// A background worker. Clones are the same worker.
#[derive(Clone)]
pub struct Worker(Arc<State>);

struct State {
    name: String,
    failures: AtomicU64,
    last_failure: Mutex<Option<Instant>>,
    /// How many of this name are waiting to be restarted.
    waiting: AtomicUsize,
}

impl Worker {
    /// Creates a worker that has not been started yet.
    pub fn new(name: impl Into<String>) -> Self {
        let (failures, last_failure, waiting) = (AtomicU64::new(0), Mutex::default(), AtomicUsize::new(0));
        Self(Arc::new(State { name: name.into(), failures, last_failure, waiting }))
    }

    /// Runs what `start` creates until that ends by itself. After a panic or a failure it is created again.
    pub async fn run<F, E>(self, mut start: impl FnMut() -> F)
    where
        F: Future<Output = Result<(), E>>,
        E: Display,
    {
        let mut backoff = Backoff::default();
        loop {
            let began = Instant::now();
            let error = match AssertUnwindSafe(async { start().await }).catch_unwind().await {
                Ok(Ok(())) => return,
                Ok(Err(error)) => error.to_string(),
                Err(panic) => what_it_said(&*panic),
            };
            let wait = backoff.next(began.elapsed());
            let _waiting = self.failed(&error, wait);
            tokio::time::sleep(wait).await;
        }
    }

    /// Runs work that ends only by a panic or with the process, in the same way.
    pub async fn run_forever<F: Future<Output = Infallible>>(self, mut start: impl FnMut() -> F) {
        self.run(|| {
            let work = start();
            async move { Err::<(), Infallible>(work.await) }
        })
        .await;
    }

    /// Does `work` on the calling thread until it returns, and again whenever it panics.
    pub fn run_here(&self, mut work: impl FnMut()) {
        let mut backoff = Backoff::default();
        loop {
            let began = Instant::now();
            let Err(panic) = catch_unwind(AssertUnwindSafe(&mut work)) else { return };
            let wait = backoff.next(began.elapsed());
            let _waiting = self.failed(&what_it_said(&*panic), wait);
            std::thread::sleep(wait);
        }
    }

    /// Counts a failure from which the worker has recovered by itself.
    pub fn count_failure(&self) {
        self.0.failures.fetch_add(1, Ordering::Relaxed);
        *self.0.last_failure.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }

    fn failed(&self, error: &str, wait: Duration) -> Waiting<'_> {
        self.count_failure();
        tracing::error!(worker = self.0.name, error, ?wait, "a background worker failed and will be restarted");
        self.0.waiting.fetch_add(1, Ordering::Relaxed);
        Waiting(&self.0)
    }

    /// Returns the state of the worker.
    pub fn report(&self) -> Report {
        let State { name, failures, last_failure, waiting } = &*self.0;
        let last_failure = *last_failure.lock().unwrap_or_else(PoisonError::into_inner);
        let lately = last_failure.is_some_and(|at| at.elapsed() < WELL_AFTER);
        let failing = lately || waiting.load(Ordering::Relaxed) > 0;
        Report { name: name.clone(), failures: failures.load(Ordering::Relaxed), failing }
    }
}

/// Exists until the worker is restarted.
struct Waiting<'a>(&'a State);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.waiting.fetch_sub(1, Ordering::Relaxed);
    }
}

struct Backoff(Duration);

impl Default for Backoff {
    fn default() -> Self {
        Self(FIRST_WAIT)
    }
}

impl Backoff {
    /// Returns how long to wait after a failure of a worker that ran for that long.
    fn next(&mut self, ran: Duration) -> Duration {
        if ran >= WELL_AFTER {
            self.0 = FIRST_WAIT;
        }
        let wait = self.0;
        self.0 = (wait * 2).min(MAX_WAIT);
        wait
    }
}

fn what_it_said(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    format!("panicked: {}", text.unwrap_or("no message"))
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    /// Starts it repeatedly, and returns when it was started, in milliseconds.
    async fn starts(worker: &Worker, mut work: impl AsyncFnMut(usize) -> Result<(), &'static str>) -> Vec<u128> {
        let (began, starts) = (Instant::now(), Cell::new(Vec::new()));
        let work = tokio::sync::Mutex::new(&mut work);
        let once = || async {
            let mut all = starts.take();
            all.push(began.elapsed().as_millis());
            let number = all.len();
            starts.set(all);
            let mut work = work.lock().await;
            (**work)(number).await
        };
        worker.clone().run(once).await;
        starts.into_inner()
    }

    #[tokio::test(start_paused = true)]
    async fn one_that_panics_or_fails_is_started_again_ever_later_until_it_ends_by_itself() {
        let workers = Supervisor::default();
        let worker = workers.worker("mail");
        let started = starts(&worker, async |number| match number {
            9 => Ok(()),
            even if even % 2 == 0 => panic!("number {even}"),
            _ => Err("the database is away"),
        });
        assert_eq!(started.await, [0, 250, 750, 1_750, 3_750, 7_750, 12_750, 17_750, 22_750]);
        let report = Report { name: "mail".to_owned(), failures: 8, failing: true };
        assert_eq!(workers.reports(), std::slice::from_ref(&report));
        tokio::time::advance(WELL_AFTER).await;
        assert_eq!(workers.reports(), [Report { failing: false, ..report }]);
    }

    #[tokio::test(start_paused = true)]
    async fn one_that_ran_for_a_minute_is_started_again_soon() {
        let worker = Worker::new("events");
        let started = starts(&worker, async |number| match number {
            1..3 => Err("at once"),
            3 => {
                tokio::time::sleep(WELL_AFTER).await;
                panic!("later")
            }
            _ => Ok(()),
        });
        assert_eq!(started.await, [0, 250, 750, 61_000]);
    }

    #[tokio::test(start_paused = true)]
    async fn one_that_waits_to_be_started_is_told_and_panics_before_the_first_await_count_too() {
        let workers = Supervisor::default();
        let worker = workers.worker("keys").run_forever(|| -> std::future::Pending<Infallible> { panic!("at once") });
        let mut worker = std::pin::pin!(worker);
        assert!(worker.as_mut().now_or_never().is_none());
        let Report { failures, failing, .. } = workers.reports().remove(0);
        assert_eq!((failures, failing), (1, true));
    }

    #[test]
    fn a_thread_goes_on_after_a_panic() {
        let (worker, workers) = (Worker::new("writer"), Supervisor::default());
        workers.add(worker.clone());
        let mut started = 0;
        worker.run_here(|| {
            started += 1;
            assert!(started == 2, "the first time");
        });
        assert_eq!((started, workers.reports().remove(0).failures), (2, 1));
    }
}
