//! What all clients of one run share: the nodes they talk to, the ledger of what was acknowledged, and what went wrong.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, Instant};

use auth_black_box::Mail;
use tokio::sync::watch;

use crate::http::{Answer, Outcome};

/// How many violations of a run are told at once: a control has hundreds.
const MOST_PRINTED: usize = 12;

/// Prints it with the fault that it is about: every thread of a run bears its name.
pub fn say(what: &str) {
    let fault = std::thread::current();
    println!("   {}: {what}", fault.name().unwrap_or_default());
}

impl Writes {
    fn written(&mut self) {
        self.gap = self.gap.max(self.last.elapsed());
        self.last = Instant::now();
    }
}

/// What must not work any more.
#[derive(Clone, Debug)]
pub enum Spent {
    /// The refresh token of a session that ended, and what ended it.
    Session { token: String, by: &'static str },
    /// A password that was replaced.
    Password { email: String, password: String },
    /// A mailed code, with the temp token that it went with.
    Code { code: String, temp_token: String },
    /// A temp token that set a password.
    TempToken(String),
    /// A recovery code.
    RecoveryCode { email: String, code: String },
}

/// An account whose deletion was acknowledged.
#[derive(Clone, Debug)]
pub struct Deleted {
    /// Its address.
    pub email: String,
    /// Its id, where a client was told it.
    pub id: Option<String>,
    /// The deletion's id; unknown where the answer was lost.
    pub deletion: Option<String>,
    /// The last password.
    pub password: String,
}

/// The ledger. An entry is made when an answer has arrived, so that whatever stands here must hold from then on.
#[derive(Debug, Default)]
pub struct Ledger {
    /// How many of each kind were acknowledged.
    pub acknowledged: BTreeMap<&'static str, u64>,
    /// Whatever was used up or ended.
    pub spent: Vec<Spent>,
    /// The accounts that are gone.
    pub deleted: Vec<Deleted>,
    /// What must never be, in words.
    pub violations: Vec<String>,
    /// The answers by status and code.
    pub answers: BTreeMap<String, u64>,
    /// How many requests had an unknown outcome.
    pub unknown: u64,
    /// The longest wait for an answer.
    pub slowest: Duration,
}

/// One run.
pub struct World {
    /// The loopback ports of the nodes.
    pub ports: Vec<u16>,
    mail_folder: PathBuf,
    is_over: AtomicBool,
    ledger: Mutex<Ledger>,
    mails: Mutex<Mails>,
    success: watch::Sender<Instant>,
    writes: Mutex<Writes>,
    is_paused: watch::Sender<bool>,
    resting: AtomicUsize,
    /// How long a client waits before it does something, in microseconds.
    pause_micros: AtomicU64,
    loses_answers: AtomicBool,
    ages_from: Mutex<Option<Instant>>,
}

/// When something was written and acknowledged.
struct Writes {
    last: Instant,
    /// The longest time without.
    gap: Duration,
}

#[derive(Default)]
struct Mails {
    seen: HashSet<PathBuf>,
    codes: HashMap<(String, String), Vec<String>>,
}

impl World {
    /// Nodes at those ports, whose mails are files in that folder.
    pub fn new(ports: Vec<u16>, mail_folder: PathBuf) -> Self {
        Self {
            ports,
            mail_folder,
            is_over: AtomicBool::new(false),
            ledger: Mutex::default(),
            mails: Mutex::default(),
            success: watch::Sender::new(Instant::now()),
            writes: Mutex::new(Writes { last: Instant::now(), gap: Duration::ZERO }),
            is_paused: watch::Sender::new(false),
            resting: AtomicUsize::new(0),
            pause_micros: AtomicU64::new(0),
            loses_answers: AtomicBool::new(false),
            ages_from: Mutex::default(),
        }
    }

    /// The ledger, for as long as the guard lives.
    pub fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().expect("no client panics with it")
    }

    /// Notes an acknowledgement.
    pub fn acknowledge(&self, what: &'static str) {
        *self.ledger().acknowledged.entry(what).or_default() += 1;
        if what != "me" {
            self.writes().written();
        }
    }

    fn writes(&self) -> MutexGuard<'_, Writes> {
        self.writes.lock().expect("no client panics with it")
    }

    /// Begins to look for the longest time without an acknowledged write.
    pub fn begin_gap(&self) {
        *self.writes() = Writes { last: Instant::now(), gap: Duration::ZERO };
    }

    /// The longest time without an acknowledged write since then.
    pub fn gap(&self) -> Duration {
        let writes = self.writes();
        writes.gap.max(writes.last.elapsed())
    }

    /// Waits for an acknowledged write after `moment`, for at most `limit`; answers how long after.
    pub async fn written_after(&self, moment: Instant, limit: Duration) -> Option<Duration> {
        let deadline = Instant::now() + limit;
        loop {
            let last = self.writes().last;
            if last > moment {
                return Some(last - moment);
            }
            if Instant::now() > deadline {
                return None;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Whatever was handed out before now may have expired by another clock.
    pub fn distrust_ages(&self) {
        *self.ages_from.lock().expect("no client panics with it") = Some(Instant::now());
    }

    /// Whether an age that was counted from `moment` on is still good.
    pub fn trusts_age_from(&self, moment: Instant) -> bool {
        self.ages_from.lock().expect("no client panics with it").is_none_or(|from| moment > from)
    }

    /// Has every client rest once it has done what it is doing, and waits until so many do.
    pub async fn pause(&self, clients: usize) {
        self.is_paused.send_replace(true);
        while self.resting.load(Ordering::SeqCst) < clients {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Has them go on.
    pub fn go_on(&self) {
        self.is_paused.send_replace(false);
    }

    /// Has each client wait so long before whatever it does.
    pub fn slow_down(&self, pause: Duration) {
        self.pause_micros.store(u64::try_from(pause.as_micros()).unwrap_or(u64::MAX), Ordering::SeqCst);
    }

    /// Has one answer of a thousand be lost on its way.
    pub fn lose_answers(&self) {
        self.loses_answers.store(true, Ordering::SeqCst);
    }

    /// Whether the next answer is lost, which `drawn`, of a thousand, decides.
    pub fn loses_answer(&self, drawn: u16) -> bool {
        drawn == 0 && self.loses_answers.load(Ordering::SeqCst)
    }

    /// Of a client that has nothing under way: waits while all are to rest.
    pub async fn rest(&self) {
        tokio::time::sleep(Duration::from_micros(self.pause_micros.load(Ordering::SeqCst))).await;
        let mut is_paused = self.is_paused.subscribe();
        if *is_paused.borrow() {
            self.resting.fetch_add(1, Ordering::SeqCst);
            let _ended = is_paused.wait_for(|is_paused| !is_paused).await;
            self.resting.fetch_sub(1, Ordering::SeqCst);
        }
    }

    /// Notes what must not work any more.
    pub fn spend(&self, spent: Spent) {
        self.ledger().spent.push(spent);
    }

    /// Notes what must never be.
    pub fn violation(&self, what: impl Into<String>) {
        let what = what.into();
        let mut ledger = self.ledger();
        match ledger.violations.len() {
            ..MOST_PRINTED => say(&format!("violation: {what}")),
            MOST_PRINTED => say("and more of them"),
            _ => {}
        }
        ledger.violations.push(what);
    }

    /// Counts what became of a request.
    pub fn count(&self, path: &str, outcome: &Outcome, took: Duration) {
        let mut ledger = self.ledger();
        ledger.slowest = ledger.slowest.max(took);
        match outcome {
            Outcome::Answered(answer) => {
                *ledger.answers.entry(format!("{} {}", answer.status, answer.code)).or_default() += 1;
                drop(ledger);
                self.judge(path, answer);
            }
            Outcome::NotSent => {}
            Outcome::Unknown => ledger.unknown += 1,
            Outcome::Hung => {
                ledger.unknown += 1;
                drop(ledger);
                self.violation(format!("{path} was not answered within {took:.0?}"));
            }
        }
    }

    fn judge(&self, path: &str, answer: &Answer) {
        match answer.status {
            500 => self.violation(format!("{path} answered 500 {}", answer.code)),
            503 if !answer.has_retry_after => self.violation(format!("{path} answered 503 without Retry-After")),
            200..500 => {
                self.success.send_replace(Instant::now());
            }
            _ => {}
        }
    }

    /// Waits for an answer below 500 that came after `moment`, for at most `limit`; answers how long after.
    pub async fn answered_after(&self, moment: Instant, limit: Duration) -> Option<Duration> {
        let mut success = self.success.subscribe();
        let seen = tokio::time::timeout(limit, success.wait_for(|last| *last > moment)).await.ok()?.ok()?;
        Some(seen.duration_since(moment))
    }

    /// Ends the load: each client ends what it is doing.
    pub fn end(&self) {
        self.is_over.store(true, Ordering::Relaxed);
    }

    /// Whether it was ended.
    pub fn is_over(&self) -> bool {
        self.is_over.load(Ordering::Relaxed)
    }

    /// The newest code of that kind to that address.
    pub fn mailed_code(&self, kind: &str, to: &str) -> Option<String> {
        let mut mails = self.mails.lock().expect("no client panics with it");
        for entry in std::fs::read_dir(&self.mail_folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.extension().is_none_or(|extension| extension != "eml") || mails.seen.contains(&path) {
                continue;
            }
            let Ok(source) = std::fs::read_to_string(&path) else { continue };
            let mail = Mail::parse(&source);
            mails.codes.entry((mail.to, mail.kind)).or_default().extend(mail.code);
            mails.seen.insert(path);
        }
        mails.codes.get(&(to.to_owned(), kind.to_owned()))?.last().cloned()
    }
}
