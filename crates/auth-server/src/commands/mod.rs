//! The commands, one per file.

pub(crate) mod audit;
mod config_check;
mod config_print;
mod config_reference;
mod confirm;
mod doctor;
mod export;
mod find_user;
mod healthcheck;
pub(crate) mod import;
mod import_report;
mod internal_token;
mod keys_list;
mod keys_reseal;
mod keys_rotate;
mod keys_withdraw;
pub(crate) mod mail_preview;
mod mails;
mod migrate;
mod move_database;
mod openapi;
mod restore;
mod restore_drill;
pub(crate) mod user_administer;
pub(crate) mod user_create;
mod user_delete;
pub(crate) mod user_invitations;
pub(crate) mod user_invite;
pub(crate) mod user_list;
pub(crate) mod user_roles;
mod user_show;
mod user_unlock;
mod user_views;

use std::time::Duration;

use crate::cli::{Cli, Command, ConfigCommand, KeysCommand, MailCommand, UserCommand};
use crate::settings::Settings;
use crate::{Failure, serve};

use user_administer::Act;

/// How long the end of a command waits for threads that it has no more use for.
const STUCK_THREADS: Duration = Duration::from_secs(1);

/// Runs the command.
pub(crate) fn run(cli: Cli) -> Result<(), Failure> {
    let settings = || Settings::load(cli.config.as_deref());
    match cli.command.unwrap_or(Command::Serve) {
        Command::Serve => block_on(serve::serve(settings()?)),
        Command::Migrate => block_on(migrate::run(&settings()?)),
        Command::Mail { command: MailCommand::Preview(options) } => mail_preview::run(settings, &options),
        Command::Mails { retry } => block_on(mails::run(&settings()?, mails::Which::All, retry)),
        Command::ParkedMails { retry } => block_on(mails::run(&settings()?, mails::Which::Failed, retry)),
        Command::InternalToken { service, scope } => internal_token::run(&settings()?, &service, &scope),
        Command::Export { to } => block_on(export::run(&settings()?, &to)),
        Command::Restore { file, options, drill } => block_on(restore::run(settings()?, &file, options, drill)),
        Command::Import(options) => block_on(import::run(&settings()?, &options)),
        Command::Move { to, stopped } => block_on(move_database::run(&settings()?, &to, stopped)),
        Command::Audit(options) => block_on(audit::run(&settings()?, &options)),
        Command::Doctor { mail_to } => block_on(doctor::run(&settings()?, mail_to.as_deref())),
        Command::Keys { command } => block_on(keys(&settings()?, &command)),
        Command::User { command } => block_on(user(&settings()?, command)),
        Command::Config { command: ConfigCommand::Check } => config_check::run(settings()),
        Command::Config { command: ConfigCommand::Print } => config_print::run(cli.config.as_deref()),
        Command::Config { command: ConfigCommand::Reference { schema } } => config_reference::run(schema),
        Command::Healthcheck => healthcheck::run(&settings()?),
        Command::Openapi { errors } => openapi::run(errors),
    }
}

async fn keys(settings: &Settings, command: &KeysCommand) -> Result<(), Failure> {
    match command {
        KeysCommand::List => keys_list::run(settings).await,
        KeysCommand::Rotate => keys_rotate::run(settings).await,
        KeysCommand::Withdraw { key } => keys_withdraw::run(settings, key).await,
        KeysCommand::Reseal => keys_reseal::run(settings).await,
    }
}

async fn user(settings: &Settings, command: UserCommand) -> Result<(), Failure> {
    let act = async |act, options| user_administer::run(settings, act, options).await;
    match command {
        UserCommand::Invite(options) => user_invite::run(settings, &options).await,
        UserCommand::Invitations(options) => user_invitations::run(settings, &options).await,
        UserCommand::Create(options) => user_create::run(settings, options).await,
        UserCommand::List(options) => user_list::run(settings, &options).await,
        UserCommand::Show { user, json } => user_show::run(settings, &user, json).await,
        UserCommand::Roles(options) => user_roles::run(settings, &options).await,
        UserCommand::Suspend(options) => act(Act::Suspend, options).await,
        UserCommand::Resume(options) => act(Act::Resume, options).await,
        UserCommand::Restore(options) => act(Act::Restore, options).await,
        UserCommand::EndSessions(options) => act(Act::EndSessions, options).await,
        UserCommand::ResetSecondFactors(options) => act(Act::ResetSecondFactors, options).await,
        UserCommand::SetEmail { options, email, verified } => act(Act::SetEmail { email, verified }, options).await,
        UserCommand::RequirePassword(options) => act(Act::RequirePassword, options).await,
        UserCommand::Unlock { user } => user_unlock::run(settings, &user).await,
        UserCommand::Delete(options) => user_delete::run(settings, &options).await,
    }
}

/// How many threads run everything but requests and password hashes, which have their own: the driver of PostgreSQL above
/// all, which takes a little less than half of what a refresh costs. With more of them, threads wake each other more often.
fn threads() -> usize {
    std::thread::available_parallelism().map_or(1, |cores| cores.get().div_ceil(2))
}

fn block_on(command: impl Future<Output = Result<(), Failure>>) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(threads()).enable_all().build()?;
    let done = runtime.block_on(command);
    // To drop it would wait, without limit, for a thread that is stuck on a disk.
    runtime.shutdown_timeout(STUCK_THREADS);
    done
}
