//! Users of every system, with hashes that the original libraries made (`exports/make.py`), imported into real databases
//! of both engines, log in with their passwords.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up is to fail")]

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use auth_crypto::{HashParameters, HashingLane, KeyRing, MasterKey, SealedImports, SealedTotp, SystemEntropy};
use auth_domain::account::{Account, AccountState, HashCost, LoginName, Password};
use auth_domain::audience::Audience;
use auth_domain::challenge::OneTimeCode;
use auth_domain::identity::ProviderName;
use auth_domain::import::{ImportCandidate, ImportPolicy, ImportRefusal};
use auth_domain::ports::{Store, Totp as _};
use auth_domain::session::Client;
use auth_domain::use_cases::{
    ImportOutcome, LoginError, LoginOutcome, LoginRequest, OperatorPorts, OperatorUseCases, PasswordCheckError, Policy,
    Ports, SeenNames, UseCases,
};
use auth_domain::{Language, Locale};
use auth_import::{Dialect, Entry, FirebaseHashConfig, MapOptions, read};
use auth_testkit::doubles::Doubles;
use auth_testkit::fixtures;
use auth_testkit::postgres::cluster;
use futures_util::future::join_all;

/// As in `exports/make.py`; its last letter has another form in NFKC, which only better-auth hashes.
const PASSWORD: &str = "Grüße, horse 42 ﬁ";
const LONG: &str = "01234567890123456789012345678901234567890123456789012345678901234567890123456789";
const COST: HashCost = HashCost { memory_kib: 64, passes: 1 };

/// A service on a real store, with real passwords and real secrets.
struct Service {
    store: Arc<dyn Store>,
    use_cases: Arc<UseCases>,
    operator: OperatorUseCases,
    totp: Arc<SealedTotp>,
}

impl Service {
    fn on(store: Arc<dyn Store>) -> Self {
        let ring = KeyRing::new(&MasterKey::new([1; 32]), &[]);
        let HashCost { memory_kib, passes } = COST;
        let parameters = HashParameters { memory_kib, passes, threads: 2, queue_per_thread: 64 };
        let lane = Arc::new(HashingLane::start(&ring, parameters).unwrap());
        let (doubles, entropy) = (Doubles::new(), Arc::new(SystemEntropy));
        let totp = Arc::new(SealedTotp::new(ring.clone(), String::new()));
        let ports = Ports {
            store: store.clone(),
            entropy: entropy.clone(),
            password_hasher: lane.clone(),
            hashing_gauge: lane.clone(),
            known_networks: lane,
            totp: totp.clone(),
            ..doubles.ports()
        };
        let import_sealing = Arc::new(SealedImports::new(ring));
        let operator = OperatorPorts { store: store.clone(), entropy, import_sealing, ..doubles.operator_ports() };
        let policy = Policy::for_tests();
        let longest = policy.session_lifetimes.absolute;
        let operator = OperatorUseCases::new(
            operator,
            Vec::new(),
            longest,
            policy.registration.clone(),
            policy.password,
            policy.deletion_grace,
        );
        Self { store, use_cases: Arc::new(UseCases::new(ports, policy)), operator, totp }
    }

    async fn both() -> [Self; 2] {
        let dir = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap().keep();
        let path = dir.join("auth.db");
        auth_sqlite::migrate(&path).await.unwrap();
        let url = cluster().database();
        auth_postgres::migrate_to(&url, true, None).await.unwrap();
        let lite = Arc::new(auth_sqlite::open(&path, None).await.unwrap());
        let postgres = Arc::new(auth_postgres::connect(&url, true, 8, None).await.unwrap());
        [Self::on(lite), Self::on(postgres)]
    }

    async fn import(&self, candidates: Vec<ImportCandidate>) -> Vec<ImportOutcome> {
        self.operator.import_accounts.execute(&self.operator.operator, &policy(), candidates).await.unwrap()
    }

    async fn check(&self, candidates: Vec<ImportCandidate>) -> Vec<ImportOutcome> {
        let (import, seen) = (&self.operator.import_accounts, &mut SeenNames::default());
        import.check(&self.operator.operator, &policy(), candidates, seen).await.unwrap()
    }

    async fn log_in(&self, name: &str, password: &str) -> Result<LoginOutcome, LoginError> {
        let (name, password) = (LoginName::parse(name), Password::new(password));
        let client = Client::new([192, 0, 2, 1].into(), "a browser");
        self.use_cases
            .login
            .execute(LoginRequest { name, password, audience: Audience::Default, restore: false, client })
            .await
    }

    async fn account(&self, email: &str) -> Account {
        self.store.find_account_by_name(&LoginName::parse(email)).await.unwrap().unwrap()
    }
}

fn policy() -> ImportPolicy {
    let providers = ["google", "github"].into_iter().filter_map(ProviderName::parse).collect();
    ImportPolicy {
        drop_invalid_usernames: false,
        drop_unusable_factors: false,
        without_roles: false,
        providers,
        aliases: [("google".to_owned(), ProviderName::parse("google").unwrap())].into(),
        hash_cost: COST,
    }
}

fn export(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/exports").join(name);
    std::fs::read_to_string(path).unwrap()
}

fn candidates(dialect: Dialect, text: &str) -> Vec<ImportCandidate> {
    let firebase = Some(FirebaseHashConfig::parse(&export("firebase-hash-config.txt")).unwrap());
    let options = MapOptions { firebase, devise_without_pepper: true };
    let mut found = Vec::new();
    let mut each = |entry: Entry| {
        found.push(entry.candidate.unwrap());
        Ok(())
    };
    read(text.as_bytes(), dialect, &options, &mut each).unwrap();
    found
}

const EXPORTS: [(Dialect, &str); 8] = [
    (Dialect::Own, "own.ndjson"),
    (Dialect::Supabase, "supabase.ndjson"),
    (Dialect::Keycloak, "keycloak.json"),
    (Dialect::BetterAuth, "better-auth.ndjson"),
    (Dialect::Firebase, "firebase.json"),
    (Dialect::Auth0, "auth0.ndjson"),
    (Dialect::Django, "django.csv"),
    (Dialect::Devise, "devise.csv"),
];

/// Those whom the exports contain to be refused.
fn refused() -> BTreeMap<&'static str, ImportRefusal> {
    BTreeMap::from([("unusable@django.example.org", ImportRefusal::NoWayToLogIn)])
}

/// Those whom the other system let in no more.
const SUSPENDED: [&str; 2] = ["banned@supabase.example.org", "off@keycloak.example.org"];

/// What a user sees: the first login compares with the foreign hash, the second with an own one.
async fn log_in_twice(service: &Service, email: &str) {
    let before = service.account(email).await;
    let hash = |account: &Account| account.password_hash.clone().unwrap();
    assert!(hash(&before).is_imported(), "{email}");
    let password = if email.starts_with("long@") { LONG } else { PASSWORD };
    let miss = service.log_in(email, "wrong horse").await;
    assert_eq!(miss, Err(LoginError::Password(PasswordCheckError::WrongPassword)), "{email}");
    assert_eq!(service.account(email).await.password_hash, before.password_hash);
    for _ in 0..2 {
        let outcome = service.log_in(email, password).await.unwrap_or_else(|error| panic!("{email}: {error}"));
        let has_factor = before.two_factor.any_enrolled();
        assert_eq!(matches!(outcome, LoginOutcome::SecondFactorRequired(_)), has_factor, "{email}");
        let after = service.account(email).await;
        assert!(hash(&after).as_phc().starts_with("$argon2id$") && hash(&after).is_well_formed(), "{email}");
        assert_eq!(after.credential_version, before.credential_version);
    }
    let miss = service.log_in(email, "wrong horse").await;
    assert_eq!(miss, Err(LoginError::Password(PasswordCheckError::WrongPassword)), "{email}");
}

#[tokio::test(flavor = "multi_thread")]
async fn everybody_logs_in_and_gets_an_own_hash() {
    for service in Service::both().await {
        let mut with_password = 0;
        for (dialect, name) in EXPORTS {
            let candidates = candidates(dialect, &export(name));
            assert!(!candidates.is_empty(), "{name}");
            let checked = service.check(candidates.clone()).await;
            let outcomes = service.import(candidates.clone()).await;
            for ((candidate, checked), outcome) in candidates.iter().zip(checked).zip(&outcomes) {
                let email = candidate.email.as_deref().unwrap();
                match (refused().get(email), outcome) {
                    (Some(expected), ImportOutcome::Refused(refusal)) => {
                        assert_eq!((refusal, &checked), (expected, outcome), "{email}");
                    }
                    (None, ImportOutcome::Imported(_)) => {
                        assert!(matches!(checked, ImportOutcome::Imported(_)), "{email}");
                        if SUSPENDED.contains(&email) {
                            assert!(matches!(service.account(email).await.state, AccountState::Suspended { .. }));
                        } else if candidate.password.is_some() {
                            log_in_twice(&service, email).await;
                            with_password += 1;
                        }
                    }
                    unexpected => panic!("{email}: {unexpected:?}"),
                }
            }
            let again = service.import(candidates).await;
            let there = again.iter().zip(&outcomes).all(|(again, first)| match (again, first) {
                (ImportOutcome::AlreadyThere(again), ImportOutcome::Imported(first)) => again == first,
                (again, first) => again == first,
            });
            assert!(there, "{name}: {again:?}");
        }
        assert_eq!(with_password, 9 + 1 + 4 + 1 + 1 + 1 + 6 + 2);
        what_comes_along(&service).await;
    }
}

/// Ids, roles, identities, second factors, dates; and what was verified stays so.
async fn what_comes_along(service: &Service) {
    let ann = service.account("argon2@keycloak.example.org").await;
    assert_eq!(ann.id.to_string(), "0f8fad5b-d9cb-469f-a165-708677289513");
    assert_eq!(ann.roles.iter().collect::<Vec<_>>(), ["editor", "user"]);
    assert_eq!(ann.created_at.as_seconds(), 1_600_000_000);
    assert!(ann.email_verified && ann.ever_proved && !ann.email_told);
    let [identity] = &ann.identities[..] else { panic!("one identity") };
    assert_eq!((identity.provider.as_str(), identity.subject.as_str()), ("google", "google-argon2"));
    assert_eq!(ann.locale.as_ref().map(Locale::as_str), Some("pt-BR"));
    for email in ["argon2@keycloak.example.org", "ann@supabase.example.org"] {
        let account = service.account(email).await;
        let secret = &account.two_factor.app.enrolment().unwrap().secret;
        let now = fixtures::NOW;
        let seconds = u64::try_from(now.as_seconds()).unwrap();
        let code = totp_lite::totp_custom::<totp_lite::Sha1>(30, 6, b"12345678901234567890", seconds);
        let step = service.totp.matching_step(account.id, secret, &OneTimeCode::parse(&code).unwrap(), now);
        assert!(step.is_some(), "{email}");
    }
    let bob = service.account("bob@auth0.example.org").await;
    assert!(bob.password_hash.is_none() && bob.email_told && bob.email_verified);
    assert_eq!(bob.language(), Some(Language::French));
}

/// Every one of them is let in, and afterwards there is one own hash with which all log in again.
#[tokio::test(flavor = "multi_thread")]
async fn first_logins_at_the_same_time_all_succeed() {
    for service in Service::both().await {
        for round in 0..20 {
            let text = export("own.ndjson").lines().next().unwrap().replace("bcrypt-2b@", &format!("race{round}@"));
            let email = format!("race{round}@example.org");
            service.import(candidates(Dialect::Own, &text)).await;
            let logins = join_all((0..6).map(|_| service.log_in(&email, PASSWORD))).await;
            assert!(logins.iter().all(|login| matches!(login, Ok(LoginOutcome::LoggedIn(_)))), "{logins:?}");
            let account = service.account(&email).await;
            assert!(account.password_hash.is_some_and(|hash| hash.is_well_formed() && !hash.is_imported()));
            assert_eq!(service.store.list_sessions(account.id, fixtures::NOW, 99).await.unwrap().len(), 6);
            assert!(service.log_in(&email, PASSWORD).await.is_ok());
        }
    }
}

/// A batch is one commit; one that contains what is there already is imported except for that.
#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_rows_are_imported_once_whatever_is_there() {
    let hash =
        export("own.ndjson").lines().next().unwrap().split("passwordHash\": \"").nth(1).unwrap()[..60].to_owned();
    let row = |number: usize| {
        let name = number % 999;
        format!(
            "many{name}@example.org,t,many-{name},{hash},\"user editor\",github:{name},GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ\n"
        )
    };
    let header = "email,emailVerified,username,passwordHash,roles,identities,totpSecret\n".to_owned();
    let text = (0..1_000).fold(header, |text, number| text + &row(number));
    for service in Service::both().await {
        let count = async |candidates: Vec<ImportCandidate>| {
            let mut counts = [0; 3];
            for batch in candidates.chunks(250) {
                for outcome in service.import(batch.to_vec()).await {
                    counts[match outcome {
                        ImportOutcome::Imported(_) => 0,
                        ImportOutcome::AlreadyThere(_) => 1,
                        ImportOutcome::Refused(_) => 2,
                    }] += 1;
                }
            }
            counts
        };
        let candidates = candidates(Dialect::Own, &text);
        assert_eq!(count(candidates.clone()).await, [999, 1, 0]);
        assert_eq!(count(candidates.clone()).await, [0, 1_000, 0]);
        let renamed = candidates.into_iter().take(3).map(|candidate| ImportCandidate {
            email: candidate.email.map(|email| format!("another-{email}")),
            ..candidate
        });
        assert_eq!(count(renamed.collect()).await, [0, 0, 3], "their usernames are taken");
        assert_eq!(service.store.list_accounts(None, 2_000).await.unwrap().len(), 999);
    }
}
