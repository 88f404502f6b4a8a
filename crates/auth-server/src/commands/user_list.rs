//! `user list`: lists every account, one per line.

use auth_domain::account::Account;

use crate::Failure;
use crate::output::print;
use crate::settings::Settings;

const PAGE: u32 = 1_000;

pub(crate) async fn run(settings: &Settings) -> Result<(), Failure> {
    let store = settings.database.open().await?.store;
    let mut after = None;
    loop {
        let page = store.list_accounts(after, PAGE).await?;
        let Some(last) = page.last() else { return Ok(()) };
        after = Some(last.id);
        let line = |account: &Account| {
            let username = account.username.as_ref().map_or("-", |name| name.as_str());
            let proved = if account.email_verified { "verified" } else { "unverified" };
            let roles: Vec<&str> = account.roles.iter().collect();
            format!("{}  {}  {proved}  {username}  {}", account.id, account.email.as_str(), roles.join(","))
        };
        print(&page.iter().map(line).collect::<Vec<_>>().join("\n"))?;
    }
}
