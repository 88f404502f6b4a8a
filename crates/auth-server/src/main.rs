//! The auth service: reads the configuration, wires the adapters, runs and drains.

mod cli;
mod commands;
mod database;
mod descriptors;
mod export_file;
mod logging;
mod operator;
mod output;
mod progress;
mod secret_key;
mod serve;
mod settings;
mod signals;
mod wiring;
mod workers;

use std::process::ExitCode;

use clap::Parser as _;

/// A failure for the operator: what went wrong, and what to do.
pub(crate) type Failure = Box<dyn std::error::Error + Send + Sync>;

fn main() -> ExitCode {
    match commands::run(cli::Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("auth-server: {failure}");
            ExitCode::FAILURE
        }
    }
}
