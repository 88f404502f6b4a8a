//! The auth service: reads the configuration, wires the adapters, runs and drains.

mod archive_command;
mod audit_command;
mod cli;
mod commands;
mod config_command;
mod database;
mod doctor;
mod drill;
mod keys_command;
mod logging;
mod move_command;
mod progress;
mod secret_key;
mod serve;
mod settings;
mod user_command;
mod wiring;
mod workers;

use std::process::ExitCode;

use clap::Parser as _;

use cli::{Cli, Command, ConfigCommand};
use settings::Settings;

/// What went wrong, for the operator: what it was and what to do.
pub(crate) type Failure = Box<dyn std::error::Error + Send + Sync>;

fn main() -> ExitCode {
    match run(Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("auth-server: {failure}");
            ExitCode::FAILURE
        }
    }
}

fn run(cli: Cli) -> Result<(), Failure> {
    let settings = || Settings::load(cli.config.as_deref());
    match cli.command.unwrap_or(Command::Serve) {
        Command::Serve => runtime()?.block_on(serve::serve(settings()?)),
        Command::Migrate => runtime()?.block_on(commands::migrate(&settings()?)),
        Command::ParkedMails { retry } => runtime()?.block_on(commands::parked_mails(&settings()?, retry)),
        Command::InternalToken { service, scope } => commands::internal_token(&settings()?, &service, &scope),
        Command::Export { to } => runtime()?.block_on(archive_command::run_export(&settings()?, &to)),
        Command::Restore { file, options, drill } => {
            runtime()?.block_on(archive_command::run_restore(settings()?, &file, options, drill))
        }
        Command::Move { to, stopped } => runtime()?.block_on(move_command::run(&settings()?, &to, stopped)),
        Command::Audit(options) => runtime()?.block_on(audit_command::run(&settings()?, &options)),
        Command::Doctor => runtime()?.block_on(doctor::run(&settings()?)),
        Command::Keys { command } => runtime()?.block_on(keys_command::run(&settings()?, &command)),
        Command::User { command } => runtime()?.block_on(user_command::run(&settings()?, command)),
        Command::Config { command: ConfigCommand::Check } => commands::print(&config_command::check(settings())?),
        Command::Config { command: ConfigCommand::Print } => {
            commands::print(&config_command::print(cli.config.as_deref())?)
        }
        Command::Config { command: ConfigCommand::Reference { schema: false } } => {
            commands::print(config_command::reference().trim_end())
        }
        Command::Config { command: ConfigCommand::Reference { schema: true } } => {
            commands::print(&serde_json::to_string_pretty(&config_command::schema())?)
        }
        Command::Healthcheck => commands::healthcheck(&settings()?),
        Command::Openapi { errors } => commands::openapi(errors),
    }
}

fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    Ok(tokio::runtime::Builder::new_multi_thread().enable_all().build()?)
}
