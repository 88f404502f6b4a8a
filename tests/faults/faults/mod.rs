//! The faults, one a file.

mod clocks;
mod dead_receivers;
mod descriptors;
mod disk_full;
mod frozen_primary;
mod kill;
mod long_outage;
mod long_reader;
mod panics;
mod patroni;
mod postgres_crash;
mod power_cut;
mod silent_connections;
mod slow_database;
mod soak;
mod stuck_writes;
mod terminated;
mod undone_guards;

use std::pin::Pin;
use std::time::Duration;

use auth_black_box::Engine;
use tokio::time::sleep;

use crate::report::Report;
use crate::world::say;
use silent_connections::Fault::{HalfDead, Silent};

/// How often to break something.
#[derive(Clone, Copy, Debug)]
pub struct Effort {
    /// As often as it takes to believe it, or a few times.
    pub is_long: bool,
    /// How long a soak takes.
    pub soak: Duration,
}

impl Effort {
    /// The number that goes with it.
    pub const fn of(self, short: usize, long: usize) -> usize {
        if self.is_long { long } else { short }
    }
}

type Run = fn(Effort) -> Pin<Box<dyn Future<Output = Report>>>;

/// Parts of violations.
type Words = &'static [&'static str];

/// A fault, or a control.
pub struct Fault {
    /// As it is asked for.
    pub name: &'static str,
    /// What is broken, and what is expected.
    pub what: &'static str,
    /// Whether the short form has it.
    pub is_short: bool,
    /// Of a control: for each thing that it breaks, words of violations by one of which the checker shows that it noticed.
    /// Others, a node that is late say, do not count.
    pub must_notice: Option<&'static [Words]>,
    /// Breaks it and compares.
    pub run: Run,
}

impl Fault {
    const fn new(name: &'static str, what: &'static str, run: Run) -> Self {
        Self { name, what, is_short: true, must_notice: None, run }
    }

    /// A control.
    const fn control(self, must_notice: &'static [Words]) -> Self {
        Self { must_notice: Some(must_notice), ..self }
    }

    /// Whether what was found is what must be; says what a control did not notice.
    pub fn went_as_it_must(&self, report: &Report) -> bool {
        let has = |words: &&str| report.violations.iter().any(|violation| violation.contains(*words));
        let missed = self.must_notice.iter().copied().flatten().filter(|words| !words.iter().any(has));
        let missed: Vec<&Words> = missed.collect();
        for words in &missed {
            say(&format!("{} was not noticed: {words:?}", self.name));
        }
        let as_it_must = if self.must_notice.is_some() { missed.is_empty() } else { report.violations.is_empty() };
        as_it_must && report.not_run.is_none()
    }

    /// One that takes too long for `tests/run`.
    const fn long(self) -> Self {
        Self { is_short: false, ..self }
    }
}

/// What shows that something acknowledged was lost: to the clients while they work, and to the comparison at the end.
const LOST: Words = &[
    "is logged out",
    "a live session is refused",
    "a user cannot",
    "works twice",
    "worked twice",
    "is gone",
    "is not as it was acknowledged",
    "outlives",
    "was deleted and",
];
/// What shows that each guard was undone.
const UNDONE: &[Words] = &[
    &["was registered", "share an address"],
    &["worked twice", "works twice"],
    &["outlives"],
    &["is announced 0 times", "deletions have no event"],
    &["was never told"],
];

const HUNDRED_MS: Duration = Duration::from_millis(100);
const SECOND: Duration = Duration::from_secs(1);
const SQLITE: Engine = Engine::Sqlite;
const POSTGRES: Engine = Engine::Postgres;

/// Boxes what a function of `faults` returns.
macro_rules! run {
    (|$effort:pat_param| $run:expr) => {
        |$effort: Effort| Box::pin($run)
    };
}

/// All of them. Two at a time of the short ones: those that take longest come first.
pub const FAULTS: &[Fault] = &[
    Fault::new(
        "silent-connections",
        "nothing comes through to PostgreSQL for a while; then old connections stay silent, new ones work",
        run!(|_| silent_connections::run(&[Silent, HalfDead])),
    ),
    Fault::new(
        "frozen-primary",
        "PostgreSQL is frozen and its standby promoted, both in the URL",
        run!(|_| frozen_primary::run()),
    ),
    Fault::new(
        "standby-away",
        "the synchronous standby is away: writes wait, reads do not",
        run!(|effort| stuck_writes::run(stuck_writes::Fault::StandbyAway, effort)),
    ),
    Fault::new(
        "kill-postgres",
        "SIGKILL of one of two nodes on PostgreSQL",
        run!(|effort| kill::run(POSTGRES, effort)),
    ),
    Fault::new(
        "power-cut-postgres",
        "the power goes under PostgreSQL: what it had not synced of its log is lost, kept or torn",
        run!(|effort| power_cut::postgres(effort)),
    ),
    Fault::new(
        "control-asynchronous-commit",
        "PostgreSQL ends at once, with synchronous_commit=off",
        run!(|effort| postgres_crash::run(postgres_crash::Commit::Asynchronous, effort)),
    )
    .control(&[LOST]),
    Fault::new(
        "control-undone-guards",
        "the database does not keep addresses unique, codes used up, sessions ended, deletions announced",
        run!(|_| undone_guards::run()),
    )
    .control(UNDONE),
    Fault::new("kill-sqlite", "SIGKILL of the service on SQLite", run!(|effort| kill::run(SQLITE, effort))),
    Fault::new(
        "power-cut-sqlite",
        "the power goes under SQLite: what it had not synced is lost, kept or torn",
        run!(|effort| power_cut::sqlite(power_cut::Disk::Honest, effort)),
    ),
    Fault::new(
        "control-lying-disk",
        "the same on a disk that acknowledges a sync and does nothing",
        run!(|effort| power_cut::sqlite(power_cut::Disk::Lies, effort)),
    )
    .control(&[LOST]),
    Fault::new(
        "half-dead-connections",
        "the old connections to PostgreSQL stay silent, new ones work, five times",
        run!(|_| silent_connections::run(&[HalfDead; 5])),
    )
    .long(),
    Fault::new(
        "postgres-crash",
        "PostgreSQL ends at once and recovers",
        run!(|effort| postgres_crash::run(postgres_crash::Commit::Durable, effort)),
    )
    .long(),
    Fault::new(
        "pool-full",
        "every connection that may write waits for what somebody locked, reads do not",
        run!(|effort| stuck_writes::run(stuck_writes::Fault::PoolFull, effort)),
    )
    .long(),
    Fault::new(
        "slow-database-100ms",
        "PostgreSQL is 100 ms away; twice as many clients lose at most a fifth of what is done",
        run!(|_| slow_database::run(HUNDRED_MS)),
    )
    .long(),
    Fault::new("slow-database-1s", "the same a second away", run!(|_| slow_database::run(SECOND))).long(),
    Fault::new(
        "disk-full-sqlite",
        "no file of SQLite can grow: reads go on, writes are refused",
        run!(|effort| disk_full::run(SQLITE, effort)),
    )
    .long(),
    Fault::new("disk-full-postgres", "no file of PostgreSQL can grow", run!(|effort| disk_full::run(POSTGRES, effort)))
        .long(),
    Fault::new(
        "long-reader-sqlite",
        "somebody reads the file of SQLite for long, and its log shrinks afterwards",
        run!(|effort| long_reader::run(effort)),
    )
    .long(),
    Fault::new(
        "dead-receivers",
        "the mail server and the service beside take connections and say nothing",
        run!(|_| dead_receivers::run()),
    )
    .long(),
    Fault::new(
        "terminated-sqlite",
        "SIGTERM under load: whoever is being served is answered",
        run!(|effort| terminated::run(SQLITE, effort)),
    )
    .long(),
    Fault::new(
        "terminated-postgres",
        "SIGTERM under load of one of two nodes",
        run!(|effort| terminated::run(POSTGRES, effort)),
    )
    .long(),
    Fault::new(
        "clocks-sqlite",
        "the clock is put back by an hour, and forward by 40 days and back",
        run!(|_| clocks::run(SQLITE)),
    )
    .long(),
    Fault::new("clocks-postgres", "the same of two nodes 30 s apart", run!(|_| clocks::run(POSTGRES))).long(),
    Fault::new(
        "descriptors-sqlite",
        "the service may open no file and no connection any more",
        run!(|effort| descriptors::run(SQLITE, effort)),
    )
    .long(),
    Fault::new("descriptors-postgres", "the same on PostgreSQL", run!(|effort| descriptors::run(POSTGRES, effort)))
        .long(),
    Fault::new(
        "panics-sqlite",
        "one draw of randomness of ten fails, and what needs it panics",
        run!(|effort| panics::run(SQLITE, effort)),
    )
    .long(),
    Fault::new("panics-postgres", "the same of two nodes", run!(|effort| panics::run(POSTGRES, effort))).long(),
    Fault::new(
        "long-outage",
        "PostgreSQL is away for five minutes; then thousands refresh at once",
        run!(|_| long_outage::run()),
    )
    .long(),
    Fault::new(
        "patroni-kill",
        "the primary's node under Patroni, synchronous, is killed",
        run!(|effort| patroni::run(patroni::Fault::Kill, effort)),
    )
    .long(),
    Fault::new(
        "patroni-freeze",
        "the primary's node under Patroni freezes, and thaws after another was promoted",
        run!(|effort| patroni::run(patroni::Fault::Freeze, effort)),
    )
    .long(),
    Fault::new(
        "soak-sqlite",
        "an hour at 70 % of the load, one answer of a thousand lost, a SIGKILL every ten minutes: nothing grows",
        run!(|effort| soak::run(SQLITE, effort)),
    )
    .long(),
    Fault::new("soak-postgres", "the same on PostgreSQL", run!(|effort| soak::run(POSTGRES, effort))).long(),
];

/// Waits between half of it and half as much again, so that rounds do not fall into step with the load.
pub async fn about(pause: Duration) {
    sleep(pause.mul_f64(0.5 + fastrand::f64())).await;
}
