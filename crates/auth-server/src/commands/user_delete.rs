//! `user delete`: deletes an account.

use std::net::Ipv4Addr;

use auth_domain::session::Client;
use auth_domain::use_cases::Deleted;
use serde_json::json;

use crate::Failure;
use crate::operator::Operation;
use crate::output::{print, rfc3339};
use crate::settings::Settings;

use super::confirm::confirm;
use super::find_user::find_user;
use super::user_administer::ActOptions;

pub(crate) async fn run(settings: &Settings, options: &ActOptions) -> Result<(), Failure> {
    let Operation { store, use_cases, .. } = Operation::begin(settings).await?;
    let account = find_user(&*store, &options.user).await?;
    let is_final = settings.deletion_grace.is_zero() || account.deletion.is_some();
    let how = if is_final { " for good" } else { "" };
    confirm(&format!("Delete {} ({}){how}?", account.email.as_str(), account.id), options.yes)?;
    let client = Client::new(Ipv4Addr::LOCALHOST.into(), "");
    let deleted = use_cases.delete_account.by_operator(&use_cases.operator, account.id, &client).await?;
    let (id, deletion) = (account.id.to_string(), deleted.id().to_string());
    let until = match &deleted {
        Deleted::Finally(_) => None,
        Deleted::Scheduled(scheduled) => Some(rfc3339(scheduled.due)?),
    };
    if options.json {
        return print(&json!({ "id": id, "deletionId": deletion, "restorableUntil": until }).to_string());
    }
    print(&match until {
        None => format!("deleted {id}; deletion id {deletion}"),
        Some(until) => {
            format!("{id} will be deleted at {until}; until then, `user restore` keeps it; deletion id {deletion}")
        }
    })
}
