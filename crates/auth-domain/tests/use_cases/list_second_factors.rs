//! The list of one's second factors, of [`ManageSecondFactors`](auth_domain::use_cases::ManageSecondFactors).

use auth_domain::error_code::ErrorCode;
use auth_domain::two_factor::{Method, MethodOverview, Status};
use auth_domain::use_cases::{ManageError, SecondFactorsListed};
use auth_testkit::test_service::{TestService, client};

use super::{MOMENT, code};

#[tokio::test]
async fn each_method_is_listed_with_its_state_and_the_codes_are_counted() {
    let service = TestService::new();
    let ann = service.enable_app(&service.insert_linked("ann@example.org", "1"));
    let (ann, codes) = service.give_recovery_codes(&ann);
    let ann = service.enable_email_factor(&ann);
    let (since, caller) = (service.now(), service.caller(&ann).await);
    let use_case = &service.use_cases.manage_second_factors;
    use_case.disable(&service.fresh(&caller), Method::App, &client()).await.expect("it is enabled");
    let listed = use_case.list(&service.caller(&ann).await);
    let overview = |method, status, primary| MethodOverview { method, status, primary, enrolled_at: Some(since) };
    let methods = vec![overview(Method::App, Status::Disabled, false), overview(Method::Email, Status::Enabled, true)];
    assert_eq!(listed, Ok(SecondFactorsListed { methods, recovery_codes_left: codes.len() }));
}

#[tokio::test]
async fn a_set_up_is_listed_as_long_as_it_is_pending() {
    let service = TestService::new();
    let ann = service.insert_linked("ann@example.org", "1");
    let list = async || {
        let caller = service.caller(&ann).await;
        service.use_cases.manage_second_factors.list(&caller)
    };
    assert_eq!(list().await, Err(ManageError::NothingSetUp));
    assert_eq!(code(ManageError::NothingSetUp), ErrorCode::NoMethodsFound);
    let caller = service.caller(&ann).await;
    service.use_cases.set_up_second_factor.begin_app(&service.fresh(&caller)).await.expect("a secret");
    service.clock.advance(service.policy.challenge_lifetimes.temp - MOMENT);
    let pending = MethodOverview { method: Method::App, status: Status::Pending, primary: false, enrolled_at: None };
    let listed = SecondFactorsListed { methods: vec![pending], recovery_codes_left: 0 };
    assert_eq!(list().await, Ok(listed));
    service.clock.advance(MOMENT);
    assert_eq!(list().await, Err(ManageError::NothingSetUp));
}
