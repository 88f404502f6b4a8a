//! `ResealSecrets`.

mod races;

use std::time::Duration;

use auth_domain::SessionId;
use auth_domain::account::Account;
use auth_domain::ports::{Change, Store as _, Totp as _};
use auth_domain::session::{KeyId, SessionLifetimes};
use auth_domain::two_factor::{Method, MethodState, SealedSecret};
use auth_domain::use_cases::{Policy, ResealError, Resealed};
use auth_testkit::doubles::TestTotp;
use auth_testkit::fixtures;
use auth_testkit::test_service::TestService;

use crate::MOMENT;

const ANN: &str = "ann@example.org";
const MINUTE: Duration = Duration::from_secs(60);

/// Ann with an app, and a signing key, all of the first master key; the second one is the newest.
async fn rotated() -> (TestService, Account) {
    let service = TestService::new();
    service.use_cases.publish_signing_keys.rotate().await.expect("the store");
    let ann = service.register(ANN).await;
    let ann = service.enable_app(&ann);
    service.keys.rotate();
    (service, ann)
}

async fn try_reseal(service: &TestService) -> Result<Resealed, ResealError> {
    service.operator.reseal_secrets.execute(&service.operator.operator).await
}

async fn reseal(service: &TestService) -> Resealed {
    try_reseal(service).await.expect("all is resealed")
}

fn keys(numbers: &[u32]) -> Vec<KeyId> {
    numbers.iter().map(|number| KeyId::new(format!("{number:08}"))).collect()
}

/// Which master key sealed that.
fn sealed_with(sealed: &[u8]) -> String {
    std::str::from_utf8(sealed).expect("text").split('|').nth(1).expect("a key").to_owned()
}

async fn signing_key(service: &TestService) -> Vec<u8> {
    let keys = service.use_cases.publish_signing_keys.list().await.expect("the store");
    let [key] = &keys[..] else { panic!("one key") };
    key.sealed_private_key.clone()
}

fn app_secret(service: &TestService, account: &Account) -> SealedSecret {
    let MethodState::Enabled(enrolment) = service.account(account).two_factor.app else { panic!("an app") };
    enrolment.secret
}

/// The master keys of which something is kept.
async fn retired(service: &TestService) -> Vec<KeyId> {
    let kept = service.store.list_retired_keys().await.expect("the store");
    kept.into_iter().map(|key| key.key_id).collect()
}

fn disable_app(service: &TestService, account: &Account) -> Account {
    service.put_two_factor(account, |two_factor, _| two_factor.disable(Method::App).expect("an app"))
}

/// Begins to set an app up, with a secret that the newest master key seals.
fn begin_app(service: &TestService, account: &Account) -> Account {
    let session_id = SessionId::generate(service.now(), [7; 32]);
    let secret = service.totp.make(account.id, fixtures::randomness(7), [0; 32]);
    service.put_two_factor(account, |two_factor, now| {
        two_factor.begin_app(now, now + MINUTE, secret, session_id).expect("none yet")
    })
}

#[tokio::test]
async fn everything_is_sealed_with_the_newest_master_key_and_still_opens() {
    let (service, ann) = rotated().await;
    let code = service.totp_code(&ann);
    let resealed = reseal(&service).await;
    assert_eq!(sealed_with(&signing_key(&service).await), "00000002");
    assert_eq!(sealed_with(app_secret(&service, &ann).as_bytes()), "00000002");
    assert_eq!(retired(&service).await, keys(&[1]));
    assert_eq!((resealed.secrets, resealed.retired, resealed.forgotten), (3, keys(&[1]), Vec::new()));
    service.keys.forget_older();
    assert_eq!(service.totp_code(&ann), code);
    assert_eq!(service.account(&ann).two_factor.version, ann.two_factor.version.next());
    assert_eq!(service.store.audit_actions().last().map(String::as_str), Some("master_key.retired"));
}

#[tokio::test]
async fn what_is_done_is_done() {
    let (service, ann) = rotated().await;
    reseal(&service).await;
    let (account, key) = (service.account(&ann), signing_key(&service).await);
    service.clock.advance(MINUTE);
    let again = reseal(&service).await;
    assert_eq!((again.secrets, again.retired), (0, keys(&[1])), "it may still be taken away");
    assert_eq!((service.account(&ann), signing_key(&service).await), (account, key));
    assert_eq!(retired(&service).await, keys(&[1]), "kept once");
}

#[tokio::test]
async fn an_app_is_resealed_however_far_its_set_up_is() {
    let (service, enabled) = rotated().await;
    let pending = service.register("pending@example.org").await;
    let disabled = service.enable_app(&service.register("disabled@example.org").await);
    let disabled = disable_app(&service, &disabled);
    let anew = service.enable_app(&service.register("anew@example.org").await);
    let anew = disable_app(&service, &anew);
    begin_app(&service, &pending);
    begin_app(&service, &anew);
    service.keys.rotate();
    let codes = || [&enabled, &pending, &disabled, &anew].map(|account| service.totp_code(account));
    let before = codes();
    assert_eq!(reseal(&service).await.secrets, 1 + 5 + 2, "a signing key, five apps, two master keys");
    service.keys.forget_older();
    assert_eq!(codes(), before);
    let MethodState::Disabled(enrolment, Some(_)) = service.account(&anew).two_factor.app else { panic!("both") };
    assert!(service.totp.code(anew.id, &enrolment.secret, TestTotp::step(service.now())).is_some(), "the old one, too");
}

#[tokio::test]
async fn accounts_that_depend_on_an_older_key_are_counted() {
    let (service, ann) = rotated().await;
    service.give_recovery_codes(&ann);
    service.register("bob@example.org").await;
    service.insert_linked("eve@example.org", "eve");
    service.keys.rotate();
    assert_eq!(reseal(&service).await.needed_by, [("00000001".to_owned(), 1), ("00000002".to_owned(), 2)].into());
    service.log_in("bob@example.org").await;
    assert_eq!(reseal(&service).await.needed_by, [("00000001".to_owned(), 1), ("00000002".to_owned(), 1)].into());
}

#[tokio::test]
async fn what_is_left_of_a_key_is_forgotten_when_no_session_and_no_account_needs_it() {
    let (service, ann) = rotated().await;
    reseal(&service).await;
    service.keys.forget_older();
    let longest = service.policy.session_lifetimes.absolute;
    service.clock.advance(longest + MOMENT);
    assert_eq!(reseal(&service).await.forgotten, [], "Ann's password is of that key");
    let rehashed = service.set_password(&ann, "another horse").await;
    service.clock.set(service.now() - MOMENT);
    assert_eq!(reseal(&service).await.forgotten, [], "a session may still be of that key");
    service.clock.advance(MOMENT);
    let last = reseal(&service).await;
    assert_eq!((last.forgotten, last.retired, last.needed_by.len()), (keys(&[1]), Vec::new(), 0));
    assert_eq!((retired(&service).await, service.account(&ann)), (Vec::new(), rehashed));
}

#[tokio::test]
async fn the_time_of_a_retired_key_begins_when_it_is_really_taken_away() {
    let (service, ann) = rotated().await;
    reseal(&service).await;
    service.set_password(&ann, "another horse").await;
    let longest = service.policy.session_lifetimes.absolute;
    service.clock.advance(longest + MOMENT);
    let still_configured = reseal(&service).await;
    assert_eq!((still_configured.forgotten, still_configured.retired), (Vec::new(), keys(&[1])));
    service.keys.forget_older();
    service.clock.advance(longest);
    assert_eq!(reseal(&service).await.forgotten, []);
    service.clock.advance(MOMENT);
    assert_eq!(reseal(&service).await.forgotten, keys(&[1]));
}

#[tokio::test]
async fn what_is_left_of_a_key_that_is_still_configured_stays_however_long_it_takes() {
    let (service, ann) = rotated().await;
    service.set_password(&ann, "another horse").await;
    let session_lifetimes = SessionLifetimes { absolute: MINUTE, ..service.policy.session_lifetimes };
    let service = service.under(Policy { session_lifetimes, ..Policy::for_tests() });
    service.before_commit_of(
        |change| matches!(change, Change::ResealTwoFactor { .. }),
        async |service| service.clock.advance(2 * MINUTE),
    );
    assert_eq!(reseal(&service).await.forgotten, []);
    assert_eq!(retired(&service).await, keys(&[1]));
}

#[tokio::test]
async fn what_is_left_of_a_key_is_resealed_with_the_next_ones() {
    let (service, _) = rotated().await;
    reseal(&service).await;
    service.keys.rotate();
    let resealed = reseal(&service).await;
    assert_eq!((resealed.secrets, resealed.retired), (1 + 1 + 1 + 1, keys(&[2, 1])));
    service.keys.forget_older();
    assert_eq!(reseal(&service).await.secrets, 0, "all of it opens with the third");
    assert_eq!(retired(&service).await, keys(&[1, 2]));
}

#[tokio::test]
async fn a_secret_whose_master_key_is_gone_is_named() {
    let (signing, _) = rotated().await;
    let id = signing.use_cases.publish_signing_keys.list().await.expect("the store")[0].id;
    let apps = TestService::new();
    let ann = apps.enable_app(&apps.register(ANN).await);
    apps.keys.rotate();
    let (left, _) = rotated().await;
    reseal(&left).await;
    left.keys.rotate();
    for (service, what) in [
        (signing, format!("the signing key {id}")),
        (apps, format!("the app's secret of the account {}", ann.id)),
        (left, "what is left of the master key 00000001".to_owned()),
    ] {
        service.keys.forget_older();
        let before = service.store.commits().len();
        let error = try_reseal(&service).await.expect_err("a secret that stays shut");
        assert_eq!(
            error.to_string(),
            format!("{what} cannot be decrypted: the master key that encrypted it is not configured")
        );
        assert_eq!(error, ResealError::CannotOpen { what });
        assert_eq!(service.store.commits().len(), before);
    }
}

#[tokio::test]
async fn whichever_secret_of_an_app_stays_shut_its_account_is_named() {
    let states: [fn(&TestService, &Account) -> Account; 3] = [
        begin_app,
        |service, ann| disable_app(service, &service.enable_app(ann)),
        |service, ann| begin_app(service, &disable_app(service, &service.enable_app(ann))),
    ];
    for bring_into_state in states {
        let service = TestService::new();
        let ann = bring_into_state(&service, &service.register(ANN).await);
        service.keys.rotate();
        service.keys.forget_older();
        let what = format!("the app's secret of the account {}", ann.id);
        assert_eq!(try_reseal(&service).await, Err(ResealError::CannotOpen { what }));
        assert_eq!(service.account(&ann), ann);
    }
}

#[tokio::test]
async fn more_accounts_than_a_page_has_are_all_resealed() {
    let (service, ann) = rotated().await;
    let others = (0..1_000).map(|_| Account { username: None, ..fixtures::account() });
    service.store.commit_now(others.map(Change::InsertAccount).collect()).expect("accounts");
    let last = service.store.accounts().pop().expect("an account");
    service.enable_app(&last);
    service.keys.rotate();
    reseal(&service).await;
    for account in [&ann, &last] {
        assert_eq!(sealed_with(app_secret(&service, account).as_bytes()), "00000003");
    }
}
