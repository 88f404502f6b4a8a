//! `user suspend`, `resume`, `restore`, `end-sessions`, `reset-2fa`, `set-email` and `require-password`.

use std::net::Ipv4Addr;

use auth_domain::account::Account;
use auth_domain::session::Client;
use auth_domain::use_cases::{CorrectEmailError, OperatorUseCases};

use crate::Failure;
use crate::operator::Operation;
use crate::settings::Settings;

use super::confirm::confirm;
use super::find_user::find_user;
use super::user_views::report;

/// The user, and how to go about it.
#[derive(clap::Args)]
pub(crate) struct ActOptions {
    /// Id, e-mail address or username
    pub(super) user: String,
    /// Do not ask for confirmation
    #[arg(long)]
    pub(super) yes: bool,
    /// Print the result as JSON
    #[arg(long)]
    pub(super) json: bool,
}

/// What to do.
pub(crate) enum Act {
    Suspend,
    Resume,
    Restore,
    EndSessions,
    ResetSecondFactors,
    RequirePassword,
    SetEmail { email: String, verified: bool },
}

pub(crate) async fn run(settings: &Settings, act: Act, options: ActOptions) -> Result<(), Failure> {
    let Operation { store, use_cases, .. } = Operation::begin(settings).await?;
    let account = find_user(&*store, &options.user).await?;
    if let Some(verb) = act.asked() {
        confirm(&format!("{verb} {} ({})?", account.email.as_str(), account.id), options.yes)?;
    }
    let done = act.done();
    let account = perform(&use_cases, account, act).await?;
    report(&account, options.json, &format!("{} {done}", account.id))
}

async fn perform(use_cases: &OperatorUseCases, account: Account, act: Act) -> Result<Account, Failure> {
    let (id, client) = (account.id, Client::new(Ipv4Addr::LOCALHOST.into(), ""));
    let admin = use_cases.operator.as_admin();
    Ok(match act {
        Act::Suspend => use_cases.suspend_account.suspend(&admin, id, &client).await?,
        Act::Resume => use_cases.suspend_account.resume(&admin, id, &client).await?,
        Act::Restore => use_cases.restore_account.by_admin(&admin, id, &client).await?,
        Act::EndSessions => {
            use_cases.end_sessions.execute(&admin, id, &client).await?;
            account
        }
        Act::ResetSecondFactors => use_cases.reset_second_factors.execute(&admin, id, &client).await?,
        Act::RequirePassword => use_cases.require_new_password.execute(&admin, id, &client).await?,
        Act::SetEmail { email, verified } => {
            let set = use_cases.correct_email.execute(&admin, id, (&email, verified), &client).await;
            set.map_err(|error| match error {
                CorrectEmailError::Malformed(field) => format!("the e-mail address {}", field.message),
                CorrectEmailError::NotVerified => {
                    "the current address is verified; add --verified if you know that the new one is the user's"
                        .to_owned()
                }
                error => error.to_string(),
            })?
        }
    })
}

impl Act {
    /// What a question begins with; `None` for what is easily undone.
    const fn asked(&self) -> Option<&'static str> {
        match self {
            Self::Suspend => Some("Suspend and sign out everywhere"),
            Self::ResetSecondFactors => Some("Remove all second factors of"),
            Self::Resume | Self::Restore | Self::EndSessions | Self::RequirePassword | Self::SetEmail { .. } => None,
        }
    }

    const fn done(&self) -> &'static str {
        match self {
            Self::Suspend => "is suspended; all sessions have ended",
            Self::Resume => "is active",
            Self::Restore => "will not be deleted",
            Self::EndSessions => "has no session any more",
            Self::ResetSecondFactors => "has no second factor any more",
            Self::RequirePassword => "must reset the password before the next login",
            Self::SetEmail { .. } => "has the new e-mail address",
        }
    }
}
