//! How a node on SQLite learns of commits by other processes, such as an operator's commands.
//!
//! `PRAGMA data_version` of a connection changes with each commit of any other connection, and with none of its own.
//! One connection makes all commits of this process, so that connection is asked: what changes its number is someone
//! else's commit. The number is read from the file's shared index, so the answer reflects every commit that was
//! complete before the question.
//!
//! The question waits for its turn among the writes. Therefore, whenever a write hangs, sessions are read from the
//! database, and what was read meanwhile does not count afterwards: when an abandoned write happened is not known.

use std::convert::Infallible;
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use auth_domain::ports::{STALENESS, SessionNews};

use crate::writer::Writer;

/// How often it asks while requests come.
const BEAT: Duration = Duration::from_millis(250);
/// How often it checks whether there is still a receiver.
const LOOK: Duration = Duration::from_secs(5);

/// Reports the commits of others to `news` until the store is gone.
pub(crate) async fn watch(writer: Weak<Writer>, news: Arc<dyn SessionNews>) -> Result<(), Infallible> {
    let (mut seen, mut last) = (None, None);
    loop {
        let wanted = tokio::time::timeout(LOOK, news.wanted()).await.is_ok();
        let Some(writer) = writer.upgrade() else { return Ok(()) };
        if !wanted {
            continue;
        }
        let since = Instant::now();
        if let Some(version) = writer.version().await {
            let kept_up = last.is_some_and(|last: Instant| last.elapsed() < STALENESS);
            if seen != Some(version) || !kept_up {
                news.start_anew();
            }
            (seen, last) = (Some(version), Some(since));
            news.in_step(since);
        }
        drop(writer);
        tokio::time::sleep(BEAT.saturating_sub(since.elapsed())).await;
    }
}
