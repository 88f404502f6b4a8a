//! What asks this process to stop.

use std::time::Duration;

use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::Failure;

/// Returns when somebody asks a command to stop.
pub(crate) async fn terminated() -> Result<(), Failure> {
    let mut terminate = signal(SignalKind::terminate())?;
    // A terminal that is closed asks for nothing.
    let _hangup = signal(SignalKind::hangup())?;
    tokio::select! { _ = terminate.recv() => {}, done = tokio::signal::ctrl_c() => done? }
    Ok(())
}

/// What asks a server to stop.
pub(crate) struct StopSignals {
    terminate: Signal,
    interrupt: Signal,
}

impl StopSignals {
    /// Listens from now on.
    pub(crate) fn listen() -> Result<Self, Failure> {
        Ok(Self { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    /// Returns when the server is to refuse connections: at once where somebody at a terminal asks, else `notice` after
    /// `announce` was called.
    pub(crate) async fn wait(mut self, notice: Duration, announce: impl FnOnce()) {
        tokio::select! {
            // From a terminal: nobody is to be told.
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
