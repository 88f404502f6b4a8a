//! `user list`: lists the accounts that match, one per line.

use auth_domain::account::{AccountFilter, Role, SearchText};
use auth_domain::identity::ProviderName;

use crate::Failure;
use crate::settings::Settings;

use super::user_views::print_page;

const PAGE: u32 = 1_000;

/// Which users, and how to show them.
#[derive(clap::Args)]
pub(crate) struct ListOptions {
    /// Only users whose e-mail address or username contains this
    #[arg(long, value_name = "TEXT")]
    search: Option<String>,
    /// Only users with this role
    #[arg(long)]
    role: Option<String>,
    /// Only users with an identity of this provider
    #[arg(long)]
    provider: Option<String>,
    /// Only users in this state
    #[arg(long, value_parser = ["active", "suspended", "deletion_scheduled"])]
    state: Option<String>,
    /// Print one JSON object per line
    #[arg(long)]
    json: bool,
}

pub(crate) async fn run(settings: &Settings, options: &ListOptions) -> Result<(), Failure> {
    let filter = filter(options)?;
    let store = settings.database.open().await?.store;
    let mut after = None;
    loop {
        let page = store.search_accounts(&filter, after, PAGE).await?;
        let first = after.is_none();
        let Some(last) = page.last() else { return Ok(()) };
        after = Some(last.id);
        print_page(&page, options.json, first)?;
    }
}

fn filter(options: &ListOptions) -> Result<AccountFilter, Failure> {
    let text = options.search.as_deref().map(|text| SearchText::parse(text).ok_or("--search is empty or too long"));
    let role = options.role.as_deref().map(|role| Role::parse(role).ok_or("--role is not a role"));
    let provider = options.provider.as_deref();
    let provider = provider.map(|name| ProviderName::parse(name).ok_or("--provider is not the name of a provider"));
    let state = options.state.as_deref();
    Ok(AccountFilter {
        text: text.transpose()?,
        role: role.transpose()?,
        provider: provider.transpose()?,
        // Those who are to be deleted are in no other state.
        suspended: state.filter(|state| *state != "deletion_scheduled").map(|state| state == "suspended"),
        deletion_scheduled: state.map(|state| state == "deletion_scheduled"),
    })
}
