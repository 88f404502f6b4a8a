//! The signals that ask this process to stop.

use std::time::Duration;

use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::Failure;

/// Begins to listen at once, and returns what ends when a command is asked to stop. Closing the terminal is ignored
/// from then on.
pub(crate) fn terminated() -> Result<impl Future<Output = ()>, Failure> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let hangup = signal(SignalKind::hangup())?;
    Ok(async move {
        tokio::select! { _ = terminate.recv() => {}, _ = interrupt.recv() => {} }
        drop(hangup);
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
