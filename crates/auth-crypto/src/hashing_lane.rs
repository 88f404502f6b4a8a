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
use tokio::sync::oneshot;

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
        let lane = Self { shared: Arc::new(Shared::new(parameters.threads, capacity)) };
        for number in 0..parameters.threads {
            let mut hasher = Hasher::new(ring.clone(), parameters)?;
            let shared = Arc::clone(&lane.shared);
            let thread = std::thread::Builder::new().name(format!("argon2-{number}"));
            thread.spawn(move || shared.work_off(&mut hasher))?;
        }
        Ok(lane)
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

/// Lowers the priority of this thread, so that the scheduler prefers requests such as a refresh during a storm of
/// logins.
fn yield_to_requests() {
    #[cfg(target_os = "linux")]
    // On Linux, "this process" is the calling thread. If this is refused, the lane works anyway.
    let _: rustix::io::Result<()> = rustix::process::setpriority_process(None, 10);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key_ring::MasterKey;

    const SMALL: HashParameters = HashParameters { memory_kib: 64, passes: 1, threads: 2, queue_per_thread: 8 };

    fn ring(key: u8, older: &[u8]) -> KeyRing {
        let older: Vec<_> = older.iter().map(|byte| MasterKey::new([*byte; 32])).collect();
        KeyRing::new(&MasterKey::new([key; 32]), &older)
    }

    fn stored(hash: &PasswordHash) -> Option<StoredHash> {
        let account_id = auth_domain::AccountId::generate(Timestamp::from_seconds(1), [1; 32]);
        Some(StoredHash { account_id, hash: hash.clone() })
    }

    fn network(number: u8) -> Network {
        Network::of([192, 0, number, 1].into())
    }

    #[tokio::test]
    async fn a_hash_verifies_only_its_password_and_only_with_its_pepper() {
        let lane = HashingLane::start(&ring(1, &[]), SMALL).unwrap();
        let hash = lane.hash(Password::new("right"), [5; 16], &network(1)).await.unwrap();
        assert!(hash.as_phc().starts_with("$argon2id$v=19$m=64,t=1,p=1,keyid="), "{}", hash.as_phc());
        let verify =
            async |lane: &HashingLane, text: &str| lane.verify(Password::new(text), stored(&hash), &network(1)).await;
        assert_eq!(verify(&lane, "right").await, Ok(PasswordVerdict::Match));
        assert_eq!(verify(&lane, "wrong").await, Ok(PasswordVerdict::Miss));
        assert_eq!(lane.verify(Password::new("right"), None, &network(1)).await, Ok(PasswordVerdict::Miss));

        let rotated = HashingLane::start(&ring(2, &[1]), SMALL).unwrap();
        assert_eq!(verify(&rotated, "right").await, Ok(PasswordVerdict::MatchOutdated));
        let retired = HashingLane::start(&ring(2, &[]), SMALL).unwrap();
        assert!(matches!(verify(&retired, "right").await, Err(HashingError::Broken(_))));
        let dearer = HashingLane::start(&ring(1, &[]), HashParameters { passes: 2, memory_kib: 32, ..SMALL }).unwrap();
        assert_eq!(verify(&dearer, "right").await, Ok(PasswordVerdict::MatchOutdated));
    }

    #[tokio::test]
    async fn a_hash_of_extreme_cost_is_refused_and_not_computed() {
        let lane = HashingLane::start(&ring(1, &[]), SMALL).unwrap();
        let hash = lane.hash(Password::new("right"), [5; 16], &network(1)).await.unwrap();
        for extreme in ["m=4194304,t=1", "m=4194304,t=4294967295", "m=64,t=4294967295"] {
            let extreme = PasswordHash::from_phc(hash.as_phc().replace("m=64,t=1", extreme));
            let verdict = lane.verify(Password::new("right"), stored(&extreme), &network(1)).await;
            assert!(matches!(verdict, Err(HashingError::Broken(_))), "{verdict:?}");
        }
        assert_eq!(lane.load().refused, 0, "none waited for the others");
        assert_eq!(lane.verify(Password::new("right"), stored(&hash), &network(1)).await, Ok(PasswordVerdict::Match));
    }

    /// Returns a lane of one thread, which is busy for long enough to examine what waits for it.
    fn busy_lane(queue_per_thread: usize) -> Arc<HashingLane> {
        let parameters = HashParameters { memory_kib: 65_536, passes: 3, threads: 1, queue_per_thread };
        Arc::new(HashingLane::start(&ring(1, &[]), parameters).unwrap())
    }

    type Hashing = tokio::task::JoinHandle<Result<PasswordHash, HashingError>>;

    fn flood(lane: &Arc<HashingLane>, from: u8, jobs: usize) -> Vec<Hashing> {
        let hash = |lane: Arc<HashingLane>| async move { lane.hash(Password::new("x"), [5; 16], &network(from)).await };
        (0..jobs).map(|_| tokio::spawn(hash(lane.clone()))).collect()
    }

    async fn refused(flood: Vec<Hashing>) -> usize {
        let mut refused = 0;
        for task in flood {
            if let Err(error) = task.await.unwrap() {
                assert_eq!(error, OVERLOADED);
                refused += 1;
            }
        }
        refused
    }

    #[tokio::test]
    async fn a_full_queue_answers_at_once() {
        let lane = busy_lane(1);
        let flood = flood(&lane, 1, 20);
        let refused = refused(flood).await;
        assert!((1..20).contains(&refused), "{refused} of 20");
        assert_eq!(lane.load().refused, u64::try_from(refused).unwrap());
    }

    #[tokio::test]
    async fn a_flood_makes_room_for_another_network_and_waits_behind_it() {
        let lane = busy_lane(8);
        let flood = flood(&lane, 1, 20);
        while lane.load().refused == 0 {
            tokio::task::yield_now().await;
        }
        for _ in 0..2 {
            lane.hash(Password::new("x"), [5; 16], &network(2)).await.unwrap();
        }
        assert!(flood.iter().any(|task| !task.is_finished()), "it is not over yet");
        let refused = refused(flood).await;
        assert!((15..20).contains(&refused), "{refused} of 20");
    }

    #[tokio::test]
    async fn half_of_the_places_are_kept_for_known_networks() {
        let lane = busy_lane(8);
        lane.learn(&network(1), Timestamp::from_seconds(10));
        assert_eq!(lane.load().known_networks, 1);
        let strangers: Vec<_> = (2..22).flat_map(|number| flood(&lane, number, 1)).collect();
        while lane.load().refused < 15 {
            tokio::task::yield_now().await;
        }
        lane.hash(Password::new("x"), [5; 16], &network(1)).await.unwrap();
        let unfinished = strangers.iter().filter(|task| !task.is_finished()).count();
        assert!(unfinished >= 1, "one of a known network is next but one");
        assert!((15..=16).contains(&refused(strangers).await));
        lane.forget_before(Timestamp::from_seconds(11));
        assert_eq!(lane.load().known_networks, 0);
    }

    #[tokio::test]
    async fn whoever_goes_away_leaves_their_place_to_others() {
        let lane = busy_lane(8);
        let flood = flood(&lane, 1, 5);
        while lane.load().waiting < 4 {
            tokio::task::yield_now().await;
        }
        flood.iter().for_each(Hashing::abort);
        for task in flood {
            assert!(task.await.is_err());
        }
        assert_eq!((lane.load().waiting, lane.load().refused), (0, 0));
        lane.hash(Password::new("x"), [5; 16], &network(1)).await.unwrap();
        let load = lane.load();
        assert_eq!((load.working, load.networks), (0, 0), "and nothing of them stays behind");
    }
}
