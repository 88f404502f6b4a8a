//! What can be typed on the command line, and what each command says of itself.

use std::path::PathBuf;

use clap::{Parser, Subcommand};

use crate::commands::audit::AuditOptions;
use crate::export_file::RestoreOptions;

/// A self-hosted auth service: registration, login, rotating refresh tokens.
///
/// Settings come from the environment (AUTH_…) and from auth.toml in the working directory.
/// Without any, it serves on 127.0.0.1:8080 with SQLite in ./data.
#[derive(Parser)]
#[command(name = "auth-server", version)]
pub(crate) struct Cli {
    /// The configuration file [default: auth.toml, where there is one]
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,

    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Serve until SIGTERM or SIGINT, then drain (the default). Brings the database up to date first.
    Serve,
    /// Bring the database up to date and exit. Changes the schema; running nodes go on working.
    Migrate,
    /// Print an internal token of a configured service, good for five minutes. Changes nothing.
    InternalToken {
        /// The service, backups-service for AUTH_INTERNAL__BACKUPS_SERVICE__SECRET, say
        #[arg(long)]
        service: String,
        /// Narrow the token to this scope; may be given more than once
        #[arg(long)]
        scope: Vec<String>,
    },
    /// List the mails that wait to be sent and those that were given up, with what the mail server said. Changes nothing
    /// without --retry.
    Mails {
        /// Have all of them tried now
        #[arg(long)]
        retry: bool,
    },
    /// List only the mails that were given up. Changes nothing without --retry.
    ParkedMails {
        /// Have all of them tried now, and those that wait
        #[arg(long)]
        retry: bool,
    },
    /// Write everything the database holds to a file: a snapshot, NDJSON with a manifest, readable by you alone.
    /// Changes nothing; the service goes on.
    Export {
        /// The file, which must not exist; - is standard output
        #[arg(long, value_name = "FILE")]
        to: PathBuf,
    },
    /// Fill an empty database from an export of this or an earlier version, or from what GET /auth gave as NDJSON.
    /// All of it or nothing.
    Restore {
        /// The file; - is standard input
        file: PathBuf,
        #[command(flatten)]
        options: RestoreOptions,
        /// Restore into a database that is made beside and thrown away, open every secret, log a probe account in, and
        /// note the success for the metrics. Changes nothing else
        #[arg(long)]
        drill: bool,
    },
    /// Copy everything to another database, of either engine, compare both, and keep the old one locked until the
    /// service was restarted with the new one. Changes only the new one; may be repeated after a failure.
    Move {
        /// Where to: sqlite:FILE or postgres://…, as in AUTH_DATABASE_URL; @FILE reads that from a file, so that no
        /// password is in the list of processes
        #[arg(long, value_name = "URL")]
        to: String,
        /// The service is stopped: exit when all is copied, locking nothing afterwards
        #[arg(long)]
        stopped: bool,
    },
    /// Look after one user, straight on the database. A user is named by id, e-mail address or username.
    User {
        #[command(subcommand)]
        command: UserCommand,
    },
    /// Say what happened that matters to security: who, what, when, from where, and what came of it. Changes nothing.
    Audit(AuditOptions),
    /// The keys that sign access tokens.
    Keys {
        #[command(subcommand)]
        command: KeysCommand,
    },
    /// Look at the settings. Changes nothing.
    Config {
        #[command(subcommand)]
        command: ConfigCommand,
    },
    /// Look for what is wrong around the service: database, clocks, keys, mail, workers, providers, the proxy in front,
    /// disk, backups. One line each; exits with 1 when something is broken. Changes nothing, and sends no mail.
    Doctor {
        /// The recipient that the mail server is asked about: an address elsewhere shows whether it relays [default: the
        /// address of AUTH_MAIL_FROM]
        #[arg(long, value_name = "ADDRESS")]
        mail_to: Option<String>,
    },
    /// Ask a running server whether it is ready; exits with 0 when it is. For containers. Changes nothing.
    Healthcheck,
    /// Print the OpenAPI file. Changes nothing.
    Openapi {
        /// Print the table of error codes (docs/errors.md) instead
        #[arg(long)]
        errors: bool,
    },
}

#[derive(Subcommand)]
pub(crate) enum ConfigCommand {
    /// Say what is wrong with the settings, one mistake a line. Changes nothing
    Check,
    /// Print every setting, secrets aside, and where its value comes from. Changes nothing
    Print,
    /// Print docs/configuration.md. Changes nothing
    Reference {
        /// Print the JSON Schema of auth.toml (docs/configuration.schema.json) instead
        #[arg(long)]
        schema: bool,
    },
}

#[derive(Subcommand)]
pub(crate) enum UserCommand {
    /// List all users: id, e-mail address, whether that is proved, username, roles. Changes nothing
    List,
    /// Show one user. Changes nothing
    Show {
        /// Id, e-mail address or username
        user: String,
    },
    /// Replace the user's roles
    Roles {
        /// Id, e-mail address or username
        user: String,
        /// The new roles; none takes all away
        roles: Vec<String>,
    },
    /// Forget the failed attempts that are counted against a user: for one who is locked out
    Unlock {
        /// Id, e-mail address or username
        user: String,
    },
    /// Delete a user with all sessions. Final, at once; other services are told
    Delete {
        /// Id, e-mail address or username
        user: String,
    },
}

#[derive(Subcommand)]
pub(crate) enum KeysCommand {
    /// List the signing keys that are published, and the master keys of the configuration. Changes nothing
    List,
    /// Publish the next signing key now; it signs twenty minutes later, when every verifier knows it
    Rotate,
    /// Withdraw a signing key that has leaked: within seconds no node takes what it signed, and where it was the one that
    /// signs, a new one takes over. Clients refresh; nobody is logged out
    Withdraw {
        /// Its id, as keys list shows it: the kid of its tokens
        key: String,
    },
    /// Seal everything with the first master key of AUTH_SECRET_KEY, so that the others may be taken out of it. Beside
    /// the service, and as often as you like
    Reseal,
}
