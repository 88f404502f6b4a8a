//! The progress of a long command: one line that is overwritten, on terminals only.

use std::io::{IsTerminal as _, Write as _};
use std::time::{Duration, Instant};

use auth_archive::Progress;

const EVERY: Duration = Duration::from_millis(200);

/// Shows the rows done, the rate and the remaining time.
pub(crate) struct ProgressLine {
    began: Instant,
    shown: Option<Instant>,
    terminal: bool,
}

impl ProgressLine {
    pub(crate) fn start() -> Self {
        Self { began: Instant::now(), shown: None, terminal: std::io::stderr().is_terminal() }
    }

    pub(crate) fn show(&mut self, progress: Progress<'_>) {
        if self.terminal && self.shown.is_none_or(|shown| shown.elapsed() > EVERY) {
            self.shown = Some(Instant::now());
            // A line that cannot be shown does no harm.
            let _ = write!(std::io::stderr(), "\r\x1b[K{}", line(progress, self.began.elapsed()));
        }
    }

    /// Removes the line, and returns how long it took and the rate for `rows`.
    pub(crate) fn end(self, rows: u64) -> String {
        if self.shown.is_some() {
            let _ = write!(std::io::stderr(), "\r\x1b[K");
        }
        let seconds = self.began.elapsed().as_secs_f64();
        format!("{rows} rows in {seconds:.1} s, {:.0} rows/s", rate(rows, seconds))
    }
}

fn rate(rows: u64, seconds: f64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "to be read by people")]
    let rows = rows as f64;
    if seconds > 0.0 { rows / seconds } else { rows }
}

fn line(Progress { table, done, total }: Progress<'_>, elapsed: Duration) -> String {
    let rate = rate(done, elapsed.as_secs_f64());
    #[expect(clippy::cast_precision_loss, reason = "to be read by people")]
    let left = total.saturating_sub(done) as f64;
    if total == 0 || rate < 1.0 {
        return format!("{table}: {done} rows, {rate:.0} rows/s");
    }
    format!("{table}: {done} of {total} rows, {rate:.0} rows/s, {:.0} s left", left / rate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_tells_the_rate_and_what_is_left() {
        let told = line(Progress { table: "accounts", done: 500, total: 2_000 }, Duration::from_secs(5));
        assert_eq!(told, "accounts: 500 of 2000 rows, 100 rows/s, 15 s left");
        let unknown = line(Progress { table: "accounts", done: 500, total: 0 }, Duration::from_secs(5));
        assert_eq!(unknown, "accounts: 500 rows, 100 rows/s");
    }
}
