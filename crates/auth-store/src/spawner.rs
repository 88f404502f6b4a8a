//! Where the statements of an SQLite connection run.

use std::error::Error;
use std::future::ready;

use diesel_async::sync_connection_wrapper::SpawnBlocking;
use futures_util::future::{BoxFuture, FutureExt as _, TryFutureExt as _};

/// Where the statements of an SQLite connection run.
#[derive(Clone, Copy, Debug)]
pub enum Spawner {
    /// On the thread that asks for them. A statement is done when its future is first polled, so whoever drops a future
    /// leaves nothing half done.
    Inline,
    /// On the runtime's threads for what blocks, a hop a statement: for whoever runs long statements, and has something
    /// else to wait for meanwhile.
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
