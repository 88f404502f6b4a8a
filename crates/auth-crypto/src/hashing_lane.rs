//! The hashing lane: a fixed set of threads that do nothing but Argon2id (RFC 9106), each with its
//! memory allocated once, behind a bounded queue. When the queue is full the answer is immediate;
//! nothing else ever waits behind a hash.

use std::sync::atomic::Ordering::Relaxed;
use std::sync::atomic::{AtomicU64, AtomicUsize};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use argon2::password_hash::phc::{Output, ParamsString, PasswordHash as Phc, Salt};
use argon2::{ARGON2ID_IDENT, Algorithm, Argon2, Block, KeyId as PhcKeyId, Params, ParamsBuilder, Version};
use async_trait::async_trait;
use auth_domain::account::{HashCost, Password, PasswordHash};
use auth_domain::load::HashingLoad;
use auth_domain::ports::{HashingError, HashingGauge, PasswordHasher, PasswordVerdict};
use auth_domain::session::KeyId;
use tokio::sync::oneshot;

use crate::key_ring::KeyRing;

/// How long a password may wait in the queue: past it, its user has given up.
const QUEUE_TIMEOUT: Duration = Duration::from_secs(5);
const RETRY_AFTER: Duration = Duration::from_secs(1);
const OUTPUT: usize = 32;

/// What hashing costs, and how much of it happens at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HashParameters {
    /// Memory a hash, in KiB: 8 or more.
    pub memory_kib: u32,
    /// Passes over the memory: 1 or more.
    pub passes: u32,
    /// Threads, each with that memory: 1 or more.
    pub threads: usize,
    /// Passwords that may wait, a thread: 0 or more.
    pub queue_per_thread: usize,
}

/// Why the lane did not start.
#[derive(Debug, thiserror::Error)]
pub enum LaneError {
    /// The parameters are out of range.
    #[error("the hash parameters are out of range")]
    Parameters,
    /// The system gives no thread.
    #[error("no thread for hashing passwords: {0}")]
    Thread(#[from] std::io::Error),
}

enum Work {
    Hash { salt: [u8; 16] },
    Verify { hash: Option<PasswordHash> },
}

enum Done {
    Hashed(PasswordHash),
    Compared(PasswordVerdict),
}

struct Job {
    password: Password,
    work: Work,
    deadline: Instant,
    answer: oneshot::Sender<Result<Done, HashingError>>,
}

/// What [`HashingLoad`] is made of.
#[derive(Default)]
struct Counters {
    waiting: AtomicUsize,
    working: AtomicUsize,
    done: AtomicU64,
    busy_micros: AtomicU64,
    refused: AtomicU64,
}

/// Hashes passwords with the newest key of the ring as pepper.
pub struct HashingLane {
    queue: SyncSender<Job>,
    counters: Arc<Counters>,
}

impl HashingLane {
    /// Starts the threads; they end when the lane is dropped.
    pub fn start(ring: &KeyRing, parameters: HashParameters) -> Result<Self, LaneError> {
        if parameters.threads == 0 {
            return Err(LaneError::Parameters);
        }
        let (queue, jobs) = sync_channel(parameters.queue_per_thread.saturating_mul(parameters.threads));
        let (jobs, counters) = (Arc::new(Mutex::new(jobs)), Arc::new(Counters::default()));
        for number in 0..parameters.threads {
            let hasher = Hasher::new(ring.clone(), parameters)?;
            let (jobs, counters) = (Arc::clone(&jobs), Arc::clone(&counters));
            let thread = std::thread::Builder::new().name(format!("argon2-{number}"));
            thread.spawn(move || hasher.run(&jobs, &counters))?;
        }
        Ok(Self { queue, counters })
    }

    async fn submit(&self, password: Password, work: Work) -> Result<Done, HashingError> {
        let (answer, done) = oneshot::channel();
        let job = Job { password, work, deadline: Instant::now() + QUEUE_TIMEOUT, answer };
        // Before it is sent: a thread that takes it at once takes it off again.
        self.counters.waiting.fetch_add(1, Relaxed);
        let outcome = match self.queue.try_send(job) {
            Ok(()) => done.await.unwrap_or(Err(HashingError::Broken("a hashing thread ended"))),
            Err(error) => {
                self.counters.waiting.fetch_sub(1, Relaxed);
                Err(match error {
                    TrySendError::Full(_) => HashingError::Overloaded { retry_after: RETRY_AFTER },
                    TrySendError::Disconnected(_) => HashingError::Broken("the hashing threads ended"),
                })
            }
        };
        outcome.inspect_err(|error| match error {
            HashingError::Broken(reason) => tracing::error!(reason, "a password cannot be hashed or compared"),
            HashingError::Overloaded { .. } => drop(self.counters.refused.fetch_add(1, Relaxed)),
        })
    }
}

#[async_trait]
impl PasswordHasher for HashingLane {
    async fn hash(&self, password: Password, salt: [u8; 16]) -> Result<PasswordHash, HashingError> {
        match self.submit(password, Work::Hash { salt }).await? {
            Done::Hashed(hash) => Ok(hash),
            Done::Compared(_) => Err(HashingError::Broken("a hash was asked for, a verdict came")),
        }
    }

    async fn verify(&self, password: Password, hash: Option<PasswordHash>) -> Result<PasswordVerdict, HashingError> {
        match self.submit(password, Work::Verify { hash }).await? {
            Done::Compared(verdict) => Ok(verdict),
            Done::Hashed(_) => Err(HashingError::Broken("a verdict was asked for, a hash came")),
        }
    }
}

impl HashingGauge for HashingLane {
    fn load(&self) -> HashingLoad {
        let Counters { waiting, working, done, busy_micros, refused } = &*self.counters;
        HashingLoad {
            waiting: waiting.load(Relaxed),
            working: working.load(Relaxed),
            done: done.load(Relaxed),
            busy: Duration::from_micros(busy_micros.load(Relaxed)),
            refused: refused.load(Relaxed),
        }
    }
}

/// One thread's part: the ring, today's parameters, and the memory they need.
struct Hasher {
    ring: KeyRing,
    params: Params,
    memory: Vec<Block>,
}

impl Hasher {
    fn new(ring: KeyRing, parameters: HashParameters) -> Result<Self, LaneError> {
        let key_id = PhcKeyId::new(&ring.newest().id_bytes).map_err(|_| LaneError::Parameters)?;
        let mut builder = ParamsBuilder::new();
        builder.m_cost(parameters.memory_kib).t_cost(parameters.passes).p_cost(1).output_len(OUTPUT).keyid(key_id);
        let params = builder.build().map_err(|_| LaneError::Parameters)?;
        let memory = vec![Block::default(); params.block_count()];
        Ok(Self { ring, params, memory })
    }

    fn run(mut self, jobs: &Mutex<Receiver<Job>>, counters: &Counters) {
        yield_to_requests();
        loop {
            let received = jobs.lock().unwrap_or_else(PoisonError::into_inner).recv();
            let Ok(job) = received else { return };
            counters.waiting.fetch_sub(1, Relaxed);
            if job.answer.is_closed() {
                continue;
            }
            let outcome = if Instant::now() > job.deadline {
                Err(HashingError::Overloaded { retry_after: RETRY_AFTER })
            } else {
                let began = Instant::now();
                counters.working.fetch_add(1, Relaxed);
                let outcome = self.work(&job.password, job.work);
                counters.working.fetch_sub(1, Relaxed);
                counters.done.fetch_add(1, Relaxed);
                let micros = u64::try_from(began.elapsed().as_micros()).unwrap_or(u64::MAX);
                counters.busy_micros.fetch_add(micros, Relaxed);
                outcome
            };
            // The caller may have gone away meanwhile; then nobody wants the answer.
            let _: Result<(), _> = job.answer.send(outcome);
        }
    }

    fn work(&mut self, password: &Password, work: Work) -> Result<Done, HashingError> {
        match work {
            Work::Hash { salt } => self.hash(password, salt).map(Done::Hashed),
            Work::Verify { hash: Some(hash) } => self.verify(password, &hash).map(Done::Compared),
            Work::Verify { hash: None } => self.hash(password, [0; 16]).map(|_| Done::Compared(PasswordVerdict::Miss)),
        }
    }

    fn hash(&mut self, password: &Password, salt: [u8; 16]) -> Result<PasswordHash, HashingError> {
        let broken = |_| HashingError::Broken("the hash cannot be written");
        let pepper = self.ring.newest().pepper;
        let output = self.argon2(self.params.clone(), &pepper, password, &salt)?;
        let phc = Phc {
            algorithm: ARGON2ID_IDENT,
            version: Some(Version::V0x13.into()),
            params: ParamsString::try_from(&self.params)
                .map_err(|_| HashingError::Broken("the parameters cannot be written"))?,
            salt: Some(Salt::new(&salt).map_err(broken)?),
            hash: Some(Output::new(&output).map_err(broken)?),
        };
        Ok(PasswordHash::from_phc(phc.to_string()))
    }

    fn verify(&mut self, password: &Password, stored: &PasswordHash) -> Result<PasswordVerdict, HashingError> {
        let phc = Phc::new(stored.as_phc()).map_err(|_| HashingError::Broken("it is no PHC string"))?;
        let params = Params::try_from(&phc).map_err(|_| HashingError::Broken("its parameters are unknown"))?;
        let cost = HashCost { memory_kib: params.m_cost(), passes: params.t_cost() };
        if !cost.is_bearable(HashCost { memory_kib: self.params.m_cost(), passes: self.params.t_cost() }) {
            return Err(HashingError::Broken(
                "it costs far more than is configured: AUTH_HASH_MEMORY_KIB, AUTH_HASH_PASSES",
            ));
        }
        let known = phc.algorithm == ARGON2ID_IDENT && phc.version == Some(Version::V0x13.into());
        let (Some(salt), Some(expected), true) = (phc.salt, phc.hash, known) else {
            return Err(HashingError::Broken("it is no Argon2id hash of version 19"));
        };
        let key = self.ring.all().find(|key| key.id_bytes == params.keyid());
        let pepper = key.ok_or(HashingError::Broken("its master key is not in the ring"))?.pepper;
        let output = self.argon2(params.clone(), &pepper, password, &salt)?;
        // `Output` compares in constant time.
        let same = Output::new(&output).is_ok_and(|output| output == expected);
        Ok(match (same, self.is_current(&params)) {
            (false, _) => PasswordVerdict::Miss,
            (true, true) => PasswordVerdict::Match,
            (true, false) => PasswordVerdict::MatchOutdated,
        })
    }

    fn is_current(&self, params: &Params) -> bool {
        let parts = |params: &Params| (params.m_cost(), params.t_cost(), params.p_cost(), params.keyid().to_vec());
        parts(params) == parts(&self.params)
    }

    fn argon2(
        &mut self,
        params: Params,
        pepper: &[u8],
        password: &Password,
        salt: &[u8],
    ) -> Result<[u8; OUTPUT], HashingError> {
        let broken = |_| HashingError::Broken("Argon2 refuses its parameters");
        if params.block_count() > self.memory.len() {
            self.memory.resize(params.block_count(), Block::default());
        }
        let argon2 = Argon2::new_with_secret(pepper, Algorithm::Argon2id, Version::V0x13, params).map_err(broken)?;
        let mut output = [0; OUTPUT];
        let text = password.reveal().as_bytes();
        let hashed = argon2.hash_password_into_with_memory(text, salt, &mut output, &mut self.memory);
        // A dearer hash, of before the settings were lowered say, keeps no memory for good.
        self.memory.truncate(self.params.block_count());
        self.memory.shrink_to_fit();
        hashed.map_err(broken)?;
        Ok(output)
    }
}

/// Lowers this thread's priority, so that under a login storm the scheduler lets a refresh go first.
fn yield_to_requests() {
    #[cfg(target_os = "linux")]
    // On Linux "this process" is the calling thread. Refused: the lane works all the same.
    let _: rustix::io::Result<()> = rustix::process::setpriority_process(None, 10);
}

/// The master key that a stored password was hashed with; `None` where that is not told.
pub(crate) fn key_id_of(phc: &str) -> Option<KeyId> {
    let phc = Phc::new(phc).ok()?;
    let params = Params::try_from(&phc).ok()?;
    Some(KeyId::new(params.keyid().iter().map(|byte| format!("{byte:02x}")).collect()))
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

    #[tokio::test]
    async fn a_hash_verifies_only_its_password_and_only_with_its_pepper() {
        let lane = HashingLane::start(&ring(1, &[]), SMALL).unwrap();
        let hash = lane.hash(Password::new("right"), [5; 16]).await.unwrap();
        assert!(hash.as_phc().starts_with("$argon2id$v=19$m=64,t=1,p=1,keyid="), "{}", hash.as_phc());
        let verify = async |lane: &HashingLane, text: &str| lane.verify(Password::new(text), Some(hash.clone())).await;
        assert_eq!(verify(&lane, "right").await, Ok(PasswordVerdict::Match));
        assert_eq!(verify(&lane, "wrong").await, Ok(PasswordVerdict::Miss));
        assert_eq!(lane.verify(Password::new("right"), None).await, Ok(PasswordVerdict::Miss));

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
        let hash = lane.hash(Password::new("right"), [5; 16]).await.unwrap();
        for extreme in ["m=4194304,t=1", "m=4194304,t=4294967295", "m=64,t=4294967295"] {
            let extreme = PasswordHash::from_phc(hash.as_phc().replace("m=64,t=1", extreme));
            let verdict = lane.verify(Password::new("right"), Some(extreme)).await;
            assert!(matches!(verdict, Err(HashingError::Broken(_))), "{verdict:?}");
        }
        assert_eq!(lane.load().refused, 0, "none waited for the others");
        assert_eq!(lane.verify(Password::new("right"), Some(hash)).await, Ok(PasswordVerdict::Match));
    }

    #[tokio::test]
    async fn a_full_queue_answers_at_once() {
        let parameters = HashParameters { memory_kib: 65_536, passes: 3, threads: 1, queue_per_thread: 1 };
        let lane = Arc::new(HashingLane::start(&ring(1, &[]), parameters).unwrap());
        let tasks: Vec<_> = (0..20)
            .map(|_| {
                let lane = Arc::clone(&lane);
                tokio::spawn(async move { lane.hash(Password::new("x"), [5; 16]).await })
            })
            .collect();
        let mut overloaded = 0;
        for task in tasks {
            if let Err(error) = task.await.unwrap() {
                assert_eq!(error, HashingError::Overloaded { retry_after: RETRY_AFTER });
                overloaded += 1;
            }
        }
        assert!((1..20).contains(&overloaded), "{overloaded} of 20");
    }
}
