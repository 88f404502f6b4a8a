//! `mails`: lists the mails that are waiting or have failed, with the mail server's answers, and retries them.

use auth_crypto::SystemClock;
use auth_domain::mail::{ParkedMail, WaitingMail};
use auth_domain::ports::{Change, Clock as _};

use crate::Failure;
use crate::output::{print, rfc3339};
use crate::settings::Settings;

/// The maximum number of each that are listed.
const LISTED: u32 = 1_000;

/// Which mails to list.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Which {
    /// Those that are waiting and those that failed.
    All,
    /// Only those that failed.
    Failed,
}

/// Prints one line for each mail: its state, until or since when, its id, its kind, the recipient, and the mail
/// server's last answer.
pub(crate) async fn run(settings: &Settings, which: Which, retry: bool) -> Result<(), Failure> {
    let store = settings.database.open().await?.store;
    let counted = store.outbox_depth().await?;
    if which == Which::All {
        for mail in &store.list_waiting_mails(LISTED).await? {
            print(&waiting_line(mail)?)?;
        }
    }
    for mail in &store.list_parked_mails(LISTED).await? {
        print(&failed_line(mail)?)?;
    }
    match which {
        Which::All => print(&format!("mails waiting: {}, failed: {}", counted.mails, counted.parked_mails))?,
        Which::Failed => print(&format!("mails failed: {}", counted.parked_mails))?,
    }
    if retry {
        store.commit(vec![Change::UnparkMails { at: SystemClock.now() }]).await?;
        print("the service now tries to send all of them")?;
    }
    Ok(())
}

fn waiting_line(mail: &WaitingMail) -> Result<String, Failure> {
    let WaitingMail { id, recipient, kind, attempts, next_attempt_at, error } = mail;
    let next = rfc3339(*next_attempt_at)?;
    let said = error.as_deref().map(on_one_line).unwrap_or_default();
    Ok(format!("waiting   until {next}  {id}  {kind}  {recipient}  attempts: {attempts}  {said}").trim_end().to_owned())
}

fn failed_line(mail: &ParkedMail) -> Result<String, Failure> {
    let ParkedMail { id, recipient, kind, parked_at, error } = mail;
    Ok(format!("failed    at {}  {id}  {kind}  {recipient}  {}", rfc3339(*parked_at)?, on_one_line(error)))
}

fn on_one_line(error: &str) -> String {
    error.replace(char::is_control, " ")
}
