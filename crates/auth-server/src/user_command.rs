//! `user list`, `show`, `roles`, `unlock`, `delete`: what an operator does to one account, straight on the database.
//! Running servers notice at once; they keep nothing of an account in memory.

use std::net::Ipv4Addr;
use std::sync::Arc;

use auth_crypto::{KeyedNameDigest, SystemClock, SystemEntropy};
use auth_domain::AccountId;
use auth_domain::account::{Account, LoginName};
use auth_domain::budget::AttemptSubject;
use auth_domain::internal::{Granted, InternalCaller, InternalService, Scope};
use auth_domain::ports::{Change, Clock as _, NameDigest as _, Store};
use auth_domain::session::Client;
use auth_domain::two_factor::Method;
use auth_domain::use_cases::{Announcements, DeleteAccount, SetRoles, SetRolesError};
use uuid::Uuid;

use crate::Failure;
use crate::cli::UserCommand;
use crate::commands::{print, rfc3339};
use crate::secret_key::load_or_make;
use crate::settings::Settings;

const PAGE: u32 = 1_000;
/// More than anybody has; what is shown is a count.
const SESSIONS: u32 = 10_000;
/// Who asked, in the record of a deletion.
const OPERATOR: &str = "auth-server";

pub(crate) async fn run(settings: &Settings, command: UserCommand) -> Result<(), Failure> {
    let store = settings.database.open().await?.store;
    match command {
        UserCommand::List => list(&*store).await,
        UserCommand::Show { user } => show(&*store, &find(&*store, &user).await?).await,
        UserCommand::Roles { user, roles } => set_roles(store, &user, &roles).await,
        UserCommand::Unlock { user } => unlock(settings, &*store, &user).await,
        UserCommand::Delete { user } => delete(settings, store, &user).await,
    }
}

async fn list(store: &dyn Store) -> Result<(), Failure> {
    let mut after = None;
    loop {
        let page = store.list_accounts(after, PAGE).await?;
        let Some(last) = page.last() else { return Ok(()) };
        after = Some(last.id);
        let line = |account: &Account| {
            let username = account.username.as_ref().map_or("-", |name| name.as_str());
            let proved = if account.email_verified { "proved" } else { "unproved" };
            let roles: Vec<&str> = account.roles.iter().collect();
            format!("{}  {}  {proved}  {username}  {}", account.id, account.email.as_str(), roles.join(","))
        };
        print(&page.iter().map(line).collect::<Vec<_>>().join("\n"))?;
    }
}

/// By id, e-mail address or username.
async fn find(store: &dyn Store, user: &str) -> Result<Account, Failure> {
    let found = match Uuid::try_parse(user) {
        Ok(id) => store.find_account(AccountId::from(id)).await?,
        Err(_) => store.find_account_by_name(&LoginName::parse(user)).await?,
    };
    found.ok_or_else(|| format!("nobody has the id, e-mail address or username {user:?}").into())
}

async fn show(store: &dyn Store, account: &Account) -> Result<(), Failure> {
    let sessions = store.list_sessions(account.id, SystemClock.now(), SESSIONS).await?;
    let roles: Vec<&str> = account.roles.iter().collect();
    let identities: Vec<&str> = account.identities.iter().map(|identity| identity.provider.as_str()).collect();
    let factors: Vec<&str> = account.two_factor.enabled().map(Method::as_str).collect();
    let yes = |yes: bool| if yes { "yes" } else { "no" }.to_owned();
    for (what, value) in [
        ("id", account.id.to_string()),
        ("username", account.username.as_ref().map_or("-", |name| name.as_str()).to_owned()),
        ("e-mail", account.email.as_str().to_owned()),
        ("proved", yes(account.email_verified)),
        ("password", yes(account.password_hash.is_some())),
        ("providers", identities.join(",")),
        ("second factors", factors.join(",")),
        ("recovery codes", account.two_factor.recovery_codes.len().to_string()),
        ("roles", roles.join(",")),
        ("sessions", sessions.len().to_string()),
        ("registered", rfc3339(account.created_at)?),
        ("changed", rfc3339(account.updated_at)?),
    ] {
        print(&format!("{what:<15} {value}"))?;
    }
    Ok(())
}

/// Whoever may read the settings may do all that a service may.
fn operator<S: Granted>() -> Result<InternalCaller<S>, Failure> {
    let service = InternalService { name: OPERATOR.to_owned(), scopes: Scope::ALL.into() };
    service.authorize().ok_or_else(|| "the operator has every scope".into())
}

async fn set_roles(store: Arc<dyn Store>, user: &str, roles: &[String]) -> Result<(), Failure> {
    let account = find(&*store, user).await?;
    let set_roles = SetRoles { store, clock: Arc::new(SystemClock) };
    let set = set_roles.execute(&operator()?, account.id, roles).await;
    let account = set.map_err(|error| match error {
        SetRolesError::Malformed(error) => format!("a role {error}"),
        error => error.to_string(),
    })?;
    let roles: Vec<&str> = account.roles.iter().collect();
    print(&format!("the roles of {} are now: {}", account.id, roles.join(",")))
}

/// Also which networks its owner succeeded from is forgotten with the budgets: nobody is known or suspected any more.
async fn unlock(settings: &Settings, store: &dyn Store, user: &str) -> Result<(), Failure> {
    let account = find(store, user).await?;
    let digest = KeyedNameDigest::new(load_or_make(settings)?.ring);
    let by_address = AttemptSubject::address(digest.digest(&LoginName::Email(account.email.clone())));
    let by_account = AttemptSubject::account(account.id);
    let forget = vec![
        Change::ForgetNetworkAttempts(by_account),
        Change::ForgetDailyMisses(by_account),
        Change::ForgetTallies(by_account),
        Change::ForgetTallies(by_address),
    ];
    store.commit(forget).await?;
    print(&format!("{} may try again: every budget for passwords, codes and mails is as new", account.id))
}

async fn delete(settings: &Settings, store: Arc<dyn Store>, user: &str) -> Result<(), Failure> {
    let account = find(&*store, user).await?;
    let subscriptions = settings.webhooks.iter().map(|webhook| webhook.subscription.clone()).collect();
    let entropy = Arc::new(SystemEntropy);
    let delete = DeleteAccount {
        store,
        announcements: Arc::new(Announcements { subscriptions, entropy: entropy.clone() }),
        clock: Arc::new(SystemClock),
        entropy,
    };
    let client = Client::new(Ipv4Addr::LOCALHOST.into(), "");
    let deletion = delete.by_service(&operator()?, account.id, &client).await?;
    print(&format!("deleted {}; the deletion is {deletion}", account.id))
}
