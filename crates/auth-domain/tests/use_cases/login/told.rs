//! Logins that their owner is told of.

use std::time::Duration;

use auth_domain::access_token::BearerToken;
use auth_domain::audience::Audience;
use auth_domain::mail::NoticeKind;
use auth_domain::session::Client;
use auth_domain::use_cases::{LoginOutcome, LoginRequest, Policy, SecondFactor};
use auth_testkit::fixtures;
use auth_testkit::test_service::{client, login_request};

use super::{ANN, HOUR, with_ann};
use crate::MOMENT;

#[tokio::test]
async fn the_owner_is_told_of_a_login_from_a_new_network_with_a_new_device() {
    let elsewhere = |user_agent| Client::new([198, 51, 100, 7].into(), user_agent);
    let home = client();
    for (from, told) in [
        (home.clone(), false),
        (Client::new([198, 51, 100, 7].into(), home.user_agent()), false),
        (elsewhere("another device"), true),
    ] {
        let service = with_ann(Policy::for_tests()).await;
        let ann = service.store.account_named(ANN).expect("ann");
        service.log_in(ANN).await;
        service.clock.advance(HOUR);
        for _ in 0..2 {
            let login = service.use_cases.login.execute(LoginRequest { client: from.clone(), ..login_request(ANN) });
            assert!(matches!(login.await, Ok(LoginOutcome::LoggedIn(_))));
        }
        let expected = if told { vec![NoticeKind::NewLogin] } else { vec![] };
        assert_eq!(service.store.notices_to(&ann.email), expected, "{from:?}, told once");
    }
}

#[tokio::test]
async fn the_first_logins_of_a_new_account_are_no_news() {
    let service = with_ann(Policy::for_tests()).await;
    let ann = service.store.account_named(ANN).expect("ann");
    for (number, device, left) in [(2, "a phone", MOMENT), (3, "a tablet", Duration::ZERO)] {
        service.clock.set(ann.created_at + HOUR - left);
        let request = LoginRequest { client: Client::new([198, 51, number, 7].into(), device), ..login_request(ANN) };
        service.use_cases.login.execute(request).await.expect("a login");
        let expected = if left.is_zero() { vec![NoticeKind::NewLogin] } else { vec![] };
        assert_eq!(service.store.notices_to(&ann.email), expected);
    }
}

#[tokio::test]
async fn the_owner_is_told_of_a_login_with_a_second_factor_when_it_is_finished() {
    let service = with_ann(Policy::for_tests()).await;
    let ann = service.store.account_named(ANN).expect("ann");
    let ann = service.enable_app(&service.prove_email(&ann));
    service.clock.advance(HOUR);
    let elsewhere = fixtures::client(7);
    let step = service.begin_login_from(ANN, &elsewhere).await;
    assert_eq!(service.store.notices_to(&ann.email), []);
    let given = SecondFactor::App(BearerToken::new(service.totp_code(&ann)));
    service
        .use_cases
        .finish_login
        .execute(&step, &given, &Audience::Default, &elsewhere)
        .await
        .expect("the right code");
    assert_eq!(service.store.notices_to(&ann.email), [NoticeKind::NewLogin]);
}
