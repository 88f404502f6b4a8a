//! `user show`: shows one account.

use auth_crypto::SystemClock;
use auth_domain::account::Account;
use auth_domain::ports::Clock as _;
use auth_domain::two_factor::Method;

use crate::Failure;
use crate::output::{print, rfc3339};
use crate::settings::Settings;

use super::find_user::find_user;
use super::user_views::as_json;

/// More than any user has; only the number is shown.
const SESSIONS: u32 = 10_000;

pub(crate) async fn run(settings: &Settings, user: &str, json: bool) -> Result<(), Failure> {
    let store = settings.database.open().await?.store;
    let account = find_user(&*store, user).await?;
    let sessions = store.list_sessions(account.id, SystemClock.now(), SESSIONS).await?;
    if json {
        let mut shown = as_json(&account)?;
        shown["sessions"] = sessions.len().into();
        shown["recoveryCodesLeft"] = account.two_factor.recovery_codes.len().into();
        return print(&shown.to_string());
    }
    let roles: Vec<&str> = account.roles.iter().collect();
    let identities: Vec<&str> = account.identities.iter().map(|identity| identity.provider.as_str()).collect();
    let factors: Vec<&str> = account.two_factor.enabled().map(Method::as_str).collect();
    let yes = |yes: bool| if yes { "yes" } else { "no" }.to_owned();
    for (what, value) in [
        ("id", account.id.to_string()),
        ("username", account.username.as_ref().map_or("-", |name| name.as_str()).to_owned()),
        ("e-mail", account.email.as_str().to_owned()),
        ("verified", yes(account.email_verified)),
        ("password", password(&account).to_owned()),
        ("providers", listed(&identities)),
        ("second factors", listed(&factors)),
        ("recovery codes", account.two_factor.recovery_codes.len().to_string()),
        ("roles", listed(&roles)),
        ("language", account.locale.as_ref().map_or("-", |locale| locale.as_str()).to_owned()),
        ("state", account.state.as_str().to_owned()),
        ("sessions", sessions.len().to_string()),
        ("registered", rfc3339(account.created_at)?),
        ("changed", rfc3339(account.updated_at)?),
    ] {
        print(&format!("{what:<15} {value}"))?;
    }
    Ok(())
}

fn listed(names: &[&str]) -> String {
    if names.is_empty() { "-".to_owned() } else { names.join(",") }
}

const fn password(account: &Account) -> &'static str {
    match (account.password_hash.is_some(), account.new_password_required) {
        (false, _) => "no",
        (true, false) => "yes",
        (true, true) => "yes, a new one is required",
    }
}
