//! The faults, one a file.

mod frozen_primary;
mod kill;
mod long_outage;
mod postgres_crash;
mod power_cut;
mod silent_connections;
mod soak;
mod standby_away;
mod terminated;
mod undone_guards;

use std::pin::Pin;
use std::time::Duration;

use auth_black_box::Engine;
use tokio::time::sleep;

use crate::report::Report;

/// How often to break something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effort {
    /// A few times.
    Short,
    /// As often as it takes to believe it.
    Long,
}

impl Effort {
    /// The number that goes with it.
    pub const fn of(self, short: usize, long: usize) -> usize {
        match self {
            Self::Short => short,
            Self::Long => long,
        }
    }
}

type Run = fn(Effort) -> Pin<Box<dyn Future<Output = Report>>>;

/// A fault, or a control.
pub struct Fault {
    /// As it is asked for.
    pub name: &'static str,
    /// What is broken, and what is expected.
    pub what: &'static str,
    /// Whether the short form has it.
    pub is_short: bool,
    /// Of a control: words of the violations by which the checker shows that it noticed. Others, a node that is late say, do
    /// not count.
    pub must_notice: Option<&'static [&'static str]>,
    /// Breaks it and compares.
    pub run: Run,
}

impl Fault {
    const fn new(name: &'static str, what: &'static str, run: Run) -> Self {
        Self { name, what, is_short: true, must_notice: None, run }
    }

    /// A control.
    const fn control(self, must_notice: &'static [&'static str]) -> Self {
        Self { must_notice: Some(must_notice), ..self }
    }

    /// Whether what was found is what must be.
    pub fn went_as_it_must(&self, violations: &[String]) -> bool {
        let is_noticed = |words: &&str| violations.iter().any(|violation| violation.contains(*words));
        self.must_notice.map_or(violations.is_empty(), |must_notice| must_notice.iter().any(is_noticed))
    }

    /// One that takes too long for `tests/run`.
    const fn long(self) -> Self {
        Self { is_short: false, ..self }
    }
}

/// What shows that something acknowledged was lost.
const LOST: &[&str] =
    &["is gone", "is not as it was acknowledged", "cannot log in", "is logged out", "outlives", "was deleted and"];

/// All of them, in the order in which they run.
pub const FAULTS: &[Fault] = &[
    Fault::new("kill-sqlite", "SIGKILL of the service on SQLite", |effort| Box::pin(kill::run(Engine::Sqlite, effort))),
    Fault::new("kill-postgres", "SIGKILL of one of two nodes on PostgreSQL", |effort| {
        Box::pin(kill::run(Engine::Postgres, effort))
    }),
    Fault::new("power-cut", "the power goes under SQLite: what was not synced is lost, kept or torn", |effort| {
        Box::pin(power_cut::run(power_cut::Disk::Honest, effort))
    }),
    Fault::new("control-lying-disk", "the same on a disk that acknowledges a sync and does nothing", |effort| {
        Box::pin(power_cut::run(power_cut::Disk::Lies, effort))
    })
    .control(LOST),
    Fault::new("postgres-crash", "PostgreSQL ends at once and recovers", |effort| {
        Box::pin(postgres_crash::run(postgres_crash::Commit::Durable, effort))
    }),
    Fault::new("control-asynchronous-commit", "the same with synchronous_commit=off", |effort| {
        Box::pin(postgres_crash::run(postgres_crash::Commit::Asynchronous, effort))
    })
    .control(LOST),
    Fault::new("control-no-unique-index", "the index that keeps addresses unique is dropped", |_| {
        Box::pin(undone_guards::without_unique_index())
    })
    .control(&["was registered", "share an address"]),
    Fault::new("control-undone-guard", "triggers undo what uses a code up or ends a session", |_| {
        Box::pin(undone_guards::without_single_use())
    })
    .control(&["outlives", "worked twice", "works twice"]),
    Fault::new(
        "silent-connections",
        "nothing comes through to PostgreSQL for a while, in either direction",
        |effort| Box::pin(silent_connections::run(silent_connections::Fault::Silent, effort)),
    )
    .long(),
    Fault::new("half-dead-connections", "the old connections to PostgreSQL stay silent, new ones work", |effort| {
        Box::pin(silent_connections::run(silent_connections::Fault::HalfDead, effort))
    }),
    Fault::new("frozen-primary", "PostgreSQL is frozen and its standby promoted, both in the URL", |_| {
        Box::pin(frozen_primary::run())
    }),
    Fault::new("standby-away", "the synchronous standby is away: writes wait, reads do not", |_| {
        Box::pin(standby_away::run())
    }),
    Fault::new("slow-database-100ms", "PostgreSQL is 100 ms away", |_| {
        Box::pin(silent_connections::slow(Duration::from_millis(100)))
    })
    .long(),
    Fault::new("slow-database-1s", "PostgreSQL is a second away", |_| {
        Box::pin(silent_connections::slow(Duration::from_secs(1)))
    })
    .long(),
    Fault::new("terminated-sqlite", "SIGTERM under load: whoever is being served is answered", |effort| {
        Box::pin(terminated::run(Engine::Sqlite, effort))
    })
    .long(),
    Fault::new("terminated-postgres", "SIGTERM under load of one of two nodes", |effort| {
        Box::pin(terminated::run(Engine::Postgres, effort))
    })
    .long(),
    Fault::new("long-outage", "PostgreSQL is away for five minutes; then thousands refresh at once", |_| {
        Box::pin(long_outage::run())
    })
    .long(),
    Fault::new("soak-sqlite", "an hour of load with a SIGKILL now and then: nothing grows", |_| {
        Box::pin(soak::run(Engine::Sqlite))
    })
    .long(),
    Fault::new("soak-postgres", "the same on PostgreSQL", |_| Box::pin(soak::run(Engine::Postgres))).long(),
];

/// Waits between half of it and half as much again, so that rounds do not fall into step with the load.
pub async fn about(pause: Duration) {
    sleep(pause.mul_f64(0.5 + fastrand::f64())).await;
}
