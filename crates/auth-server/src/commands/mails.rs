//! `mails`: the mails that are not sent yet and those that were given up, with the mail server's words; and another try.
//! `parked-mails` lists only the latter.

use auth_crypto::SystemClock;
use auth_domain::mail::{ParkedMail, WaitingMail};
use auth_domain::ports::{Change, Clock as _};

use crate::Failure;
use crate::output::{print, rfc3339};
use crate::settings::Settings;

/// As many of each are listed; all are counted.
const LISTED: u32 = 1_000;

/// Which mails to list.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Which {
    /// Those that wait and those that were given up.
    All,
    /// Only those that were given up.
    GivenUp,
}

/// Prints a line for each: whether it waits, until when or since when, its id, its kind, to whom, and what the mail server
/// said last.
pub(crate) async fn run(settings: &Settings, which: Which, retry: bool) -> Result<(), Failure> {
    let store = settings.database.open().await?.store;
    let counted = store.outbox_depth().await?;
    if which == Which::All {
        for mail in &store.list_waiting_mails(LISTED).await? {
            print(&waiting_line(mail)?)?;
        }
    }
    for mail in &store.list_parked_mails(LISTED).await? {
        print(&given_up_line(mail)?)?;
    }
    let given_up = format!("mails that were given up: {}", counted.parked_mails);
    match which {
        Which::All => print(&format!("mails that wait: {}, {given_up}", counted.mails))?,
        Which::GivenUp => print(&given_up)?,
    }
    if retry {
        store.commit(vec![Change::UnparkMails { at: SystemClock.now() }]).await?;
        print("all of them are tried now")?;
    }
    Ok(())
}

fn waiting_line(mail: &WaitingMail) -> Result<String, Failure> {
    let WaitingMail { id, recipient, kind, attempts, next_attempt_at, error } = mail;
    let next = rfc3339(*next_attempt_at)?;
    let said = error.as_deref().map(on_one_line).unwrap_or_default();
    Ok(format!("waits     until {next}  {id}  {kind}  {recipient}  attempts: {attempts}  {said}").trim_end().to_owned())
}

fn given_up_line(mail: &ParkedMail) -> Result<String, Failure> {
    let ParkedMail { id, recipient, kind, parked_at, error } = mail;
    Ok(format!("given up  at {}  {id}  {kind}  {recipient}  {}", rfc3339(*parked_at)?, on_one_line(error)))
}

fn on_one_line(error: &str) -> String {
    error.replace(char::is_control, " ")
}
