//! `user create`: creates an account, such as that of the first admin.

use std::io::Read as _;
use std::net::Ipv4Addr;

use auth_domain::account::{Password, Role, Roles};
use auth_domain::session::Client;
use auth_domain::use_cases::{CreateAccountError, CreateAccountRequest};

use crate::Failure;
use crate::operator::Operation;
use crate::settings::Settings;

use super::user_views::report;

/// The account to create.
#[derive(clap::Args)]
pub(crate) struct CreateOptions {
    /// The e-mail address
    email: String,
    /// The username, if the user is to have one
    #[arg(long)]
    username: Option<String>,
    /// Also give the user the role admin
    #[arg(long)]
    admin: bool,
    /// A role; can be repeated. Without this option, the user gets the role user
    #[arg(long)]
    role: Vec<String>,
    /// Mark the address as verified, without mailing a code
    #[arg(long)]
    verified: bool,
    /// The language of mails to the user, such as fr [default: AUTH_DEFAULT_LANGUAGE]
    #[arg(long, value_name = "TAG")]
    locale: Option<String>,
    /// Read the password from standard input [default: none; a mail tells the user how to set it]
    #[arg(long)]
    password_stdin: bool,
    /// Print the user as JSON
    #[arg(long)]
    json: bool,
}

pub(crate) async fn run(settings: &Settings, options: CreateOptions) -> Result<(), Failure> {
    let password = if options.password_stdin { Some(read_password()?) } else { None };
    let Operation { use_cases, .. } = Operation::begin(settings).await?;
    let mut roles = options.role;
    if roles.is_empty() {
        roles = Roles::of_new_account().iter().map(str::to_owned).collect();
    }
    roles.extend(options.admin.then(|| Role::ADMIN.to_owned()));
    let request = CreateAccountRequest {
        username: options.username,
        email: options.email,
        email_verified: options.verified,
        password,
        roles: Some(roles),
        locale: options.locale,
        client: Client::new(Ipv4Addr::LOCALHOST.into(), ""),
    };
    let created = use_cases.create_account.execute(&use_cases.operator.as_admin(), request).await;
    let account = created.map_err(said)?;
    let next = match account.password_hash {
        Some(_) => "",
        None => "; a mail tells the user how to set a password",
    };
    report(&account, options.json, &format!("created {}{next}", account.id))
}

fn read_password() -> Result<Password, Failure> {
    let mut text = String::new();
    std::io::stdin().take(4_096).read_to_string(&mut text)?;
    Ok(Password::new(text.trim_end_matches(['\r', '\n'])))
}

fn said(error: CreateAccountError) -> String {
    match error {
        CreateAccountError::Malformed(fields) => {
            let fields =
                fields.iter().map(|field| format!("{} {}", field.field.trim_start_matches('/'), field.message));
            fields.collect::<Vec<_>>().join("; ")
        }
        CreateAccountError::WeakPassword(reasons) => {
            let reasons: Vec<&str> = reasons.iter().map(|reason| reason.as_str()).collect();
            format!("the password breaks the password policy: {}", reasons.join(", "))
        }
        error => error.to_string(),
    }
}
