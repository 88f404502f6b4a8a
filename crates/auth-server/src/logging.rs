//! Logs: to stderr, readable on a terminal, JSON lines otherwise. `RUST_LOG` narrows or widens them.

use std::io::IsTerminal as _;

use tracing_subscriber::EnvFilter;

pub(crate) fn start() {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    let logs = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_target(false);
    if std::io::stderr().is_terminal() {
        logs.init();
    } else {
        logs.json().flatten_event(true).with_span_list(false).init();
    }
}
