//! `parked-mails`: lists the mails that were given up, and retries them.

use auth_crypto::SystemClock;
use auth_domain::mail::ParkedMail;
use auth_domain::ports::{Change, Clock as _};

use crate::Failure;
use crate::output::{print, rfc3339};
use crate::settings::Settings;

/// Prints one line for each mail: when it was given up, its id, its kind, the recipient, and why.
pub(crate) async fn run(settings: &Settings, retry: bool) -> Result<(), Failure> {
    let store = settings.database.open().await?.store;
    let mails = store.list_parked_mails(1_000).await?;
    for ParkedMail { id, recipient, kind, parked_at, error } in &mails {
        let at = rfc3339(*parked_at)?;
        print(&format!("{at}  {id}  {kind}  {recipient}  {}", error.replace('\n', " ")))?;
    }
    if retry && !mails.is_empty() {
        store.commit(vec![Change::UnparkMails { at: SystemClock.now() }]).await?;
        return print("the service now tries to send them again");
    }
    print(&format!("mails failed: {}", mails.len()))
}
