//! What can be typed on the command line, and what each command says of itself.

use std::path::PathBuf;

use clap::{Parser, Subcommand};

use crate::commands::audit::AuditOptions;
use crate::commands::import::ImportOptions;
use crate::commands::mail_preview::PreviewOptions;
use crate::commands::user_administer::ActOptions;
use crate::commands::user_create::CreateOptions;
use crate::commands::user_invitations::InvitationsOptions;
use crate::commands::user_invite::InviteOptions;
use crate::commands::user_list::ListOptions;
use crate::commands::user_roles::RolesOptions;
use crate::export_file::RestoreOptions;

/// A self-hosted auth service: registration, login, rotating refresh tokens.
///
/// Settings come from the environment (AUTH_…) and from auth.toml in the working directory.
/// Without any settings, it listens on 127.0.0.1:8080 and keeps an SQLite database in ./data.
#[derive(Parser)]
#[command(name = "auth-server", version)]
pub(crate) struct Cli {
    /// The configuration file [default: auth.toml, if it exists]
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,

    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Run the server (the default): migrate the database, serve until SIGTERM or SIGINT, then finish running requests.
    Serve,
    /// Migrate the database and exit. Changes the schema; running nodes keep working.
    Migrate,
    /// Print an internal token for a service that has a secret, valid for five minutes. Changes nothing.
    InternalToken {
        /// The service, for example backups-service for AUTH_INTERNAL__BACKUPS_SERVICE__SECRET
        #[arg(long)]
        service: String,
        /// Limit the token to this scope; can be repeated
        #[arg(long)]
        scope: Vec<String>,
    },
    /// List the mails that are waiting to be sent and those that the service has stopped trying to send, with the mail
    /// server's answers. Changes nothing without --retry.
    Mails {
        /// Try to send all of them now
        #[arg(long)]
        retry: bool,
    },
    /// Preview mails as their templates write them.
    Mail {
        #[command(subcommand)]
        command: MailCommand,
    },
    /// List only the mails that the service has stopped trying to send. Changes nothing without --retry.
    #[command(hide = true)]
    ParkedMails {
        /// Try to send all of them now, and the waiting ones too
        #[arg(long)]
        retry: bool,
    },
    /// Write the whole database to a file that only you can read: a snapshot as NDJSON with a manifest.
    /// Changes nothing; the service keeps running.
    Export {
        /// The file to create, which must not exist yet; - is standard output
        #[arg(long, value_name = "FILE")]
        to: PathBuf,
    },
    /// Fill an empty database from an export made by this or an earlier version, or from the NDJSON of GET /auth.
    /// Restores everything or nothing.
    Restore {
        /// The file to read; - is standard input
        file: PathBuf,
        #[command(flatten)]
        options: RestoreOptions,
        /// Rehearse a restore: fill a temporary database, decrypt every secret, log in with a probe account, and record the
        /// success for the metrics. Changes nothing else
        #[arg(long)]
        drill: bool,
    },
    /// Create accounts from the export of another system, with their passwords, identities, roles and second factors
    /// (docs/import.md). Never changes an account that exists; can be repeated. Exits with 1 if a record was refused.
    Import(ImportOptions),
    /// Copy everything to another database of either engine, compare the two, and keep the old one locked until you have
    /// restarted the service with the new one. Changes only the new database; can be repeated after a failure.
    Move {
        /// The new database: sqlite:FILE or postgres://…, as in AUTH_DATABASE_URL; @FILE reads the URL from a file, which
        /// keeps a password out of the process list
        #[arg(long, value_name = "URL")]
        to: String,
        /// The service is stopped: exit when everything is copied, without keeping the old database locked
        #[arg(long)]
        stopped: bool,
    },
    /// Manage users directly in the database. Identify a user by id, e-mail address or username.
    User {
        #[command(subcommand)]
        command: UserCommand,
    },
    /// Show security events: who did what, when, from where, and with what outcome. Changes nothing.
    Audit(AuditOptions),
    /// Manage the keys that sign access tokens, and replace master keys.
    Keys {
        #[command(subcommand)]
        command: KeysCommand,
    },
    /// Check and print the settings. Changes nothing.
    Config {
        #[command(subcommand)]
        command: ConfigCommand,
    },
    /// Check what the service depends on: database, clocks, keys, mail, workers, providers, reverse proxy, disk, backups.
    /// Prints one line per check and exits with 1 if there is a problem. Changes nothing and sends no mail.
    Doctor {
        /// The recipient to ask the mail server about; an address outside its domain shows whether it relays [default: the
        /// address in AUTH_MAIL_FROM]
        #[arg(long, value_name = "ADDRESS")]
        mail_to: Option<String>,
    },
    /// Ask a running server whether it is ready, and exit with 0 if it is. For containers. Changes nothing.
    Healthcheck,
    /// Print the OpenAPI document. Changes nothing.
    Openapi {
        /// Print the table of error codes (docs/errors.md) instead
        #[arg(long)]
        errors: bool,
    },
}

#[derive(Subcommand)]
pub(crate) enum MailCommand {
    /// Print a mail with sample values, as it would be sent with the current settings and templates. Changes and sends
    /// nothing
    Preview(PreviewOptions),
}

#[derive(Subcommand)]
pub(crate) enum ConfigCommand {
    /// List every problem in the settings, one per line. Changes nothing
    Check,
    /// Print every setting and where its value comes from; hides secrets. Changes nothing
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
    /// Create a user. The first admin: auth-server user create ann@example.org --admin
    Create(CreateOptions),
    /// List users: id, e-mail address, whether it is verified, username, roles, state. Changes nothing
    List(ListOptions),
    /// Show one user. Changes nothing
    Show {
        /// Id, e-mail address or username
        user: String,
        /// Print the user as JSON
        #[arg(long)]
        json: bool,
    },
    /// Replace a user's roles, or add and remove some. Does not take the role admin from the last admin
    Roles(RolesOptions),
    /// Suspend a user: ends all their sessions at once; they cannot log in until you resume them
    Suspend(ActOptions),
    /// Resume a suspended user, so that they can log in again
    Resume(ActOptions),
    /// Restore a user who is going to be deleted (AUTH_DELETION_GRACE)
    Restore(ActOptions),
    /// End all sessions of a user; they can log in again
    EndSessions(ActOptions),
    /// Remove all second factors and recovery codes of a user who has lost them
    #[command(name = "reset-2fa")]
    ResetSecondFactors(ActOptions),
    /// Set the e-mail address of a user, or verify the current one
    SetEmail {
        #[command(flatten)]
        options: ActOptions,
        /// The address
        email: String,
        /// Mark the address as verified, without mailing a code
        #[arg(long)]
        verified: bool,
    },
    /// Invite someone to create an account: prints the invitation, which they enter when they register. With --email, it
    /// is also mailed
    Invite(InviteOptions),
    /// List the invitations: id, for whom, how many uses are left, until when, roles, and who created it. Changes nothing
    /// without --withdraw
    Invitations(InvitationsOptions),
    /// Require a user to reset the password by mail before the next login with it. Their sessions continue
    RequirePassword(ActOptions),
    /// Reset the failed attempts counted against a user who is locked out
    Unlock {
        /// Id, e-mail address or username
        user: String,
    },
    /// Delete a user and all their sessions, at once and for good; other services are notified. With AUTH_DELETION_GRACE, the
    /// user can be restored until it has passed, unless you delete the user once more
    Delete(ActOptions),
}

#[derive(Subcommand)]
pub(crate) enum KeysCommand {
    /// List the published signing keys and the configured master keys. Changes nothing
    List,
    /// Publish the next signing key now; it starts signing twenty minutes later, when every verifier knows it
    Rotate,
    /// Withdraw a leaked signing key: within seconds no node accepts its tokens. If it is the current key, a new one
    /// replaces it. Clients refresh; nobody is logged out
    Withdraw {
        /// The id of the key as shown by keys list: the kid of its tokens
        key: String,
    },
    /// Re-encrypt everything with the first master key in AUTH_SECRET_KEY, so that you can remove the others. Safe while
    /// the service runs; can be repeated
    Reseal,
}
