//! `user roles`: replaces the roles of an account, or adds and removes some. Running servers notice at once.

use std::net::Ipv4Addr;

use auth_domain::account::{InvalidRoles, Roles};
use auth_domain::session::Client;
use auth_domain::use_cases::SetRolesError;

use crate::Failure;
use crate::operator::Operation;
use crate::settings::Settings;

use super::find_user::find_user;
use super::user_views::report;

/// The user, and the roles.
#[derive(clap::Args)]
pub(crate) struct RolesOptions {
    /// Id, e-mail address or username
    user: String,
    /// The new roles, which replace all others. Without any role, --add or --remove, the user loses all roles
    roles: Vec<String>,
    /// Add this role and keep the others; can be repeated
    #[arg(long, value_name = "ROLE", conflicts_with = "roles")]
    add: Vec<String>,
    /// Remove this role and keep the others; can be repeated
    #[arg(long, value_name = "ROLE", conflicts_with = "roles")]
    remove: Vec<String>,
    /// Print the user as JSON
    #[arg(long)]
    json: bool,
}

pub(crate) async fn run(settings: &Settings, options: &RolesOptions) -> Result<(), Failure> {
    let RolesOptions { user, roles, add, remove, json } = options;
    let Operation { store, use_cases, .. } = Operation::begin(settings).await?;
    let account = find_user(&*store, user).await?;
    let client = Client::new(Ipv4Addr::LOCALHOST.into(), "");
    let set = if add.is_empty() && remove.is_empty() {
        use_cases.set_roles.by_operator(&use_cases.operator, account.id, roles, &client).await
    } else {
        let admin = use_cases.operator.as_admin();
        use_cases.set_roles.by_admin(&admin, account.id, (add, remove), &client).await
    };
    let account = set.map_err(|error| match error {
        SetRolesError::Malformed(InvalidRoles::TooMany) => format!("a user can have at most {} roles", Roles::MAX),
        SetRolesError::Malformed(error) => format!("a role {error}"),
        error => error.to_string(),
    })?;
    let roles: Vec<&str> = account.roles.iter().collect();
    report(&account, *json, &format!("the roles of {} are now: {}", account.id, roles.join(",")))
}
