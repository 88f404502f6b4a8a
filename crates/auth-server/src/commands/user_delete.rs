//! `user delete`: deletes an account.

use std::net::Ipv4Addr;

use auth_domain::session::Client;
use serde_json::json;

use crate::Failure;
use crate::operator::Operation;
use crate::output::print;
use crate::settings::Settings;

use super::confirm::confirm;
use super::find_user::find_user;
use super::user_administer::ActOptions;

pub(crate) async fn run(settings: &Settings, options: &ActOptions) -> Result<(), Failure> {
    let Operation { store, use_cases, .. } = Operation::begin(settings).await?;
    let account = find_user(&*store, &options.user).await?;
    confirm(&format!("Delete {} ({}) for good?", account.email.as_str(), account.id), options.yes)?;
    let client = Client::new(Ipv4Addr::LOCALHOST.into(), "");
    let deletion = use_cases.delete_account.by_operator(&use_cases.operator, account.id, &client).await?;
    if options.json {
        return print(&json!({ "id": account.id.to_string(), "deletionId": deletion.to_string() }).to_string());
    }
    print(&format!("deleted {}; deletion id {deletion}", account.id))
}
