//! `import`: creates accounts from the export of another system.

use std::fs::File;
use std::io::{BufRead, BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use auth_domain::account::HashCost;
use auth_domain::identity::ProviderName;
use auth_domain::import::{ImportCandidate, ImportPolicy, ImportRefusal};
use auth_domain::ports::StoreError;
use auth_domain::use_cases::{ImportAccounts, ImportOutcome, SeenNames};
use auth_import::{Dialect, Entry, FirebaseHashConfig, MapOptions, ReadError, Stop};
use clap::ValueEnum;
use tokio::sync::mpsc;

use crate::Failure;
use crate::export_file::is_standard_stream;
use crate::operator::Operation;
use crate::settings::Settings;

use super::import_report::Report;

/// Longer than any hash configuration.
const MOST_CONFIG: u64 = 64 << 10;

/// How often a batch is tried again while the database does not answer.
const RETRIES: u32 = 5;
/// How long to wait before that.
const RETRY_AFTER: Duration = Duration::from_secs(5);

/// What is imported, and how.
#[derive(clap::Args)]
pub(crate) struct ImportOptions {
    /// The file to read; - is standard input
    file: PathBuf,
    /// The system that it comes from [default: this service: the NDJSON of GET /auth, or CSV]
    #[arg(long, value_enum, value_name = "SYSTEM")]
    from: Option<From>,
    /// Only say what would be imported and what would be refused, and why. Changes nothing
    #[arg(long)]
    check: bool,
    /// Print one JSON object per record, and one at the end
    #[arg(long)]
    json: bool,
    /// The file with the hash configuration of a Firebase project, as its console shows it
    #[arg(long, value_name = "FILE")]
    firebase_hash_config: Option<PathBuf>,
    /// Import Devise hashes that were made without a pepper (config.pepper is not set)
    #[arg(long)]
    devise_without_pepper: bool,
    /// The provider that the other system calls THERE is HERE in this service; can be repeated
    #[arg(long = "provider", value_name = "THERE=HERE", value_parser = alias)]
    providers: Vec<(String, ProviderName)>,
    /// Leave out usernames that are not valid here, instead of refusing their accounts
    #[arg(long)]
    drop_invalid_usernames: bool,
    /// Leave out second factors that cannot be used here, instead of refusing their accounts: their users can then log in
    /// without one
    #[arg(long)]
    drop_second_factors: bool,
    /// Give every account the roles of a new one, whatever its roles in the other system
    #[arg(long)]
    without_roles: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum From {
    Supabase,
    Keycloak,
    BetterAuth,
    Firebase,
    Auth0,
    Django,
    Devise,
}

impl From {
    const fn dialect(self) -> Dialect {
        match self {
            Self::Supabase => Dialect::Supabase,
            Self::Keycloak => Dialect::Keycloak,
            Self::BetterAuth => Dialect::BetterAuth,
            Self::Firebase => Dialect::Firebase,
            Self::Auth0 => Dialect::Auth0,
            Self::Django => Dialect::Django,
            Self::Devise => Dialect::Devise,
        }
    }
}

fn alias(text: &str) -> Result<(String, ProviderName), String> {
    let (there, here) = text.split_once('=').ok_or("it must be THERE=HERE, such as company=gitlab")?;
    let here = ProviderName::parse(here).ok_or_else(|| format!("{here:?} is not the name of a provider"))?;
    Ok((there.to_owned(), here))
}

impl ImportOptions {
    fn policy(&self, settings: &Settings) -> ImportPolicy {
        let hash_cost: HashCost = settings.hash_cost();
        ImportPolicy {
            drop_invalid_usernames: self.drop_invalid_usernames,
            drop_unusable_factors: self.drop_second_factors,
            without_roles: self.without_roles,
            providers: settings.providers.iter().map(|provider| provider.name.clone()).collect(),
            aliases: self.providers.iter().cloned().collect(),
            hash_cost,
        }
    }

    fn map_options(&self) -> Result<MapOptions, Failure> {
        let config = |path: &PathBuf| {
            let failed = |error: String| format!("{}: {error}", path.display());
            let mut text = String::new();
            let file = File::open(path).map_err(|error| failed(error.to_string()))?;
            file.take(MOST_CONFIG).read_to_string(&mut text).map_err(|error| failed(error.to_string()))?;
            FirebaseHashConfig::parse(&text).map_err(failed)
        };
        let firebase = self.firebase_hash_config.as_ref().map(config).transpose()?;
        Ok(MapOptions { firebase, devise_without_pepper: self.devise_without_pepper })
    }
}

pub(crate) async fn run(settings: &Settings, options: &ImportOptions) -> Result<(), Failure> {
    let dialect = options.from.map_or(Dialect::Own, From::dialect);
    let (input, maps) = (open(&options.file)?, options.map_options()?);
    let operation = Operation::begin(settings).await?;
    let mut import = Import {
        policy: options.policy(settings),
        checking: options.check.then(SeenNames::default),
        report: Report::new(options.json, options.check),
        operation,
    };
    // Reading blocks, so it has a thread of its own; it stays at most one batch ahead.
    let (sender, mut receiver) = mpsc::channel(ImportAccounts::BATCH);
    let reading = tokio::task::spawn_blocking(move || read(input, dialect, &maps, &sender));
    let mut batch = Vec::with_capacity(ImportAccounts::BATCH);
    while receiver.recv_many(&mut batch, ImportAccounts::BATCH).await > 0 {
        import.take(std::mem::take(&mut batch)).await?;
    }
    import.report.finish(reading.await?)
}

fn open(file: &Path) -> Result<Box<dyn BufRead + Send>, Failure> {
    if is_standard_stream(file) {
        return Ok(Box::new(BufReader::new(std::io::stdin())));
    }
    let opened = File::open(file).map_err(|error| format!("cannot open {}: {error}", file.display()))?;
    Ok(Box::new(BufReader::with_capacity(1 << 20, opened)))
}

fn read(
    input: Box<dyn BufRead + Send>,
    dialect: Dialect,
    maps: &MapOptions,
    sender: &mpsc::Sender<Entry>,
) -> Result<(), ReadError> {
    auth_import::read(input, dialect, maps, &mut |entry| sender.blocking_send(entry).map_err(|_| Stop))
}

struct Import {
    operation: Operation,
    policy: ImportPolicy,
    /// What was seen, if this is only a check.
    checking: Option<SeenNames>,
    report: Report,
}

impl Import {
    /// Imports or checks one batch, and reports it in the order of the file.
    async fn take(&mut self, entries: Vec<Entry>) -> Result<(), Failure> {
        let mut told = Vec::with_capacity(entries.len());
        let mut candidates: Vec<ImportCandidate> = Vec::with_capacity(entries.len());
        for Entry { position, source_id, email, candidate } in entries {
            let unreadable = candidate.map(|candidate| candidates.push(candidate)).err();
            told.push((position, source_id, email, unreadable));
        }
        let mut outcomes = self.outcomes(candidates).await?.into_iter();
        for (position, source_id, email, unreadable) in told {
            let outcome = match unreadable {
                Some(reason) => ImportOutcome::Refused(ImportRefusal::Unreadable(reason)),
                None => outcomes.next().ok_or("an outcome is missing")?,
            };
            self.report.tell(position, source_id.as_deref(), email.as_deref(), &outcome)?;
        }
        Ok(())
    }

    /// A database that does not answer for a moment ends no import of an hour. What it had committed without an answer is
    /// there already when this tries again.
    async fn outcomes(&mut self, candidates: Vec<ImportCandidate>) -> Result<Vec<ImportOutcome>, Failure> {
        let use_cases = &self.operation.use_cases;
        let (import, operator) = (&use_cases.import_accounts, &use_cases.operator);
        if let Some(seen) = &mut self.checking {
            return Ok(import.check(operator, &self.policy, candidates, seen).await?);
        }
        for _ in 0..RETRIES {
            match import.execute(operator, &self.policy, candidates.clone()).await {
                Err(StoreError::Unavailable) => {
                    eprintln!("the database does not answer: trying again in {} s", RETRY_AFTER.as_secs());
                    tokio::time::sleep(RETRY_AFTER).await;
                }
                outcomes => return Ok(outcomes?),
            }
        }
        Ok(import.execute(operator, &self.policy, candidates).await?)
    }
}
