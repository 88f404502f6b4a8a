//! How a node on SQLite hears of commits by other processes: the commands of an operator.
//!
//! `PRAGMA data_version` of a connection changes with each commit of any other connection, and with none of its own. All
//! commits of this process are made by one connection, so it is asked that one: what changes it is somebody else's. The
//! number is read from the file's shared index, so a commit that was done before the question is seen in the answer.
//!
//! The question waits for its turn among the writes. So whenever a write hangs, sessions are read from the database, and
//! what was read meanwhile does not count afterwards: of a write that nobody waited for to the end it is not known when it
//! happened.

use std::convert::Infallible;
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use auth_domain::ports::{STALENESS, SessionNews};

use crate::writer::Writer;

/// How often it is asked while requests come.
const BEAT: Duration = Duration::from_millis(250);
/// How often it looks whether there is anybody left to tell.
const LOOK: Duration = Duration::from_secs(5);

/// Tells `news` of others' commits until the store is gone.
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
