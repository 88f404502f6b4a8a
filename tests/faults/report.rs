//! What a run found, as a row of the table.

use std::time::Duration;

use crate::world::World;

/// One row.
#[derive(Debug, Default)]
pub struct Report {
    /// How often it was broken.
    pub rounds: usize,
    /// How many answers were noted.
    pub acknowledged: u64,
    /// How many things were compared at the end.
    pub checked: u64,
    /// How many requests had an unknown outcome.
    pub unknown: u64,
    /// How long it took until somebody was answered again, a round each.
    pub recoveries: Vec<Duration>,
    /// What must never be.
    pub violations: Vec<String>,
    /// What else is worth telling.
    pub note: String,
    /// Why it was not run.
    pub not_run: Option<String>,
}

impl Report {
    /// What the ledger says.
    pub fn of(world: &World, rounds: usize, checked: u64, mut recoveries: Vec<Duration>) -> Self {
        recoveries.sort();
        let ledger = world.ledger();
        Self {
            rounds,
            acknowledged: ledger.acknowledged.values().sum(),
            checked,
            unknown: ledger.unknown,
            recoveries,
            violations: ledger.violations.clone(),
            note: format!("slowest answer {:.1} s", ledger.slowest.as_secs_f64()),
            not_run: None,
        }
    }

    /// Of a fault that this machine cannot bring about.
    pub fn not_run(why: String) -> Self {
        Self { not_run: Some(why), ..Self::default() }
    }

    /// The same, with something more to tell.
    pub fn noting(mut self, note: &str) -> Self {
        self.note = if self.note.is_empty() { note.to_owned() } else { format!("{note}; {}", self.note) };
        self
    }

    /// Markdown.
    pub fn row(&self, name: &str) -> String {
        let Self { rounds, acknowledged, checked, unknown, recoveries, violations, note, not_run } = self;
        if let Some(why) = not_run {
            return format!("| {name} | not run: {why} | | | | | | | |");
        }
        let seconds =
            |at: Option<&Duration>| at.map_or_else(String::new, |time| format!("{:.2} s", time.as_secs_f64()));
        format!(
            "| {name} | {rounds} | {acknowledged} | {checked} | {unknown} | {} | {} | {} | {note} |",
            violations.len(),
            seconds(recoveries.get(recoveries.len() / 2)),
            seconds(recoveries.last()),
        )
    }
}

/// The head of the table.
pub const HEAD: &str = "| fault | rounds | acknowledged | compared | unknown | violations | back, median | back, longest | |\n\
                        | --- | --- | --- | --- | --- | --- | --- | --- | --- |";
