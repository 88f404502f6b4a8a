//! `user delete`: deletes an account.

use std::net::Ipv4Addr;

use auth_domain::session::Client;

use crate::Failure;
use crate::operator::Operation;
use crate::output::print;
use crate::settings::Settings;

use super::find_user::find_user;

pub(crate) async fn run(settings: &Settings, user: &str) -> Result<(), Failure> {
    let Operation { store, use_cases, .. } = Operation::begin(settings).await?;
    let account = find_user(&*store, user).await?;
    let client = Client::new(Ipv4Addr::LOCALHOST.into(), "");
    let deletion = use_cases.delete_account.by_operator(&use_cases.operator, account.id, &client).await?;
    print(&format!("deleted {}; deletion id {deletion}", account.id))
}
