//! A service that is told of events, and checks each with the reference library of Standard Webhooks.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use serde_json::Value;
use tempfile::NamedTempFile;

use crate::python;

/// The secret of every receiver here.
pub const WEBHOOK_SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// Ends when dropped.
pub struct WebhookReceiver {
    log: NamedTempFile,
    child: Child,
}

impl WebhookReceiver {
    /// On that loopback port; `behaviour` as `tests/python/webhook_receiver.py` describes it.
    pub fn start(port: u16, behaviour: &str) -> Self {
        let log = NamedTempFile::new().unwrap();
        let script = format!("{}/python/webhook_receiver.py", env!("CARGO_MANIFEST_DIR"));
        let mut command = Command::new(python());
        command.arg(script).arg(port.to_string()).arg(WEBHOOK_SECRET).arg(log.path()).arg(behaviour);
        let mut child = command.stdout(Stdio::piped()).spawn().expect("the Python of tests/run");
        let mut ready = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut ready).unwrap();
        assert_eq!(ready, "ready\n");
        Self { log, child }
    }

    /// What it noted so far: `{acknowledged, id, path, event}` each, the first first.
    pub fn deliveries(&self) -> Vec<Value> {
        let text = std::fs::read_to_string(self.log.path()).unwrap();
        text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
    }
}

impl Drop for WebhookReceiver {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
