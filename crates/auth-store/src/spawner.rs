//! Where the statements of an SQLite connection run.

use std::error::Error;
use std::future::ready;

use diesel_async::sync_connection_wrapper::SpawnBlocking;
use futures_util::future::{BoxFuture, FutureExt as _, TryFutureExt as _};

/// Where the statements of an SQLite connection run.
#[derive(Clone, Copy, Debug)]
pub enum Spawner {
    /// On the calling thread. A statement is complete when its future is first polled, so dropping a future leaves
    /// nothing half done.
    Inline,
    /// On the runtime's threads for blocking work, with one hop per statement, for callers that run long statements and
    /// have something else to wait for meanwhile.
    Threads,
}

impl SpawnBlocking for Spawner {
    fn spawn_blocking<'a, R>(
        &mut self,
        task: impl FnOnce() -> R + Send + 'static,
    ) -> BoxFuture<'a, Result<R, Box<dyn Error + Send + Sync + 'static>>>
    where
        R: Send + 'static,
    {
        match self {
            Self::Inline => ready(Ok(task())).boxed(),
            Self::Threads => tokio::task::spawn_blocking(task).map_err(Box::from).boxed(),
        }
    }

    fn get_runtime() -> Self {
        Self::Inline
    }
}
