//! `user roles`: replaces the roles of an account. Running servers notice at once; they keep nothing of an account in
//! memory.

use std::net::Ipv4Addr;

use auth_domain::account::{InvalidRoles, Roles};
use auth_domain::session::Client;
use auth_domain::use_cases::SetRolesError;

use crate::Failure;
use crate::operator::Operation;
use crate::output::print;
use crate::settings::Settings;

use super::find_user::find_user;

pub(crate) async fn run(settings: &Settings, user: &str, roles: &[String]) -> Result<(), Failure> {
    let Operation { store, use_cases, .. } = Operation::begin(settings).await?;
    let account = find_user(&*store, user).await?;
    let client = Client::new(Ipv4Addr::LOCALHOST.into(), "");
    let set = use_cases.set_roles.by_operator(&use_cases.operator, account.id, roles, &client).await;
    let account = set.map_err(|error| match error {
        SetRolesError::Malformed(InvalidRoles::TooMany) => format!("a user can have at most {} roles", Roles::MAX),
        SetRolesError::Malformed(error) => format!("a role {error}"),
        error => error.to_string(),
    })?;
    let roles: Vec<&str> = account.roles.iter().collect();
    print(&format!("the roles of {} are now: {}", account.id, roles.join(",")))
}
