//! The hashing lane: a fixed set of threads that do nothing but Argon2id (RFC 9106), behind a bounded queue that is
//! fair between networks. Each thread allocates memory at its first hash and keeps it while there is work. Excess
//! requests are refused at once, and nothing else ever waits behind a hash.

mod fair_queue;
mod hasher;
mod known_networks;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use auth_domain::Timestamp;
use auth_domain::account::{Password, PasswordHash};
use auth_domain::load::HashingLoad;
use auth_domain::ports::{HashingError, HashingGauge, KnownNetworks, PasswordHasher, PasswordVerdict, StoredHash};
use auth_domain::session::Network;
use tokio::sync::{Semaphore, SemaphorePermit, oneshot};

use self::fair_queue::{Admitted, FairQueue, Standing, Ticket};
use self::hasher::{Done, Hasher, Work};
use self::known_networks::RecentNetworks;
use crate::key_ring::KeyRing;

pub(crate) use self::hasher::key_id_of;

/// How long a password may wait in the queue before its user has given up.
const QUEUE_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a thread keeps its memory when it has nothing to hash.
const KEEP_MEMORY: Duration = Duration::from_secs(10);
const OVERLOADED: HashingError = HashingError::Overloaded { retry_after: Duration::from_secs(1) };
/// The maximum number of known networks, which take about 10 MiB.
const MOST_KNOWN: usize = 50_000;

/// The cost of a hash, and how many run at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HashParameters {
    /// Memory per hash, in KiB: 8 or more.
    pub memory_kib: u32,
    /// Passes over the memory: 1 or more.
    pub passes: u32,
    /// Threads, each with that much memory: 1 or more.
    pub threads: usize,
    /// Passwords that may wait per thread: 0 or more.
    pub queue_per_thread: usize,
}

/// Why the lane did not start.
#[derive(Debug, thiserror::Error)]
pub enum LaneError {
    /// The parameters are out of range.
    #[error("the hash parameters are out of range")]
    Parameters,
    /// The system did not create a thread.
    #[error("cannot start a thread to hash passwords: {0}")]
    Thread(#[from] std::io::Error),
}

struct Job {
    password: Password,
    work: Work,
    deadline: Instant,
    answer: oneshot::Sender<Result<Done, HashingError>>,
}

impl Job {
    /// The caller may have gone away; then nobody wants the answer.
    fn answer(self, outcome: Result<Done, HashingError>) {
        let _: Result<(), _> = self.answer.send(outcome);
    }
}

/// Hashes passwords with the newest key of the ring as pepper.
pub struct HashingLane {
    shared: Arc<Shared>,
    foreign: ForeignTurns,
}

/// Lets in one hash of another system at a time: each may cost fifty times an own one, and 256 MiB. With two threads or
/// more, the others then go on with own hashes.
struct ForeignTurns {
    turn: Semaphore,
    places: Semaphore,
}

impl ForeignTurns {
    /// How many of them may wait for their turn.
    const PLACES: usize = 16;

    const fn new() -> Self {
        Self { turn: Semaphore::const_new(1), places: Semaphore::const_new(Self::PLACES) }
    }

    /// Waits for the turn, at most as long as a password may wait.
    async fn turn(&self) -> Result<SemaphorePermit<'_>, HashingError> {
        let _place = self.places.try_acquire().map_err(|_full| OVERLOADED)?;
        let turn = tokio::time::timeout(QUEUE_TIMEOUT, self.turn.acquire()).await.map_err(|_elapsed| OVERLOADED)?;
        turn.map_err(|_closed| HashingError::Broken("the hashing threads ended"))
    }
}

/// What the threads and the callers share.
struct Shared {
    queue: Mutex<Queue>,
    /// Signals each new job, and the end.
    changed: Condvar,
    known: Mutex<RecentNetworks>,
    done: AtomicU64,
    busy_micros: AtomicU64,
    refused: AtomicU64,
}

struct Queue {
    jobs: FairQueue<Network, Job>,
    closed: bool,
}

impl HashingLane {
    /// Starts the threads; they end when the lane is dropped.
    pub fn start(ring: &KeyRing, parameters: HashParameters) -> Result<Self, LaneError> {
        if parameters.threads == 0 {
            return Err(LaneError::Parameters);
        }
        let capacity = parameters.queue_per_thread.saturating_mul(parameters.threads);
        let shared = Arc::new(Shared::new(parameters.threads, capacity));
        let lane = Self { shared, foreign: ForeignTurns::new() };
        for number in 0..parameters.threads {
            let mut hasher = Hasher::new(ring.clone(), parameters)?;
            let shared = Arc::clone(&lane.shared);
            let thread = std::thread::Builder::new().name(format!("argon2-{number}"));
            thread.spawn(move || shared.work_off(&mut hasher))?;
        }
        Ok(lane)
    }

    async fn foreign_turn(&self) -> Result<SemaphorePermit<'_>, HashingError> {
        self.foreign.turn().await.inspect_err(|_refused| self.shared.count_refusal())
    }

    async fn submit(&self, password: Password, work: Work, network: &Network) -> Result<Done, HashingError> {
        let (answer, done) = oneshot::channel();
        let job = Job { password, work, deadline: Instant::now() + QUEUE_TIMEOUT, answer };
        let outcome = match self.shared.enter(job, network) {
            Ok(ticket) => {
                let _place = Place { shared: &self.shared, ticket };
                done.await.unwrap_or(Err(HashingError::Broken("the hashing threads ended")))
            }
            Err(error) => Err(error),
        };
        outcome.inspect_err(|error| match error {
            HashingError::Broken(reason) => tracing::error!(reason, "a password could not be hashed or compared"),
            HashingError::Overloaded { .. } => self.shared.count_refusal(),
        })
    }
}

impl Drop for HashingLane {
    fn drop(&mut self) {
        self.shared.lock().closed = true;
        self.shared.changed.notify_all();
    }
}

#[async_trait]
impl PasswordHasher for HashingLane {
    fn admits(&self, network: &Network) -> Result<(), HashingError> {
        if self.shared.has_place_for(network) {
            return Ok(());
        }
        self.shared.count_refusal();
        Err(OVERLOADED)
    }

    async fn hash(&self, password: Password, salt: [u8; 16], network: &Network) -> Result<PasswordHash, HashingError> {
        match self.submit(password, Work::Hash { salt }, network).await? {
            Done::Hashed(hash) => Ok(hash),
            Done::Compared(_) => Err(HashingError::Broken("a hash was asked for, a verdict came")),
        }
    }

    async fn verify(
        &self,
        password: Password,
        hash: Option<StoredHash>,
        network: &Network,
    ) -> Result<PasswordVerdict, HashingError> {
        let is_foreign = hash.as_ref().is_some_and(|stored| stored.hash.is_imported());
        let _turn = if is_foreign { Some(self.foreign_turn().await?) } else { None };
        match self.submit(password, Work::Verify { hash }, network).await? {
            Done::Compared(verdict) => Ok(verdict),
            Done::Hashed(_) => Err(HashingError::Broken("a verdict was asked for, a hash came")),
        }
    }
}

impl KnownNetworks for HashingLane {
    fn learn(&self, network: &Network, at: Timestamp) {
        self.shared.known().learn(network, at);
    }

    fn forget_before(&self, before: Timestamp) {
        self.shared.known().forget_before(before);
    }
}

impl HashingGauge for HashingLane {
    fn load(&self) -> HashingLoad {
        let Shared { done, busy_micros, refused, .. } = &*self.shared;
        let queue = self.shared.lock();
        HashingLoad {
            waiting: queue.jobs.waiting(),
            working: queue.jobs.running(),
            networks: queue.jobs.networks(),
            known_networks: self.shared.known().len(),
            done: done.load(Relaxed),
            busy: Duration::from_micros(busy_micros.load(Relaxed)),
            refused: refused.load(Relaxed),
        }
    }
}

impl Shared {
    fn new(threads: usize, capacity: usize) -> Self {
        Self {
            queue: Mutex::new(Queue { jobs: FairQueue::new(threads, capacity), closed: false }),
            changed: Condvar::new(),
            known: Mutex::new(RecentNetworks::new(MOST_KNOWN)),
            done: AtomicU64::default(),
            busy_micros: AtomicU64::default(),
            refused: AtomicU64::default(),
        }
    }

    /// Locks the queue, for as long as it takes to move one job.
    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn known(&self) -> MutexGuard<'_, RecentNetworks> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn standing_of(&self, network: &Network) -> Standing {
        if self.known().contains(network) { Standing::Known } else { Standing::Unknown }
    }

    fn has_place_for(&self, network: &Network) -> bool {
        let standing = self.standing_of(network);
        self.lock().jobs.has_place_for(network, standing)
    }

    fn count_refusal(&self) {
        self.refused.fetch_add(1, Relaxed);
    }

    /// Puts a job into the queue, and refuses the job that loses its place to it.
    fn enter(&self, job: Job, network: &Network) -> Result<Ticket<Network>, HashingError> {
        let standing = self.standing_of(network);
        let Admitted { ticket, pushed_out } =
            self.lock().jobs.push(network, standing, job).map_err(|_refused| OVERLOADED)?;
        self.changed.notify_one();
        if let Some(job) = pushed_out {
            job.answer(Err(OVERLOADED));
        }
        Ok(ticket)
    }

    /// Runs one thread.
    fn work_off(&self, hasher: &mut Hasher) {
        yield_to_requests();
        while let Some((network, job)) = self.next(hasher) {
            let Job { password, work, answer, .. } = job;
            let outcome = (!answer.is_closed()).then(|| self.work(hasher, &password, work));
            // Before the answer: a caller that has it and asks again has nothing running any more.
            self.lock().jobs.finish(&network);
            if let Some(outcome) = outcome {
                let _: Result<(), _> = answer.send(outcome);
            }
        }
    }

    fn work(&self, hasher: &mut Hasher, password: &Password, work: Work) -> Result<Done, HashingError> {
        let began = Instant::now();
        // The memory is written before it is read, so it does not matter what a panic left in it.
        let outcome = catch_unwind(AssertUnwindSafe(|| hasher.work(password, work)));
        let micros = u64::try_from(began.elapsed().as_micros()).unwrap_or(u64::MAX);
        self.busy_micros.fetch_add(micros, Relaxed);
        self.done.fetch_add(1, Relaxed);
        outcome.unwrap_or(Err(HashingError::Broken("hashing panicked")))
    }

    /// Waits for the next job, and refuses those that have waited too long; `None` at the end. A thread that waits for
    /// long releases its memory.
    fn next(&self, hasher: &mut Hasher) -> Option<(Network, Job)> {
        let idle_since = Instant::now();
        let mut queue = self.lock();
        loop {
            if queue.closed {
                return None;
            }
            let now = Instant::now();
            if let Some(job) = queue.jobs.take_oldest_if(|job| job.deadline < now) {
                drop(queue);
                job.answer(Err(OVERLOADED));
                queue = self.lock();
            } else if let Some(next) = queue.jobs.take() {
                return Some(next);
            } else if !hasher.holds_memory() {
                queue = self.changed.wait(queue).unwrap_or_else(PoisonError::into_inner);
            } else if let Some(left) = KEEP_MEMORY.checked_sub(now - idle_since).filter(|left| !left.is_zero()) {
                queue = self.changed.wait_timeout(queue, left).unwrap_or_else(PoisonError::into_inner).0;
            } else {
                drop(queue);
                hasher.release_memory();
                queue = self.lock();
            }
        }
    }
}

/// A caller's place in the queue, which is free again as soon as the caller goes away.
struct Place<'a> {
    shared: &'a Shared,
    ticket: Ticket<Network>,
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let withdrawn = self.shared.lock().jobs.withdraw(&self.ticket);
        drop(withdrawn);
    }
}

/// Lets other threads interrupt this one as soon as they wake, so that requests such as a refresh do not wait for hashes
/// during a storm of logins.
#[cfg(target_os = "linux")]
fn yield_to_requests() {
    /// Lower than the usual 0.
    const PRIORITY: i32 = 10;
    /// Longer than the usual 1 to 4 ms, so that any thread that wakes may interrupt.
    const SLICE: Duration = Duration::from_millis(20);
    if thread_scheduling::schedule_this_thread(PRIORITY, SLICE).is_err() {
        // On Linux, "this process" is the calling thread. If this is refused too, the lane works anyway.
        let _: rustix::io::Result<()> = rustix::process::setpriority_process(None, PRIORITY);
    }
}

#[cfg(not(target_os = "linux"))]
const fn yield_to_requests() {}

#[cfg(test)]
mod tests;
