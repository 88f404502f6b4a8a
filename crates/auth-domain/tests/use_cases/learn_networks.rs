//! `LearnNetworks`, and what use cases tell of their own logins. What the hashing lane makes of it is tried there.

use std::time::Duration;

use auth_domain::access_token::BearerToken;
use auth_domain::account::Password;
use auth_domain::audience::Audience;
use auth_domain::ports::{Change, KnownNetworks as _, Store as _, StoreError};
use auth_domain::rate_limit::AttemptSubject;
use auth_domain::session::Network;
use auth_domain::use_cases::{
    LoginError, LoginOutcome, LoginRequest, SecondFactor, UpdateCredentialsRequest, UpdatePasswordRequest,
};
use auth_testkit::fixtures::{self, NOW};
use auth_testkit::test_service::{PASSWORD, TestService, login_request, with_each_call_failing};
use uuid::Uuid;

use crate::MOMENT;

const ANN: &str = "ann@example.org";
const DAY: Duration = Duration::from_secs(24 * 3_600);
const MINUTE: Duration = Duration::from_secs(60);

fn network(number: u8) -> Network {
    Network::of([192, 0, number, 1].into())
}

/// Somebody has logged in on another node, so long before [`NOW`].
async fn logged_in_elsewhere(service: &TestService, number: u8, before: Duration) {
    let subject = AttemptSubject::UnknownName(Uuid::from_u128(number.into()));
    let limit = service.store.find_password_limit(subject, &network(number)).await.expect("a limit");
    let success = Change::PutNetworkAttempts(limit.after_success(NOW - before));
    service.store.commit_now(vec![success]).expect("a row");
}

fn known(service: &TestService) -> Vec<Network> {
    service.passwords.known_networks().into_iter().map(|(network, _)| network).collect()
}

#[tokio::test]
async fn a_login_makes_a_network_known_for_thirty_days() {
    let service = TestService::new();
    let learn = &service.use_cases.learn_networks;
    logged_in_elsewhere(&service, 1, 30 * DAY).await;
    logged_in_elsewhere(&service, 2, 30 * DAY + MOMENT).await;
    assert_eq!(learn.run(None).await, Ok(NOW));
    assert_eq!(known(&service), [network(1)]);
    service.clock.advance(MOMENT);
    assert_eq!(learn.run(Some(NOW)).await, Ok(NOW + MOMENT));
    assert_eq!(known(&service), []);
}

#[tokio::test]
async fn what_was_read_before_is_not_read_again_but_for_what_may_have_come_late() {
    let service = TestService::new();
    logged_in_elsewhere(&service, 1, 5 * MINUTE).await;
    logged_in_elsewhere(&service, 2, 5 * MINUTE + MOMENT).await;
    assert_eq!(service.use_cases.learn_networks.run(Some(NOW)).await, Ok(NOW));
    assert_eq!(known(&service), [network(1)]);
}

#[tokio::test]
async fn what_was_forgotten_by_a_clock_far_ahead_is_read_again_when_it_is_put_back() {
    let service = TestService::new();
    let learn = &service.use_cases.learn_networks;
    logged_in_elsewhere(&service, 1, DAY).await;
    let last = learn.run(None).await.expect("the store");
    service.clock.advance(40 * DAY);
    let last = learn.run(Some(last)).await.expect("the store");
    assert_eq!(known(&service), []);
    service.clock.set(NOW + MINUTE);
    assert_eq!(learn.run(Some(last)).await, Ok(NOW + MINUTE));
    assert_eq!(known(&service), [network(1)]);
}

#[tokio::test]
async fn a_store_that_fails_is_told_of_and_nothing_is_forgotten() {
    let tried = with_each_call_failing(
        StoreError::Unavailable,
        async || {
            let service = TestService::new();
            service.passwords.learn(&network(1), NOW - 31 * DAY);
            (service, ())
        },
        async |service, ()| service.use_cases.learn_networks.run(None).await,
        async |service, (), answer| {
            assert_eq!((answer, known(service)), (Err(StoreError::Unavailable), vec![network(1)]));
        },
    )
    .await;
    assert_eq!(tried, 1);
}

async fn log_in(service: &TestService, password: &str, from: u8) -> Result<LoginOutcome, LoginError> {
    let client = fixtures::client(from);
    service
        .use_cases
        .login
        .execute(LoginRequest { password: Password::new(password), client, ..login_request(ANN) })
        .await
}

#[tokio::test]
async fn only_a_login_that_is_finished_makes_its_network_known() {
    let service = TestService::new();
    let ann = service.register(ANN).await;
    log_in(&service, "wrong password", 2).await.expect_err("a refusal");
    service.log_in(ANN).await;
    assert_eq!(known(&service), [network(1)]);
    service.enable_app(&ann);
    let begun = log_in(&service, PASSWORD, 3).await;
    let Ok(LoginOutcome::SecondFactorRequired(required)) = begun else { panic!("{begun:?}") };
    let step = service.step(&required.token);
    let finish = async |code: &str| {
        let given = SecondFactor::App(BearerToken::new(code.to_owned()));
        service.use_cases.finish_login.execute(&step, &given, &Audience::Default, &fixtures::client(3)).await
    };
    finish("000000").await.expect_err("a refusal");
    assert_eq!(known(&service), [network(1)]);
    finish(&service.totp_code(&ann)).await.expect("a session");
    assert_eq!(known(&service), [network(1), network(3)]);
}

#[tokio::test]
async fn every_password_is_hashed_for_the_network_that_it_came_from() {
    let service = TestService::new();
    let ann = service.register(ANN).await;
    log_in(&service, PASSWORD, 2).await.expect("a session");
    // Its hash is outdated now, so it is made anew after it was compared.
    service.keys.rotate();
    log_in(&service, PASSWORD, 3).await.expect("a session");
    let caller = service.caller(&ann).await;
    let [old, new, confirm] = [PASSWORD, "another horse", "another horse"].map(|text| Some(Password::new(text)));
    let request = UpdateCredentialsRequest {
        email: None,
        old_password: old,
        new_password: new,
        confirm_password: confirm,
        locale: None,
        client: fixtures::client(4),
    };
    let before = service.passwords.calls();
    service.use_cases.update_credentials.execute(&caller, request).await.expect("another password");
    let step = service.begin_reset(ANN).await;
    let [password, confirm_password] = [(); 2].map(|()| Password::new("a third horse"));
    let request =
        UpdatePasswordRequest { password, confirm_password, audience: Audience::Default, client: fixtures::client(5) };
    service.use_cases.update_password.execute(&step, request).await.expect("a third password");
    let askers = service.passwords.askers();
    assert_eq!(askers[..4], [1, 2, 3, 3].map(network));
    assert_eq!(askers[before..], [4, 4, 5].map(network));
    assert!(known(&service).contains(&network(5)), "a reset logs in");
}
