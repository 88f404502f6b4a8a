//! A real SMTP server (aiosmtpd) that misbehaves as told.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use crate::mailbox::{Mail, mails_in};
use crate::python;

/// Ends when dropped.
pub struct SmtpServer {
    /// Where its mails and its files are.
    pub folder: TempDir,
    child: Child,
}

impl SmtpServer {
    /// On that loopback port; `behaviour` as `tests/python/smtp_server.py` describes it.
    pub fn start(port: u16, behaviour: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let child = launch(port, folder.path(), behaviour);
        Self { folder, child }
    }

    /// The mails that it got, the first first.
    pub fn mails(&self) -> Vec<Mail> {
        mails_in(self.folder.path())
    }
}

fn launch(port: u16, folder: &Path, behaviour: &str) -> Child {
    let script = format!("{}/python/smtp_server.py", env!("CARGO_MANIFEST_DIR"));
    let mut command = Command::new(python());
    command.arg(script).arg(port.to_string()).arg(folder).arg(behaviour).stdout(Stdio::piped());
    let mut child = command.spawn().expect("the Python of tests/run");
    let mut ready = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut ready).unwrap();
    assert_eq!(ready, "ready\n");
    child
}

impl Drop for SmtpServer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
