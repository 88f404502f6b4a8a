//! `ImportAccounts`.

use std::collections::{BTreeMap, BTreeSet};

use auth_domain::account::{Account, AccountState, Digest, ForeignHash, HashCost, Password, PasswordHash};
use auth_domain::audience::Audience;
use auth_domain::identity::ProviderName;
use auth_domain::import::{
    ImportCandidate, ImportPolicy, ImportRefusal, ImportedFactor, ImportedIdentity, ImportedPassword, ImportedProvider,
    ImportedSecret, ImportedState,
};
use auth_domain::ports::{Change, Store as _, StoreError, UniqueKey};
use auth_domain::two_factor::{Method, SealedSecret};
use auth_domain::use_cases::{ImportOutcome, SeenNames, UpdatePasswordRequest};
use auth_domain::{Locale, Timestamp};
use auth_testkit::test_service::{PASSWORD, TestService, client};
use uuid::Uuid;
use zeroize::Zeroizing;

const ANN: &str = "ann@example.org";

fn policy() -> ImportPolicy {
    ImportPolicy {
        drop_invalid_usernames: false,
        drop_unusable_factors: false,
        without_roles: false,
        providers: ["google"].into_iter().filter_map(ProviderName::parse).collect::<BTreeSet<_>>(),
        aliases: BTreeMap::new(),
        hash_cost: HashCost { memory_kib: 19_456, passes: 2 },
    }
}

/// What the double of the sealing port takes for a hash of [`PASSWORD`].
fn foreign(iterations: u32) -> ImportedPassword {
    let salt = PASSWORD.as_bytes().to_vec();
    ImportedPassword::Foreign(ForeignHash::Pbkdf2 { digest: Digest::Sha256, iterations, salt, hash: vec![1; 32] })
}

fn ann() -> ImportCandidate {
    ImportCandidate { email: Some(ANN.to_owned()), password: Some(foreign(1_000)), ..ImportCandidate::default() }
}

fn identity(provider: &str, subject: &str) -> ImportedIdentity {
    ImportedIdentity { provider: ImportedProvider::Known(provider.to_owned()), subject: subject.to_owned() }
}

fn app(secret: ImportedSecret) -> ImportedFactor {
    ImportedFactor { method: Method::App, enabled: true, primary: true, secret, since: None }
}

async fn import(service: &TestService, policy: &ImportPolicy, candidate: ImportCandidate) -> ImportOutcome {
    let import = &service.operator.import_accounts;
    let checked = import
        .check(&service.operator.operator, policy, vec![candidate.clone()], &mut SeenNames::default())
        .await
        .expect("the store");
    let accounts = service.store.accounts().len();
    let [outcome] = import
        .execute(&service.operator.operator, policy, vec![candidate])
        .await
        .expect("the store")
        .try_into()
        .expect("one");
    let same = match (&checked[0], &outcome) {
        (ImportOutcome::Imported(_), ImportOutcome::Imported(_)) => service.store.accounts().len() == accounts + 1,
        (checked, outcome) => checked == outcome && service.store.accounts().len() == accounts,
    };
    assert!(same, "a check says what would happen: {checked:?}, {outcome:?}");
    outcome
}

async fn refusal(policy: &ImportPolicy, candidate: ImportCandidate) -> ImportRefusal {
    match import(&TestService::new(), policy, candidate).await {
        ImportOutcome::Refused(refusal) => refusal,
        outcome => panic!("{outcome:?}"),
    }
}

async fn imported(policy: &ImportPolicy, candidate: ImportCandidate) -> (TestService, Account) {
    let service = TestService::new();
    let outcome = import(&service, policy, candidate).await;
    assert!(matches!(outcome, ImportOutcome::Imported(_)), "{outcome:?}");
    let account = service.store.account_named(ANN).expect("ann");
    (service, account)
}

#[tokio::test]
async fn the_first_login_replaces_the_hash_and_the_audit_trail_names_the_operator_no_secret() {
    let (service, ann) = imported(&policy(), ann()).await;
    assert!(ann.password_hash.as_ref().is_some_and(PasswordHash::is_imported));
    assert_eq!(service.store.audit_actions(), ["account.registered"]);
    service.log_in(ANN).await;
    let after = service.store.account_named(ANN).expect("ann");
    assert!(after.password_hash.as_ref().is_some_and(|hash| !hash.is_imported()));
    assert_eq!(after.credential_version, ann.credential_version);
    service.log_in(ANN).await;
    assert_eq!(service.store.account_named(ANN), Some(after), "only once");
}

#[tokio::test]
async fn nobody_is_imported_who_could_never_log_in() {
    let bare = ImportCandidate { password: None, ..ann() };
    let (_, stale) = imported(&policy(), ImportCandidate { new_password_required: true, ..ann() }).await;
    assert!(stale.new_password_required);
    assert_eq!(refusal(&policy(), bare.clone()).await, ImportRefusal::NoWayToLogIn);
    let elsewhere = ImportCandidate { identities: vec![identity("github", "1")], email_verified: true, ..bare.clone() };
    let github = ProviderName::parse("github").expect("a name");
    assert_eq!(refusal(&policy(), elsewhere).await, ImportRefusal::ProviderNotConfigured(github));

    imported(&policy(), ImportCandidate { identities: vec![identity("google", "1")], ..bare.clone() }).await;
    let (service, proved) = imported(&policy(), ImportCandidate { email_verified: true, ..bare }).await;
    assert!(proved.is_recoverable());
    let step = service.begin_reset(ANN).await;
    let (password, confirm_password) = (Password::new(PASSWORD), Password::new(PASSWORD));
    let request = UpdatePasswordRequest { password, confirm_password, audience: Audience::Default, client: client() };
    assert!(service.use_cases.update_password.execute(&step, request).await.is_ok());
    service.log_in(ANN).await;
}

#[tokio::test]
async fn a_disabled_account_comes_along_suspended() {
    for since in [None, Some(Timestamp::from_seconds(1_000))] {
        let state = ImportedState::Disabled { since };
        let (_, account) = imported(&policy(), ImportCandidate { state, ..ann() }).await;
        assert_eq!(account.state, AccountState::Suspended { since: since.unwrap_or(account.updated_at) });
    }
}

#[tokio::test]
async fn the_operator_says_what_an_alias_of_the_other_system_means() {
    let provider = ImportedProvider::Alias("gitlab".to_owned());
    let candidate =
        ImportCandidate { identities: vec![ImportedIdentity { provider, subject: "42".to_owned() }], ..ann() };
    assert_eq!(refusal(&policy(), candidate.clone()).await, ImportRefusal::UnknownAlias("gitlab".to_owned()));
    let company = ProviderName::parse("company").expect("a name");
    let aliases = [("gitlab".to_owned(), company.clone())].into();
    let (_, account) = imported(&ImportPolicy { aliases, ..policy() }, candidate).await;
    assert_eq!(account.identities.iter().map(|identity| &identity.provider).collect::<Vec<_>>(), [&company]);
}

#[tokio::test]
async fn what_is_malformed_or_too_dear_is_refused_with_its_reason() {
    let text = |text: &str| Some(text.to_owned());
    let cases = [
        (ImportCandidate { state: ImportedState::Deleted, ..ann() }, "the account is deleted there"),
        (ImportCandidate { email: None, ..ann() }, "it has no e-mail address"),
        (ImportCandidate { email: text("ann"), ..ann() }, "the e-mail address must look like"),
        (ImportCandidate { username: text("a b c"), ..ann() }, "--drop-invalid-usernames"),
        (ImportCandidate { roles: Some(vec!["Admin".to_owned()]), ..ann() }, "--without-roles"),
        (ImportCandidate { password: Some(foreign(u32::MAX)), ..ann() }, "at most 50 times"),
        (ImportCandidate { password: Some(foreign(0)), ..ann() }, "an invalid number of iterations"),
        (ImportCandidate { identities: vec![identity("Go ogle", "1")], ..ann() }, "is malformed"),
        (
            ImportCandidate { identities: vec![identity("42", "1"), identity("42", "2")], ..ann() },
            "two identities at 42",
        ),
        (
            ImportCandidate { factors: vec![app(ImportedSecret::Unusable("why"))], ..ann() },
            "why (--drop-second-factors",
        ),
        (ImportCandidate { factors: vec![app(ImportedSecret::Key(Zeroizing::new(vec![1; 9])))], ..ann() }, "80"),
        (
            ImportCandidate { factors: vec![app(ImportedSecret::Sealed(SealedSecret::new(vec![1])))], ..ann() },
            "master key",
        ),
        (ImportCandidate { recovery_codes: vec!["99999999:x".to_owned()], ..ann() }, "master key"),
        (
            ImportCandidate {
                password: Some(ImportedPassword::Own(PasswordHash::from_phc("test$99999999$x$y".to_owned()))),
                ..ann()
            },
            "master key",
        ),
    ];
    for (candidate, expected) in cases {
        let reason = refusal(&policy(), candidate).await.to_string();
        assert!(reason.contains(expected), "{reason}");
    }
}

#[tokio::test]
async fn the_operator_may_leave_out_what_cannot_be_kept() {
    let candidate = ImportCandidate {
        username: Some("ann@home".to_owned()),
        roles: Some(vec!["admin".to_owned()]),
        factors: vec![app(ImportedSecret::Unusable("why"))],
        ..ann()
    };
    let lenient =
        ImportPolicy { drop_invalid_usernames: true, drop_unusable_factors: true, without_roles: true, ..policy() };
    let (_, ann) = imported(&lenient, candidate).await;
    assert_eq!((ann.username, ann.roles.to_string(), ann.two_factor.any_enrolled()), (None, "user".to_owned(), false));
}

#[tokio::test]
async fn a_uuid_is_kept_and_a_date_in_the_future_is_not() {
    let id = Uuid::from_u128(0x0f8f_ad5b_d9cb_469f_a165_7086_7728_950e);
    let created_at = Some(auth_testkit::fixtures::NOW + std::time::Duration::from_secs(60));
    let (service, ann) = imported(&policy(), ImportCandidate { id: Some(id), created_at, ..ann() }).await;
    assert_eq!((ann.id.as_uuid(), ann.created_at), (id, service.now()));
}

#[tokio::test]
async fn a_language_is_kept_if_it_is_one() {
    for (tag, kept) in
        [(Some("FR"), Some("fr")), (Some("pt_BR"), Some("pt-BR")), (Some("no language"), None), (None, None)]
    {
        let candidate = ImportCandidate { locale: tag.map(str::to_owned), ..ann() };
        let (_, account) = imported(&policy(), candidate).await;
        assert_eq!(account.locale.as_ref().map(Locale::as_str), kept);
    }
}

#[tokio::test]
async fn an_account_that_is_there_is_told_and_left_as_it_is() {
    let service = TestService::new();
    let before = service.register(ANN).await;
    let mut other = ann();
    other.password = Some(foreign(2_000));
    assert_eq!(import(&service, &policy(), other).await, ImportOutcome::AlreadyThere(before.id));
    assert_eq!(service.account(&before), before);
    let same_id = ImportCandidate { id: Some(before.id.as_uuid()), email: Some("new@example.org".to_owned()), ..ann() };
    assert_eq!(import(&service, &policy(), same_id).await, ImportOutcome::AlreadyThere(before.id));
}

#[tokio::test]
async fn in_one_file_a_name_counts_once_checked_or_not() {
    let named = |email: &str, username: &str, subject: &str| ImportCandidate {
        email: Some(email.to_owned()),
        username: Some(username.to_owned()),
        identities: vec![identity("google", subject)],
        ..ann()
    };
    let file = vec![
        named(ANN, "ann", "1"),
        named("ANN@example.org", "bob", "2"),
        named("bob@example.org", "ANN", "3"),
        named("cy@example.org", "cyd", "1"),
        named("dan@example.org", "dan", "4"),
    ];
    let service = TestService::new();
    let (import, operator) = (&service.operator.import_accounts, &service.operator.operator);
    let checked = import.check(operator, &policy(), file.clone(), &mut SeenNames::default()).await.expect("the store");
    assert_eq!(service.store.accounts(), [], "a check writes nothing");
    let done = import.execute(operator, &policy(), file).await.expect("the store");
    for outcomes in [checked, done] {
        let refused = |key| ImportOutcome::Refused(ImportRefusal::Taken(key));
        assert!(matches!(outcomes[0], ImportOutcome::Imported(_)), "{outcomes:?}");
        assert!(matches!(outcomes[1], ImportOutcome::AlreadyThere(_)), "{outcomes:?}");
        assert_eq!(outcomes[2..4], [refused(UniqueKey::Username), refused(UniqueKey::Identity)]);
        assert!(matches!(outcomes[4], ImportOutcome::Imported(_)), "{outcomes:?}");
    }
    assert_eq!(service.store.accounts().len(), 2);
}

#[tokio::test]
async fn a_database_that_fails_imports_nothing() {
    let service = TestService::new();
    service.store.fail_next(StoreError::Unavailable);
    let import = &service.operator.import_accounts;
    let outcome = import.execute(&service.operator.operator, &policy(), vec![ann()]).await;
    assert_eq!((outcome, service.store.account_named(ANN)), (Err(StoreError::Unavailable), None));
    assert_eq!(service.store.list_accounts(None, 9).await, Ok(Vec::new()));
}

#[tokio::test]
async fn an_imported_hash_is_resealed_with_a_new_master_key_and_still_opens() {
    let (service, before) = imported(&policy(), ann()).await;
    let reseal = async || service.operator.reseal_secrets.execute(&service.operator.operator).await.expect("the store");
    let hash = || service.account(&before).password_hash.expect("a hash");
    service.keys.rotate();
    reseal().await;
    assert_ne!(hash(), before.password_hash.clone().expect("a hash"));
    assert!(hash().is_imported());
    let resealed = hash();
    reseal().await;
    assert_eq!(hash(), resealed, "once");
    service.keys.forget_older();
    service.log_in(ANN).await;
    assert!(!hash().is_imported());
    service.log_in(ANN).await;
}

#[tokio::test]
async fn a_login_that_comes_before_the_reseal_has_replaced_the_imported_hash() {
    let (service, ann) = imported(&policy(), ann()).await;
    service.keys.rotate();
    service.before_commit_of(
        |change| matches!(change, Change::ResealPassword { .. }),
        async |service| drop(service.log_in(ANN).await),
    );
    service.operator.reseal_secrets.execute(&service.operator.operator).await.expect("the store");
    service.keys.forget_older();
    assert!(!service.account(&ann).password_hash.expect("a hash").is_imported());
    service.log_in(ANN).await;
}
