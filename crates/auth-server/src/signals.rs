//! The signals that ask this process to stop.

use std::time::Duration;

use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::Failure;

/// Listens from now on; the future ends when the command is asked to stop.
pub(crate) fn terminated() -> Result<impl Future<Output = ()>, Failure> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    // From then on closing the terminal is ignored: tokio keeps a handler that nobody listens to any more.
    drop(signal(SignalKind::hangup())?);
    Ok(async move {
        tokio::select! { _ = terminate.recv() => {}, _ = interrupt.recv() => {} }
    })
}

/// The signals that ask a server to stop.
pub(crate) struct StopSignals {
    terminate: Signal,
    interrupt: Signal,
}

impl StopSignals {
    /// Begins to listen.
    pub(crate) fn listen() -> Result<Self, Failure> {
        Ok(Self { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    /// Returns when the server should refuse connections: at once if the signal comes from a terminal, otherwise
    /// `notice` after `announce` was called.
    pub(crate) async fn wait(mut self, notice: Duration, announce: impl FnOnce()) {
        tokio::select! {
            // From a terminal, so no load balancer needs to know.
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {
                announce();
                tokio::select! {
                    () = tokio::time::sleep(notice) => {}
                    _ = self.terminate.recv() => {}
                    _ = self.interrupt.recv() => {}
                }
            }
        }
    }
}
