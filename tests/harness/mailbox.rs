//! The mails that a server has sent.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::{PATIENCE, Server};

/// One mail, as its reader sees it.
#[derive(Clone, Debug)]
pub struct Mail {
    /// `X-Auth-Mail`
    pub kind: String,
    /// `To`
    pub to: String,
    /// `Subject`
    pub subject: String,
    /// `Message-ID`
    pub message_id: String,
    /// The line that is nothing but six digits.
    pub code: Option<String>,
    /// All of it, headers and both parts.
    pub source: String,
}

impl Mail {
    /// Reads an `.eml`.
    pub fn parse(source: &str) -> Self {
        let header = |name: &str| {
            let prefix = format!("{name}: ");
            source.lines().find_map(|line| line.strip_prefix(&prefix)).unwrap_or_default().to_owned()
        };
        let plain = source.split("text/html").next().unwrap_or_default();
        let is_code = |line: &&str| line.len() == 6 && line.bytes().all(|byte| byte.is_ascii_digit());
        Self {
            kind: header("X-Auth-Mail"),
            to: header("To"),
            subject: header("Subject"),
            message_id: header("Message-ID"),
            code: plain.lines().find(is_code).map(str::to_owned),
            source: source.to_owned(),
        }
    }
}

/// The mails in a folder, the oldest first: their file names are UUIDv7, or numbers of one width.
pub fn mails_in(folder: &Path) -> Vec<Mail> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "eml"));
    paths.sort();
    paths.iter().filter_map(|path| std::fs::read_to_string(path).ok()).map(|source| Mail::parse(&source)).collect()
}

/// Waits until `done`, for as long as there is [`PATIENCE`].
pub async fn wait_for(what: &str, mut done: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !done() {
        assert!(Instant::now() < deadline, "{what} does not happen");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

impl Server {
    /// The mails so far.
    pub fn mails(&self) -> Vec<Mail> {
        mails_in(&self.dir.path().join("data/mail"))
    }

    /// Waits for the `number`th mail (from 1) of that kind to that address.
    pub async fn mail(&self, kind: &str, to: &str, number: usize) -> Mail {
        let find = || self.mails().into_iter().filter(|mail| mail.kind == kind && mail.to == to).nth(number - 1);
        wait_for(&format!("mail {number} of kind {kind} to {to}"), || find().is_some()).await;
        find().expect("it is there")
    }

    /// The code in that mail.
    pub async fn code(&self, kind: &str, to: &str, number: usize) -> String {
        self.mail(kind, to, number).await.code.expect("a code on a line of its own")
    }

    /// Waits until no mail is owed.
    pub async fn all_mails_sent(&self) {
        let owed = "SELECT count(*) FROM mails WHERE parked_at IS NULL AND times > 0";
        wait_for("the last mail", || self.sql(owed) == "0").await;
    }
}
