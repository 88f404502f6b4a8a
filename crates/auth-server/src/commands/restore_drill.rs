//! `restore --drill`: restores into a temporary database, and checks that a service could run on it.

use auth_crypto::{AccessTokenSigner, KeyRing, SealedImports, SealedTotp, SystemClock, SystemEntropy};
use auth_domain::AccountId;
use auth_domain::account::{LoginName, Password};
use auth_domain::audience::{Audience, Audiences};
use auth_domain::maintenance::Maintenance;
use auth_domain::ports::{Change, Clock as _, Entropy as _, ImportSealing as _, Writers};
use auth_domain::registration::RegistrationPolicy;
use auth_domain::session::Client;
use auth_domain::two_factor::{MethodState, SealedSecret};
use auth_domain::use_cases::{LoginOutcome, LoginRequest, RegisterRequest};

use crate::Failure;
use crate::database::Opened;
use crate::export_file::{OpenExport, RestoreOptions};
use crate::output::print;
use crate::secret_key::{make_dir, suffix};
use crate::settings::{Database, PostgresOptions, Settings};
use crate::signals::terminated;
use crate::wiring::{Wired, wire};

/// How many of the accounts with problems are listed individually.
const TOLD: usize = 5;

/// A temporary database.
enum Scratch {
    Folder(std::path::PathBuf),
    Postgres { url: String, options: PostgresOptions, name: String },
}

impl Scratch {
    /// Creates one with the same engine as `database`, and beside it.
    async fn make(settings: &Settings) -> Result<(Self, Database), Failure> {
        let name = format!("auth_drill_{:016x}", u64::from_le_bytes(suffix()));
        match &settings.database {
            Database::Sqlite(_) => {
                let folder = settings.data_dir.join(name);
                make_dir(&folder)?;
                let database = Database::Sqlite(folder.join("auth.db"));
                Ok((Self::Folder(folder), database))
            }
            Database::Postgres { url, options } => {
                let options = *options;
                let hint = "the drill creates a temporary database and drops it again, so its role needs CREATEDB \
                            (ALTER ROLE … CREATEDB)";
                let made = auth_postgres::create_database(url, options.prepared, &name).await;
                made.map_err(|error| format!("{error}; {hint}"))?;
                let scratch = Database::Postgres { url: with_name(url, &name), options };
                Ok((Self::Postgres { url: url.clone(), options, name }, scratch))
            }
        }
    }

    async fn drop(self) -> Result<(), Failure> {
        match self {
            Self::Folder(folder) => Ok(std::fs::remove_dir_all(folder)?),
            Self::Postgres { url, options, name } => {
                Ok(auth_postgres::drop_database(&url, options.prepared, &name).await?)
            }
        }
    }
}

/// Returns the URL of another database on the same server. This is done by hand, because a list of several hosts is not
/// a standard URL.
fn with_name(url: &str, name: &str) -> String {
    let (base, query) = url.split_at(url.find('?').unwrap_or(url.len()));
    let host = base.find("://").map_or(0, |at| at + 3);
    let end = base[host..].find('/').map_or(base.len(), |at| host + at);
    format!("{}/{name}{query}", &base[..end])
}

pub(crate) async fn run(
    settings: Settings,
    export: OpenExport,
    ring: &KeyRing,
    options: RestoreOptions,
) -> Result<(), Failure> {
    if options.allow_missing_keys {
        return Err("a drill with a missing key proves nothing: remove --allow-missing-keys".into());
    }
    let real = settings.database.clone();
    let is_export = matches!(export.source, auth_archive::Source::Export(_));
    let stop = terminated()?;
    let (scratch, database) = Scratch::make(&settings).await?;
    // The probe account registers whoever may register otherwise.
    let settings = Settings { database, registration: RegistrationPolicy::open(), ..settings };
    let outcome = tokio::select! {
        outcome = rehearse(&settings, export, is_export, ring, options) => outcome,
        () = stop => Err("interrupted".into()),
    };
    scratch.drop().await?;
    outcome?;
    if !is_export {
        return print(
            "the drill succeeded, but was not recorded for the metrics: a list of credentials cannot show whether \
             some are missing",
        );
    }
    match real.open().await {
        Ok(Opened { store, .. }) => {
            store
                .commit(vec![Change::RecordMaintenance { kind: Maintenance::VerifiedRestore, at: SystemClock.now() }])
                .await?;
            print("the drill succeeded and is recorded in auth_last_verified_restore_timestamp")
        }
        Err(error) => print(&format!("the drill succeeded, but could not be recorded for the metrics: {error}")),
    }
}

async fn rehearse(
    settings: &Settings,
    export: OpenExport,
    is_export: bool,
    ring: &KeyRing,
    options: RestoreOptions,
) -> Result<(), Failure> {
    let (restored, told) = export.restore_into(&settings.database, ring, settings.hash_cost(), options).await?;
    for (table, summary) in restored.manifest.tables.iter().filter(|(_, summary)| summary.rows > 0) {
        print(&format!("{:>10}  {table}", summary.rows))?;
    }
    let proved = if is_export { "; every checksum matches" } else { "" };
    print(&format!("restored {told}{proved}"))?;
    let keys: Vec<&str> = restored.manifest.key_ids.iter().map(String::as_str).collect();
    print(&format!("master keys required, all available: {}", keys.join(", ")))?;
    open_secrets(settings, ring).await?;
    log_a_probe_in(settings, ring).await
}

/// Reads every account as the service would, and opens what is sealed.
async fn open_secrets(settings: &Settings, ring: &KeyRing) -> Result<(), Failure> {
    let Opened { store, archive, .. } = settings.database.open().await?;
    let totp = SealedTotp::new(ring.clone(), String::new());
    // What is kept of retired keys still recognises passwords.
    let retired = store.list_retired_keys().await?;
    let imports = SealedImports::new(ring.clone().with_retired(&retired, settings.lifetimes.absolute)?);
    let mut reader = archive.begin_read(Writers::GoOn).await?;
    let (mut after, mut accounts, mut opened, mut sealed) = (None, 0_u64, 0_u64, Vec::new());
    let (mut imported, mut without_password, mut shut) = (0_u64, Vec::new(), Vec::new());
    loop {
        let page = reader.accounts(after).await?;
        let Some(last) = page.last() else { break };
        after = Some(last.id);
        accounts += page.len() as u64;
        for account in &page {
            for secret in secrets(&account.two_factor.app) {
                if totp.opens(account.id, secret) {
                    opened += 1;
                } else {
                    sealed.push(account.id);
                }
            }
            match &account.password_hash {
                Some(hash) if !imports.can_compare(account.id, hash) => without_password.push(account.id),
                Some(hash) => imported += u64::from(hash.is_imported()),
                None if account.identities.is_empty() && !account.is_recoverable() => shut.push(account.id),
                None => {}
            }
        }
    }
    let there = reader.count("accounts").await?;
    if accounts != there {
        return Err(format!("only {accounts} of {there} accounts could be read").into());
    }
    for (what, broken) in [
        ("authenticator secrets that cannot be decrypted", sealed),
        ("password hashes that no login could be compared with", without_password),
        ("accounts to which nobody can log in", shut),
    ] {
        require_none(what, &broken)?;
    }
    let keys = store.list_signing_keys().await?;
    AccessTokenSigner::new(ring.clone(), String::new(), Audiences::default()).load(&keys)?;
    print(&format!(
        "readable accounts: {accounts}; decrypted authenticator secrets: {opened}, imported password hashes: \
         {imported}, signing keys: {}",
        keys.len()
    ))
}

fn require_none(what: &str, broken: &[AccountId]) -> Result<(), Failure> {
    if broken.is_empty() {
        return Ok(());
    }
    let told: Vec<String> = broken.iter().take(TOLD).map(ToString::to_string).collect();
    Err(format!("{what}: {}, among them those of {}", broken.len(), told.join(", ")).into())
}

fn secrets(app: &MethodState<SealedSecret>) -> impl Iterator<Item = &SealedSecret> {
    let pending = match app {
        MethodState::Pending(pending) | MethodState::Disabled(_, Some(pending)) => Some(&pending.secret),
        MethodState::NotSet | MethodState::Enabled(_) | MethodState::Disabled(_, None) => None,
    };
    app.enrolment().map(|enrolment| &enrolment.secret).into_iter().chain(pending)
}

/// Registers a test user, logs in and refreshes as the service would.
async fn log_a_probe_in(settings: &Settings, ring: &KeyRing) -> Result<(), Failure> {
    let Wired { use_cases, signer, .. } = wire(settings, ring, settings.listen, 0).await?;
    signer.load(&use_cases.publish_signing_keys.rotate().await?)?;
    let random: String = SystemEntropy.bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    let (email, password) = (format!("probe-{}@restore.invalid", &random[..16]), Password::new(&random));
    let client = Client::new(std::net::Ipv4Addr::LOCALHOST.into(), "restore --drill");
    let registration = RegisterRequest {
        username: None,
        email: email.clone(),
        password: password.clone(),
        confirm_password: None,
        invitation: None,
        locale: None,
        accepted: None,
        client: client.clone(),
    };
    use_cases
        .register
        .execute(registration)
        .await
        .map_err(|error| format!("the probe account could not register: {error}"))?;
    let name = LoginName::parse(&email);
    let login = use_cases
        .login
        .execute(LoginRequest { name, password, audience: Audience::Default, restore: false, client: client.clone() })
        .await;
    match login.map_err(|error| format!("the probe account could not log in: {error}"))? {
        LoginOutcome::LoggedIn(logged_in) => {
            let access = logged_in.tokens.access.reveal().to_owned();
            use_cases
                .authenticate
                .execute(&access)
                .await
                .map_err(|error| format!("the access token of the probe account was refused: {error}"))?;
            let refresh = logged_in.tokens.refresh.reveal().to_owned();
            use_cases
                .refresh_session
                .execute(&refresh, &Audience::Default, &client)
                .await
                .map_err(|error| format!("the probe account could not refresh its session: {error}"))?;
            print("a probe account registered, logged in and refreshed its session")
        }
        LoginOutcome::EmailVerificationRequired(_) => {
            print("a probe account registered and must verify its address, as AUTH_REQUIRE_VERIFIED_EMAIL demands")
        }
        LoginOutcome::SecondFactorRequired(_) => Err("the probe account unexpectedly has a second factor".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::with_name;

    #[test]
    fn the_name_of_a_database_is_replaced_in_any_url() {
        for (url, expected) in [
            ("postgres://u:p@h:1/d", "postgres://u:p@h:1/x"),
            ("postgres://u@a:1,b:2/d?sslmode=require", "postgres://u@a:1,b:2/x?sslmode=require"),
            ("postgres:///d?host=/run/postgresql", "postgres:///x?host=/run/postgresql"),
            ("postgres://h", "postgres://h/x"),
        ] {
            assert_eq!(with_name(url, "x"), expected);
        }
    }
}
